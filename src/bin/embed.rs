//! The calculator for other people's pages.

fn main() {
    console_error_panic_hook::set_once();
    pennybatch::ui::embed::mount_all();
}
