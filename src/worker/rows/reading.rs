//! Files that the person gives: the data, and a checkpoint that the next run begins with.

use std::rc::Rc;

use js_sys::Uint8Array;
use web_sys::File;

use crate::dataset::{BadLines, Checkpoint, ReadOptions};
use crate::link::{Place, Problem, Task, ToPage};
use crate::worker::browser::{Slices, words};
use crate::worker::page;
use crate::worker::plan::problem;
use crate::worker::rows::data::Data;
use crate::worker::run::imports::Import;
use crate::worker::shell::Shell;

const FILE_BYTES_MAX: f64 = 512.0 * 1024.0 * 1024.0;

impl Shell {
    pub(in crate::worker) async fn open_file(
        &self,
        name: String,
        bad_lines: BadLines,
        file: Option<File>,
    ) -> Result<(), Problem> {
        let refused = |why: String| problem(Place::Data, format!("{name} could not be read: {why}. Choose it again."));
        let file = file.ok_or_else(|| refused("the file did not arrive".into()))?;
        if file.size() > FILE_BYTES_MAX {
            return Err(problem(Place::Data, format!("{name} is larger than 512 MB. Split it, and run the parts.")));
        }
        let buffer = file.array_buffer().await.map_err(|error| refused(words(&error)))?;
        let bytes = Uint8Array::new(&buffer).to_vec();
        self.read_data(name, bytes, bad_lines).await
    }

    pub(in crate::worker) async fn read_data(
        &self,
        name: String,
        bytes: Vec<u8>,
        bad_lines: BadLines,
    ) -> Result<(), Problem> {
        let options = ReadOptions { bad_lines, ..ReadOptions::default() };
        match Data::read(name, bytes, options, &mut Slices::of(Task::File)).await {
            Ok(data) => {
                page::post(&ToPage::Data(data.summary.clone()));
                *self.data.borrow_mut() = Some(Rc::new(data));
                *self.prepared.borrow_mut() = None;
                *self.import.borrow_mut() = None;
                // What is under way for the data before says nothing of these.
                self.estimate.update(|number| number + 1);
                self.preview.update(|number| number + 1);
            }
            Err(problem) => page::post(&ToPage::DataRefused(problem)),
        }
        Ok(())
    }

    /// Reads a checkpoint that waits for the next start.
    pub(in crate::worker) async fn wait_with_checkpoint(
        &self,
        name: String,
        id_column: Option<String>,
        file: Option<File>,
    ) -> Result<(), Problem> {
        let checkpoint = read_checkpoint(&name, Place::Data, file, Task::File).await?;
        let import = Rc::new(Import { name, checkpoint, data: self.data()? });
        let mut slices = Slices::begin();
        let matched = import
            .matched(&import.data.table, id_column.as_deref(), &mut async |_| {
                slices.turn().await;
            })
            .await;
        page::post(&ToPage::CheckpointRead(import.summary(&matched, None)));
        *self.import.borrow_mut() = Some(import.clone());
        Ok(())
    }
}

/// `place`: where the page shows what is wrong with it.
pub async fn read_checkpoint(name: &str, place: Place, file: Option<File>, task: Task) -> Result<Checkpoint, Problem> {
    let refused = |why: String| problem(place, format!("{name} could not be read: {why}. Nothing was changed."));
    let file = file.ok_or_else(|| refused("the file did not arrive".into()))?;
    if file.size() > FILE_BYTES_MAX {
        return Err(refused("it is larger than 512 MB".into()));
    }
    let buffer = file.array_buffer().await.map_err(|error| refused(words(&error)))?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    let mut slices = Slices::of(task);
    let read = Checkpoint::read_in_turns(&bytes, &mut async |share| {
        slices.turn_at(share).await;
    })
    .await;
    let checkpoint = read.map_err(|found| problem(place, found.to_string()))?;
    if checkpoint.is_empty() {
        return Err(refused(
            "it holds no line of the form {\"id\": ..., \"result\": ...}, which a checkpoint is made of".into(),
        ));
    }
    Ok(checkpoint)
}
