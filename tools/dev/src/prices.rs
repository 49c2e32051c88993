//! `cargo dev prices`: the vendors' files checked, compared, and written into what ships.

use std::fs;
use std::path::PathBuf;

use pennybatch::prices;

use crate::{project, refresh};

#[derive(clap::Subcommand)]
pub enum PricesCommand {
    /// Check the vendors' files: units, dates, ascending tiers, batch no dearer than synchronous, no zero
    Check(CheckArgs),
    /// Check them, and write src/prices/catalogue.tsv, which the programs carry
    Write,
    /// Report what the public price lists say by now beside the catalogue; nothing is changed
    Refresh(refresh::RefreshArgs),
}

#[derive(clap::Args)]
pub struct CheckArgs {
    /// Show what changed since this file: a prices.json of an earlier release
    #[arg(long)]
    against: Option<PathBuf>,
}

pub fn run(command: &PricesCommand) -> Result<(), String> {
    if let PricesCommand::Refresh(args) = command {
        return refresh::run(args);
    }
    let files = vendor_files()?;
    let found: Vec<String> = files.iter().flat_map(|text| prices::problems(text)).collect();
    if !found.is_empty() {
        return Err(format!("{}\n{} problems; nothing was written.", found.join("\n"), found.len()));
    }
    let written = prices::table(&files)?;
    let models = written.lines().filter(|line| !line.starts_with('>')).count();
    println!("{models} models of {} vendors: no problem.", files.len());
    let place = place().join("catalogue.tsv");
    match command {
        PricesCommand::Refresh(_) => {}
        PricesCommand::Write => {
            fs::write(&place, written).map_err(|why| format!("{} cannot be written: {why}", place.display()))?;
            println!("src/prices/catalogue.tsv is written.");
        }
        PricesCommand::Check(args) => {
            if let Some(file) = &args.against {
                let before = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
                let lines = prices::changes(&before, &prices::published(&files)?)
                    .ok_or_else(|| format!("{} is no prices.json of this page.", file.display()))?;
                lines.iter().for_each(|line| println!("{line}"));
                println!("{} changes since {}.", lines.len(), file.display());
            }
            if fs::read_to_string(&place).ok().as_ref() != Some(&written) {
                return Err("src/prices/catalogue.tsv is out of step: run `cargo dev prices write`.".to_owned());
            }
        }
    }
    Ok(())
}

/// The file that is published as prices.json.
pub fn published() -> Result<Vec<u8>, String> {
    prices::published(&vendor_files()?).map(String::into_bytes)
}

fn vendor_files() -> Result<Vec<String>, String> {
    let read = |name: &str| {
        let path = place().join("vendors").join(format!("{name}.json"));
        fs::read_to_string(&path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
    };
    prices::VENDORS.into_iter().map(read).collect()
}

fn place() -> PathBuf {
    project::root().join("src/prices")
}
