//! What this browser makes of a call from this page to a server on this machine, and what it shows of an answer.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::worker::browser::{property, scope};

/// Chromium's names of the permission: the second is of its first versions.
const LOOPBACK_PERMISSIONS: [&str; 2] = ["loopback-network", "local-network-access"];
const LOOPBACK_HOSTS: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "::1"];

/// What decides whether a page reaches a server on the person's own machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Where the page was loaded from, such as `https://pennybatch.example`.
    page: String,
    is_safari: bool,
    /// `granted`, `denied` or `prompt`; `None` where the browser has no such permission.
    permission: Option<String>,
}

impl Reach {
    pub async fn here() -> Reach {
        let location = scope().location();
        let agent = scope().navigator().user_agent().unwrap_or_default();
        Reach { page: location.origin(), is_safari: is_safari(&agent), permission: permission().await }
    }

    /// What stands between the page and `base_url`, where that is on this machine; `None`: nothing that is known.
    pub fn obstacle(&self, base_url: &str) -> Option<String> {
        let page_is_local = is_loopback(&self.page);
        if !is_loopback(base_url) || page_is_local {
            return None;
        }
        let secure = self.page.starts_with("https://");
        let plain = base_url.trim().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
        if !secure {
            return Some(format!(
                "Browsers let a page reach servers on this machine only where the page comes over https or from this \
                 machine itself, and this one comes from {}: serve it from http://localhost, or over https.",
                self.page
            ));
        }
        if self.is_safari && plain {
            return Some(
                "Safari refuses every call from an https page to http:// on this machine, whatever the server allows: \
                 serve this page from http://localhost, or open it in Chrome, Edge or Firefox."
                    .into(),
            );
        }
        match self.permission.as_deref() {
            Some("denied") => Some(
                "This browser was told to keep this page from servers on this machine: allow access to apps on this \
                 device (loopback or local network) in the site's settings, beside its address, and check again."
                    .into(),
            ),
            Some("prompt") => Some(
                "The browser asks once whether this page may reach servers on this machine: allow it, and check again."
                    .into(),
            ),
            _ => None,
        }
    }

    /// The origin that a server on this machine must allow.
    pub fn page(&self) -> &str {
        &self.page
    }
}

/// Chromium's and Firefox's own words name Safari too.
fn is_safari(agent: &str) -> bool {
    agent.contains("Safari/")
        && !["Chrome/", "Chromium/", "CriOS/", "FxiOS/", "Edg"].iter().any(|it| agent.contains(it))
}

/// The host of an address is this machine.
pub fn is_loopback(url: &str) -> bool {
    let rest = url.trim().split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    };
    LOOPBACK_HOSTS.contains(&host) || host.ends_with(".localhost")
}

async fn permission() -> Option<String> {
    let permissions = property(&scope().navigator(), "permissions")?;
    let query: Function = property(&permissions, "query")?.dyn_into().ok()?;
    for name in LOOPBACK_PERMISSIONS {
        let wanted = js_sys::Object::new();
        Reflect::set(&wanted, &"name".into(), &name.into()).ok()?;
        // A browser that doesn't know the name refuses it.
        let Ok(asked) = query.call1(&permissions, &wanted) else { continue };
        let Ok(asked) = asked.dyn_into::<Promise>() else { continue };
        if let Ok(status) = JsFuture::from(asked).await {
            return property(&status, "state")?.as_string();
        }
    }
    None
}

/// The browser keeps timings of a few hundred answers, and none of those that come after.
pub fn forget_timings() {
    if let Some(performance) = scope().performance() {
        performance.clear_resource_timings();
    }
}

/// The protocol of the last answer from `url`, such as `HTTP/2`; `None` where the server doesn't let the page know.
pub fn http_version(url: &str) -> Option<&'static str> {
    let entries = scope().performance()?.get_entries_by_name(url);
    let last = entries.get(entries.length().checked_sub(1)?);
    match property(&last, "nextHopProtocol")?.as_string()?.as_str() {
        "h3" => Some("HTTP/3"),
        "h2" => Some("HTTP/2"),
        "http/1.1" => Some("HTTP/1.1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "http://localhost:11434/v1";

    fn reach(page: &str, is_safari: bool, permission: Option<&str>) -> Reach {
        Reach { page: page.into(), is_safari, permission: permission.map(str::to_owned) }
    }

    #[test]
    fn safari_refuses_an_https_pages_call_to_this_machine() {
        let words = reach("https://pennybatch.example", true, None).obstacle(SERVER).expect("an obstacle");
        assert!(words.contains("Safari refuses") && words.contains("http://localhost"), "{words}");
        assert_eq!(reach("http://localhost:8080", true, None).obstacle(SERVER), None);
        assert_eq!(reach("https://pennybatch.example", true, None).obstacle("https://api.x.ai/v1"), None);
    }

    #[test]
    fn a_page_of_plain_http_elsewhere_reaches_no_server_on_this_machine() {
        let words = reach("http://192.168.1.5:8080", false, None).obstacle(SERVER).expect("an obstacle");
        assert!(words.contains("http://192.168.1.5:8080") && words.contains("over https"), "{words}");
    }

    #[test]
    fn chromium_asks_for_a_permission() {
        let at = |permission| reach("https://pennybatch.example", false, Some(permission)).obstacle(SERVER);
        assert!(at("denied").expect("an obstacle").contains("in the site's settings"));
        assert!(at("prompt").expect("an obstacle").contains("allow it, and check again"));
        assert_eq!(at("granted"), None);
        assert_eq!(reach("https://pennybatch.example", false, None).obstacle(SERVER), None, "Firefox");
        assert_eq!(reach("http://127.0.0.1:8080", false, Some("prompt")).obstacle(SERVER), None, "from here to here");
    }

    #[test]
    fn this_machine_has_many_names() {
        for url in [
            "http://localhost",
            "HTTP://LOCALHOST:1/v1",
            "https://127.0.0.1:8443/v1",
            "http://[::1]:1/",
            "http://a.localhost/",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in
            ["https://localhost.example.com", "https://api.openai.com/v1", "localhost", "", "http://192.168.0.7/v1"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn browsers_are_told_apart_by_what_they_call_themselves() {
        let webkit = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        assert!(is_safari(&format!("{webkit} Version/19.1 Safari/605.1.15")));
        assert!(!is_safari(&format!("{webkit} Chrome/156.0.0.0 Safari/537.36")));
        assert!(!is_safari("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"));
    }
}
