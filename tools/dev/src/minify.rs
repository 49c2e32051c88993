//! Scripts and style sheets made small for a release, by esbuild.

use std::collections::BTreeMap;
use std::fs;

use crate::node;
use crate::project::{self, Profile};
use crate::steps::{self, Output};

/// wasm-bindgen's module imports the splitter's loader twice, under one key.
const IMPORTED_TWICE: &str = "--log-override:duplicate-object-key=silent";

/// Makes text small in a release, and leaves it as it is while developing.
pub struct Minifier(pub Profile);

impl Minifier {
    /// A script; what a module exports keeps its name.
    pub fn script(&self, text: String) -> Result<String, String> {
        self.minified("module.js", text)
    }

    pub fn styles(&self, text: String) -> Result<String, String> {
        self.minified("styles.css", text)
    }

    fn minified(&self, name: &str, text: String) -> Result<String, String> {
        match self.0 {
            Profile::Dev => Ok(text),
            Profile::Release | Profile::ReleaseUnsplit => esbuild(&[(name, text)], &["--minify"]),
        }
    }

    /// A module and another one that it imports, as one. What `./snippets` holds stays where it is.
    pub fn joined(&self, module: (&str, String), other: (&str, String)) -> Result<String, String> {
        let args =
            ["--minify", "--bundle", "--format=esm", IMPORTED_TWICE, "--external:./snippets/*", "--target=esnext"];
        esbuild(&[module, other], &args)
    }
}

/// The names by which a program and its module know one another, but for the few that the splitter's loader uses. Most
/// end in sixteen random digits, which nothing compresses, and stand in both.
const NAMES_BETWEEN: &str = "--mangle-props=^(__wbg_|__wbindgen_|wasm_bindgen__)";

/// A program's module with short names for what it exchanges with the program, and these names by the long ones.
pub fn with_short_names(module: String) -> Result<(String, BTreeMap<String, String>), String> {
    let cache = project::workshop().join("short-names.json");
    let refused = |why: std::io::Error| format!("{} cannot be used: {why}", cache.display());
    fs::write(&cache, "{}").map_err(refused)?;
    let cache_arg = format!("--mangle-cache={}", cache.display());
    let module = esbuild(&[("named.js", module)], &[NAMES_BETWEEN, IMPORTED_TWICE, &cache_arg])?;
    let names = fs::read_to_string(&cache).map_err(refused)?;
    let names =
        serde_json::from_str(&names).map_err(|why| format!("esbuild wrote other names than expected: {why}"))?;
    Ok((module, names))
}

/// Runs esbuild over the first of these files.
fn esbuild(files: &[(&str, String)], args: &[&str]) -> Result<String, String> {
    let place = project::workshop().join("minified");
    let refused = |why: std::io::Error| format!("{} cannot be used: {why}", place.display());
    fs::create_dir_all(&place).map_err(refused)?;
    for (name, text) in files {
        fs::write(place.join(name), text).map_err(refused)?;
    }
    let (name, _) = files[0];
    let small = place.join(format!("small-{name}"));
    let mut esbuild = steps::of_node(node::program("esbuild"));
    esbuild.args(["--log-level=warning", "--allow-overwrite"]).args(args);
    esbuild.arg(place.join(name)).arg(format!("--outfile={}", small.display()));
    Output::shown().run(esbuild, "esbuild")?;
    fs::read_to_string(&small).map_err(refused)
}
