//! How long a text is, in units that people know.

use crate::estimate::Quantity;
use crate::number::{Range, Unit};

/// What the lengths of input and output are typed in. The workload itself is in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthUnit {
    #[default]
    Tokens,
    Words,
    /// Of 500 words.
    Pages,
}

/// OpenAI's rule of thumb for English: a token is three quarters of a word ("What are tokens and how to count them?",
/// OpenAI Help Center).
const TOKENS_A_WORD: (u64, u64) = (4, 3);
const WORDS_A_PAGE: u64 = 500;
/// Pages are typed in hundredths.
const STEPS_A_PAGE: u64 = 100;

impl LengthUnit {
    pub const ALL: [LengthUnit; 3] = [LengthUnit::Tokens, LengthUnit::Words, LengthUnit::Pages];

    /// In the address, and on the page.
    pub const fn name(self) -> &'static str {
        match self {
            LengthUnit::Tokens => "tokens",
            LengthUnit::Words => "words",
            LengthUnit::Pages => "pages",
        }
    }

    pub fn named(name: &str) -> Option<LengthUnit> {
        LengthUnit::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// Of the field for `quantity`, which is the input or the output.
    pub const fn label(self, quantity: Quantity) -> &'static str {
        match (quantity, self) {
            (Quantity::Input, LengthUnit::Words) => "Input words per call",
            (Quantity::Input, LengthUnit::Pages) => "Input pages per call",
            (Quantity::Output, LengthUnit::Words) => "Output words per call",
            (Quantity::Output, LengthUnit::Pages) => "Output pages per call",
            (quantity, _) => quantity.spec().label,
        }
    }

    /// The same range of tokens in this unit's steps.
    pub fn range(self, tokens: Range) -> Range {
        let (unit, decimals) = match self {
            LengthUnit::Tokens => return tokens,
            LengthUnit::Words => (Unit::Length(self.name()), 0),
            LengthUnit::Pages => (Unit::Length(self.name()), 2),
        };
        let min = self.of_tokens(tokens.min).max(tokens.min.min(1));
        Range { unit, decimals, min, max: self.of_tokens(tokens.max), ..tokens }
    }

    /// How far an arrow key goes.
    pub const fn step(self) -> u64 {
        match self {
            LengthUnit::Tokens | LengthUnit::Words => 1,
            LengthUnit::Pages => STEPS_A_PAGE / 10,
        }
    }

    /// This unit's steps for so many tokens, rounded.
    pub fn of_tokens(self, tokens: u64) -> u64 {
        let (tokens_, words) = TOKENS_A_WORD;
        match self {
            LengthUnit::Tokens => tokens,
            LengthUnit::Words => (tokens * words + tokens_ / 2) / tokens_,
            LengthUnit::Pages => {
                let a_page = tokens_ * WORDS_A_PAGE;
                (tokens * words * STEPS_A_PAGE + a_page / 2) / a_page
            }
        }
    }

    /// Tokens for so many of this unit's steps, rounded.
    pub fn tokens(self, steps: u64) -> u64 {
        let (tokens, words) = TOKENS_A_WORD;
        match self {
            LengthUnit::Tokens => steps,
            LengthUnit::Words => (steps * tokens + words / 2) / words,
            LengthUnit::Pages => {
                let a_page = words * STEPS_A_PAGE;
                (steps * tokens * WORDS_A_PAGE + a_page / 2) / a_page
            }
        }
    }

    /// The ratio and its source.
    pub const fn basis(self) -> Option<&'static str> {
        match self {
            LengthUnit::Tokens => None,
            LengthUnit::Words => Some("3 words = 4 tokens: OpenAI's rule for English. Other languages take more."),
            LengthUnit::Pages => {
                Some("1 page = 500 words, 3 words = 4 tokens: OpenAI's rule for English. Other languages take more.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pages_are_a_thousand_words() {
        assert_eq!(LengthUnit::Pages.tokens(200), 1_333);
        assert_eq!(LengthUnit::Words.tokens(1_000), 1_333);
        assert_eq!(LengthUnit::Words.tokens(75), 100, "the rule itself");
        assert_eq!(LengthUnit::Words.of_tokens(100), 75);
    }

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for unit in LengthUnit::ALL {
            let range = unit.range(Quantity::Input.range());
            for steps in (range.min..3_000).chain([range.max - 1, range.max]) {
                assert_eq!(unit.of_tokens(unit.tokens(steps)), steps, "{unit:?}");
            }
            assert_eq!(LengthUnit::named(unit.name()), Some(unit));
        }
    }
}
