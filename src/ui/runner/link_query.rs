//! What an address may say to the runner: `run=ID` opens a run; the calculator's keys fill in fields. A base URL or
//! a key is never taken from a link.

use yew::AttrValue;

use crate::query::{bare, pairs, quoted};
use crate::ui::calculator::is_known;
use crate::ui::store::Field;

/// The calculator's keys that the runner has fields for; the model first, since it brings prices that others may replace.
const KEYS: [(&str, Field); 7] = [
    ("model", Field::Model),
    ("pin", Field::InputPrice),
    ("pout", Field::OutputPrice),
    ("conc", Field::Concurrency),
    ("rpm", Field::RequestsPerMinute),
    ("tpm", Field::TokensPerMinute),
    ("budget", Field::Budget),
];
const RUN: &str = "run";

/// The run that the address names.
pub fn run_named(query: &str) -> Option<String> {
    pairs(query).into_iter().find(|(key, _)| key == RUN).map(|(_, value)| bare(&value))
}

/// Fields and their texts. A number that can't be read is filled in as it is, and the field says what is wrong with it.
pub fn fields(query: &str) -> Vec<(Field, AttrValue)> {
    let pairs = pairs(query);
    let text = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| bare(value));
    let texts = KEYS.into_iter().filter_map(|(name, field)| Some((field, text(name)?)));
    texts.filter(|(_, text)| !text.is_empty()).map(|(field, text)| (field, text.into())).collect()
}

/// A sentence for each part of the address that nothing here knows. The calculator's own parts come along with
/// `Run this`.
pub fn left_out(query: &str) -> Vec<String> {
    let known = |key: &str| key == RUN || is_known(key);
    let unknown = pairs(query).into_iter().map(|(key, _)| key).filter(|key| !known(key));
    let sentence = |key: String| match key.as_str() {
        "base_url" | "key" | "api_key" => {
            format!("\u{201c}{key}\u{201d} is never taken from a link: your key must only go where you send it.")
        }
        _ => format!("{} is not known here.", quoted(&key)),
    };
    unknown.map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_fills_in_fields_but_never_a_base_url() {
        let query = "model=gpt-4o&calls=5000&in=250&conc=20&rpm=&budget=5&base_url=https://evil.example&key=sk&x=1";
        assert_eq!(
            fields(query),
            [(Field::Model, "gpt-4o".into()), (Field::Concurrency, "20".into()), (Field::Budget, "5".into())]
        );
        let left_out = left_out(query);
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        assert!(left_out[0].starts_with("\u{201c}base_url\u{201d} is never taken from a link"), "{left_out:?}");
        assert_eq!(left_out[2], "\u{201c}x\u{201d} is not known here.");
        assert_eq!(run_named(query), None);
    }

    #[test]
    fn a_model_is_read_however_the_link_is_escaped() {
        for (query, model) in [
            ("model=google%2Fgemini-2.5-flash%3Afree&conc=5", "google/gemini-2.5-flash:free"),
            ("model=google%252Fgemini-2.5-flash%253Afree&conc=5", "google/gemini-2.5-flash:free"),
            ("conc=5&amp;model=qwen3%3A8b", "qwen3:8b"),
            ("model=meta-llama%2fLlama-3.3&conc=5&utm_source=x&fbclid=y", "meta-llama/Llama-3.3"),
            ("model=%22qwen3:8b%22&conc=5).", "qwen3:8b"),
        ] {
            let fields = fields(query);
            assert_eq!(fields[0], (Field::Model, model.into()), "{query}");
            assert!(fields.len() == 1 || fields[1] == (Field::Concurrency, "5".into()), "{query}");
            assert_eq!(left_out(query), Vec::<String>::new(), "{query}");
        }
    }

    #[test]
    fn a_run_is_named_in_any_wrapping() {
        for query in ["run=20261123-154501-x7k2", "utm_source=x&run=20261123-154501-x7k2", "RUN=20261123-154501-x7k2)."]
        {
            assert_eq!(run_named(query).as_deref(), Some("20261123-154501-x7k2"), "{query}");
        }
    }

    #[test]
    fn a_number_that_cannot_be_read_stays_in_its_field() {
        assert_eq!(
            fields("budget=0,50&conc=1,5"),
            [(Field::Concurrency, "1,5".into()), (Field::Budget, "0,50".into())]
        );
    }
}
