//! IndexedDB: transactions are all or nothing, and ranges of keys belong to one run.

use pennybatch::worker::disk::database::{Change, Database, Durability, Store, key_of, keys_of};
use wasm_bindgen::JsValue;

async fn open(name: &str) -> Database {
    Database::open_named(&format!("test-{name}")).await.expect("a database")
}

async fn put(database: &Database, changes: Vec<Change>) {
    database.write(changes, Durability::Relaxed).await.expect("written");
}

pub async fn what_was_put_is_there_under_its_key_alone() {
    let database = open("put").await;
    put(&database, vec![Change::put(Store::Cache, "a", "1"), Change::put(Store::Cache, "b", "2")]).await;
    let keys = ["b", "missing", "a"].map(JsValue::from);
    let values = database.get_many(Store::Cache, &keys).await.expect("read");
    assert_eq!(values.iter().map(JsValue::as_string).collect::<Vec<_>>(), [Some("2".into()), None, Some("1".into())]);
    put(&database, vec![Change::Clear { store: Store::Cache }]).await;
    assert!(database.keys(Store::Cache, None).await.expect("read").is_empty());
}

pub async fn a_runs_keys_are_its_own_and_in_order() {
    let database = open("ranges").await;
    let records = [("run-a", 10), ("run-a", 2), ("run-ab", 0), ("run-b", 0)];
    let changes = records
        .iter()
        .map(|(run, number)| Change::put(Store::Records, key_of(run, *number), format!("{run} {number}")));
    put(&database, changes.collect()).await;
    let keys = database.keys(Store::Records, Some(keys_of("run-a"))).await.expect("read");
    let values = database.get_many(Store::Records, &keys).await.expect("read");
    assert_eq!(values.iter().filter_map(JsValue::as_string).collect::<Vec<_>>(), ["run-a 2", "run-a 10"]);
    put(&database, vec![Change::Delete { store: Store::Records, keys: keys_of("run-a") }]).await;
    assert_eq!(database.keys(Store::Records, None).await.expect("read").len(), 2);
}

pub async fn a_change_that_fails_takes_the_whole_transaction_back() {
    let database = open("atomic").await;
    let uncloneable = js_sys::global();
    let changes = vec![Change::put(Store::Settings, "good", "1"), Change::put(Store::Settings, "bad", uncloneable)];
    assert!(database.write(changes, Durability::Strict).await.is_err());
    assert!(database.get(Store::Settings, "good").await.expect("read").is_undefined());
    put(&database, vec![Change::put(Store::Settings, "good", "2")]).await;
    assert_eq!(database.get(Store::Settings, "good").await.expect("read").as_string().as_deref(), Some("2"));
}
