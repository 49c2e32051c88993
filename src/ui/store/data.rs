//! The data file: what is being read, what was read last, and the checkpoint that waits for the next start with it.

use std::rc::Rc;

use crate::link::{CheckpointSummary, DataProblem, DataSummary, Place, Problem, ToPage, ToWorker};
use crate::ui::store::{DeskAction, Part, Request};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    pub reading: Reading,
    /// Of the file that was read last. It stays while another one is read, and where that can't be used.
    pub summary: Option<Rc<DataSummary>>,
    pub checkpoint: Request<Rc<CheckpointSummary>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reading {
    #[default]
    Idle,
    /// The name of the file.
    File(String),
    /// The file that was chosen last can't be used.
    Refused(DataProblem),
    /// It was not read to its end: too large, canceled, or the worker has failed. The desk's problems say which.
    GivenUp,
}

impl Part for Data {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Asked(ToWorker::OpenFile { name, .. }) => self.read(name),
            DeskAction::Asked(ToWorker::OpenSample) => self.read("the sample data"),
            DeskAction::Asked(ToWorker::ImportCheckpoint { into_run: false, .. }) => self.checkpoint = Request::Loading,
            DeskAction::Asked(ToWorker::ForgetCheckpoint) => self.checkpoint.forget(),
            DeskAction::Heard(ToPage::Data(summary)) => {
                self.reading = Reading::Idle;
                self.hold(summary);
            }
            DeskAction::Heard(ToPage::Opened { data: summary, .. }) => self.hold(summary),
            DeskAction::Heard(ToPage::DataRefused(problem)) => self.reading = Reading::Refused(problem.clone()),
            DeskAction::Heard(ToPage::CheckpointRead(summary)) if summary.taken.is_none() => {
                self.checkpoint = Request::Ready(Rc::new(summary.clone()));
            }
            DeskAction::Heard(ToPage::Refused(Problem { place: Place::Data, .. })) | DeskAction::Broke(_) => {
                if let Reading::File(_) = self.reading {
                    self.reading = Reading::GivenUp;
                }
                self.checkpoint.give_up();
            }
            _ => {}
        }
    }
}

impl Data {
    fn read(&mut self, name: &str) {
        self.reading = Reading::File(name.to_owned());
        // The worker gives up a checkpoint that it was reading for the data before.
        self.checkpoint.give_up();
    }

    fn hold(&mut self, summary: &DataSummary) {
        self.summary = Some(Rc::new(summary.clone()));
        self.checkpoint.forget();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::store::fixtures::{asked, heard, refused, summary};

    #[test]
    fn the_data_before_stay_until_others_are_read() {
        let read = Data::default().after(&asked(ToWorker::OpenSample));
        assert_eq!(read.reading, Reading::File("the sample data".to_owned()));
        let read = read.after(&heard(ToPage::Data(summary())));
        assert_eq!((&read.reading, read.summary.as_ref().map(|data| data.rows)), (&Reading::Idle, Some(500)));

        let again = read.after(&asked(ToWorker::OpenSample));
        let bad = again.after(&heard(ToPage::DataRefused(DataProblem::Empty)));
        assert_eq!((bad.reading, &bad.summary), (Reading::Refused(DataProblem::Empty), &read.summary));
        for end in [refused(Place::Data), DeskAction::Broke("Gone.".to_owned())] {
            assert_eq!(again.after(&end), Data { reading: Reading::GivenUp, ..read.clone() }, "{end:?}");
        }
        assert_eq!(again.after(&refused(Place::Run)), again, "that is about something else");
    }

    #[test]
    fn a_checkpoint_waits_for_a_start_with_its_data() {
        let import =
            |into_run| asked(ToWorker::ImportCheckpoint { name: "c.jsonl".to_owned(), into_run, id_column: None });
        let came = |taken| heard(ToPage::CheckpointRead(CheckpointSummary { taken, ..CheckpointSummary::default() }));
        let data = Data::default().after(&heard(ToPage::Data(summary())));
        let loading = data.after(&import(false));
        assert_eq!(loading.checkpoint, Request::Loading);
        assert_eq!(loading.after(&asked(ToWorker::OpenSample)).checkpoint, Request::Idle);
        assert_eq!(loading.after(&refused(Place::Data)), data);

        let waits = loading.after(&came(None));
        assert_eq!(waits.checkpoint, Request::Ready(Rc::default()));
        assert_eq!(waits.after(&asked(ToWorker::OpenSample)).checkpoint, waits.checkpoint, "those may not be usable");
        for end in [asked(ToWorker::ForgetCheckpoint), heard(ToPage::Data(summary()))] {
            assert_eq!(waits.after(&end), data, "{end:?}");
        }
        assert_eq!(data.after(&import(true)).after(&came(Some(0))), data, "that one is the open run's");
    }
}
