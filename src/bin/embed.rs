//! The calculator for other pages.

fn main() {
    console_error_panic_hook::set_once();
}
