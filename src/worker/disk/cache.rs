//! The request cache: answers that outlive their runs, up to a limit. Answers that are written together are one value of
//! the database, a *group*; a second, small value lists their keys and lengths, so that nothing reads an answer to know
//! what there is. A group never changes: a merged one has a name of its own.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::checkpoints::{GROUP_BYTES, bytes_of};
use super::database::{Change, Database, Durability, Store, keys_of, text_keys};
use super::storage::Storage;
use crate::provider::Answer;
use crate::worker::browser::{next_turn, now, seed};
use crate::worker::rows::prepare::CacheKey;

const SMALL_BYTES: u64 = GROUP_BYTES as u64 / 4;
/// Of an earlier version's answers, so many are rewritten in one go.
const REWRITTEN_AT_ONCE: usize = 1_000;
/// Keys in the database: `[ANSWERS, ms, number]` and `[KEYS, ms, number]`.
const ANSWERS: &str = "answers";
const KEYS: &str = "keys";

/// The cache is cut back to these when the page starts and when a run is left.
pub struct CacheLimits {
    pub answers: usize,
    pub bytes: u64,
    /// With more small groups than that, neighbours are merged: a slow run writes an answer at a time.
    pub small_groups: usize,
}

impl CacheLimits {
    pub const USUAL: CacheLimits = CacheLimits { answers: 200_000, bytes: 256 * 1024 * 1024, small_groups: 1_000 };
}

/// When a group was written, and a number that nobody else draws at that time. In the order of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    ms: u64,
    number: u32,
}

impl Name {
    fn new(ms: u64) -> Name {
        Name { ms, number: seed() as u32 }
    }

    fn key(self, kind: &str) -> JsValue {
        Array::of3(&kind.into(), &(self.ms as f64).into(), &self.number.into()).into()
    }

    fn read(key: &JsValue) -> Option<Name> {
        let key = Array::from(key);
        Some(Name { ms: key.get(1).as_f64()? as u64, number: key.get(2).as_f64()? as u32 })
    }
}

/// What a group holds: keys and the lengths of their answers, in the order in which these lie in its value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: Name,
    entries: Vec<(CacheKey, u32)>,
}

impl Group {
    fn read(name: Name, value: &[u8]) -> Group {
        let entry = |entry: &[u8; 36]| {
            let (key, length) = entry.split_first_chunk::<32>()?;
            Some((*key, u32::from_le_bytes(length.try_into().ok()?)))
        };
        Group { name, entries: value.as_chunks().0.iter().filter_map(entry).collect() }
    }

    fn written(&self) -> Vec<u8> {
        self.entries.iter().flat_map(|(key, length)| key.iter().copied().chain(length.to_le_bytes())).collect()
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().map(|(_, length)| u64::from(*length)).sum()
    }

    fn puts(&self, answers: &[u8]) -> [Change; 2] {
        [
            Change::put(Store::Cache, self.name.key(ANSWERS), Uint8Array::from(answers)),
            Change::put(Store::Cache, self.name.key(KEYS), Uint8Array::from(&self.written()[..])),
        ]
    }

    fn deletes(&self) -> [Change; 2] {
        [ANSWERS, KEYS].map(|kind| Change::Delete { store: Store::Cache, keys: self.name.key(kind) })
    }
}

/// Where an answer lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    group: Name,
    at: u32,
    bytes: u32,
}

/// What the cache holds, as far as this tab knows: another one may have written or deleted since.
#[derive(Debug, Default)]
pub struct Contents(RefCell<HashMap<CacheKey, Place>>);

impl Contents {
    pub fn holds(&self, key: &CacheKey) -> bool {
        self.0.borrow().contains_key(key)
    }

    /// Of an answer that was written again, the newest counts.
    fn take_in<'a>(&self, groups: impl IntoIterator<Item = &'a Group>) {
        let mut places = self.0.borrow_mut();
        for group in groups {
            let mut at = 0;
            for (key, bytes) in &group.entries {
                let place = Place { group: group.name, at, bytes: *bytes };
                at += bytes;
                if places.get(key).is_none_or(|known| known.group <= group.name) {
                    places.insert(*key, place);
                }
            }
        }
    }

    fn let_go(&self, is_gone: impl Fn(&Name) -> bool) {
        self.0.borrow_mut().retain(|_, place| !is_gone(&place.group));
    }
}

/// Answers that wait to be written, each as its JSON.
pub type Waiting = Vec<(CacheKey, Vec<u8>)>;

/// Answers on their way to the disk.
pub struct Writing(Vec<Group>);

impl Writing {
    /// The changes that put these answers down as the newest.
    pub fn begin(answers: &Waiting) -> (Writing, Vec<Change>) {
        Writing::at(now().ms(), answers)
    }

    fn at(ms: u64, answers: &Waiting) -> (Writing, Vec<Change>) {
        let lengths: Vec<u64> = answers.iter().map(|(_, json)| json.len() as u64).collect();
        let (mut groups, mut changes) = (Vec::new(), Vec::new());
        for part in parts(&lengths) {
            let answers = &answers[part];
            let entries = answers.iter().map(|(key, json)| (*key, json.len() as u32)).collect();
            let group = Group { name: Name::new(ms), entries };
            let bytes: Vec<u8> = answers.iter().flat_map(|(_, json)| json).copied().collect();
            changes.extend(group.puts(&bytes));
            groups.push(group);
        }
        (Writing(groups), changes)
    }

    pub fn is_down(self, contents: &Contents) {
        contents.take_in(&self.0);
    }
}

/// Neighbours whose lengths together fit a value of the database; what is longer by itself stands alone.
fn parts(lengths: &[u64]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (at, length) in lengths.iter().enumerate() {
        bytes += length;
        match parts.last_mut() {
            Some(part) if bytes <= GROUP_BYTES as u64 => part.end = at + 1,
            _ => {
                parts.push(at..at + 1);
                bytes = *length;
            }
        }
    }
    parts
}

/// How many of the oldest groups go, so that the others are within the limits.
fn surplus(groups: &[Group], limits: &CacheLimits) -> usize {
    let (mut answers, mut bytes) = (0, 0);
    let fits = |group: &&Group| {
        answers += group.entries.len();
        bytes += group.bytes();
        answers <= limits.answers && bytes <= limits.bytes
    };
    groups.len() - groups.iter().rev().take_while(fits).count()
}

impl Storage {
    /// What the request cache holds for these keys. An unreadable answer counts as none.
    pub async fn look_up(&self, keys: &[CacheKey]) -> Vec<Option<Answer>> {
        let nothing = vec![None; keys.len()];
        let Some(database) = self.database() else { return nothing };
        if let Ok((answers, true)) = self.found(database, keys).await {
            return answers;
        }
        // Another tab cut the cache back, cleared it, or merged groups.
        match note_groups(database, &self.cache).await {
            Ok(_) => self.found(database, keys).await.map_or(nothing, |(answers, _)| answers),
            Err(_) => nothing,
        }
    }

    /// Also whether every group was still there.
    async fn found(&self, database: &Database, keys: &[CacheKey]) -> Result<(Vec<Option<Answer>>, bool), JsValue> {
        let places: Vec<Option<Place>> = keys.iter().map(|key| self.cache.0.borrow().get(key).copied()).collect();
        let names: BTreeSet<Name> = places.iter().flatten().map(|place| place.group).collect();
        let values = read_answers(database, names.iter().copied()).await?;
        let answer = |place: &Option<Place>| {
            let place = (*place)?;
            let bytes = values.get(&place.group)?.get(place.at as usize..(place.at + place.bytes) as usize)?;
            serde_json::from_slice(bytes).ok()
        };
        Ok((places.iter().map(answer).collect(), values.len() == names.len()))
    }

    /// Cuts the cache back to its limits, and notes what it holds.
    pub async fn trim_cache(&self, limits: &CacheLimits) {
        if let Some(database) = self.database() {
            // What could not be done now is done the next time.
            let _ = trim(database, &self.cache, limits).await;
        }
    }

    /// Keeps answers that no run's records hold.
    pub async fn remember(&self, answers: &[(CacheKey, Answer)]) {
        let Some(database) = self.database() else { return };
        let json = |(key, answer): &(CacheKey, Answer)| Some((*key, serde_json::to_vec(answer).ok()?));
        let (writing, changes) = Writing::begin(&answers.iter().filter_map(json).collect());
        if database.write(changes, Durability::Strict).await.is_ok() {
            writing.is_down(&self.cache);
        }
    }

    /// Empties the cache, and says how many answers were in it.
    pub async fn clear_cache(&self) -> Result<u32, JsValue> {
        if let Some(database) = self.database() {
            database.write(vec![Change::Clear { store: Store::Cache }], Durability::Strict).await?;
        }
        Ok(self.cache.0.take().len() as u32)
    }
}

/// The answers of groups, as far as they are there.
async fn read_answers(
    database: &Database,
    names: impl Iterator<Item = Name> + Clone,
) -> Result<BTreeMap<Name, Vec<u8>>, JsValue> {
    let keys: Vec<JsValue> = names.clone().map(|name| name.key(ANSWERS)).collect();
    let values = database.get_many(Store::Cache, &keys).await?;
    let there = names.zip(values).filter(|(_, value)| !value.is_undefined());
    Ok(there.map(|(name, value)| (name, bytes_of(&value))).collect())
}

/// Notes what the cache holds; answers its groups, the oldest first.
async fn note_groups(database: &Database, contents: &Contents) -> Result<Vec<Group>, JsValue> {
    let noted: HashSet<Name> = contents.0.borrow().values().map(|place| place.group).collect();
    let keys = database.keys(Store::Cache, Some(keys_of(KEYS))).await?;
    let values = database.get_many(Store::Cache, &keys).await?;
    let read = keys.iter().zip(&values).filter(|(_, value)| !value.is_undefined());
    let groups = read.filter_map(|(key, value)| Some(Group::read(Name::read(key)?, &bytes_of(value))));
    let groups: Vec<Group> = groups.collect();
    let there: HashSet<Name> = groups.iter().map(|group| group.name).collect();
    // What this tab wrote meanwhile need not be among them.
    contents.let_go(|name| noted.contains(name) && !there.contains(name));
    contents.take_in(&groups);
    Ok(groups)
}

async fn trim(database: &Database, contents: &Contents, limits: &CacheLimits) -> Result<(), JsValue> {
    rewrite_single_answers(database).await?;
    let mut groups = note_groups(database, contents).await?;
    let kept = groups.split_off(surplus(&groups, limits));
    if !groups.is_empty() {
        database.write(groups.iter().flat_map(Group::deletes).collect(), Durability::Relaxed).await?;
        let gone: HashSet<Name> = groups.iter().map(|group| group.name).collect();
        contents.let_go(|name| gone.contains(name));
    }
    if kept.iter().filter(|group| group.bytes() < SMALL_BYTES).count() > limits.small_groups {
        merge(database, contents, &kept).await?;
    }
    Ok(())
}

/// Writes neighbours anew as one group, as old as the newest of them.
async fn merge(database: &Database, contents: &Contents, groups: &[Group]) -> Result<(), JsValue> {
    let lengths: Vec<u64> = groups.iter().map(Group::bytes).collect();
    for part in parts(&lengths).into_iter().filter(|part| part.len() > 1) {
        let parts = &groups[part];
        let values = read_answers(database, parts.iter().map(|group| group.name)).await?;
        let there: Vec<&Group> = parts.iter().filter(|group| values.contains_key(&group.name)).collect();
        let Some(newest) = there.last() else { continue };
        let entries = there.iter().flat_map(|group| &group.entries).copied().collect();
        let merged = Group { name: Name::new(newest.name.ms), entries };
        let answers: Vec<u8> = there.iter().flat_map(|group| &values[&group.name]).copied().collect();
        let deletes = there.iter().flat_map(|group| group.deletes());
        database.write(merged.puts(&answers).into_iter().chain(deletes).collect(), Durability::Relaxed).await?;
        contents.let_go(|name| values.contains_key(name));
        contents.take_in([&merged]);
        next_turn().await;
    }
    Ok(())
}

/// An earlier version wrote each answer as a value of its own, by its key in hexadecimal digits, and listed them in the
/// settings. They become the oldest groups.
async fn rewrite_single_answers(database: &Database) -> Result<(), JsValue> {
    let keys = database.keys(Store::Cache, Some(text_keys())).await?;
    for keys in keys.chunks(REWRITTEN_AT_ONCE) {
        let values = database.get_many(Store::Cache, keys).await?;
        let json = |value: &JsValue| value.as_string().map_or_else(|| bytes_of(value), String::into_bytes);
        let answers =
            keys.iter().zip(&values).filter_map(|(key, value)| Some((unhex(&key.as_string()?)?, json(value))));
        let (_, mut changes) = Writing::at(0, &answers.collect());
        changes.extend(keys.iter().map(|key| Change::Delete { store: Store::Cache, keys: key.clone() }));
        database.write(changes, Durability::Relaxed).await?;
        next_turn().await;
    }
    if !keys.is_empty() {
        let listed = Change::Delete { store: Store::Settings, keys: keys_of("cache") };
        database.write(vec![listed], Durability::Relaxed).await?;
    }
    Ok(())
}

fn unhex(text: &str) -> Option<CacheKey> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(ms: u64, keys: Range<u8>, bytes: u32) -> Group {
        Group { name: Name { ms, number: 7 }, entries: keys.map(|key| ([key; 32], bytes)).collect() }
    }

    #[test]
    fn the_oldest_groups_go_first() {
        let groups = [group(1, 0..4, 3), group(2, 4..6, 5), group(3, 6..8, 5)];
        let surplus = |answers, bytes| surplus(&groups, &CacheLimits { answers, bytes, ..CacheLimits::USUAL });
        assert_eq!(surplus(100, 100), 0);
        assert_eq!(surplus(100, 20), 1, "by bytes");
        assert_eq!(surplus(3, 100), 2, "by answers");
        assert_eq!(surplus(0, 0), 3);
    }

    #[test]
    fn the_newest_of_two_equal_answers_counts_whichever_is_noted_first() {
        let (old, new) = (group(1, 0..3, 10), group(2, 2..4, 20));
        for groups in [[&old, &new], [&new, &old]] {
            let contents = Contents::default();
            contents.take_in(groups);
            let place = |key: u8| contents.0.borrow().get(&[key; 32]).copied();
            assert_eq!(place(1), Some(Place { group: old.name, at: 10, bytes: 10 }));
            assert_eq!(place(2), Some(Place { group: new.name, at: 0, bytes: 20 }));
            contents.let_go(|name| *name == old.name);
            assert_eq!((place(1), contents.holds(&[3; 32])), (None, true));
        }
    }

    #[test]
    fn a_group_survives_its_way_to_the_disk() {
        let written = group(7, 0..3, 70_000);
        assert_eq!(Group::read(written.name, &written.written()), written);
        assert_eq!(Group::read(written.name, b"short").entries, []);
    }

    #[test]
    fn answers_lie_together_up_to_a_size_and_long_ones_alone() {
        let full = GROUP_BYTES as u64;
        assert_eq!(parts(&[1, full - 1, 1, 2 * full, 3, 4]), [0..2, 2..3, 3..4, 4..6]);
        assert!(parts(&[]).is_empty());
    }

    #[test]
    fn keys_are_read_from_an_earlier_version_s_text() {
        let key: CacheKey = std::array::from_fn(|place| (place * 7) as u8);
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(unhex(&text), Some(key));
        assert_eq!(unhex("zz"), None);
    }
}
