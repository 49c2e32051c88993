//! What an address may say to the runner: `run=ID` opens a run; the calculator's keys fill in fields. A base URL or
//! a key is never taken from a link.

use yew::AttrValue;

use crate::ui::runner::Field;

/// The calculator's keys that the runner has fields for.
const KEYS: [(&str, Field); 7] = [
    ("model", Field::Model),
    ("pin", Field::InputPrice),
    ("pout", Field::OutputPrice),
    ("conc", Field::Concurrency),
    ("rpm", Field::RequestsPerMinute),
    ("tpm", Field::TokensPerMinute),
    ("budget", Field::Budget),
];

/// The run that the address names.
pub fn run_named(query: &str) -> Option<String> {
    pairs(query).find(|(key, _)| *key == "run").map(|(_, value)| value.to_owned())
}

/// Fields and their texts, the model first, since it brings prices that others may replace.
pub fn fields(query: &str) -> Vec<(Field, AttrValue)> {
    let text = |name: &str| pairs(query).find(|(key, value)| *key == name && !value.is_empty());
    KEYS.into_iter()
        .filter_map(|(name, field)| text(name).map(|(_, value)| (field, AttrValue::from(value.replace("%2F", "/")))))
        .collect()
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|part| part.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_fills_in_fields_but_never_a_base_url() {
        let query = "model=gpt-4o&calls=5000&in=250&conc=20&rpm=&budget=5&base_url=https://evil.example&key=sk";
        assert_eq!(
            fields(query),
            [(Field::Model, "gpt-4o".into()), (Field::Concurrency, "20".into()), (Field::Budget, "5".into())]
        );
        assert_eq!(run_named(query), None);
        assert_eq!(run_named("run=20261123-154501-x7k2").as_deref(), Some("20261123-154501-x7k2"));
    }
}
