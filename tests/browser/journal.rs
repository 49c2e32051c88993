//! The journal in the private file system: what was flushed is read again, and a torn tail is cut.

use pennybatch::worker::disk::frames;
use pennybatch::worker::disk::journal::{Journal, Walk};
use pennybatch::worker::disk::opfs::Opfs;
use pennybatch::worker::run::results::{Position, Texts};

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
    let mut walk = Walk::begin(opfs, run).await.expect("a journal");
    let mut payloads = Vec::new();
    while let Some((_, payload)) = walk.next().await.expect("it can be read") {
        payloads.push(String::from_utf8(payload.to_vec()).expect("text"));
    }
    (payloads, walk.torn_bytes() as usize)
}

pub async fn what_was_appended_is_read_again() {
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
    assert!(Walk::begin(&opfs, run).await.is_none());
}

pub async fn a_torn_tail_is_cut_and_the_journal_goes_on() {
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

pub async fn a_journal_has_one_writer() {
    let (opfs, run) = (files().await, "test-journal-one-writer");
    let journal = Journal::create(&opfs, run, &framed(&["manifest"])).await.expect("created");
    assert!(Journal::open(&opfs, run).await.is_err());
    drop(journal);
    assert!(Journal::open(&opfs, run).await.is_ok());
    opfs.remove(run).await.expect("removed");
}

pub async fn a_journal_larger_than_a_part_is_gone_through_and_read_back_from_its_places() {
    let (opfs, run) = (files().await, "test-journal-large");
    let payloads: Vec<String> =
        (0..12).map(|number: usize| format!("{number} ").repeat(400_000 + 97 * number)).collect();
    let mut journal = Journal::create(&opfs, run, &framed(&["manifest"])).await.expect("created");
    for payload in &payloads {
        journal.append(&framed(&[payload])).await.expect("appended");
    }
    let (mut places, mut walk) = (Vec::new(), Walk::begin(&opfs, run).await.expect("a journal"));
    while let Some((place, payload)) = walk.next().await.expect("it can be read") {
        if payload != b"manifest" {
            assert!(payload == payloads[places.len()].as_bytes(), "record {}", places.len());
            places.push(place);
        }
    }
    assert_eq!((places.len(), walk.torn_bytes(), walk.whole_bytes() as f64), (12, 0, journal.bytes()));
    let reader = journal.reader();
    for number in [11, 0, 5] {
        assert!(reader.payload(places[number]).expect("read back") == payloads[number].as_bytes());
    }
    let beyond = Position { at: places[11].at + 8, ..places[11] };
    assert!(reader.payload(beyond).is_err(), "a record that isn't all there is an error");
    drop(journal);
    assert!(reader.payload(places[0]).is_err(), "and so is a closed journal");
    opfs.remove(run).await.expect("removed");
}
