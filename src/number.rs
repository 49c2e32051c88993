//! Numbers as people type them, read exactly or refused with the words that help. The page's fields, its links and the
//! embedded calculator all read numbers here. A value is a whole number of its quantity's smallest step, so money never
//! passes through a float, and the first load needs no code for reading floats.
//!
//! Read: `5000`, `0.50`, `.5`, `5.`, `007`, `+5`; groups of three by commas, blanks of any width, apostrophes or
//! underscores (`1,234,567`, `1 234`); digits of Arabic, Persian and full-width keyboards; the quantity's own unit
//! (`$5`, `5 USD`, `10%`, `1.5 s`); `200k` and `1.5M` where things are counted.
//!
//! Refused: a comma for the point (`0,50`), points between thousands (`1.000` where whole numbers are asked for), groups
//! that aren't of three digits, exponents, other currencies, letters, negative numbers, and what is out of range.

use crate::money::{PICO, Usd, grouped};

/// What a number counts, and the words behind its box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    #[default]
    None,
    /// `tokens`, `words`, `pages`.
    Length(&'static str),
    Percent,
    Milliseconds,
    Seconds,
    Hours,
    Usd,
    UsdPerMillion,
}

impl Unit {
    pub const fn label(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Length(name) => name,
            Unit::Percent => "%",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Hours => "h",
            Unit::Usd => "USD",
            Unit::UsdPerMillion => "$ / 1M",
        }
    }

    const fn is_money(self) -> bool {
        matches!(self, Unit::Usd | Unit::UsdPerMillion)
    }
}

/// Which numbers a quantity takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub unit: Unit,
    /// Digits after the point. A step is one unit of the last of them.
    pub decimals: u8,
    /// In steps, as is `max`.
    pub min: u64,
    pub max: u64,
    /// Empty means "none".
    pub optional: bool,
}

const WHOLE: &str = "takes whole numbers; separate thousands by a comma, as in 1,234, or not at all";

/// Why a text is not taken.
enum Refusal {
    /// What the quantity does or needs, to be put after its name.
    Text(&'static str),
    /// A letter that no number has.
    Letter(char),
    Range,
    /// The number, with the point that it should have.
    Point(String),
}

/// What may stand between thousands. A fold has made every blank a space.
const SEPARATORS: [char; 5] = ['.', ',', ' ', '\'', '_'];

impl Range {
    /// The steps that `typed` means; `None` where it is empty and may be. Otherwise a sentence says what is wrong;
    /// `label` names the quantity in it.
    pub fn read(&self, label: &str, typed: &str) -> Result<Option<u64>, String> {
        let text = folded(typed);
        if text.is_empty() && self.optional {
            return Ok(None);
        }
        self.steps(&text).map(Some).map_err(|why| match why {
            Refusal::Text(words) => format!("{label} {words}."),
            Refusal::Letter(letter) => {
                format!("{label} needs a plain number, without \u{201c}{}\u{201d}.", String::from(letter))
            }
            Refusal::Range => {
                format!("{label} goes from {} to {}.", self.with_unit(self.min), self.with_unit(self.max))
            }
            Refusal::Point(meant) => format!("Use a point for decimals: {meant}."),
        })
    }

    /// The steps that a folded text means.
    fn steps(&self, text: &str) -> Result<u64, Refusal> {
        let (text, zeros) = self.without_unit(text);
        let (text, negative) = text.strip_prefix('-').map_or((text, false), |rest| (rest.trim_start(), true));
        let text = text.strip_prefix('+').unwrap_or(text);
        let foreign = |letter: &char| !letter.is_ascii_digit() && !SEPARATORS.contains(letter);
        if let Some(letter) = text.chars().find(foreign) {
            return Err(Refusal::Letter(letter));
        }
        if digits_of(text).is_empty() {
            return Err(Refusal::Text("needs a number"));
        }
        let places = usize::from(self.decimals) + zeros;
        let (whole, fraction) = split(text).ok_or_else(|| misplaced(text, places))?;
        let typed_places = fraction.len();
        let fraction = fraction.trim_end_matches('0');
        // Three digits behind a point: some write a thousand so, and elsewhere it is a one.
        if fraction.len() > places || places == 0 && typed_places == 3 {
            return Err(Refusal::Text(match places {
                0 => WHOLE,
                _ => "has too many decimals",
            }));
        }
        let mut steps = 0_u64;
        for at in 0..whole.len() + places {
            // Beyond the fraction that was typed there are zeros.
            let digit = whole.as_bytes().get(at).or(fraction.as_bytes().get(at.wrapping_sub(whole.len())));
            steps = steps.saturating_mul(10).saturating_add(digit.map_or(0, |digit| (digit - b'0').into()));
        }
        if negative || steps < self.min || steps > self.max {
            return Err(Refusal::Range);
        }
        Ok(steps)
    }

    /// The text without the quantity's own unit, and the zeros that a `k` or an `M` behind it stands for.
    fn without_unit<'a>(&self, text: &'a str) -> (&'a str, usize) {
        let mut text = text.strip_suffix(self.unit.label()).unwrap_or(text);
        if self.unit.is_money() {
            for mark in ["US$", "USD", "usd", "$"] {
                text = text.strip_prefix(mark).or(text.strip_suffix(mark)).unwrap_or(text);
            }
        }
        let text = text.trim();
        if self.decimals > 0 || !matches!(self.unit, Unit::None | Unit::Length(_)) {
            return (text, 0);
        }
        let zeros = match text.as_bytes().last() {
            Some(b'k' | b'K') => 3,
            Some(b'm' | b'M') => 6,
            _ => return (text, 0),
        };
        (text[..text.len() - 1].trim_end(), zeros)
    }

    /// As a box shows it: `5000`, `0.0375`.
    pub fn plain(&self, steps: u64) -> String {
        let scale = 10_u64.pow(self.decimals.into());
        match (steps / scale, steps % scale) {
            (whole, 0) => whole.to_string(),
            (whole, rest) => {
                let text = format!("{whole}.{rest:0width$}", width = self.decimals.into());
                text.trim_end_matches('0').to_owned()
            }
        }
    }

    /// As a sentence has it: `5,000`, `10%`, `1.5 s`, `$0.15`.
    pub fn with_unit(&self, steps: u64) -> String {
        let number = grouped(&self.plain(steps));
        if self.unit.is_money() {
            let cents = match number.split_once('.') {
                None => ".00",
                Some((_, cents)) if cents.len() == 1 => "0",
                Some(_) => "",
            };
            return format!("${number}{cents}");
        }
        match self.unit {
            Unit::None => number,
            Unit::Percent => number + "%",
            unit => format!("{number} {}", unit.label()),
        }
    }

    /// What was understood, where the text leaves a doubt: always of money, else of what isn't plain digits. `= $0.50`.
    pub fn echo(&self, typed: &str) -> Option<String> {
        let steps = self.read("", typed).ok()??;
        let plain = typed.trim().bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
        let per = if self.unit == Unit::UsdPerMillion { " per 1M tokens" } else { "" };
        (self.unit.is_money() || !plain).then(|| format!("= {}{per}", self.with_unit(steps)))
    }

    /// The amount that a number of steps stands for, exactly.
    pub fn usd(&self, steps: u64) -> Usd {
        Usd::from_pico(i128::from(steps) * self.pico_per_step())
    }

    /// The steps of an amount; what is below a step is left out.
    pub fn steps_of(&self, amount: Usd) -> u64 {
        u64::try_from(amount.pico() / self.pico_per_step()).unwrap_or(u64::MAX)
    }

    fn pico_per_step(&self) -> i128 {
        PICO / 10_i128.pow(self.decimals.into())
    }
}

/// The text in ASCII where another script or a wider letter means the same, without what can't be seen.
fn folded(typed: &str) -> String {
    let letter = |letter: char| match letter {
        // Full-width forms.
        '\u{ff01}'..='\u{ff5e}' => letter_at(letter, '\u{ff01}', '!'),
        '\u{660}'..='\u{669}' => letter_at(letter, '\u{660}', '0'),
        '\u{6f0}'..='\u{6f9}' => letter_at(letter, '\u{6f0}', '0'),
        // The Arabic decimal point, and the full stop of Chinese and Japanese keyboards.
        '\u{66b}' | '\u{3002}' => '.',
        '\u{66c}' => ',',
        '\u{66a}' => '%',
        // The minus sign and the dashes that editors put for a hyphen.
        '\u{2212}' | '\u{2010}'..='\u{2014}' => '-',
        '\u{2019}' => '\'',
        letter if letter.is_whitespace() => ' ',
        letter => letter,
    };
    let seen = typed.chars().filter(|letter| !is_invisible(*letter));
    seen.map(letter).collect::<String>().trim().to_owned()
}

fn letter_at(letter: char, first: char, ascii: char) -> char {
    char::from_u32(letter as u32 - first as u32 + ascii as u32).unwrap_or(letter)
}

/// Whether a cell of a table holds a number as files have it: `7`, `-3.5`, `1e9`.
pub fn is_number(cell: &str) -> bool {
    let cell = cell.trim();
    let unsigned = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let word = ["nan", "inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    let (digits, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let has_digits = !(whole.is_empty() && fraction.is_empty() || exponent.is_empty());
    word || has_digits && [whole, fraction, exponent].into_iter().all(are_digits)
}

/// Marks of direction, joiners and byte order marks: pasted along, and never meant.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// The digits before and after the point; `None` where commas or points stand elsewhere than they should.
fn split(text: &str) -> Option<(String, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Some((ungrouped(whole)?, fraction)).filter(|(_, fraction)| are_digits(fraction))
}

/// Digits, plain or in groups of three that one separator keeps apart. A group never begins with zero: that is a
/// decimal comma, as in `0,500`.
fn ungrouped(whole: &str) -> Option<String> {
    let Some(separator) = whole.chars().find(|letter| !letter.is_ascii_digit()) else { return Some(whole.to_owned()) };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let good = matches!(first.len(), 1..=3) && !first.starts_with('0');
    (good && groups.all(|group| group.len() == 3 && are_digits(group))).then(|| digits_of(whole))
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// How to write what has its commas, points or blanks in the wrong places.
fn misplaced(text: &str, places: usize) -> Refusal {
    match text.split_once(',') {
        _ if places == 0 => Refusal::Text(WHOLE),
        // A longer text is no number that was meant, and would be no message.
        Some((whole, fraction)) if !fraction.is_empty() && are_digits(fraction) && text.len() <= 60 => {
            let whole = digits_of(whole);
            Refusal::Point(format!("{}.{fraction}", if whole.is_empty() { "0" } else { &whole }))
        }
        _ => Refusal::Text("takes commas between thousands only, as in 1,234,567"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: Range = Range { unit: Unit::None, decimals: 0, min: 1, max: 1_000_000, optional: false };
    const BUDGET: Range = Range { unit: Unit::Usd, decimals: 4, min: 1, max: 10_000_000_000_000, optional: true };
    const PRICE: Range = Range { unit: Unit::UsdPerMillion, decimals: 6, min: 0, max: 1_000_000_000, optional: true };
    const SHARE: Range = Range { unit: Unit::Percent, decimals: 4, min: 0, max: 1_000_000, optional: false };
    const LATENCY: Range = Range { unit: Unit::Seconds, decimals: 3, min: 1, max: 86_400_000, optional: false };

    const WHOLE_WORDS: &str = "It takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.";

    /// Each text with the number that it means, in plain digits.
    fn reads(range: Range, table: &[(&str, &str)]) {
        for (typed, meant) in table {
            let read = range.read("It", typed).map(|steps| steps.map(|steps| range.plain(steps)));
            assert_eq!(read, Ok(Some((*meant).to_owned())), "{typed:?}");
        }
    }

    /// Each text with the sentence that refuses it.
    fn refuses(range: Range, table: &[(&str, &str)]) {
        for (typed, sentence) in table {
            assert_eq!(range.read("It", typed), Err((*sentence).to_owned()), "{typed:?}");
            assert_eq!(range.echo(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn a_cell_is_a_number_as_rust_reads_it() {
        for cell in ["7", "-3.5", "+.5", "5.", "1e9", "1E-9", " 42 ", "007", "2.5e+3", "NaN", "-inf", "Infinity"] {
            assert!(is_number(cell) && cell.trim().parse::<f64>().is_ok(), "{cell}");
        }
        for cell in
            ["", " ", "-", ".", "-.", "e5", ".e5", "1e", "1e+", "1.2.3", "1,5", "12 kg", "x", "1e5.5", "--1", "0x1f"]
        {
            assert!(!is_number(cell) && cell.trim().parse::<f64>().is_err(), "{cell}");
        }
    }

    #[test]
    fn a_budget_is_what_was_typed_or_nothing() {
        reads(
            BUDGET,
            &[
                ("5", "5"),
                ("0.50", "0.5"),
                (".5", "0.5"),
                ("5.", "5"),
                ("05.00", "5"),
                ("$5", "5"),
                ("$ 0.50", "0.5"),
                ("US$5", "5"),
                ("+5", "5"),
                ("1,000", "1000"),
                ("$1,234.50", "1234.5"),
                ("1,234,567.8901", "1234567.8901"),
                ("1 000", "1000"),
                ("1\u{a0}000.5", "1000.5"),
                ("1\u{2009}000\u{2009}000", "1000000"),
                ("1'000", "1000"),
                ("1\u{2019}000", "1000"),
                ("1_000", "1000"),
                ("\u{feff}5\u{200e}", "5"),
                ("\u{ff15}\u{ff0e}\u{ff15}", "5.5"),
                ("\u{ff04}5\u{3002}25", "5.25"),
                ("\u{665}\u{66b}\u{662}", "5.2"),
                ("\u{6f1}\u{66c}\u{6f0}\u{6f0}\u{6f0}", "1000"),
            ],
        );
        refuses(
            BUDGET,
            &[
                ("0,50", "Use a point for decimals: 0.50."),
                ("2,5", "Use a point for decimals: 2.5."),
                (",5", "Use a point for decimals: 0.5."),
                ("0,500", "Use a point for decimals: 0.500."),
                ("$0,50", "Use a point for decimals: 0.50."),
                ("1.000,50", "Use a point for decimals: 1000.50."),
                ("1 000,50", "Use a point for decimals: 1000.50."),
                ("1.234.567,89", "Use a point for decimals: 1234567.89."),
                ("1.000.000", "It takes commas between thousands only, as in 1,234,567."),
                (&format!("0,{}", "1".repeat(1_000)), "It takes commas between thousands only, as in 1,234,567."),
                ("1,00,000", "It takes commas between thousands only, as in 1,234,567."),
                ("1,", "It takes commas between thousands only, as in 1,234,567."),
                ("1 00", "It takes commas between thousands only, as in 1,234,567."),
                ("1,000 000", "It takes commas between thousands only, as in 1,234,567."),
                ("5e-1", "It needs a plain number, without \u{201c}e\u{201d}."),
                ("5k", "It needs a plain number, without \u{201c}k\u{201d}."),
                ("5-10", "It needs a plain number, without \u{201c}-\u{201d}."),
                ("10%", "It needs a plain number, without \u{201c}%\u{201d}."),
                ("\u{bd}", "It needs a plain number, without \u{201c}\u{bd}\u{201d}."),
                ("\u{20ac}5", "It needs a plain number, without \u{201c}\u{20ac}\u{201d}."),
                ("5 \u{a3}", "It needs a plain number, without \u{201c}\u{a3}\u{201d}."),
                ("$", "It needs a number."),
                (".", "It needs a number."),
                ("-5", "It goes from $0.0001 to $1,000,000,000.00."),
                ("\u{2212}5", "It goes from $0.0001 to $1,000,000,000.00."),
                ("\u{2013}5", "It goes from $0.0001 to $1,000,000,000.00."),
                ("0", "It goes from $0.0001 to $1,000,000,000.00."),
                ("0.00001", "It has too many decimals."),
                ("99999999999999999999999999", "It goes from $0.0001 to $1,000,000,000.00."),
            ],
        );
        for nothing in ["", "  ", "\u{a0}", "\u{feff}"] {
            assert_eq!(BUDGET.read("It", nothing), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn a_price_is_never_another_price() {
        reads(PRICE, &[("0.15", "0.15"), ("$0.075", "0.075"), ("0.000001", "0.000001"), ("0.15 $ / 1M", "0.15")]);
        refuses(
            PRICE,
            &[
                ("0,15", "Use a point for decimals: 0.15."),
                ("0,075", "Use a point for decimals: 0.075."),
                ("0.15 / 1K", "It needs a plain number, without \u{201c}/\u{201d}."),
                ("1001", "It goes from $0.00 to $1,000.00."),
            ],
        );
    }

    #[test]
    fn what_is_counted_takes_whole_numbers() {
        reads(
            CALLS,
            &[
                ("5000", "5000"),
                ("5,000", "5000"),
                ("5 000", "5000"),
                ("007", "7"),
                ("5.", "5"),
                ("5.0", "5"),
                ("200k", "200000"),
                ("1.5k", "1500"),
                ("0.5M", "500000"),
                ("1,000k", "1000000"),
                ("\u{ff15}\u{ff10}\u{ff10}\u{ff0b}".trim_end_matches('\u{ff0b}'), "500"),
                ("\u{661}\u{662}", "12"),
            ],
        );
        refuses(
            CALLS,
            &[
                ("", "It needs a number."),
                ("k", "It needs a number."),
                ("1,5", WHOLE_WORDS),
                ("0,500", WHOLE_WORDS),
                ("1.000", WHOLE_WORDS),
                ("2.5", WHOLE_WORDS),
                ("1.0005k", "It has too many decimals."),
                ("1,5k", "Use a point for decimals: 1.5."),
                ("5OO", "It needs a plain number, without \u{201c}O\u{201d}."),
                ("1e6", "It needs a plain number, without \u{201c}e\u{201d}."),
                ("$5", "It needs a plain number, without \u{201c}$\u{201d}."),
                ("2B", "It needs a plain number, without \u{201c}B\u{201d}."),
                ("0", "It goes from 1 to 1,000,000."),
                ("\u{2212}1", "It goes from 1 to 1,000,000."),
                ("2M", "It goes from 1 to 1,000,000."),
                ("18446744073709551616", "It goes from 1 to 1,000,000."),
            ],
        );
    }

    #[test]
    fn a_quantity_takes_its_own_unit_and_no_other() {
        reads(SHARE, &[("10%", "10"), ("10 %", "10"), ("12.5\u{a0}%", "12.5"), ("\u{661}\u{660}\u{66a}", "10")]);
        reads(LATENCY, &[("1.5s", "1.5"), ("30 s", "30")]);
        refuses(SHARE, &[("10$", "It needs a plain number, without \u{201c}$\u{201d}.")]);
        refuses(SHARE, &[("101%", "It goes from 0% to 100%."), ("12,5%", "Use a point for decimals: 12.5.")]);
        refuses(LATENCY, &[("5m", "It needs a plain number, without \u{201c}m\u{201d}.")]);
    }

    #[test]
    fn what_was_understood_is_said_where_the_text_leaves_a_doubt() {
        for (range, typed, echo) in [
            (BUDGET, "0.50", Some("= $0.50")),
            (BUDGET, "1,000", Some("= $1,000.00")),
            (BUDGET, "1.000", Some("= $1.00")),
            (PRICE, "0.15", Some("= $0.15 per 1M tokens")),
            (PRICE, "0.0375", Some("= $0.0375 per 1M tokens")),
            (BUDGET, "", None),
            (CALLS, "200k", Some("= 200,000")),
            (CALLS, "5 000", Some("= 5,000")),
            (CALLS, "\u{661}\u{662}", Some("= 12")),
            (CALLS, "5000", None),
            (SHARE, "10%", Some("= 10%")),
            (LATENCY, "1.5", None),
        ] {
            assert_eq!(range.echo(typed).as_deref(), echo, "{typed:?}");
        }
    }

    #[test]
    fn money_is_exact() {
        let steps = BUDGET.read("It", "1234.5678").unwrap().unwrap();
        assert_eq!(BUDGET.usd(steps), Usd::parse("1234.5678").unwrap());
        assert_eq!(BUDGET.steps_of(BUDGET.usd(steps)), steps);
    }

    #[test]
    fn numbers_are_read_as_they_are_shown() {
        for range in [CALLS, BUDGET, PRICE, SHARE, LATENCY] {
            for steps in [range.min, range.max, range.min + (range.max - range.min) / 3] {
                assert_eq!(range.read("It", &range.plain(steps)), Ok(Some(steps)));
                assert_eq!(range.read("It", &range.with_unit(steps)), Ok(Some(steps)));
            }
        }
        assert_eq!(LATENCY.with_unit(1_500), "1.5 s");
        assert_eq!(SHARE.with_unit(125_000), "12.5%");
        assert_eq!(BUDGET.with_unit(12_345_000), "$1,234.50");
    }
}
