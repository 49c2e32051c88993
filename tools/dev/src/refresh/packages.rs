//! The newest package of each source, fetched by the registry's own client (`npm`, `pip`), and its files.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;

use crate::project;

/// Far above the largest, which is of 44 MB.
const ARCHIVE_BYTES_MAX: u64 = 300_000_000;
const FILE_BYTES_MAX: u64 = 50_000_000;

/// Where prices are published as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// BerriAI's map of prices.
    LiteLlm,
    /// Pydantic's.
    GenaiPrices,
    /// Made from models.dev and the vendors' own lists.
    PiAi,
}

/// A package as it was downloaded.
pub struct Archive {
    pub version: String,
    path: PathBuf,
}

impl Package {
    pub const ALL: [Package; 3] = [Package::LiteLlm, Package::GenaiPrices, Package::PiAi];

    pub fn name(self) -> &'static str {
        match self {
            Package::LiteLlm => "litellm",
            Package::GenaiPrices => "genai-prices",
            Package::PiAi => "pi-ai",
        }
    }

    /// Downloads it into `target/prices`. `pip` takes wheels alone, which need no building, and `npm pack` runs no script
    /// of what it fetches.
    pub fn newest(self) -> Result<Archive, String> {
        let folder = project::root().join("target/prices").join(self.name());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        match self {
            Package::PiAi => npm(&folder, "@earendil-works/pi-ai")?,
            Package::LiteLlm | Package::GenaiPrices => {
                let arguments = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", "."];
                output(Command::new("pip3").args(arguments).arg(self.name()).current_dir(&folder))?;
            }
        }
        Archive::in_folder(&folder)
    }
}

/// The version is asked for first: without one, npm takes an older release where this machine's Node is too old to run
/// the newest.
fn npm(folder: &Path, name: &str) -> Result<(), String> {
    let version = output(Command::new("npm").args(["view", name, "version"]).current_dir(folder))?;
    let version = version.trim();
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte)) {
        return Err(format!("npm names no version of {name}: {version}"));
    }
    let pack = ["pack", "--silent", "--ignore-scripts"];
    output(Command::new("npm").args(pack).arg(format!("{name}@{version}")).current_dir(folder))?;
    Ok(())
}

fn output(command: &mut Command) -> Result<String, String> {
    let words = format!("{command:?}");
    let done = command.output().map_err(|why| format!("{words}: {why}"))?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(format!("{words} failed: {}", String::from_utf8_lossy(&done.stderr).trim())),
    }
}

impl Archive {
    fn in_folder(folder: &Path) -> Result<Archive, String> {
        let entries = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let path = paths.pop().filter(|_| paths.is_empty()).ok_or("not one archive was downloaded")?;
        let bytes = fs::metadata(&path).map_err(|why| format!("{}: {why}", path.display()))?.len();
        if bytes > ARCHIVE_BYTES_MAX {
            return Err(format!("{} has {bytes} bytes, more than is read", path.display()));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let version = version_in(&name).ok_or_else(|| format!("{name} names no version"))?;
        Ok(Archive { version, path })
    }

    /// The files whose path is wanted, by their paths; at least one.
    pub fn files(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, String> {
        let file = File::open(&self.path).map_err(|why| format!("{}: {why}", self.path.display()))?;
        let found = match self.path.extension().is_some_and(|ending| ending == "whl") {
            true => in_zip(file, is_wanted),
            false => in_tar(file, is_wanted),
        }?;
        match found.is_empty() {
            true => Err("the file with the prices isn't in the package any more".to_owned()),
            false => Ok(found),
        }
    }
}

fn in_zip(file: File, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, String> {
    let mut zip = zip::ZipArchive::new(file).map_err(|why| why.to_string())?;
    let mut found = Vec::new();
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|why| why.to_string())?;
        let name = entry.name().to_owned();
        if is_wanted(&name) {
            found.push((name, text(entry)?));
        }
    }
    Ok(found)
}

fn in_tar(file: File, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, String> {
    let mut tar = tar::Archive::new(GzDecoder::new(file));
    let mut found = Vec::new();
    for entry in tar.entries().map_err(|why| why.to_string())? {
        let entry = entry.map_err(|why| why.to_string())?;
        let name = entry.path().map_err(|why| why.to_string())?.to_string_lossy().into_owned();
        if is_wanted(&name) {
            found.push((name, text(entry)?));
        }
    }
    Ok(found)
}

fn text(from: impl Read) -> Result<String, String> {
    let mut text = String::new();
    let read = from.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|why| why.to_string())?;
    if read as u64 == FILE_BYTES_MAX { Err("a file is larger than what is read".to_owned()) } else { Ok(text) }
}

/// `litellm-1.110.2-cp310-…`, `genai_prices-0.2.3-py3-…`, `earendil-works-pi-ai-1.6.0.tgz`.
fn version_in(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".tgz").or_else(|| name.strip_suffix(".whl"))?;
    let is_version = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.');
    stem.split('-').find(is_version).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_s_name_tells_its_version() {
        for (name, version) in [
            ("litellm-1.110.2-cp310-abi3-manylinux_2_28_x86_64.whl", Some("1.110.2")),
            ("genai_prices-0.2.3-py3-none-any.whl", Some("0.2.3")),
            ("earendil-works-pi-ai-1.6.0.tgz", Some("1.6.0")),
            ("notes.txt", None),
        ] {
            assert_eq!(version_in(name).as_deref(), version, "{name}");
        }
    }
}
