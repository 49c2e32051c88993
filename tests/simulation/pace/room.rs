//! When a limit of the plan has room for the next request, at the latest: one unit over one span, counted once as the
//! strict window and once as the bucket that the design describes.

use std::collections::VecDeque;

use pennybatch::time::Time;

/// Requests overtake one another on their way: a span is longer by as much, and a bucket holds as much less.
const JITTER_MS: u64 = 500;
/// Sends of one twelve-hundredth of a span may be remembered as one.
const MARKS_PER_SPAN: u64 = 1_200;
/// What a bucket holds beyond the smallest request, for timers that fire late.
const TIMER_SLACK_MS: u64 = 5;

pub struct Room {
    limit: u64,
    span_ms: u64,
    burst: u64,
    window: Option<VecDeque<(Time, u64)>>,
    in_window: u64,
    /// Permitted and not sent yet, or sent and counted only when it ends.
    held: u64,
    /// In units times the span, as of the moment.
    level: i128,
    at: Time,
    /// Somebody else uses the limit as well, as the provider said last: nothing goes until then.
    others_until: Time,
}

impl Room {
    pub fn new(limit: u64, span_ms: u64, burst: u64, strict: bool, now: Time) -> Room {
        let mut room = Room {
            limit: limit.max(1),
            span_ms,
            burst,
            window: strict.then(VecDeque::new),
            in_window: 0,
            held: 0,
            level: 0,
            at: now,
            others_until: Time(0),
        };
        room.level = room.capacity();
        room
    }

    /// Another limit, which has been in force since then.
    pub fn set(&mut self, limit: u64, burst: u64, since: Time, now: Time) {
        self.refill(now);
        self.level -= i128::from(self.limit.saturating_sub(limit)) * i128::from(now.ms_since(since));
        (self.limit, self.burst) = (limit.max(1), burst);
        self.level = self.level.min(self.capacity());
    }

    fn capacity(&self) -> i128 {
        let (span_ms, limit) = (i128::from(self.span_ms), i128::from(self.limit));
        let least = span_ms + limit * i128::from(TIMER_SLACK_MS);
        (i128::from(self.burst.min(self.limit)) * span_ms - limit * i128::from(JITTER_MS)).max(least)
    }

    fn refill(&mut self, now: Time) {
        let flown = i128::from(self.limit) * i128::from(now.ms_since(self.at));
        self.level = (self.level + flown).min(self.capacity());
        self.at = self.at.max(now);
    }

    pub fn hold(&mut self, units: u64) {
        self.held += units;
    }

    pub fn release(&mut self, units: u64) {
        self.held = self.held.saturating_sub(units);
    }

    pub fn count(&mut self, units: u64, now: Time) {
        self.refill(now);
        self.level -= i128::from(units) * i128::from(self.span_ms);
        if let Some(window) = &mut self.window {
            window.push_back((now, units));
            self.in_window += units;
        }
    }

    fn remembered_ms(&self) -> u64 {
        self.span_ms + JITTER_MS + self.span_ms / MARKS_PER_SPAN
    }

    /// What the window holds.
    pub fn used(&mut self, now: Time) -> u64 {
        let remembered_ms = self.remembered_ms();
        let Some(window) = &mut self.window else { return 0 };
        while window.front().is_some_and(|(at, _)| now.ms_since(*at) >= remembered_ms) {
            self.in_window -= window.pop_front().map_or(0, |(_, units)| units);
        }
        self.in_window
    }

    /// An answer to what was sent at `sent` said that so many units are left. The window held `used` then; a bucket lost
    /// what went `since`, and refilled.
    pub fn left(&mut self, left: u64, reset_ms: u64, (used, since): (u64, u64), sent: Time, now: Time) {
        if self.window.is_some() {
            let others = left + used < self.limit;
            self.others_until = if others { now.after_ms(reset_ms.min(self.span_ms)) } else { Time(0) };
        } else {
            self.refill(now);
            let units = i128::from(left) - i128::from(since);
            let refilled = i128::from(self.limit) * i128::from(now.ms_since(sent));
            self.level = self.level.min((units * i128::from(self.span_ms) + refilled).max(0));
        }
    }

    /// `None`: only the end of something under way makes room.
    pub fn free_at(&mut self, units: u64, now: Time) -> Option<Time> {
        let in_window = self.used(now);
        let mut free_at = now.max(self.others_until);
        if let Some(window) = &self.window {
            let units = units.min(self.limit);
            let mut taken = in_window + self.held;
            let mut marks = window.iter();
            while taken + units > self.limit {
                let (at, gone) = marks.next()?;
                free_at = free_at.max(at.after_ms(self.remembered_ms()));
                taken -= gone;
            }
        }
        self.refill(now);
        let span_ms = i128::from(self.span_ms);
        let wanted = (i128::from(units) * span_ms).min(self.capacity()) + i128::from(self.held) * span_ms;
        let missing = (wanted - self.level).max(0);
        let wait_ms = (missing + i128::from(self.limit) - 1) / i128::from(self.limit);
        Some(free_at.max(now.after_ms(u64::try_from(wait_ms).unwrap_or(u64::MAX))))
    }
}
