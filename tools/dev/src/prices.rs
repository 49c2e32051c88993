//! `cargo dev prices`: the vendors' files checked, compared, and written into what ships.

use std::fs;
use std::path::{Path, PathBuf};

use pennybatch::prices;
use serde_json::Value;

use crate::edition::Edition;
use crate::{project, refresh};

/// What the page fetches when somebody asks where a price comes from.
pub const SOURCES: &str = "price-sources.tsv";
/// What the page fetches for an estimate of an earlier edition.
pub const HISTORY: &str = "price-history.tsv";

#[derive(clap::Subcommand)]
pub enum PricesCommand {
    /// Check the vendors' files: units, dates, ascending tiers, batch no dearer than synchronous, no zero
    Check(CheckArgs),
    /// Check them, and write src/prices/catalogue.tsv, which the programs carry
    Write,
    /// Take an edition of prices over into the vendors' files and their provenance
    Take(FileArgs),
    /// Keep what an earlier release said otherwise, in src/prices/history/
    Keep(FileArgs),
    /// Report what the public price lists say by now beside the catalogue; nothing is changed
    Refresh(refresh::RefreshArgs),
}

#[derive(clap::Args)]
pub struct CheckArgs {
    /// Show what differs from this file: a prices.json of an earlier release, or an edition of prices
    against: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct FileArgs {
    /// An edition of prices, or a published prices.json
    file: PathBuf,
}

pub fn run(command: &PricesCommand) -> Result<(), String> {
    if let PricesCommand::Refresh(args) = command {
        return refresh::run(args);
    }
    if let PricesCommand::Take(args) = command {
        take(&args.file)?;
    }
    let files = vendor_files()?;
    let found: Vec<String> = files.iter().flat_map(|text| prices::problems(text)).collect();
    if !found.is_empty() {
        return Err(format!("{}\n{} problems; catalogue.tsv was not written.", found.join("\n"), found.len()));
    }
    let written = prices::table(&files)?;
    let models = written.lines().filter(|line| !line.starts_with('>')).count();
    println!("{models} models of {} vendors: no problem.", files.len());
    let place = place().join("catalogue.tsv");
    match command {
        PricesCommand::Refresh(_) => {}
        PricesCommand::Write | PricesCommand::Take(_) => {
            write(&place, &written)?;
            println!("src/prices/catalogue.tsv is written.");
        }
        PricesCommand::Keep(args) => keep(&args.file, &files)?,
        PricesCommand::Check(args) => {
            if let Some(file) = &args.against {
                let lines = differences(file, &files)?;
                lines.iter().for_each(|line| println!("{line}"));
                println!("{} differences from {}.", lines.len(), file.display());
            }
            if fs::read_to_string(&place).ok().as_ref() != Some(&written) {
                return Err("src/prices/catalogue.tsv is out of step: run `cargo dev prices write`.".to_owned());
            }
            history()?;
            sources()?;
        }
    }
    Ok(())
}

fn differences(file: &Path, files: &[String]) -> Result<Vec<String>, String> {
    let text = read(file)?;
    let before = match Edition::read(&text) {
        Some(edition) => edition?.published(),
        None => text,
    };
    prices::changes(&before, &prices::published(files)?)
        .ok_or_else(|| format!("{} is neither a prices.json of this page nor an edition of prices.", file.display()))
}

/// Every model of the edition into its vendor's file, whose own facts (name, batch limits) stay.
fn take(file: &Path) -> Result<(), String> {
    let edition =
        Edition::read(&read(file)?).ok_or_else(|| format!("{} is no edition of prices.", file.display()))??;
    if let Some(unknown) = edition.models.keys().find(|vendor| !prices::VENDORS.contains(&vendor.as_str())) {
        return Err(format!("{unknown}: begin a file for this vendor, and name it in src/prices/published.rs."));
    }
    for (vendor, models) in &edition.models {
        let place = place().join("vendors").join(format!("{vendor}.json"));
        let mut head = json(&read(&place)?)?;
        if let Some(fields) = head.as_object_mut() {
            fields.remove("models");
        }
        write(&place, &lines(&head, models))?;
        let provenance = place.with_file_name(format!("{vendor}.provenance.json"));
        write(&provenance, &lines(&serde_json::json!({ "vendor": vendor }), &edition.provenance[vendor]))?;
    }
    let sources = edition.sources.as_object().into_iter().flatten();
    let sources: Vec<String> = sources.map(|(key, source)| format!(" \"{key}\":{source}")).collect();
    write(&place().join("sources.json"), &format!("{{\n{}\n}}\n", sources.join(",\n")))
}

/// A file with one model a line, so that a change of one reads as one.
fn lines(head: &Value, models: &[Value]) -> String {
    let head = in_order(head);
    let models: Vec<String> = models.iter().map(|model| format!("  {}", in_order(model))).collect();
    format!("{},\n \"models\": [\n{}\n ]}}\n", head.strip_suffix('}').unwrap_or(&head), models.join(",\n"))
}

/// What says which entry this is comes first.
fn in_order(entry: &Value) -> String {
    const FIRST: [&str; 9] =
        ["vendor", "id", "name", "price_date", "since", "agreeing", "confidence", "input", "output"];
    let fields = entry.as_object().into_iter().flatten();
    let rest = fields.filter(|(name, _)| !FIRST.contains(&name.as_str())).map(|(name, value)| (name.as_str(), value));
    let first = FIRST.into_iter().filter_map(|name| Some((name, entry.get(name)?)));
    let fields: Vec<String> = first.chain(rest).map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// The entries of an earlier release whose prices are others now.
fn keep(file: &Path, files: &[String]) -> Result<(), String> {
    let earlier = prices::earlier(&read(file)?, &prices::published(files)?)
        .ok_or_else(|| format!("{} is no prices.json of this page.", file.display()))?;
    let place = place().join("history").join(format!("{}.json", earlier.date));
    write(&place, &earlier.file)?;
    println!("{} models are kept as they were on {}.", earlier.models, earlier.date);
    Ok(())
}

/// The file that is published as prices.json.
pub fn published() -> Result<Vec<u8>, String> {
    prices::published(&vendor_files()?).map(String::into_bytes)
}

/// The file that is published as [`HISTORY`]: the earlier prices, the oldest edition first.
pub fn history() -> Result<Vec<u8>, String> {
    let folder = place().join("history");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{} cannot be read: {why}", folder.display()))?;
    let mut places: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    places.sort();
    let texts = places.iter().map(|place| read(place)).collect::<Result<Vec<_>, _>>()?;
    prices::history_table(&texts).map(String::into_bytes)
}

/// The file that is published as [`SOURCES`].
pub fn sources() -> Result<Vec<u8>, String> {
    let known = read(&place().join("sources.json"))?;
    let files = prices::VENDORS.map(|name| read(&place().join("vendors").join(format!("{name}.provenance.json"))));
    let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    prices::sources_table(&known, &files).map(String::into_bytes)
}

fn vendor_files() -> Result<Vec<String>, String> {
    prices::VENDORS.map(|name| read(&place().join("vendors").join(format!("{name}.json")))).into_iter().collect()
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|why| why.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|why| format!("{} cannot be written: {why}", path.display()))
}

fn place() -> PathBuf {
    project::root().join("src/prices")
}
