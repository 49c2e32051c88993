//! What screen readers say of their own accord. A live region has to be there before its text, so there is one, and it is
//! part of the frame (`ui::frame`).

use gloo_timers::callback::Timeout;

/// The id of the region.
pub const HEARD: &str = "heard";
/// Long enough to be read out; later it would be found where it means nothing any more.
const KEPT_MS: u32 = 10_000;

/// Says a text once what is being said has ended.
pub fn announce(text: &str) {
    let document = gloo_utils::document();
    let (Some(region), Ok(line)) = (document.get_element_by_id(HEARD), document.create_element("p")) else { return };
    line.set_text_content(Some(text));
    if region.append_child(&line).is_ok() {
        Timeout::new(KEPT_MS, move || line.remove()).forget();
    }
}
