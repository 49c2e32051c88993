//! Firefox and WebKit for the tests, beside Chromium: found, or installed where that is this machine's custom. Where one
//! is neither, its tests are left out, and the summary says so.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{debian, project};

/// Playwright's projects are named so, and the summary's lines.
pub const CHROMIUM: &str = "chromium";
pub const FIREFOX: &str = "firefox";
pub const WEBKIT: &str = "webkit";

const WEBKIT_PACKAGES: [&str; 4] = ["webkit2gtk-driver", "gir1.2-webkit2-4.1", "python3-gi", "xvfb"];

/// `FIREFOX`, else the PATH, else Debian's package.
pub fn firefox() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("FIREFOX").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if named.is_file() { Ok(named) } else { Err(format!("FIREFOX names no program: {}", named.display())) };
    }
    let installed = || ["firefox-esr", "firefox"].into_iter().find_map(project::on_path);
    if let Some(found) = installed() {
        return Ok(found);
    }
    if debian::is_here() {
        debian::install(&["firefox-esr"])?;
    }
    installed().ok_or_else(|| "Firefox isn't here: install firefox-esr, or name one in FIREFOX.".to_owned())
}

/// WebKitWebDriver, a display for it, and what its window is made of (tests/e2e/support/engines/webkit_window.py).
pub fn webkit() -> Result<(), String> {
    if webkit_missing().is_none() {
        return Ok(());
    }
    if debian::is_here() {
        debian::install(&WEBKIT_PACKAGES)?;
    }
    match webkit_missing() {
        None => Ok(()),
        Some(missing) => Err(format!("{missing} isn't here: install {}.", WEBKIT_PACKAGES.join(", "))),
    }
}

fn webkit_missing() -> Option<&'static str> {
    let program = ["WebKitWebDriver", "Xvfb"].into_iter().find(|program| project::on_path(program).is_none());
    program.or_else(|| (!bindings()).then_some("WebKit's binding for Python"))
}

fn bindings() -> bool {
    let asked = "import gi; gi.require_version('WebKit2', '4.1')";
    let ran = Command::new("/usr/bin/python3").args(["-c", asked]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}
