//! The project's conventions as tests: which room may name which, what stays pure, and how files are kept.
//!
//! Each rule is a function from a source to its breaches, so that the tests below can show that it catches them.

#![cfg(not(target_arch = "wasm32"))]

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::fs;
use std::path::PathBuf;

use documents::*;
use pennybatch::provider::Provider;
use rules::*;
use source::{Source, git, root, sources, subjects_after, texts, top_level_texts};

// The rules, applied to the project.

#[test]
fn rooms_name_only_what_the_map_allows() {
    let map = map();
    let breaches = sources("src").into_iter().flat_map(|source| arrow_breaches(&source, &map));
    none(breaches);
}

#[test]
fn packages_name_only_what_the_map_allows() {
    none(PACKAGES.iter().flat_map(|(place, _)| sources(place)).flat_map(|source| package_breaches(&source)));
}

/// Each package is there, and is the workspace's; no other one is.
#[test]
fn the_map_has_every_package() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = ")).expect("a list of members");
    let mapped: Vec<String> = PACKAGES.iter().map(|(place, _)| format!("\"{place}\"")).collect();
    assert_eq!(members, format!("[\".\", {}]", mapped.join(", ")));
}

#[test]
fn the_map_has_every_room_and_no_circle() {
    let map = map();
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let mut declared: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
        .map(|line| line.trim_end_matches(';'))
        .collect();
    let mut mapped: Vec<&str> = map.order.iter().map(String::as_str).collect();
    declared.sort_unstable();
    mapped.sort_unstable();
    assert_eq!(declared, mapped);
    none(map.circles());
}

#[test]
fn the_page_has_no_arrow_back_up_and_no_circle() {
    let table = fs::read_to_string(root().join("src/ui/mod.rs")).expect("src/ui/mod.rs");
    none(sources("src/ui").into_iter().flat_map(|source| page_breaches(&source, &table)).collect::<Vec<_>>());
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let upward = source("src/ui/parts/field.rs", "use crate::ui::{hooks, runner::words}; use crate::ui::Route;");
    assert_eq!(page_breaches(&upward, &table), ["src/ui/parts/field.rs:1: parts may not name runner"]);
    let unknown = source("src/ui/runner/steps.rs", "fn f() { crate::ui::elsewhere::g() }");
    assert_eq!(page_breaches(&unknown, &table), ["src/ui/runner/steps.rs:1: runner may not name elsewhere"]);
}

#[test]
fn pure_rooms_stay_pure() {
    let breaches = sources("src").into_iter().flat_map(|source| purity_breaches(&source));
    none(breaches);
}

#[test]
fn what_page_and_worker_exchange_needs_no_names() {
    let needs_names = |source: &Source| NEEDS_NAMES.iter().any(|attribute| source.text.contains(attribute));
    let found: Vec<String> = sources("src").into_iter().filter(needs_names).map(|source| source.name).collect();
    assert_eq!(found, JSON_ALONE, "a new file here must not be of what `link` hands on");
}

/// The sources of all packages.
fn ours() -> Vec<Source> {
    PACKAGES.iter().map(|(place, _)| *place).chain(["src"]).flat_map(sources).collect()
}

#[test]
fn every_room_and_part_says_what_it_holds() {
    none(ours().iter().filter_map(unexplained));
}

#[test]
fn files_stay_short() {
    none(ours().iter().filter_map(|source| too_long(source, &LONGER_FILES)));
    for (name, _) in LONGER_FILES {
        let text = fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(text.lines().count() > LINES_MAX, "{name} is short enough now: take it off the list");
    }
}

#[test]
fn nothing_names_a_place_on_one_machine() {
    let files = ["src", "tests", "tools", "www", "docs", ".ci", ".cargo", ".github"].into_iter().flat_map(texts);
    none(files.chain(top_level_texts()).flat_map(|source| place_breaches(&source)));
}

#[test]
fn packages_come_from_one_place() {
    let cargo = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let npm = fs::read_to_string(root().join("package-lock.json")).expect("package-lock.json");
    none(origin_breaches("Cargo.lock", &cargo).into_iter().chain(origin_breaches("package-lock.json", &npm)));
}

#[test]
fn commit_subjects_are_short_and_say_where() {
    let subjects = subjects_after(&root(), SUBJECTS_AFTER).unwrap_or_else(|why| panic!("{why}"));
    none(subjects.iter().filter_map(|subject| subject_breach(subject)));
}

#[test]
fn links_in_documents_lead_somewhere() {
    let documents = ["docs", "src", "tests", "tools", ".github"].into_iter().flat_map(texts).chain(top_level_texts());
    let documents = documents.filter(|document| document.name.ends_with(".md"));
    none(documents.flat_map(|document| broken_links(&root(), &document)));
}

#[test]
fn the_user_guide_is_true_to_the_page() {
    let guide = document("docs/run.md");
    let page =
        joined(&[sources("src/ui"), sources("src/link"), sources("src/provider"), sources("src/worker")].concat());
    none(unknown_names(&guide, &page).into_iter().chain(unknown_messages(&guide, &page)));
    let unlisted = Provider::ALL.into_iter().map(Provider::preset).filter(|preset| {
        let address = if preset.base_url.is_empty() { String::new() } else { format!("`{}`", preset.base_url) };
        !guide.text.lines().any(|line| line.starts_with(&format!("| {} | {address}", preset.name)))
    });
    none(unlisted.map(|preset| format!("docs/run.md doesn't list {} with its base URL", preset.name)));
}

#[test]
fn the_nginx_recipe_sends_the_headers_of_the_page() {
    let recipe = document("docs/deploy.md").text;
    let headers = document("www/_headers").text;
    let general = headers.lines().skip_while(|line| *line != "/*").skip(1).take_while(|line| line.starts_with("  "));
    let sent = |line: &str| {
        let (name, value) = line.trim().split_once(": ").expect("a name and a value");
        // The style sheet's digest changes with each release; the page's own policy has it.
        let value = value.replace("style-src 'self';", "style-src 'self' 'unsafe-inline';");
        let quoted = [format!("{name} \"{value}\""), format!("{name} {value}")];
        quoted.iter().any(|header| recipe.contains(&format!("add_header {header} always;")))
    };
    none(general.filter(|line| !sent(line)).map(|line| format!("docs/deploy.md sends no {}", line.trim())));
}

fn document(name: &str) -> Source {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
    Source { name: name.to_owned(), text }
}

// Each rule catches what it should.

fn small_map() -> Map {
    Map::read(
        "//! | [`money`] | a | |\n//! | [`provider`] | b | |\n//! | [`engine`] | c | `provider` |\n//! | [`ui`] | d | `engine` |\n",
    )
}

fn breaches_in(name: &str, text: &str) -> Vec<String> {
    arrow_breaches(&Source { name: name.to_owned(), text: text.to_owned() }, &small_map())
}

#[test]
fn an_arrow_upward_is_found_in_every_form() {
    assert_eq!(
        breaches_in("src/engine/mod.rs", "use crate::provider::Usage; use crate::money::Usd;"),
        Vec::<String>::new()
    );
    for text in [
        "use crate::ui::App;",
        "use crate::{provider::Usage, ui::{App, Page}};",
        "use crate::{ui};",
        "fn f() { crate::ui::draw() }",
        "type T = Vec<crate::ui::App>;",
        "use super::ui::App;",
        "use super::{provider, ui::App};",
        "mod tests { use super::super::ui::App; }",
        "use crate::ui as page;",
        "macro_rules! m { () => { crate::ui::draw() } }",
        "pub use crate::*;",
    ] {
        assert!(!breaches_in("src/engine/mod.rs", text).is_empty(), "{text}");
    }
    assert_eq!(breaches_in("src/engine/lane.rs", "use super::super::ui::App;").len(), 1);
    assert_eq!(breaches_in("src/money.rs", "use super::engine;").len(), 1);
}

#[test]
fn words_and_a_room_s_own_paths_are_no_arrows() {
    for text in [
        "// use crate::ui::App;",
        "/// See `crate::ui`.\nfn f() {}",
        "const S: &str = \"crate::ui\";",
        "use crate::engine::lane; use super::engine::lane; use self::lane;",
        "mod tests { use super::ui; }",
        "use other::ui;",
    ] {
        assert_eq!(breaches_in("src/engine/mod.rs", text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(breaches_in("src/engine/lane.rs", "use super::ui;"), Vec::<String>::new());
}

#[test]
fn a_breach_is_told_with_its_place() {
    let breaches = breaches_in("src/engine/lane.rs", "//! A lane.\n\nuse crate::ui::App;\n");
    assert_eq!(breaches, ["src/engine/lane.rs:3: engine may not name ui"]);
}

#[test]
fn the_page_names_no_engine_at_work() {
    assert_eq!(breaches_in("src/ui/mod.rs", "use crate::engine::{Progress, Limits};"), Vec::<String>::new());
    assert_eq!(breaches_in("src/ui/mod.rs", "use crate::engine::Engine;").len(), 1);
    assert_eq!(breaches_in("src/ui/mod.rs", "use crate::engine::{Progress, Engine};").len(), 1);
    assert_eq!(breaches_in("src/ui/mod.rs", "use crate::{engine::{Event}};").len(), 1);
}

#[test]
fn programs_name_what_is_theirs() {
    assert_eq!(breaches_in("src/bin/app.rs", "fn main() { pennybatch::ui::start() }"), Vec::<String>::new());
    assert_eq!(breaches_in("src/bin/app.rs", "use pennybatch::engine::Engine;").len(), 1);
}

#[test]
fn packages_name_what_is_theirs() {
    let breaches =
        |name: &str, text: &str| package_breaches(&Source { name: name.to_owned(), text: text.to_owned() }).len();
    assert_eq!(breaches("tools/dev/src/prices.rs", "use pennybatch::prices; use crate::site; use axum::Router;"), 0);
    assert_eq!(breaches("tools/dev/src/site.rs", "use pennybatch::dataset::Table;"), 1);
    assert_eq!(breaches("tools/dev/src/site.rs", "use pennybatch::{prices, engine::Engine};"), 1);
    assert_eq!(breaches("tools/dev/src/site.rs", "use pennybatch as page;"), 1);
    assert_eq!(breaches("tests/mock/src/ledger.rs", "use pennybatch::money::Usd;"), 1);
}

#[test]
fn circles_and_unknown_rooms_in_the_map_are_found() {
    assert_eq!(small_map().circles(), Vec::<String>::new());
    let upward = Map::read("//! | [`a`] | x | `b` |\n//! | [`b`] | y | `c` |\n");
    assert_eq!(upward.circles().len(), 2);
}

#[test]
fn what_is_impure_is_found_in_pure_rooms_alone() {
    let impure =
        |name: &str, text: &str| purity_breaches(&Source { name: name.to_owned(), text: text.to_owned() }).len();
    for text in [
        "use web_sys::Window;",
        "fn f() { gloo_timers::callback::Timeout::new(1, || ()) }",
        "use yew::Html;",
        "use std::time::Instant;",
        "let now = std::time::SystemTime::now();",
        "use std::{fs, fmt};",
        "use std::{time::{Duration, Instant}};",
        "let mut rng = fastrand::Rng::new();",
        "let n = fastrand::u64(..);",
        "use fastrand::{shuffle};",
        "let n = js_sys::Date::now();",
        "#[cfg(test)] mod tests { use std::thread; }",
    ] {
        assert_eq!(impure("src/engine/lane.rs", text).min(1), 1, "{text}");
        assert_eq!(impure("src/worker/fetch.rs", text), 0, "{text}");
        assert_eq!(impure("src/bin/app.rs", text), 0, "{text}");
    }
    for text in
        ["let rng = fastrand::Rng::with_seed(7);", "// Instant", "const S: &str = \"Instant\";", "use std::fmt;"]
    {
        assert_eq!(impure("src/engine/lane.rs", text), 0, "{text}");
    }
}

#[test]
fn files_that_are_long_or_unexplained_are_found() {
    let source = |name: &str, text: String| Source { name: name.to_owned(), text };
    let long = "\n".repeat(LINES_MAX + 1);
    assert!(too_long(&source("src/a.rs", long.clone()), &[]).is_some());
    assert!(too_long(&source("src/a.rs", long.clone()), &[("src/a.rs", LINES_MAX + 1)]).is_none());
    assert!(too_long(&source("src/a.rs", long + "\n"), &[("src/a.rs", LINES_MAX + 1)]).is_some());
    assert!(unexplained(&source("src/ui/mod.rs", "mod app;".to_owned())).is_some());
    assert!(unexplained(&source("src/ui/mod.rs", "//! The page.".to_owned())).is_none());
    assert!(unexplained(&source("src/ui/app.rs", "fn f() {}".to_owned())).is_none());
}

#[test]
fn places_and_strange_origins_are_found() {
    let at = |text: String| place_breaches(&Source { name: "README.md".to_owned(), text }).len();
    assert_eq!(at(format!("see {}home/someone/notes", "/")), 1);
    assert_eq!(at(format!("a\n{}Users/someone", "/")), 1);
    assert_eq!(at("a relative home/page and https://example.com/homepage".to_owned()), 0);
    let one = "source = \"registry+https://one.example/index\"";
    let other = "source = \"registry+https://other.example/index\"";
    assert_eq!(origin_breaches("Cargo.lock", &format!("{one}\n{one}")), Vec::<String>::new());
    assert_eq!(origin_breaches("Cargo.lock", &format!("{one}\n{other}")).len(), 1);
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let broken =
        |text: &str| broken_links(&root(), &Source { name: "docs/a.md".to_owned(), text: text.to_owned() }).len();
    for whole in [
        "# One thing, and (another)\n[a](#one-thing-and-another)",
        "[a](../README.md) and [b](embed.md#attributes) and [c](https://example.com/x#y)",
        "![a](../../actions/workflows/test.yml/badge.svg)",
        "    [code](nowhere.md)",
    ] {
        assert_eq!(broken(whole), 0, "{whole}");
    }
    for one in ["[a](#nothing)", "[a](nowhere.md)", "[a](embed.md#nothing) [b](embed.md)", "[a](nowhere.md#x)"] {
        assert_eq!(broken(one), 1, "{one}");
    }
}

#[test]
fn names_and_messages_that_the_page_lacks_are_found() {
    let guide = |text: &str| Source { name: "guide".to_owned(), text: text.to_owned() };
    let code = "html! { <Button>{ \"Start run\" }</Button> }\n\"It didn't \\\n    answer: \\\"no\\\".\"";
    let page = joined(&[guide(code)]);
    assert_eq!(unknown_names(&guide("Press **Start\nrun**."), &page), Vec::<String>::new());
    assert_eq!(unknown_names(&guide("Press **Begin**, then **Start run**."), &page).len(), 1);
    assert_eq!(unknown_messages(&guide("| \"It didn't answer\" | \"why\" |"), &page), Vec::<String>::new());
    assert_eq!(unknown_messages(&guide("| \"It refused\" | a |"), &page).len(), 1);
}

#[test]
fn subjects_that_are_long_or_say_no_area_are_found() {
    let longest = format!("docs: {}", "a".repeat(SUBJECT_CHARS_MAX - "docs: ".len()));
    for subject in [
        "engine: retry torn bodies",
        "tests: restore 30 s start timeout",
        "dataset/excel: read Windows-1252",
        "docs: 10% is written without a space",
        &longest,
    ] {
        assert_eq!(subject_breach(subject), None);
    }
    for subject in [
        "A start is given the time it always was in the tests",
        "Engine: retry torn bodies",
        "engine:retry torn bodies",
        "the engine: retry torn bodies",
        "engine: ",
        "engine: …",
        "engine: added a retry",
        "engine: Fixes the retry",
        "engine: retry torn bodies.",
        "",
        &format!("{longest}b"),
    ] {
        assert!(subject_breach(subject).is_some(), "{subject}");
    }
}

#[test]
fn a_history_that_is_missing_or_too_short_says_what_to_do() {
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tidy-history");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a directory for the test");
    let archive = subjects_after(&place, SUBJECTS_AFTER).expect_err("no history");
    assert!(archive.contains("source archive") && archive.contains("Clone"), "{archive}");

    let run = |args: &[&str]| {
        let ran = git(&place, args).expect("git");
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    };
    let commit = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-q"];
    let commit = |subject: &str| run(&[&commit[..], &["--allow-empty", "--no-verify", "-m", subject]].concat());
    run(&["init", "-q"]);
    commit("The old style");
    let start = run(&["rev-parse", "HEAD"]);
    commit("engine: retry torn bodies\n\nThe why.");
    commit("A new one in the old style");
    let short = subjects_after(&place, SUBJECTS_AFTER).expect_err("a history that doesn't reach the start");
    assert!(short.contains("Fetch the whole history") && short.contains("fetch-depth: 0"), "{short}");
    let subjects = subjects_after(&place, &start).expect("subjects");
    assert_eq!(subjects, ["A new one in the old style", "engine: retry torn bodies"]);
    fs::remove_dir_all(&place).expect("the directory is removed");
}

fn none(breaches: impl IntoIterator<Item = String>) {
    let breaches: Vec<String> = breaches.into_iter().collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}
