//! The run that the worker has open: how it goes, and the rows that are shown of it.

use std::rc::Rc;

use yew::Callback;

use crate::link::{
    AnswerSummary, Breakdown, DataSummary, Progress, ResultDetail, ResultRow, RunId, RunState, Setup, ToPage, ToWorker,
};
use crate::ui::store::run_files::RunFiles;
use crate::ui::store::{DeskAction, Part};

#[derive(Clone, Debug, PartialEq)]
pub struct OpenRun {
    pub run: RunId,
    pub setup: Rc<Setup>,
    pub data: Rc<DataSummary>,
    pub progress: Rc<Progress>,
    /// Lane by lane: its key has to be entered before it can send.
    pub needs_keys: Rc<Vec<bool>>,
    pub breakdown: Rc<Breakdown>,
    pub answers: Rc<AnswerSummary>,
    pub notes: Rc<Vec<String>>,
    pub rows: RowsSeen,
    pub detail: Option<Rc<ResultDetail>>,
    pub files: RunFiles,
    /// Told, whatever page is shown, once it no longer runs.
    pub on_rest: Option<Callback<OpenRun>>,
}

/// The stretch of the results table that came last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsSeen {
    pub first: u32,
    pub matching: u32,
    pub rows: Rc<Vec<ResultRow>>,
}

impl OpenRun {
    /// As the worker opened it; `None`: it says something else.
    pub fn opened(action: &DeskAction) -> Option<OpenRun> {
        let DeskAction::Heard(ToPage::Opened { run, setup, data, progress, needs_keys, notes }) = action else {
            return None;
        };
        Some(OpenRun {
            run: run.clone(),
            setup: Rc::new(setup.clone()),
            data: Rc::new(data.clone()),
            progress: Rc::new(progress.clone()),
            needs_keys: Rc::new(needs_keys.clone()),
            breakdown: Rc::default(),
            answers: Rc::default(),
            notes: Rc::new(notes.clone()),
            rows: RowsSeen::default(),
            detail: None,
            files: RunFiles::default(),
            on_rest: None,
        })
    }

    /// The page goes back to the four steps. The run itself stays as it is.
    pub fn is_left_by(&self, action: &DeskAction) -> bool {
        match action {
            // The form takes them; the run makes room for its steps.
            DeskAction::LeaveRun | DeskAction::Heard(ToPage::RowsChosen(_) | ToPage::Examples { .. }) => true,
            DeskAction::Asked(ToWorker::DeleteRun { run }) => *run == self.run,
            _ => false,
        }
    }

    pub fn needs_key(&self) -> bool {
        self.needs_keys.iter().any(|needs| *needs)
    }
}

impl Part for OpenRun {
    fn apply(&mut self, action: &DeskAction) {
        self.files.apply(action);
        match action {
            DeskAction::Asked(ToWorker::SetKey { lane, key }) => {
                let mut needs_keys = (*self.needs_keys).clone();
                if let Some(needs) = needs_keys.get_mut(usize::from(*lane)) {
                    *needs = key.is_none();
                }
                self.needs_keys = Rc::new(needs_keys);
            }
            DeskAction::Heard(ToPage::Progress(progress)) => self.progress = Rc::new(progress.clone()),
            DeskAction::Heard(ToPage::Breakdown(breakdown)) => {
                self.needs_keys = Rc::new(breakdown.needs_keys.clone());
                self.breakdown = Rc::new(breakdown.clone());
            }
            DeskAction::Heard(ToPage::Answers(answers)) => self.answers = Rc::new(answers.clone()),
            DeskAction::Heard(ToPage::Rows { first, matching, rows }) => {
                self.rows = RowsSeen { first: *first, matching: *matching, rows: Rc::new(rows.clone()) };
            }
            DeskAction::Heard(ToPage::Detail(detail)) => self.detail = Some(Rc::new(detail.clone())),
            DeskAction::Heard(ToPage::Noted(note)) => Rc::make_mut(&mut self.notes).push(note.clone()),
            DeskAction::OnRest(on_rest) => self.on_rest = on_rest.clone(),
            DeskAction::CloseDetail => self.detail = None,
            _ => {}
        }
    }
}

/// Work is being done: something is or will be in flight without the person doing anything.
pub fn under_way(state: &RunState) -> bool {
    matches!(state, RunState::Running | RunState::Stopping)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::{ExportKind, Place, RowFilter, Secret};
    use crate::ui::store::Desk;
    use crate::ui::store::fixtures::{asked, heard, opened, refused};

    fn open() -> OpenRun {
        OpenRun::opened(&opened("a")).expect("a run")
    }

    fn detail() -> ToPage {
        let row = serde_json::json!({"item": 0, "id": "1", "input": "Milk", "state": "succeeded", "attempts": 1});
        let row = serde_json::from_value(row).expect("a row");
        let (system, user) = (String::new(), "Milk".to_owned());
        ToPage::Detail(ResultDetail { row, raw: None, system, user, attempts: Vec::new() })
    }

    #[test]
    fn a_run_is_left_for_its_steps_or_once_it_is_deleted() {
        let delete = |run: &str| asked(ToWorker::DeleteRun { run: run.to_owned() });
        for left in [DeskAction::LeaveRun, heard(ToPage::RowsChosen(Default::default())), delete("a")] {
            assert!(open().is_left_by(&left), "{left:?}");
        }
        let chosen = asked(ToWorker::ChooseRows { filter: RowFilter::Misfit });
        for stays in [chosen, delete("b")] {
            assert!(!open().is_left_by(&stays), "{stays:?}");
        }
    }

    #[test]
    fn a_key_that_is_entered_is_needed_no_more() {
        let key = |key: Option<&str>| asked(ToWorker::SetKey { lane: 0, key: key.map(Secret::new) });
        let with = open().after(&key(Some("sk-1")));
        assert_eq!((open().needs_key(), with.needs_key()), (true, false));
        assert_eq!(with.after(&key(None)), open());
    }

    #[test]
    fn a_refused_start_leaves_what_is_shown_of_the_open_run() {
        let rows = heard(ToPage::Rows { first: 0, matching: 5, rows: Vec::new() });
        let exported = ToPage::Exported { what: ExportKind::Csv, file_name: "r.csv".to_owned(), rows: 5 };
        let desk = Desk::default().after(&opened("a")).after(&rows).after(&heard(exported)).after(&heard(detail()));
        let refused = desk.after(&asked(ToWorker::RunRest { lane: 1 })).after(&refused(Place::Run));
        assert_eq!(refused.open, desk.open);
        let other = desk.after(&asked(ToWorker::RunRest { lane: 1 })).after(&opened("b"));
        assert_eq!(other.open, OpenRun::opened(&opened("b")));
    }

    #[test]
    fn details_of_a_row_go_with_its_run() {
        let desk = Desk::default().after(&opened("a")).after(&heard(detail()));
        assert!(desk.open.as_ref().is_some_and(|open| open.detail.is_some()));
        let other = desk.after(&asked(ToWorker::Open { run: "b".to_owned() })).after(&opened("b"));
        assert_eq!(other.open.map(|open| (open.run, open.detail)), Some(("b".to_owned(), None)));
        assert_eq!(desk.after(&DeskAction::LeaveRun).after(&heard(detail())).open, None);
    }
}
