//! Which rows of a long table are drawn. A table of a million rows is taller than a browser's tallest element, so
//! from a certain height on the scroll position is a share of the whole instead of a pixel.

/// A row's height until one is drawn. Larger text and fingers make rows higher.
pub const ROW_HEIGHT_PX: f64 = 34.0;
/// Below the tallest element of every browser.
const HEIGHT_MAX_PX: f64 = 8_000_000.0;
/// Drawn above and below what is seen, so that a small scroll shows no gap.
const OVERSCAN: u32 = 10;
/// Rows are asked for in steps of this many, so that a small scroll asks for nothing.
const STEP: u32 = 20;

/// A stretch of rows and the empty space around it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowWindow {
    pub first: u32,
    pub count: u32,
    pub above_px: f64,
    pub below_px: f64,
}

/// The window at a scroll position.
pub fn row_window(scroll_top_px: f64, view_height_px: f64, row_px: f64, rows: u32) -> RowWindow {
    let full_px = f64::from(rows) * row_px;
    let height_px = full_px.min(HEIGHT_MAX_PX);
    let scrollable_px = (height_px - view_height_px).max(1.0);
    let share = (scroll_top_px.max(0.0) / scrollable_px).min(1.0);
    let seen = (view_height_px / row_px).ceil() as u32 + 1;
    let top_row = (share * (full_px - view_height_px).max(0.0) / row_px) as u32;
    let first = top_row.saturating_sub(OVERSCAN) / STEP * STEP;
    let last = (top_row + seen + OVERSCAN).div_ceil(STEP).saturating_mul(STEP).min(rows);
    let count = last.saturating_sub(first);
    // Where pixels are rows, a row lies where it belongs; where they are shares, the window follows the eye.
    let above_px = if full_px <= HEIGHT_MAX_PX {
        f64::from(first) * row_px
    } else {
        let ahead_px = f64::from(top_row - first.min(top_row)) * row_px;
        (scroll_top_px - ahead_px).clamp(0.0, (height_px - f64::from(count) * row_px).max(0.0))
    };
    let below_px = (height_px - above_px - f64::from(count) * row_px).max(0.0);
    RowWindow { first, count, above_px, below_px }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_table_is_drawn_whole() {
        assert_eq!(row_window(0.0, 400.0, 34.0, 12), RowWindow { first: 0, count: 12, above_px: 0.0, below_px: 0.0 });
        assert_eq!(row_window(0.0, 400.0, 34.0, 0), RowWindow::default());
    }

    #[test]
    fn every_seen_row_is_drawn_wherever_one_scrolls() {
        for (rows, row_px) in [(500_u32, 34.0), (100_000, 34.0), (1_000_000, 34.0), (500, 53.5), (1_000_000, 68.0)] {
            let height_px = (f64::from(rows) * row_px).min(HEIGHT_MAX_PX);
            for step in 0..=100 {
                let top_px = (height_px - 400.0) * f64::from(step) / 100.0;
                let window = row_window(top_px, 400.0, row_px, rows);
                assert!(window.count <= 80, "{window:?}");
                assert!(window.above_px <= top_px, "{rows} {step} {window:?}");
                let end_px = window.above_px + f64::from(window.count) * row_px;
                assert!(end_px >= top_px + 400.0 - 1.0, "{rows} {step} {window:?}");
                let whole_px = end_px + window.below_px;
                assert!((whole_px - height_px).abs() < 1.0, "{rows} {step} {window:?}");
            }
            assert_eq!(row_window(0.0, 400.0, row_px, rows).first, 0);
            let end = row_window(height_px, 400.0, row_px, rows);
            assert_eq!(end.first + end.count, rows);
        }
    }
}
