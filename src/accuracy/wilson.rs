//! A share, and the interval in which the true share lies.

/// Standard normal quantile for 95 % of the middle.
const Z: f64 = 1.959_963_984_540_054;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The 95 % score interval of `right` out of `of`, as shares of one; `None` where there is nothing to draw it from.
///
/// Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference. Without continuity
/// correction. Unlike the textbook interval it stays within 0 and 1, and isn't empty at either end.
pub fn wilson(right: u32, of: u32) -> Option<Interval> {
    if of == 0 || right > of {
        return None;
    }
    let (n, share) = (f64::from(of), f64::from(right) / f64::from(of));
    let z2 = Z * Z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At its ends the interval reaches none and all; rounding would leave a speck.
    let low = if right == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if right == of { 1.0 } else { (middle + half).min(1.0) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rows_say_little_and_all_right_is_not_certain() {
        let of = |right, of| wilson(right, of).expect("an interval");
        let all = of(10, 10);
        assert!(all.low > 0.72 && all.low < 0.73 && all.high == 1.0, "{all:?}");
        assert_eq!(of(0, 10).low, 0.0);
        let (few, many) = (of(8, 10), of(800, 1_000));
        assert!(few.high - few.low > 0.4 && many.high - many.low < 0.06);
        assert_eq!((wilson(0, 0), wilson(2, 1)), (None, None));
    }
}
