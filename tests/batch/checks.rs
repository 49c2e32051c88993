//! What must hold after every step.

use std::collections::{BTreeMap, BTreeSet};

use pennybatch::engine::batch::{BatchEffect, BatchEntry, ShardId};
use pennybatch::engine::{Command, Ending, Entry, Ordinal, Progress, Record, Settled};
use pennybatch::money::Usd;
use pennybatch::provider::batch::JobState;

use crate::scenario::Scenario;
use crate::server::{Server, answer};

pub struct Checks<'a> {
    scenario: &'a Scenario,
    pub cap: Option<Usd>,
    /// Items by how their latest record on disk says they ended.
    succeeded: BTreeSet<Ordinal>,
    ended: BTreeSet<Ordinal>,
    /// Items that were in doubt once: they may rightly be billed again.
    doubted: BTreeSet<Ordinal>,
    /// Of them, those that nobody has decided about.
    undecided: BTreeSet<Ordinal>,
    /// Items that were sent by themselves, and whose end is not on disk.
    under_way: BTreeSet<Ordinal>,
    /// Shards by their latest record on disk: `(nonce, rows, creating)`.
    shards: BTreeMap<ShardId, (String, Vec<Ordinal>, bool)>,
}

impl<'a> Checks<'a> {
    pub fn new(scenario: &'a Scenario) -> Checks<'a> {
        Checks {
            scenario,
            cap: scenario.plan.budget,
            succeeded: BTreeSet::new(),
            ended: BTreeSet::new(),
            doubted: BTreeSet::new(),
            undecided: BTreeSet::new(),
            under_way: BTreeSet::new(),
            shards: BTreeMap::new(),
        }
    }

    /// Records that have just reached the disk.
    pub fn saved(&mut self, records: &[Record]) -> Result<(), String> {
        for record in records {
            if let Entry::Settled(Settled { item, .. }) | Entry::Released { item, .. } = &record.entry {
                self.under_way.remove(item);
            }
            match &record.entry {
                Entry::Settled(Settled { item, ending: Some(ending), .. }) | Entry::Ended { item, ending } => {
                    self.end(*item, ending)?;
                }
                Entry::Reopened { item } => {
                    if self.succeeded.contains(item) {
                        return Err(format!("once: item {item} had succeeded and was opened again"));
                    }
                    self.ended.remove(item);
                }
                Entry::Commanded(Command::Doubtful(_)) => self.undecided.clear(),
                Entry::Batch(entry) => self.saved_batch(entry)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn saved_batch(&mut self, entry: &BatchEntry) -> Result<(), String> {
        match entry {
            BatchEntry::Planned(plan) => {
                let rows: Vec<Ordinal> = plan.rows.iter().collect();
                let limits = &self.scenario.terms;
                let bytes: u64 = rows.iter().map(|row| u64::from(self.scenario.bytes[*row as usize])).sum();
                if rows.len() > limits.requests_max as usize || bytes > limits.bytes_max {
                    return Err(format!("shard {} has {} rows and {bytes} bytes", plan.shard, rows.len()));
                }
                if limits.queue_tokens.is_some_and(|most| plan.tokens > most) {
                    return Err(format!("shard {} has {} tokens, the queue takes fewer", plan.shard, plan.tokens));
                }
                for row in &rows {
                    let elsewhere = self.shards.values().any(|(_, rows, _)| rows.contains(row));
                    if elsewhere || self.ended.contains(row) {
                        return Err(format!("once: item {row} is in a job or ended, and was planned again"));
                    }
                }
                self.shards.insert(plan.shard, (plan.nonce.clone(), rows, false));
            }
            BatchEntry::Creating { shard } => {
                self.shards.entry(*shard).and_modify(|shard| shard.2 = true);
            }
            BatchEntry::Requeued { shard, .. } => {
                self.shards.entry(*shard).and_modify(|shard| shard.2 = false);
            }
            BatchEntry::Settled { shard, row: Settled { item, ending, .. } } => {
                // Its line came: a failed row may go elsewhere while the job is still being read.
                self.shards.entry(*shard).and_modify(|shard| shard.1.retain(|row| row != item));
                if let Some(ending) = ending {
                    self.end(*item, ending)?;
                }
            }
            BatchEntry::Closed { shard, doubtful, .. } => {
                self.shards.remove(shard);
                self.doubted.extend(doubtful.iter());
                self.undecided.extend(doubtful.iter());
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, item: Ordinal, ending: &Ending) -> Result<(), String> {
        // What failed or was left out may be answered from elsewhere; what succeeded stays as it is.
        let from_elsewhere = matches!(ending, Ending::Imported(_)) && !self.succeeded.contains(&item);
        if !self.ended.insert(item) && !from_elsewhere {
            return Err(format!("once: item {item} ended again, as {ending:?}"));
        }
        match ending {
            Ending::Succeeded(given) | Ending::FromCache(given) | Ending::Imported(given) => {
                self.succeeded.insert(item);
                if given.text != answer(self.scenario, item, false).text {
                    return Err(format!("once: item {item} got somebody else's answer: {}", given.text));
                }
            }
            Ending::CopyOf(source) => {
                self.succeeded.insert(item);
                let leader = |item: Ordinal| self.scenario.facts[item as usize].leader;
                if !self.succeeded.contains(source) || leader(*source) != leader(item) {
                    return Err(format!("cache: item {item} copies {source}"));
                }
            }
            Ending::Errored(_) | Ending::Canceled => {}
        }
        Ok(())
    }

    /// What is under way is in doubt.
    pub fn crashed(&mut self) {
        self.doubted.extend(std::mem::take(&mut self.under_way));
    }

    pub fn sent(&mut self, item: Ordinal) -> Result<(), String> {
        self.under_way.insert(item);
        if self.undecided.contains(&item) {
            return Err(format!("doubt: item {item} may have been billed, and was sent again unasked"));
        }
        if self.ended.contains(&item) {
            return Err(format!("once: item {item} had ended and was sent again"));
        }
        match self.shards.iter().find(|(_, (_, rows, _))| rows.contains(&item)) {
            Some((shard, _)) => Err(format!("once: item {item} is in shard {shard} and was sent by itself")),
            None => Ok(()),
        }
    }

    /// Before a step of a job is carried out.
    pub fn stepped(&self, effect: &BatchEffect, server: &Server, late: &[String]) -> Result<(), String> {
        match effect {
            BatchEffect::Upload { shard, .. } => match self.shards.contains_key(shard) {
                true => Ok(()),
                false => Err(format!("write ahead: shard {shard} is uploaded before its plan is on disk")),
            },
            BatchEffect::Create { shard, nonce, .. } => {
                let Some((base, _, creating)) = self.shards.get(shard) else {
                    return Err(format!("write ahead: shard {shard} is created before its plan is on disk"));
                };
                if !creating {
                    return Err(format!("write ahead: shard {shard} is created before the intent is on disk"));
                }
                let same = |other: &str| other.starts_with(base.as_str());
                let paid = |state: JobState| state != JobState::Failed;
                let twin = server.jobs.iter().find(|(id, job)| same(&job.nonce) && paid(server.seen(id).state));
                match (twin, late.iter().any(|late| same(late))) {
                    (Some((id, _)), _) => Err(format!("paid twice: {nonce} is created although {id} is there")),
                    (None, true) => Err(format!("paid twice: {nonce} is created although it is still on its way")),
                    (None, false) => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    pub fn after_step(&self, progress: &Progress, truly_billed: Usd) -> Result<(), String> {
        let committed = progress.spent + progress.reserved + progress.doubtful;
        if self.cap.is_some_and(|cap| committed > cap) {
            return Err(format!("budget: {committed} of {:?}: {progress:?}", self.cap));
        }
        if progress.spent > truly_billed {
            return Err(format!("range: {} confirmed, {truly_billed} billed", progress.spent));
        }
        if truly_billed > committed {
            return Err(format!("range: {truly_billed} billed, at most {committed} admitted: {progress:?}"));
        }
        if progress.done as usize > self.ended.len() + progress.canceled as usize {
            return Err(format!("write ahead: {} done, {} on disk", progress.done, self.ended.len()));
        }
        Ok(())
    }

    pub fn at_the_end(&self, progress: &Progress, server: &Server) -> Result<(), String> {
        if progress.done != progress.total || progress.reserved != Usd::ZERO {
            return Err(format!("lost: {progress:?}"));
        }
        if progress.doubtful == Usd::ZERO && progress.spent != server.billed {
            return Err(format!("range: {} billed, {} confirmed, none in doubt", server.billed, progress.spent));
        }
        if progress.succeeded as usize != self.succeeded.len() {
            return Err(format!("once: {} succeeded, {} on disk", progress.succeeded, self.succeeded.len()));
        }
        for (item, times) in &server.billed_times {
            if *times > 1 && !self.doubted.contains(item) {
                return Err(format!("paid twice: item {item} was billed {times} times"));
            }
        }
        Ok(())
    }
}
