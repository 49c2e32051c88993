//! The request cache: groups of answers, their limit, and what an earlier version left.

use pennybatch::provider::{Answer, Finish};
use pennybatch::worker::disk::cache::CacheLimits;
use pennybatch::worker::disk::database::{Change, Durability, Store, keys_of};
use pennybatch::worker::disk::storage::Storage;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

const ALL_MERGED: CacheLimits = CacheLimits { small_groups: 0, ..CacheLimits::USUAL };

fn key(number: u8) -> [u8; 32] {
    [number; 32]
}

fn answer(number: u8) -> Answer {
    let text = format!("answer {number} {}", "long ".repeat(number.into()));
    Answer { text, finish: Finish::Stop, request_id: None, misfit: None }
}

/// An empty cache, then one write for each of these ranges.
async fn cache_of(writes: &[std::ops::Range<u8>]) -> Storage {
    let storage = Storage::open().await;
    storage.clear_cache().await.expect("cleared");
    for numbers in writes {
        let answers: Vec<_> = numbers.clone().map(|number| (key(number), answer(number))).collect();
        storage.remember(&answers).await;
    }
    storage
}

async fn found(storage: &Storage, numbers: &[u8]) -> Vec<Option<Answer>> {
    storage.look_up(&numbers.iter().map(|number| key(*number)).collect::<Vec<_>>()).await
}

async fn values(storage: &Storage) -> usize {
    storage.database.as_ref().expect("a database").keys(Store::Cache, None).await.expect("read").len()
}

pub async fn answers_that_were_written_together_are_found_each_by_its_key() {
    let storage = cache_of(&[0..40, 40..50]).await;
    assert_eq!(values(&storage).await, 4, "two values for each write");
    let expected = [Some(answer(45)), None, Some(answer(0)), Some(answer(39))];
    assert_eq!(found(&storage, &[45, 99, 0, 39]).await, expected);
    let another = Storage::open().await;
    another.trim_cache(&CacheLimits::USUAL).await;
    assert!(another.cache.holds(&key(49)) && !another.cache.holds(&key(50)));
    assert_eq!(found(&another, &[45, 99, 0, 39]).await, expected);
    assert_eq!(another.clear_cache().await, Ok(50));
    assert_eq!((found(&another, &[45]).await, values(&another).await), (vec![None], 0));
}

pub async fn the_oldest_answers_go_first_and_the_rest_is_found_once_merged() {
    let storage = cache_of(&[0..4, 4..8, 6..10, 10..12]).await;
    storage.trim_cache(&CacheLimits { answers: 10, ..ALL_MERGED }).await;
    assert_eq!(values(&storage).await, 2, "one group");
    let left: Vec<u8> = (0..12).filter(|number| storage.cache.holds(&key(*number))).collect();
    assert_eq!(left, (4..12).collect::<Vec<_>>());
    let answers = found(&storage, &[3, 4, 6, 11]).await;
    assert_eq!(answers, [None, Some(answer(4)), Some(answer(6)), Some(answer(11))]);
    storage.trim_cache(&CacheLimits { bytes: 0, ..CacheLimits::USUAL }).await;
    assert_eq!((found(&storage, &[11]).await, values(&storage).await), (vec![None], 0));
}

pub async fn what_another_tab_merged_is_found_and_what_it_cleared_is_not() {
    let storage = cache_of(&[0..2, 2..4]).await;
    let another = Storage::open().await;
    another.trim_cache(&ALL_MERGED).await;
    assert_eq!(found(&storage, &[1, 3]).await, [Some(answer(1)), Some(answer(3))]);
    another.clear_cache().await.expect("cleared");
    assert_eq!(found(&storage, &[1, 3]).await, [None, None]);
    assert!(!storage.cache.holds(&key(1)));
}

pub async fn answers_of_an_earlier_version_are_found() {
    let storage = cache_of(&[]).await;
    let database = storage.database.as_ref().expect("a database");
    let json = |number| serde_json::to_string(&answer(number)).expect("JSON");
    let name = |number| format!("{number:02x}").repeat(32);
    let listed = Array::of3(&"cache".into(), &5.into(), &6.into());
    let written = vec![
        Change::put(Store::Cache, name(1), json(1)),
        Change::put(Store::Cache, name(2), Uint8Array::from(json(2).as_bytes())),
        Change::put(Store::Settings, JsValue::from(listed), Uint8Array::from(&[0; 72][..])),
    ];
    database.write(written, Durability::Strict).await.expect("written");
    storage.remember(&[(key(3), answer(3))]).await;
    storage.trim_cache(&CacheLimits::USUAL).await;
    assert_eq!(found(&storage, &[1, 2, 3]).await, [Some(answer(1)), Some(answer(2)), Some(answer(3))]);
    assert_eq!(values(&storage).await, 4, "two groups");
    assert!(database.keys(Store::Settings, Some(keys_of("cache"))).await.expect("read").is_empty());
    storage.trim_cache(&CacheLimits { answers: 1, ..CacheLimits::USUAL }).await;
    assert_eq!(found(&storage, &[1, 3]).await, [None, Some(answer(3))], "they are the oldest");
}
