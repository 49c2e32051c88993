//! The provider of the virtual world: strict sliding windows, faults by chance, and a ledger of what it really billed.

use std::collections::VecDeque;

use pennybatch::engine::{LanePlan, Ordinal};
use pennybatch::money::Usd;
use pennybatch::provider::{Answer, Bill, Failure, FailureKind, Finish, Outcome, Usage};
use pennybatch::time::Time;

use crate::scenario::Faults;

/// What becomes of a request: when its answer is there (never, where it hangs), and what it says.
pub struct Verdict {
    pub at: Option<Time>,
    pub outcome: Outcome,
    pub billed: Usd,
}

pub struct Provider {
    windows: Vec<Window>,
    faults: Faults,
    latency_ms: (u64, u64),
    pub billed: Usd,
    pub requests: u64,
    /// Requests above a limit that this world's plan knows of: there must be none.
    pub above_limit: Option<String>,
}

#[derive(Default)]
struct Window {
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    recent: VecDeque<(Time, u64)>,
}

impl Window {
    fn push(&mut self, tokens: u64, at: Time) -> Option<String> {
        self.recent.push_back((at, tokens));
        self.recent.make_contiguous().sort();
        while self.recent.front().is_some_and(|(first, _)| at.ms_since(*first) >= 60_000) {
            self.recent.pop_front();
        }
        let requests = self.recent.len() as u64;
        let tokens: u64 = self.recent.iter().map(|(_, tokens)| *tokens).sum();
        if self.requests_per_minute.is_some_and(|limit| requests > limit) {
            return Some(format!("{requests} requests in a minute at {at:?}"));
        }
        if self.tokens_per_minute.is_some_and(|limit| tokens > limit && requests > 1) {
            return Some(format!("{tokens} tokens in a minute at {at:?}"));
        }
        None
    }
}

impl Provider {
    pub fn new(lanes: &[LanePlan], faults: Faults, latency_ms: (u64, u64)) -> Provider {
        let windows = lanes
            .iter()
            .map(|lane| Window {
                requests_per_minute: lane.limits.requests_per_minute.map(u64::from),
                tokens_per_minute: lane.limits.tokens_per_minute,
                recent: VecDeque::new(),
            })
            .collect();
        Provider { windows, faults, latency_ms, billed: Usd::ZERO, requests: 0, above_limit: None }
    }

    /// The limits are changed by agreement with the provider: from here on the larger of old and new holds for it.
    pub fn allow(&mut self, lane: usize, requests_per_minute: Option<u32>) {
        let window = &mut self.windows[lane];
        window.requests_per_minute = match (window.requests_per_minute, requests_per_minute) {
            (Some(old), Some(new)) => Some(old.max(new.into())),
            _ => None,
        };
    }

    pub fn answer(
        &mut self,
        rng: &mut fastrand::Rng,
        lane: usize,
        item: Ordinal,
        request: &Request,
        arrives: Time,
    ) -> Verdict {
        self.requests += 1;
        if let Some(broken) = self.windows[lane].push(request.tokens, arrives) {
            self.above_limit.get_or_insert(broken);
        }
        let answered = arrives.after_ms(rng.u64(self.latency_ms.0..=self.latency_ms.1.max(self.latency_ms.0)));
        let mut verdict = self.verdict(rng, item, request, answered);
        verdict.at = verdict.at.map(|_| answered);
        self.billed += verdict.billed;
        verdict
    }

    fn verdict(&self, rng: &mut fastrand::Rng, item: Ordinal, request: &Request, at: Time) -> Verdict {
        let usage = Usage {
            input: rng.u64(1..=request.input_bound),
            output: rng.u64(0..=request.output_cap),
            ..Usage::default()
        };
        let cost = request.cost(&usage, at);
        let maybe = |rng: &mut fastrand::Rng| if rng.bool() { cost } else { Usd::ZERO };
        let failed = |kind, bill, billed| Verdict { at: Some(at), outcome: failure(kind, bill, None), billed };
        let f = &self.faults;
        let mut dice = rng.u32(0..1_000);
        let mut hit = |share: u32| {
            let hit = dice < share;
            dice = if hit { u32::MAX } else { dice - share.min(dice) };
            hit
        };
        if hit(f.server_error) {
            return failed(FailureKind::ServerError, Bill::Nothing, Usd::ZERO);
        }
        if hit(f.refusal) {
            let hint = rng.bool().then(|| rng.u64(100..=20_000));
            return Verdict {
                at: Some(at),
                outcome: failure(FailureKind::RateLimited, Bill::Nothing, hint),
                billed: Usd::ZERO,
            };
        }
        if hit(f.hang) {
            let billed = maybe(rng);
            return Verdict { at: None, outcome: failure(FailureKind::TimedOut, Bill::Unknown, None), billed };
        }
        if hit(f.reset) {
            let billed = maybe(rng);
            return failed(FailureKind::Unreachable, Bill::Unknown, billed);
        }
        if hit(f.sent_twice) {
            return failed(FailureKind::Unreachable, Bill::Unknown, cost + cost);
        }
        if hit(f.torn) {
            return failed(FailureKind::TornBody, Bill::Unknown, cost);
        }
        if hit(f.bad_request) {
            return failed(FailureKind::BadRequest, Bill::Nothing, Usd::ZERO);
        }
        if hit(f.html) {
            return failed(FailureKind::HtmlPage, Bill::Unknown, Usd::ZERO);
        }
        if hit(f.wrong_key) {
            return failed(FailureKind::WrongKey, Bill::Nothing, Usd::ZERO);
        }
        let finish = if hit(f.length) { Finish::Length } else { Finish::Stop };
        let answer = Answer {
            text: format!("answer to {}", request.leader),
            finish,
            request_id: Some(format!("r{item}")),
            misfit: None,
        };
        if hit(f.no_usage) {
            return Verdict { at: Some(at), outcome: Outcome::Answered { answer, bill: Bill::Unknown }, billed: cost };
        }
        let usage = if hit(f.above_reservation) {
            Usage { output: request.output_cap * 3, input: request.input_bound, ..usage }
        } else {
            usage
        };
        let billed = request.cost(&usage, at);
        Verdict {
            at: Some(at),
            outcome: Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } },
            billed,
        }
    }
}

/// A request as the provider sees it.
pub struct Request {
    pub leader: Ordinal,
    pub tokens: u64,
    pub input_bound: u64,
    pub output_cap: u64,
    pub card: Option<pennybatch::prices::RateCard>,
}

impl Request {
    fn cost(&self, usage: &Usage, at: Time) -> Usd {
        self.card.as_ref().map_or(Usd::ZERO, |card| card.cost(usage, at))
    }
}

pub fn failure(kind: FailureKind, bill: Bill, retry_after_ms: Option<u64>) -> Outcome {
    Outcome::Failed { failure: Failure { kind, status: None, message: format!("{kind:?}"), retry_after_ms }, bill }
}
