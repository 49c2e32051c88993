//! Scripts and style sheets made small for a release, by esbuild.

use std::fs;

use crate::node;
use crate::project::{self, Profile};
use crate::steps::{self, Output};

/// Makes text small in a release, and leaves it as it is while developing.
pub struct Minifier(pub Profile);

impl Minifier {
    /// A module; what it exports keeps its name.
    pub fn script(&self, text: String) -> Result<String, String> {
        self.minified("module.js", text)
    }

    pub fn styles(&self, text: String) -> Result<String, String> {
        self.minified("styles.css", text)
    }

    fn minified(&self, name: &str, text: String) -> Result<String, String> {
        if self.0 == Profile::Dev {
            return Ok(text);
        }
        let place = project::workshop().join("minified");
        let (from, to) = (place.join(name), place.join(format!("small-{name}")));
        let refused = |why: std::io::Error| format!("{} cannot be used: {why}", place.display());
        fs::create_dir_all(&place).and_then(|()| fs::write(&from, text)).map_err(refused)?;
        let mut esbuild = steps::of_node(node::program("esbuild"));
        esbuild.args(["--minify", "--log-level=warning", "--allow-overwrite"]);
        esbuild.arg(&from).arg(format!("--outfile={}", to.display()));
        Output::shown().run(esbuild, "esbuild")?;
        fs::read_to_string(&to).map_err(refused)
    }
}
