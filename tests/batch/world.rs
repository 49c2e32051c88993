//! The world itself: what is to happen, the disk, the network, and the person.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use pennybatch::engine::batch::{BatchEffect, BatchEvent, BatchRow, FileRead, ResultFile};
use pennybatch::engine::{
    Began, Command, Doubtful, Effect, Engine, Event, ItemFacts, PauseReason, Record, RunState, Ticket,
};
use pennybatch::money::Usd;
use pennybatch::provider::{Bill, Failure, FailureKind, Outcome};
use pennybatch::time::Time;

use crate::checks::Checks;
use crate::lasting::lasting;
use crate::scenario::Scenario;
use crate::server::{Server, answer, failure, usage};

const STEPS_MAX: u64 = 60_000;
const START: Time = Time(1_790_000_000_000);
/// A request that was given up can still arrive for this long: far longer than anybody waits for it.
const LATE_MS_MAX: u64 = 3_600_000;
/// The person is asked only where files can't be deleted, and waits until nothing is on its way.
const PERSON_LOOKS_AFTER_MS: u64 = LATE_MS_MAX + 1;

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub crashes: u64,
    pub jobs: u64,
    pub lost_answers: u64,
    pub late_creates: u64,
    pub adopted: u64,
    pub withdrawn: u64,
    pub asked: u64,
    pub imported: u64,
    pub requeued: u64,
    pub canceled: u64,
    pub expired: u64,
    pub in_doubt: u64,
    pub taken_back: u64,
    pub sends: u64,
    pub budget_pauses: u64,
    pub steps: u64,
}

impl Report {
    pub fn counts(&self) -> [(&'static str, u64); 16] {
        [
            ("crashes", self.crashes),
            ("jobs", self.jobs),
            ("lost answers", self.lost_answers),
            ("late creates", self.late_creates),
            ("jobs that were found again", self.adopted),
            ("files that were withdrawn", self.withdrawn),
            ("questions about a job", self.asked),
            ("imported answers", self.imported),
            ("full queues", self.requeued),
            ("canceled jobs", self.canceled),
            ("expired jobs", self.expired),
            ("runs with rows in doubt", self.in_doubt),
            ("hand-overs taken back", self.taken_back),
            ("rows sent one by one", self.sends),
            ("pauses by budget", self.budget_pauses),
            ("steps", self.steps),
        ]
    }

    pub fn add(&mut self, other: &Report) {
        self.crashes += other.crashes;
        self.jobs += other.jobs;
        self.lost_answers += other.lost_answers;
        self.late_creates += other.late_creates;
        self.adopted += other.adopted;
        self.withdrawn += other.withdrawn;
        self.asked += other.asked;
        self.imported += other.imported;
        self.requeued += other.requeued;
        self.canceled += other.canceled;
        self.expired += other.expired;
        self.in_doubt += other.in_doubt;
        self.taken_back += other.taken_back;
        self.sends += other.sends;
        self.budget_pauses += other.budget_pauses;
        self.steps += other.steps;
    }
}

pub struct World<'a> {
    scenario: &'a Scenario,
    rng: fastrand::Rng,
    now: Time,
    engine: Engine,
    server: Server<'a>,
    disk: Vec<Record>,
    writing: Vec<(Ticket, Vec<Record>)>,
    future: BinaryHeap<Reverse<(Time, u64)>>,
    happenings: BTreeMap<u64, Event>,
    /// Create requests that were given up and are still on their way: `(at, file, nonce)`.
    late: Vec<(Time, String, String)>,
    next_happening: u64,
    checks: Checks<'a>,
    stopped: bool,
    pub history: Vec<String>,
    report: Report,
}

impl<'a> World<'a> {
    pub fn new(seed: u64, scenario: &'a Scenario) -> World<'a> {
        World {
            scenario,
            rng: fastrand::Rng::with_seed(seed),
            now: START,
            engine: Engine::new(scenario.plan.clone(), scenario.facts.clone(), seed, START),
            server: Server::new(scenario),
            disk: Vec::new(),
            writing: Vec::new(),
            future: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            late: Vec::new(),
            next_happening: 0,
            checks: Checks::new(scenario),
            stopped: false,
            history: Vec::new(),
            report: Report::default(),
        }
    }

    pub fn run(&mut self) -> Result<Report, String> {
        if self.scenario.at_once {
            self.hand_over()?;
        } else {
            self.tell(Event::Command(Command::Resume))?;
        }
        while *self.engine.state() != RunState::Finished {
            self.report.steps += 1;
            if self.report.steps > STEPS_MAX {
                return Err(format!("no end after {STEPS_MAX} steps: {:?}", self.engine.progress(self.now)));
            }
            self.step()?;
        }
        let progress = self.engine.progress(self.now);
        self.checks.at_the_end(&progress, &self.server)?;
        self.restored_equals_live()?;
        self.count_jobs();
        self.report.in_doubt += u64::from(progress.doubtful > Usd::ZERO);
        Ok(self.report.clone())
    }

    fn count_jobs(&mut self) {
        use pennybatch::provider::batch::JobState;
        let count = |wanted| self.server.jobs.keys().filter(|id| self.server.seen(id).state == wanted).count() as u64;
        self.report.jobs += self.server.jobs.len() as u64;
        self.report.canceled += count(JobState::Cancelled);
        self.report.expired += count(JobState::Expired);
    }

    fn step(&mut self) -> Result<(), String> {
        let crash = self.scenario.crash_one_in > 0
            && self.report.crashes < self.scenario.crashes_max.into()
            && self.rng.u32(0..self.scenario.crash_one_in) == 0;
        if crash {
            return self.crash();
        }
        if self.scenario.person_one_in > 0 && self.rng.u32(0..self.scenario.person_one_in) == 0 {
            return self.person_acts();
        }
        if !self.scenario.at_once && self.report.steps == 20 {
            return self.hand_over();
        }
        let wake = self.engine.next_wake().map(|wake| wake.at.max(self.now));
        let next = self.future.peek().map(|Reverse((at, _))| *at);
        match (next, wake) {
            (Some(at), Some(wake)) if wake < at => self.wake(wake),
            (Some(_), _) => self.happen(),
            (None, Some(wake)) => self.wake(wake),
            (None, None) => self.person_resumes(),
        }
    }

    fn wake(&mut self, at: Time) -> Result<(), String> {
        self.pass_to(at);
        self.tell(Event::Woke)
    }

    /// Time passes for the provider too.
    fn pass_to(&mut self, at: Time) {
        self.now = self.now.max(at);
        self.late.sort();
        while self.late.first().is_some_and(|(due, _, _)| *due <= self.now) {
            let (due, file, nonce) = self.late.remove(0);
            self.history.push(format!("{} a late create arrives: {nonce}", due.ms()));
            self.server.create(&file, &nonce, due, &mut self.rng);
        }
        self.server.advance(self.now, &mut self.rng);
    }

    fn happen(&mut self) -> Result<(), String> {
        let Some(Reverse((at, id))) = self.future.pop() else { return Ok(()) };
        let Some(event) = self.happenings.remove(&id) else { return Ok(()) };
        self.pass_to(at);
        if let Event::Saved { .. } = event {
            let (ticket, records) = self.writing.remove(0);
            self.checks.saved(&records)?;
            self.disk.extend(records);
            return self.tell(Event::Saved { ticket });
        }
        self.tell(event)
    }

    fn later(&mut self, in_ms: u64, event: Event) {
        self.next_happening += 1;
        self.future.push(Reverse((self.now.after_ms(in_ms), self.next_happening)));
        self.happenings.insert(self.next_happening, event);
    }

    /// The run rests and nothing is under way: a person looks, and goes on.
    fn person_resumes(&mut self) -> Result<(), String> {
        match self.engine.state().clone() {
            RunState::Paused(PauseReason::Budget { needed }) => {
                self.report.budget_pauses += 1;
                self.checks.cap = Some(needed);
                self.tell(Event::Command(Command::SetBudget(Some(needed))))?;
                self.tell(Event::Command(Command::Resume))
            }
            RunState::Paused(PauseReason::BatchStuck(failure)) if failure.kind != FailureKind::Unreachable => {
                self.take_back()
            }
            RunState::Paused(PauseReason::BatchEnded { .. }) if self.rng.bool() => self.hand_over(),
            RunState::Paused(PauseReason::BatchUnsure { .. }) => self.person_looks(),
            RunState::Paused(_) => {
                let at = self.now.after_ms(self.rng.u64(1..=60_000));
                self.pass_to(at);
                self.tell(Event::Command(Command::Resume))
            }
            state => Err(format!("stuck: {state:?}, nothing under way, no wake; {:?}", self.engine.progress(self.now))),
        }
    }

    /// Waits until whatever was sent has arrived, and goes on; or wants the rows back.
    fn person_looks(&mut self) -> Result<(), String> {
        self.report.asked += 1;
        if self.rng.u8(0..4) == 0 {
            return self.take_back();
        }
        self.pass_to(self.now.after_ms(PERSON_LOOKS_AFTER_MS));
        self.tell(Event::Command(Command::Resume))
    }

    fn person_acts(&mut self) -> Result<(), String> {
        if self.stopped {
            return self.tell(Event::Woke);
        }
        match self.rng.u8(0..13) {
            0..=2 => self.hand_over(),
            3..=5 => self.take_back(),
            6 | 7 => self.tell(Event::Command(Command::Pause)),
            8 | 9 => self.tell(Event::Command(Command::Resume)),
            10 => self.tell(Event::Command(Command::RetryFailed)),
            11 => self.import(),
            _ => {
                self.stopped = true;
                self.tell(Event::Command(Command::Stop))
            }
        }
    }

    /// Brings a checkpoint with answers to some rows.
    fn import(&mut self) -> Result<(), String> {
        let items = self.scenario.facts.len() as u32;
        let item = self.rng.u32(0..items);
        self.report.imported += u64::from(self.engine.takes_import(item));
        self.tell(Event::Imported { item, answer: answer(self.scenario, item, false) })
    }

    fn hand_over(&mut self) -> Result<(), String> {
        if self.stopped {
            return self.tell(Event::Woke);
        }
        let mut terms = self.scenario.terms.clone();
        terms.with_failed = self.rng.u8(0..4) == 0;
        self.tell(Event::Command(Command::HandOver(Box::new(terms))))
    }

    fn take_back(&mut self) -> Result<(), String> {
        self.report.taken_back += 1;
        self.tell(Event::Command(Command::TakeBack))
    }

    fn crash(&mut self) -> Result<(), String> {
        self.report.crashes += 1;
        self.history.push(format!("{} CRASH", self.now.ms()));
        if let Some((_, records)) = self.writing.first()
            && self.rng.bool()
        {
            let kept = self.rng.usize(0..=records.len());
            let kept: Vec<Record> = records[..kept].to_vec();
            self.checks.saved(&kept)?;
            self.disk.extend(kept);
        }
        self.checks.crashed();
        self.writing.clear();
        self.future.clear();
        self.happenings.clear();
        let at = self.now.after_ms(self.rng.u64(0..=90_000));
        self.pass_to(at);
        self.engine = self.restored();
        let progress = self.engine.progress(self.now);
        self.checks.after_step(&progress, self.server.billed)?;
        if progress.cut_off > 0 && self.rng.bool() {
            let choice = if self.rng.bool() { Doubtful::SendAgain } else { Doubtful::LeaveOut };
            self.tell(Event::Command(Command::Doubtful(choice)))?;
        }
        match self.rng.u8(0..6) {
            0 => self.take_back(),
            1 => self.hand_over(),
            _ => self.tell(Event::Command(Command::Resume)),
        }
    }

    fn restored(&self) -> Engine {
        let seed = self.report.crashes * 1_000_003 + self.now.ms();
        // What is on disk is text.
        let text: Vec<String> =
            self.disk.iter().map(|record| serde_json::to_string(record).expect("a record")).collect();
        let records: Vec<Record> = text.iter().map(|text| Record::read(text.as_bytes()).expect("a record")).collect();
        let Began { plan, facts } = match records.iter().find_map(Record::began) {
            Some(began) => began.clone(),
            // Nothing was down yet: whatever is computed now holds, and tokens are no longer counted.
            None => {
                let longer = |facts: &ItemFacts| ItemFacts { input_bound: facts.input_bound * 3, ..*facts };
                let facts = self.scenario.facts.iter().map(longer).collect::<Vec<_>>().into();
                Began { plan: self.scenario.plan.clone(), facts }
            }
        };
        Engine::restore(plan, facts, records, seed, self.now)
    }

    fn restored_equals_live(&self) -> Result<(), String> {
        let (live, restored) = (self.engine.progress(self.now), self.restored().progress(self.now));
        match lasting(&live) == lasting(&restored) {
            true => Ok(()),
            false => Err(format!("reopened, the run differs:\n{live:?}\n{restored:?}")),
        }
    }

    fn tell(&mut self, event: Event) -> Result<(), String> {
        self.history.push(format!("{} {event:?}", self.now.ms()));
        self.engine.handle(event, self.now);
        while let Some(effect) = self.engine.poll_effect() {
            self.history.push(format!("{}   {effect:?}", self.now.ms()));
            self.carry_out(effect)?;
        }
        self.checks.after_step(&self.engine.progress(self.now), self.server.billed)
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), String> {
        let latency_ms = self.rng.u64(1..=900);
        match effect {
            Effect::LookUp { item } => self.later(1, Event::LookedUp { item, answer: None }),
            Effect::Save { ticket, records } => {
                self.writing.push((ticket, records));
                let after = self.writing.len() as u64;
                self.later(after, Event::Saved { ticket });
            }
            Effect::Send { attempt, item, .. } => {
                self.report.sends += 1;
                self.checks.sent(item)?;
                let fails = self.rng.u32(0..1_000) < self.scenario.faults.sync_error;
                let outcome = if fails {
                    let kind = if self.rng.bool() { FailureKind::ServerError } else { FailureKind::BadRequest };
                    Outcome::Failed { failure: failure(kind), bill: Bill::Nothing }
                } else {
                    let usage = usage(self.scenario, item);
                    self.server.bill(item, self.scenario.plan.lanes[0].card.as_ref(), &usage);
                    let answer = answer(self.scenario, item, false);
                    Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } }
                };
                self.later(latency_ms, Event::Ended { attempt, outcome, seen: None });
            }
            Effect::Abort { .. } | Effect::Notify(_) => {}
            Effect::Batch(effect) => {
                let can_begin = |(_, file, _): &&(Time, String, String)| self.server.files.contains_key(file);
                let late: Vec<String> = self.late.iter().filter(can_begin).map(|(.., nonce)| nonce.clone()).collect();
                self.checks.stepped(&effect, &self.server, &late)?;
                self.batch(effect, latency_ms);
            }
        }
        Ok(())
    }

    /// How the network treats a request.
    fn network(&mut self) -> Network {
        let faults = &self.scenario.faults;
        let mut left = self.rng.u32(0..1_000);
        for (share, kind) in [
            (faults.unreachable, Network::NotSent),
            (faults.lost, Network::AnswerLost),
            (faults.server_error, Network::Refused(FailureKind::ServerError)),
            (faults.rate_limited, Network::Refused(FailureKind::RateLimited)),
        ] {
            if left < share {
                return kind;
            }
            left -= share;
        }
        Network::Good
    }

    fn batch(&mut self, effect: BatchEffect, latency_ms: u64) {
        let is_create = matches!(effect, BatchEffect::Create { .. });
        let late = is_create && self.rng.u32(0..1_000) < self.scenario.faults.late;
        let network = if late { Network::NotSent } else { self.network() };
        self.report.lost_answers += u64::from(network == Network::AnswerLost);
        let refused = match network {
            Network::NotSent | Network::AnswerLost => Some(failure(FailureKind::Unreachable)),
            Network::Refused(kind) => Some(failure(kind)),
            Network::Good => None,
        };
        let arrives = matches!(network, Network::Good | Network::AnswerLost);
        let event = match effect {
            BatchEffect::Measure => BatchEvent::Measured { bytes: self.scenario.bytes.clone() },
            BatchEffect::Upload { shard, rows, .. } => {
                let file = if arrives { self.server.upload(rows.iter().collect()) } else { String::new() };
                BatchEvent::Uploaded { shard, result: or(refused, Ok(file)) }
            }
            BatchEffect::Create { shard, nonce, file } => {
                if late {
                    self.report.late_creates += 1;
                    let at = self.now.after_ms(latency_ms + self.rng.u64(0..=LATE_MS_MAX));
                    self.late.push((at, file.clone(), nonce.clone()));
                }
                let created = match arrives {
                    true => self.server.create(&file, &nonce, self.now, &mut self.rng),
                    false => None,
                };
                let result = created.ok_or_else(|| failure(FailureKind::BadRequest));
                BatchEvent::Created { shard, result: or(refused, result) }
            }
            BatchEffect::Find { shard, nonce, .. } => {
                let found = self.server.find(&nonce, self.now);
                self.report.adopted += u64::from(found.is_some() && refused.is_none());
                BatchEvent::Found { shard, result: or(refused, Ok(found)) }
            }
            BatchEffect::Withdraw { shard, file } => {
                let keeps = self.scenario.faults.keeps_files;
                if arrives && !keeps {
                    self.report.withdrawn += 1;
                    self.server.delete(&file);
                }
                let result = if keeps { Err(failure(FailureKind::BadRequest)) } else { Ok(()) };
                BatchEvent::Withdrawn { shard, result: or(refused, result) }
            }
            BatchEffect::Poll { shard, job } => {
                let seen = self.server.seen(&job);
                self.report.requeued += u64::from(seen.queue_full);
                let gone = seen.state.is_final() && self.rng.u32(0..1_000) < self.scenario.faults.job_gone;
                let seen = if gone { Err(failure(FailureKind::WrongAddress)) } else { Ok(seen) };
                BatchEvent::Seen { shard, result: or(refused, seen) }
            }
            BatchEffect::Cancel { shard, job } => {
                let seen = match arrives {
                    true => self.server.cancel(&job, self.now, &mut self.rng),
                    false => Ok(self.server.seen(&job)),
                };
                BatchEvent::Seen { shard, result: or(refused, seen) }
            }
            BatchEffect::Download { shard, job, file, id, .. } => {
                return self.download(shard, &job, file, &id, refused, latency_ms);
            }
        };
        self.later(latency_ms, Event::Batch(event));
    }

    fn download(
        &mut self,
        shard: u32,
        job: &str,
        file: ResultFile,
        id: &str,
        refused: Option<Failure>,
        mut in_ms: u64,
    ) {
        let gone = self.server.gone.contains(id) || self.rng.u32(0..1_000) < self.scenario.faults.file_gone;
        if gone && refused.is_none() {
            self.server.gone.insert(id.to_owned());
            let result = Err(failure(FailureKind::WrongAddress));
            return self.later(in_ms, Event::Batch(BatchEvent::Downloaded { shard, file, result }));
        }
        if let Some(failure) = refused {
            let result = Err(failure);
            return self.later(in_ms, Event::Batch(BatchEvent::Downloaded { shard, file, result }));
        }
        let job = &self.server.jobs[job];
        let mut rows: Vec<BatchRow> = if file == ResultFile::Output { job.output.clone() } else { job.error.clone() };
        let torn = self.rng.u32(0..1_000) < self.scenario.faults.torn_download;
        if torn {
            rows.truncate(self.rng.usize(0..=rows.len()));
        }
        while !rows.is_empty() {
            let group = rows.split_off(rows.len() - self.rng.usize(1..=rows.len()));
            self.later(in_ms, Event::Batch(BatchEvent::Rows { shard, rows: group }));
            in_ms += self.rng.u64(0..=50);
        }
        let result = if torn { Err(failure(FailureKind::Unreachable)) } else { Ok(FileRead::default()) };
        self.later(in_ms + 1, Event::Batch(BatchEvent::Downloaded { shard, file, result }));
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Network {
    Good,
    NotSent,
    AnswerLost,
    Refused(FailureKind),
}

fn or<T>(refused: Option<Failure>, result: Result<T, Failure>) -> Result<T, Failure> {
    refused.map_or(result, Err)
}
