//! Where the project's files are, and which page is built.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The target that the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A program of the page.
pub struct PageProgram {
    pub name: &'static str,
    /// The feature of the library that it needs, and no more than that.
    pub feature: &'static str,
    /// Published fast before small: what it computes is waited for, and it comes only when it is asked for.
    pub fast: bool,
    /// The worker starts it when it is needed. No page names it.
    pub below_worker: bool,
    /// Has parts that are fetched when they are first shown.
    pub in_parts: bool,
}

const fn program(name: &'static str, feature: &'static str) -> PageProgram {
    PageProgram { name, feature, fast: false, below_worker: false, in_parts: false }
}

/// The programs that ship; those that another one loads come before it.
pub const PROGRAMS: [PageProgram; 6] = [
    PageProgram { in_parts: true, ..program("app", "ui") },
    PageProgram { below_worker: true, ..program("validator", "validator") },
    PageProgram { below_worker: true, ..program("tokenizer_o200k", "tokenizers") },
    PageProgram { below_worker: true, ..program("tokenizer_cl100k", "tokenizers") },
    PageProgram { fast: true, ..program("worker", "worker") },
    program("embed", "embed"),
];

/// How the page is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Quick to build, in one piece.
    Dev,
    Release,
    /// A release whose page is in one piece.
    ReleaseUnsplit,
}

/// What `build`, `serve` and `test` take.
#[derive(Clone, Copy, clap::Args)]
pub struct ProfileArgs {
    /// Build what is meant to be published: small and fast
    #[arg(long)]
    release: bool,
    /// With --release: leave the page in one piece, instead of parts that are fetched when they are first shown
    #[arg(long, requires = "release")]
    no_split: bool,
}

impl ProfileArgs {
    pub fn profile(self) -> Profile {
        match (self.release, self.no_split) {
            (false, _) => Profile::Dev,
            (true, false) => Profile::Release,
            (true, true) => Profile::ReleaseUnsplit,
        }
    }
}

impl Profile {
    pub fn is_release(self) -> bool {
        self != Profile::Dev
    }

    pub fn name(self) -> &'static str {
        match self {
            Profile::Dev => "dev",
            Profile::Release => "release",
            Profile::ReleaseUnsplit => "release-unsplit",
        }
    }
}

/// The directory of the workspace's Cargo.toml, two above this package's. Cargo names that one to the programs that it
/// runs; else the place of compilation serves.
pub fn root() -> PathBuf {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.ancestors().nth(2).map_or_else(|| package.clone(), PathBuf::from)
}

/// Where what is between the sources and dist/ is kept from one build to the next.
pub fn workshop() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("pennybatch")
}

pub fn dist() -> PathBuf {
    root().join("dist")
}

/// This program. Asked for before anything is built, since a build may put another one in its place.
pub fn tool() -> Result<PathBuf, String> {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    if let Some(tool) = TOOL.get() {
        return Ok(tool.clone());
    }
    let tool = env::current_exe().map_err(|why| format!("The tool does not know its own path: {why}"))?;
    Ok(TOOL.get_or_init(|| tool).clone())
}

/// A program by its name, as a shell would find it.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|place| place.join(program)).find(|candidate| candidate.is_file())
}

/// A Cargo that behaves as if started from the shell.
///
/// `cargo run` describes this program to itself in variables that some build scripts watch; passed on, they would
/// rebuild those packages each time that the way in changes.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(describes_this_program) {
            cargo.env_remove(name);
        }
    }
    cargo
}

fn describes_this_program(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_MANIFEST_")
        || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "LD_LIBRARY_PATH", "OUT_DIR"]
            .contains(&variable)
}

/// The wasm target, added where rustup can.
pub fn ensure_wasm_target() -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let shown =
        Command::new(rustc).current_dir(root()).args(["--print", "target-libdir", "--target", WASM_TARGET]).output();
    let libdir = shown.ok().filter(|shown| shown.status.success());
    let libdir = libdir.and_then(|shown| String::from_utf8(shown.stdout).ok());
    if libdir.is_some_and(|path| PathBuf::from(path.trim()).is_dir()) {
        return Ok(());
    }
    println!("Adding the target {WASM_TARGET} …");
    let added = Command::new("rustup").current_dir(root()).args(["target", "add", WASM_TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`rustup target add {WASM_TARGET}` failed ({status}); the page cannot be compiled.")),
        Err(_) => Err(format!(
            "Rust's target {WASM_TARGET} is missing and rustup is not here to add it: install the target with whatever installed Rust."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_set_for_cargo_is_kept() {
        assert!(describes_this_program("CARGO_PKG_NAME"));
        assert!(describes_this_program("CARGO_MANIFEST_DIR"));
        assert!(!describes_this_program("CARGO_HOME"));
        assert!(!describes_this_program("CARGO_TARGET_DIR"));
        assert!(!describes_this_program("CARGO_NET_OFFLINE"));
        assert!(!describes_this_program("RUSTUP_TOOLCHAIN"));
    }
}
