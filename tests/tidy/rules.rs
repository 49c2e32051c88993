//! The rules: each takes a source and returns its breaches, in words that name the place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::source::{Source, root};

/// No file in src is longer, except those named here with the reason why.
pub const LINES_MAX: usize = 500;
pub const LONGER_FILES: [(&str, usize); 0] = [];

/// Rooms that anyone may name.
pub const EVERYONES: [&str; 2] = ["money", "time"];
/// Rooms that touch the browser.
pub const WITH_BROWSER: [&str; 2] = ["ui", "worker"];
/// What the programs may name of the library.
pub const PROGRAMS: [(&str, &[&str]); 6] = [
    ("app", &["ui"]),
    ("worker", &["worker"]),
    ("validator", &["worker"]),
    ("tokenizer_o200k", &["worker"]),
    ("tokenizer_cl100k", &["worker"]),
    ("embed", &["embed", "time"]),
];
/// What the other packages may name of it. The simulated provider computes everything a second time, on purpose.
pub const PACKAGES: [(&str, &[&str]); 2] = [("tools/dev", &["prices", "embed", "money", "time"]), ("tests/mock", &[])];
/// What drives a run; the page names only what the engine says and is told in plain values.
pub const ENGINE_AT_WORK: [&str; 3] = ["Engine", "Event", "Effect"];

/// Crates of the browser, by the start of their names.
pub const BROWSER_CRATES: [&str; 6] = ["web_sys", "js_sys", "gloo", "yew", "wasm_bindgen", "serde_wasm_bindgen"];
/// Paths by which a clock, a random source or IO would get into a pure room.
pub const IMPURE_PATHS: [&str; 15] = [
    "Instant",
    "SystemTime::now",
    "Date::now",
    "Rng::new",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "getrandom",
    "RandomState::new",
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
];
/// What only a format with names can read again.
pub const NEEDS_NAMES: [&str; 5] =
    ["skip_serializing_if", "serde(flatten", "serde(untagged", "serde(tag", "deserialize_with"];
/// Where JSON alone is written or read. What page and worker exchange is read by place.
pub const JSON_ALONE: [&str; 12] = [
    "src/engine/batch/mod.rs",
    "src/engine/record.rs",
    "src/prices/router.rs",
    "src/prices/vendor_file.rs",
    "src/provider/anthropic_messages.rs",
    "src/provider/openai_chat.rs",
    "src/provider/openai_responses.rs",
    "src/provider/outcome.rs",
    "src/provider/prefix.rs",
    "src/provider/rate_seen.rs",
    "src/provider/response_format.rs",
    "src/worker/disk/manifest.rs",
];
/// fastrand's functions draw from a generator of the thread; only a generator with a seed is an argument.
pub const FASTRAND_ALLOWED: [&str; 1] = ["Rng"];

/// The last commit before the rule for commit subjects.
pub const SUBJECTS_AFTER: &str = "7f52519239507750b131e20dc561e46970c21e61";
pub const SUBJECT_CHARS_MAX: usize = 72;
/// The forms of the commonest verbs that tell what was done, where a subject says what to do.
pub const NOT_IMPERATIVE: [&str; 24] = [
    "added",
    "adding",
    "adds",
    "changed",
    "changes",
    "changing",
    "fixed",
    "fixes",
    "fixing",
    "improved",
    "improves",
    "improving",
    "made",
    "makes",
    "making",
    "moved",
    "moves",
    "moving",
    "removed",
    "removes",
    "removing",
    "updated",
    "updates",
    "updating",
];

/// The table of src/lib.rs: rooms from the ground up, and what each may name.
pub struct Map {
    pub order: Vec<String>,
    allowed: BTreeMap<String, Vec<String>>,
}

impl Map {
    pub fn read(library: &str) -> Map {
        let (mut order, mut allowed) = (Vec::new(), BTreeMap::new());
        for line in library.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
            let (room, rest) = line.split_once("`]").expect("a room's name ends");
            let names = rest.rsplit('|').nth(1).expect("a last column").split('`').skip(1).step_by(2);
            order.push(room.to_owned());
            allowed.insert(room.to_owned(), names.map(str::to_owned).collect());
        }
        Map { order, allowed }
    }

    /// Lines that allow a room that isn't further up.
    pub fn circles(&self) -> Vec<String> {
        let place = |room: &str| self.order.iter().position(|other| other == room).unwrap_or(usize::MAX);
        let arrows = self.allowed.iter().flat_map(|(from, names)| names.iter().map(move |to| (from, to)));
        let upward = arrows.filter(|(from, to)| place(to) >= place(from));
        upward.map(|(from, to)| format!("{from} -> {to} goes upward in the map")).collect()
    }

    fn allows(&self, from: &str, to: &str) -> bool {
        let everyones = EVERYONES.contains(&to) && !EVERYONES.contains(&from);
        from == to || everyones || self.allowed.get(from).is_some_and(|names| names.iter().any(|name| name == to))
    }
}

pub fn map() -> Map {
    Map::read(&fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs"))
}

pub fn arrow_breaches(source: &Source, map: &Map) -> Vec<String> {
    let mut breaches = Vec::new();
    for path in source.paths() {
        let place = format!("{}:{}", source.name, path.line);
        if let Some(program) = source.program() {
            let allowed = PROGRAMS.iter().find(|(name, _)| *name == program).map_or(&[][..], |(_, allowed)| *allowed);
            if let [library, room, ..] = &path.segments[..]
                && library == "pennybatch"
                && !allowed.contains(&room.as_str())
            {
                breaches.push(format!("{place}: the program {program} may not name {room}"));
            }
            continue;
        }
        let (Some(target), Some(from)) = (path.absolute(), path.module.first()) else { continue };
        let Some(to) = target.first() else { continue };
        // `crate::{…}` alone names what stands in the braces; those are paths of their own.
        if !map.allows(from, to) {
            breaches.push(format!("{place}: {from} may not name {to}"));
        } else if from == "ui"
            && to == "engine"
            && target.get(1).is_some_and(|it| ENGINE_AT_WORK.contains(&it.as_str()))
        {
            breaches.push(format!("{place}: the page names the engine's plain values, not {}", target[1]));
        }
    }
    breaches
}

/// Modules of the page that name one below them in the table of src/ui/mod.rs, or one that it lacks.
pub fn page_breaches(source: &Source, table: &str) -> Vec<String> {
    let order: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next()).collect();
    let place = |module: &str| order.iter().position(|other| *other == module);
    let mut breaches = Vec::new();
    for path in source.paths() {
        let (Some(target), [room, from, ..]) = (path.absolute(), &path.module[..]) else { continue };
        let [other_room, to, ..] = &target[..] else { continue };
        if room != "ui" || other_room != "ui" {
            continue;
        }
        // What the page's top offers by name stands in the module of that name.
        let to = to.to_lowercase();
        if *from != to && place(&to).is_none_or(|to| place(from).is_none_or(|from| to >= from)) {
            breaches.push(format!("{}:{}: {from} may not name {to}", source.name, path.line));
        }
    }
    breaches
}

/// What a package beside the product names of its library.
pub fn package_breaches(source: &Source) -> Vec<String> {
    let package = PACKAGES.iter().find(|(place, _)| source.name.starts_with(&format!("{place}/")));
    let allowed = package.map_or(&[][..], |(_, allowed)| *allowed);
    let named = source.paths().into_iter().filter(|path| path.segments[0] == "pennybatch");
    let refused = named.filter(|path| path.segments.get(1).is_none_or(|room| !allowed.contains(&room.as_str())));
    refused
        .map(|path| format!("{}:{}: this package may not name {}", source.name, path.line, path.segments.join("::")))
        .collect()
}

pub fn purity_breaches(source: &Source) -> Vec<String> {
    let module = source.module();
    let room = module.first().map_or("", String::as_str);
    if source.program().is_some() || WITH_BROWSER.contains(&room) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for path in source.paths() {
        let spelled = format!("::{}::", path.segments.join("::"));
        let impure = IMPURE_PATHS.iter().any(|impure| spelled.contains(&format!("::{impure}::")));
        let browser = BROWSER_CRATES.iter().any(|name| path.segments[0].starts_with(name));
        let drawn = path.segments[0] == "fastrand"
            && path.segments.get(1).is_some_and(|it| !FASTRAND_ALLOWED.contains(&it.as_str()));
        if impure || browser || drawn {
            breaches.push(format!(
                "{}:{}: {room} is pure and may not name {}",
                source.name,
                path.line,
                path.segments.join("::")
            ));
        }
    }
    breaches
}

pub fn unexplained(source: &Source) -> Option<String> {
    let opens = source.name.ends_with("/mod.rs") || source.name.ends_with("/main.rs") || source.name == "src/lib.rs";
    (opens && !source.text.starts_with("//!")).then(|| format!("{} doesn't open by saying what it holds", source.name))
}

pub fn too_long(source: &Source, longer: &[(&str, usize)]) -> Option<String> {
    let lines = source.text.lines().count();
    let max = longer.iter().find(|(name, _)| *name == source.name).map_or(LINES_MAX, |(_, lines)| *lines);
    (lines > max).then(|| format!("{} has {lines} lines; {max} are the most", source.name))
}

pub fn place_breaches(source: &Source) -> Vec<String> {
    let starts = ["home", "root", "Users", "tmp", "work", "var/folders"].map(|place| format!("/{place}/"));
    let names_place = |line: &str| {
        starts.iter().any(|start| {
            let mut found = line.match_indices(start.as_str());
            found.any(|(at, _)| {
                !line[..at].ends_with(|before: char| before.is_alphanumeric() || "./_-*}>".contains(before))
            })
        })
    };
    let lines = source.text.lines().enumerate().filter(|(_, line)| names_place(line));
    lines
        .map(|(index, line)| format!("{}:{}: a place on one machine: {}", source.name, index + 1, line.trim()))
        .collect()
}

/// A lock file names one origin for all its packages, or none.
pub fn origin_breaches(name: &str, lock: &str) -> Vec<String> {
    let origin = |line: &str| {
        let (_, address) = line.split_once("://")?;
        address.split('/').next().map(str::to_owned)
    };
    let origins: BTreeSet<String> = lock
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("source = ") || line.starts_with("\"resolved\":"))
        .filter_map(origin)
        .collect();
    if origins.len() <= 1 {
        Vec::new()
    } else {
        vec![format!("{name} takes packages from several places: {origins:?}")]
    }
}

/// A commit's subject is `area: imperative text`, short enough for one line of `git log --oneline`.
pub fn subject_breach(subject: &str) -> Option<String> {
    let breach = |what: &str| Some(format!("\"{subject}\": {what}"));
    let is_area = |area: &str| {
        area.starts_with(|first: char| first.is_ascii_lowercase())
            && area.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_/".contains(c))
    };
    let Some((_, text)) = subject.split_once(": ").filter(|(area, _)| is_area(area)) else {
        return breach("begin with the area, such as \"engine: retry torn bodies\"");
    };
    let first = text.split(' ').next().unwrap_or_default();
    if !first.starts_with(char::is_alphanumeric) {
        return breach("say what to do after the area");
    }
    if NOT_IMPERATIVE.contains(&first.to_ascii_lowercase().as_str()) {
        return breach("write the imperative, such as \"add\"");
    }
    if subject.ends_with('.') {
        return breach("leave out the full stop");
    }
    let chars = subject.chars().count();
    (chars > SUBJECT_CHARS_MAX).then(|| {
        format!("\"{subject}\": {chars} characters, {SUBJECT_CHARS_MAX} are the most; the why goes into the body")
    })
}
