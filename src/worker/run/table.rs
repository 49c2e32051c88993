//! Windows of the results table, and one row with all that is known of it. Pure, but that long answers are read back.

use crate::accuracy::Verdict;
use crate::dataset::{ExportState, Table};
use crate::engine::{AttemptId, Ordinal};
use crate::link::{ResultDetail, ResultRow, RowChoice, RowFilter, Setup};
use crate::provider::{Bill, Finish};
use crate::time;
use crate::worker::programs::answer_check::AnswerCheck;
use crate::worker::rows::prepare::Prepared;
use crate::worker::run::results::{Attempt, Kept, Results, Texts};
use crate::worker::run::scores::Scores;

const INPUT_CHARS: usize = 160;
/// Of an answer, in the table; a row that is opened has all of it.
const ANSWER_CHARS: usize = 400;
/// A window is what a screen shows, several times over.
pub const WINDOW_ROWS_MAX: u32 = 1_000;

/// A run as tables and exports look at it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub setup: &'a Setup,
    pub check: &'a AnswerCheck,
    pub table: &'a Table,
    pub results: &'a Results,
    pub scores: &'a Scores,
    pub texts: &'a dyn Texts,
}

/// The items that a filter and a search leave. A search goes through the rows in slices, and what it found in a row's
/// cells and answer is kept: while a run goes on, only new answers are searched.
#[derive(Default)]
pub struct Window {
    of: (Option<RowFilter>, String),
    found: Vec<Found>,
    /// Of the results that `matching` was made of, once all rows were searched.
    version: Option<u64>,
    matching: Vec<Ordinal>,
}

/// What a search found in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Here,
    /// Not in its cells, and it has no answer yet.
    NotYet,
    Nowhere,
}

impl Window {
    /// `(matching, rows)`: how many items match, and those of the window, as far as the search has gone. `is_over`, which
    /// is asked row by row, ends a slice of it.
    pub fn rows(
        &mut self,
        view: &View,
        (first, count): (u32, u32),
        (filter, search): (Option<RowFilter>, &str),
        is_over: impl FnMut() -> bool,
    ) -> (u32, Vec<ResultRow>) {
        let (results, count) = (view.results, count.min(WINDOW_ROWS_MAX));
        let row = |item: Ordinal| {
            let mut row = row(view, item);
            row.answer = row.answer.map(shortened);
            row
        };
        let of = (filter, search.trim().to_lowercase());
        if self.of != of {
            *self = Window { of, ..Window::default() };
        }
        if self.is_all() {
            let last = first.saturating_add(count).min(results.count());
            return (results.count(), (first..last).map(row).collect());
        }
        self.go_on(view, is_over);
        let window = self.matching.iter().skip(first as usize).take(count as usize);
        (self.matching.len() as u32, window.map(|item| row(*item)).collect())
    }

    fn is_all(&self) -> bool {
        self.of.0.is_none() && self.of.1.is_empty()
    }

    /// Rows are still to be searched.
    pub fn is_searching(&self) -> bool {
        !self.is_all() && self.version.is_none()
    }

    fn go_on(&mut self, view: &View, mut is_over: impl FnMut() -> bool) {
        let results = view.results;
        if self.version == Some(results.version) {
            return;
        }
        let (filter, search) = &self.of;
        self.version = None;
        if !search.is_empty() {
            for row in 0..self.found.len() {
                if self.found[row] != Found::NotYet || results.kept(row as Ordinal).is_none() {
                    continue;
                }
                if is_over() {
                    return;
                }
                self.found[row] = answer_mentions(view, row as Ordinal, search);
            }
            while (self.found.len() as u32) < results.count() {
                if is_over() {
                    break;
                }
                let item = self.found.len() as Ordinal;
                let in_cells = cells_mention(view, item, search);
                self.found.push(if in_cells { Found::Here } else { answer_mentions(view, item, search) });
            }
        }
        let is_found = |item: &Ordinal| search.is_empty() || self.found.get(*item as usize) == Some(&Found::Here);
        let fits = |item: &Ordinal| is_found(item) && filter.is_none_or(|filter| is_in(view, *item, filter));
        self.matching = (0..results.count()).filter(fits).collect();
        if search.is_empty() || self.found.len() as u32 == results.count() {
            self.version = Some(results.version);
        }
    }
}

/// The rows of the file whose items a filter leaves.
pub fn chosen_rows(view: &View, filter: RowFilter) -> RowChoice {
    let items = (0..view.results.count()).filter(|item| is_in(view, *item, filter));
    let mut rows: Vec<u32> = items.map(|item| view.table.file_row(item as usize) as u32).collect();
    // Candidates' items of one row follow each other.
    rows.dedup();
    RowChoice::these(rows)
}

fn is_in(view: &View, item: Ordinal, filter: RowFilter) -> bool {
    let (results, board) = (view.results, view.scores.board());
    let marked = |mark: fn(&Kept) -> bool| results.kept(item).is_some_and(mark);
    match filter {
        // Whatever has an answer has succeeded, wherever it came from.
        RowFilter::State(ExportState::Succeeded) => results.kept(item).is_some(),
        RowFilter::State(state) => results.state(item) == state,
        RowFilter::CutOff => marked(|kept| kept.finish() == Finish::Length),
        RowFilter::Filtered => marked(|kept| kept.finish() == Finish::ContentFilter),
        RowFilter::Misfit => marked(|kept| kept.misfit().is_some()),
        RowFilter::Right => board.verdict(item) == Verdict::Right,
        RowFilter::Wrong => board.verdict(item) == Verdict::Wrong,
        RowFilter::Differ => board.differ(item),
        RowFilter::Value { field, value } => board.has(item, field.into(), value),
        RowFilter::Candidate(candidate) => item as usize % board.candidates() == usize::from(candidate),
    }
}

fn answer_mentions(view: &View, item: Ordinal, search: &str) -> Found {
    match view.results.answer(item, view.texts) {
        Ok(Some(answer)) if answer.text.to_lowercase().contains(search) => Found::Here,
        Ok(Some(_)) => Found::Nowhere,
        // It may be there, or readable, the next time.
        Ok(None) | Err(_) => Found::NotYet,
    }
}

fn cells_mention(view: &View, item: Ordinal, search: &str) -> bool {
    view.table.cells(item as usize).iter().any(|cell| cell.to_lowercase().contains(search))
}

pub fn row(view: &View, item: Ordinal) -> ResultRow {
    let &View { setup, check, table, results, scores, texts } = view;
    let known = results.item(item);
    let usage = known.and_then(|known| known.usage);
    let kept = results.kept(item);
    let (answer, unread) = match results.answer(item, texts) {
        Ok(answer) => (answer.map(|answer| check.shown(&answer).to_owned()), None),
        Err(why) => (None, Some(format!("The answer is kept, but could not be read back just now: {why}."))),
    };
    ResultRow {
        item,
        id: table.id(item as usize, setup.id_column.as_deref()),
        input: in_short(setup, table, item),
        answer,
        error: results.error(item).or(unread),
        state: results.state(item),
        finish: kept.map(|kept| finish_word(kept.finish()).to_owned()),
        misfit: kept.and_then(|kept| kept.misfit().map(str::to_owned)),
        usage,
        cost: known.filter(|_| usage.is_some()).map(|known| known.cost),
        attempts: known.map_or(0, |known| known.attempts),
        truth: scores.truth(results, table, item),
        corrected: results.correction(item).is_some(),
        right: match scores.board().verdict(item) {
            Verdict::Right => Some(true),
            Verdict::Wrong => Some(false),
            Verdict::Open | Verdict::Unlabelled => None,
        },
        candidate: setup.candidates().map(|candidates| (item as usize % candidates) as u8),
    }
}

fn shortened(mut answer: String) -> String {
    if let Some((end, _)) = answer.char_indices().nth(ANSWER_CHARS) {
        answer.truncate(end);
        answer.push('…');
    }
    answer
}

pub fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ContentFilter => "content_filter",
        Finish::Other => "other",
    }
}

/// The row's cells in one line, without its id.
pub fn in_short(setup: &Setup, table: &Table, item: Ordinal) -> String {
    let id_column = setup.id_column.as_deref();
    let columns = table.columns().iter().filter(|column| Some(column.as_str()) != id_column);
    let cells = columns.map(|column| table.cell(item as usize, column)).filter(|cell| !cell.trim().is_empty());
    let mut line = String::new();
    for cell in cells {
        if !line.is_empty() {
            line.push_str(" · ");
        }
        line.push_str(&cell.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some((end, _)) = line.char_indices().nth(INPUT_CHARS) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

pub fn detail(view: &View, prepared: &Prepared, item: Ordinal) -> ResultDetail {
    let &View { check, results, texts, .. } = view;
    let (system, user) = prepared.render(item).unwrap_or_default();
    let attempts = results.attempts_of(item);
    let is_open = results.state(item) == ExportState::Open;
    let answer = results.answer(item, texts).ok().flatten();
    let raw = answer.filter(|answer| check.shown(answer) != answer.text).map(|answer| answer.text.clone());
    ResultDetail {
        raw,
        row: row(view, item),
        system,
        user,
        attempts: attempts.into_iter().enumerate().map(|(place, attempt)| line(place, attempt, is_open)).collect(),
    }
}

/// `Attempt 1 (no. 17 of the run): settled after 1.2 s, 31 + 2 tokens, $0.0000059`.
fn line(place: usize, (id, attempt): (AttemptId, &Attempt), is_open: bool) -> String {
    let mut line = format!("Attempt {} (no. {id} of the run): {}", place + 1, attempt.state());
    let Some(settled) = &attempt.settled else {
        line.push_str(&format!(", worst case {}", attempt.reserved));
        return line;
    };
    line.push_str(&format!(" after {}", time::in_words(settled.at.ms_since(attempt.reserved_at))));
    match settled.bill {
        Bill::Usage { usage, .. } => {
            line.push_str(&format!(", {} + {} tokens, {}", usage.input, usage.output, settled.cost));
        }
        Bill::Unknown => line.push_str(&format!(", worst case {}", attempt.reserved)),
        Bill::Nothing => {}
    }
    if let Some(request_id) = &settled.request_id {
        line.push_str(&format!(", request {request_id}"));
    }
    if let Some(failure) = &settled.failure {
        let sentence = if is_open { failure.sentence() } else { failure.sentence_at_the_end() };
        line.push_str(&format!(". {sentence}"));
    }
    line
}
