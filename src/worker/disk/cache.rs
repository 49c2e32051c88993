//! The request cache: answers that outlive their runs, up to a limit. Each write of answers leaves a *group* behind, their
//! keys and their bytes, so that the oldest can be found without reading any answer.

use std::collections::HashSet;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::checkpoints::{bytes_of, hex, unhex};
use super::database::{Change, Database, Durability, Store, keys_of};
use super::storage::Storage;
use crate::provider::Answer;
use crate::worker::browser::{next_turn, now, seed};
use crate::worker::rows::prepare::CacheKey;

/// The cache is cut back to these when the page starts and when a run is left.
const ANSWERS_MAX: usize = 200_000;
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// With more groups, their keys are written anew in larger ones.
const GROUPS_MAX: usize = 1_000;
const KEYS_TOGETHER: usize = 10_000;
/// What an answer is taken for whose size nobody noted: an earlier version kept it.
const BYTES_ASSUMED: u64 = 512;
/// The first part of a group's key in the settings: `[GROUPS, time in ms, random]`.
const GROUPS: &str = "cache";

/// Answers that were written together, as the database tells them: the oldest group first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    bytes: u64,
    keys: Vec<CacheKey>,
}

impl Group {
    fn read(value: &[u8]) -> Option<Group> {
        let (bytes, keys) = value.split_first_chunk::<8>()?;
        let keys = keys.chunks_exact(32).filter_map(|key| key.try_into().ok()).collect();
        Some(Group { bytes: u64::from_le_bytes(*bytes), keys })
    }

    fn written(&self) -> Vec<u8> {
        let mut value = self.bytes.to_le_bytes().to_vec();
        self.keys.iter().for_each(|key| value.extend_from_slice(key));
        value
    }
}

/// How many of the oldest groups go, so that the others are within the limits, and the keys that go with them: an answer
/// that was written again since stays.
fn surplus(groups: &[Group], answers_max: usize, bytes_max: u64) -> (usize, Vec<CacheKey>) {
    let (mut kept, mut bytes) = (HashSet::new(), 0);
    let mut first = groups.len();
    while let Some(group) = first.checked_sub(1).map(|last| &groups[last]) {
        if kept.len() + group.keys.len() > answers_max || bytes + group.bytes > bytes_max {
            break;
        }
        kept.extend(group.keys.iter().copied());
        bytes += group.bytes;
        first -= 1;
    }
    let gone: HashSet<CacheKey> = groups[..first].iter().flat_map(|group| &group.keys).copied().collect();
    (first, gone.difference(&kept).copied().collect())
}

/// The changes that keep answers, each as its JSON, as the newest.
pub fn puts(answers: Vec<(CacheKey, Vec<u8>)>) -> Vec<Change> {
    if answers.is_empty() {
        return Vec::new();
    }
    let bytes = answers.iter().map(|(_, json)| json.len() as u64).sum();
    let group = Group { bytes, keys: answers.iter().map(|(key, _)| *key).collect() };
    let mut changes: Vec<Change> =
        answers.iter().map(|(key, json)| Change::put(Store::Cache, hex(key), Uint8Array::from(&json[..]))).collect();
    let name = Array::of3(&GROUPS.into(), &(now().ms() as f64).into(), &(seed() as f64).into());
    changes.push(put_group(name, &group));
    changes
}

fn put_group(name: Array, group: &Group) -> Change {
    Change::put(Store::Settings, name, Uint8Array::from(&group.written()[..]))
}

/// The changes that empty the cache.
pub fn clears() -> Vec<Change> {
    vec![Change::Clear { store: Store::Cache }, Change::Delete { store: Store::Settings, keys: keys_of(GROUPS) }]
}

impl Storage {
    /// Cuts the cache back to its limits, and answers what it holds.
    pub async fn trim_cache(&self) -> HashSet<CacheKey> {
        let Some(database) = self.database() else { return HashSet::new() };
        trimmed(database).await.unwrap_or_default()
    }

    /// Keeps answers that no run's records hold.
    pub async fn remember(&self, answers: &[(CacheKey, Answer)]) -> bool {
        let Some(database) = self.database() else { return false };
        let json = |(key, answer): &(CacheKey, Answer)| Some((*key, serde_json::to_vec(answer).ok()?));
        database.write(puts(answers.iter().filter_map(json).collect()), Durability::Strict).await.is_ok()
    }
}

async fn trimmed(database: &Database) -> Result<HashSet<CacheKey>, JsValue> {
    let names = database.keys(Store::Settings, Some(keys_of(GROUPS))).await?;
    let values = database.get_many(Store::Settings, &names).await?;
    let read = |value: &JsValue| Group::read(&bytes_of(value)).unwrap_or(Group { bytes: 0, keys: Vec::new() });
    let mut groups: Vec<Group> = values.iter().map(read).collect();
    let mut names: Vec<Option<JsValue>> = names.into_iter().map(Some).collect();
    let is_first = names.is_empty();
    if is_first {
        // An earlier version noted no groups.
        let keys = database.keys(Store::Cache, None).await?;
        for keys in keys.chunks(KEYS_TOGETHER) {
            let keys: Vec<CacheKey> = keys.iter().filter_map(|key| unhex(&key.as_string()?)).collect();
            groups.push(Group { bytes: keys.len() as u64 * BYTES_ASSUMED, keys });
            names.push(None);
            next_turn().await;
        }
    }
    let (gone, answers) = surplus(&groups, ANSWERS_MAX, BYTES_MAX);
    for answers in answers.chunks(KEYS_TOGETHER) {
        let delete = |key: &CacheKey| Change::Delete { store: Store::Cache, keys: hex(key).into() };
        database.write(answers.iter().map(delete).collect(), Durability::Relaxed).await?;
    }
    let delete = |name: JsValue| Change::Delete { store: Store::Settings, keys: name };
    let kept = groups.split_off(gone);
    if is_first || names.len() - gone > GROUPS_MAX {
        let mut changes: Vec<Change> = names.into_iter().flatten().map(delete).collect();
        for (place, group) in merged(&kept).iter().enumerate() {
            // Their time is long ago, so that they stay the oldest.
            let name = Array::of3(&GROUPS.into(), &0.into(), &(place as f64).into());
            changes.push(put_group(name, group));
        }
        database.write(changes, Durability::Relaxed).await?;
    } else if gone > 0 {
        let changes = names.into_iter().take(gone).flatten().map(delete).collect();
        database.write(changes, Durability::Relaxed).await?;
    }
    Ok(kept.into_iter().flat_map(|group| group.keys).collect())
}

/// The same in fewer groups.
fn merged(groups: &[Group]) -> Vec<Group> {
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        match merged.last_mut() {
            Some(last) if last.keys.len() + group.keys.len() <= KEYS_TOGETHER => {
                last.bytes += group.bytes;
                last.keys.extend_from_slice(&group.keys);
            }
            _ => merged.push(group.clone()),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(bytes: u64, keys: std::ops::Range<u8>) -> Group {
        Group { bytes, keys: keys.map(|key| [key; 32]).collect() }
    }

    #[test]
    fn the_oldest_answers_go_first_and_those_written_again_stay() {
        let groups = [group(10, 0..4), group(10, 4..6), group(10, 3..5)];
        assert_eq!(surplus(&groups, 100, 100), (0, Vec::new()));
        let keys = |(gone, mut keys): (usize, Vec<CacheKey>)| {
            keys.sort_unstable();
            (gone, keys.iter().map(|key| key[0]).collect::<Vec<_>>())
        };
        assert_eq!(keys(surplus(&groups, 100, 20)), (1, vec![0, 1, 2]), "by bytes; 3 was written again");
        assert_eq!(keys(surplus(&groups, 2, 100)), (2, vec![0, 1, 2, 5]), "by answers");
        assert_eq!(keys(surplus(&groups, 0, 0)), (3, vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_group_survives_its_way_to_the_disk_and_others_are_merged() {
        assert_eq!(Group::read(&group(7, 0..3).written()), Some(group(7, 0..3)));
        assert_eq!(Group::read(b"short"), None);
        assert_eq!(merged(&[group(1, 0..2), group(2, 2..5)]), [group(3, 0..5)]);
    }
}
