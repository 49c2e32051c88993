//! The simulated provider's time, which may run several times as fast as real time. Limits, latencies, holds and all
//! that its books record use it, so that a test that waits for a minute's window waits for a part of one.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

static CLOCK: OnceLock<Clock> = OnceLock::new();

/// Shows the real time at `since`, and passes `speed` times as fast from then on.
#[derive(Clone, Copy, Debug)]
struct Clock {
    /// Since the Unix epoch.
    since: Duration,
    speed: u32,
    started: std::time::Instant,
    /// Real time at `started`, since the Unix epoch.
    started_at: Duration,
}

impl Clock {
    fn new(speed: u32, since: Option<Duration>) -> Clock {
        let started_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = since.map_or(started_at, |since| since.min(started_at));
        Clock { since, speed: speed.max(1), started: std::time::Instant::now(), started_at }
    }

    fn at(&self, real: std::time::Instant) -> Duration {
        let passed = self.started_at + real.saturating_duration_since(self.started) - self.since;
        self.since + passed * self.speed
    }
}

/// Sets the pace of the whole process; only the first call counts. With `since`, clocks of several programs agree.
pub fn start(speed: u32, since: Option<Duration>) {
    CLOCK.get_or_init(|| Clock::new(speed, since));
}

fn clock() -> &'static Clock {
    CLOCK.get_or_init(|| Clock::new(1, None))
}

pub fn unix() -> Duration {
    clock().at(std::time::Instant::now())
}

pub fn system_time() -> SystemTime {
    UNIX_EPOCH + unix()
}

pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration / clock().speed).await;
}

/// Waits as long as something holds, by looking at it often.
pub async fn hold(holds: impl Fn() -> bool) {
    while holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// As the standard library's, in this time.
#[derive(Clone, Copy, Debug)]
pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Instant {
        Instant(unix())
    }

    pub fn elapsed(&self) -> Duration {
        unix().saturating_sub(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_agrees_with_another_that_began_at_the_same_moment() {
        let second = Duration::from_secs(1);
        let mut clock = Clock::new(10, Some(Duration::ZERO));
        clock.started_at = 100 * second;
        assert_eq!(clock.at(clock.started), 1_000 * second);
        assert_eq!(clock.at(clock.started + 6 * second), 1_060 * second);
        let later = Clock { started: clock.started + 2 * second, started_at: 102 * second, ..clock };
        assert_eq!(later.at(clock.started + 6 * second), 1_060 * second);
    }

    #[test]
    fn a_clock_of_speed_one_shows_real_time() {
        let clock = Clock::new(1, None);
        assert_eq!(clock.at(clock.started + Duration::from_millis(7)), clock.started_at + Duration::from_millis(7));
    }
}
