//! What the worker refused, beside what the page shows it.

use crate::link::batch::BatchAsk;
use crate::link::{Place, Problem, ToPage, ToWorker};
use crate::ui::store::{DeskAction, Part};

/// The latest of each place. It goes once the same is asked again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems(Vec<Problem>);

impl Part for Problems {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Asked(message) => self.forget(places_of(message)),
            DeskAction::Heard(ToPage::Refused(problem)) => {
                self.forget(&[problem.place]);
                self.0.push(problem.clone());
            }
            // Whatever was said of waiting for it.
            DeskAction::Heard(ToPage::Ready { .. }) => self.forget(&[Place::Storage]),
            DeskAction::Dismiss(place) => self.forget(&[*place]),
            _ => {}
        }
    }
}

impl Problems {
    pub fn at(&self, place: Place) -> Option<&str> {
        self.0.iter().find(|problem| problem.place == place).map(|problem| problem.message.as_str())
    }

    fn forget(&mut self, places: &[Place]) {
        self.0.retain(|problem| !places.contains(&problem.place));
    }
}

/// Where the page shows what may go wrong with a request.
fn places_of(message: &ToWorker) -> &'static [Place] {
    use Place::{Data, Limits, Prompt, Provider, Results, Run, Runs, Storage};
    match message {
        ToWorker::OpenFile { .. } | ToWorker::OpenSample | ToWorker::ImportCheckpoint { into_run: false, .. } => {
            &[Data]
        }
        ToWorker::CheckConnection { .. } | ToWorker::RouterPrices { .. } | ToWorker::SetKey { .. } => &[Provider],
        // A refused start names the step that has to be mended, which may be any.
        ToWorker::Start { .. } | ToWorker::RunRest { .. } | ToWorker::Open { .. } => {
            &[Data, Prompt, Provider, Limits, Run, Results, Runs, Storage]
        }
        ToWorker::Export { .. }
        | ToWorker::ImportCheckpoint { into_run: true, .. }
        | ToWorker::Batch(BatchAsk::ExportRequests { .. } | BatchAsk::ImportResults { .. }) => &[Results],
        ToWorker::Run(_) | ToWorker::AskAgain | ToWorker::Batch(BatchAsk::HandOver { .. }) => {
            &[Run, Provider, Limits, Storage]
        }
        ToWorker::DeleteRun { .. } => &[Runs],
        ToWorker::ClearCache => &[Storage],
        ToWorker::Batch(BatchAsk::Quote)
        | ToWorker::Cancel(_)
        | ToWorker::ChooseRows { .. }
        | ToWorker::Correct { .. }
        | ToWorker::CountTokens { .. }
        | ToWorker::Detail { .. }
        | ToWorker::Estimate { .. }
        | ToWorker::Examples
        | ToWorker::ForgetCheckpoint
        | ToWorker::ListRuns
        | ToWorker::Preview { .. }
        | ToWorker::Rows { .. }
        | ToWorker::SetDemo(_)
        | ToWorker::Simulate(_)
        | ToWorker::Try { .. } => &[],
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::Command;
    use crate::ui::store::fixtures::{asked, refused};

    #[test]
    fn a_problem_stays_until_the_same_is_asked_again() {
        let problems = Problems::default().after(&refused(Place::Data)).after(&refused(Place::Run));
        let seen = |problems: &Problems| [Place::Data, Place::Run].map(|place| problems.at(place).is_some());
        assert_eq!(problems.after(&refused(Place::Data)).0.len(), 2);
        assert_eq!(seen(&problems.after(&asked(ToWorker::OpenSample))), [false, true]);
        assert_eq!(seen(&problems.after(&asked(ToWorker::Run(Command::Resume)))), [true, false]);
        assert_eq!(seen(&problems.after(&DeskAction::Dismiss(Place::Run))), [true, false]);
        assert_eq!(seen(&problems.after(&asked(ToWorker::ListRuns))), [true, true]);
        let open = asked(ToWorker::Open { run: "b".to_owned() });
        assert_eq!(problems.after(&open), Problems::default());
    }
}
