//! Result files line by line, by way of the disk and past it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Object, Reflect, Uint8Array};
use pennybatch::worker::batch::lines::Lines;
use pennybatch::worker::browser::next_turn;
use pennybatch::worker::disk::opfs::Opfs;
use pennybatch::worker::http::fetch::Broken;
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStream, Response};

#[wasm_bindgen]
extern "C" {
    /// Of a stream, as it hands itself to its source.
    type Controller;
    #[wasm_bindgen(method)]
    fn enqueue(this: &Controller, chunk: &Uint8Array);
    #[wasm_bindgen(method)]
    fn close(this: &Controller);
    #[wasm_bindgen(method)]
    fn error(this: &Controller, why: &JsValue);
}

async fn files() -> Opfs {
    Opfs::open().await.expect("Chromium has a private file system")
}

async fn lines(opfs: &Opfs, run: &str, response: &Response) -> Lines {
    Lines::by_way_of(Some(opfs), run, "arriving-0-output".into(), response).await
}

async fn all(lines: &mut Lines) -> Vec<String> {
    let mut read = Vec::new();
    while let Some(line) = lines.next().await.expect("a whole body") {
        read.push(line);
    }
    read
}

/// Once nothing reads it any more, the file goes; in its own time.
async fn file_goes(opfs: &Opfs, run: &str) {
    for _ in 0..1_000 {
        if opfs.files(run).await.expect("a directory").is_empty() {
            return opfs.remove(run).await.expect("removed");
        }
        next_turn().await;
    }
    panic!("the file is still there");
}

/// A response that the test writes.
fn source() -> (Response, Controller) {
    let given = Rc::new(RefCell::new(None));
    let taking = given.clone();
    // The constructor calls it before it returns.
    let start = Closure::<dyn FnMut(_)>::new(move |controller: Controller| {
        *taking.borrow_mut() = Some(controller);
    });
    let underlying = Object::new();
    Reflect::set(&underlying, &"start".into(), start.as_ref()).expect("a plain object");
    let stream = ReadableStream::new_with_underlying_source(&underlying).expect("a stream");
    let response = Response::new_with_opt_readable_stream(Some(&stream)).expect("a response");
    (response, given.take().expect("a controller"))
}

fn give(controller: &Controller, text: &str) {
    controller.enqueue(&Uint8Array::from(text.as_bytes()));
}

/// While it lives, the disk is full.
struct FullDisk {
    write: JsValue,
    _refuse: Closure<dyn FnMut() -> Result<f64, JsValue>>,
}

impl FullDisk {
    fn prototype() -> JsValue {
        let kind = Reflect::get(&js_sys::global(), &"FileSystemSyncAccessHandle".into()).expect("it is there");
        Reflect::get(&kind, &"prototype".into()).expect("it has one")
    }

    fn begin() -> FullDisk {
        let write = Reflect::get(&FullDisk::prototype(), &"write".into()).expect("a method");
        let refuse = Closure::<dyn FnMut() -> Result<f64, JsValue>>::new(|| Err(JsValue::from_str("no room")));
        Reflect::set(&FullDisk::prototype(), &"write".into(), refuse.as_ref()).expect("it can be replaced");
        FullDisk { write, _refuse: refuse }
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        let _ = Reflect::set(&FullDisk::prototype(), &"write".into(), &self.write);
    }
}

pub async fn a_body_comes_whole_by_way_of_the_disk() {
    let (opfs, run) = (files().await, "test-spool-whole");
    // Lines of every length, with letters that a chunk's border can cut.
    let wanted: Vec<String> = (0..2_000).map(|line| format!("{line} {}", "é𝄞".repeat(line % 400))).collect();
    let response = Response::new_with_opt_str(Some(&wanted.join("\n"))).expect("a response");
    let mut lines = lines(&opfs, run, &response).await;
    assert_eq!(opfs.files(run).await.expect("a directory"), ["arriving-0-output"]);
    assert_eq!(all(&mut lines).await, wanted);
    drop(lines);
    file_goes(&opfs, run).await;
}

pub async fn what_came_before_a_body_broke_is_read() {
    let (opfs, run) = (files().await, "test-spool-broken");
    let (response, controller) = source();
    let mut lines = lines(&opfs, run, &response).await;
    give(&controller, "one\ntwo\nthr");
    assert_eq!(lines.next().await.expect("read"), Some("one".into()));
    controller.error(&js_sys::Error::new("the line went dead"));
    assert_eq!(lines.next().await.expect("read"), Some("two".into()));
    let Err(Broken::Unreachable(words)) = lines.next().await else { panic!("it is not whole") };
    assert!(words.contains("the line went dead"), "{words}");
    drop(lines);
    file_goes(&opfs, run).await;
}

pub async fn a_full_disk_is_passed_by() {
    let (opfs, run) = (files().await, "test-spool-full");
    let (response, controller) = source();
    let mut lines = lines(&opfs, run, &response).await;
    give(&controller, "one\ntw");
    assert_eq!(lines.next().await.expect("read"), Some("one".into()));
    let full = FullDisk::begin();
    give(&controller, "o\nthree\n");
    assert_eq!(lines.next().await.expect("read"), Some("two".into()));
    give(&controller, "four\nfive");
    controller.close();
    assert_eq!(all(&mut lines).await, ["three", "four", "five"]);
    drop((full, lines));
    file_goes(&opfs, run).await;
}

pub async fn without_files_a_body_comes_as_it_is() {
    let response = Response::new_with_opt_str(Some("one\ntwo\n")).expect("a response");
    let mut lines = Lines::by_way_of(None, "test-spool-none", "arriving".into(), &response).await;
    assert_eq!(all(&mut lines).await, ["one", "two"]);
}
