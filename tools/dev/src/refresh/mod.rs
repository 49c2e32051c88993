//! `cargo dev prices refresh`: what the public price lists say by now, beside the catalogue, as a report. It changes
//! nothing: a person reads it and edits the vendors' files.
//!
//! | file | holds |
//! |---|---|
//! | `packages` | the newest package of each source, by the registry's own client; its files, read from the archive |
//! | `sources` | each source's file, read into prices |
//! | `python` | the literals of a Python module, read without running it |
//! | `report` | the lists beside the catalogue |
//!
//! Nothing that was downloaded is run: archives are read where they lie, and clients are told to build nothing.

mod packages;
mod python;
mod report;
mod sources;

use std::fs;
use std::path::PathBuf;

use pennybatch::prices::date_utc;

use self::packages::Package;
use self::report::Report;
use self::sources::List;
use crate::project;

#[derive(clap::Args)]
pub struct RefreshArgs {
    /// Write the report here, as Markdown, beside printing its counts
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(args: &RefreshArgs) -> Result<(), String> {
    let now = report::now()?;
    let today = date_utc(now);
    let mut lists = Vec::new();
    for package in Package::ALL {
        println!("Asking for {}…", package.name());
        let archive = package.newest()?;
        let list = List::read(package, &archive, &today).map_err(|why| format!("{}: {why}", package.name()))?;
        println!("{} {}: {} models.", package.name(), archive.version, list.models.len());
        lists.push(list);
    }
    let path = project::root().join("src/prices/left-out.txt");
    let left_out = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let report = Report::new(&lists, pennybatch::prices::all(), &left_out, now);
    println!("{}", report.counts());
    match &args.out {
        Some(path) => {
            fs::write(path, report.markdown()).map_err(|why| format!("{} cannot be written: {why}", path.display()))?;
            println!("{} is written. Nothing else was changed.", path.display());
        }
        None => println!("\n{}", report.markdown()),
    }
    Ok(())
}
