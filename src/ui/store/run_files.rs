//! Files of the open run: its exports, a checkpoint that it takes, the request and result files of batch tools.

use std::rc::Rc;

use crate::link::batch::{BatchAsk, BatchImported, BatchQuote, RequestFile};
use crate::link::{CheckpointSummary, ExportKind, Place, Problem, ToPage, ToWorker};
use crate::ui::store::{DeskAction, Part, Request};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFiles {
    pub export: Request<Exported>,
    pub checkpoint: Request<Rc<CheckpointSummary>>,
    /// What the open rows would cost as a batch.
    pub quote: Option<BatchQuote>,
    /// The request files of the latest export.
    pub requests: Rc<Vec<RequestFile>>,
    /// Result files that are still being read, and what those brought that were chosen together.
    pub results_reading: u32,
    pub results: Rc<Vec<BatchImported>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub what: ExportKind,
    pub file_name: String,
    pub rows: u32,
}

impl Part for RunFiles {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Asked(ToWorker::Export { .. }) => self.export = Request::Loading,
            DeskAction::Asked(ToWorker::ImportCheckpoint { into_run: true, .. }) => self.checkpoint = Request::Loading,
            DeskAction::Asked(ToWorker::Batch(BatchAsk::ExportRequests { .. })) => self.requests = Rc::default(),
            DeskAction::Asked(ToWorker::Batch(BatchAsk::ImportResults { .. })) => {
                if self.results_reading == 0 {
                    self.results = Rc::default();
                }
                self.results_reading += 1;
            }
            DeskAction::Heard(ToPage::Exported { what, file_name, rows }) => {
                self.export = Request::Ready(Exported { what: *what, file_name: file_name.clone(), rows: *rows });
            }
            DeskAction::Heard(ToPage::CheckpointRead(summary)) if summary.taken.is_some() => {
                self.checkpoint = Request::Ready(Rc::new(summary.clone()));
            }
            DeskAction::Heard(ToPage::BatchQuote(quote)) => self.quote = Some(quote.clone()),
            DeskAction::Heard(ToPage::RequestFile(file)) => Rc::make_mut(&mut self.requests).push(file.clone()),
            DeskAction::Heard(ToPage::BatchImported(told)) => {
                self.results_reading = self.results_reading.saturating_sub(1);
                Rc::make_mut(&mut self.results).push(told.clone());
            }
            DeskAction::Heard(ToPage::Refused(Problem { place: Place::Results, .. })) => {
                self.give_up();
                self.results_reading = self.results_reading.saturating_sub(1);
            }
            DeskAction::Broke(_) => {
                self.give_up();
                self.results_reading = 0;
            }
            _ => {}
        }
    }
}

impl RunFiles {
    fn give_up(&mut self) {
        self.export.give_up();
        self.checkpoint.give_up();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::CsvStyle;
    use crate::link::batch::BatchTarget;
    use crate::ui::store::fixtures::{asked, heard, refused};

    #[test]
    fn an_export_is_told_until_the_next_one() {
        let (what, style) = (ExportKind::Csv, CsvStyle::default());
        let export = asked(ToWorker::Export { what, style });
        let writing = RunFiles::default().after(&export);
        assert_eq!(writing.export, Request::Loading);
        assert_eq!(writing.after(&refused(Place::Results)), RunFiles::default());
        assert_eq!(writing.after(&refused(Place::Data)), writing, "that is about something else");
        let exported = Exported { what, file_name: "r.csv".to_owned(), rows: 5 };
        let written = writing.after(&heard(ToPage::Exported { what, file_name: "r.csv".to_owned(), rows: 5 }));
        assert_eq!(written.export, Request::Ready(exported));
        assert_eq!(written.after(&export), writing);
    }

    #[test]
    fn results_that_are_chosen_together_are_told_together() {
        let import = |name: &str| asked(ToWorker::Batch(BatchAsk::ImportResults { name: name.into() }));
        let told = |name: &str| BatchImported { name: name.into(), answered: 1, ..BatchImported::default() };
        let read = |name: &str| heard(ToPage::BatchImported(told(name)));
        let one = RunFiles::default().after(&import("results")).after(&import("errors")).after(&read("results"));
        assert_eq!((one.results_reading, &*one.results), (1, &vec![told("results")]));
        let both = one.after(&read("errors"));
        assert_eq!((both.results_reading, &*both.results), (0, &vec![told("results"), told("errors")]));
        assert_eq!(both.after(&import("odd")).after(&refused(Place::Results)), RunFiles::default());
    }

    #[test]
    fn request_files_are_those_of_the_latest_export() {
        let file = |part: u32| RequestFile {
            target: BatchTarget::OpenAi,
            file_name: format!("r-{part}of2.jsonl"),
            rows: part,
            shell_lines: String::new(),
        };
        let wrote = |part| heard(ToPage::RequestFile(file(part)));
        let export = asked(ToWorker::Batch(BatchAsk::ExportRequests { target: BatchTarget::OpenAi }));
        let files = RunFiles::default().after(&export).after(&wrote(1)).after(&wrote(2));
        assert_eq!(*files.requests, [file(1), file(2)]);
        assert_eq!(files.after(&export), RunFiles::default());
    }
}
