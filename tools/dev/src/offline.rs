//! `sw.js`: the service worker with the list of the files that make up this build.

use serde_json::json;

/// Its address stays: browsers ask there for a new version.
pub const SCRIPT: &str = "sw.js";
/// Where the build's own values go.
const MARK: &str = "/* built */ {}";

/// Other people's pages, what the host reads, what other programs read, and what an installed page has from the system.
const LEFT_OUT: [&str; 8] = ["_headers", "embed", "gallery/", "icons/", "index.html", "price", "manifest.json", SCRIPT];

/// The worker of the build `id`, whose page is the program in `page`, among all `files` of the bundle.
pub fn filled<'a>(script: &str, id: &str, page: &str, files: impl Iterator<Item = &'a str>) -> Result<String, String> {
    if script.matches(MARK).count() != 1 {
        return Err(format!("www/{SCRIPT} should hold {MARK} once: what the build knows goes there."));
    }
    let ours = files.filter(|file| !LEFT_OUT.iter().any(|start| file.starts_with(start)));
    // Megabytes that few runs need.
    let (later, files): (Vec<&str>, Vec<&str>) = ours.partition(|file| file.starts_with("tokenizer_"));
    let built = json!({ "id": &id[..12], "program": page, "files": files, "later": later });
    Ok(script.replace(MARK, &built.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef";

    #[test]
    fn the_worker_keeps_the_pages_files_and_tokenizers_later() {
        let files = [
            "_headers",
            "app-1.js",
            "embed-1.wasm",
            "embed.js",
            "gallery/plain.html",
            "icons/pennybatch.svg",
            "index.html",
            "prices.json",
            "snippets/a/inline0.js",
            "sw.js",
            "tokenizer_o200k-1.wasm",
            "worker-1.js",
        ];
        let script = filled("const BUILT = /* built */ {};", ID, "app-1.js", files.into_iter()).expect("filled");
        let built = script.strip_prefix("const BUILT = ").and_then(|rest| rest.strip_suffix(';')).expect("the values");
        let built: serde_json::Value = serde_json::from_str(built).expect("JSON");
        let expected = json!({
            "id": "0123456789ab", "program": "app-1.js", "later": ["tokenizer_o200k-1.wasm"],
            "files": ["app-1.js", "snippets/a/inline0.js", "worker-1.js"],
        });
        assert_eq!(built, expected);
    }

    #[test]
    fn a_script_without_a_place_for_it_is_refused() {
        assert!(filled("", ID, "app-1.js", std::iter::empty()).is_err());
    }
}
