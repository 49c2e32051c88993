//! Which numbers a quantity takes, and what is said of the others.

use yew::AttrValue;

use super::decimal::{parsed, plain};
use crate::money::grouped;

#[derive(Clone, Debug, PartialEq)]
pub struct NumberRange {
    pub min: f64,
    pub max: f64,
    pub decimals: u8,
    /// Empty means "none" and is a good value.
    pub optional: bool,
    pub unit: Option<AttrValue>,
}

impl NumberRange {
    /// The number in `text`, or what is wrong with it, to be put after the quantity's name: `goes from 1 to 10`.
    pub fn read(&self, text: &str) -> Result<Option<f64>, String> {
        let text = text.trim();
        if text.is_empty() {
            return if self.optional { Ok(None) } else { Err("needs a number".to_owned()) };
        }
        let Some(value) = parsed(text) else {
            return Err("needs a plain number".to_owned());
        };
        if value < self.min || value > self.max {
            return Err(format!("goes from {} to {}", self.with_unit(self.min), self.with_unit(self.max)));
        }
        let scaled = value * 10_f64.powi(self.decimals.into());
        if (scaled - scaled.round()).abs() > 1e-9 * scaled.abs().max(1.0) {
            return Err(match self.decimals {
                0 => "takes whole numbers".to_owned(),
                1 => "takes one decimal".to_owned(),
                decimals => format!("takes at most {decimals} decimals"),
            });
        }
        Ok(Some(value))
    }

    /// As it is read in a sentence: `5,000`, `10 %`, `1.5 s`, `$0.15`.
    pub fn with_unit(&self, value: f64) -> String {
        let number = grouped(&plain(value));
        match self.unit.as_deref() {
            Some("USD") => match number.split_once('.') {
                Some((_, cents)) if cents.len() == 1 => format!("${number}0"),
                _ => format!("${number}"),
            },
            Some("%") => format!("{number} %"),
            Some(unit) => format!("{number} {unit}"),
            None => number,
        }
    }
}

/// The decimals that a step implies: none for `1`, two for `0.01`.
pub fn decimals_of(step: f64) -> u8 {
    let text = plain(step);
    text.split_once('.').map_or(0, |(_, decimals)| u8::try_from(decimals.len()).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(min: f64, max: f64, decimals: u8, unit: Option<&'static str>) -> NumberRange {
        NumberRange { min, max, decimals, optional: false, unit: unit.map(AttrValue::from) }
    }

    #[test]
    fn bad_numbers_are_explained() {
        let calls = range(1.0, 1e6, 0, None);
        assert_eq!(calls.read(" 250 "), Ok(Some(250.0)));
        for (text, sentence) in [
            ("", "needs a number"),
            ("5k", "needs a plain number"),
            ("NaN", "needs a plain number"),
            ("0", "goes from 1 to 1,000,000"),
            ("1e7", "goes from 1 to 1,000,000"),
            ("2.5", "takes whole numbers"),
        ] {
            assert_eq!(calls.read(text), Err(sentence.to_owned()), "{text}");
        }
        assert_eq!(range(0.0, 1e4, 6, None).read("9999.000001"), Ok(Some(9_999.000001)));
        assert_eq!(range(0.0, 1e4, 2, None).read("0.295"), Err("takes at most 2 decimals".to_owned()));
        assert_eq!(NumberRange { optional: true, ..calls }.read(""), Ok(None));
    }

    #[test]
    fn numbers_read_as_in_a_sentence() {
        assert_eq!(range(0.0, 1.0, 0, Some("USD")).with_unit(1234.5), "$1,234.50");
        assert_eq!(range(0.0, 1.0, 0, Some("%")).with_unit(10.0), "10 %");
        assert_eq!(range(0.0, 1.0, 0, Some("s")).with_unit(1.5), "1.5 s");
        assert_eq!((decimals_of(1.0), decimals_of(10.0), decimals_of(0.05)), (0, 0, 2));
    }
}
