//! `cargo dev size`: what a visitor downloads.

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

pub fn run() -> Result<(), String> {
    let bundle = Bundle::build(Profile::Release)?;
    bundle.write(&project::dist())?;
    print!("{}", table(&bundle)?);
    Ok(())
}

fn table(bundle: &Bundle) -> Result<String, String> {
    let mut text = format!("{:<34} {:>11} {:>11} {:>11}\n", "bytes", "raw", "gzip -9", "brotli 11");
    let (mut first_load, mut embed, mut all) = (Sizes::default(), Sizes::default(), Sizes::default());
    for (name, bytes) in bundle.files.iter().filter(|(name, _)| *name != "_headers") {
        let sizes = Sizes::of(bytes)?;
        text.push_str(&sizes.line(name));
        all = all.and(sizes);
        if in_first_load(name) {
            first_load = first_load.and(sizes);
        }
        if in_embed(name) {
            embed = embed.and(sizes);
        }
    }
    text.push_str(&first_load.line("first load of the page"));
    text.push_str(&embed.line("calculator in another page"));
    text.push_str(&all.line("everything that ships"));
    Ok(text)
}

/// What the page asks for when it opens.
fn in_first_load(name: &str) -> bool {
    name == "index.html" || ["app-", "styles-", "icons/", "snippets/"].iter().any(|start| name.starts_with(start))
}

fn in_embed(name: &str) -> bool {
    name == "embed.js" || name.starts_with("embed-")
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
        let text = table(&bundle).expect("in memory");
        let raw = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start)).expect("a line");
            line[start.len()..].split_whitespace().next().expect("a figure").to_owned()
        };
        assert_eq!(raw("first load of the page"), "2000");
        assert_eq!(raw("calculator in another page"), "2000");
        assert_eq!(raw("everything that ships"), "6000");
    }
}
