//! Exact token counts: the programs that hold a vocabulary, and the question they are asked. A vocabulary is downloaded
//! when the first text of a model that uses it is to be counted, and every text is counted once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use gloo_timers::callback::Timeout;

use crate::link::Setup;
use crate::prices;
#[cfg(feature = "tokenizers")]
use crate::tokenizer;
#[cfg(feature = "tokenizers")]
use crate::worker::programs::program;
use crate::worker::programs::program::Program;

/// Counts that are kept; with more, all are forgotten.
const KEPT_MAX: usize = 500_000;
/// A program that nobody asks for so long is ended: it holds some 50 MB.
const IDLE_MS: u32 = 5_000;
/// For the texts of one question: a thousandth is usual.
const COUNT_MS_MAX: u32 = 60_000;

/// The side of the program that knows `o200k_base`.
#[cfg(feature = "tokenizers")]
pub fn serve_o200k() {
    serve(tokenizer::o200k_base);
}

/// The side of the program that knows `cl100k_base`.
#[cfg(feature = "tokenizers")]
pub fn serve_cl100k() {
    serve(tokenizer::cl100k_base);
}

/// Counts each text of a list.
#[cfg(feature = "tokenizers")]
fn serve(count: fn(&str) -> u32) {
    program::serve(move |texts: Vec<String>| texts.iter().map(|text| count(text)).collect::<Vec<u32>>());
}

/// A public vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    O200k,
    Cl100k,
}

impl Vocabulary {
    /// That of the setup's model, where it is public.
    pub fn of(setup: &Setup) -> Option<Vocabulary> {
        match prices::find_at(setup.provider, &setup.model)?.tokenizer.as_deref()? {
            "o200k_base" | "o200k_harmony" => Some(Vocabulary::O200k),
            "cl100k_base" => Some(Vocabulary::Cl100k),
            _ => None,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Vocabulary::O200k => "tokenizer_o200k",
            Vocabulary::Cl100k => "tokenizer_cl100k",
        }
    }
}

/// The worker's side: the programs that were started, and what they counted.
#[derive(Default)]
pub struct Tokenizers(RefCell<BTreeMap<Vocabulary, Rc<Tokenizer>>>);

#[derive(Default)]
struct Tokenizer {
    /// `None`: not started yet, or ended to free its memory. What it counted stays known.
    program: RefCell<Option<Rc<Program>>>,
    /// Ends it.
    idle: RefCell<Option<Timeout>>,
    kept: RefCell<HashMap<(u64, u64), u32>>,
    has_counted: Cell<bool>,
}

impl Tokenizers {
    /// The vocabulary is here, so that counting takes no download.
    pub fn is_ready(&self, vocabulary: Vocabulary) -> bool {
        self.0.borrow().get(&vocabulary).is_some_and(|tokenizer| tokenizer.has_counted.get())
    }

    /// Tokens of each text, in their order. `Err`: the program can't be loaded, or broke.
    pub async fn count(&self, vocabulary: Vocabulary, texts: &[&str]) -> Result<Vec<u32>, String> {
        let tokenizer = self.0.borrow_mut().entry(vocabulary).or_default().clone();
        tokenizer.count(vocabulary, texts).await
    }
}

impl Tokenizer {
    fn running(&self, vocabulary: Vocabulary) -> Result<Rc<Program>, String> {
        let running = self.program.borrow().clone();
        if let Some(running) = running.filter(|program| !program.is_broken()) {
            return Ok(running);
        }
        let started = Rc::new(Program::start(vocabulary.program())?);
        self.program.replace(Some(started.clone()));
        Ok(started)
    }

    /// Whoever still waits for an answer keeps the program until it comes.
    fn rest_later(self: &Rc<Self>) {
        let tokenizer = Rc::downgrade(self);
        self.idle.replace(Some(Timeout::new(IDLE_MS, move || {
            if let Some(tokenizer) = tokenizer.upgrade() {
                tokenizer.program.take();
            }
        })));
    }

    async fn count(self: &Rc<Self>, vocabulary: Vocabulary, texts: &[&str]) -> Result<Vec<u32>, String> {
        let keys: Vec<(u64, u64)> = texts.iter().map(|text| fingerprint(text)).collect();
        let mut unknown: BTreeMap<(u64, u64), String> = BTreeMap::new();
        let mut counts: HashMap<(u64, u64), u32> = HashMap::with_capacity(texts.len());
        for (text, key) in texts.iter().zip(&keys) {
            match self.kept.borrow().get(key) {
                Some(count) => drop(counts.insert(*key, *count)),
                None => drop(unknown.insert(*key, (*text).to_owned())),
            }
        }
        if !unknown.is_empty() || !self.has_counted.get() {
            let (asked, texts): (Vec<_>, Vec<_>) = unknown.into_iter().unzip();
            self.idle.take();
            let counted = self.running(vocabulary)?.ask(&texts, COUNT_MS_MAX).await;
            self.rest_later();
            let counted: Vec<u32> = counted.map_err(|why| why.to_string())?;
            self.has_counted.set(true);
            let mut kept = self.kept.borrow_mut();
            if kept.len() + asked.len() > KEPT_MAX {
                kept.clear();
            }
            kept.extend(asked.iter().copied().zip(counted.iter().copied()));
            counts.extend(asked.into_iter().zip(counted));
        }
        keys.iter().map(|key| counts.get(key).copied().ok_or_else(|| "it left a text uncounted".to_owned())).collect()
    }
}

/// Two independent hashes: 128 bits, so that no two texts meet by chance.
fn fingerprint(text: &str) -> (u64, u64) {
    let mut first = DefaultHasher::new();
    let mut second = DefaultHasher::new();
    second.write_u8(1);
    text.hash(&mut first);
    text.hash(&mut second);
    (first.finish(), second.finish())
}
