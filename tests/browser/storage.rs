//! Runs on disk: journal and checkpoints hold the same, and either side alone rebuilds the other.

use pennybatch::engine::{Ending, Entry, Record};
use pennybatch::provider::{Answer, Finish};
use pennybatch::time::Time;
use pennybatch::worker::disk::database::{Change, Durability, Store, keys_of};
use pennybatch::worker::disk::manifest::{DataFacts, FORMAT, Manifest};
use pennybatch::worker::disk::refusal::DiskRefusal;
use pennybatch::worker::disk::storage::Storage;
use pennybatch::worker::run::results::{NoJournal, Results, Texts};

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::sample::{read_options, records, setup};

const DATA: &[u8] = b"id,name\n1,Whole Milk\n2,Kale\n";

/// A run with three records, put down and let go.
async fn kept(storage: &Storage, run: &str) -> Manifest {
    let manifest = Manifest {
        format: FORMAT,
        run: run.into(),
        started: Time::from_ms(1_795_442_000_000),
        used_key: true,
        more_used_keys: Vec::new(),
        setup: setup(),
        data: DataFacts::of("a.csv", DATA, 2, read_options()),
        items: None,
    };
    storage.delete(run).await.expect("nothing is left of an earlier test");
    let mut store = storage.create(&manifest, DATA).await.expect("created");
    store.append(&records()[..1]).await.expect("appended");
    store.append(&records()[1..]).await.expect("appended");
    store.close().await;
    manifest
}

/// Opens the run, checks that all of it is there, and answers what was mended.
async fn reopened(storage: &Storage, manifest: &Manifest) -> Vec<String> {
    let (store, found) = storage.open_run(&manifest.run).await.expect("opened");
    assert_eq!((&found.manifest, found.data.as_slice()), (manifest, DATA));
    let read: Vec<Record> = found.records.into_iter().map(|read| read.record).collect();
    assert_eq!(read, records());
    store.close().await;
    found.notes
}

pub async fn a_run_is_there_again_whole() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-whole").await;
    assert_eq!(reopened(&storage, &manifest).await, Vec::<String>::new());
    let runs = storage.runs(None).await;
    let listed = runs.iter().find(|listed| listed.run == manifest.run).expect("listed");
    assert_eq!((listed.done, listed.total, listed.finished, listed.busy), (1, 2, false, false));
    assert_eq!((listed.spent.pico(), listed.doubtful.pico(), listed.doubtful_attempts), (7, 100, 1));
    storage.delete(&manifest.run).await.expect("deleted");
    assert!(storage.open_run(&manifest.run).await.is_err());
}

pub async fn the_journal_alone_rebuilds_the_checkpoints() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-journal").await;
    let database = storage.database.as_ref().expect("a database");
    let wipe = vec![
        Change::Clear { store: Store::Runs },
        Change::Clear { store: Store::Data },
        Change::Clear { store: Store::Records },
    ];
    database.write(wipe, Durability::Strict).await.expect("wiped");
    assert!(storage.runs(None).await.iter().any(|listed| listed.run == manifest.run && listed.done == 1));
    assert_eq!(reopened(&storage, &manifest).await.len(), 1, "it says what was rebuilt");
    assert_eq!(reopened(&storage, &manifest).await.len(), 0, "and it was");
    assert!(!database.keys(Store::Data, Some(keys_of(&manifest.run))).await.expect("read").is_empty());
    storage.delete(&manifest.run).await.expect("deleted");
}

pub async fn the_checkpoints_alone_rebuild_the_journal() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-checkpoints").await;
    let opfs = storage.opfs.as_ref().expect("a private file system");
    opfs.remove(&manifest.run).await.expect("removed");
    assert!(storage.runs(None).await.iter().any(|listed| listed.run == manifest.run && listed.done == 1));
    assert_eq!(reopened(&storage, &manifest).await.len(), 1, "it says what was rebuilt");
    assert_eq!(reopened(&storage, &manifest).await.len(), 0, "and it was");
    storage.delete(&manifest.run).await.expect("deleted");
}

pub async fn without_a_journal_the_database_alone_keeps_a_run() {
    let storage = Storage { opfs: None, ..Storage::open().await };
    let manifest = kept(&storage, "test-storage-database-only").await;
    assert_eq!(reopened(&storage, &manifest).await, Vec::<String>::new());
    storage.delete(&manifest.run).await.expect("deleted");
}

/// Refuses everything that is put into the database, as a full disk does, until it is dropped.
struct FullDatabase {
    put: JsValue,
    _refuse: Closure<dyn FnMut() -> Result<JsValue, JsValue>>,
}

impl FullDatabase {
    fn prototype() -> JsValue {
        let store = Reflect::get(&js_sys::global(), &"IDBObjectStore".into()).expect("a database");
        Reflect::get(&store, &"prototype".into()).expect("methods")
    }

    fn begin() -> FullDatabase {
        let put = Reflect::get(&FullDatabase::prototype(), &"put".into()).expect("a method");
        let refuse =
            Closure::new(
                || Err(web_sys::DomException::new_with_message_and_name("full", "QuotaExceededError")?.into()),
            );
        Reflect::set(&FullDatabase::prototype(), &"put".into(), refuse.as_ref()).expect("it can be replaced");
        FullDatabase { put, _refuse: refuse }
    }
}

impl Drop for FullDatabase {
    fn drop(&mut self) {
        let _ = Reflect::set(&FullDatabase::prototype(), &"put".into(), &self.put);
    }
}

pub async fn without_a_journal_only_what_is_saved_counts_as_saved() {
    let storage = Storage { opfs: None, ..Storage::open().await };
    let manifest = kept(&storage, "test-storage-refused").await;
    let (mut store, found) = storage.open_run(&manifest.run).await.expect("opened");
    let before = found.records.len();
    let full = FullDatabase::begin();
    // Another write goes on meanwhile, and fails too.
    let checkpoints = store.checkpoints.clone().expect("a database");
    store.list(&manifest.summary(&[]));
    spawn_local(async move {
        let _ = checkpoints.write().await;
    });
    let refused = store.append(&records()[..1]).await;
    assert!(matches!(refused, Err(DiskRefusal::Full(_))), "{refused:?}");
    drop(full);
    store.append(&records()[..1]).await.expect("there is room again");
    store.close().await;
    let (store, found) = storage.open_run(&manifest.run).await.expect("opened");
    assert_eq!(found.records.len(), before + 1);
    store.close().await;
    storage.delete(&manifest.run).await.expect("deleted");
}

pub async fn a_damaged_copy_of_the_data_is_taken_from_the_other_side() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-data").await;
    let opfs = storage.opfs.as_ref().expect("a private file system");
    opfs.write(&manifest.run, "data", b"id,name\n1,Whole Malk\n2,Kale\n").await.expect("damaged");
    reopened(&storage, &manifest).await;
    assert_eq!(opfs.read(&manifest.run, "data").await.as_deref(), Some(DATA), "mended on the way");
    storage.delete(&manifest.run).await.expect("deleted");
}

pub async fn a_run_is_open_once() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-once").await;
    let (store, _) = storage.open_run(&manifest.run).await.expect("opened");
    let refused = storage.open_run(&manifest.run).await.err().expect("refused");
    assert!(refused.message.contains("Another tab"), "{}", refused.message);
    assert!(storage.delete(&manifest.run).await.is_err());
    let busy = |own| async move {
        let runs = Storage::open().await.runs(own).await;
        runs.iter().find(|listed| listed.run == "test-storage-once").map(|listed| listed.busy)
    };
    assert_eq!(busy(None).await, Some(true));
    assert_eq!(busy(Some("test-storage-once")).await, Some(false));
    store.close().await;
    storage.delete(&manifest.run).await.expect("deleted");
}

pub async fn data_without_a_run_is_swept_and_runs_stay() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-sweep").await;
    let opfs = storage.opfs.as_ref().expect("a private file system");
    opfs.write("test-storage-orphan", "data", DATA).await.expect("written");
    storage.sweep().await;
    let runs = opfs.runs().await.expect("a listing");
    assert!(!runs.contains(&"test-storage-orphan".to_owned()) && runs.contains(&manifest.run), "{runs:?}");
    storage.delete(&manifest.run).await.expect("deleted");
}

/// A row that ended with an answer too long for memory.
fn long_ending(item: u32) -> Record {
    let text = format!("row {item}: {}", "word ".repeat(400 + item as usize));
    let answer = Answer { text, finish: Finish::Stop, request_id: None, misfit: None };
    Record { at: Time::from_ms(5), entry: Entry::Ended { item, ending: Ending::FromCache(answer) } }
}

pub async fn long_answers_stay_in_the_journal_and_survive_the_loss_of_either_side() {
    let storage = Storage::open().await;
    let manifest = kept(&storage, "test-storage-long").await;
    let (mut store, _) = storage.open_run(&manifest.run).await.expect("opened");
    store.append(&[long_ending(0)]).await.expect("appended");
    store.append(&[long_ending(1)]).await.expect("appended");
    store.close().await;
    for loss in ["nothing", "the journal", "its tail", "the checkpoints", "some of them"] {
        let (opfs, database) = (storage.opfs.as_ref().expect("a file system"), storage.database.as_ref().expect("one"));
        match loss {
            "the journal" => opfs.remove(&manifest.run).await.expect("removed"),
            "its tail" => {
                let bytes = opfs.read(&manifest.run, "journal").await.expect("a journal");
                opfs.write(&manifest.run, "journal", &bytes[..bytes.len() - 700]).await.expect("cut");
            }
            "the checkpoints" | "some of them" => {
                let store = if loss == "the checkpoints" { Store::Runs } else { Store::Records };
                database.write(vec![Change::Clear { store }], Durability::Strict).await.expect("cleared");
            }
            _ => {}
        }
        let (store, found) = storage.open_run(&manifest.run).await.expect("opened");
        let texts = store.texts();
        let results = Results::restore(2, found.records.iter().map(|read| (&read.record, read.away)));
        assert_eq!(found.records.iter().filter(|read| read.away.is_some()).count(), 2, "after the loss of {loss}");
        for item in 0..2 {
            let answer = found
                .records
                .iter()
                .rfind(|read| matches!(&read.record.entry, Entry::Ended { item: of, .. } if *of == item));
            let place = answer.and_then(|read| read.away).expect("a place");
            let payload = texts.payload(place).expect("read back");
            assert_eq!(serde_json::from_slice::<Record>(&payload).expect("a record"), long_ending(item));
        }
        assert!(results.answer(1, &NoJournal).is_err(), "no text is in memory");
        assert!(results.answer(1, &texts).expect("read back").is_some());
        store.close().await;
    }
    let alone = Storage { opfs: None, ..Storage::open().await };
    let (store, found) = alone.open_run(&manifest.run).await.expect("the checkpoints have all of it");
    assert_eq!(found.records.last().map(|read| (&read.record, read.away)), Some((&long_ending(1), None)));
    store.close().await;
    storage.delete(&manifest.run).await.expect("deleted");
}
