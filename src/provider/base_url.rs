//! The address of an endpoint, as a person enters it.

use crate::provider::Wire;

/// The address that calls are posted to, and that of the models list.
///
/// A trailing slash makes no difference. The version (`/v1`) is part of the base URL and never guessed: servers
/// differ in it, and a guess would hide a wrong address behind a second one.
pub fn urls(wire: Wire, base_url: &str) -> (String, String) {
    let base = base_url.trim().trim_end_matches('/');
    match wire {
        Wire::OpenAiChat => (format!("{base}/chat/completions"), format!("{base}/models")),
        // Twenty to a page unless asked for more.
        Wire::AnthropicMessages => (format!("{base}/messages"), format!("{base}/models?limit=1000")),
    }
}

/// What is wrong with a base URL, as one plain sentence or two.
pub fn check_base_url(base_url: &str) -> Result<(), String> {
    let url = base_url.trim();
    if url.is_empty() {
        return Err("The base URL is empty. Enter the address of the server, such as https://api.openai.com/v1.".into());
    }
    let Some(rest) = after_scheme(url) else {
        return Err(format!(
            "The base URL must begin with https:// or http://, but it is \"{}\".",
            crate::provider::words::clean(url)
        ));
    };
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("The base URL has a space in it. Check that nothing was pasted beside it.".into());
    }
    if url.contains(['?', '#']) {
        return Err("The base URL must end before any ? or #: paths are appended to it. \
                    A key goes into the API key field, never into the address."
            .into());
    }
    let authority = rest.split('/').next().unwrap_or("");
    if authority.contains('@') {
        return Err("The base URL must not hold a user name or password. Put the key into the API key field.".into());
    }
    let (host, port) = host_and_port(authority);
    if host.is_empty() {
        return Err("The base URL has no host name, such as api.openai.com or localhost.".into());
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("The port in the base URL is not a number from 0 to 65535.".into());
    }
    let path = url.trim_end_matches('/');
    for ending in ["/chat/completions", "/completions", "/responses", "/messages", "/models"] {
        if let Some(base) = path.strip_suffix(ending) {
            return Err(format!("The base URL ends before {ending}, which is appended by itself: enter {base}."));
        }
    }
    Ok(())
}

/// The host in lower case, without its port; empty where there is none.
pub fn host(base_url: &str) -> String {
    let rest = after_scheme(base_url.trim()).unwrap_or("");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    host_and_port(authority).0.to_ascii_lowercase()
}

fn after_scheme(url: &str) -> Option<&str> {
    ["https://", "http://"].iter().find_map(|scheme| {
        url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(|_| &url[scheme.len()..])
    })
}

fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(end) = authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        let (host, rest) = authority.split_at(end + 2);
        return (host, rest.strip_prefix(':'));
    }
    authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
}
