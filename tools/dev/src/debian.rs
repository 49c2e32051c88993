//! Debian's packages, where this machine's custom is to install them: root, and apt-get is there.

use std::process::Command;

use crate::project;

/// Whether [`install`] can do anything.
pub fn is_here() -> bool {
    let shown = Command::new("id").arg("-u").output();
    shown.is_ok_and(|shown| shown.stdout.trim_ascii() == b"0") && project::on_path("apt-get").is_some()
}

/// With what they recommend: without fonts a page has no text to measure.
pub fn install(packages: &[&str]) -> Result<(), String> {
    println!("Installing Debian's {} …", packages.join(", "));
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes"], packages].concat())
}

fn apt_get(args: &[&str]) -> Result<(), String> {
    let ran = Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").status();
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`apt-get {}` failed ({status}).", args.join(" "))),
        Err(why) => Err(format!("apt-get did not start: {why}")),
    }
}
