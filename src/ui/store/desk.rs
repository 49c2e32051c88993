//! What the page knows of the worker: what it said last, and what it was asked and hasn't answered yet. Each part has
//! its own rules in its own file; here they are joined.

use yew::Callback;

use crate::link::{Place, Task, ToPage, ToWorker};
use crate::ui::store::OpenRun;
use crate::ui::store::data::Data;
use crate::ui::store::history::History;
use crate::ui::store::problems::Problems;
use crate::ui::store::questions::Questions;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desk {
    /// The worker is gone; why, and what was kept.
    pub broken: Option<String>,
    /// The long work that told last how far it is, in percent.
    pub working: Option<(Task, u8)>,
    pub history: History,
    pub data: Data,
    pub questions: Questions,
    pub opening: Opening,
    pub open: Option<OpenRun>,
    problems: Problems,
}

/// A run on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Start or Open was sent and not answered yet.
    pub asked: bool,
    /// The run goes on by itself once it is open, where nothing has to be asked first.
    pub goes_on: bool,
}

#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "an action lives for one handing over")]
pub enum DeskAction {
    Asked(ToWorker),
    Heard(ToPage),
    /// The worker failed; a sentence that says so.
    Broke(String),
    /// Open the run and go on with it at once.
    GoesOn,
    WentOn,
    OnRest(Option<Callback<OpenRun>>),
    /// Back to the four steps; the run itself stays as it is.
    LeaveRun,
    CloseDetail,
    Dismiss(Place),
}

/// A part of the desk. What it holds after an action depends on nothing but the action and what it held before.
pub trait Part: Clone {
    fn apply(&mut self, action: &DeskAction);

    fn after(&self, action: &DeskAction) -> Self {
        let mut part = self.clone();
        part.apply(action);
        part
    }
}

impl Part for Desk {
    fn apply(&mut self, action: &DeskAction) {
        self.history.apply(action);
        self.data.apply(action);
        self.questions.apply(action);
        self.opening.apply(action);
        self.problems.apply(action);
        match &mut self.open {
            Some(open) if open.is_left_by(action) => {
                self.history.note(open);
                self.open = None;
            }
            Some(open) => open.apply(action),
            None => {}
        }
        match action {
            DeskAction::Broke(sentence) => (self.broken, self.working) = (Some(sentence.clone()), None),
            DeskAction::Heard(ToPage::Opened { .. }) => self.open = OpenRun::opened(action),
            DeskAction::Heard(ToPage::Working { task, percent: Some(percent) }) => {
                self.working = Some((*task, *percent));
            }
            DeskAction::Heard(ToPage::Working { task, percent: None }) => {
                self.working = self.working.filter(|(other, _)| other != task);
            }
            _ => {}
        }
    }
}

impl Desk {
    pub fn problem(&self, place: Place) -> Option<&str> {
        self.problems.at(place)
    }
}

impl Part for Opening {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Asked(ToWorker::Start { .. } | ToWorker::RunRest { .. } | ToWorker::Open { .. }) => {
                self.asked = true;
            }
            DeskAction::Heard(ToPage::Opened { .. }) | DeskAction::Broke(_) => self.asked = false,
            // A refused start names the step that has to be mended, which may be any.
            DeskAction::Heard(ToPage::Refused(_)) => *self = Opening::default(),
            DeskAction::GoesOn => self.goes_on = true,
            DeskAction::WentOn | DeskAction::LeaveRun => self.goes_on = false,
            _ => {}
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::store::fixtures::{asked, heard, opened, refused};

    #[test]
    fn a_run_is_on_its_way_until_it_is_open_or_refused() {
        let resumed = Desk::default().after(&DeskAction::GoesOn).after(&asked(ToWorker::Open { run: "a".to_owned() }));
        assert_eq!(resumed.opening, Opening { asked: true, goes_on: true });
        let open = resumed.after(&opened("a"));
        assert_eq!(open.opening, Opening { asked: false, goes_on: true });
        assert_eq!(open.after(&DeskAction::WentOn).opening, Opening::default());
        let no = resumed.after(&refused(Place::Limits));
        assert_eq!((no.opening, no.problem(Place::Limits)), (Opening::default(), Some("No.")));
    }

    #[test]
    fn long_work_is_told_until_it_has_ended() {
        let working = |task, percent| heard(ToPage::Working { task, percent });
        let desk = Desk::default().after(&working(Task::File, Some(40)));
        assert_eq!(desk.after(&working(Task::Export, None)).working, Some((Task::File, 40)));
        assert_eq!(desk.after(&working(Task::File, None)).working, None);
        let broken = desk.after(&DeskAction::Broke("Gone.".to_owned()));
        assert_eq!((broken.working, broken.broken.as_deref()), (None, Some("Gone.")));
    }
}
