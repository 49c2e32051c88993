//! `cargo dev size`: what a visitor downloads, and whether that is within its budgets.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use crate::bundle::Bundle;
use crate::project::{self, Profile};
use crate::steps;

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Sizes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Sizes {
    fn and(self, other: Sizes) -> Sizes {
        Sizes { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }

    fn line(self, name: &str) -> String {
        format!("{name:<34} {:>11} {:>11} {:>11}\n", self.raw, self.gzip, self.brotli)
    }
}

/// What is downloaded together, and how much of it there may be.
struct Load {
    name: &'static str,
    /// The program at its heart.
    program: &'static str,
    holds: fn(&str) -> bool,
    brotli_max: usize,
}

const LOADS: [Load; 6] = [
    Load { name: "first load of the page", program: "app", holds: in_first_load, brotli_max: 178_000 },
    Load { name: "calculator with comparisons", program: "app", holds: in_calculator, brotli_max: 250_000 },
    Load { name: "run page opened directly", program: "app", holds: in_run_page, brotli_max: 365_000 },
    Load { name: "an open run", program: "app", holds: in_open_run, brotli_max: 467_000 },
    Load { name: "all parts of the page", program: "app", holds: in_page, brotli_max: 528_000 },
    Load { name: "calculator in another page", program: "embed", holds: in_embed, brotli_max: 66_000 },
];

type Sums = Vec<(&'static Load, Sizes)>;

#[derive(clap::Args)]
pub struct SizeArgs {
    /// Build and weigh only what has a budget
    #[arg(long)]
    budgets: bool,
}

pub fn run(args: &SizeArgs) -> Result<(), String> {
    let sums = if args.budgets {
        weigh_budgets()?
    } else {
        let bundle = Bundle::build(Profile::Release)?;
        bundle.write(&project::dist())?;
        let (text, sums) = table(&compressed(&bundle)?);
        print!("{text}");
        sums
    };
    within(&sums)
}

/// Builds what has a budget, as it would be published.
fn weigh_budgets() -> Result<Sums, String> {
    let bundle = Bundle::of(Profile::Release, &LOADS.map(|load| load.program))?;
    let (text, sums) = table(&compressed(&bundle)?);
    let budgeted = text.lines().filter(|line| LOADS.iter().any(|load| line.starts_with(load.name)));
    for line in text.lines().take(1).chain(budgeted) {
        println!("{line}");
    }
    Ok(sums)
}

fn within(sums: &[(&Load, Sizes)]) -> Result<(), String> {
    let over = sums.iter().filter(|(load, sizes)| sizes.brotli > load.brotli_max).map(|(load, sizes)| {
        let (name, most) = (load.name, load.brotli_max);
        format!("The {name} is {} bytes with brotli, {} over its budget of {most}.", sizes.brotli, sizes.brotli - most)
    });
    let over: Vec<String> = over.collect();
    if over.is_empty() { Ok(()) } else { Err(over.join("\n")) }
}

/// The sizes of all files that are served, by Node's compressors.
fn compressed(bundle: &Bundle) -> Result<BTreeMap<String, Sizes>, String> {
    let failed = |why: std::io::Error| format!("The files cannot be measured: {why}");
    let place = project::workshop().join("sizes");
    bundle.write(&place)?;
    let names: Vec<&String> = bundle.files.keys().filter(|name| *name != "_headers").collect();
    let mut node = steps::of_node("node");
    node.args(["-e", include_str!("sizes.js")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = node.spawn().map_err(failed)?;
    if let Some(mut paths) = running.stdin.take() {
        names.iter().try_for_each(|name| writeln!(paths, "{}", place.join(name).display())).map_err(failed)?;
    }
    let printed = running.wait_with_output().map_err(failed)?;
    let sizes: Vec<[usize; 3]> =
        serde_json::from_slice(&printed.stdout).map_err(|why| format!("Node measured nothing: {why}"))?;
    let sizes = sizes.into_iter().map(|[raw, gzip, brotli]| Sizes { raw, gzip, brotli });
    Ok(names.into_iter().cloned().zip(sizes).collect())
}

/// A line a file and a sum a load.
fn table(files: &BTreeMap<String, Sizes>) -> (String, Sums) {
    let mut text = format!("{:<34} {:>11} {:>11} {:>11}\n", "bytes", "raw", "gzip -9", "brotli 11");
    let mut sums: Sums = LOADS.iter().map(|load| (load, Sizes::default())).collect();
    let mut all = Sizes::default();
    for (name, sizes) in files {
        text.push_str(&sizes.line(name));
        all = all.and(*sizes);
        for (_, sum) in sums.iter_mut().filter(|(load, _)| (load.holds)(name)) {
            *sum = sum.and(*sizes);
        }
    }
    for (load, sum) in &sums {
        text.push_str(&sum.line(load.name));
    }
    text.push_str(&all.line("everything that ships"));
    (text, sums)
}

/// What the page asks for when it opens.
fn in_first_load(name: &str) -> bool {
    // The larger icons are fetched by whoever installs the page.
    ["index.html", "icons/pennybatch.svg", "manifest.json"].contains(&name)
        || ["app-", "boot-", "offline-", "snippets/"].iter().any(|start| name.starts_with(start))
}

fn in_calculator(name: &str) -> bool {
    in_first_load(name) || is_part(name, "compare")
}

/// Without the worker, which comes when it is needed. What shows a run comes once data is chosen.
fn in_run_page(name: &str) -> bool {
    in_first_load(name) || is_part(name, "run")
}

fn in_open_run(name: &str) -> bool {
    in_run_page(name) || is_part(name, "open_run")
}

fn in_page(name: &str) -> bool {
    in_first_load(name) || name.starts_with("part-")
}

/// A part, or what it shares with others: `part-shared-compare-run-1.wasm`.
fn is_part(name: &str, part: &str) -> bool {
    name.starts_with(&format!("part-split_{part}-"))
        || name.strip_prefix("part-shared-").is_some_and(|parts| parts.split('-').any(|other| other == part))
}

/// What the tag in another page asks for: neither the demonstration nor the page for frames.
fn in_embed(name: &str) -> bool {
    let program = name.starts_with("embed-") && (name.ends_with(".js") || name.ends_with(".wasm"));
    name == "embed.js" || program && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_of_what_belongs_to_them() {
        let names = [
            "app-1.js",
            "embed-1.wasm",
            "embed.js",
            "embed.html",
            "index.html",
            "part-shared-compare-run-1.wasm",
            "part-split_compare-1.wasm",
            "part-split_open_run-1.wasm",
            "part-split_run-1.wasm",
            "worker-1.wasm",
        ];
        let sizes = Sizes { raw: 1000, gzip: 10, brotli: 9 };
        let (text, sums) = table(&names.map(|name| (name.to_owned(), sizes)).into());
        let raw = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start)).expect("a line");
            line[start.len()..].split_whitespace().next().expect("a figure").to_owned()
        };
        assert_eq!(LOADS.each_ref().map(|load| raw(load.name)), ["2000", "4000", "4000", "5000", "6000", "2000"]);
        assert_eq!(raw("everything that ships"), "10000");
        assert_eq!(within(&sums), Ok(()));
    }

    #[test]
    fn the_tag_s_download_is_its_three_files() {
        let files = ["embed.js", "embed-33a8.wasm", "embed-d83b.js", "embed.html", "embed-page.css", "gallery/host.js"];
        let held: Vec<&str> = files.into_iter().filter(|name| in_embed(name)).collect();
        assert_eq!(held, files[..3]);
    }

    #[test]
    fn a_load_over_its_budget_is_named_with_what_it_is_over() {
        let sizes = |brotli| Sizes { brotli, ..Sizes::default() };
        let [page, .., embed] = &LOADS;
        assert_eq!(within(&[(page, sizes(178_000)), (embed, sizes(66_000))]), Ok(()));
        let told = within(&[(page, sizes(178_001)), (embed, sizes(71_000))]).unwrap_err();
        assert_eq!(
            told,
            "The first load of the page is 178001 bytes with brotli, 1 over its budget of 178000.\nThe calculator in \
             another page is 71000 bytes with brotli, 5000 over its budget of 66000."
        );
    }
}
