//! What the run's answers say together, counted record by record. Pure, but that long answers are read back.

use crate::accuracy::{Board, Matching, Said, Score, rows_to_tell_apart, truth_of, wilson};
use crate::answers::{Labels, Outline};
use crate::dataset::{ExportState, Table};
use crate::engine::batch::BatchEntry;
use crate::engine::{Entry, Ordinal, Record, Settled};
use crate::link::{AnswerSummary, CandidateSummary, FieldSummary, LabelSummary, PairSummary, Setup, Share, ValueCount};
use crate::money::Usd;
use crate::provider::{AnswerFormat, Bill, without_thinking};
use crate::worker::browser::Slices;
use crate::worker::run::results::{Kept, Results, Texts};

/// Values of a field that the page is told of, ten times a second.
const VALUES_TOLD_MAX: usize = 40;
/// Stands for an answer that is too long to be a value, and isn't read back.
const LONG_CHARS: usize = 400;
/// Beyond these, a table of right and given answers says nothing to the eye.
const CONFUSED_MAX: usize = 400;

pub struct Scores {
    board: Board,
    labels: Option<Labels>,
    truth: Option<(String, Matching)>,
    examples: Vec<u32>,
    /// Long answers matter too: they are compared, or taken apart.
    reads_long: bool,
    labelled_rows: u32,
    corrected_rows: u32,
    costs: Vec<Costs>,
    /// Grows with whatever is counted.
    pub version: u64,
}

/// What one candidate's calls have cost and taken.
#[derive(Clone, Copy, Debug, Default)]
struct Costs {
    spent: Usd,
    priced: bool,
    calls: u64,
    took_ms: u64,
    billed: u64,
    input: u64,
    output: u64,
    failed: u32,
}

impl Scores {
    pub fn new(setup: &Setup, table: &Table) -> Scores {
        let labels = match &setup.answer_format {
            AnswerFormat::Labels(labels) => Labels::new(labels).ok(),
            _ => None,
        };
        let schema = setup.answer_format.schema().and_then(|schema| Outline::read(schema).ok());
        let truth = setup.truth.clone().map(|truth| (truth.column, truth.matching));
        let matching = truth.as_ref().map(|(_, matching)| matching.clone()).unwrap_or_default();
        let candidates = setup.candidates().unwrap_or(1);
        let reads_long = truth.is_some() || schema.is_some();
        let fields = schema.map(|outline| outline.fields).unwrap_or_default();
        Scores {
            board: Board::new(table.len() as u32, candidates, matching, fields),
            labels,
            examples: setup.truth.as_ref().map(|truth| truth.examples.clone()).unwrap_or_default(),
            truth,
            reads_long,
            labelled_rows: 0,
            corrected_rows: 0,
            costs: vec![Costs::default(); candidates],
            version: 0,
        }
    }

    /// Counts the rows that have a right answer.
    pub async fn count_labelled(&mut self, table: &Table, slices: &mut Slices) {
        if self.truth.is_none() {
            return;
        }
        let none = Results::default();
        for item in (0..table.len()).step_by(self.costs.len()) {
            slices.turn_at(item as f64 / table.len() as f64).await;
            self.labelled_rows += u32::from(self.truth(&none, table, item as Ordinal).is_some());
        }
    }

    /// The item's right answer, as it is compared: what the person set by hand, else what its cell says.
    pub fn truth(&self, results: &Results, table: &Table, item: Ordinal) -> Option<String> {
        if let Some(text) = results.correction(item) {
            return truth_of(text, self.labels.as_ref());
        }
        let (column, _) = self.truth.as_ref()?;
        if self.examples.contains(&(table.file_row(item as usize) as u32)) {
            return None;
        }
        truth_of(&table.cell(item as usize, column), self.labels.as_ref())
    }

    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Before `results` take the record: what it opens again is read as it was counted.
    pub fn before(&mut self, record: &Record, results: &Results, table: &Table, texts: &dyn Texts) {
        if let Some(item) = item_of(&record.entry).filter(|item| results.state(*item) == ExportState::Errored) {
            self.costs_of(item).failed -= 1;
            self.version += 1;
        }
        let (Entry::AskedAgain { item, .. } | Entry::Reopened { item } | Entry::Corrected { item, .. }) = record.entry
        else {
            return;
        };
        if matches!(record.entry, Entry::Corrected { .. }) {
            self.labelled_rows -= self.counts_as_labelled(results, table, item);
            self.corrected_rows -= self.counts_as_corrected(results, item);
        }
        if let Some((text, _)) = self.said(results, item, texts) {
            let truth = self.truth(results, table, item);
            self.board.taken_back(item, truth.as_deref(), &text);
            self.version += 1;
        }
    }

    /// After `results` took the record.
    pub fn after(&mut self, record: &Record, results: &Results, table: &Table, texts: &dyn Texts) {
        if let Some(item) = item_of(&record.entry).filter(|item| results.state(*item) == ExportState::Errored) {
            self.costs_of(item).failed += 1;
        }
        let item = match &record.entry {
            Entry::Settled(settled)
            | Entry::Batch(BatchEntry::Settled { row: settled, .. } | BatchEntry::Imported(settled)) => {
                self.pay(settled, record);
                settled.item
            }
            Entry::Ended { item, .. } => *item,
            Entry::Corrected { item, .. } => {
                self.labelled_rows += self.counts_as_labelled(results, table, *item);
                self.corrected_rows += self.counts_as_corrected(results, *item);
                *item
            }
            _ => return,
        };
        self.version += 1;
        let Some((text, misfit)) = self.said(results, item, texts) else { return };
        let truth = self.truth(results, table, item);
        self.board.answered(item, &Said { text: &text, misfit, truth: truth.as_deref() });
    }

    /// A row that is there for several candidates counts once.
    fn counts_as_labelled(&self, results: &Results, table: &Table, item: Ordinal) -> u32 {
        let first = (item as usize).is_multiple_of(self.costs.len());
        u32::from(first && self.truth(results, table, item).is_some())
    }

    fn counts_as_corrected(&self, results: &Results, item: Ordinal) -> u32 {
        let first = (item as usize).is_multiple_of(self.costs.len());
        u32::from(first && results.correction(item).is_some())
    }

    /// What the item ended with, as tables show it; `None` where it has no answer, or one that nothing is counted of.
    fn said(&self, results: &Results, item: Ordinal, texts: &dyn Texts) -> Option<(String, bool)> {
        let kept = results.kept(item)?;
        let misfit = kept.misfit().is_some();
        // Its text is no value to count, whatever it says.
        if !self.reads_long && matches!(kept, Kept::Away { .. }) {
            return Some((" ".repeat(LONG_CHARS), misfit));
        }
        let answer = results.answer(item, texts).ok().flatten()?;
        let shown = match &self.labels {
            Some(labels) => labels.find(&answer.text).unwrap_or(&answer.text),
            None => without_thinking(&answer.text),
        };
        Some((shown.to_owned(), misfit))
    }

    fn costs_of(&mut self, item: Ordinal) -> &mut Costs {
        let place = item as usize % self.costs.len();
        &mut self.costs[place]
    }

    fn pay(&mut self, settled: &Settled, record: &Record) {
        let costs = self.costs_of(settled.item);
        costs.spent += settled.cost;
        if let Bill::Usage { usage, .. } = settled.bill {
            costs.priced = true;
            costs.billed += 1;
            costs.input += usage.input;
            costs.output += usage.output;
        }
        if let (Some(sent), None) = (settled.sent, &settled.failure) {
            costs.calls += 1;
            costs.took_ms += record.at.ms_since(sent);
        }
    }

    pub fn summary(&self, priced: bool) -> AnswerSummary {
        let board = &self.board;
        let field = |field: &crate::accuracy::FieldCounts| {
            let mut values: Vec<ValueCount> = field
                .values()
                .into_iter()
                .map(|(id, value, counts)| ValueCount { id, value: value.to_owned(), counts })
                .collect();
            let rest = values.split_off(values.len().min(VALUES_TOLD_MAX));
            let others = field.others() + rest.iter().flat_map(|value| &value.counts).sum::<u32>();
            FieldSummary { name: field.field.as_ref().map(|path| path.join(".")), values, others }
        };
        let mut candidates: Vec<CandidateSummary> =
            board.scores().iter().zip(&self.costs).map(|(score, costs)| candidate(score, costs, priced)).collect();
        mark_frontier(&mut candidates);
        AnswerSummary {
            fields: board.fields().iter().map(field).collect(),
            candidates,
            pairs: board.pairs().map(|(first, second, pair)| pair_summary(first, second, &pair)).collect(),
            labelled_rows: self.labelled_rows,
            corrected_rows: self.corrected_rows,
        }
    }
}

/// The item that the record tells the end of, or opens again.
fn item_of(entry: &Entry) -> Option<Ordinal> {
    match entry {
        Entry::Settled(settled)
        | Entry::Batch(BatchEntry::Settled { row: settled, .. } | BatchEntry::Imported(settled)) => Some(settled.item),
        Entry::Ended { item, .. } | Entry::Reopened { item } => Some(*item),
        _ => None,
    }
}

fn ppm(share: f64) -> u32 {
    (share * 1e6).round() as u32
}

fn candidate(score: &Score, costs: &Costs, priced: bool) -> CandidateSummary {
    let known = |count: u32| (priced && costs.priced && count > 0).then_some(count);
    let per =
        |count: u32, of: i128| known(count).map(|count| Usd::from_pico(costs.spent.pico() * of / i128::from(count)));
    let accuracy = wilson(score.right, score.labelled).map(|interval| Share {
        ppm: ppm(f64::from(score.right) / f64::from(score.labelled)),
        low_ppm: ppm(interval.low),
        high_ppm: ppm(interval.high),
    });
    let mut confusion: Vec<(String, String, u32)> =
        score.confusion.pairs().map(|(truth, given, rows)| (truth.to_owned(), given.to_owned(), rows)).collect();
    confusion.sort_by_key(|(.., rows)| std::cmp::Reverse(*rows));
    confusion.truncate(CONFUSED_MAX);
    let label = |label: crate::accuracy::LabelScore| LabelSummary {
        label: label.label,
        truly: label.truly,
        given: label.given,
        both: label.both,
    };
    CandidateSummary {
        answered: score.answered,
        failed: costs.failed,
        misfits: score.misfits,
        labelled: score.labelled,
        right: score.right,
        accuracy,
        kappa_milli: score.confusion.kappa().map(|kappa| (kappa * 1e3).round() as i32),
        spent: costs.spent,
        per_thousand: per(score.answered, 1_000),
        per_right: per(score.right, 1),
        latency_ms: costs.took_ms.checked_div(costs.calls),
        mean_tokens: costs.input.checked_div(costs.billed).zip(costs.output.checked_div(costs.billed)),
        labels: score.confusion.labels().into_iter().map(label).collect(),
        confusion,
        on_frontier: false,
    }
}

/// No other candidate costs at most as much and is at least as often right, and better in one of the two.
fn mark_frontier(candidates: &mut [CandidateSummary]) {
    let points: Vec<Option<(Usd, u32)>> = candidates
        .iter()
        .map(|candidate| candidate.per_thousand.zip(candidate.accuracy.map(|accuracy| accuracy.ppm)))
        .collect();
    for (place, candidate) in candidates.iter_mut().enumerate() {
        let Some((cost, right)) = points[place] else { continue };
        let beats = |(other_cost, other_right): &(Usd, u32)| {
            *other_cost <= cost && *other_right >= right && (*other_cost < cost || *other_right > right)
        };
        candidate.on_frontier = !points.iter().flatten().any(beats);
    }
}

fn pair_summary(first: usize, second: usize, pair: &crate::accuracy::Pair) -> PairSummary {
    PairSummary {
        first: first as u8,
        second: second as u8,
        labelled: pair.labelled,
        only_first: pair.discordant.only_first,
        only_second: pair.discordant.only_second,
        same: pair.same,
        different: pair.different,
        p_ppm: ppm(pair.discordant.p_value()),
        differ: pair.discordant.differ(),
        rows_to_tell: rows_to_tell_apart(pair.discordant, pair.labelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{ReadOptions, read};
    use crate::engine::Ending;
    use crate::provider::{Failure, FailureKind};
    use crate::time::Time;
    use crate::worker::plan::tests::setup;
    use crate::worker::run::results::NoJournal;

    #[test]
    fn a_row_counts_as_failed_until_it_is_opened_again() {
        let table = read("rows.csv", b"name\na\nb\n", ReadOptions::default()).expect("a table");
        let (mut scores, mut results) = (Scores::new(&setup(), &table), Results::new(2));
        let failure = Failure {
            kind: FailureKind::ServerError,
            status: None,
            message: String::new(),
            retry_after_ms: None,
            request_id: None,
        };
        let failed = |item| Entry::Ended { item, ending: Ending::Errored(failure.clone()) };
        let mut failed_after = |entry| {
            let record = Record { at: Time::from_ms(0), entry };
            scores.before(&record, &results, &table, &NoJournal);
            results.apply(&record);
            scores.after(&record, &results, &table, &NoJournal);
            scores.summary(false).candidates[0].failed
        };
        assert_eq!(failed_after(failed(0)), 1);
        assert_eq!(failed_after(failed(1)), 2);
        assert_eq!(failed_after(Entry::Reopened { item: 0 }), 1);
        assert_eq!(failed_after(failed(0)), 2);
    }
}
