//! Odd inputs for every parser of what others write: data files, prompts, provider bodies, batch lines, checkpoints,
//! links, numbers, labels, documents, schemas, keys, addresses. No input may lead to a panic, a hang, or an error that
//! is empty or doesn't fit on a screen. `README.md` tells how to run it and how to read a failure.
//!
//! `corpus` draws inputs: fixtures and the literals of other tests, changed. `run` feeds them to the targets, on as many
//! threads as wanted, and `shrink` makes one that fails short. `kept` holds those that failed once. A target is a function
//! in one of the other files; a failed assertion there is a failure like a panic of the product's.

#![cfg(not(target_arch = "wasm32"))]

mod answers;
mod bodies;
mod corpus;
mod files;
mod kept;
#[cfg(feature = "ui")]
mod links;
mod literals;
mod numbers;
mod run;
mod shrink;
mod words;

use corpus::Corpus;

/// A parser, what it is fed with, and what must hold of what it makes of it.
pub struct Target {
    pub name: &'static str,
    pub corpus: fn() -> Corpus,
    /// `chance` chooses the options. Its seed is the input's content, so that an input alone repeats a failure.
    pub check: fn(input: &[u8], chance: &mut fastrand::Rng),
}

const TARGETS: &[Target] = &[
    Target { name: "files", corpus: files::corpus, check: files::file },
    Target { name: "prompts", corpus: files::prompts, check: files::prompt },
    Target { name: "checkpoints", corpus: files::checkpoints, check: files::checkpoint },
    Target { name: "bodies", corpus: bodies::corpus, check: bodies::body },
    Target { name: "batches", corpus: bodies::batches, check: bodies::batch },
    Target { name: "router lists", corpus: bodies::router_lists, check: bodies::router_list },
    Target { name: "keys", corpus: words::keys, check: words::key },
    Target { name: "addresses", corpus: words::addresses, check: words::address },
    Target { name: "numbers", corpus: numbers::corpus, check: numbers::number },
    #[cfg(feature = "ui")]
    Target { name: "links", corpus: links::corpus, check: links::link },
    #[cfg(feature = "ui")]
    Target { name: "embeds", corpus: links::embeds, check: links::embed },
    Target { name: "labels", corpus: answers::labels, check: answers::label },
    Target { name: "documents", corpus: answers::documents, check: answers::document },
    Target { name: "schemas", corpus: answers::schemas, check: answers::schema },
];

/// The longest error that a screen shows without scrolling.
const ERROR_CHARS_MAX: usize = 2_000;

/// An error is no use where it is empty, or so long that nobody finds what it says.
fn fits_a_screen(error: &str) {
    assert!(!error.trim().is_empty(), "an error without words");
    let chars = error.chars().count();
    let start: String = error.chars().take(200).collect();
    assert!(chars <= ERROR_CHARS_MAX, "an error of {chars} characters: {start}");
}

/// The file of a test or a source, with its path from the project's root.
fn project_file(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The files below a folder of the project, in the order of their names.
fn project_files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&place).unwrap_or_else(|why| panic!("{}: {why}", place.display()));
    for entry in entries.filter_map(Result::ok) {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => files.extend(project_files(&path)),
            false => files.push((path.clone(), project_file(&path))),
        }
    }
    files.sort();
    files
}
