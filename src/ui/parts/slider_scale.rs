//! The stops of a slider. A slider is coarse, the box beside it exact: so a slider stops at round numbers only.

/// Ascending values, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct SliderScale(Vec<f64>);

/// The first two digits of a logarithmic slider's stops, about evenly apart on a logarithmic scale.
const MANTISSAS: [u32; 21] = [10, 11, 12, 13, 15, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90];

impl SliderScale {
    /// From `min` to `max` by `step`.
    pub fn linear(min: u32, max: u32, step: u32) -> SliderScale {
        SliderScale((min..=max).step_by(step.max(1) as usize).map(f64::from).collect())
    }

    /// Whole round numbers from `min` to `max`, each about a tenth above the one before; zero is a stop of its own.
    pub fn logarithmic(min: u64, max: u64) -> SliderScale {
        let mut stops = vec![min];
        let mut decade = 1;
        while decade <= max {
            let round = MANTISSAS.iter().map(|mantissa| u64::from(*mantissa) * decade);
            stops.extend(round.filter(|stop| stop % 10 == 0).map(|stop| stop / 10));
            decade = decade.saturating_mul(10);
        }
        stops.retain(|stop| (min..=max).contains(stop));
        stops.push(max);
        stops.dedup();
        SliderScale(stops.into_iter().map(|stop| stop as f64).collect())
    }

    /// The index of the last stop.
    pub fn last(&self) -> usize {
        self.0.len() - 1
    }

    /// The value at a stop; the last one where there are fewer.
    pub fn at(&self, index: usize) -> f64 {
        self.0[index.min(self.last())]
    }

    /// The stop closest to a value.
    pub fn nearest(&self, value: f64) -> usize {
        let above = self.0.partition_point(|stop| *stop < value).min(self.last());
        if above > 0 && value - self.0[above - 1] < self.0[above] - value { above - 1 } else { above }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_is_whole_and_higher_than_the_last() {
        let scale = SliderScale::logarithmic(1, 1_000_000);
        assert_eq!((scale.at(0), scale.at(scale.last())), (1.0, 1e6));
        for index in 1..=scale.last() {
            assert!(scale.at(index) > scale.at(index - 1) && scale.at(index).fract() == 0.0, "{index}");
            assert_eq!(scale.nearest(scale.at(index)), index);
        }
        assert!(scale.last() < 130, "{}", scale.last());
    }

    #[test]
    fn values_between_stops_take_the_closest() {
        let scale = SliderScale::linear(0, 100, 1);
        assert_eq!(scale.nearest(12.4), 12);
        assert_eq!(scale.nearest(12.6), 13);
        assert_eq!(scale.nearest(1e9), 100);
        assert_eq!(SliderScale::logarithmic(0, 50).at(0), 0.0);
        assert_eq!(SliderScale::logarithmic(0, 50).at(1), 1.0);
    }
}
