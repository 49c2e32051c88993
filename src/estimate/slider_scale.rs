//! The stops of a slider. A slider is coarse, the box beside it exact, so a slider stops at round numbers only.

use crate::estimate::LengthUnit;

/// In the steps of the quantity's range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SliderScale {
    /// From zero to `max` by `step`.
    Linear { max: u64, step: u64 },
    /// Whole round numbers, each about a tenth above the one before; zero is a stop of its own.
    Logarithmic { min: u64, max: u64 },
}

impl SliderScale {
    /// The same scale of tokens in another unit's steps.
    pub fn in_unit(self, unit: LengthUnit) -> SliderScale {
        match self {
            SliderScale::Logarithmic { min, max } => {
                SliderScale::Logarithmic { min: unit.of_tokens(min).max(min.min(1)), max: unit.of_tokens(max) }
            }
            linear => linear,
        }
    }

    /// Ascending, at least one.
    pub fn stops(self) -> Vec<u64> {
        match self {
            SliderScale::Linear { max, step } => (0..max / step + 1).map(|stop| stop * step).collect(),
            SliderScale::Logarithmic { min, max } => round_stops(min, max),
        }
    }
}

/// The first two digits of a slider's stops, about evenly apart on a logarithmic scale.
const MANTISSAS: [u64; 21] = [10, 11, 12, 13, 15, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90];

/// Whole round numbers from `min` to `max`, each about a tenth above the one before.
fn round_stops(min: u64, max: u64) -> Vec<u64> {
    let mut stops = vec![min];
    let mut decade = 1;
    while decade <= max {
        let round = MANTISSAS.iter().map(|mantissa| mantissa * decade);
        stops.extend(round.filter(|stop| stop % 10 == 0).map(|stop| stop / 10));
        decade *= 10;
    }
    stops.retain(|stop| (min..=max).contains(stop));
    stops.push(max);
    stops.dedup();
    stops
}

/// The index of the stop closest to a value.
pub fn nearest(stops: &[u64], value: u64) -> usize {
    let above = stops.partition_point(|stop| *stop < value).min(stops.len() - 1);
    let below = above.saturating_sub(1);
    if value.abs_diff(stops[below]) < value.abs_diff(stops[above]) { below } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_the_closest_to_itself() {
        for scale in [
            SliderScale::Logarithmic { min: 1, max: 1_000_000 },
            SliderScale::Logarithmic { min: 0, max: 100_000 },
            SliderScale::Linear { max: 1_000_000, step: 10_000 },
        ] {
            let stops = scale.stops();
            for (index, stop) in stops.iter().enumerate() {
                assert_eq!(nearest(&stops, *stop), index, "{scale:?}");
            }
        }
    }

    #[test]
    fn values_between_stops_take_the_closest() {
        let stops = SliderScale::Linear { max: 1_000, step: 10 }.stops();
        assert_eq!((nearest(&stops, 124), nearest(&stops, 126)), (12, 13));
        assert_eq!(nearest(&stops, u64::MAX), 100);
    }

    #[test]
    fn every_stop_is_round_and_higher_than_the_last() {
        let stops = round_stops(1, 1_000_000);
        assert!(stops.is_sorted_by(|a, b| a < b) && stops.len() < 130, "{stops:?}");
        assert_eq!((stops[0], stops[stops.len() - 1]), (1, 1_000_000));
        assert_eq!(round_stops(0, 50)[..3], [0, 1, 2]);
    }
}
