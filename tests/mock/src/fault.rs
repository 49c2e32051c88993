//! What can go wrong, by share. The draw depends on the seed, the message and how often the message came before, never
//! on the order in which messages of different rows arrive: so a seed gives the same faults at any concurrency.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 500, nothing billed
    Status500,
    /// 503, nothing billed
    Status503,
    /// 529 as Anthropic says overloaded, nothing billed
    Overloaded529,
    /// 429 with a short retry-after
    Rate429,
    /// 429 whose hint stands only in the body
    Rate429BodyHint,
    /// 200 and half a JSON body, billed
    Torn,
    /// 200 and a stream reset within the body, billed
    ResetAfter,
    /// No answer, ever; billed
    Hang,
    /// 200 and an HTML page, as from a proxy; nothing billed
    Html200,
    /// A whole answer without its usage, billed
    NoUsage,
    /// 400, nothing billed
    BadRequest,
    /// A whole answer at ten times the latency
    Slow,
    /// 200 without a body, billed
    Empty,
    /// 200 and half an answer with 100 MB of space behind it, billed
    Huge,
}

impl FaultKind {
    /// Whether the provider did the work, and so charges for it.
    pub fn is_billed(self) -> bool {
        use FaultKind::*;
        matches!(self, Torn | ResetAfter | Hang | NoUsage | Slow | Empty | Huge)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// `hang=0.05`: five in a hundred calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaultShare {
    pub kind: FaultKind,
    pub share: f64,
}

impl FromStr for FaultShare {
    type Err = String;

    fn from_str(text: &str) -> Result<FaultShare, String> {
        let (kind, share) = text.split_once('=').ok_or("a fault is written kind=share, such as hang=0.05")?;
        let kind = FaultKind::from_str(kind, false).map_err(|_| format!("there is no fault {kind:?}"))?;
        let share: f64 = share.parse().map_err(|_| format!("{share:?} is no share between 0 and 1"))?;
        if (0.0..=1.0).contains(&share) { Ok(FaultShare { kind, share }) } else { Err("a share is 0 to 1".to_owned()) }
    }
}

impl TryFrom<String> for FaultShare {
    type Error = String;

    fn try_from(text: String) -> Result<FaultShare, String> {
        text.parse()
    }
}

impl From<FaultShare> for String {
    fn from(fault: FaultShare) -> String {
        format!("{}={}", fault.kind, fault.share)
    }
}

/// The shares exclude each other, so that they can't add up to more than every call.
pub fn check(faults: &[FaultShare]) -> Result<(), String> {
    let total: f64 = faults.iter().map(|fault| fault.share).sum();
    if total <= 1.0 + 1e-9 { Ok(()) } else { Err(format!("The faults' shares add up to {total}, more than 1.")) }
}

/// The fault of a message's `nth` arrival, if any. `message` is its SHA-256.
pub fn draw(faults: &[FaultShare], seed: u64, message: &[u8; 32], nth: u32) -> Option<FaultKind> {
    let mut at = generator(seed, message, nth).f64();
    for fault in faults {
        if at < fault.share {
            return Some(fault.kind);
        }
        at -= fault.share;
    }
    None
}

/// A generator that belongs to one arrival.
pub fn generator(seed: u64, message: &[u8; 32], nth: u32) -> fastrand::Rng {
    let mut first = [0; 8];
    first.copy_from_slice(&message[..8]);
    let mut random = fastrand::Rng::with_seed(u64::from_be_bytes(first) ^ seed.rotate_left(32) ^ u64::from(nth) << 17);
    // The generator's first word stays close to its seed; the second is spread out.
    random.u64(..);
    random
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn shares(text: &str) -> Vec<FaultShare> {
        text.split(' ').map(|fault| fault.parse().expect(fault)).collect()
    }

    #[test]
    fn every_kind_comes_about_as_often_as_asked_for_on_first_and_later_arrivals() {
        let faults = shares("hang=0.05 torn=0.05 status500=0.2");
        for nth in [0, 1, 5] {
            let mut counts = [0, 0, 0, 0];
            for row in 0..10_000_u32 {
                let message = Sha256::digest(row.to_le_bytes()).into();
                match draw(&faults, 42, &message, nth) {
                    Some(FaultKind::Hang) => counts[0] += 1,
                    Some(FaultKind::Torn) => counts[1] += 1,
                    Some(FaultKind::Status500) => counts[2] += 1,
                    Some(other) => panic!("{other} was not asked for"),
                    None => counts[3] += 1,
                }
            }
            for (count, expected) in counts.into_iter().zip([500, 500, 2_000, 7_000]) {
                let spread = f64::from(expected).sqrt() * 5.0;
                assert!((f64::from(count) - f64::from(expected)).abs() < spread, "{counts:?}");
            }
        }
    }

    #[test]
    fn a_draw_is_repeatable_and_its_seed_matters() {
        let faults = shares("rate429=0.5");
        let draws = |seed| -> Vec<bool> {
            (0..64_u8).map(|row| draw(&faults, seed, &Sha256::digest([row]).into(), 0).is_some()).collect()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }

    #[test]
    fn shares_are_written_as_flags_are() {
        let fault: FaultShare = "rate429-body-hint=0.05".parse().expect("a share");
        assert_eq!(fault, FaultShare { kind: FaultKind::Rate429BodyHint, share: 0.05 });
        assert_eq!(String::from(fault), "rate429-body-hint=0.05");
        for bad in ["hang", "hang=2", "hang=-0.1", "hang=often", "unheard-of=0.1"] {
            assert!(bad.parse::<FaultShare>().is_err(), "{bad}");
        }
        assert!(check(&shares("hang=0.6 torn=0.5")).is_err());
        assert!(check(&shares("hang=0.5 torn=0.5")).is_ok());
    }
}
