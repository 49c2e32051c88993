//! Numbers as text and back, as this browser converts them.

use pennybatch::ui::parts::decimal::{parsed, plain};

pub async fn a_browser_reads_and_writes_numbers_as_rust_does() {
    for text in ["0", "5000", "0.0375", "-2.5", "0.000001", "0.0000000375", "1000000000000", "9999.000001"] {
        assert_eq!(parsed(text), text.parse().ok());
        assert_eq!(parsed(text).map(plain).as_deref(), Some(text));
    }
    assert_eq!(parsed(" 1e7 "), Some(1e7));
    for text in ["", "5k", "NaN", "Infinity", "0x10", "1,000", "1.2.3", "e", "--1"] {
        assert_eq!(parsed(text), None, "{text}");
    }
}
