//! How long a number of calls takes under limits: the largest of what each limit alone asks for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::estimate::{LimitKind, Limiter, WHOLE_PPM};
use crate::time;

pub const MINUTE_MS: u64 = 60_000;
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    Ms(u64),
    /// Known only between two borders, as with a batch job.
    Between {
        least_ms: u64,
        most_ms: u64,
    },
    /// A limit is too small for a single call.
    Never,
}

impl Duration {
    /// The longest that it can take; `None`: it never ends. For sorting and for comparing with a deadline.
    pub fn most_ms(self) -> Option<u64> {
        match self {
            Duration::Ms(ms) | Duration::Between { most_ms: ms, .. } => Some(ms),
            Duration::Never => None,
        }
    }
}

impl From<Option<u64>> for Duration {
    fn from(ms: Option<u64>) -> Duration {
        ms.map_or(Duration::Never, Duration::Ms)
    }
}

/// As a person reads it: `7.5 min`, `< 24 hours`, `never`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Duration::Ms(ms) => f.write_str(&time::in_words(ms)),
            Duration::Between { most_ms, .. } if most_ms <= 72 * HOUR_MS => {
                write!(f, "< {} hours", most_ms.div_ceil(HOUR_MS))
            }
            Duration::Between { most_ms, .. } => write!(f, "< {} days", most_ms.div_ceil(DAY_MS)),
            Duration::Never => f.write_str("never"),
        }
    }
}

/// What a provider lets through in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub kind: LimitKind,
    /// Requests or tokens a period.
    pub limit: u64,
    pub period_ms: u64,
    /// What a full bucket holds.
    pub capacity: u64,
    pub limiter: Limiter,
    /// Requests or tokens of one call, in millionths.
    pub units_per_call_ppm: u64,
}

impl RateLimit {
    /// `burst`: the requests that a full bucket lets through at once; the limit itself at most, and where nothing is
    /// said.
    pub fn requests_per_minute(limit: u64, burst: Option<u64>, limiter: Limiter) -> RateLimit {
        RateLimit {
            kind: LimitKind::RequestsPerMinute,
            limit,
            period_ms: MINUTE_MS,
            capacity: burst.unwrap_or(limit).min(limit),
            limiter,
            units_per_call_ppm: u64::from(WHOLE_PPM),
        }
    }

    pub fn requests_per_day(limit: u64) -> RateLimit {
        RateLimit {
            kind: LimitKind::RequestsPerDay,
            limit,
            period_ms: DAY_MS,
            capacity: limit,
            limiter: Limiter::Window,
            units_per_call_ppm: u64::from(WHOLE_PPM),
        }
    }

    /// `kind` is one of the three token limits; the bucket of tokens holds a minute's worth.
    pub fn tokens_per_minute(kind: LimitKind, limit: u64, tokens_per_call: u64, limiter: Limiter) -> RateLimit {
        RateLimit {
            kind,
            limit,
            period_ms: MINUTE_MS,
            capacity: limit,
            limiter,
            units_per_call_ppm: tokens_per_call.saturating_mul(u64::from(WHOLE_PPM)),
        }
    }

    /// The same limit twice, as with a second key; a burst of its own stays what it is.
    pub fn doubled(&self) -> RateLimit {
        let capacity = if self.capacity == self.limit { self.limit.saturating_mul(2) } else { self.capacity };
        RateLimit { limit: self.limit.saturating_mul(2), capacity, ..*self }
    }

    /// A single call is more than the limit ever lets through.
    pub fn refuses_every_call(&self) -> bool {
        let counts_tokens = !matches!(self.kind, LimitKind::RequestsPerMinute | LimitKind::RequestsPerDay);
        let most = match self.limiter {
            Limiter::Bucket => self.capacity.min(self.limit),
            Limiter::Window => self.limit,
        };
        self.limit == 0
            || self.limiter == Limiter::Bucket && self.capacity == 0
            || counts_tokens && u128::from(self.units_per_call_ppm) > u128::from(most) * u128::from(WHOLE_PPM)
    }

    /// Calls that a period lets through, rounded down, but at least one.
    fn calls_a_period(&self) -> u64 {
        let calls = u128::from(self.limit) * u128::from(WHOLE_PPM) / u128::from(self.units_per_call_ppm.max(1));
        u64::try_from(calls).unwrap_or(u64::MAX).max(1)
    }

    /// Calls in flight that use the limit up, by Little's law: the rate times the time that a call takes.
    pub fn useful_concurrency(&self, latency_ms: u64) -> u32 {
        let calls_ms = u128::from(self.limit) * u128::from(WHOLE_PPM) * u128::from(latency_ms);
        let in_flight = calls_ms.div_ceil(u128::from(self.units_per_call_ppm.max(1)) * u128::from(self.period_ms));
        u32::try_from(in_flight).unwrap_or(u32::MAX).max(1)
    }

    /// How long this limit alone holds the calls back; `None`: for ever.
    pub fn duration_ms(&self, calls: u64, latency_ms: u64, concurrency: u32) -> Option<u64> {
        if calls == 0 {
            return Some(0);
        }
        if self.refuses_every_call() {
            return None;
        }
        Some(match self.limiter {
            Limiter::Bucket => self.refill_ms(calls).saturating_add(latency_ms),
            Limiter::Window => {
                let (periods, rest) = self.whole_periods(calls);
                let waiting_ms = periods.saturating_mul(self.period_ms);
                waiting_ms.saturating_add(rounds_ms(rest, latency_ms, concurrency))
            }
        })
    }

    /// When the last of the calls may start: what the full bucket didn't hold has to flow in first.
    fn refill_ms(&self, calls: u64) -> u64 {
        let needed = u128::from(calls) * u128::from(self.units_per_call_ppm);
        let held = u128::from(self.capacity) * u128::from(WHOLE_PPM);
        let missing = needed.saturating_sub(held);
        let rate = u128::from(self.limit) * u128::from(WHOLE_PPM);
        u64::try_from((missing * u128::from(self.period_ms)).div_ceil(rate)).unwrap_or(u64::MAX)
    }

    /// Periods that pass before the last one begins, and the calls that the last one holds.
    fn whole_periods(&self, calls: u64) -> (u64, u64) {
        let a_period = self.calls_a_period();
        let periods = calls.saturating_sub(1) / a_period;
        (periods, calls - periods * a_period)
    }
}

/// How long so many calls take with so many in flight; `None`: a limit refuses every call.
///
/// The largest of: rounds of calls in flight, what each limit alone asks for, and rounds whose first was let in call by
/// call. Whole days at a daily limit are followed by the rest of the calls under the other limits.
pub fn duration_ms(calls: u64, latency_ms: u64, concurrency: u32, limits: &[RateLimit]) -> Option<u64> {
    let mut longest_ms =
        rounds_ms(calls, latency_ms, concurrency).max(rounds_after_ramp_ms(calls, latency_ms, concurrency, limits));
    for limit in limits {
        longest_ms = longest_ms.max(limit.duration_ms(calls, latency_ms, concurrency)?);
    }
    let daily = limits.iter().position(|limit| limit.period_ms == DAY_MS);
    if let Some(place) = daily.filter(|_| calls > 0) {
        let (days, rest) = limits[place].whole_periods(calls);
        let others: Vec<RateLimit> = limits.iter().filter(|limit| limit.period_ms != DAY_MS).copied().collect();
        let rest_ms = duration_ms(rest, latency_ms, concurrency, &others)?;
        longest_ms = longest_ms.max(days.saturating_mul(DAY_MS).saturating_add(rest_ms));
    }
    Some(longest_ms)
}

/// A call starts when the buckets let it, and when the call that was `concurrency` places before it has ended. So the
/// first calls, let in one by one where the burst is smaller than the concurrency, hand their delay on from round to
/// round. Without burst to wait for this is [`rounds_ms`]; and since what has to flow in grows ever faster with the
/// place, no round between the first and the last can ask for more than these two.
fn rounds_after_ramp_ms(calls: u64, latency_ms: u64, concurrency: u32, limits: &[RateLimit]) -> u64 {
    let concurrency = u64::from(concurrency.max(1));
    let Some(last) = calls.checked_sub(1) else { return 0 };
    let buckets = limits.iter().filter(|limit| limit.limiter == Limiter::Bucket && !limit.refuses_every_call());
    let ramp_ms = buckets.map(|limit| limit.refill_ms(last % concurrency + 1)).max().unwrap_or(0);
    (last / concurrency + 1).saturating_mul(latency_ms).saturating_add(ramp_ms)
}

/// Calls in flight as rounds, each as long as a call.
pub fn rounds_ms(calls: u64, latency_ms: u64, concurrency: u32) -> u64 {
    calls.div_ceil(u64::from(concurrency.max(1))).saturating_mul(latency_ms)
}
