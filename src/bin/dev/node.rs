//! The few things that come from npm: Playwright for the end-to-end tests, wasm-opt for releases.

use std::fs;

use crate::names;
use crate::project;
use crate::steps;

/// `npm ci`, unless node_modules was made from this very lock file.
pub fn ensure_packages() -> Result<(), String> {
    let root = project::root();
    let lock_path = root.join("package-lock.json");
    let lock = fs::read(&lock_path).map_err(|why| format!("{} cannot be read: {why}", lock_path.display()))?;
    let made_from = root.join("node_modules/.made-from");
    let digest = names::digest(&lock);
    if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == digest) {
        return Ok(());
    }
    println!("npm ci …");
    let mut npm = steps::of_node("npm");
    // The browser is the machine's own; see `chromium`.
    npm.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    steps::counted(npm, "`npm ci`", steps::no_tests)
        .map_err(|failed| format!("{} The end-to-end tests need Node, npm and what it fetches.", failed.why))?;
    fs::write(&made_from, digest).map_err(|why| format!("{} cannot be written: {why}", made_from.display()))
}
