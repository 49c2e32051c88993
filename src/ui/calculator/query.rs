//! The calculator's whole state as the query of its address: `model=gpt-4o-mini&calls=5000&in=250&out=50&dup=10`.
//!
//! `model` is a model's id, with its vendor (`vendor/id`) where the id alone would mean another vendor's. The other
//! keys are the quantities' (`quantity.rs`): calls, in, out, dup (%), conc, lat (s), prefix, reason, rpm, tpm, rpd,
//! failed (%), deadline (hours), budget (USD), pin and pout (USD per million tokens), and the rarer ones after them.
//! `warm`, `hour` and `window` are switches (`choice.rs`): 1 or 0. `pins` are the models side by side, `vs`, `vsfail`
//! (%) and `vsasks` the other model of the comparison with re-asks; `sort` (a column, `-` before it for the other way
//! around), `filter` and `old` (1: retired ones too) are how the table of all models is seen. `unit` (words, pages) is what
//! lengths are typed in; `in` and `out` stay tokens. `every` (day, week, month) is how often it is run, `priced` the date of
//! the prices that the link was made at. The first five say what the workload is and are always written; the others where they differ from the opening values. Links that came through
//! other tools are taken apart by `crate::query`.

use super::choice::Choice;
use super::inputs::{ASKED_AGAIN, BAD_ANSWERS, Inputs, PINS_MAX, Versus};
use super::view::{Column, View};
use crate::estimate::{Every, LengthUnit, Quantity, Workload};
use crate::number::Range;
use crate::prices;
use crate::query::{bare, escaped, pairs, quoted};
use yew::AttrValue;

const MODEL: &str = "model";
const PINS: &str = "pins";
const VERSUS: &str = "vs";
const VERSUS_FAILED: &str = "vsfail";
const VERSUS_ASKS: &str = "vsasks";
const SORT: &str = "sort";
const FILTER: &str = "filter";
const DEPRECATED: &str = "old";
const UNIT: &str = "unit";
const EVERY: &str = "every";
const PRICED: &str = "priced";

const ALWAYS: [Quantity; 4] = [Quantity::Calls, Quantity::Input, Quantity::Output, Quantity::CacheHits];

/// The query that restores `inputs`.
pub fn encode(inputs: &Inputs) -> String {
    let mut query = of_workload(inputs);
    if !inputs.pins.is_empty() {
        add(&mut query, PINS, &pins(inputs));
    }
    let (versus, proposed) = (&inputs.versus, Versus::default());
    if let Some(model) = &versus.model {
        add(&mut query, VERSUS, &escaped(short(model)));
    }
    if versus.failed_ppm != proposed.failed_ppm {
        add(&mut query, VERSUS_FAILED, &BAD_ANSWERS.plain(versus.failed_ppm.into()));
    }
    if versus.re_asks != proposed.re_asks {
        add(&mut query, VERSUS_ASKS, &versus.re_asks.to_string());
    }
    let (view, opening) = (&inputs.view, View::default());
    if view.order() != opening.order() {
        add(&mut query, SORT, &view.order());
    }
    if !view.filter.is_empty() {
        add(&mut query, FILTER, &escaped(&view.filter));
    }
    if view.deprecated {
        add(&mut query, DEPRECATED, "1");
    }
    if inputs.unit != LengthUnit::default() {
        add(&mut query, UNIT, inputs.unit.name());
    }
    if inputs.every != Every::default() {
        add(&mut query, EVERY, inputs.every.key());
    }
    if let Some(priced) = &inputs.priced {
        add(&mut query, PRICED, priced);
    }
    query
}

fn pins(inputs: &Inputs) -> String {
    let pins: Vec<String> = inputs.pins.iter().map(|pin| escaped(short(pin))).collect();
    pins.join(",")
}

/// The part of the query that says what is estimated, without how it is looked at.
pub fn of_workload(inputs: &Inputs) -> String {
    let mut query = format!("{MODEL}={}", escaped(short(&inputs.model)));
    let opening = Workload::default();
    for quantity in Quantity::ALL {
        let value = quantity.get(&inputs.workload);
        if ALWAYS.contains(&quantity) || value != quantity.get(&opening) {
            let range = quantity.range();
            add(&mut query, quantity.spec().key, &value.map(|value| range.plain(value)).unwrap_or_default());
        }
    }
    for choice in Choice::ALL {
        if choice.get(&inputs.workload) != choice.get(&opening) {
            add(&mut query, choice.key(), if choice.get(&inputs.workload) { "1" } else { "0" });
        }
    }
    query
}

fn add(query: &mut String, key: &str, value: &str) {
    query.push('&');
    query.push_str(key);
    query.push('=');
    query.push_str(value);
}

/// The id alone, where it means the same model.
fn short(key: &str) -> &str {
    let id = key.split_once('/').map_or(key, |(_, id)| id);
    if prices::find(id).is_some_and(|model| model.is(key)) { id } else { key }
}

/// The inputs that a query describes, and a sentence for each part of it that was left out.
pub fn decode(query: &str) -> (Inputs, Vec<String>) {
    let mut inputs = Inputs::default();
    let mut problems = Vec::new();
    for (key, value) in pairs(query) {
        if let Err(problem) = read(&mut inputs, &key, &value) {
            problems.push(problem);
        }
    }
    (inputs, problems)
}

/// Whether the calculator's links have such a part. A link to another page may carry it along.
pub fn is_known(key: &str) -> bool {
    const OTHERS: [&str; 11] =
        [MODEL, PINS, VERSUS, VERSUS_FAILED, VERSUS_ASKS, SORT, FILTER, DEPRECATED, UNIT, EVERY, PRICED];
    OTHERS.contains(&key)
        || Quantity::ALL.iter().any(|quantity| quantity.spec().key == key)
        || Choice::ALL.iter().any(|choice| choice.key() == key)
}

fn read(inputs: &mut Inputs, key: &str, value: &str) -> Result<(), String> {
    if key == FILTER {
        inputs.view.filter = value.to_owned().into();
        return Ok(());
    }
    let value = &bare(value);
    if let Some(quantity) = Quantity::ALL.into_iter().find(|quantity| quantity.spec().key == key) {
        let read = number(&quantity.range(), quantity.spec().label, value)?;
        inputs.workload = quantity.set(&inputs.workload, read);
        return Ok(());
    }
    if let Some(choice) = Choice::ALL.into_iter().find(|choice| choice.key() == key) {
        inputs.workload = choice.set(&inputs.workload, switched(value, choice.label())?);
        return Ok(());
    }
    let small = |range: &Range, name: &str| number(range, name, value).map(|steps| steps.unwrap_or_default() as u32);
    match key {
        MODEL => inputs.model = known(value)?,
        PINS => {
            let pins = value.split(',').filter(|pin| !pin.is_empty()).map(known).collect::<Result<Vec<_>, _>>()?;
            if pins.len() > PINS_MAX {
                return Err(format!("At most {PINS_MAX} models can be compared, not {}.", pins.len()));
            }
            inputs.pins = pins;
        }
        VERSUS => inputs.versus.model = Some(known(value)?),
        VERSUS_FAILED => inputs.versus.failed_ppm = small(&BAD_ANSWERS, "The share asked again")?,
        VERSUS_ASKS => inputs.versus.re_asks = small(&ASKED_AGAIN, "The number of re-asks")?,
        SORT => {
            let columns = || Column::ALL.map(Column::key).join(", ");
            let view = inputs.view.in_order(value);
            inputs.view = view.ok_or_else(|| format!("The order is one of {}, not {}.", columns(), quoted(value)))?;
        }
        UNIT => {
            let unit = LengthUnit::named(value);
            inputs.unit = unit.ok_or_else(|| format!("The unit is tokens, words or pages, not {}.", quoted(value)))?;
        }
        EVERY => {
            let every = Every::keyed(value);
            inputs.every =
                every.ok_or_else(|| format!("How often is once, day, week or month, not {}.", quoted(value)))?;
        }
        PRICED => {
            let day = prices::first_moment(value).map(|_| AttrValue::from(value.to_owned()));
            inputs.priced =
                Some(day.ok_or_else(|| format!("The date of the prices is YYYY-MM-DD, not {}.", quoted(value)))?);
        }
        DEPRECATED => inputs.view.deprecated = switched(value, "Show retired")?,
        _ => return Err(format!("{} is unknown.", quoted(key))),
    }
    Ok(())
}

fn switched(value: &str, name: &str) -> Result<bool, String> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(format!("{name} is 1 or 0, not {}.", quoted(value))),
    }
}

fn known(name: &str) -> Result<prices::ModelId, String> {
    let model = prices::find(name).ok_or_else(|| format!("No price found for the model {}.", quoted(name)))?;
    Ok(model.key())
}

fn number(range: &Range, name: &str, value: &str) -> Result<Option<u64>, String> {
    range.read("It", value).map_err(|what| format!("{name} is {}. {what}", quoted(value)))
}

#[cfg(test)]
mod tests {
    use super::super::inputs::Action;
    use super::*;

    #[test]
    fn the_opening_values_are_a_short_link() {
        assert_eq!(encode(&Inputs::default()), "model=gpt-6-luna&calls=5000&in=250&out=50&dup=10");
        assert_eq!(decode(""), (Inputs::default(), Vec::new()));
    }

    #[test]
    fn a_link_restores_every_quantity() {
        let mut inputs = Inputs::default();
        for (at, quantity) in Quantity::ALL.into_iter().enumerate() {
            let range = quantity.range();
            let whole = 10_u64.pow(range.decimals.into());
            let value = ((10 + at as u64) * whole).min(range.max);
            inputs = inputs.after(Action::Set(quantity, Some(value)));
        }
        for choice in Choice::ALL {
            inputs = inputs.after(Action::Switch(choice, true));
        }
        for pin in ["openai/gpt-4o", "fireworks/kimi-k3"] {
            inputs = inputs.after(Action::Pin(pin.to_owned()));
        }
        let versus = Versus { model: Some("openai/gpt-4o".to_owned()), failed_ppm: 125_000, re_asks: 5 };
        inputs = inputs.after(Action::Against(versus));
        let view = View { filter: "gpt & co".into(), deprecated: true, ..View::default().sorted_by(Column::Batch) };
        inputs = inputs.after(Action::View(view.sorted_by(Column::Batch)));
        inputs = inputs.after(Action::Unit(LengthUnit::Pages)).after(Action::Every(Every::Month));
        inputs.priced = Some("2026-11-12".into());
        let query = encode(&inputs);
        assert_eq!(decode(&query), (inputs.clone(), Vec::new()), "{query}");
        assert!(query.contains("&deadline=22&budget=23&pin=24&pout=25&asks=10&cap=27"), "{query}");
        assert!(query.contains("&warm=1&hour=1&window=1&pins=gpt-4o,fireworks/kimi-k3&vs=gpt-4o"), "{query}");
        assert!(
            query.ends_with(
                "&vsfail=12.5&vsasks=5&sort=-batch&filter=gpt%20%26%20co&old=1&unit=pages&every=month&priced=2026-11-12"
            ),
            "{query}"
        );
        assert_eq!(of_workload(&inputs), query[..query.find("&pins").unwrap()]);
    }

    #[test]
    fn a_link_carries_every_change() {
        let before = Inputs::default().after(Action::Set(Quantity::Calls, Some(7)));
        let pinned = before.after(Action::Pin("openai/gpt-4o".to_owned()));
        let versus = Versus { model: Some("openai/gpt-4o".to_owned()), failed_ppm: 125_000, re_asks: 5 };
        let view = View { filter: "a b".into(), deprecated: true, ..View::default().sorted_by(Column::Time) };
        for (before, action) in [
            (&before, Action::ChooseModel("anthropic/claude-opus-5".to_owned())),
            (&before, Action::Pin("fireworks/kimi-k3".to_owned())),
            (&pinned, Action::Pin("openai/gpt-4o".to_owned())),
            (&before, Action::Against(versus)),
            (&before, Action::View(view)),
            (&before, Action::Unit(LengthUnit::Words)),
            (&before, Action::Every(Every::Day)),
            (&before, Action::Start(None)),
        ] {
            let after = before.after(action.clone());
            let query = encode(&after);
            assert_ne!(query, encode(before));
            assert_eq!(decode(&query), (after, Vec::new()), "{query}");
        }
    }

    #[test]
    fn every_model_has_a_link_of_its_own() {
        for model in prices::all() {
            let inputs = Inputs { model: model.key(), ..Inputs::default() };
            assert_eq!(decode(&encode(&inputs)), (inputs, Vec::new()));
        }
    }

    #[test]
    fn what_a_link_gets_wrong_is_named_and_left_out() {
        let (inputs, problems) = decode(
            "model=gpt%2Dnowhere&calls=0&in=many&colour=red&out=70&dup&warm=yes&vsfail=100&pins=gpt-4o,x&sort=colour&old=2&unit=lines&every=hour&priced=soon",
        );
        assert_eq!(inputs, Inputs::default().after(Action::Set(Quantity::Output, Some(70))));
        assert_eq!(
            problems,
            [
                "No price found for the model “gpt-nowhere”.",
                "API calls is “0”. It goes from 1 to 1,000,000.",
                "Input tokens per call is “many”. It needs a plain number, without “m”.",
                "“colour” is unknown.",
                "Repeated inputs is “”. It needs a number.",
                "Warm up the prompt cache is 1 or 0, not “yes”.",
                "The share asked again is “100”. It goes from 0% to 99%.",
                "No price found for the model “x”.",
                "The order is one of model, provider, cost, thousand, batch, time, date, not “colour”.",
                "Show retired is 1 or 0, not “2”.",
                "The unit is tokens, words or pages, not “lines”.",
                "How often is once, day, week or month, not “hour”.",
                "The date of the prices is YYYY-MM-DD, not “soon”.",
            ]
        );
    }

    #[test]
    fn a_link_that_came_through_other_tools_means_the_same() {
        let (wanted, problems) = decode("model=gpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.5");
        assert_eq!(problems, Vec::<String>::new());
        for query in [
            "model=gpt-4o-mini%20&calls=20,000&in=250&out=50&dup=10%25&budget=%240.50",
            "model=%22gpt-4o-mini%22&calls=20%20000&in=250&out=50&dup=10%&budget=$0.50",
            "MODEL=openai%2Fgpt-4o-mini&calls=20k&in=250&out=50&dup=10&budget=0.50",
            "model=gpt-4o-mini&amp;calls=20000&amp;in=250&amp;out=50&amp;dup=10&amp;budget=0.50",
            "model%3Dgpt-4o-mini%26calls%3D20000%26in%3D250%26out%3D50%26dup%3D10%26budget%3D0.50",
            "model=openai%252Fgpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.50",
            "model=gpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.50&utm_source=x&fbclid=y",
            "model=gpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.50?utm_medium=social",
            "model=gpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.50).",
            "model=gpt-4o-mini&calls=20000&in=250&out=50&dup=10&budget=0.50%3E",
        ] {
            assert_eq!(decode(query), (wanted.clone(), Vec::new()), "{query}");
        }
    }

    #[test]
    fn a_number_that_could_mean_another_is_named_and_left_out() {
        for (query, problem) in [
            ("budget=0,50", "Budget is “0,50”. Use a point for decimals: 0.50."),
            ("pin=0,15", "Input price is “0,15”. Use a point for decimals: 0.15."),
            (
                "calls=1.000",
                "API calls is “1.000”. It takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.",
            ),
            ("calls=50…", "API calls is “50…”. It needs a plain number, without “…”."),
            ("rpm=5OO", "Requests per minute is “5OO”. It needs a plain number, without “O”."),
            ("budget=%E2%82%AC5", "Budget is “€5”. It needs a plain number, without “€”."),
        ] {
            assert_eq!(decode(query), (Inputs::default(), vec![problem.to_owned()]), "{query}");
        }
    }

    #[test]
    fn a_filter_is_taken_as_it_is_typed() {
        for filter in ["gpt-5.", " \"4o\" ", "a+b & c=d?", "100%"] {
            let view = View { filter: filter.to_owned().into(), ..View::default() };
            let inputs = Inputs { view, ..Inputs::default() };
            assert_eq!(decode(&encode(&inputs)), (inputs, Vec::new()));
        }
    }

    #[test]
    fn every_key_of_a_link_is_known() {
        for key in ["model", "calls", "pout", "warm", "pins", "vsfail", "filter", "old"] {
            assert!(is_known(key), "{key}");
        }
        assert!(!is_known("colour"));
    }
}
