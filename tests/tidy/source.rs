//! The project's files, and the paths that a Rust source names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

#[derive(Clone)]
pub struct Source {
    /// Path from the project's root.
    pub name: String,
    pub text: String,
}

impl Source {
    /// `src/engine/lane.rs` is `[engine, lane]`.
    pub fn module(&self) -> Vec<String> {
        let path = self.name.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !["mod", "lib"].contains(part)).map(str::to_owned).collect()
    }

    pub fn program(&self) -> Option<&str> {
        self.name.strip_prefix("src/bin/")?.split(['/', '.']).next()
    }

    /// Every path in the code, with what a `use` groups spelled out.
    pub fn paths(&self) -> Vec<NamedPath> {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|why| panic!("{} is no Rust: {why}", self.name));
        let mut paths = Vec::new();
        collect(tokens, &[], &self.module(), &mut paths);
        paths
    }
}

pub struct NamedPath {
    pub segments: Vec<String>,
    /// Where it stands, inline modules included.
    pub module: Vec<String>,
    pub line: usize,
}

impl NamedPath {
    /// From the root of the crate, if it is written from there or leads there.
    pub fn absolute(&self) -> Option<Vec<String>> {
        let ups = self.segments.iter().take_while(|segment| *segment == "super").count();
        match self.segments.first().map(String::as_str) {
            Some("crate") => Some(self.segments[1..].to_vec()),
            Some("super") => {
                let kept = self.module.len().saturating_sub(ups);
                Some([&self.module[..kept], &self.segments[ups..]].concat())
            }
            _ => None,
        }
    }
}

fn collect(tokens: TokenStream, prefix: &[String], module: &[String], paths: &mut Vec<NamedPath>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(first) => at = path(&tokens, at, first, prefix, module, paths),
            TokenTree::Group(group) => {
                let named = at.checked_sub(1).and_then(|before| ident(&tokens, before));
                let is_module = at >= 2 && ident(&tokens, at - 2).is_some_and(|word| word == "mod");
                let inner = match named {
                    Some(name) if is_module => [module, &[name.to_string()]].concat(),
                    _ => module.to_vec(),
                };
                collect(group.stream(), &[], &inner, paths);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads `a::b::c` or `a::{…}` from `at` and returns where it ends.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    first: &Ident,
    prefix: &[String],
    module: &[String],
    paths: &mut Vec<NamedPath>,
) -> usize {
    let line = first.span().start().line;
    let mut segments = [prefix, &[first.to_string()]].concat();
    at += 1;
    while is_colon(tokens, at) && is_colon(tokens, at + 1) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(next)) => segments.push(next.to_string()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                collect_group(group.stream(), &segments, module, paths);
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    paths.push(NamedPath { segments, module: module.to_vec(), line });
    at
}

fn collect_group(tokens: TokenStream, prefix: &[String], module: &[String], paths: &mut Vec<NamedPath>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "as" => at += 2,
            TokenTree::Ident(first) => at = path(&tokens, at, first, prefix, module, paths),
            _ => at += 1,
        }
    }
}

fn ident(tokens: &[TokenTree], at: usize) -> Option<&Ident> {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

fn is_colon(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn sources(below: &str) -> Vec<Source> {
    let sources: Vec<Source> = texts(below).into_iter().filter(|source| source.name.ends_with(".rs")).collect();
    assert!(!sources.is_empty(), "{below} holds sources");
    sources
}

/// Every text file below a directory of the project; nothing if there is no such directory.
pub fn texts(below: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(below)];
    while let Some(directory) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() { waiting.push(path) } else { found.extend(text(&path)) }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// What the project keeps at its root; a person's own notes and logs beside it are no concern.
pub fn top_level_texts() -> Vec<Source> {
    const KEPT: [&str; 7] = ["html", "json", "lock", "md", "rs", "toml", "ts"];
    const KEPT_NAMES: [&str; 4] = ["LICENSE", ".editorconfig", ".gitattributes", ".gitignore"];
    let entries = fs::read_dir(root()).expect("the project's root");
    let sources = entries.filter_map(Result::ok).filter_map(|entry| text(&entry.path()));
    let extension = |name: &str| name.rsplit_once('.').map(|(_, extension)| extension.to_owned()).unwrap_or_default();
    sources
        .filter(|source| KEPT.contains(&extension(&source.name).as_str()) || KEPT_NAMES.contains(&source.name.as_str()))
        .collect()
}

fn text(path: &Path) -> Option<Source> {
    let name = path.strip_prefix(root()).ok()?.to_str()?.replace('\\', "/");
    let text = fs::read_to_string(path).ok()?;
    Some(Source { name, text })
}

/// The subjects of all commits after `start`, merges left out; else why they can't be read, and what to do.
pub fn subjects_after(root: &Path, start: &str) -> Result<Vec<String>, String> {
    if !root.join(".git").exists() {
        return Err("This is a source archive without its history, so commit subjects can't be checked. Clone the \
                    repository, or leave this test out: cargo test -- --skip commit_subjects_are_short_and_say_where"
            .to_owned());
    }
    let reached = git(root, &["merge-base", "--is-ancestor", start, "HEAD"])?;
    if !reached.status.success() {
        return Err(format!(
            "The history doesn't reach back to {start}. Fetch the whole history (`git fetch --unshallow`; in a workflow, \
             `fetch-depth: 0`). git said: {}",
            String::from_utf8_lossy(&reached.stderr).trim()
        ));
    }
    let log = git(root, &["log", "--no-merges", "--format=%s", &format!("{start}..HEAD")])?;
    if !log.status.success() {
        return Err(format!("`git log` failed: {}", String::from_utf8_lossy(&log.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&log.stdout).lines().map(str::to_owned).collect())
}

/// In a container the checkout often belongs to another user, which git refuses by default. Hooks set the variables
/// that would lead git to another repository.
pub fn git(root: &Path, args: &[&str]) -> Result<Output, String> {
    let mut git = Command::new("git");
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let ran = git.arg("-C").arg(root).args(["-c", "safe.directory=*"]).args(args).output();
    ran.map_err(|why| format!("git is needed to read commit subjects, and didn't start: {why}"))
}
