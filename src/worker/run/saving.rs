//! From the engine's records to the disk: in groups, none of them lost to a refusal, and waited for without polling.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::engine::batch::BatchEntry;
use crate::engine::{Ending, Entry, Event, Record, Settled, Ticket, shareable};
use crate::link::Place;
use crate::worker::browser::{next_turn, now, sleep_ms};
use crate::worker::disk::refusal::DiskRefusal;
use crate::worker::page;
use crate::worker::plan::problem;
use crate::worker::run::session::Session;

/// Flushes keep this distance while calls are in flight: the answers that come in between share one.
const FLUSH_EVERY_MS: u64 = 2;
/// More than that is not left waiting for the checkpoints' next turn.
const WAITING_BYTES_MAX: usize = 1024 * 1024;

/// Records that are not on disk yet. They outlive a refusal of the disk and go down before anything newer.
#[derive(Default)]
pub struct Unsaved {
    pub records: Vec<Record>,
    /// Of the last save that waits for its answer.
    pub ticket: Option<Ticket>,
    pub refused: Option<DiskRefusal>,
}

impl Session {
    /// Returns once everything is on disk, or why it can't be.
    pub async fn saved_or_refused(&self) -> Result<(), DiskRefusal> {
        let ended = || {
            let unsaved = self.unsaved.borrow();
            let refusal = unsaved.refused.clone().filter(|_| !unsaved.records.is_empty());
            (!self.flushing.get()).then(|| refusal.map_or(Ok(()), Err))
        };
        self.flushed.until(ended).await
    }

    /// Returns once everything is on disk, however often that is refused before.
    pub(in crate::worker) async fn saved(&self) {
        let is_saved = || !self.flushing.get() && self.unsaved.borrow().records.is_empty();
        self.flushed.until(|| is_saved().then_some(())).await;
    }

    /// Returns once little waits to be copied to the checkpoints: a file comes faster than that.
    pub(in crate::worker) async fn copy_what_waits(&self) {
        let checkpoints = self.store.borrow().as_ref().and_then(|store| store.checkpoints.clone());
        if let Some(checkpoints) = checkpoints.filter(|it| it.waiting_bytes() > WAITING_BYTES_MAX) {
            let _ = checkpoints.write().await;
        }
    }

    pub(super) fn save(self: &Rc<Self>, ticket: Ticket, records: Vec<Record>) {
        let (mut results, mut scores) = (self.results.borrow_mut(), self.scores.borrow_mut());
        for record in &records {
            scores.before(record, &results, &self.prepared.table, &self.texts);
            results.apply(record);
            scores.after(record, &results, &self.prepared.table, &self.texts);
        }
        drop((results, scores));
        let mut unsaved = self.unsaved.borrow_mut();
        unsaved.records.extend(records);
        unsaved.ticket = Some(ticket);
        drop(unsaved);
        self.begin_flush();
    }

    pub(super) fn begin_flush(self: &Rc<Self>) {
        if self.flushing.replace(true) {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            session.flush().await;
            session.flushing.set(false);
            session.flushed.notify();
            session.give_notice();
        });
    }

    /// Returns when it is time for a flush: everything that gathers until then goes down in one.
    async fn gather(&self) {
        let rest_ms = (self.flushed_ms.get() + FLUSH_EVERY_MS).saturating_sub(now().ms());
        if rest_ms > 0 && !self.in_flight.borrow().is_empty() {
            sleep_ms(rest_ms as u32).await;
        } else {
            next_turn().await;
        }
    }

    async fn flush(self: &Rc<Self>) {
        while self.unsaved.borrow().ticket.is_some() {
            self.gather().await;
            let (ticket, records) = {
                let mut unsaved = self.unsaved.borrow_mut();
                let Some(ticket) = unsaved.ticket.take() else { return };
                (ticket, std::mem::take(&mut unsaved.records))
            };
            // Once a run is closed, nothing comes any more.
            let Some(mut store) = self.store.take() else { return };
            let written = if records.is_empty() { Ok(Vec::new()) } else { store.append(&records).await };
            self.store.replace(Some(store));
            self.flushed_ms.set(now().ms());
            match written {
                Ok(places) => {
                    self.unsaved.borrow_mut().refused = None;
                    let mut results = self.results.borrow_mut();
                    records.iter().zip(places).for_each(|(record, place)| results.put_away(record, place));
                    drop(results);
                    self.remember_answers(&records);
                    self.handle(Event::Saved { ticket });
                }
                Err(why) => return self.refused_by_disk(ticket, records, why),
            }
        }
    }

    fn refused_by_disk(self: &Rc<Self>, ticket: Ticket, records: Vec<Record>, why: DiskRefusal) {
        let words = format!(
            "The browser would not write the run down: {why}. The run is paused, and nothing more is sent. What came \
             back is kept in this tab: export it now. {} Then resume.",
            why.what_to_do()
        );
        let mut unsaved = self.unsaved.borrow_mut();
        unsaved.records.splice(0..0, records);
        unsaved.ticket.get_or_insert(ticket);
        let again = unsaved.refused.replace(why).is_some();
        drop(unsaved);
        self.handle(Event::SaveFailed { ticket });
        if !again {
            page::refuse(problem(Place::Storage, words));
        }
    }

    /// Finished answers go to the cache once their record is down.
    fn remember_answers(&self, records: &[Record]) {
        if !self.setup().use_cache {
            return;
        }
        let store = self.store.borrow();
        let Some(checkpoints) = store.as_ref().and_then(|store| store.checkpoints.as_ref()) else { return };
        for record in records {
            if let Entry::Settled(settled) | Entry::Batch(BatchEntry::Settled { row: settled, .. }) = &record.entry
                && let Settled { attempt, item, ending: Some(Ending::Succeeded(answer)), .. } = settled
                && shareable(answer)
            {
                let lane = self.results.borrow().attempt(*attempt).map_or(0, |attempt| usize::from(attempt.lane));
                let Some(key) = self.lanes.get(lane).and_then(|lane| self.prepared.key_on(lane, *item)) else {
                    continue;
                };
                checkpoints.cache(&key, answer);
            }
        }
    }
}
