//! `cargo dev lighthouse`: the published page under Lighthouse, as a phone sees it. Prints the median of several runs and
//! every audit below full score, and fails where a category's median is below 100.
//!
//! Lighthouse simulates a slow network and multiplies what the processor took. A machine that does other work costs
//! points, so its load stands beside the scores.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::block_in_place;

use crate::bundle::Bundle;
use crate::project::{self, Profile};
use crate::steps::{self, Output};
use crate::{chromium, node, site, wasm};

const PAGES: [&str; 3] = ["", "#/run", "embed-demo.html"];
/// What these pages start. The worker fetches the others when it needs them.
const PROGRAMS: [&str; 3] = ["app", "worker", "embed"];
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];
/// Few, so that the browser behaves as a visitor's does.
const CHROMIUM_FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic";
/// What hosts compress.
const COMPRESSED: [&str; 7] = ["css", "html", "js", "json", "svg", "tsv", "wasm"];

#[derive(clap::Args)]
pub struct LighthouseArgs {
    /// How often each page is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Only this page, by its address below the root; may be given several times
    #[arg(long = "page")]
    pages: Vec<String>,
    /// Measure a page that was built earlier (a copy of dist/) in place of the sources
    #[arg(long)]
    built: Option<PathBuf>,
}

pub async fn run(args: LighthouseArgs) -> Result<(), String> {
    let chromium = chromium::find()?;
    let place = project::workshop().join("lighthouse");
    let bundle = block_in_place(|| {
        node::ensure_packages(&mut Output::shown())?;
        args.built.as_deref().map_or_else(|| Bundle::of(Profile::Release, &PROGRAMS), Bundle::read)
    })?;
    let brotli = block_in_place(|| compressed(&bundle, &place.join("site")))?;
    let (_keep, latest) = watch::channel(Some(Arc::new(bundle)));
    let listener = site::listen(0).await?;
    let root = site::address(&listener)?;
    let server = tokio::spawn(async move { axum::serve(listener, site::compressing(latest, brotli)).await });
    let pages = if args.pages.is_empty() { PAGES.map(str::to_owned).to_vec() } else { args.pages };
    let mut below = Vec::new();
    for page in &pages {
        let mut reports = Vec::new();
        for number in 1..=args.runs {
            let report = place.join(format!("report-{number}.json"));
            reports.push(block_in_place(|| measure(&chromium, &format!("{root}{page}"), &report))?);
        }
        let measured = Measured::of(&reports)?;
        println!("\n/{page} ({})\n{}", surroundings(&reports), measured.text());
        below.extend(measured.below().map(|category| format!("/{page}: {category}")));
    }
    server.abort();
    if below.is_empty() { Ok(()) } else { Err(format!("Below 100:\n{}", below.join("\n"))) }
}

/// The files that hosts compress, with brotli.
fn compressed(bundle: &Bundle, place: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let failed = |why: std::io::Error| format!("The files cannot be compressed: {why}");
    bundle.write(place)?;
    let names =
        bundle.files.keys().filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| COMPRESSED.contains(&end)));
    let mut node = steps::of_node("node");
    let mut running = node.args(["-e", include_str!("brotli.js")]).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut paths) = running.stdin.take() {
        names.clone().try_for_each(|name| writeln!(paths, "{}", place.join(name).display())).map_err(failed)?;
    }
    if !running.wait().map_err(failed)?.success() {
        return Err("Node could not compress the files.".to_owned());
    }
    names.map(|name| Ok((name.clone(), wasm::read(&place.join(format!("{name}.br")))?))).collect()
}

/// One run of Lighthouse: a phone, in a browser with a profile of its own.
fn measure(chromium: &Path, url: &str, report: &Path) -> Result<Value, String> {
    let _ = fs::remove_file(report);
    let mut lighthouse: Command = steps::of_node(node::program("lighthouse"));
    lighthouse.env("CHROME_PATH", chromium).args([url, "--quiet", "--no-enable-error-reporting", "--output=json"]);
    lighthouse.arg(format!("--only-categories={}", CATEGORIES.join(",")));
    lighthouse.arg(format!("--chrome-flags={CHROMIUM_FLAGS}"));
    lighthouse.arg(format!("--output-path={}", report.display()));
    Output::shown().run(lighthouse, "Lighthouse")?;
    serde_json::from_slice(&wasm::read(report)?).map_err(|why| format!("Lighthouse's report is not JSON: {why}"))
}

/// What the machine was busy with, and how fast Lighthouse found it meanwhile.
fn surroundings(reports: &[Value]) -> String {
    let index = reports.iter().filter_map(|report| report["environment"]["benchmarkIndex"].as_f64());
    let index = median(index.collect()).map_or_else(String::new, |(_, index)| format!(", benchmark index {index:.0}"));
    let load = fs::read_to_string("/proc/loadavg").ok().and_then(|text| Some(text.split(' ').next()?.to_owned()));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let load = load.map_or_else(String::new, |load| format!(", load {load} on {processors} processors"));
    format!("{} runs{load}{index}", reports.len())
}

/// What several reports about one page say.
struct Measured {
    /// By category: the lowest, the median and the highest score, out of 100.
    scores: Vec<(&'static str, [f64; 3])>,
    /// What is below full score in the median, the weightiest first.
    audits: Vec<Audit>,
}

struct Audit {
    name: String,
    /// Out of 1.
    score: f64,
    figure: String,
    /// Its share of a category's score, in percent; most audits have none.
    weight: f64,
}

impl Measured {
    fn of(reports: &[Value]) -> Result<Measured, String> {
        let scores = CATEGORIES.map(|category| {
            let scores = reports.iter().filter_map(|report| report["categories"][category]["score"].as_f64());
            let mut scores: Vec<f64> = scores.map(|score| (score * 100.0).round()).collect();
            scores.sort_by(f64::total_cmp);
            match (scores.first(), median(scores.clone()), scores.last()) {
                (Some(least), Some((_, middle)), Some(most)) if scores.len() == reports.len() => {
                    Ok((category, [*least, middle, *most]))
                }
                _ => Err(format!("Lighthouse gave no score for {category}: {}", complaints(reports))),
            }
        });
        let scores = scores.into_iter().collect::<Result<_, _>>()?;
        let names =
            reports.first().and_then(|report| report["audits"].as_object()).into_iter().flat_map(|all| all.keys());
        let mut audits: Vec<Audit> = names.filter_map(|name| below_full(name, reports)).collect();
        audits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.score.total_cmp(&b.score)));
        Ok(Measured { scores, audits })
    }

    fn below(&self) -> impl Iterator<Item = String> {
        let below = self.scores.iter().filter(|(_, [_, middle, _])| *middle < 100.0);
        below.map(|(category, [_, middle, _])| format!("{category} {middle}"))
    }

    fn text(&self) -> String {
        let scores = self
            .scores
            .iter()
            .map(|(category, [least, middle, most])| format!("  {category:<34} {middle:>4}   {least} to {most}\n"));
        let audits = self.audits.iter().map(|Audit { name, score, figure, weight }| {
            let weight = if *weight > 0.0 { format!("   {weight:.0}% of its category") } else { String::new() };
            format!("    {name:<32} {score:>4.2}   {figure}{weight}\n")
        });
        scores.chain(audits).collect()
    }
}

/// An audit whose median is below full score, with the figure of the run in the middle. What only informs has no score.
fn below_full(name: &str, reports: &[Value]) -> Option<Audit> {
    let audits: Vec<&Value> = reports.iter().map(|report| &report["audits"][name]).collect();
    let scored: Vec<&Value> = audits.into_iter().filter(|audit| audit["score"].is_number()).collect();
    let (at, score) = median(scored.iter().filter_map(|audit| audit["score"].as_f64()).collect())?;
    if score >= 1.0 || scored.len() * 2 <= reports.len() {
        return None;
    }
    let figure = scored[at]["displayValue"].as_str().or(scored[at]["title"].as_str()).unwrap_or_default();
    let weight = CATEGORIES.map(|category| share(&reports[0]["categories"][category]["auditRefs"], name));
    Some(Audit { name: name.to_owned(), score, figure: figure.to_owned(), weight: weight.into_iter().sum() })
}

/// An audit's share of a category, in percent.
fn share(references: &Value, name: &str) -> f64 {
    let all: Vec<(&str, f64)> = references.as_array().map_or_else(Vec::new, |all| {
        all.iter().filter_map(|one| Some((one["id"].as_str()?, one["weight"].as_f64()?))).collect()
    });
    let sum: f64 = all.iter().map(|(_, weight)| weight).sum();
    let own: f64 = all.iter().filter(|(id, _)| *id == name).map(|(_, weight)| weight).sum();
    if sum > 0.0 { own / sum * 100.0 } else { 0.0 }
}

/// Why a report holds less than it should.
fn complaints(reports: &[Value]) -> String {
    let errors = reports.iter().filter_map(|report| report["runtimeError"]["message"].as_str());
    let audits = reports.iter().filter_map(|report| report["audits"].as_object()).flatten();
    let audits = audits.filter_map(|(name, audit)| Some(format!("{name}: {}", audit["errorMessage"].as_str()?)));
    let mut all: Vec<String> = errors.map(str::to_owned).chain(audits).collect();
    all.sort();
    all.dedup();
    all.join("; ")
}

/// The middle one and its place; of two in the middle, the lower one.
fn median(values: Vec<f64>) -> Option<(usize, f64)> {
    let mut values: Vec<(usize, f64)> = values.into_iter().enumerate().collect();
    values.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(performance: f64, lcp: f64, figure: &str) -> Value {
        let full = json!({ "score": 1, "auditRefs": [] });
        json!({
            "categories": {
                "performance": {
                    "score": performance,
                    "auditRefs": [{ "id": "lcp", "weight": 25 }, { "id": "cls", "weight": 75 }, { "id": "hint", "weight": 0 }],
                },
                "accessibility": full, "best-practices": full, "seo": full,
            },
            "audits": {
                "lcp": { "score": lcp, "displayValue": figure, "title": "Largest Contentful Paint" },
                "cls": { "score": 1, "displayValue": "0" },
                "hint": { "score": 0.5, "title": "Something to save" },
                "told": { "score": null, "title": "Only told" },
            },
        })
    }

    #[test]
    fn the_median_decides_and_every_audit_below_full_score_is_listed() {
        let reports = [report(0.9, 0.7, "4.2 s"), report(1.0, 1.0, "1.0 s"), report(0.98, 0.9, "2.1 s")];
        let measured = Measured::of(&reports).expect("whole reports");
        assert_eq!(measured.below().collect::<Vec<_>>(), ["performance 98"]);
        let expected = "  performance                          98   90 to 100
  accessibility                       100   100 to 100
  best-practices                      100   100 to 100
  seo                                 100   100 to 100
    lcp                              0.90   2.1 s   25% of its category
    hint                             0.50   Something to save
";
        assert_eq!(measured.text(), expected);
    }

    #[test]
    fn a_run_that_is_not_full_is_outvoted() {
        let reports = [report(1.0, 1.0, "1.0 s"), report(0.9, 0.7, "4.2 s"), report(1.0, 1.0, "1.0 s")];
        let measured = Measured::of(&reports).expect("whole reports");
        assert_eq!(measured.below().count(), 0);
        assert_eq!(measured.audits.iter().map(|audit| audit.name.as_str()).collect::<Vec<_>>(), ["hint"]);
    }

    #[test]
    fn a_report_without_a_score_says_why() {
        let mut broken = report(1.0, 1.0, "1.0 s");
        broken["categories"]["performance"]["score"] = Value::Null;
        broken["audits"]["lcp"] = json!({ "score": null, "errorMessage": "NO_LCP" });
        let why = Measured::of(&[report(1.0, 1.0, "1.0 s"), broken]).err().expect("no score");
        assert_eq!(why, "Lighthouse gave no score for performance: lcp: NO_LCP");
    }

    #[test]
    fn of_two_in_the_middle_the_lower_one_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some((2, 2.0)));
        assert_eq!(median(vec![2.0, 1.0]), Some((1, 1.0)));
        assert_eq!(median(vec![]), None);
    }
}
