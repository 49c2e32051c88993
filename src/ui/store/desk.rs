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

impl Desk {
    pub fn after(&self, action: &DeskAction) -> Desk {
        let mut desk = Desk {
            broken: self.broken.clone(),
            working: self.working,
            history: self.history.after(action),
            data: self.data.after(action),
            questions: self.questions.after(action),
            opening: self.opening.after(action),
            open: OpenRun::opened(action).or_else(|| self.open.as_ref()?.after(action)),
            problems: self.problems.after(action),
        };
        if let (Some(left), None) = (&self.open, &desk.open) {
            desk.history.note(left);
        }
        match action {
            DeskAction::Broke(sentence) => (desk.broken, desk.working) = (Some(sentence.clone()), None),
            DeskAction::Heard(ToPage::Working { task, percent: Some(percent) }) => {
                desk.working = Some((*task, *percent));
            }
            DeskAction::Heard(ToPage::Working { task, percent: None }) => {
                desk.working = self.working.filter(|(other, _)| other != task);
            }
            _ => {}
        }
        desk
    }

    pub fn problem(&self, place: Place) -> Option<&str> {
        self.problems.at(place)
    }
}

impl Opening {
    fn after(self, action: &DeskAction) -> Opening {
        match action {
            DeskAction::Asked(ToWorker::Start { .. } | ToWorker::RunRest { .. } | ToWorker::Open { .. }) => {
                Opening { asked: true, ..self }
            }
            DeskAction::Heard(ToPage::Opened { .. }) | DeskAction::Broke(_) => Opening { asked: false, ..self },
            // A refused start names the step that has to be mended, which may be any.
            DeskAction::Heard(ToPage::Refused(_)) => Opening::default(),
            DeskAction::GoesOn => Opening { goes_on: true, ..self },
            DeskAction::WentOn | DeskAction::LeaveRun => Opening { goes_on: false, ..self },
            _ => self,
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
