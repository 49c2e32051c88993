//! The page.

fn main() {
    console_error_panic_hook::set_once();
    if let Some(root) = gloo_utils::document().get_element_by_id("app") {
        root.set_text_content(None);
        yew::Renderer::<pennybatch::ui::App>::with_root(root).render();
    }
}
