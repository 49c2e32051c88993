//! IndexedDB, as little of it as is needed. Own layer over web-sys rather than `indexed_db_futures`: here a
//! transaction is a plain list of changes, so that nothing can be awaited inside one (which would end it), every put
//! is issued at once, and "done" is the transaction's `complete`; that crate would let a request be awaited in the
//! middle, rolls back what isn't committed by hand, and brings six procedural-macro crates for the five calls below.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction};

use crate::worker::browser::{is_named, now, property, sleep_ms};

const NAME: &str = "pennybatch";
const VERSION: u32 = 1;
/// Where opening takes longer, the app goes on without IndexedDB and says so. WebKit on a busy machine was seen to take
/// more than five seconds, and a run that began then was kept in memory alone.
const OPEN_MS_MAX: u64 = 30_000;
/// A connection that the browser closed is opened again within this time, or what was to be done with it fails.
const REOPEN_MS_MAX: u64 = 10_000;
const REOPEN_WAIT_MS: u32 = 250;
/// Connections that one transaction is tried on.
const TRIES_MAX: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// run -> its manifest and where it stands, as JSON.
    Runs,
    /// [run, chunk] -> bytes of the data file.
    Data,
    /// [run, sequence of the first] -> frames of records, as in the journal.
    Records,
    /// Groups of answers, and lists of their keys: see [`cache`](super::cache). They outlive the runs.
    Cache,
    /// name -> value as JSON.
    Settings,
}

impl Store {
    const ALL: [Store; 5] = [Store::Runs, Store::Data, Store::Records, Store::Cache, Store::Settings];

    fn name(self) -> &'static str {
        match self {
            Store::Runs => "runs",
            Store::Data => "data",
            Store::Records => "records",
            Store::Cache => "cache",
            Store::Settings => "settings",
        }
    }
}

pub enum Change {
    Put { store: Store, key: JsValue, value: JsValue },
    Delete { store: Store, keys: JsValue },
    Clear { store: Store },
}

impl Change {
    pub fn put(store: Store, key: impl Into<JsValue>, value: impl Into<JsValue>) -> Change {
        Change::Put { store, key: key.into(), value: value.into() }
    }

    fn store(&self) -> Store {
        match self {
            Change::Put { store, .. } | Change::Delete { store, .. } | Change::Clear { store } => *store,
        }
    }
}

/// How sure a write must be before it counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The journal holds the truth: the system may write when it likes.
    Relaxed,
    /// Nothing else holds it.
    Strict,
}

pub struct Database {
    name: String,
    /// Another one after the browser closed it, as Safari does with pages in the background.
    idb: RefCell<IdbDatabase>,
    /// It couldn't be opened again, or another tab upgraded it.
    lost: Rc<Cell<bool>>,
}

impl Database {
    pub async fn open() -> Result<Database, String> {
        Database::open_named(NAME).await
    }

    pub async fn open_named(name: &str) -> Result<Database, String> {
        let idb = connect(name, OPEN_MS_MAX, true).await?;
        let database = Database { name: name.into(), idb: RefCell::new(idb), lost: Rc::default() };
        database.watch();
        Ok(database)
    }

    fn watch(&self) {
        let idb = self.idb.borrow().clone();
        let (lost, closing) = (self.lost.clone(), idb.clone());
        let changed = Closure::<dyn FnMut()>::new(move || {
            lost.set(true);
            closing.close();
        });
        idb.set_onversionchange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
    }

    pub fn is_lost(&self) -> bool {
        self.lost.get()
    }

    /// After a transaction failed on a connection: returns once there is another one, if the browser had closed it.
    async fn reconnect(&self, closed: &IdbDatabase, error: JsValue) -> Result<(), JsValue> {
        // A transaction that the browser ended may say nothing at all.
        let names = ["InvalidStateError", "AbortError", "UnknownError"];
        if !error.is_null() && !names.iter().any(|name| is_named(&error, name)) {
            return Err(error);
        }
        let until = now().after_ms(REOPEN_MS_MAX);
        let mut wait_ms = REOPEN_WAIT_MS;
        // Another transaction that failed may be faster.
        while *self.idb.borrow() == *closed {
            match connect(&self.name, until.ms_since(now()), false).await {
                Ok(idb) => {
                    self.idb.replace(idb).close();
                    self.lost.set(false);
                    self.watch();
                }
                Err(why) if until.ms_since(now()) <= wait_ms.into() => {
                    self.lost.set(true);
                    return Err(why.into());
                }
                Err(_) => sleep_ms(wait_ms).await,
            }
            wait_ms *= 2;
        }
        Ok(())
    }

    /// All changes in one transaction: all of them are done when this returns, or none.
    pub async fn write(&self, changes: Vec<Change>, durability: Durability) -> Result<(), JsValue> {
        if changes.is_empty() {
            return Ok(());
        }
        let names: Array = Store::ALL
            .into_iter()
            .filter(|store| changes.iter().any(|change| change.store() == *store))
            .map(|store| JsValue::from_str(store.name()))
            .collect();
        let mut tries = 1;
        loop {
            let idb = self.idb.borrow().clone();
            match write_to(&idb, &names, &changes, durability).await {
                Err(error) if tries < TRIES_MAX => self.reconnect(&idb, error).await?,
                written => return written,
            }
            tries += 1;
        }
    }

    /// The values of these keys, `undefined` for those that are missing; in one transaction.
    pub async fn get_many(&self, store: Store, keys: &[JsValue]) -> Result<Vec<JsValue>, JsValue> {
        let objects = self.reading(store).await?;
        let requests: Vec<IdbRequest> = keys.iter().map(|key| objects.get(key)).collect::<Result<_, _>>()?;
        let mut values = Vec::with_capacity(requests.len());
        for answered in requests.iter().map(answer).collect::<Vec<_>>() {
            answered.await?;
        }
        for request in &requests {
            values.push(request.result()?);
        }
        Ok(values)
    }

    pub async fn get(&self, store: Store, key: impl Into<JsValue>) -> Result<JsValue, JsValue> {
        let values = self.get_many(store, &[key.into()]).await?;
        Ok(values.into_iter().next().unwrap_or(JsValue::UNDEFINED))
    }

    /// All keys (of a range), in their order.
    pub async fn keys(&self, store: Store, keys: Option<JsValue>) -> Result<Vec<JsValue>, JsValue> {
        let objects = self.reading(store).await?;
        let request = match keys {
            Some(keys) => objects.get_all_keys_with_key(&keys)?,
            None => objects.get_all_keys()?,
        };
        if answer(&request).await.is_err() {
            return Err(request.error()?.map_or(JsValue::NULL, JsValue::from));
        }
        Ok(request.result()?.unchecked_into::<Array>().to_vec())
    }

    async fn reading(&self, store: Store) -> Result<IdbObjectStore, JsValue> {
        let mut tries = 1;
        loop {
            let idb = self.idb.borrow().clone();
            let begun = idb.transaction_with_str(store.name());
            match begun.and_then(|transaction| transaction.object_store(store.name())) {
                Err(error) if tries < TRIES_MAX => self.reconnect(&idb, error).await?,
                objects => return objects,
            }
            tries += 1;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.idb.borrow().close();
    }
}

/// `may_create`: else a database that is gone stays gone, and this fails. A run whose records were in it must not go on in
/// an empty one.
async fn connect(name: &str, within_ms: u64, may_create: bool) -> Result<IdbDatabase, String> {
    let factory = property(&js_sys::global(), "indexedDB").ok_or("this browser has no IndexedDB here")?;
    let factory: IdbFactory = factory.unchecked_into();
    let request = factory.open_with_u32(name, VERSION).map_err(|error| crate::worker::browser::words(&error))?;
    on_upgrade(&request, may_create);
    let opened = Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
        request.set_onblocked(Some(&reject));
    });
    let late = wasm_bindgen_futures::future_to_promise(async move {
        sleep_ms(within_ms as u32).await;
        Err(JsValue::NULL)
    });
    let first = Promise::race(&Array::of2(&opened, &late)).await;
    match first.and_then(|_| request.result()) {
        Ok(idb) => Ok(idb.unchecked_into()),
        Err(_) => Err(why_not(&request)),
    }
}

/// Every key that begins with `run`: `[run, …]`.
pub fn keys_of(run: &str) -> JsValue {
    let (low, high) = (Array::of1(&run.into()), Array::of2(&run.into(), &Array::new()));
    IdbKeyRange::bound(&low, &high).map_or(JsValue::UNDEFINED, JsValue::from)
}

/// Every key that is a text.
pub fn text_keys() -> JsValue {
    let (low, high) = ("".into(), Array::new().into());
    IdbKeyRange::bound_with_lower_open_and_upper_open(&low, &high, false, true)
        .map_or(JsValue::UNDEFINED, JsValue::from)
}

pub fn key_of(run: &str, number: u64) -> JsValue {
    Array::of2(&run.into(), &(number as f64).into()).into()
}

async fn write_to(idb: &IdbDatabase, names: &Array, changes: &[Change], durability: Durability) -> Result<(), JsValue> {
    let transaction = writing(idb, names, durability)?;
    let done = completion(idb, &transaction);
    if let Err(error) = issue(&transaction, changes) {
        let _ = transaction.abort();
        let _ = done.await;
        return Err(error);
    }
    match done.await {
        Ok(_) => Ok(()),
        Err(_) => Err(transaction.error().map_or(JsValue::NULL, JsValue::from)),
    }
}

/// web-sys knows the durability only behind its unstable switch, so the call goes by name; a browser that doesn't
/// know it ignores it.
fn writing(idb: &IdbDatabase, names: &Array, durability: Durability) -> Result<IdbTransaction, JsValue> {
    let durability = match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    };
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    let begin: Function = Reflect::get(idb, &"transaction".into())?.unchecked_into();
    Ok(begin.call3(idb, names, &"readwrite".into(), &options)?.unchecked_into())
}

fn issue(transaction: &IdbTransaction, changes: &[Change]) -> Result<(), JsValue> {
    for change in changes {
        let objects = transaction.object_store(change.store().name())?;
        match change {
            Change::Put { key, value, .. } => objects.put_with_key(value, key)?,
            Change::Delete { keys, .. } => objects.delete(keys)?,
            Change::Clear { .. } => objects.clear()?,
        };
    }
    Ok(())
}

/// A browser that closes the connection ought to abort what is under way on it first.
fn completion(idb: &IdbDatabase, transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve: Function, reject: Function| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
        idb.set_onclose(Some(&reject));
    })
}

fn answer(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve: Function, reject: Function| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

fn on_upgrade(request: &IdbOpenDbRequest, may_create: bool) {
    let opening = request.clone();
    let upgrade = Closure::once_into_js(move || {
        if !may_create {
            let _ = opening.transaction().map(|upgrade| upgrade.abort());
        } else if let Ok(idb) = opening.result() {
            let idb: IdbDatabase = idb.unchecked_into();
            for store in Store::ALL {
                // Fails where the store is there already, which is all that is wanted.
                let _ = idb.create_object_store(store.name());
            }
        }
    });
    request.set_onupgradeneeded(Some(upgrade.unchecked_ref()));
}

fn why_not(request: &IdbOpenDbRequest) -> String {
    match request.error() {
        Ok(Some(error)) => crate::worker::browser::words(&error),
        _ => "another tab holds an older version of it open, or the browser does not answer".into(),
    }
}
