//! The address of an endpoint, as a person enters it.

use core::net::{IpAddr, Ipv4Addr};

use crate::provider::words::is_invisible;

/// The address of `path` under a base URL.
///
/// A trailing slash makes no difference. The version (`/v1`) is part of the base URL and never guessed: servers
/// differ in it, and a guess would hide a wrong address behind a second one.
pub fn joined(base_url: &str, path: &str) -> String {
    format!("{}/{path}", base_url.trim().trim_end_matches('/'))
}

/// The hosts that `www/_headers` lets the page call over plain http (`connect-src`).
pub const HTTP_HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];
const URL_BYTES_MAX: usize = 1_000;
/// The longest name of a host, with a port.
const HOST_BYTES_MAX: usize = 253 + ":65535".len();
const POLICY: &str = "this page's security policy only allows http to localhost and 127.0.0.1";

/// What is wrong with a base URL, as one plain sentence or two: what can't be an address, and what the page's own
/// security policy would block.
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
    if url.len() > URL_BYTES_MAX || authority_of(rest).len() > HOST_BYTES_MAX {
        return Err("The base URL is longer than an address of an API. Check that nothing was pasted beside it.".into());
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c)) {
        return Err(
            "The base URL has a space in it, or a character that can't be seen. Check that nothing was pasted \
                    beside it."
                .into(),
        );
    }
    if url.contains(['?', '#']) {
        return Err("The base URL must end before any ? or #: paths are appended to it. \
                    A key goes into the API key field, never into the address."
            .into());
    }
    let authority = authority_of(rest);
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
    // Ollama's own API has no chat completions.
    if let Some(base) = ["/api/chat", "/api/generate", "/api"].iter().find_map(|ending| path.strip_suffix(ending))
        && base.ends_with(":11434")
    {
        return Err(format!("Ollama has chat completions under /v1: enter {base}/v1."));
    }
    for ending in ["/chat/completions", "/completions", "/responses", "/messages", "/models"] {
        if let Some(base) = path.strip_suffix(ending) {
            return Err(format!("The base URL ends before {ending}, which is appended by itself: enter {base}."));
        }
    }
    if url.len() - rest.len() == "http://".len() { check_policy(rest) } else { Ok(()) }
}

fn authority_of(rest: &str) -> &str {
    rest.split('/').next().unwrap_or("")
}

/// Whether the page may call this address over plain http. `rest` is what follows the scheme.
fn check_policy(rest: &str) -> Result<(), String> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority);
    let host = host.to_ascii_lowercase();
    if HTTP_HOSTS.contains(&&*host) {
        return Ok(());
    }
    let path = path.trim_end_matches('/');
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let here = format!("http://localhost{port}{path}");
    Err(match place(&host) {
        Place::ThisMachine => format!("Use {here}: {POLICY}."),
        Place::LocalNetwork => format!(
            "{}, so {host} can't be called. Give that server https; or open a tunnel to it from this machine, such as ssh \
             -L {}:localhost{} {host}, and use {here}.",
            capitalized(POLICY),
            port.strip_prefix(':').unwrap_or("80"),
            if port.is_empty() { ":80" } else { &port },
        ),
        Place::Internet => format!("Use https://{authority}{path}: {POLICY}."),
    })
}

enum Place {
    /// Another name of the machine that the browser runs on.
    ThisMachine,
    LocalNetwork,
    Internet,
}

/// Where a host in lower case stands, by its name alone.
fn place(host: &str) -> Place {
    let name = host.trim_end_matches('.');
    let address: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    match address {
        Some(ip) if ip.is_loopback() || ip.is_unspecified() => Place::ThisMachine,
        Some(IpAddr::V4(ip)) if ip.is_private() || ip.is_link_local() || is_shared(ip) => Place::LocalNetwork,
        Some(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()) => Place::ThisMachine,
        Some(IpAddr::V6(ip)) if ip.is_unique_local() || ip.is_unicast_link_local() => Place::LocalNetwork,
        Some(_) => Place::Internet,
        None if HTTP_HOSTS.contains(&name) || name.ends_with(".localhost") || LOCAL_NAMES.contains(&name) => {
            Place::ThisMachine
        }
        None if !name.contains('.') => Place::LocalNetwork,
        None if LOCAL_ENDINGS.iter().any(|ending| name.ends_with(ending)) => Place::LocalNetwork,
        None => Place::Internet,
    }
}

/// Names that systems and programs have for this machine; the numbers are short forms of 0.0.0.0 and 127.0.0.1.
const LOCAL_NAMES: [&str; 4] = ["host.docker.internal", "ip6-localhost", "0", "127.1"];
const LOCAL_ENDINGS: [&str; 6] = [".local", ".lan", ".home", ".internal", ".home.arpa", ".intranet"];

/// 100.64.0.0/10: shared address space, which private networks such as Tailscale use.
fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && second & 0b1100_0000 == 0b0100_0000
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
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

/// Scheme, host and port of an address, in lower case; `None` where it isn't one.
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    (!host.is_empty() && !scheme.is_empty()).then(|| format!("{scheme}://{host}").to_ascii_lowercase())
}
