//! The stops of a slider. A slider is coarse, the box beside it exact: so a slider stops at round numbers only.

use crate::number::round_stops;

/// Ascending values, at least one, in the steps of the quantity's range.
#[derive(Clone, Debug, PartialEq)]
pub struct SliderScale(Vec<u64>);

impl SliderScale {
    /// From zero to `max` by `step`.
    pub fn linear(max: u64, step: u64) -> SliderScale {
        SliderScale((0..=max / step).map(|stop| stop * step).collect())
    }

    /// Whole round numbers, each about a tenth above the one before; zero is a stop of its own.
    pub fn logarithmic(min: u64, max: u64) -> SliderScale {
        SliderScale(round_stops(min, max))
    }

    /// The index of the last stop.
    pub fn last(&self) -> usize {
        self.0.len() - 1
    }

    /// The value at a stop; the last one where there are fewer.
    pub fn at(&self, index: usize) -> u64 {
        self.0[index.min(self.last())]
    }

    /// The stop closest to a value.
    pub fn nearest(&self, value: u64) -> usize {
        let above = self.0.partition_point(|stop| *stop < value).min(self.last());
        let below = above.saturating_sub(1);
        if value.abs_diff(self.0[below]) < value.abs_diff(self.0[above]) { below } else { above }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_the_closest_to_itself() {
        let scale = SliderScale::logarithmic(1, 1_000_000);
        assert_eq!((scale.at(0), scale.at(scale.last())), (1, 1_000_000));
        for index in 1..=scale.last() {
            assert_eq!(scale.nearest(scale.at(index)), index);
        }
    }

    #[test]
    fn values_between_stops_take_the_closest() {
        let scale = SliderScale::linear(1_000, 10);
        assert_eq!((scale.nearest(124), scale.nearest(126)), (12, 13));
        assert_eq!(scale.nearest(u64::MAX), 100);
        assert_eq!((SliderScale::logarithmic(0, 50).at(0), SliderScale::logarithmic(0, 50).at(1)), (0, 1));
    }
}
