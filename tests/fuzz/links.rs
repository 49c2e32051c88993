//! Links and attributes, as people paste them.

use fastrand::Rng;
use pennybatch::embed::{Asked, FIELDS, draw};
use pennybatch::query::{escaped, pairs};
use pennybatch::time::Time;
use pennybatch::ui::calculator::{decode, encode};
use pennybatch::ui::runner::link_query;

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals};

/// 2026-11-23 12:00:00 UTC.
const NOW: Time = Time::from_ms(1_795_435_200_000);
/// What is drawn takes far longer than what is read: one in so many is.
const DRAWN_EVERY: u32 = 64;
const TOKENS: &[&str] = &[
    "&",
    "=",
    "?",
    "#",
    "%26",
    "%3D",
    "%25",
    "%2525",
    "+",
    "%20",
    "&amp;",
    "&#038;",
    "&nbsp;",
    "%C3%28",
    "model=gpt-4o-mini",
    "&calls=5000",
    "&in=250",
    "&out=50",
    "&dup=10",
    "&budget=0.5",
    "&pin=0.15",
    "&pins=gpt-4o,o3",
    "&vs=gpt-4o",
    "&vsfail=12.5",
    "&vsasks=5",
    "&sort=-batch",
    "&filter=",
    "&old=1",
    "&warm=1",
    "&hour=0",
    "&window=1",
    "&deadline=22",
    "&lat=1.5",
    "&run=20261123-154501-x7k2",
    "&base_url=",
    "&key=sk-1",
    "utm_source=x",
    "was.calls=",
    "stop.calls=5",
    "step.input=up",
    "&theme=dark",
    "openai/",
    "\u{201c}",
    "\u{201d}",
    "**",
    ").",
];

fn literals_of(names: &[&str]) -> impl Iterator<Item = Vec<u8>> {
    names.iter().flat_map(|name| literals::of_file(&format!("src/{name}.rs"))).collect::<Vec<_>>().into_iter()
}

pub fn corpus() -> Corpus {
    Corpus::new(literals_of(&["query", "ui/calculator/query", "ui/runner/link_query"]), TOKENS)
}

pub fn link(input: &[u8], _: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    assert_eq!(pairs(&format!("filter={}", escaped(&text))), [("filter".to_owned(), text.clone().into_owned())]);

    let (inputs, problems) = decode(&text);
    problems.iter().for_each(|problem| fits_a_screen(problem));
    assert!(inputs.model().is_some(), "{} is not in the catalogue", inputs.model);
    let own = encode(&inputs);
    assert_eq!(decode(&own), (inputs, Vec::new()), "{own}");

    link_query::left_out(&text).iter().for_each(|sentence| fits_a_screen(sentence));
    assert!(link_query::fields(&text).iter().all(|(_, value)| !value.is_empty()));
    let _ = link_query::run_named(&text);
}

pub fn embeds() -> Corpus {
    Corpus::new(literals_of(&["query", "embed/tests", "embed/field"]), TOKENS)
}

pub fn embed(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let asked = Asked::read(&text);
    asked.problems.iter().for_each(|problem| fits_a_screen(&problem.sentence));
    asked.unknown.iter().for_each(|sentence| fits_a_screen(sentence));
    let link = asked.link();
    let query = link.strip_prefix("#/?").expect("a link to the calculator");
    let (inputs, problems) = decode(query);
    assert_eq!(problems, Vec::<String>::new(), "{link}");
    assert_eq!(inputs.model, asked.model.key(), "{link}");
    for field in FIELDS {
        assert_eq!(field.get(&inputs.workload), field.get(&asked.workload), "{field:?} in {link}");
    }
    if chance.u32(..DRAWN_EVERY) == 0 {
        let drawn = draw(&text, NOW);
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&drawn).is_ok(), "no JSON: {drawn}");
    }
}
