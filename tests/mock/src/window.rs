//! A strict limit: never more than so many units in any 60 seconds, as the harshest provider would count.

use std::collections::VecDeque;

/// The length of the window. Two arrivals exactly this far apart don't share one.
pub const WINDOW_MS: u64 = 60_000;

/// What arrived within the last minute, each with its units.
#[derive(Debug, Default)]
pub struct Window {
    arrivals: VecDeque<(u64, u64)>,
    units: u64,
}

impl Window {
    /// Whether `units` more still fit at `now_ms`; else the milliseconds until they would, `None` if they never do.
    pub fn room(&mut self, now_ms: u64, units: u64, limit: u64) -> Result<(), Option<u64>> {
        self.forget(now_ms);
        if self.units + units <= limit {
            return Ok(());
        }
        let mut left = self.units;
        for (at_ms, gone) in &self.arrivals {
            left -= gone;
            if left + units <= limit {
                return Err(Some((at_ms + WINDOW_MS).saturating_sub(now_ms).max(1)));
            }
        }
        Err(None)
    }

    pub fn add(&mut self, now_ms: u64, units: u64) {
        self.arrivals.push_back((now_ms, units));
        self.units += units;
    }

    /// Units within the window.
    pub fn used(&self) -> u64 {
        self.units
    }

    /// Milliseconds until the window is empty again.
    pub fn until_empty_ms(&self, now_ms: u64) -> u64 {
        self.arrivals.back().map_or(0, |(at_ms, _)| (at_ms + WINDOW_MS).saturating_sub(now_ms))
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some((at_ms, units)) = self.arrivals.front() {
            if at_ms + WINDOW_MS > now_ms {
                break;
            }
            self.units -= units;
            self.arrivals.pop_front();
        }
    }
}

/// The most arrivals that any window of 60 seconds holds. `arrivals_ms` ascend.
pub fn most_in_a_window(arrivals_ms: impl Iterator<Item = u64>) -> usize {
    let mut window = VecDeque::new();
    let mut most = 0;
    for at_ms in arrivals_ms {
        while window.front().is_some_and(|first| first + WINDOW_MS <= at_ms) {
            window.pop_front();
        }
        window.push_back(at_ms);
        most = most.max(window.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_window_says_when_its_oldest_arrival_leaves() {
        let mut window = Window::default();
        for at_ms in [1_000, 2_000, 3_000] {
            assert_eq!(window.room(at_ms, 1, 3), Ok(()));
            window.add(at_ms, 1);
        }
        assert_eq!(window.room(4_000, 1, 3), Err(Some(57_000)));
        assert_eq!(window.room(60_999, 1, 3), Err(Some(1)));
        assert_eq!(window.room(61_000, 1, 3), Ok(()));
        assert_eq!(window.used(), 2);
        assert_eq!(window.until_empty_ms(61_000), 2_000);
    }

    #[test]
    fn several_units_wait_for_as_many_to_leave() {
        let mut window = Window::default();
        window.add(0, 40);
        window.add(10_000, 40);
        assert_eq!(window.room(20_000, 20, 100), Ok(()));
        assert_eq!(window.room(20_000, 21, 100), Err(Some(40_000)));
        assert_eq!(window.room(20_000, 61, 100), Err(Some(50_000)));
    }

    #[test]
    fn more_than_the_limit_never_fits() {
        assert_eq!(Window::default().room(0, 101, 100), Err(None));
    }

    #[test]
    fn no_admitted_sequence_passes_the_limit_in_any_minute() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut window, mut now_ms, mut admitted) = (Window::default(), 0, Vec::new());
        for _ in 0..5_000 {
            now_ms += random.u64(0..3_000);
            if window.room(now_ms, 1, 25).is_ok() {
                window.add(now_ms, 1);
                admitted.push(now_ms);
            }
        }
        for (index, start) in admitted.iter().enumerate() {
            let within = admitted[index..].iter().take_while(|at_ms| **at_ms < start + WINDOW_MS).count();
            assert!(within <= 25, "{within} arrivals from {start} ms on");
        }
        assert_eq!(most_in_a_window(admitted.into_iter()), 25);
    }

    #[test]
    fn the_fullest_minute_is_found_wherever_it_lies() {
        assert_eq!(most_in_a_window([].into_iter()), 0);
        assert_eq!(most_in_a_window([0, 60_000, 120_000].into_iter()), 1);
        assert_eq!(most_in_a_window([0, 50_000, 59_999, 60_000, 61_000, 109_999].into_iter()), 5);
    }
}
