//! When may the next request go? One [`Meter`] counts one unit (requests or tokens) over one span (a minute, a day);
//! a lane has a meter for each of its limits. A meter answers *now*, or *when*, and never polls.
//!
//! What is counted is the moment of sending, not the moment of permission: between the two lies the disk, and a
//! slow disk must not let more through than the provider allows in any minute.

use std::collections::VecDeque;

use crate::time::Time;

pub const MINUTE_MS: u64 = 60_000;
pub const DAY_MS: u64 = 86_400_000;
/// Requests reach the provider this much earlier or later than one another at most.
pub const NETWORK_JITTER_MS: u64 = 500;
/// Timers fire so much late, and count in whole milliseconds.
const TIMER_SLACK_MS: u64 = 5;
/// A window keeps at most this many marks; sends closer together than a mark is wide share one.
const MARKS_PER_SPAN: u64 = 1_200;

/// A bucket remembers at most this many levels.
const LEVELS_MAX: usize = 64;

/// Counts one unit against one limit, as a bucket that refills all the time and, where the server is strict, as a
/// window that never holds more than the limit in any span.
#[derive(Clone, Debug)]
pub struct Meter {
    limit: u64,
    span_ms: u64,
    /// What the smallest request weighs: the bucket holds as much in any case.
    smallest: u64,
    /// Permitted, but not sent yet; or sent, where it counts only when it ends.
    pending: u64,
    bucket: Bucket,
    window: Option<Window>,
    /// Units that this run may use until the given time. The provider's headers showed that other clients use the rest.
    room: Option<(u64, Time)>,
}

/// What the provider said of a limit in its answer to a request, and what this run made of it by itself.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    pub remaining: u64,
    pub reset_ms: Option<u64>,
    /// Of the limit itself it said something else before, or nothing: what the meter knows is of another limit.
    pub of_a_new_limit: bool,
    /// When the request was sent, what the meter held then, and what was counted since.
    pub sent: Time,
    pub held: u64,
    pub since: u64,
}

/// Providers round what they say is left: a difference below this share of the limit says nothing of others.
const ROUNDING: u64 = 50;

impl Meter {
    /// `burst`: the bucket's capacity in units. `strict`: a window as well.
    pub fn new(limit: u64, span_ms: u64, burst: u64, strict: bool, now: Time) -> Meter {
        let limit = limit.max(1);
        Meter {
            limit,
            span_ms,
            smallest: 1,
            pending: 0,
            room: None,
            bucket: Bucket::new(limit, span_ms, burst, 1, now),
            window: strict.then(|| Window::new(span_ms)),
        }
    }

    /// Lets requests of so many units go one by one, at even distances.
    pub fn even(limit: u64, span_ms: u64, units: u64, now: Time) -> Meter {
        let meter = Meter::new(limit, span_ms, units, false, now);
        Meter { smallest: units, bucket: Bucket::new(meter.limit, span_ms, units, units, now), ..meter }
    }

    /// The first moment at which `units` may be sent; `now` if at once. More units than the limit allows at all
    /// count as the limit, so that they wait for an empty span instead of forever.
    pub fn ready_at(&self, units: u64, now: Time) -> Time {
        let by_bucket = self.bucket.ready_at(self.pending, units, now);
        by_bucket.max(self.window_ready_at(units, now))
    }

    fn window_ready_at(&self, units: u64, now: Time) -> Time {
        let Some(window) = &self.window else { return now };
        let alone = window.ready_at(self.limit, self.pending, units, now);
        match self.room {
            Some((room, until)) if until > now && room < self.limit => {
                let without_others = alone.max(until);
                let units = units.min(self.limit);
                if units > room {
                    return without_others;
                }
                without_others.min(window.ready_at(room, self.pending, units, now))
            }
            _ => alone,
        }
    }

    /// Holds `units` for a send that is about to happen.
    pub fn take(&mut self, units: u64) {
        self.pending += units;
    }

    /// The units taken before are on their way.
    pub fn sent(&mut self, units: u64, now: Time) {
        self.pending = self.pending.saturating_sub(units);
        self.mark(units, now);
    }

    /// The units taken before will not be sent.
    pub fn give_back(&mut self, units: u64) {
        self.pending = self.pending.saturating_sub(units);
    }

    /// Counts units that were sent at `at`, which may lie before a restart.
    pub fn mark(&mut self, units: u64, at: Time) {
        self.bucket.spend(units, at);
        if let Some(window) = &mut self.window {
            window.push(units, at);
        }
    }

    /// The units held since before the send are given up, and those that were used count from now on: a provider
    /// that counts output as it comes has counted the last of it by now.
    pub fn end(&mut self, held: u64, used: u64, now: Time) {
        self.give_back(held);
        self.mark(used, now);
    }

    /// What was sent at `sent` as `taken` units turned out to be `used`.
    pub fn correct(&mut self, taken: u64, used: u64, sent: Time, now: Time) {
        self.bucket.correct(taken, used, sent, now);
        if let Some(window) = &mut self.window {
            window.correct(taken, used, sent);
        }
    }

    /// `with_pending`: what is under way counts as held, since the provider counts it while it comes.
    pub fn held(&mut self, with_pending: bool, now: Time) -> u64 {
        let pending = if with_pending { self.pending } else { 0 };
        self.window.as_mut().map_or(0, |window| window.held(now)) + pending
    }

    /// What is missing beyond this run's own use, others have used.
    pub fn heard(&mut self, said: Said, now: Time) {
        let rounding = self.limit / ROUNDING;
        if self.window.is_some() {
            let room = said.remaining.saturating_add(said.held);
            let until = now.after_ms(said.reset_ms.unwrap_or(self.span_ms).min(self.span_ms));
            self.room = (room + rounding < self.limit).then_some((room, until));
            return;
        }
        // Of a part of a unit the provider says nothing, and a bucket refills in parts.
        let unsaid = if said.of_a_new_limit { 0 } else { rounding.max(1) };
        self.bucket.heard(said, unsaid, now);
    }

    pub fn is_strict(&self) -> bool {
        self.window.is_some()
    }

    /// Changes the limit; what was sent stays counted.
    pub fn set_limit(&mut self, limit: u64, burst: u64, now: Time) {
        self.limit = limit.max(1);
        let bucket = Bucket::new(self.limit, self.span_ms, burst, self.smallest, now);
        let level = self.bucket.level(now).min(bucket.level);
        let highs = std::mem::take(&mut self.bucket.highs);
        self.bucket = Bucket { level, highs, ..bucket };
    }
}

/// A token bucket in whole numbers: one unit is `span_ms` drops, so that each millisecond refills `limit` drops.
/// The level falls below zero where more was sent than it held (before a restart, or by a large request).
#[derive(Clone, Debug)]
struct Bucket {
    drops_per_ms: i128,
    drops_per_unit: i128,
    capacity: i128,
    level: i128,
    at: Time,
    /// The level just before a send, where it was never higher since: ascending in time, falling in level.
    highs: VecDeque<(Time, i128)>,
}

impl Bucket {
    /// The capacity is smaller than the provider's by what the network's jitter could push together.
    fn new(limit: u64, span_ms: u64, burst: u64, smallest: u64, now: Time) -> Bucket {
        let drops_per_unit = i128::from(span_ms);
        let drops_per_ms = i128::from(limit);
        let margin = drops_per_ms * i128::from(NETWORK_JITTER_MS);
        // One request must fit, and what flows in while a timer fires late isn't lost.
        let least = i128::from(smallest) * drops_per_unit + drops_per_ms * i128::from(TIMER_SLACK_MS);
        let capacity = (i128::from(burst) * drops_per_unit - margin).max(least);
        Bucket { drops_per_ms, drops_per_unit, capacity, level: capacity, at: now, highs: VecDeque::new() }
    }

    fn level(&self, now: Time) -> i128 {
        let refilled = self.drops_per_ms * i128::from(now.ms_since(self.at));
        (self.level + refilled).min(self.capacity)
    }

    fn ready_at(&self, pending: u64, units: u64, now: Time) -> Time {
        let wanted = (i128::from(units) * self.drops_per_unit).min(self.capacity);
        let missing = wanted + i128::from(pending) * self.drops_per_unit - self.level(now);
        if missing <= 0 {
            return now;
        }
        let wait_ms = (missing + self.drops_per_ms - 1) / self.drops_per_ms;
        now.after_ms(u64::try_from(wait_ms).unwrap_or(u64::MAX))
    }

    fn spend(&mut self, units: u64, at: Time) {
        let before = self.level(at);
        self.level = before - i128::from(units) * self.drops_per_unit;
        self.at = self.at.max(at);
        while self.highs.pop_back_if(|(_, high)| *high <= before).is_some() {}
        self.highs.push_back((at, before));
        // The two oldest become one that is as high as the higher and as late as the later.
        if self.highs.len() > LEVELS_MAX
            && let Some((_, high)) = self.highs.pop_front()
            && let Some((_, next)) = self.highs.front_mut()
        {
            *next = high;
        }
    }

    /// What was taken too much at `sent` would have been in the bucket since then, but for what ran over its edge.
    fn correct(&mut self, taken: u64, used: u64, sent: Time, now: Time) {
        let since = self.highs.partition_point(|(at, _)| *at <= sent);
        let high = self.highs.get(since).map_or(i128::MIN, |(_, high)| *high).max(self.level(now));
        let difference = (i128::from(taken) - i128::from(used)) * self.drops_per_unit;
        let difference = difference.min((self.capacity - high).max(0));
        self.level += difference;
        // Where more was used than taken they stay: a lower one that is forgotten by now may have been the highest.
        self.highs.range_mut(since..).for_each(|(_, high)| *high += difference.max(0));
        if let Some((_, high)) = self.highs.get(since).copied() {
            let lower = self.highs.partition_point(|(at, before)| *at <= sent && *before > high);
            self.highs.drain(lower..since);
        }
    }

    /// The provider's own bucket held only so much, give or take `unsaid` units.
    fn heard(&mut self, said: Said, unsaid: u64, now: Time) {
        let drops = |units: u64| i128::from(units) * self.drops_per_unit;
        let refilled = self.drops_per_ms * i128::from(now.ms_since(said.sent));
        let left = (drops(said.remaining) + refilled - drops(said.since)).max(0);
        if left + drops(unsaid) <= self.level(now) {
            self.level = left;
            self.at = self.at.max(now);
        }
    }
}

/// What was sent in the last span, jitter included, in marks that carry the latest moment of what they hold.
#[derive(Clone, Debug)]
struct Window {
    span_ms: u64,
    mark_ms: u64,
    /// `(first, last, units)`, ascending.
    marks: VecDeque<(Time, Time, u64)>,
    units: u64,
}

impl Window {
    fn new(span_ms: u64) -> Window {
        Window {
            span_ms: span_ms + NETWORK_JITTER_MS,
            mark_ms: span_ms / MARKS_PER_SPAN,
            marks: VecDeque::new(),
            units: 0,
        }
    }

    /// In its place: the disk tells of what was sent in the order in which it ended.
    fn push(&mut self, units: u64, at: Time) {
        self.forget_before(at);
        self.units += units;
        let place = self.marks.partition_point(|(first, ..)| *first <= at);
        match place.checked_sub(1).and_then(|before| self.marks.get_mut(before)) {
            Some((first, last, held)) if at.ms_since(*first) < self.mark_ms => {
                *last = at.max(*last);
                *held += units;
            }
            _ => self.marks.insert(place, (at, at, units)),
        }
    }

    fn forget_before(&mut self, now: Time) {
        while let Some((_, last, gone)) = self.marks.front().copied() {
            if now.ms_since(last) < self.span_ms {
                break;
            }
            self.units -= gone;
            self.marks.pop_front();
        }
    }

    fn held(&mut self, now: Time) -> u64 {
        self.forget_before(now);
        self.units
    }

    /// Corrects the mark that holds what was sent at this moment, as long as it is remembered.
    fn correct(&mut self, taken: u64, used: u64, sent: Time) {
        let place = self.marks.partition_point(|(_, last, _)| *last < sent);
        if let Some((first, _, units)) = self.marks.get_mut(place)
            && *first <= sent
        {
            let corrected = (*units + used).saturating_sub(taken);
            self.units = self.units - *units + corrected;
            *units = corrected;
        }
    }

    fn ready_at(&self, limit: u64, pending: u64, units: u64, now: Time) -> Time {
        let units = units.min(limit);
        let mut held = self.units + pending;
        if held + units <= limit {
            return now;
        }
        let mut ready = now;
        for (_, last, gone) in &self.marks {
            ready = ready.max(last.after_ms(self.span_ms));
            held -= gone;
            if held + units <= limit {
                return ready;
            }
        }
        // Only what is pending stands in the way: it is sent within moments, and then this is asked again.
        ready.max(now.after_ms(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as early as the meter allows, `count` times, and returns the moments.
    fn drive(meter: &mut Meter, count: usize, units: u64) -> Vec<u64> {
        let mut now = Time(1_000_000);
        (0..count)
            .map(|_| {
                now = meter.ready_at(units, now);
                meter.take(units);
                meter.sent(units, now);
                now.ms()
            })
            .collect()
    }

    fn most_in_any(span_ms: u64, moments: &[u64]) -> usize {
        let mut first = 0;
        (0..moments.len())
            .map(|last| {
                while moments[last] - moments[first] >= span_ms {
                    first += 1;
                }
                last - first + 1
            })
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn a_strict_window_is_filled_and_never_passed() {
        let mut meter = Meter::new(1_200, MINUTE_MS, 1_200, true, Time(1_000_000));
        let moments = drive(&mut meter, 3_600, 1);
        assert!(most_in_any(MINUTE_MS + NETWORK_JITTER_MS, &moments) <= 1_200);
        let optimum_ms = 2 * MINUTE_MS;
        let took_ms = moments.last().unwrap() - moments[0];
        assert!(took_ms <= optimum_ms * 102 / 100 + 1_000, "{took_ms}");
    }

    #[test]
    fn a_bucket_bursts_then_keeps_the_rate() {
        let mut meter = Meter::new(500, MINUTE_MS, 20, false, Time(1_000_000));
        let moments = drive(&mut meter, 500, 1);
        let first_second = moments.iter().filter(|at| **at < 1_001_000).count();
        assert!((16..=24).contains(&first_second), "{first_second}");
        let took_ms = moments.last().unwrap() - moments[0];
        // 500 requests, the first 15 (20 less half a second's worth) at once, the others at 8.33 a second.
        assert!((57_000..=59_000).contains(&took_ms), "{took_ms}");
    }

    #[test]
    fn timers_that_fire_late_cost_no_rate() {
        for mut meter in
            [Meter::new(3_000, MINUTE_MS, 1, false, Time(0)), Meter::even(3_000_000, MINUTE_MS, 1_000, Time(0))]
        {
            let units = meter.smallest;
            let mut now = Time(0);
            for late_ms in [3, 0, 4, 1].into_iter().cycle().take(3_000) {
                now = meter.ready_at(units, now).after_ms(late_ms);
                meter.take(units);
                meter.sent(units, now);
            }
            assert!((59_900..=60_100).contains(&now.ms()), "{now:?}");
        }
    }

    #[test]
    fn tokens_weigh_what_they_weigh() {
        let mut meter = Meter::new(200_000, MINUTE_MS, 200_000, true, Time(1_000_000));
        let moments = drive(&mut meter, 500, 700);
        assert!(most_in_any(MINUTE_MS, &moments) <= 200_000 / 700);
    }

    #[test]
    fn a_slow_disk_does_not_let_more_through() {
        let mut meter = Meter::new(10, MINUTE_MS, 10, true, Time(0));
        for _ in 0..9 {
            meter.take(1);
        }
        assert!(meter.ready_at(1, Time(0)) <= Time(NETWORK_JITTER_MS));
        meter.take(1);
        assert!(meter.ready_at(1, Time(0)) > Time(NETWORK_JITTER_MS));
        for _ in 0..10 {
            meter.sent(1, Time(3_000));
        }
        assert!(meter.ready_at(1, Time(60_000)) >= Time(63_000 + NETWORK_JITTER_MS));
    }

    #[test]
    fn more_than_the_limit_at_once_waits_for_an_empty_span() {
        let mut meter = Meter::new(100, MINUTE_MS, 100, true, Time(0));
        assert_eq!(meter.ready_at(1_000, Time(0)), Time(0));
        meter.take(50);
        meter.sent(50, Time(0));
        let ready = meter.ready_at(1_000, Time(1));
        assert!(ready >= Time(60_000) && ready <= Time(61_500), "{ready:?}");
    }

    #[test]
    fn a_window_counts_what_ended_last_from_when_it_was_sent() {
        let mut window = Window::new(MINUTE_MS);
        for at in [50_000, 1_000, 30_000] {
            window.push(1, Time(at));
        }
        let free_at = |window: &Window, now| window.ready_at(3, 0, 1, Time(now)).ms();
        assert_eq!(free_at(&window, 55_000), 1_000 + MINUTE_MS + NETWORK_JITTER_MS);
        window.push(1, Time(61_500));
        assert_eq!(free_at(&window, 61_500), 30_000 + MINUTE_MS + NETWORK_JITTER_MS);
    }

    #[test]
    fn what_ran_over_the_edge_is_not_given_back() {
        // The bucket, of 400 units less half a second's, was full again when the next were sent.
        let mut meter = Meter::new(400, MINUTE_MS, 400, false, Time(0));
        meter.mark(50, Time(0));
        meter.mark(300, Time(10_000));
        let full_but = |meter: &Meter, now| (meter.bucket.capacity - meter.bucket.level(Time(now))) / 60_000;
        assert_eq!(full_but(&meter, 10_000), 300);
        meter.correct(50, 5, Time(0), Time(10_000));
        assert_eq!(full_but(&meter, 10_000), 300);
        // Of these nothing ran over.
        meter.correct(300, 200, Time(10_000), Time(10_000));
        assert_eq!(full_but(&meter, 10_000), 200);
        // Of these a part did: 50 of 60 units would have flown in after 7.5 s, and did so again in the end.
        meter.mark(60, Time(60_000));
        meter.mark(60, Time(67_500));
        assert_eq!(full_but(&meter, 67_500), 70);
        meter.correct(60, 0, Time(60_000), Time(67_500));
        assert_eq!(full_but(&meter, 67_500), 60);
    }

    /// A bucket that is told later what was used is never fuller than one that knew it at once.
    #[test]
    fn a_corrected_bucket_holds_no_more_than_one_that_knew() {
        for seed in 0..500 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut told = Bucket::new(600, MINUTE_MS, 600, 1, Time(0));
            let mut knew = told.clone();
            let (mut now, mut open) = (Time(0), Vec::new());
            for _ in 0..400 {
                now = now.after_ms(rng.u64(0..2_000));
                if rng.bool() {
                    let (taken, used) = (rng.u64(1..40), rng.u64(0..40));
                    told.spend(taken, now);
                    knew.spend(used, now);
                    open.push((taken, used, now));
                } else if !open.is_empty() {
                    let (taken, used, sent) = open.swap_remove(rng.usize(..open.len()));
                    told.correct(taken, used, sent, now);
                }
                let unknown: i128 = open.iter().map(|(taken, used, _)| i128::from(used.saturating_sub(*taken))).sum();
                let most = knew.level(now) + unknown * told.drops_per_unit;
                assert!(told.level(now) <= most, "{seed}: {} of {most}", told.level(now));
            }
        }
    }

    #[test]
    fn what_was_not_sent_is_given_back() {
        let mut meter = Meter::new(2, MINUTE_MS, 2, true, Time(0));
        meter.take(2);
        assert!(meter.ready_at(1, Time(0)) > Time(0));
        meter.give_back(2);
        assert_eq!(meter.ready_at(1, Time(0)), Time(0));
    }
}
