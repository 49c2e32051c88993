//! Dollars as integers. Many prices are fractions of a nano-dollar a token, so the unit is the pico-dollar;
//! a float never holds money, and an amount is rounded once, when it is shown.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pico-dollars in a dollar.
pub const PICO: i128 = 1_000_000_000_000;

/// An amount of US dollars in whole pico-dollars.
///
/// Serialized as a decimal string of pico-dollars, since JavaScript's and JSON's numbers can't carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    pub const ZERO: Usd = Usd(0);

    pub const fn from_pico(pico: i128) -> Usd {
        Usd(pico)
    }

    pub const fn pico(self) -> i128 {
        self.0
    }

    /// Reads a decimal amount of dollars such as `5`, `0.01` or `.5`; at most twelve decimals, no sign, no exponent.
    pub fn parse(text: &str) -> Option<Usd> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.len() > 12 || whole.len() > 15 {
            return None;
        }
        if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let dollars: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let pico: i128 = format!("{fraction:0<12}").parse().ok()?;
        Some(Usd(dollars * PICO + pico))
    }

    /// The amount with a fixed number of decimals (at most twelve), rounded half up, without a dollar sign.
    pub fn decimals(self, places: u32) -> String {
        let unit = 10_i128.pow(12 - places.min(12));
        let sign = if self.0 < 0 { "-" } else { "" };
        let rounded = (self.0.abs() + unit / 2) / unit;
        let scale = 10_i128.pow(places.min(12));
        if places == 0 {
            return format!("{sign}{rounded}");
        }
        format!("{sign}{}.{:0width$}", rounded / scale, rounded % scale, width = places as usize)
    }

    /// The decimals that [`Usd::short`] rounds to.
    pub fn places(self) -> u32 {
        match self.0.unsigned_abs() {
            below @ 1..1_000_000_000_000 => (14 - below.ilog10()).min(12),
            _ => 2,
        }
    }

    /// As a sentence or a table has it: cents from a dollar on, three significant digits below, at least two decimals.
    /// `$0.338`, `$0.30`, `$0.0052`, `$3.38`.
    pub fn short(self) -> String {
        let digits = self.decimals(self.places());
        let (sign, digits) = digits.strip_prefix('-').map_or(("", &*digits), |rest| ("-", rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        format!("{sign}${}.{fraction:0<2}", grouped(whole))
    }

    /// For drawing and sorting on a scale only, never for arithmetic with money.
    pub fn to_f64_for_display(self) -> f64 {
        self.0 as f64 / PICO as f64
    }

    pub fn saturating_sub(self, other: Usd) -> Usd {
        Usd((self.0 - other.0).max(0))
    }
}

/// As a person reads it: four decimals, more where the amount is below a hundredth of a cent, two from $1,000 on.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self.0.abs() {
            0 => 4,
            tiny if tiny < PICO / 10_000 => 7,
            large if large >= 1_000 * PICO => 2,
            _ => 4,
        };
        let digits = self.decimals(places);
        match digits.strip_prefix('-') {
            Some(rest) => write!(f, "-${}", grouped(rest)),
            None => write!(f, "${}", grouped(&digits)),
        }
    }
}

/// A price: whole pico-dollars for one token. One dollar a million tokens is 1,000,000 of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PerToken(pub u64);

impl PerToken {
    /// Reads dollars for a million tokens, as price lists state them; at most six decimals.
    pub fn from_usd_per_million(text: &str) -> Option<PerToken> {
        let per_million = Usd::parse(text)?.pico();
        if per_million % 1_000_000 != 0 {
            return None;
        }
        u64::try_from(per_million / 1_000_000).ok().map(PerToken)
    }

    /// As price lists write it, for a million tokens: `$0.15`, `$2.50`, `$0.0375`.
    pub fn listed(self) -> String {
        let exact = self.per_million().decimals(6);
        let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
        let fraction = fraction.trim_end_matches('0');
        format!("${}.{fraction:0<2}", grouped(whole))
    }

    /// The same price for a million tokens, as price lists state it.
    pub fn per_million(self) -> Usd {
        Usd(i128::from(self.0) * 1_000_000)
    }
}

impl Mul<u64> for PerToken {
    type Output = Usd;
    fn mul(self, tokens: u64) -> Usd {
        Usd(i128::from(self.0) * i128::from(tokens))
    }
}

impl Mul<u64> for Usd {
    type Output = Usd;
    fn mul(self, times: u64) -> Usd {
        Usd(self.0 * i128::from(times))
    }
}

impl Add for Usd {
    type Output = Usd;
    fn add(self, other: Usd) -> Usd {
        Usd(self.0 + other.0)
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Usd) {
        self.0 += other.0;
    }
}

impl Sub for Usd {
    type Output = Usd;
    fn sub(self, other: Usd) -> Usd {
        Usd(self.0 - other.0)
    }
}

impl SubAssign for Usd {
    fn sub_assign(&mut self, other: Usd) {
        self.0 -= other.0;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Usd>>(amounts: I) -> Usd {
        amounts.fold(Usd::ZERO, Add::add)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Usd).map_err(|_| serde::de::Error::custom("an amount is a string of whole pico-dollars"))
    }
}

/// `fixed(1.25, 1)` is `1.3`: a number with so many decimals, half away from zero.
pub fn fixed(number: f64, decimals: u32) -> String {
    let scale = 10_u64.pow(decimals);
    let steps = (number.abs() * scale as f64).round() as u64;
    let sign = if number < 0.0 && steps > 0 { "-" } else { "" };
    match decimals {
        0 => format!("{sign}{steps}"),
        _ => format!("{sign}{}.{:0width$}", steps / scale, steps % scale, width = decimals as usize),
    }
}

/// Thousands separated by commas: `1234567.5` becomes `1,234,567.5`.
pub fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::with_capacity(digits.len() + whole.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_number_has_its_decimals() {
        for (number, decimals, text) in [
            (1.25, 1, "1.3"),
            (0.0, 1, "0.0"),
            (-0.01, 1, "0.0"),
            (-2.5, 1, "-2.5"),
            (99.999, 2, "100.00"),
            (0.005, 3, "0.005"),
            (500.0, 0, "500"),
            (999.6, 0, "1000"),
            (1_000.0, 2, "1000.00"),
        ] {
            assert_eq!(fixed(number, decimals), text);
        }
    }

    #[test]
    fn reads_and_shows_amounts() {
        assert_eq!(Usd::parse("0.3375").unwrap().to_string(), "$0.3375");
        assert_eq!(Usd::parse("12345.678").unwrap().to_string(), "$12,345.68");
        assert_eq!(Usd::parse(".00000012").unwrap().to_string(), "$0.0000001");
        assert_eq!(Usd::ZERO.to_string(), "$0.0000");
        assert_eq!(Usd::parse("0.00005").unwrap().decimals(4), "0.0001");
        for bad in ["", ".", "-1", "1e3", "1.1234567890123", "1 000", "$5"] {
            assert_eq!(Usd::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_short_amount_has_no_more_digits_than_a_person_uses() {
        for (amount, short) in [
            ("0", "$0.00"),
            ("0.3375", "$0.338"),
            ("0.30375", "$0.304"),
            ("0.3", "$0.30"),
            ("0.0052", "$0.0052"),
            ("0.00810", "$0.0081"),
            ("0.000000000123", "$0.000000000123"),
            ("0.9996", "$1.00"),
            ("3.375", "$3.38"),
            ("12345.678", "$12,345.68"),
        ] {
            assert_eq!(Usd::parse(amount).unwrap().short(), short);
        }
        assert_eq!(Usd::from_pico(-5_200_000_000).short(), "-$0.0052");
    }

    #[test]
    fn a_price_times_tokens_is_exact() {
        let price = PerToken::from_usd_per_million("0.15").unwrap();
        assert_eq!(price, PerToken(150_000));
        assert_eq!((price * 1_250_000).to_string(), "$0.1875");
        assert_eq!(price.per_million(), Usd::parse("0.15").unwrap());
        assert_eq!(PerToken::from_usd_per_million("0.1234567"), None);
    }

    #[test]
    fn serialization_keeps_every_pico_dollar() {
        let amount = Usd::from_pico(90_071_992_547_409_931_234);
        let text = serde_json::to_string(&amount).unwrap();
        assert_eq!(text, "\"90071992547409931234\"");
        assert_eq!(serde_json::from_str::<Usd>(&text).unwrap(), amount);
    }
}
