//! From Rust to what a browser loads: Cargo, wasm-bindgen and, for a release, wasm-opt.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::compact::compact;
use crate::minify;
use crate::names;
use crate::node;
use crate::project::{self, PageProgram, Profile, WASM_TARGET};
use crate::steps::{self, Output};

/// One program as the browser takes it: wasm-bindgen's module, the program, and the modules that it imports.
#[derive(Clone)]
pub struct Program {
    pub name: &'static str,
    pub below_worker: bool,
    pub glue: String,
    pub wasm: Vec<u8>,
    /// Path under the module's own directory, and content.
    pub snippets: Vec<(String, Vec<u8>)>,
    pub parts: Option<Parts>,
}

/// What a program fetches of itself when it is first shown.
#[derive(Clone)]
pub struct Parts {
    /// The module that fetches them, by their plain names; it and the program's own module import one another.
    pub loader: String,
    /// File name and content.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What the page is compiled with while developing.
const PAGE_PROFILE: &[&str] = &["--profile", "page"];
/// How Cargo tells what it built.
pub const MESSAGES: &str = "--message-format=json-render-diagnostics";
/// Rust's tests in the browser: a test target that is bound as a program is.
const BROWSER_TESTS: &str = "browser";

/// Compiles and binds programs of the page.
pub fn programs(profile: Profile, wanted: &[&'static PageProgram]) -> Result<Vec<Program>, String> {
    built(profile, wanted, false)
}

/// All programs, and Rust's tests in the browser at the end.
pub fn programs_and_tests(profile: Profile) -> Result<(Vec<Program>, Program), String> {
    let mut programs = built(profile, &project::PROGRAMS.iter().collect::<Vec<_>>(), true)?;
    let tests = programs.pop().ok_or("Cargo built no browser tests.")?;
    Ok((programs, tests))
}

fn built(profile: Profile, wanted: &[&'static PageProgram], with_tests: bool) -> Result<Vec<Program>, String> {
    project::ensure_wasm_target()?;
    let optimizer = match profile {
        Profile::Dev => None,
        Profile::Release | Profile::ReleaseUnsplit => {
            node::ensure_packages(&mut Output::shown())?;
            Some(node::program("wasm-opt"))
        }
    };
    let names = wanted
        .iter()
        .map(|program| (program.name, program.fast, program.in_parts && profile == Profile::Release))
        .chain(with_tests.then_some((BROWSER_TESTS, false, false)));
    let compiled = compile(profile, wanted, with_tests)?;
    names
        .map(|(name, fast, split)| {
            let found = compiled.iter().find(|(compiled, _)| compiled == name);
            let (_, path) = found.ok_or_else(|| format!("Cargo built no program `{name}` for the browser."))?;
            // The tests are no part of what is published.
            let optimizer = optimizer.as_deref().filter(|_| name != BROWSER_TESTS);
            bound(name, fast, split, path, profile, optimizer)
        })
        .collect()
}

/// One call of Cargo for everything while developing. A release has one for each set of features, so that no program
/// carries what only another one needs.
fn compile(profile: Profile, wanted: &[&PageProgram], with_tests: bool) -> Result<Vec<(String, PathBuf)>, String> {
    let mut compiled = Vec::new();
    match profile {
        Profile::Dev => compiled.extend(executables(build(wanted, with_tests, PAGE_PROFILE))?),
        Profile::Release | Profile::ReleaseUnsplit => {
            let mut rest = wanted.to_vec();
            while let Some(first) = rest.first() {
                let (alike, others) = rest
                    .iter()
                    .partition::<Vec<_>, _>(|program| (program.feature, program.fast) == (first.feature, first.fast));
                let optimized: &[&str] = if first.fast { &["--profile", "fast"] } else { &["--release"] };
                compiled.extend(match profile {
                    Profile::Release if first.in_parts => executables(build_for_splitting(first, optimized))?,
                    _ => executables(build(&alike, false, optimized))?,
                });
                rest = others;
            }
            if with_tests {
                compiled.extend(executables(build(&[], true, PAGE_PROFILE))?);
            }
        }
    }
    Ok(compiled)
}

fn build(wanted: &[&PageProgram], with_tests: bool, profile: &[&str]) -> Command {
    let mut features: Vec<&str> = wanted.iter().map(|program| program.feature).chain(["programs"]).collect();
    let mut build = project::cargo();
    build.args(["build", MESSAGES, "--package", "pennybatch", "--target", WASM_TARGET, "--no-default-features"]);
    build.args(profile);
    for program in wanted {
        build.args(["--bin", program.name]);
    }
    if with_tests {
        features.extend(["ui", "worker"]);
        build.args(["--test", BROWSER_TESTS]);
    }
    build.args(["--features", &features.join(",")]);
    build
}

/// The splitter needs to know what the linker moved. Cargo hands this flag to the program alone, so that its libraries are
/// those of every other build.
fn build_for_splitting(program: &PageProgram, profile: &[&str]) -> Command {
    let mut rustc = project::cargo();
    rustc.args(["rustc", MESSAGES, "--package", "pennybatch", "--target", WASM_TARGET, "--no-default-features"]);
    rustc.args(profile);
    rustc.args(["--bin", program.name, "--features", &format!("{},programs,split", program.feature)]);
    rustc.args(["--", "-C", "link-arg=--emit-relocs"]);
    rustc
}

/// Runs a Cargo that builds programs and tells of them ([`MESSAGES`]), and returns each that it made or found fresh, by
/// target name.
pub fn executables(mut cargo: Command) -> Result<Vec<(String, PathBuf)>, String> {
    cargo.stdout(Stdio::piped());
    let mut running = cargo.spawn().map_err(|why| format!("Cargo did not start: {why}"))?;
    let mut found = Vec::new();
    if let Some(stdout) = running.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            found.extend(serde_json::from_str(&line).ok().as_ref().and_then(executable));
        }
    }
    match running.wait() {
        Ok(status) if status.success() => Ok(found),
        Ok(_) => Err("The build failed; the errors are above.".to_owned()),
        Err(why) => Err(format!("Cargo could not be waited for: {why}")),
    }
}

fn executable(message: &Value) -> Option<(String, PathBuf)> {
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(message.get("executable")?.as_str()?)))
}

/// Binding takes longer than Cargo finding nothing to do, so it is kept for as long as the compiled program is the same.
fn bound(
    name: &'static str,
    fast: bool,
    split: bool,
    compiled: &Path,
    profile: Profile,
    optimizer: Option<&Path>,
) -> Result<Program, String> {
    let input = read(compiled)?;
    let level = if fast { "-O3" } else { "-Oz" };
    let with = optimizer.map_or_else(String::new, |_| format!("{level} {LOW_MEMORY} {}", FEATURES.join(" ")));
    let key = format!("{BINDING} {} {} {with}", names::digest(&input), profile.name());
    let place = project::workshop().join(profile.name()).join(name);
    let key_path = place.join("made-from");
    if fs::read_to_string(&key_path).ok().as_deref() != Some(key.as_str()) {
        if place.exists() {
            fs::remove_dir_all(&place).map_err(|why| format!("{} cannot be replaced: {why}", place.display()))?;
        }
        let release = profile.is_release();
        let input = if split { split_off(name, &input, &place)? } else { input };
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes(name, input).typescript(false).omit_default_module_path(true).keep_lld_exports(split);
        bindgen.remove_name_section(release).remove_producers_section(release);
        bind(&mut bindgen, &place)?;
        if let Some(optimizer) = optimizer {
            let glue_path = place.join(format!("{name}.js"));
            let (glue, short) = minify::with_short_names(text(&glue_path)?)?;
            write(&glue_path, glue.as_bytes())?;
            optimize(optimizer, level, &place.join(format!("{name}_bg.wasm")), &short)?;
            for (part, _) in files_below(&place.join(PARTS))?.iter().filter(|(part, _)| part.ends_with(".wasm")) {
                optimize(optimizer, level, &place.join(PARTS).join(part), &BTreeMap::new())?;
            }
        }
        write(&key_path, key.as_bytes())?;
    }
    let glue = text(&place.join(format!("{name}.js")))?;
    let wasm = read(&place.join(format!("{name}_bg.wasm")))?;
    let snippets = files_below(&place.join("snippets"))?;
    let snippets = snippets.into_iter().map(|(path, bytes)| (format!("snippets/{path}"), bytes)).collect();
    let below_worker = project::PROGRAMS.iter().any(|program| program.name == name && program.below_worker);
    let parts = if split { Some(parts(&place.join(PARTS))?) } else { None };
    Ok(Program { name, below_worker, glue, wasm, snippets, parts })
}

/// Count it up when what is done to a compiled program changes, or those that were bound before stay as they were.
const BINDING: u32 = 1;

/// Beside the bound program: what was split off it, and the module that loads that.
const PARTS: &str = "parts";
pub const LOADER: &str = "loader.js";
/// As the program's own module imports it.
const LOADER_PATH: &str = "./loader.js";

/// Splits off what the program fetches when it is first shown, and returns the rest.
fn split_off(name: &str, input: &[u8], place: &Path) -> Result<Vec<u8>, String> {
    let (place, rest) = (place.join(PARTS), place.join("rest.wasm"));
    fs::create_dir_all(&place).map_err(|why| format!("{} cannot be made: {why}", place.display()))?;
    let main_module = format!("./{name}.js");
    let mut options = wasm_split_cli_support::Options::new(input);
    options.output_dir = &place;
    options.main_out_path = &rest;
    options.main_module = &main_module;
    options.link_name = LOADER_PATH;
    let split = wasm_split_cli_support::transform(options);
    let split = split.map_err(|why| format!("`{name}` could not be split: {why:?}"))?;
    name_shared(&place, &split.prefetch_map)?;
    read(&rest)
}

/// Names what several parts share after them, as in `shared-compare-run.wasm`. `files` are those that each part needs.
fn name_shared(place: &Path, files: &HashMap<String, Vec<String>>) -> Result<(), String> {
    let loader_path = place.join(LOADER);
    let mut loader = text(&loader_path)?;
    let shared: BTreeSet<&String> = files.values().flatten().filter(|file| file.starts_with("chunk_")).collect();
    for file in shared {
        let mut parts: Vec<&str> =
            files.iter().filter(|(_, needed)| needed.contains(file)).map(|(part, _)| part.as_str()).collect();
        parts.sort_unstable();
        let named = format!("shared-{}.wasm", parts.join("-"));
        let moved = fs::rename(place.join(format!("{file}.wasm")), place.join(&named));
        moved.map_err(|why| format!("{file}.wasm cannot be renamed: {why}"))?;
        loader = loader.replace(&format!("\"./{file}.wasm\""), &format!("\"./{named}\""));
    }
    write(&loader_path, loader.as_bytes())
}

fn parts(place: &Path) -> Result<Parts, String> {
    let mut files = files_below(place)?;
    let loader = files.iter().position(|(file, _)| file == LOADER).ok_or("The splitter wrote no loader.")?;
    let (_, loader) = files.remove(loader);
    let loader = String::from_utf8(loader).map_err(|_| "The splitter's loader is not text.".to_owned())?;
    Ok(Parts { loader, files })
}

/// wasm-bindgen for a module that a browser loads as it is.
fn bind(bindgen: &mut Bindgen, place: &Path) -> Result<(), String> {
    let made = bindgen.web(true).and_then(|bindgen| bindgen.generate(place));
    made.map_err(|why| format!("wasm-bindgen failed for {}: {why:#}", place.display()))
}

/// What Rust's target allows, so that nothing newer is asked of the browser.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The stack stands at the beginning of memory and grows down, so that nothing but a call a hair before its overflow uses
/// the lowest kilobyte. Addresses can then be folded into loads and stores.
const LOW_MEMORY: &str = "--low-memory-unused";

fn optimize(optimizer: &Path, level: &str, wasm: &Path, names: &BTreeMap<String, String>) -> Result<(), String> {
    let mut program = steps::of_node(optimizer);
    program.args([level, LOW_MEMORY]).args(FEATURES).arg(wasm).arg("-o").arg(wasm);
    Output::shown().run(program, "wasm-opt")?;
    write(wasm, &compact(&read(wasm)?, names)?)
}

pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
}

pub fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(read(path)?).map_err(|_| format!("{} is not UTF-8.", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|why| format!("{} cannot be written: {why}", path.display()))
}

/// Every file below `place` with its path from there, in the order of the paths; nothing if there is no such place.
pub fn files_below(place: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut files = Vec::new();
    let mut waiting = vec![place.to_owned()];
    while let Some(directory) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                waiting.push(path);
            } else if let Some(name) = path.strip_prefix(place).ok().and_then(Path::to_str) {
                files.push((name.replace('\\', "/"), read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(text: &str) -> Option<(String, PathBuf)> {
        serde_json::from_str(text).ok().as_ref().and_then(executable)
    }

    #[test]
    fn a_program_is_found_in_what_cargo_prints() {
        let printed = r#"{"reason":"compiler-artifact","target":{"name":"app"},"executable":"out/app.wasm"}"#;
        assert_eq!(artifact(printed), Some(("app".to_owned(), PathBuf::from("out/app.wasm"))));
    }

    #[test]
    fn libraries_and_other_messages_are_not_programs() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#;
        assert_eq!(artifact(library), None);
        assert_eq!(artifact(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn a_program_is_compiled_with_its_own_features_alone() {
        let args = |wanted: &[&PageProgram], tests| {
            build(wanted, tests, &[]).get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let app = args(&[&project::PROGRAMS[0]], false);
        assert_eq!(app[app.len() - 2..], ["--features", "ui,programs"]);
        assert!(app.contains(&"--no-default-features".to_owned()));
        let tests = args(&[], true);
        assert_eq!(tests[tests.len() - 4..], ["--test", "browser", "--features", "programs,ui,worker"]);
    }
}
