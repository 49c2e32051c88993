//! The list of runs, and what is swept before it is shown.

use std::collections::BTreeSet;

use super::database::Store;
use super::journal::Journal;
use super::locks;
use super::manifest::Listed;
use super::recover::read_listed;
use super::storage::{Storage, release, take_lock};
use crate::link::RunSummary;

impl Storage {
    /// Removes what a crash left of runs that were not begun yet: data without a journal that nobody knows of.
    pub async fn sweep(&self) {
        let Some(opfs) = &self.opfs else { return };
        for run in opfs.runs().await.unwrap_or_default() {
            let begun = Journal::size(opfs, &run).await.is_some_and(|bytes| bytes > 0.0);
            let listed = match self.database() {
                Some(database) => read_listed(database, &run).await.is_some(),
                None => true,
            };
            if !begun
                && !listed
                && let Ok(lock) = take_lock(&run).await
            {
                let _ = opfs.remove(&run).await;
                release(lock).await;
            }
        }
    }

    /// Every run that either side knows, the latest first.
    pub async fn runs(&self, own: Option<&str>) -> Vec<RunSummary> {
        let mut names = BTreeSet::new();
        if let Some(opfs) = &self.opfs {
            names.extend(opfs.runs().await.unwrap_or_default());
        }
        if let Some(database) = self.database() {
            let keys = database.keys(Store::Runs, None).await.unwrap_or_default();
            names.extend(keys.iter().filter_map(|key| key.as_string()));
        }
        let held = locks::held_runs().await;
        let mut runs = Vec::with_capacity(names.len());
        for run in names.into_iter().rev() {
            let busy = held.contains(&run) && own != Some(run.as_str());
            if let Some(mut summary) = self.summary(&run, busy).await {
                summary.busy = busy;
                runs.push(summary);
            }
        }
        runs
    }

    /// The checkpoint's word where it is as long as the journal; else the records are read again.
    async fn summary(&self, run: &str, busy: bool) -> Option<RunSummary> {
        let listed = match self.database() {
            Some(database) => read_listed(database, run).await,
            None => None,
        };
        let journal_bytes = match &self.opfs {
            Some(opfs) => Journal::size(opfs, run).await,
            None => None,
        };
        // Without a journal to compare with, only the end of a run is sure to be told last.
        let current = |listed: &Listed| match journal_bytes {
            Some(bytes) => listed.records > 0 && bytes == listed.journal_bytes,
            None => listed.records > 0 && listed.summary.finished && self.opfs.is_none(),
        };
        match listed {
            Some(listed) if busy || current(&listed) => Some(listed.summary),
            listed => match self.find(run).await {
                Ok(found) => {
                    let mut summary = found.manifest.summary(&found.gathered.records);
                    if found.torn_bytes > 0 {
                        summary.notes.push("A crash tore the end of its journal; opening it cuts that.".into());
                    }
                    Some(summary)
                }
                // A run of a later version is shown as its checkpoint tells it; what has no manifest is no run yet.
                Err(_) => listed.map(|listed| listed.summary),
            },
        }
    }
}
