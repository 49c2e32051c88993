//! Numbers as people type them.

use fastrand::Rng;
use pennybatch::estimate::Quantity;
use pennybatch::number::{Range, Unit};

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals};

const UNITS: [Unit; 8] = [
    Unit::None,
    Unit::Length("tokens"),
    Unit::Percent,
    Unit::Milliseconds,
    Unit::Seconds,
    Unit::Hours,
    Unit::Usd,
    Unit::UsdPerMillion,
];

pub fn corpus() -> Corpus {
    let tests = ["src/number.rs", "src/embed/tests.rs", "src/money.rs"].into_iter().flat_map(literals::of_file);
    Corpus::new(
        tests,
        &[
            "000",
            "1,234,567",
            "1.234,56",
            "1 234",
            "1'000",
            "1_000",
            ",",
            ".",
            "k",
            "M",
            "K",
            "m",
            "%",
            "$",
            "US$",
            "USD",
            "usd",
            "€",
            "s",
            "ms",
            "h",
            "tokens",
            "-",
            "+",
            "\u{2212}",
            "\u{ff15}",
            "\u{665}",
            "\u{66b}",
            "\u{66c}",
            "\u{2009}",
            "\u{202f}",
            "\u{200e}",
            "\u{2019}",
            "\u{3002}",
            "99999999999999999999",
            "0.0000001",
            "e5",
            "0x1f",
        ],
    )
}

fn range(chance: &mut Rng) -> Range {
    if chance.bool() {
        return Quantity::ALL[chance.usize(..Quantity::ALL.len())].range();
    }
    let (min, optional) = (chance.u64(..3), chance.bool());
    let max = [1, 100, 1_000_000, 10_000_000_000_000, u64::MAX][chance.usize(..5)].max(min);
    Range { unit: UNITS[chance.usize(..UNITS.len())], decimals: chance.u8(..=6), min, max, optional }
}

pub fn number(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let range = range(chance);
    match range.read("It", &text) {
        Ok(Some(steps)) => {
            assert!((range.min..=range.max).contains(&steps), "{steps} is outside of {range:?}");
            for shown in [range.plain(steps), range.with_unit(steps)] {
                assert_eq!(range.read("It", &shown), Ok(Some(steps)), "{shown:?} of {range:?}");
            }
            if matches!(range.unit, Unit::Usd | Unit::UsdPerMillion) {
                assert_eq!(range.steps_of(range.usd(steps)), steps);
            }
            range.echo(&text).iter().for_each(|echo| fits_a_screen(echo));
        }
        Ok(None) => assert!(range.optional, "{range:?} takes nothing"),
        Err(why) => {
            fits_a_screen(&why);
            assert!(why.ends_with('.'), "{why}");
            assert_eq!(range.echo(&text), None);
        }
    }
}
