//! Names that change with their content, and the references to them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// `app.js` with these bytes is `app-0123456789ab.js`.
pub fn hashed(name: &str, bytes: &[u8]) -> String {
    let digest = digest(bytes);
    let short = &digest[..12];
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{short}.{extension}"),
        None => format!("{name}-{short}"),
    }
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `html` with every attribute value `"from"` replaced, for each pair. A page that does not have exactly one place
/// for a name is refused: a stale name would ship silently.
pub fn renamed(html: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
    let mut html = html.to_owned();
    for (from, to) in pairs {
        let quoted = format!("\"{from}\"");
        match html.matches(&quoted).count() {
            1 => html = html.replace(&quoted, &format!("\"{to}\"")),
            count => return Err(format!("index.html should name {quoted} once, but does so {count} times.")),
        }
    }
    Ok(html)
}

/// `html` with the style sheet in it, which is one request less before the first paint.
pub fn with_styles(html: &str, styles: &str) -> Result<String, String> {
    let link = "<link rel=\"stylesheet\" href=\"styles.css\">";
    if html.matches(link).count() != 1 {
        return Err(format!("index.html should hold {link} once: the style sheet goes there."));
    }
    Ok(html.replace(link, &format!("<style>{styles}</style>")))
}

/// `_headers` whose policy allows this style sheet to stand in the page, and no other one.
pub fn allowing_styles(headers: &str, styles: &str) -> Result<String, String> {
    let own = "style-src 'self'";
    if headers.matches(own).count() != 1 {
        return Err(format!("www/_headers should hold {own} once: the style sheet's digest goes there."));
    }
    let digest = BASE64_STANDARD.encode(Sha256::digest(styles.as_bytes()));
    Ok(headers.replace(own, &format!("{own} 'sha256-{digest}'")))
}

/// wasm-bindgen's module, made to start itself with the module's own copy of the program.
pub fn self_starting(glue: &str, wasm_name: &str) -> String {
    format!("{}\nawait __wbg_init({{ module_or_path: new URL(\"{wasm_name}\", import.meta.url) }});\n", glue.trim_end())
}

/// `html` with the policy repeated as a meta element, for hosts that send no headers of ours.
pub fn with_policy(html: &str, policy: &str) -> Result<String, String> {
    let anchor = "<meta charset=\"utf-8\">";
    if html.matches(anchor).count() != 1 {
        return Err(format!("index.html should hold {anchor} once: the content security policy goes after it."));
    }
    let policy = policy.replace('"', "&quot;");
    let meta = format!("{anchor}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    Ok(html.replace(anchor, &meta))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_its_content_and_nothing_else() {
        let name = hashed("app.js", b"one");
        assert_eq!(name, hashed("app.js", b"one"));
        assert_ne!(name, hashed("app.js", b"two"));
        assert!(name.starts_with("app-") && name.ends_with(".js"));
        assert_eq!(name.len(), "app-0123456789ab.js".len());
        assert_eq!(hashed("LICENSE", b"").split_once('-').map(|(stem, _)| stem), Some("LICENSE"));
    }

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn each_reference_is_replaced_once() {
        let html = r#"<link href="app.wasm"><script src="app.js"></script>"#;
        let renamed = renamed(html, &[("app.wasm", "app-1.wasm"), ("app.js", "app-2.js")]);
        assert_eq!(renamed.as_deref(), Ok(r#"<link href="app-1.wasm"><script src="app-2.js"></script>"#));
    }

    #[test]
    fn a_missing_or_doubled_reference_is_refused() {
        assert!(renamed("<p>", &[("app.js", "app-2.js")]).is_err_and(|why| why.contains("\"app.js\"")));
        assert!(renamed(r#"<a href="app.js"><b src="app.js">"#, &[("app.js", "app-2.js")]).is_err());
    }

    #[test]
    fn only_whole_values_are_references() {
        assert!(renamed(r#"<script src="my-app.js">"#, &[("app.js", "app-2.js")]).is_err());
    }

    #[test]
    fn the_glue_ends_by_starting_the_program() {
        let module = self_starting("export default __wbg_init;\n\n", "app-1.wasm");
        let last = module.trim_end().lines().last();
        assert_eq!(last, Some(r#"await __wbg_init({ module_or_path: new URL("app-1.wasm", import.meta.url) });"#));
    }

    #[test]
    fn the_style_sheet_stands_in_the_page_and_the_policy_allows_it_alone() {
        let link = "<link rel=\"stylesheet\" href=\"styles.css\">";
        assert_eq!(with_styles(link, "p {}").as_deref(), Ok("<style>p {}</style>"));
        assert!(with_styles("<head></head>", "p {}").is_err());
        let headers = allowing_styles("/*\n  Content-Security-Policy: style-src 'self'; img-src 'self'", "");
        // The digest of nothing, as the policy's standard writes it.
        let expected = "/*\n  Content-Security-Policy: style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self'";
        assert_eq!(headers.as_deref(), Ok(expected));
        assert!(allowing_styles("/*", "").is_err());
    }

    #[test]
    fn the_policy_is_repeated_in_the_page() {
        let html = with_policy("<head><meta charset=\"utf-8\"></head>", "default-src 'none'");
        let expected = "<head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"></head>";
        assert_eq!(html.as_deref(), Ok(expected));
        assert!(with_policy("<head></head>", "default-src 'none'").is_err());
    }
}
