//! A host for bundles: HTTP on 127.0.0.1 with the headers of `_headers`.
//!
//! It serves from memory, so that a rebuild replaces everything at once. Nothing of it is meant for the open network.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::bundle::Bundle;

/// The latest good bundle; nothing until the first build succeeds.
pub type Latest = watch::Receiver<Option<Arc<Bundle>>>;

pub const RELOAD_SCRIPT: &str = "/__reload.js";
const NOTHING_YET: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Pennybatch</title>\n</head><body><p>The page does not build yet; the terminal tells why. This tab reloads once it does.</p></body></html>\n";

#[derive(Clone)]
struct Site {
    latest: Latest,
    /// Also served below this path, as on a host that is shared; empty for the root alone.
    below: &'static str,
    reloads: bool,
    /// Files by name, as they go to browsers that accept brotli.
    brotli: Arc<BTreeMap<String, Vec<u8>>>,
}

/// Listens on 127.0.0.1; port 0 takes any free one.
pub async fn listen(port: u16) -> Result<TcpListener, String> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    bound.map_err(|why| format!("Port {port} on 127.0.0.1 cannot be used: {why}. Choose another with --port."))
}

pub fn address(listener: &TcpListener) -> Result<String, String> {
    let address = listener.local_addr().map_err(|why| format!("The server's address is unknown: {why}"))?;
    Ok(format!("http://{address}/"))
}

/// Serves the latest bundle at the root and, if named, below a path. With `reloads`, pages load [`RELOAD_SCRIPT`].
pub fn router(latest: Latest, below: &'static str, reloads: bool) -> Router {
    Router::new().fallback(answer).with_state(Site { latest, below, reloads, brotli: Arc::default() })
}

/// Serves the latest bundle at the root, compressed as hosts do it. `brotli` holds its files by name.
pub fn compressing(latest: Latest, brotli: BTreeMap<String, Vec<u8>>) -> Router {
    Router::new().fallback(answer).with_state(Site { latest, below: "", reloads: false, brotli: Arc::new(brotli) })
}

async fn answer(State(site): State<Site>, method: Method, uri: Uri, asked: HeaderMap) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        return respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "Only GET is served here.\n");
    }
    let bundle = site.latest.borrow().clone();
    let Some(bundle) = bundle else {
        return respond(StatusCode::SERVICE_UNAVAILABLE, mime("index.html"), site.with_reload(NOTHING_YET, "none"));
    };
    let path = uri.path();
    let path = match path.strip_prefix(site.below) {
        Some(rest) if !site.below.is_empty() && rest.starts_with('/') => rest,
        _ => path,
    };
    site.file(&bundle, path, accepts_brotli(&asked))
}

fn accepts_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|encoding| encoding.trim() == "br")
}

impl Site {
    fn file(&self, bundle: &Bundle, path: &str, brotli: bool) -> Response<Body> {
        let mut name = path.trim_start_matches('/').to_owned();
        if name.is_empty() || name.ends_with('/') {
            name.push_str("index.html");
        }
        // Hosts read `_headers` and don't serve it.
        let found = bundle.files.get(&name).filter(|_| name != "_headers");
        let small = self.brotli.get(&name).filter(|_| brotli && found.is_some());
        let mut response = match found {
            None => respond(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "There is nothing at this address.\n"),
            Some(bytes) if self.reloads && name.ends_with(".html") => {
                respond(StatusCode::OK, mime(&name), self.with_reload(&String::from_utf8_lossy(bytes), &bundle.id))
            }
            Some(bytes) => respond(StatusCode::OK, mime(&name), small.unwrap_or(bytes).clone()),
        };
        if small.is_some() {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        for (name, value) in bundle.headers.for_path(path) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn with_reload(&self, html: &str, build: &str) -> String {
        if !self.reloads {
            return html.to_owned();
        }
        let tag = format!("<script type=\"module\" src=\"{RELOAD_SCRIPT}?build={build}\"></script>\n</head>");
        html.replacen("</head>", &tag, 1)
    }
}

/// An answer that browsers ask for again each time, unless a header of `_headers` says otherwise.
pub fn respond(status: StatusCode, mime: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

pub fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" | "tsv" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::headers::HeaderRules;

    const PAGE: &str = "<html><head>\n</head></html>";

    fn latest() -> Latest {
        let files = [("index.html", PAGE), ("app-1.js", "1"), ("app-1.wasm", "2"), ("_headers", "/*")];
        let files: BTreeMap<_, _> = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
        let rules = "/*\n  Content-Security-Policy: default-src 'none'\n/app-*\n  Cache-Control: immutable\n";
        let headers = HeaderRules::parse(rules).expect("well formed");
        watch::channel(Some(Arc::new(Bundle { files, headers, id: "7".to_owned() }))).1
    }

    async fn get(latest: Latest, below: &'static str, reloads: bool, path: &str) -> (StatusCode, Response<String>) {
        asked_for(Site { latest, below, reloads, brotli: Arc::default() }, "", path).await
    }

    async fn asked_for(site: Site, accepted: &'static str, path: &str) -> (StatusCode, Response<String>) {
        let uri = path.parse().expect("a path");
        let asked = [(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))];
        let response = answer(State(site), Method::GET, uri, asked.into_iter().collect()).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body in memory");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        (parts.status, Response::from_parts(parts, text))
    }

    #[tokio::test]
    async fn files_come_with_their_type_and_headers() {
        let (status, wasm) = get(latest(), "", false, "/app-1.wasm").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(wasm.headers()[header::CONTENT_TYPE], "application/wasm");
        assert_eq!(wasm.headers()[header::CACHE_CONTROL], "immutable");
        assert_eq!(wasm.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'");
        let (_, page) = get(latest(), "", false, "/").await;
        assert_eq!(
            (page.body().as_str(), &page.headers()[header::CACHE_CONTROL]),
            (PAGE, &HeaderValue::from_static("no-cache"))
        );
    }

    #[tokio::test]
    async fn the_same_files_are_served_below_a_path() {
        assert_eq!(get(latest(), "/some/path", false, "/some/path/app-1.js").await.1.body(), "1");
        assert_eq!(get(latest(), "/some/path", false, "/some/path/").await.1.body(), PAGE);
        assert_eq!(get(latest(), "/some/path", false, "/some/pathapp-1.js").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(latest(), "", false, "/some/path/app-1.js").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_a_host_would_not_serve_is_not_found() {
        assert_eq!(get(latest(), "", false, "/_headers").await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(latest(), "", false, "/../Cargo.toml").await.0, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_browser_that_accepts_brotli_gets_it_with_the_same_headers() {
        let packed = BTreeMap::from([("app-1.js".to_owned(), b"small".to_vec())]);
        let site = Site { latest: latest(), below: "", reloads: false, brotli: Arc::new(packed) };
        let (_, small) = asked_for(site.clone(), "gzip, br", "/app-1.js").await;
        assert_eq!(
            (small.body().as_str(), &small.headers()[header::CONTENT_ENCODING]),
            ("small", &HeaderValue::from_static("br"))
        );
        assert_eq!(small.headers()[header::CACHE_CONTROL], "immutable");
        assert_eq!(small.headers()[header::CONTENT_TYPE], mime("app-1.js"));
        for (accepted, path) in [("gzip", "/app-1.js"), ("gzip, br", "/")] {
            let (_, plain) = asked_for(site.clone(), accepted, path).await;
            assert!(!plain.headers().contains_key(header::CONTENT_ENCODING), "{accepted} {path}");
        }
    }

    #[tokio::test]
    async fn only_a_site_that_reloads_touches_the_page() {
        let (_, page) = get(latest(), "", true, "/index.html").await;
        assert_eq!(page.body().matches("src=\"/__reload.js?build=7\"").count(), 1);
        let (status, page) = get(watch::channel(None).1, "", true, "/").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.body().contains("src=\"/__reload.js?build=none\""));
    }
}
