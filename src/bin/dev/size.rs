//! `cargo dev size`: what a visitor downloads, and whether that is within its budgets.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bundle::Bundle;
use crate::project::{self, Profile};

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Sizes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Sizes {
    fn of(bytes: &[u8]) -> Result<Sizes, String> {
        let failed = |why: std::io::Error| format!("Compressing failed: {why}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).map_err(failed)?;
        let gzip = gzip.finish().map_err(failed)?.len();
        let mut brotli = Vec::new();
        let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &params).map_err(failed)?;
        Ok(Sizes { raw: bytes.len(), gzip, brotli: brotli.len() })
    }

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

const LOADS: [Load; 2] = [
    Load { name: "first load of the page", program: "app", holds: in_first_load, brotli_max: 150_000 },
    Load { name: "calculator in another page", program: "embed", holds: in_embed, brotli_max: 90_000 },
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
        let (text, sums) = table(&bundle)?;
        print!("{text}");
        sums
    };
    within(&sums)
}

/// Builds and weighs what has a budget, and fails where it is over that.
pub fn check_budgets() -> Result<(), String> {
    within(&weigh_budgets()?)
}

/// Builds what has a budget, as it would be published.
fn weigh_budgets() -> Result<Sums, String> {
    let bundle = Bundle::of(Profile::Release, &LOADS.map(|load| load.program))?;
    let (text, sums) = table(&bundle)?;
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

/// A line a file and a sum a load.
fn table(bundle: &Bundle) -> Result<(String, Sums), String> {
    let mut text = format!("{:<34} {:>11} {:>11} {:>11}\n", "bytes", "raw", "gzip -9", "brotli 11");
    let mut sums: Sums = LOADS.iter().map(|load| (load, Sizes::default())).collect();
    let mut all = Sizes::default();
    for (name, bytes) in bundle.files.iter().filter(|(name, _)| *name != "_headers") {
        let sizes = Sizes::of(bytes)?;
        text.push_str(&sizes.line(name));
        all = all.and(sizes);
        for (_, sum) in sums.iter_mut().filter(|(load, _)| (load.holds)(name)) {
            *sum = sum.and(sizes);
        }
    }
    for (load, sum) in &sums {
        text.push_str(&sum.line(load.name));
    }
    text.push_str(&all.line("everything that ships"));
    Ok((text, sums))
}

/// What the page asks for when it opens.
fn in_first_load(name: &str) -> bool {
    name == "index.html" || ["app-", "styles-", "icons/", "snippets/"].iter().any(|start| name.starts_with(start))
}

/// What the tag in another page asks for: neither the demonstration nor the page for frames.
fn in_embed(name: &str) -> bool {
    let program = name.starts_with("embed-") && (name.ends_with(".js") || name.ends_with(".wasm"));
    name == "embed.js" || program && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::HeaderRules;

    #[test]
    fn what_repeats_compresses() {
        let sizes = Sizes::of(&[7; 10_000]).expect("in memory");
        assert_eq!(sizes.raw, 10_000);
        assert!(sizes.brotli < sizes.gzip && sizes.gzip < 100, "{sizes:?}");
    }

    #[test]
    fn the_sums_are_of_what_belongs_to_them() {
        let names = ["_headers", "app-1.js", "embed-1.wasm", "embed.js", "embed.html", "index.html", "worker-1.wasm"];
        let files = names.map(|name| (name.to_owned(), vec![7; 1000])).into();
        let bundle = Bundle { files, headers: HeaderRules::default(), id: String::new() };
        let (text, sums) = table(&bundle).expect("in memory");
        let raw = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start)).expect("a line");
            line[start.len()..].split_whitespace().next().expect("a figure").to_owned()
        };
        assert_eq!(raw("first load of the page"), "2000");
        assert_eq!(raw("calculator in another page"), "2000");
        assert_eq!(raw("everything that ships"), "6000");
        assert_eq!(within(&sums), Ok(()));
    }

    #[test]
    fn the_tag_s_download_is_its_three_files() {
        let files =
            ["embed.js", "embed-33a8.wasm", "embed-d83b.js", "embed.html", "embed-page.css", "embed-demo/host.js"];
        let held: Vec<&str> = files.into_iter().filter(|name| in_embed(name)).collect();
        assert_eq!(held, files[..3]);
    }

    #[test]
    fn a_load_over_its_budget_is_named_with_what_it_is_over() {
        let sizes = |brotli| Sizes { brotli, ..Sizes::default() };
        let [page, embed] = &LOADS;
        assert_eq!(within(&[(page, sizes(150_000)), (embed, sizes(90_000))]), Ok(()));
        let told = within(&[(page, sizes(150_001)), (embed, sizes(95_000))]).unwrap_err();
        assert_eq!(
            told,
            "The first load of the page is 150001 bytes with brotli, 1 over its budget of 150000.\nThe calculator in \
             another page is 95000 bytes with brotli, 5000 over its budget of 90000."
        );
    }
}
