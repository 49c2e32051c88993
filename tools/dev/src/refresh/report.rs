//! The lists beside the catalogue: what a person has to look at, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use pennybatch::money::PerToken;
use pennybatch::prices::{Model, RateCard, Rates, date_utc};
use pennybatch::time::Time;

use super::sources::{Field, List, written};

/// Sources that have to name a model before it is reported as new.
const NEW_FROM: usize = 2;

/// One price of one model on which the catalogue and some source differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    model: String,
    field: Field,
    catalogue: Option<PerToken>,
    /// Each price, and who says it.
    said: BTreeMap<PerToken, Vec<&'static str>>,
}

/// Its name, who lists it, and the prices of input and output where they agree on them.
type NewModel = (String, Vec<&'static str>, Option<(PerToken, PerToken)>);

pub struct Report {
    today: String,
    versions: Vec<String>,
    /// All that state it agree, two or more, and the catalogue says otherwise.
    pub agreed: Vec<Difference>,
    /// The sources disagree among themselves, and one of them with the catalogue.
    pub conflicts: Vec<Difference>,
    /// One source alone states it, and the catalogue says otherwise.
    pub single: Vec<Difference>,
    /// Models that the catalogue lacks.
    pub new: Vec<NewModel>,
    /// Dates of retirement that a source states for models of the catalogue, which has another or none.
    pub dates: Vec<(String, String, &'static str)>,
    /// Models of the catalogue that no source lists any more.
    pub unlisted: Vec<String>,
}

pub fn now() -> Result<Time, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|why| why.to_string())?;
    let ms = u64::try_from(now.as_millis()).map_err(|why| why.to_string())?;
    Ok(Time::from_ms(ms))
}

impl Report {
    /// `left_out`: a model a line that is never reported as new.
    pub fn new(lists: &[List], models: &[Model], left_out: &str, now: Time) -> Report {
        let mut report = Report {
            today: date_utc(now),
            versions: lists.iter().map(|list| format!("{} {}", list.source, list.version)).collect(),
            agreed: Vec::new(),
            conflicts: Vec::new(),
            single: Vec::new(),
            new: Vec::new(),
            dates: Vec::new(),
            unlisted: Vec::new(),
        };
        let known = models.iter().map(Model::key).chain(left_out.lines().map(|line| line.trim().to_owned())).collect();
        for model in models {
            report.compare(lists, model, now);
        }
        report.find_new(lists, models, &known);
        report
    }

    fn compare(&mut self, lists: &[List], model: &Model, now: Time) {
        let key = model.key();
        let said: Vec<_> = lists.iter().filter_map(|list| Some((list.source, list.models.get(&key)?))).collect();
        if said.is_empty() {
            self.unlisted.push(key);
            return;
        }
        for (source, said) in &said {
            let known = model.retires_on.map(date_utc);
            if let Some(date) = said.retires_on.as_ref().filter(|date| known.as_ref() != Some(*date)) {
                self.dates.push((key.clone(), date.clone(), source));
            }
        }
        let input = off_peak(&model.card, now).input;
        for (field, catalogue) in catalogued(model, now) {
            let mut by_price: BTreeMap<PerToken, Vec<&'static str>> = BTreeMap::new();
            for (source, said) in &said {
                if let Some(price) = said.prices.get(&field) {
                    by_price.entry(*price).or_default().push(source);
                }
            }
            // A price of the cache that is that of input is as good as none.
            let is_said = |price: &PerToken| Some(*price) == catalogue || catalogue.is_none() && *price == input;
            if by_price.keys().all(is_said) {
                continue;
            }
            let voices: usize = by_price.values().map(Vec::len).sum();
            let difference = Difference { model: key.clone(), field, catalogue, said: by_price };
            match (difference.said.len(), voices) {
                (1, 1) => self.single.push(difference),
                (1, _) => self.agreed.push(difference),
                _ => self.conflicts.push(difference),
            }
        }
    }

    fn find_new(&mut self, lists: &[List], models: &[Model], known: &BTreeSet<String>) {
        let vendors: BTreeSet<&str> = models.iter().map(|model| model.vendor.as_str()).collect();
        let named: BTreeSet<&String> = lists.iter().flat_map(|list| list.models.keys()).collect();
        for key in named.into_iter().filter(|key| !known.contains(*key)) {
            let is_of_a_vendor =
                key.split_once('/').is_some_and(|(vendor, _)| vendors.contains(vendor)) && !is_somebody_elses(key);
            let by: Vec<_> = lists.iter().filter(|list| list.models.contains_key(key)).collect();
            let price = |field: Field| {
                let stated: BTreeSet<PerToken> =
                    by.iter().filter_map(|list| list.models.get(key)?.prices.get(&field).copied()).collect();
                stated.first().copied().filter(|_| stated.len() == 1)
            };
            if is_of_a_vendor && by.len() >= NEW_FROM {
                let prices = price(Field::Input).zip(price(Field::Output));
                self.new.push((key.clone(), by.iter().map(|list| list.source).collect(), prices));
            }
        }
    }

    pub fn counts(&self) -> String {
        format!(
            "{} agreed changes, {} conflicts, {} differences of one source, {} new models, {} other dates of retirement, {} models \
             that no source lists.",
            self.agreed.len(),
            self.conflicts.len(),
            self.single.len(),
            self.new.len(),
            self.dates.len(),
            self.unlisted.len()
        )
    }

    pub fn markdown(&self) -> String {
        let mut out =
            format!("# Prices on {}\n\nSources: {}. {}\n", self.today, self.versions.join(", "), self.counts());
        out.push_str("Prices are US dollars per 1M tokens. Nothing was changed; correct the vendors' files by hand.\n");
        let parts = [
            ("Agreed changes", "All that state it agree, two or more.", &self.agreed),
            ("Conflicts", "The sources disagree; the vendor's own page decides.", &self.conflicts),
            ("One source says otherwise", "Look at the vendor's own page before you believe it.", &self.single),
        ];
        for (title, words, differences) in parts {
            let _ = write!(out, "\n## {title} ({})\n\n{words}\n", differences.len());
            if !differences.is_empty() {
                out.push_str("\n| model | field | catalogue | sources |\n|---|---|---|---|\n");
            }
            for difference in differences {
                let said: Vec<String> = difference
                    .said
                    .iter()
                    .map(|(price, sources)| format!("{} ({})", written(*price), sources.join(", ")))
                    .collect();
                let catalogue = difference.catalogue.map_or_else(|| "none".to_owned(), written);
                let (model, field) = (&difference.model, difference.field.name());
                let _ = writeln!(out, "| {model} | {field} | {catalogue} | {} |", said.join("; "));
            }
        }
        let _ = write!(out, "\n## New models ({})\n\nTwo or more sources list them.\n", self.new.len());
        if !self.new.is_empty() {
            out.push_str("\n| model | input | output | sources |\n|---|---|---|---|\n");
        }
        for (model, sources, prices) in &self.new {
            let (input, output) = prices.map_or(("disagree".to_owned(), "disagree".to_owned()), |(input, output)| {
                (written(input), written(output))
            });
            let _ = writeln!(out, "| {model} | {input} | {output} | {} |", sources.join(", "));
        }
        let _ = write!(out, "\n## Other dates of retirement ({})\n", self.dates.len());
        if !self.dates.is_empty() {
            out.push_str("\n| model | on | source |\n|---|---|---|\n");
        }
        for (model, date, source) in &self.dates {
            let _ = writeln!(out, "| {model} | {date} | {source} |");
        }
        let _ = write!(out, "\n## In no list any more ({})\n\n", self.unlisted.len());
        for model in &self.unlisted {
            let _ = writeln!(out, "- {model}");
        }
        out
    }
}

/// A router lists everybody's models, and Amazon many makers'.
fn is_somebody_elses(key: &str) -> bool {
    key.starts_with("openrouter/") || key.starts_with("amazon-bedrock/") && !key.contains("/amazon.")
}

/// The catalogue's prices of short calls at this moment, outside peak hours. What it doesn't state is `None`: its cards hold
/// the price of input instead.
fn catalogued(model: &Model, now: Time) -> Vec<(Field, Option<PerToken>)> {
    let prices = off_peak(&model.card, now);
    let batch = model.batch.as_ref().map(|batch| off_peak(batch, now));
    let stated = |price: PerToken| Some(price).filter(|price| *price != prices.input);
    vec![
        (Field::Input, Some(prices.input)),
        (Field::Output, Some(prices.output)),
        (Field::CacheRead, stated(prices.cache_read)),
        (Field::CacheWrite, stated(prices.cache_write)),
        (Field::BatchInput, batch.map(|batch| batch.input)),
        (Field::BatchOutput, batch.map(|batch| batch.output)),
    ]
}

/// The lists are compared with the price outside peak hours, whatever the hour of the report.
fn off_peak(card: &RateCard, now: Time) -> Rates {
    RateCard { peak_hours: Vec::new(), ..card.clone() }.rates(0, now)
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::lists;
    use super::*;
    use pennybatch::prices::{find, first_moment};

    fn today() -> Time {
        first_moment("2026-11-30").expect("a date")
    }

    /// A model of the catalogue under another name, at $20 out, $0.40 from the cache, $5 into it, and in a batch $2 and $11.
    fn model(vendor: &str, id: &str, input: u64) -> Model {
        let mut model = find("openai/gpt-5.6-sol").expect("a model with all prices").clone();
        (model.vendor, model.id) = (vendor.to_owned(), id.to_owned());
        let batch = &mut model.batch.as_mut().expect("batch prices").base;
        (batch.input.0, batch.output.0) = (2_000_000, 11_000_000);
        let base = &mut model.card.base;
        (base.input.0, base.output.0) = (input, 20_000_000);
        (base.cache_read.0, base.cache_write.0) = (400_000, 5_000_000);
        model.retires_on = None;
        model
    }

    #[test]
    fn what_differs_is_sorted_by_how_sure_it_is() {
        let models = [model("openai", "gpt-5.6-sol", 6_000_000), model("openai", "gone", 1), model("deepseek", "x", 1)];
        let report = Report::new(&lists(), &models, "", today());
        let agreed: Vec<(&str, &str)> =
            report.agreed.iter().map(|found| (found.model.as_str(), found.field.name())).collect();
        assert_eq!(agreed, [("openai/gpt-5.6-sol", "input"), ("openai/gpt-5.6-sol", "batch_output")]);
        assert_eq!(report.single.len(), 0, "litellm alone states the write, as the catalogue does");
        assert_eq!(report.unlisted, ["openai/gone", "deepseek/x"]);
        assert_eq!(report.new, [], "one source is not enough");
        let text = report.markdown();
        assert!(text.contains("| openai/gpt-5.6-sol | input | 6 | 4 (litellm, genai-prices, pi-ai) |"), "{text}");
        let right = Report::new(&lists(), &[model("deepseek", "x", 1)], "", today());
        assert!(right.agreed.is_empty() && right.conflicts.is_empty());
    }

    /// DeepSeek lists peak hours beside its base, and Google prices that change on a day.
    #[test]
    fn prices_are_those_of_the_day_outside_peak_hours() {
        let mut changing = model("openai", "gpt-5.6-sol", 4_000_000);
        let base = changing.card.base;
        let later = Rates {
            input: PerToken(8_000_000),
            output: PerToken(40_000_000),
            cache_read: PerToken(800_000),
            cache_write: PerToken(8_000_000),
            ..base
        };
        let day = today();
        changing.card.changes = vec![(day, later)];
        let batch = changing.batch.as_mut().unwrap();
        batch.changes = vec![(day, Rates { input: PerToken(4_000_000), ..batch.base })];
        changing.card.peak_hours = vec![(0, 24 * 60, Rates { input: PerToken(99), ..base })];
        let prices = |at: Time| -> Vec<Option<u64>> {
            catalogued(&changing, at).into_iter().map(|(_, price)| price.map(|price| price.0)).collect()
        };
        let due = [4_000_000, 20_000_000, 400_000, 5_000_000, 2_000_000, 11_000_000].map(Some);
        assert_eq!(prices(Time::from_ms(day.ms() - 1)), due);
        let [output, read, batch] = [40_000_000, 800_000, 11_000_000].map(Some);
        assert_eq!(prices(day), [Some(8_000_000), output, read, None, Some(4_000_000), batch]);

        // A list that gives the price of input for a write says nothing else.
        let mut lists = lists();
        let said = &mut lists[0].models.get_mut("openai/gpt-5.6-sol").unwrap().prices;
        said.insert(Field::CacheWrite, PerToken(8_000_000));
        let report = Report::new(&lists, &[changing], "", day);
        let found = [report.agreed, report.conflicts, report.single].concat();
        assert!(found.iter().all(|found| found.field != Field::CacheWrite), "{found:?}");
    }

    #[test]
    fn what_two_list_is_new_unless_it_is_left_out() {
        let mut lists = lists();
        let said = lists[0].models["openai/gpt-old"].clone();
        lists[2].models.insert("openai/gpt-old".into(), said);
        let models = [model("openai", "gpt-5.6-sol", 4_000_000)];
        let new = |left_out: &str| Report::new(&lists, &models, left_out, today()).new;
        assert_eq!(new("# note\n"), [("openai/gpt-old".to_owned(), vec!["litellm", "pi-ai"], None)]);
        assert_eq!(new("# note\nopenai/gpt-old\n"), []);
    }

    #[test]
    fn sources_that_disagree_are_a_conflict_and_a_date_is_shown() {
        let mut lists = lists();
        lists[2].models.get_mut("openai/gpt-5.6-sol").unwrap().prices.insert(Field::Input, PerToken(5_000_000));
        let models = [model("openai", "gpt-5.6-sol", 4_000_000), model("openai", "gpt-old", 1_400_000)];
        let report = Report::new(&lists, &models, "", today());
        assert_eq!(report.conflicts.len(), 1);
        assert_eq!(report.dates, [("openai/gpt-old".to_owned(), "2026-12-11".to_owned(), "litellm")]);
        let said = &report.conflicts[0].said;
        assert_eq!(said.values().map(|sources| sources.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
