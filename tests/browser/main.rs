//! Tests that need a browser. They run in a dedicated worker, as the engine's shell does, under the page's own policy.
//!
//! `cargo dev test --only e2e browser.spec.ts` runs them: `tests/e2e/browser.spec.ts` reads the list below, opens a page
//! for each test and calls `run` in its worker. A test fails by a panic.

#![cfg(target_arch = "wasm32")]

mod cache;
mod database;
mod fetch;
mod journal;
mod link;
mod place;
mod sample;
mod spool;
mod storage;
mod turns;

use pennybatch::link::{ToPage, ToWorker};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

macro_rules! browser_tests {
    ($($module:ident: [$($test:ident,)*],)*) => {
        /// The names of all tests.
        #[wasm_bindgen]
        pub fn names() -> Vec<String> {
            vec![$($(concat!(stringify!($module), "::", stringify!($test)).to_owned(),)*)*]
        }

        /// Runs one test by its name.
        #[wasm_bindgen]
        pub async fn run(name: String) -> Result<(), JsError> {
            match name.as_str() {
                $($(concat!(stringify!($module), "::", stringify!($test)) => $module::$test().await,)*)*
                _ => return Err(JsError::new(&format!("there is no test {name}"))),
            }
            Ok(())
        }
    };
}

browser_tests! {
    cache: [
        answers_that_were_written_together_are_found_each_by_its_key,
        the_oldest_answers_go_first_and_the_rest_is_found_once_merged,
        what_another_tab_merged_is_found_and_what_it_cleared_is_not,
        answers_of_an_earlier_version_are_found,
    ],
    database: [
        what_was_put_is_there_under_its_key_alone,
        a_runs_keys_are_its_own_and_in_order,
        a_change_that_fails_takes_the_whole_transaction_back,
        a_connection_that_the_browser_closed_is_opened_again,
    ],
    fetch: [
        a_call_is_answered_on_both_wires,
        a_call_that_is_given_up_says_so,
        nobody_at_the_address_is_unreachable,
        a_key_is_no_empty_word_and_is_not_shown,
        a_key_goes_to_its_own_address_alone,
    ],
    journal: [
        what_was_appended_is_read_again,
        a_torn_tail_is_cut_and_the_journal_goes_on,
        a_journal_has_one_writer,
        a_journal_larger_than_a_part_is_gone_through_and_read_back_from_its_places,
    ],
    link: [
        what_the_page_asks_for,
        every_command,
        what_the_worker_answers,
        every_state_and_notice,
        kinds_have_the_places_that_tests_know,
    ],
    place: [
        the_private_file_system_is_there,
        the_simulated_provider_answers_on_both_wires,
    ],
    spool: [
        a_body_comes_whole_by_way_of_the_disk,
        what_came_before_a_body_broke_is_read,
        a_full_disk_is_passed_by,
        without_files_a_body_comes_as_it_is,
    ],
    storage: [
        a_run_is_there_again_whole,
        the_journal_alone_rebuilds_the_checkpoints,
        the_checkpoints_alone_rebuild_the_journal,
        without_a_journal_the_database_alone_keeps_a_run,
        without_a_journal_only_what_is_saved_counts_as_saved,
        a_damaged_copy_of_the_data_is_taken_from_the_other_side,
        a_run_is_open_once,
        data_without_a_run_is_swept_and_runs_stay,
        long_answers_stay_in_the_journal_and_survive_the_loss_of_either_side,
    ],
    turns: [
        what_waits_already_goes_before_the_next_turn,
        long_work_gives_the_event_loop_its_turns,
        a_sleep_never_ends_early_by_more_than_a_clock_tick,
    ],
}

/// A message to the worker, from JSON, for tests that speak to it without the page.
#[wasm_bindgen]
pub fn asked(json: &str) -> Result<Vec<u8>, JsError> {
    Ok(postcard::to_allocvec(&serde_json::from_str::<ToWorker>(json)?)?)
}

/// What the page asked the worker for, as JSON.
#[wasm_bindgen]
pub fn question(bytes: &[u8]) -> Result<String, JsError> {
    Ok(serde_json::to_string(&postcard::from_bytes::<ToWorker>(bytes)?)?)
}

/// What the worker told, as JSON.
#[wasm_bindgen]
pub fn told(bytes: &[u8]) -> Result<String, JsError> {
    Ok(serde_json::to_string(&postcard::from_bytes::<ToPage>(bytes)?)?)
}

fn main() {
    console_error_panic_hook::set_once();
}
