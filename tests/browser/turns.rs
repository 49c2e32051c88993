//! Turns of the event loop and timers, as the worker uses them.

use std::cell::RefCell;
use std::rc::Rc;

use pennybatch::worker::browser::{Slices, next_turn, now, sleep_ms};
use wasm_bindgen_futures::spawn_local;

pub async fn what_waits_already_goes_before_the_next_turn() {
    let order: Rc<RefCell<Vec<&str>>> = Rc::default();
    let later = order.clone();
    spawn_local(async move {
        next_turn().await;
        later.borrow_mut().push("the next turn");
    });
    let at_once = order.clone();
    spawn_local(async move { at_once.borrow_mut().push("what waited") });
    next_turn().await;
    next_turn().await;
    assert_eq!(*order.borrow(), ["what waited", "the next turn"]);
}

pub async fn long_work_gives_the_event_loop_its_turns() {
    let turned: Rc<RefCell<bool>> = Rc::default();
    let other = turned.clone();
    gloo_timers::callback::Timeout::new(0, move || *other.borrow_mut() = true).forget();
    let mut slices = Slices::begin();
    let mut rounds = 0_u64;
    while !*turned.borrow() {
        slices.turn().await;
        rounds += 1;
    }
    assert!(rounds > 0);
}

pub async fn a_sleep_never_ends_early_by_more_than_a_clock_tick() {
    let before = now();
    sleep_ms(30).await;
    assert!(now().ms_since(before) >= 29);
}
