//! A Chromium for the tests: found, or installed where that is this machine's custom.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{debian, project};

/// Headless, with nothing of its own on the network, and trusting the simulated provider's certificate.
pub const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--ignore-certificate-errors",
];

/// `CHROMIUM`, else the PATH, else Debian's packages where root and apt-get are there. The headless shell comes first: it
/// is the same engine without windows, and a test takes two thirds of the time.
pub fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        let found = if named.is_file() { Some(named.clone()) } else { named.to_str().and_then(project::on_path) };
        return found.ok_or_else(|| format!("CHROMIUM names {}, which is not a program.", named.display()));
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    if debian::is_here() {
        debian::install(&["chromium"])?;
        if let Err(why) = debian::install(&["chromium-headless-shell"]) {
            println!("{why} The tests take longer with chromium itself.");
        }
    }
    installed().ok_or_else(|| {
        "The browser tests need Chromium: install chromium or google-chrome, or name one in CHROMIUM.".to_owned()
    })
}

fn installed() -> Option<PathBuf> {
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        .into_iter()
        .find_map(project::on_path)
}

/// A browser on one page, with a profile of its own; both end when this is dropped.
pub struct Browser {
    running: Child,
    profile: PathBuf,
}

impl Browser {
    pub fn open(chromium: &Path, url: &str) -> Result<Browser, String> {
        let profile = env::temp_dir().join(format!("pennybatch-browser-{}", std::process::id()));
        // One that was killed may have left its profile; a fresh one has no runs and no locks of the last.
        let _ = std::fs::remove_dir_all(&profile);
        let started = Command::new(chromium)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(["--remote-debugging-port=0", url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let running = started.map_err(|why| format!("{} did not start: {why}", chromium.display()))?;
        Ok(Browser { running, profile })
    }

    pub fn process(&self) -> u32 {
        self.running.id()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
