//! `embed.js`: the custom element with what the build knows: its styles, its program, and the document that stands in
//! until the program is there, drawn by the very room that draws it later.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pennybatch::time::Time;
use serde_json::json;

use crate::minify::Minifier;

/// Where the build's own values go.
const MARK: &str = "/* built */ {}";

pub struct Element {
    script: String,
    styles: String,
    now: Time,
}

impl Element {
    pub fn read(place: &Path) -> Result<Element, String> {
        let text = |name: &str| {
            let path = place.join(name);
            fs::read_to_string(&path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|why| format!("The clock: {why}"))?;
        let now = Time::from_ms(u64::try_from(since.as_millis()).unwrap_or_default());
        Ok(Element { script: text("embed.js")?, styles: text("embed.css")?, now })
    }

    /// The module, with the name of the program's module beside it.
    pub fn script(&self, program: &str, minifier: &Minifier) -> Result<String, String> {
        if self.script.matches(MARK).count() != 1 {
            return Err(format!("www/embed/embed.js should hold {MARK} once: what the build knows goes there."));
        }
        let opening: serde_json::Value =
            serde_json::from_str(&pennybatch::embed::opening(self.now)).map_err(|why| why.to_string())?;
        let attributes: Vec<&str> = pennybatch::embed::attributes().collect();
        let built = json!({
            "program": program, "attributes": attributes, "styles": minifier.styles(self.styles.clone())?,
            "opening": opening,
        });
        minifier.script(self.script.replace(MARK, &built.to_string()))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::project::Profile;

    pub fn element() -> Element {
        let script = format!("const BUILT = {MARK};\nstart();\n");
        Element { script, styles: "a {\n  margin: 0;\n}\n".to_owned(), now: Time(1_795_500_000_000) }
    }

    #[test]
    fn the_script_carries_what_the_build_knows() {
        let script = element().script("embed-1.js", &Minifier(Profile::Dev)).expect("a script");
        let built = script.strip_prefix("const BUILT = ").and_then(|rest| rest.strip_suffix(";\nstart();\n"));
        let built: serde_json::Value = serde_json::from_str(built.expect("the values")).expect("JSON");
        assert_eq!(
            (built["program"].as_str(), built["styles"].as_str()),
            (Some("embed-1.js"), Some("a {\n  margin: 0;\n}\n"))
        );
        assert_eq!(built["opening"][0], "div");
        assert_eq!(built["attributes"][0], "model");
        assert!(built["opening"].to_string().contains("$0.25"));
    }

    #[test]
    fn a_script_without_a_place_for_it_is_refused() {
        let script = "start();".to_owned();
        assert!(Element { script, ..element() }.script("embed-1.js", &Minifier(Profile::Dev)).is_err());
    }
}
