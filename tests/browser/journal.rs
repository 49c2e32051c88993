//! The journal in the private file system: what was flushed is read again, and a torn tail is cut.

use pennybatch::worker::frames;
use pennybatch::worker::journal::Journal;
use pennybatch::worker::opfs::Opfs;
use wasm_bindgen_test::wasm_bindgen_test;

async fn files() -> Opfs {
    Opfs::open().await.expect("Chromium has a private file system")
}

fn framed(payloads: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for payload in payloads {
        frames::append(&mut bytes, payload.as_bytes()).expect("small payloads fit");
    }
    bytes
}

async fn read(opfs: &Opfs, run: &str) -> (Vec<String>, usize) {
    let found = Journal::read(opfs, run).await.expect("a journal");
    let payloads = found.payloads.into_iter().map(|payload| String::from_utf8(payload).expect("text")).collect();
    (payloads, found.torn_bytes)
}

#[wasm_bindgen_test]
async fn what_was_appended_is_read_again() {
    let (opfs, run) = (files().await, "test-journal-round-trip");
    let mut journal = Journal::create(&opfs, run, &framed(&["manifest"])).await.expect("created");
    journal.append(&framed(&["one", "two"])).await.expect("appended");
    journal.append(&framed(&["three"])).await.expect("appended");
    let bytes = journal.bytes();
    drop(journal);
    assert_eq!(Journal::size(&opfs, run).await, Some(bytes));
    assert_eq!(read(&opfs, run).await, (["manifest", "one", "two", "three"].map(str::to_owned).to_vec(), 0));
    assert!(opfs.runs().await.expect("a listing").contains(&run.to_owned()));
    opfs.remove(run).await.expect("removed");
    assert!(Journal::read(&opfs, run).await.is_none());
}

#[wasm_bindgen_test]
async fn a_torn_tail_is_cut_and_the_journal_goes_on() {
    let (opfs, run) = (files().await, "test-journal-torn");
    let mut bytes = framed(&["manifest", "one", "two"]);
    bytes.truncate(bytes.len() - 2);
    opfs.write(run, "journal", &bytes).await.expect("written");
    let (whole, torn_bytes) = read(&opfs, run).await;
    assert_eq!((whole.len(), torn_bytes), (2, 8 + "two".len() - 2));

    let mut journal = Journal::open(&opfs, run).await.expect("opened");
    journal.append(&framed(&["again"])).await.expect("appended");
    drop(journal);
    assert_eq!(read(&opfs, run).await, (["manifest", "one", "again"].map(str::to_owned).to_vec(), 0));
    opfs.remove(run).await.expect("removed");
}

#[wasm_bindgen_test]
async fn a_journal_has_one_writer() {
    let (opfs, run) = (files().await, "test-journal-one-writer");
    let journal = Journal::create(&opfs, run, &framed(&["manifest"])).await.expect("created");
    assert!(Journal::open(&opfs, run).await.is_err());
    drop(journal);
    assert!(Journal::open(&opfs, run).await.is_ok());
    opfs.remove(run).await.expect("removed");
}
