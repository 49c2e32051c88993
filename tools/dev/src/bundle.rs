//! What ships: one map from path to bytes, made from the sources and written to dist/.
//!
//! Every path is relative, so that the same files work at the root of a host and below any path of it. Names that
//! the page refers to change with their content; `embed.js` and the HTML files are addresses that others hold, and stay.
//! `embed.js` is small and fetched anew; what it loads changes its name with its content like the rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::embed::Element;
use crate::headers::HeaderRules;
use crate::minify::Minifier;
use crate::names;
use crate::offline;
use crate::prices;
use crate::project::{self, Profile, ProfileArgs};
use crate::wasm::{self, Parts, Program};

#[derive(clap::Args)]
pub struct BuildArgs {
    #[command(flatten)]
    profile: ProfileArgs,
}

/// Where Rust's tests in the browser are served.
const BROWSER_TESTS: &str = "browser-tests";

/// What index.html shows until the page is there, where the opening page isn't drawn into it.
const LOADING: &str = "<p class=\"boot\" role=\"status\">Loading the calculator…</p>";
/// Scripts of the page's own, beside the programs: one runs before the first paint, the other keeps the page for use
/// without a network.
const SCRIPTS: [&str; 2] = ["boot.js", "offline.js"];

pub struct Bundle {
    /// Content by path from the root of the page, without a leading slash.
    pub files: BTreeMap<String, Vec<u8>>,
    pub headers: HeaderRules,
    /// Another for every other content.
    pub id: String,
}

pub fn run(args: &BuildArgs) -> Result<(), String> {
    let began = Instant::now();
    let bundle = Bundle::build(args.profile.profile())?;
    bundle.write(&project::dist())?;
    let bytes: usize = bundle.files.values().map(Vec::len).sum();
    let count = bundle.files.len();
    println!("dist/: {count} files, {} kB, in {:.1} s", bytes.div_ceil(1000), began.elapsed().as_secs_f64());
    if args.profile.profile().is_release() {
        println!("On the host, leave the files of earlier releases in place: tabs that are open still load them.");
    }
    Ok(())
}

impl Bundle {
    pub fn build(profile: Profile) -> Result<Bundle, String> {
        // While developing, drawing it would take a second compilation of the page, for this machine.
        let opening = if profile.is_release() { opening()? } else { LOADING.to_owned() };
        Bundle::around(profile, wasm::programs(profile, &project::PROGRAMS.iter().collect::<Vec<_>>())?, &opening)
    }

    /// With these programs alone; the page names the others as if they were there.
    pub fn of(profile: Profile, programs: &[&str]) -> Result<Bundle, String> {
        let wanted = project::PROGRAMS.iter().filter(|program| programs.contains(&program.name));
        Bundle::around(profile, wasm::programs(profile, &wanted.collect::<Vec<_>>())?, &opening()?)
    }

    /// Rust's tests in the browser stand beside the page, below [`BROWSER_TESTS`].
    pub fn with_browser_tests(profile: Profile) -> Result<Bundle, String> {
        let (programs, tests) = wasm::programs_and_tests(profile)?;
        let mut bundle = Bundle::around(profile, programs, &opening()?)?;
        let place = project::root().join("tests/browser");
        for name in ["page.html", "page.js", "worker.js"] {
            bundle.files.insert(format!("{BROWSER_TESTS}/{name}"), wasm::read(&place.join(name))?);
        }
        bundle.files.insert(format!("{BROWSER_TESTS}/tests.js"), tests.glue.into_bytes());
        bundle.files.insert(format!("{BROWSER_TESTS}/tests.wasm"), tests.wasm);
        let snippets = tests.snippets.into_iter().map(|(path, bytes)| (format!("{BROWSER_TESTS}/{path}"), bytes));
        bundle.files.extend(snippets);
        Ok(bundle)
    }

    fn around(profile: Profile, programs: Vec<Program>, opening: &str) -> Result<Bundle, String> {
        let www = project::root().join("www");
        let index = wasm::text(&project::root().join("index.html"))?;
        if index.matches(LOADING).count() != 1 {
            return Err(format!("index.html should hold {LOADING} once: the opening page goes there."));
        }
        let index = index.replace(LOADING, opening);
        let headers = wasm::text(&www.join("_headers"))?;
        let styles = styles(wasm::files_below(&www.join("styles"))?)?;
        let element = Element::read(&www.join("embed"))?;
        let others = wasm::files_below(&www)?;
        let others = others.into_iter().filter(|(path, _)| !path.starts_with("styles/") && !path.starts_with("embed/"));
        let published = [
            ("prices.json", prices::published()?),
            (prices::SOURCES, prices::sources()?),
            (prices::HISTORY, prices::history()?),
        ];
        let others = others.chain(published.map(|(name, bytes)| (name.to_owned(), bytes))).collect();
        Bundle::assemble(&index, &headers, styles, others, &element, programs, &Minifier(profile))
    }

    fn assemble(
        index: &str,
        headers: &str,
        styles: String,
        others: Vec<(String, Vec<u8>)>,
        element: &Element,
        programs: Vec<Program>,
        minifier: &Minifier,
    ) -> Result<Bundle, String> {
        let mut files: BTreeMap<String, Vec<u8>> = others.into_iter().collect();
        let styles = minifier.styles(styles)?;
        let index = names::with_styles(index, &styles)?;
        let headers = names::allowing_styles(headers, &styles)?;
        let rules = HeaderRules::parse(&headers)?;
        files.insert("_headers".to_owned(), headers.into_bytes());
        let mut references = Vec::new();
        for plain in SCRIPTS {
            let Some(script) = files.remove(plain) else { continue };
            let script = String::from_utf8(script).map_err(|_| format!("www/{plain} is not UTF-8."))?;
            let script = minifier.script(script)?.into_bytes();
            let name = names::hashed(plain, &script);
            files.insert(name.clone(), script);
            references.push((plain.to_owned(), name));
        }
        let mut helpers = Vec::new();
        let mut page = String::new();
        for program in programs {
            let wasm_name = names::hashed(&format!("{}.wasm", program.name), &program.wasm);
            let before = if program.name == "worker" { below_worker(&helpers) } else { String::new() };
            let module = format!("{before}{}", names::self_starting(&program.glue, &wasm_name));
            let plain = format!("{}.js", program.name);
            let module = match program.parts {
                Some(parts) => {
                    let loader = with_parts(parts, &mut files)?;
                    minifier.joined((&plain, module), (wasm::LOADER, loader))?
                }
                None => minifier.script(module)?,
            };
            let module = module.into_bytes();
            let hashed = names::hashed(&plain, &module);
            files.insert(hashed.clone(), module);
            if program.name == "embed" {
                files.insert(plain, element.script(&hashed, minifier)?.into_bytes());
            } else if program.below_worker {
                helpers.push((program.name, hashed));
            } else {
                if program.name == "app" {
                    references.push(("app.wasm".to_owned(), wasm_name.clone()));
                    page.clone_from(&hashed);
                }
                references.push((plain, hashed));
            }
            files.insert(wasm_name, program.wasm);
            files.extend(program.snippets);
        }
        let references: Vec<(&str, &str)> = references.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let index = names::renamed(&index, &references)?;
        // A path that only the general pattern covers: frame-ancestors is not allowed in a meta element.
        let general = rules.for_path("/worker.js");
        let policy = general.get("content-security-policy").ok_or("www/_headers sets no Content-Security-Policy.")?;
        files.insert("index.html".to_owned(), names::with_policy(&index, policy)?.into_bytes());
        let digests: Vec<String> =
            files.iter().map(|(name, bytes)| format!("{name} {}", names::digest(bytes))).collect();
        let id = names::digest(digests.join("\n").as_bytes());
        if let Some(keeper) = files.get(offline::SCRIPT) {
            let text = String::from_utf8_lossy(keeper).into_owned();
            let filled = offline::filled(&text, &id, &page, files.keys().map(String::as_str))?;
            files.insert(offline::SCRIPT.to_owned(), minifier.script(filled)?.into_bytes());
        }
        Ok(Bundle { files, headers: rules, id })
    }

    /// One that was written earlier.
    pub fn read(place: &Path) -> Result<Bundle, String> {
        let files: BTreeMap<String, Vec<u8>> = wasm::files_below(place)?.into_iter().collect();
        let headers = files.get("_headers").ok_or_else(|| format!("{} holds no built page.", place.display()))?;
        let headers = HeaderRules::parse(&String::from_utf8_lossy(headers))?;
        Ok(Bundle { files, headers, id: String::new() })
    }

    /// Lets the page load one of its files as a module, as benchmarks do.
    pub fn add_script(&mut self, file: &str) -> Result<(), String> {
        let index = self.files.get_mut("index.html").ok_or("The bundle has no index.html.")?;
        let tag = format!("<script type=\"module\" src=\"{file}\"></script>\n</head>");
        *index = String::from_utf8_lossy(index).replacen("</head>", &tag, 1).into_bytes();
        Ok(())
    }

    /// Replaces what is at `place`. Nothing is touched before every file is at hand.
    pub fn write(&self, place: &Path) -> Result<(), String> {
        let told = |path: &Path, why: std::io::Error| format!("{} cannot be written: {why}", path.display());
        if place.exists() {
            fs::remove_dir_all(place).map_err(|why| told(place, why))?;
        }
        for (name, bytes) in &self.files {
            let path = place.join(name);
            let parent = path.parent().unwrap_or(place);
            fs::create_dir_all(parent).map_err(|why| told(parent, why))?;
            fs::write(&path, bytes).map_err(|why| told(&path, why))?;
        }
        Ok(())
    }
}

/// The opening page as HTML, drawn by its own components.
fn opening() -> Result<String, String> {
    let mut cargo = project::cargo();
    cargo.args(["run", "--quiet", "--package", "pennybatch", "--example", "prerender"]);
    let ran = cargo.stderr(Stdio::inherit()).output().map_err(|why| format!("Cargo did not start: {why}"))?;
    if !ran.status.success() {
        return Err("The opening page could not be drawn; the errors are above.".to_owned());
    }
    String::from_utf8(ran.stdout).map_err(|_| "The opening page is not UTF-8.".to_owned())
}

/// Puts the parts of a program among the files, under names that change with their content, and returns the module that
/// fetches them by these names.
fn with_parts(parts: Parts, files: &mut BTreeMap<String, Vec<u8>>) -> Result<String, String> {
    let mut loader = parts.loader;
    for (plain, bytes) in parts.files {
        let hashed = names::hashed(&format!("part-{plain}"), &bytes);
        let (from, to) = (format!("\"./{plain}\""), format!("\"./{hashed}\""));
        if loader.matches(&from).count() != 1 {
            return Err(format!("The splitter's loader should name {from} once."));
        }
        loader = loader.replace(&from, &to);
        files.insert(hashed, bytes);
    }
    Ok(loader)
}

/// Tells the worker where the programs are that it loads when they are needed.
fn below_worker(helpers: &[(&str, String)]) -> String {
    let entries: String =
        helpers.iter().map(|(name, file)| format!("  {name}: new URL(\"{file}\", import.meta.url).href,\n")).collect();
    format!("globalThis.pennybatchPrograms = {{\n{entries}}};\n")
}

/// The style sheets as one: the named ones first, in the order of their layers, then the rest by name.
fn styles(sheets: Vec<(String, Vec<u8>)>) -> Result<String, String> {
    const FIRST: [&str; 3] = ["tokens.css", "base.css", "layout.css"];
    let mut sheets: Vec<_> = sheets.into_iter().filter(|(path, _)| path.ends_with(".css")).collect();
    let rank = |path: &str| FIRST.iter().position(|first| *first == path).unwrap_or(FIRST.len());
    sheets.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    let mut all = String::new();
    for (path, bytes) in sheets {
        let sheet = String::from_utf8(bytes).map_err(|_| format!("www/styles/{path} is not UTF-8."))?;
        all.push_str(sheet.trim_end());
        all.push('\n');
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed;

    const INDEX: &str = r#"<meta charset="utf-8"><meta name="pennybatch-worker" content="worker.js"><link rel="stylesheet" href="styles.css"><link rel="preload" href="app.wasm"><script type="module" src="app.js"></script>"#;
    const HEADERS: &str = "/*\n  Content-Security-Policy: default-src 'none'; style-src 'self'\n/\n  Content-Security-Policy: frame-ancestors 'none'\n/embed.html\n  Content-Security-Policy: connect-src 'self'\n";

    fn program(name: &'static str, wasm: &[u8]) -> Program {
        let snippets = vec![("snippets/of-it/inline0.js".to_owned(), b"export {}".to_vec())];
        Program { name, below_worker: false, glue: format!("// {name}\n"), wasm: wasm.to_vec(), snippets, parts: None }
    }

    fn bundle(app: &[u8]) -> Bundle {
        let programs = ["worker", "embed"].map(|name| program(name, name.as_bytes()));
        let programs = [vec![program("app", app)], programs.into()].concat();
        let others = vec![("_headers".to_owned(), HEADERS.into()), ("icons/a.svg".to_owned(), b"<svg/>".to_vec())];
        Bundle::assemble(
            INDEX,
            HEADERS,
            "p {}\n".to_owned(),
            others,
            &embed::tests::element(),
            programs,
            &Minifier(Profile::Dev),
        )
        .expect("well-formed parts")
    }

    fn file<'a>(bundle: &'a Bundle, start: &str, end: &str) -> (&'a str, &'a str) {
        let mut found = bundle.files.iter().filter(|(name, _)| name.starts_with(start) && name.ends_with(end));
        let (name, bytes) = found.next().expect("the file is in the bundle");
        assert!(found.next().is_none(), "one file is {start}…{end}");
        (name, std::str::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn every_reference_leads_to_a_file() {
        let bundle = bundle(b"one");
        let (_, index) = file(&bundle, "index", ".html");
        for (start, end) in [("app-", ".js"), ("app-", ".wasm"), ("worker-", ".js")] {
            let (name, _) = file(&bundle, start, end);
            assert!(index.contains(&format!("\"{name}\"")), "index.html names {name}");
        }
        for (module, program) in [("app-", "app-"), ("worker-", "worker-"), ("embed-", "embed-")] {
            let (_, glue) = file(&bundle, module, ".js");
            let (wasm, _) = file(&bundle, program, ".wasm");
            assert!(glue.contains(&format!("new URL(\"{wasm}\", import.meta.url)")), "{module} starts {wasm}");
        }
        let (program, _) = file(&bundle, "embed-", ".js");
        assert!(file(&bundle, "embed.js", "").1.contains(program), "embed.js names {program}");
        assert!(bundle.files.contains_key("icons/a.svg") && bundle.files.contains_key("_headers"));
        assert!(bundle.files.contains_key("snippets/of-it/inline0.js"));
    }

    #[test]
    fn parts_are_named_by_their_content_and_the_loader_names_them() {
        let loader = "import { initSync } from \"./app.js\"; fetch(new URL(\"./split_run.wasm\", import.meta.url))";
        let parts = |file: &str| Parts { loader: loader.to_owned(), files: vec![(file.to_owned(), b"run".to_vec())] };
        let mut files = BTreeMap::new();
        let named = with_parts(parts("split_run.wasm"), &mut files).expect("one name");
        let (name, _) = files.first_key_value().expect("a part");
        assert!(name.starts_with("part-split_run-") && named.contains(&format!("\"./{name}\"")), "{name}: {named}");
        assert!(with_parts(parts("split_other.wasm"), &mut files).is_err(), "nothing would fetch it");
    }

    #[test]
    fn a_change_in_a_program_changes_every_name_that_leads_to_it() {
        let (one, two) = (bundle(b"one"), bundle(b"two"));
        assert_ne!(file(&one, "app-", ".wasm").0, file(&two, "app-", ".wasm").0);
        assert_ne!(file(&one, "app-", ".js").0, file(&two, "app-", ".js").0);
        assert_eq!(file(&one, "worker-", ".js").0, file(&two, "worker-", ".js").0);
        assert_eq!(one.id, bundle(b"one").id);
        assert_ne!(one.id, two.id);
    }

    #[test]
    fn the_page_carries_the_policy_of_everything_and_neither_its_frame_s_nor_the_embed_s() {
        let bundle = bundle(b"one");
        let (_, index) = file(&bundle, "index", ".html");
        let digest = "'sha256-yd0+FBDTWbSvEzemyJXogyH8NkRQDX+UAos6QeP2Fac='";
        let policy = format!("default-src 'none'; style-src 'self' {digest}");
        assert!(index.contains(&format!("http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")), "{index}");
        assert_eq!(bundle.headers.for_path("/app.js")["content-security-policy"], policy);
    }

    #[test]
    fn every_file_says_how_long_it_is_kept_and_hashed_names_for_good() {
        const ANEW: [&str; 3] = ["no-cache", "public, max-age=3600", "public, max-age=86400"];
        let rules = HeaderRules::parse(include_str!("../../../www/_headers")).expect("well formed");
        let control = |path: &str| rules.for_path(&format!("/{path}")).remove("cache-control").unwrap_or_default();
        let programs = project::PROGRAMS.iter().map(|program| program.name);
        let files = programs.flat_map(|name| [format!("{name}.js"), format!("{name}.wasm")]);
        let files = files.chain(["part-split_run.wasm", "part-shared-compare-run.wasm"].map(str::to_owned));
        let hashed = files.chain(SCRIPTS.map(str::to_owned)).map(|file| names::hashed(&file, b""));
        for file in hashed.chain(["snippets/yew-1/inline0.js".to_owned()]) {
            assert_eq!(control(&file), "public, max-age=31536000, immutable", "{file}");
        }
        let www = wasm::files_below(&project::root().join("www")).expect("www is read");
        let as_they_are = www.into_iter().map(|(path, _)| path).filter(|path| {
            !path.starts_with("styles/") && !path.starts_with("embed/") && !SCRIPTS.contains(&path.as_str())
        });
        for file in as_they_are.chain(["", "index.html", "embed.js", "prices.json"].map(str::to_owned)) {
            assert!(file == "_headers" || ANEW.contains(&control(&file).as_str()), "{file}: {:?}", control(&file));
        }
    }

    #[test]
    fn styles_come_in_the_order_of_their_layers() {
        let sheets = ["base.css", "components/b.css", "components/a.css", "layout.css", "tokens.css", "notes.txt"];
        let sheets = sheets.map(|name| (name.to_owned(), format!("/* {name} */\n\n").into_bytes()));
        let expected =
            "/* tokens.css */\n/* base.css */\n/* layout.css */\n/* components/a.css */\n/* components/b.css */\n";
        assert_eq!(styles(sheets.to_vec()).as_deref(), Ok(expected));
    }

    #[test]
    fn writing_leaves_only_the_bundle() {
        let place = std::env::temp_dir().join(format!("pennybatch-bundle-{}", std::process::id()));
        fs::create_dir_all(&place).expect("a directory for the test");
        fs::write(place.join("stale.js"), "old").expect("a file for the test");
        let bundle = bundle(b"one");
        bundle.write(&place).expect("the bundle is written");
        let written = wasm::files_below(&place).expect("the bundle is read");
        fs::remove_dir_all(&place).expect("the directory is removed");
        assert_eq!(written, bundle.files.into_iter().collect::<Vec<_>>());
    }
}
