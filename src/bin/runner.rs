//! The pages that work with the worker; fetched when one of them is opened.

fn main() {
    console_error_panic_hook::set_once();
    pennybatch::ui::slots::fill_by_runner();
}
