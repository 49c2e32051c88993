//! From Rust to what a browser loads: Cargo, wasm-bindgen and, for a release, wasm-opt.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::names;
use crate::project::{self, Profile, WASM_TARGET};
use crate::steps;

/// One program as the browser takes it: wasm-bindgen's module, the program, and the modules that it imports.
#[derive(Clone)]
pub struct Program {
    pub name: &'static str,
    pub glue: String,
    pub wasm: Vec<u8>,
    /// Path under the module's own directory, and content.
    pub snippets: Vec<(String, Vec<u8>)>,
}

/// Compiles and binds programs of the page.
pub fn programs(profile: Profile, names: &[&'static str]) -> Result<Vec<Program>, String> {
    project::ensure_wasm_target()?;
    let of = |fast: bool| names.iter().copied().filter(move |name| project::FAST.contains(name) == fast);
    let mut compiled = Vec::new();
    match profile {
        Profile::Dev => compiled.extend(built(names, &[])?),
        Profile::Release => {
            compiled.extend(built(&of(false).collect::<Vec<_>>(), &["--release"])?);
            compiled.extend(built(&of(true).collect::<Vec<_>>(), &["--profile", "fast"])?);
        }
    }
    let optimizer = match profile {
        Profile::Dev => None,
        Profile::Release => optimizer(),
    };
    if profile == Profile::Release && optimizer.is_none() {
        println!("wasm-opt is not here (`npm ci` brings it): the programs stay a little larger than they could be.");
    }
    names
        .iter()
        .copied()
        .map(|name| {
            let (_, path) = compiled
                .iter()
                .find(|(compiled, _)| compiled == name)
                .ok_or_else(|| format!("Cargo built no program `{name}` for the browser."))?;
            bound(name, path, profile, optimizer.as_deref())
        })
        .collect()
}

fn built(names: &[&str], profile: &[&str]) -> Result<Vec<(String, PathBuf)>, String> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut build = project::cargo();
    build.args(["build", "--target", WASM_TARGET]).args(profile);
    for name in names {
        build.args(["--bin", name]);
    }
    compiled(build)
}

/// Runs a Cargo that compiles for the browser, and returns each `.wasm` that it made or found fresh, by target name.
pub fn compiled(mut cargo: Command) -> Result<Vec<(String, PathBuf)>, String> {
    cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut running = cargo.spawn().map_err(|why| format!("Cargo did not start: {why}"))?;
    let mut found = Vec::new();
    if let Some(stdout) = running.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            found.extend(serde_json::from_str(&line).ok().as_ref().and_then(wasm_artifact));
        }
    }
    match running.wait() {
        Ok(status) if status.success() => Ok(found),
        Ok(_) => Err("The page does not compile; the errors are above.".to_owned()),
        Err(why) => Err(format!("Cargo could not be waited for: {why}")),
    }
}

fn wasm_artifact(message: &Value) -> Option<(String, PathBuf)> {
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let name = message.get("target")?.get("name")?.as_str()?;
    let mut files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
    let wasm = files.find(|file| file.ends_with(".wasm"))?;
    Some((name.to_owned(), PathBuf::from(wasm)))
}

/// Binding takes longer than Cargo finding nothing to do, so it is kept for as long as the compiled program is the same.
fn bound(name: &'static str, compiled: &Path, profile: Profile, optimizer: Option<&Path>) -> Result<Program, String> {
    let input = read(compiled)?;
    let level = if project::FAST.contains(&name) { "-O3" } else { "-Oz" };
    let with = optimizer.map_or_else(String::new, |_| format!("{level} {}", FEATURES.join(" ")));
    let key = format!("{} {} {with}", names::digest(&input), profile.name());
    let place = project::workshop().join(profile.name()).join(name);
    let key_path = place.join("made-from");
    if fs::read_to_string(&key_path).ok().as_deref() != Some(key.as_str()) {
        if place.exists() {
            fs::remove_dir_all(&place).map_err(|why| format!("{} cannot be replaced: {why}", place.display()))?;
        }
        let release = profile == Profile::Release;
        let mut bindgen = Bindgen::new();
        bindgen.input_bytes(name, input).typescript(false).omit_default_module_path(true);
        bindgen.remove_name_section(release).remove_producers_section(release);
        bind(&mut bindgen, &place)?;
        if let Some(optimizer) = optimizer {
            optimize(optimizer, level, &place.join(format!("{name}_bg.wasm")))?;
        }
        fs::write(&key_path, key).map_err(|why| format!("{} cannot be written: {why}", key_path.display()))?;
    }
    let glue = read(&place.join(format!("{name}.js")))?;
    let glue = String::from_utf8(glue).map_err(|_| format!("wasm-bindgen's module for `{name}` is not text."))?;
    let wasm = read(&place.join(format!("{name}_bg.wasm")))?;
    let snippets = files_below(&place.join("snippets"))?;
    let snippets = snippets.into_iter().map(|(path, bytes)| (format!("snippets/{path}"), bytes)).collect();
    Ok(Program { name, glue, wasm, snippets })
}

/// wasm-bindgen for a module that a browser loads as it is.
pub fn bind(bindgen: &mut Bindgen, place: &Path) -> Result<(), String> {
    let made = bindgen.web(true).and_then(|bindgen| bindgen.generate(place));
    made.map_err(|why| format!("wasm-bindgen failed for {}: {why:#}", place.display()))
}

fn optimizer() -> Option<PathBuf> {
    let ours = project::root().join("node_modules/.bin/wasm-opt");
    if ours.exists() {
        return Some(ours);
    }
    project::on_path("wasm-opt")
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

fn optimize(optimizer: &Path, level: &str, wasm: &Path) -> Result<(), String> {
    let mut program = steps::of_node(optimizer);
    program.arg(level).args(FEATURES).arg(wasm).arg("-o").arg(wasm);
    steps::counted(program, "wasm-opt", steps::no_tests).map(|_| ()).map_err(|failed| failed.why)
}

pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
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
        serde_json::from_str(text).ok().as_ref().and_then(wasm_artifact)
    }

    #[test]
    fn a_program_is_found_in_what_cargo_tells() {
        let told =
            r#"{"reason":"compiler-artifact","target":{"name":"app"},"filenames":["deps/app.d","out/app.wasm"]}"#;
        assert_eq!(artifact(told), Some(("app".to_owned(), PathBuf::from("out/app.wasm"))));
    }

    #[test]
    fn libraries_and_other_messages_are_not_programs() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"filenames":["libserde.rlib"]}"#;
        assert_eq!(artifact(library), None);
        assert_eq!(artifact(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
