//! What comes from npm: Playwright for the end-to-end tests; wasm-opt and esbuild for releases.

use std::fs;
use std::path::PathBuf;

use crate::names;
use crate::project;
use crate::steps::{self, Output};

/// `npm ci`, unless node_modules was made from this very lock file.
pub fn ensure_packages(output: &mut Output) -> Result<(), String> {
    let root = project::root();
    let lock_path = root.join("package-lock.json");
    let lock = fs::read(&lock_path).map_err(|why| format!("{} cannot be read: {why}", lock_path.display()))?;
    let made_from = root.join("node_modules/.made-from");
    let digest = names::digest(&lock);
    if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == digest) {
        return Ok(());
    }
    let mut npm = steps::of_node("npm");
    // The browser is the machine's own; see `chromium`.
    npm.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    output.run(npm, "`npm ci`").map_err(|why| {
        format!("{why} Releases and end-to-end tests need Node with npm, and the packages that it fetches.")
    })?;
    fs::write(&made_from, digest).map_err(|why| format!("{} cannot be written: {why}", made_from.display()))
}

/// A program of a package, once [`ensure_packages`] has run.
pub fn program(name: &str) -> PathBuf {
    project::root().join("node_modules/.bin").join(name)
}
