//! What the calculator's page shows beyond the answer; fetched once that has been painted.

fn main() {
    console_error_panic_hook::set_once();
    pennybatch::ui::slots::fill_by_compare();
}
