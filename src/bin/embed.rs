//! The calculator for other people's pages: `www/embed.js` asks, and draws the answer.

use pennybatch::time::Time;
use wasm_bindgen::prelude::wasm_bindgen;

/// `embed::draw` at a moment of the browser's clock.
#[wasm_bindgen]
pub fn draw(query: &str, now_ms: f64) -> String {
    pennybatch::embed::draw(query, Time::from_ms(now_ms as u64))
}

fn main() {}
