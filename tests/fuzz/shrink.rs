//! A failing input, made short: parts are left out as long as it fails in the same place.

use crate::Target;
use crate::run::{Failed, run};

/// Runs that a search takes at most.
const RUNS_MAX: usize = 3_000;

pub fn shortest(target: &Target, input: Vec<u8>, failed: &Failed) -> Vec<u8> {
    let mut input = input;
    let mut part = (input.len() / 2).max(1);
    let mut runs = 0;
    while runs < RUNS_MAX && !input.is_empty() {
        let mut at = 0;
        let length = input.len();
        while at < input.len() && runs < RUNS_MAX {
            let mut shorter = input.clone();
            shorter.drain(at..(at + part).min(input.len()));
            runs += 1;
            match run(target, &shorter) {
                Err(other) if other.place == failed.place => input = shorter,
                _ => at += part,
            }
        }
        if part == 1 && input.len() == length {
            break;
        }
        part = (part / 2).max(1);
    }
    input
}

#[test]
fn a_failing_input_is_made_short() {
    let check = |input: &[u8], _: &mut fastrand::Rng| assert!(!input.contains(&b'x') || !input.contains(&b'y'));
    let target = Target { name: "test", corpus: crate::numbers::corpus, check };
    let input = b"aaaaaaaxbbbbbbbbbbbbyccc".to_vec();
    let failed = run(&target, &input).expect_err("both letters");
    assert_eq!(shortest(&target, input, &failed), b"xy");
}
