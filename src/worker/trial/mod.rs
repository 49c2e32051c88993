//! `Try 5 rows`: real calls for a few rows, on up to three models, each driven by an engine of its own under what the
//! budget has left. Their answers go into the request cache, so that the run doesn't pay for them again.
//! Not here: a journal. What a crash cuts off in a trial is at most one call a row and model.

mod projection;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::engine::{AttemptId, Command, Effect, Engine, Event, ItemFacts, Ordinal, PauseReason, RunState, shareable};
use crate::link::{Setup, Trial, TrialAnswer, TrialModel, TrialRow};
use crate::money::Usd;
use crate::provider::{Answer, Finish, Outcome, RateSeen};
use crate::worker::browser::{now, seed, sleep_ms};
use crate::worker::http::fetch::Key;
use crate::worker::plan;
use crate::worker::programs::answer_check::AnswerCheck;
use crate::worker::rows::prepare::{CacheKey, Prepared};
use crate::worker::run::results::{NoJournal, Results};
use crate::worker::run::send::Sending;
use crate::worker::run::table::{finish_word, in_short};
use crate::worker::trial::projection::{cap_proposal, projection};

const LOOK_MS: u32 = 10;

/// Rows spread over the file: the middles of as many equal parts of those that are still to be paid.
pub fn spread_rows(facts: &[ItemFacts], most: usize) -> Vec<Ordinal> {
    let is_own = |(item, facts): &(usize, &ItemFacts)| facts.leader as usize == *item;
    let own = || facts.iter().enumerate().filter(is_own);
    let mut rows: Vec<Ordinal> =
        own().filter(|(_, facts)| !facts.maybe_cached).map(|(item, _)| item as Ordinal).collect();
    if rows.len() < most {
        rows = own().map(|(item, _)| item as Ordinal).collect();
    }
    let parts = most.min(rows.len());
    (0..parts).map(|part| rows[(2 * part + 1) * rows.len() / (2 * parts)]).collect()
}

/// One model's part.
pub struct Tried {
    pub model: TrialModel,
    pub answers: Vec<TrialAnswer>,
    /// What the request cache may keep.
    pub to_keep: Vec<(CacheKey, Answer)>,
}

impl Tried {
    fn refused(setup: &Setup, rows: usize, why: String) -> Tried {
        let model = TrialModel {
            model: setup.model.trim().to_owned(),
            spent: Usd::ZERO,
            doubtful: Usd::ZERO,
            calls: 0,
            latency_ms_mean: None,
            stopped: Some(why),
            projection: None,
            cap: None,
        };
        Tried { model, answers: vec![TrialAnswer::default(); rows], to_keep: Vec::new() }
    }
}

/// The setup with another model; what is stated of the first one's prices isn't said of it.
pub fn with_model(setup: &Setup, model: &str) -> Setup {
    let mut own = setup.of_lane(0);
    if own.model.trim() != model.trim() {
        own.model = model.trim().to_owned();
        (own.input_price, own.output_price) = (None, None);
    }
    own
}

/// Asks `rows` on the setup's first lane. `to_pay`: how many rows the whole run will pay for.
pub async fn try_model(setup: Setup, key: Option<Key>, prepared: Rc<Prepared>, rows: &[Ordinal], to_pay: u32) -> Tried {
    let plan = match plan::checked_plan(&setup) {
        Ok(plan) => plan,
        Err(problem) => return Tried::refused(&setup, rows.len(), problem.message),
    };
    let facts: Vec<ItemFacts> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| {
            prepared.facts_on(&setup, *row).map(|facts| ItemFacts { leader: place as u32, ..facts })
        })
        .collect();
    if let Err(problem) = plan::check_sizes(&plan, &facts) {
        return Tried::refused(&setup, rows.len(), problem.message);
    }
    let check = match AnswerCheck::new(&setup.answer_format) {
        Ok(check) => Rc::new(check),
        Err(problem) => return Tried::refused(&setup, rows.len(), problem.message),
    };
    if let Err(problem) = check.ready().await {
        return Tried::refused(&setup, rows.len(), problem.message);
    }
    let engine = Engine::new(plan, facts, seed(), now());
    Drive::new((Rc::new(setup), check), key, prepared, rows.to_vec(), engine).run(to_pay).await
}

type Arrived = Rc<RefCell<Vec<(AttemptId, Outcome, Option<RateSeen>)>>>;

/// An engine without a disk: a save is done as soon as it is asked for.
struct Drive {
    setup: Rc<Setup>,
    key: Option<Key>,
    prepared: Rc<Prepared>,
    check: Rc<AnswerCheck>,
    rows: Vec<Ordinal>,
    engine: Engine,
    results: Results,
    arrived: Arrived,
    in_flight: BTreeMap<AttemptId, (Ordinal, u64, Option<AbortController>)>,
    latency_ms: BTreeMap<Ordinal, u64>,
}

impl Drive {
    fn new(
        (setup, check): (Rc<Setup>, Rc<AnswerCheck>),
        key: Option<Key>,
        prepared: Rc<Prepared>,
        rows: Vec<Ordinal>,
        engine: Engine,
    ) -> Drive {
        let results = Results::new(rows.len() as u32);
        Drive {
            setup,
            key,
            prepared,
            check,
            rows,
            engine,
            results,
            arrived: Rc::default(),
            in_flight: BTreeMap::new(),
            latency_ms: BTreeMap::new(),
        }
    }

    async fn run(mut self, to_pay: u32) -> Tried {
        self.tell(Event::Command(Command::Resume));
        while !self.is_over() {
            sleep_ms(LOOK_MS).await;
            let arrived = self.arrived.take();
            for (attempt, outcome, seen) in arrived {
                if let Some((item, sent_ms, _)) = self.in_flight.remove(&attempt) {
                    self.latency_ms.insert(item, now().ms().saturating_sub(sent_ms));
                }
                self.tell(Event::Ended { attempt, outcome, seen: seen.map(Box::new) });
            }
            if self.engine.next_wake().is_some_and(|wake| wake.at <= now()) {
                self.tell(Event::Woke);
            }
        }
        self.summed(to_pay)
    }

    fn is_over(&self) -> bool {
        matches!(self.engine.state(), RunState::Paused(_) | RunState::Finished) && self.in_flight.is_empty()
    }

    fn tell(&mut self, event: Event) {
        self.engine.handle(event, now());
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save { ticket, records } => {
                    records.iter().for_each(|record| self.results.apply(record));
                    self.engine.handle(Event::Saved { ticket }, now());
                }
                Effect::Send { attempt, item, .. } => self.send(attempt, item),
                Effect::Abort { attempt } => {
                    if let Some((_, _, Some(controller))) = self.in_flight.get(&attempt) {
                        controller.abort();
                    }
                }
                Effect::LookUp { item } => self.engine.handle(Event::LookedUp { item, answer: None }, now()),
                Effect::Notify(_) | Effect::Batch(_) => {}
            }
        }
    }

    fn send(&mut self, attempt: AttemptId, item: Ordinal) {
        let controller = AbortController::new().ok();
        let signal = controller.as_ref().map(AbortController::signal);
        self.in_flight.insert(attempt, (item, now().ms(), controller));
        let (setup, key, prepared) = (self.setup.clone(), self.key.clone(), self.prepared.clone());
        let (arrived, check, row) = (self.arrived.clone(), self.check.clone(), self.rows[item as usize]);
        spawn_local(async move {
            let demo = setup.demo.clone();
            let sending = Sending { setup: &setup, demo, prepared: &prepared, item: row, attempt, seed: seed() };
            let (outcome, seen) = match signal {
                Some(signal) => sending.outcome(key, signal).await,
                None => (Outcome::never_sent("this browser cannot give a request up"), None),
            };
            let outcome = check.checked(outcome).await;
            arrived.borrow_mut().push((attempt, outcome, seen));
        });
    }

    fn summed(self, to_pay: u32) -> Tried {
        let progress = self.engine.progress(now());
        let items = 0..self.rows.len() as Ordinal;
        let answers: Vec<TrialAnswer> = items.clone().map(|item| self.answer(item, progress.priced)).collect();
        let costs: Vec<Usd> =
            answers.iter().filter(|answer| answer.text.is_some()).filter_map(|answer| answer.cost).collect();
        let whole = |answer: &&TrialAnswer| answer.text.is_some();
        let lengths: Vec<u32> =
            answers.iter().filter(whole).filter_map(|answer| Some(answer.usage?.output as u32)).collect();
        let cut = answers.iter().filter(|answer| answer.ended_by.as_deref() == Some("length")).count() as u32;
        let waits: Vec<u64> = answers.iter().filter(whole).filter_map(|answer| answer.latency_ms).collect();
        let stopped = match self.engine.state() {
            RunState::Paused(PauseReason::NoLane(failure)) => Some(failure.sentence_before_a_run()),
            RunState::Paused(PauseReason::Budget { .. }) => {
                Some("What is left of the budget doesn't fit the next call.".into())
            }
            RunState::Paused(PauseReason::EmptyAnswers { tokens, .. }) => Some(format!(
                "The answers hold no text: all {tokens} output tokens were used up before any came, most likely by \
                 thinking. Raise Max output tokens or lower Reasoning effort."
            )),
            RunState::Paused(_) => Some("The provider could not be asked further.".into()),
            _ => None,
        };
        let model = TrialModel {
            model: self.setup.model.trim().to_owned(),
            spent: progress.spent,
            doubtful: progress.doubtful,
            calls: progress.attempts as u32,
            latency_ms_mean: (!waits.is_empty()).then(|| waits.iter().sum::<u64>() / waits.len() as u64),
            stopped,
            projection: projection(&costs, to_pay),
            cap: cap_proposal(&lengths, cut, self.setup.output_tokens_max),
        };
        Tried { model, to_keep: items.filter_map(|item| self.kept(item)).collect(), answers }
    }

    fn answer(&self, item: Ordinal, priced: bool) -> TrialAnswer {
        let known = self.results.item(item).cloned().unwrap_or_default();
        let answer = self.results.answer(item, &NoJournal).ok().flatten();
        let error =
            self.results.error(item).or_else(|| known.failure.as_ref().map(|failure| failure.sentence_before_a_run()));
        TrialAnswer {
            text: answer.as_ref().map(|answer| self.check.shown(answer).to_owned()),
            error: if answer.is_some() { None } else { error },
            ended_by: answer
                .as_ref()
                .filter(|answer| answer.finish != Finish::Stop)
                .map(|answer| finish_word(answer.finish).to_owned()),
            misfit: answer.is_some_and(|answer| answer.misfit.is_some()),
            usage: known.usage,
            cost: known.usage.filter(|_| priced).map(|_| known.cost),
            latency_ms: self.latency_ms.get(&item).copied(),
        }
    }

    fn kept(&self, item: Ordinal) -> Option<(CacheKey, Answer)> {
        let answer = self.results.answer(item, &NoJournal).ok().flatten().filter(|answer| shareable(answer))?;
        Some((self.prepared.key_on(&self.setup, self.rows[item as usize])?, answer.into_owned()))
    }
}

/// The models' parts side by side.
pub fn joined(setup: &Setup, prepared: &Prepared, rows: &[Ordinal], tried: &[Tried], off_the_budget: Usd) -> Trial {
    let table = &prepared.table;
    let row = |(place, item): (usize, &Ordinal)| {
        let answers: Vec<TrialAnswer> = tried.iter().map(|tried| tried.answers[place].clone()).collect();
        TrialRow {
            id: table.id(*item as usize, setup.id_column.as_deref()),
            input: in_short(setup, table, *item),
            differs: differs(&answers),
            answers,
        }
    };
    Trial {
        rows: rows.iter().enumerate().map(row).collect(),
        models: tried.iter().map(|tried| tried.model.clone()).collect(),
        off_the_budget,
    }
}

/// Whether the answers say different things; one that is missing says nothing.
fn differs(answers: &[TrialAnswer]) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let texts: Option<Vec<String>> = answers.iter().map(|answer| answer.text.as_deref().map(plain)).collect();
    texts.is_some_and(|texts| texts.windows(2).any(|pair| pair[0] != pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::TRIAL_ROWS;

    #[test]
    fn rows_are_spread_over_those_that_are_to_be_paid() {
        let facts = |leader, maybe_cached| ItemFacts { leader, input_estimate: 1, input_bound: 1, maybe_cached };
        let all: Vec<ItemFacts> = (0..100).map(|item| facts(item, false)).collect();
        assert_eq!(spread_rows(&all, TRIAL_ROWS), [10, 30, 50, 70, 90]);
        let repeats: Vec<ItemFacts> = (0..100).map(|item| facts(item / 50 * 50, false)).collect();
        assert_eq!(spread_rows(&repeats, TRIAL_ROWS), [0, 50], "equal rows are tried once");
        let cached: Vec<ItemFacts> = (0..20).map(|item| facts(item, item < 10)).collect();
        assert!(spread_rows(&cached, TRIAL_ROWS).iter().all(|row| *row >= 10));
        assert_eq!(spread_rows(&[], TRIAL_ROWS), [] as [Ordinal; 0]);
    }

    #[test]
    fn case_and_white_space_are_no_disagreement() {
        let said = |text: &str| TrialAnswer { text: Some(text.into()), ..TrialAnswer::default() };
        assert!(!differs(&[said("Dairy"), said(" dairy\n")]));
        assert!(differs(&[said("dairy"), said("dairy"), said("meat")]));
        assert!(!differs(&[said("dairy"), TrialAnswer::default()]));
        assert!(!differs(&[said("dairy")]));
    }
}
