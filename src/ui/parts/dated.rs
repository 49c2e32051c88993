//! Text whose dates stay in one piece.

use yew::prelude::*;

const DATE_BYTES: usize = 10;

/// The text, with its dates (`2026-11-12`) as elements that `base.css` keeps from breaking at their hyphens.
pub fn dated(text: &str) -> Html {
    let Some(at) = text.as_bytes().windows(DATE_BYTES).position(is_date) else { return html! { { text } } };
    let (before, rest) = text.split_at(at);
    let (date, after) = rest.split_at(DATE_BYTES);
    html! { <>{ before }<time>{ date }</time>{ dated(after) }</> }
}

fn is_date(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}
