//! IndexedDB: transactions are all or nothing, ranges of keys belong to one run, and a connection that the browser closes
//! is opened again.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Reflect};
use pennybatch::worker::disk::database::{Change, Database, Durability, Store, key_of, keys_of};
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbOpenDbRequest};

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

/// Remembers each connection until it is dropped, and closes them as a browser does.
struct Connections {
    open: Function,
    requests: Rc<RefCell<Vec<IdbOpenDbRequest>>>,
    _watch: Closure<dyn FnMut(JsValue, JsValue) -> Result<JsValue, JsValue>>,
}

impl Connections {
    fn prototype() -> JsValue {
        let factory = Reflect::get(&js_sys::global(), &"IDBFactory".into()).expect("a database");
        Reflect::get(&factory, &"prototype".into()).expect("methods")
    }

    fn watch() -> Connections {
        let open: Function =
            Reflect::get(&Connections::prototype(), &"open".into()).expect("a method").unchecked_into();
        let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).expect("a database");
        let requests: Rc<RefCell<Vec<IdbOpenDbRequest>>> = Rc::default();
        let (real, seen) = (open.clone(), requests.clone());
        let watch: Closure<dyn FnMut(JsValue, JsValue) -> Result<JsValue, JsValue>> =
            Closure::new(move |name: JsValue, version: JsValue| {
                let request = real.call2(&factory, &name, &version)?;
                seen.borrow_mut().push(request.clone().unchecked_into());
                Ok(request)
            });
        Reflect::set(&Connections::prototype(), &"open".into(), watch.as_ref()).expect("it can be replaced");
        Connections { open, requests, _watch: watch }
    }

    fn close(&self) {
        for request in self.requests.take() {
            let idb: IdbDatabase = request.result().expect("it is open").unchecked_into();
            idb.close();
            idb.dispatch_event(&Event::new("close").expect("an event")).expect("it is heard");
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        let _ = Reflect::set(&Connections::prototype(), &"open".into(), &self.open);
    }
}

pub async fn a_connection_that_the_browser_closed_is_opened_again() {
    let connections = Connections::watch();
    let database = open("closed").await;
    put(&database, vec![Change::Clear { store: Store::Cache }, Change::put(Store::Cache, "a", "1")]).await;
    connections.close();
    put(&database, vec![Change::put(Store::Cache, "b", "2")]).await;
    connections.close();
    assert_eq!(database.keys(Store::Cache, None).await.expect("read").len(), 2);
    assert!(!database.is_lost());
}
