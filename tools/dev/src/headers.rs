//! The `_headers` format of static hosts: a path pattern on a line, then indented `Name: value` lines.
//!
//! A request takes the headers of every pattern that matches it; a name that comes from several is joined by a comma,
//! as the hosts do. For a content security policy that means: all of them hold.

use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderRules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    pattern: String,
    headers: Vec<(String, String)>,
}

impl HeaderRules {
    pub fn parse(text: &str) -> Result<HeaderRules, String> {
        let mut rules: Vec<Rule> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let refused = |why: &str| Err(format!("_headers, line {}: {why}: {line}", index + 1));
            let content = line.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if !line.starts_with([' ', '\t']) {
                if !content.starts_with('/') || content.matches('*').count() > 1 {
                    return refused("a pattern starts with / and holds at most one *");
                }
                rules.push(Rule { pattern: content.to_owned(), headers: Vec::new() });
                continue;
            }
            let Some((name, value)) = content.split_once(':') else {
                return refused("a header is `Name: value`");
            };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            if name.is_empty() || value.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return refused("a header is `Name: value`");
            }
            match rules.last_mut() {
                Some(rule) => rule.headers.push((name, value)),
                None => return refused("a header comes after the pattern that it is for"),
            }
        }
        Ok(HeaderRules { rules })
    }

    /// The headers of an answer to `path`, names in lower case.
    pub fn for_path(&self, path: &str) -> BTreeMap<String, String> {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, path));
        for (name, value) in matching.flat_map(|rule| &rule.headers) {
            headers
                .entry(name.clone())
                .and_modify(|joined| {
                    joined.push_str(", ");
                    joined.push_str(value);
                })
                .or_insert_with(|| value.clone());
        }
        headers
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => {
            path.len() >= before.len() + after.len() && path.starts_with(before) && path.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# All of it
/*
  X-Content-Type-Options: nosniff
  Content-Security-Policy: default-src 'none'; connect-src 'self' https: http://localhost:*

/
  Content-Security-Policy: frame-ancestors 'none'
/app-*
\tCache-Control: public, max-age=31536000, immutable
/*.svg
  X-Robots-Tag: noindex
";

    fn header(path: &str, name: &str) -> Option<String> {
        let rules = HeaderRules::parse(TEXT).expect("the text above is well formed");
        rules.for_path(path).get(name).cloned()
    }

    #[test]
    fn a_star_matches_any_rest() {
        assert_eq!(header("/worker-1.js", "x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("/", "x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("/app-1.js", "cache-control").as_deref(), Some("public, max-age=31536000, immutable"));
        assert_eq!(header("/worker-1.js", "cache-control"), None);
        assert_eq!(header("/icons/a.svg", "x-robots-tag").as_deref(), Some("noindex"));
        assert_eq!(header("/icons/a.png", "x-robots-tag"), None);
    }

    #[test]
    fn a_name_from_several_patterns_is_joined_and_colons_in_values_stay() {
        let general = "default-src 'none'; connect-src 'self' https: http://localhost:*";
        assert_eq!(header("/embed.html", "content-security-policy").as_deref(), Some(general));
        let joined = format!("{general}, frame-ancestors 'none'");
        assert_eq!(header("/", "content-security-policy"), Some(joined));
    }

    #[test]
    fn a_star_does_not_let_its_ends_overlap() {
        assert!(matches("/ab*ba", "/ab-ba"));
        assert!(matches("/ab*ba", "/abba"));
        assert!(!matches("/ab*ba", "/aba"));
        assert!(!matches("/exact", "/exactly"));
    }

    #[test]
    fn what_a_host_would_ignore_is_refused_with_its_line() {
        let refusal = |text: &str| HeaderRules::parse(text).expect_err("malformed");
        assert!(refusal("/*\n  no colon here").contains("line 2"));
        assert!(refusal("  Name: value").contains("line 1"));
        assert!(refusal("/a*b*c\n  Name: value").contains("line 1"));
        assert!(refusal("relative\n  Name: value").contains("line 1"));
        assert!(refusal("/*\n  Bad Name: value").contains("line 2"));
    }
}
