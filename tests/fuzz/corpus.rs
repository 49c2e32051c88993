//! Inputs: one of a corpus, changed a few times. Input `number` is a function of the target's name, the seed and the
//! number.

use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;

/// Most inputs are short, since faults seldom need much room, and short ones are many a second.
const BYTES_MAX: usize = 1_024;
const BYTES_MAX_OF_LARGE: usize = 64 * 1_024;
/// One in so many may be large.
const LARGE_EVERY: u32 = 4_096;
/// Longer ones of a corpus are cut.
const ITEM_BYTES_MAX: usize = 2_048;
const CHANGES_MAX: u32 = 8;

/// What stands for something in most formats.
const TOKENS: &[&str] = &[
    "\0",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{a0}",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "\u{fffd}",
    "\u{2028}",
    "\"",
    "\"\"",
    "'",
    "`",
    "\\",
    "\\\\",
    "/",
    ",",
    ";",
    ":",
    "|",
    "=",
    "&",
    "%",
    "+",
    "-",
    ".",
    "..",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "#",
    "$",
    "0",
    "1",
    "-1",
    "1e9",
    "1e400",
    "-0",
    "0.1",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "340282366920938463463374607431768211456",
    "1e-9",
    "00",
    "true",
    "null",
    "NaN",
    "Infinity",
    "é",
    "ß",
    "İ",
    "ﬁ",
    "\u{301}",
    "👍🏽",
    "漢",
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "\\ud83d\\ude00",
    "\\u",
    "\\n",
    "%00",
    "%",
    "%2",
    "%E2%82",
    "&amp;",
    "{}",
    "[]",
    "[[[[[[[[",
    "{\"a\":",
    "\"a\":1",
    "\"\":\"\"",
    "sk-0123456789abcdef",
];

pub struct Corpus {
    items: Vec<Vec<u8>>,
    tokens: Vec<&'static str>,
}

impl Corpus {
    /// `tokens` are those of the format.
    pub fn new(items: impl IntoIterator<Item = Vec<u8>>, tokens: &[&'static str]) -> Corpus {
        let mut items: Vec<Vec<u8>> = items.into_iter().collect();
        items.iter_mut().for_each(|item| item.truncate(ITEM_BYTES_MAX));
        items.push(Vec::new());
        items.sort();
        items.dedup();
        // The format's own come up as often as all others together.
        let times = (TOKENS.len() / tokens.len().max(1)).max(1);
        let own = std::iter::repeat_n(tokens, times).flatten();
        Corpus { items, tokens: TOKENS.iter().chain(own).copied().collect() }
    }

    pub fn input(&self, target: &str, seed: u64, number: u64) -> Vec<u8> {
        let chance = &mut Rng::with_seed(hash(&(target, seed, number)));
        let is_large = chance.u32(..LARGE_EVERY) == 0;
        let bytes_max = if is_large { BYTES_MAX_OF_LARGE } else { BYTES_MAX };
        let mut input = self.item(chance).to_vec();
        // One in eight is left as it is but for one change, and fewer have many.
        let changes = (1 + chance.u32(..).trailing_zeros() + chance.u32(..3)).min(CHANGES_MAX);
        for _ in 0..changes {
            self.change(&mut input, chance, is_large);
            input.truncate(bytes_max);
        }
        input
    }

    fn item(&self, chance: &mut Rng) -> &[u8] {
        &self.items[chance.usize(..self.items.len())]
    }

    fn change(&self, input: &mut Vec<u8>, chance: &mut Rng, is_large: bool) {
        let token = self.tokens[chance.usize(..self.tokens.len())].as_bytes();
        let (start, end) = span(input, chance);
        match chance.u32(..14) {
            0..=2 => drop(input.splice(start..start, token.iter().copied())),
            3 => drop(input.splice(start..end, token.iter().copied())),
            4 => drop(input.drain(start..end)),
            5 => input.truncate(start),
            6 => drop(input.drain(..start)),
            7 => {
                let other = self.item(chance);
                let (from, to) = span(other, chance);
                input.splice(start..start, other[from..to].iter().copied());
            }
            8 => {
                let other = self.item(chance);
                let (from, _) = span(other, chance);
                input.truncate(start);
                input.extend_from_slice(&other[from..]);
            }
            9 => {
                let repeated = if chance.bool() { input[start..end].to_vec() } else { token.to_vec() };
                let times = if is_large { BYTES_MAX_OF_LARGE / repeated.len().max(1) } else { chance.usize(1..40) };
                input.splice(start..start, repeated.repeat(times));
            }
            10 => {
                if let Some(byte) = input.get_mut(start) {
                    *byte ^= 1 << chance.u32(..8);
                }
            }
            11 => {
                if let Some(byte) = input.get_mut(start) {
                    *byte = chance.u8(..);
                }
            }
            12 => {
                let (other, _) = span(input, chance);
                if start < input.len() && other < input.len() {
                    input.swap(start, other);
                }
            }
            _ => input[start..end].iter_mut().for_each(|byte| {
                *byte = if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
            }),
        }
    }
}

/// A part of a text, mostly a short one, that begins and ends at the edges of words half of the time.
fn span(text: &[u8], chance: &mut Rng) -> (usize, usize) {
    let start = edge(text, chance.usize(..=text.len()), chance);
    let length = match chance.u32(..4) {
        0 => chance.usize(..=text.len()),
        _ => chance.usize(..=24),
    };
    let end = edge(text, (start + length).min(text.len()), chance);
    (start.min(end), start.max(end))
}

fn edge(text: &[u8], at: usize, chance: &mut Rng) -> usize {
    if chance.bool() {
        return at;
    }
    text[at..].iter().position(|byte| !byte.is_ascii_alphanumeric()).map_or(text.len(), |length| at + length)
}

pub fn hash(content: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn an_input_is_the_same_each_time_and_another_for_another_number() {
    let corpus = Corpus::new([b"a,b\n1,2\n".to_vec()], &[","]);
    let inputs = |seed| (0..200).map(|number| corpus.input("files", seed, number)).collect::<Vec<_>>();
    assert_eq!(inputs(0), inputs(0));
    assert_ne!(inputs(0), inputs(1));
    let mut different = inputs(0);
    different.sort();
    different.dedup();
    assert!(different.len() > 100, "only {} different ones", different.len());
}
