//! Numbers as text and back. In a browser its own conversions do the work: Rust's carry tables that would be a tenth
//! of what the page's first load downloads.

/// The number that `text` writes in plain or scientific notation.
pub fn parsed(text: &str) -> Option<f64> {
    let text = text.trim();
    let allowed = |letter: u8| letter.is_ascii_digit() || matches!(letter, b'.' | b'-' | b'+' | b'e' | b'E');
    if text.is_empty() || !text.bytes().all(allowed) {
        return None;
    }
    read(text).filter(|value| value.is_finite())
}

/// Without exponent and without trailing zeros: `5000`, `0.0375`.
pub fn plain(value: f64) -> String {
    written(value)
}

#[cfg(target_arch = "wasm32")]
fn read(text: &str) -> Option<f64> {
    Some(wasm_bindgen::JsValue::from_str(text).unchecked_into_f64())
}

#[cfg(not(target_arch = "wasm32"))]
fn read(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(target_arch = "wasm32")]
fn written(value: f64) -> String {
    let number = js_sys::Number::from(value);
    // Neither can fail: ten is a radix, and twenty digits are allowed.
    let said = |text: Result<js_sys::JsString, wasm_bindgen::JsValue>| text.map(String::from).unwrap_or_default();
    let text = said(number.to_string_with_radix(10));
    if !text.contains('e') {
        return text;
    }
    let text = said(number.to_fixed(20));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(not(target_arch = "wasm32"))]
fn written(value: f64) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_way_there_and_back() {
        for text in ["0", "5000", "0.0375", "-2.5", "0.000001", "1000000000000", "9999.000001"] {
            assert_eq!(parsed(text).map(plain).as_deref(), Some(text));
        }
        assert_eq!(parsed(" 1e7 "), Some(1e7));
        for text in ["", "5k", "NaN", "Infinity", "0x10", "1,000", "1.2.3", "e", "--1"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
