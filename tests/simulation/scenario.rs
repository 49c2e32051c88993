//! What kind of world a seed makes: the plan, the rows, and everything that happens to them. A scenario is a plain
//! value, so that one that fails can be made smaller part by part.

use pennybatch::engine::{ItemFacts, Plan};
use pennybatch::provider::FailureKind;

#[derive(Clone, Debug)]
pub struct Scenario {
    pub plan: Plan,
    pub facts: Vec<ItemFacts>,
    pub latency: Latency,
    /// Requests reach the provider this much later than they were sent at most.
    pub jitter_ms: u64,
    pub disk: Disk,
    pub faults: Faults,
    /// By lane, as far as it goes: what the provider really allows, where it is less than the plan says.
    pub refusers: Vec<Option<Refuser>>,
    /// Answers tell of the provider's limits in headers that can be read.
    pub headers: bool,
    pub weather: Vec<Weather>,
    pub lanes_die: Vec<LaneDies>,
    pub crashes: Crashes,
    pub person: Person,
    /// The share of items that the cache of earlier runs answers, in percent.
    pub cached_percent: u32,
    pub late_wakes: bool,
    /// So long after the start the clock, which was ahead until then, is set back.
    pub clock_falls: Option<ClockFalls>,
}

#[derive(Clone, Copy, Debug)]
pub struct ClockFalls {
    pub after_ms: u64,
    pub by_ms: u64,
}

/// Uniform, with a long tail for one answer in `tail_one_in` (0: never).
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub from_ms: u64,
    pub to_ms: u64,
    pub tail_one_in: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Disk {
    pub save_ms_max: u64,
    /// In thousandths of the saves.
    pub fails: u32,
    /// Every save fails from this many records on, until the person has made room.
    pub full_at: Option<usize>,
    /// One flush covers every save that was asked for meanwhile.
    pub group_commit: bool,
}

/// In thousandths of the answers.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub server_error: u32,
    /// A 429 out of the blue, with or without a hint.
    pub refusal: u32,
    pub hang: u32,
    pub reset: u32,
    /// A reset after which the browser sent the request again by itself, unseen.
    pub sent_twice: u32,
    pub torn: u32,
    pub no_usage: u32,
    pub length: u32,
    pub bad_request: u32,
    pub html: u32,
    pub wrong_key: u32,
    pub above_reservation: u32,
    /// An answer that doesn't fit its format.
    pub misfit: u32,
    /// An answer without text, whose output cap went into thinking.
    pub thinking: u32,
    /// An error of a server in between, while the provider worked on, and billed it or not.
    pub gateway: u32,
    /// An answer that could not be checked.
    pub unchecked: u32,
}

impl Faults {
    /// Each by itself, for whoever wants to leave one out.
    pub fn each(&mut self) -> [&mut u32; 16] {
        [
            &mut self.server_error,
            &mut self.refusal,
            &mut self.hang,
            &mut self.reset,
            &mut self.sent_twice,
            &mut self.torn,
            &mut self.no_usage,
            &mut self.length,
            &mut self.bad_request,
            &mut self.html,
            &mut self.wrong_key,
            &mut self.above_reservation,
            &mut self.misfit,
            &mut self.thinking,
            &mut self.gateway,
            &mut self.unchecked,
        ]
    }
}

/// A limiter that the plan knows nothing of, and that answers 429.
#[derive(Clone, Debug)]
pub struct Refuser {
    /// `(span in ms, requests allowed in it)`: a minute's limit, and finer ones where the server is quantised.
    pub spans: Vec<(u64, u64)>,
    /// Other users take up to this share of each span, another one every minute.
    pub others_percent_max: u64,
    /// Refused requests count as well.
    pub counts_refused: bool,
}

/// Minutes in which a lane, or all of them, behave otherwise. Times count from the start of the run.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub from_ms: u64,
    pub to_ms: u64,
    pub lane: Option<u8>,
    pub kind: WeatherKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeatherKind {
    /// 5xx for nearly everyone.
    BrownOut,
    /// Answers take twenty times as long.
    Slow,
    /// No request gets through.
    Offline,
}

/// From its n-th request on, a lane answers with nothing but this.
#[derive(Clone, Copy, Debug)]
pub struct LaneDies {
    pub lane: u8,
    pub after_requests: u64,
    pub how: FailureKind,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Crashes {
    /// One in this many steps is a crash; 0: never.
    pub one_in: u32,
    pub most: u32,
    /// A crash when the disk holds this many records, to the record.
    pub cut: Option<Cut>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub records: usize,
    /// Where a whole save is down with them, the engine still learns of it, and acts on it, before the lights go out.
    pub told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Person {
    Patient,
    /// Pauses, resumes, changes limits and the budget, closes the tab: one step in so many.
    Restless(u32),
    /// Stops the run once.
    Stops,
    /// Brings answers to rows from elsewhere: one step in so many.
    Imports(u32),
    /// Takes rows away in request files, brings back some of their answers, and has others sent after all.
    Exports(u32),
}
