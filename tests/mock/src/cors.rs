//! What a page may read of an answer, in the ways that providers have.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cors {
    /// Every answer and every header
    Open,
    /// As OpenAI: of the headers only x-request-id, and a 401 not at all
    Openai,
    /// As Anthropic: everything where the request opts in, else nothing; a 401 says so to whoever can read it
    Anthropic,
    /// Nothing: the browser hides every answer
    None,
}

/// Without it Anthropic answers no page.
pub const OPT_IN: &str = "anthropic-dangerous-direct-browser-access";
const OPENAI_TAKES: &str = "authorization, content-type";
const EITHER_TAKES: &str =
    "authorization, content-type, x-api-key, anthropic-version, anthropic-dangerous-direct-browser-access";

impl Cors {
    /// `asked`: the headers of the request.
    pub fn on_answer(self, asked: &HeaderMap, status: StatusCode, headers: &mut HeaderMap) {
        let exposed = match self {
            Cors::Open => "*",
            Cors::Anthropic if asked.contains_key(OPT_IN) => "*",
            Cors::Openai if status != StatusCode::UNAUTHORIZED => "x-request-id",
            _ => return,
        };
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        if self == Cors::Open {
            // Lets a page know over which protocol the answer came.
            set(headers, HeaderName::from_static("timing-allow-origin"), "*");
        }
    }

    /// A static list, as providers have: a page that sends any other header is refused.
    pub fn on_preflight(self, asked: &HeaderMap, headers: &mut HeaderMap) {
        let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
        let opts_in = wanted.is_some_and(|names| names.to_ascii_lowercase().contains(OPT_IN));
        let allowed = match self {
            Cors::Openai => OPENAI_TAKES,
            Cors::Open => EITHER_TAKES,
            Cors::Anthropic if opts_in => EITHER_TAKES,
            Cors::Anthropic | Cors::None => return,
        };
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE, OPTIONS");
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, "7200");
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readable(cors: Cors, status: StatusCode) -> Option<String> {
        let mut headers = HeaderMap::new();
        cors.on_answer(&HeaderMap::new(), status, &mut headers);
        headers.get("access-control-allow-origin")?;
        Some(headers.get("access-control-expose-headers")?.to_str().ok()?.to_owned())
    }

    #[test]
    fn a_wrong_key_is_hidden_as_openai_hides_it() {
        assert_eq!(readable(Cors::Openai, StatusCode::UNAUTHORIZED), None);
        assert_eq!(readable(Cors::Openai, StatusCode::TOO_MANY_REQUESTS).as_deref(), Some("x-request-id"));
        assert_eq!(readable(Cors::Open, StatusCode::UNAUTHORIZED).as_deref(), Some("*"));
        assert_eq!(readable(Cors::None, StatusCode::OK), None);
    }

    #[test]
    fn anthropic_answers_the_pages_that_opt_in() {
        assert_eq!(readable(Cors::Anthropic, StatusCode::OK), None);
        let opted_in = HeaderMap::from_iter([(HeaderName::from_static(OPT_IN), HeaderValue::from_static("true"))]);
        let mut headers = HeaderMap::new();
        Cors::Anthropic.on_answer(&opted_in, StatusCode::UNAUTHORIZED, &mut headers);
        assert_eq!(headers["access-control-expose-headers"], "*");
        let preflight = |cors: Cors, names: &'static str| {
            let asked = [(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(names))];
            let mut headers = HeaderMap::new();
            cors.on_preflight(&HeaderMap::from_iter(asked), &mut headers);
            headers.get("access-control-allow-headers").cloned()
        };
        assert_eq!(preflight(Cors::Anthropic, "content-type, x-api-key"), None);
        assert!(preflight(Cors::Anthropic, "anthropic-dangerous-direct-browser-access, x-api-key").is_some());
        assert_eq!(preflight(Cors::Openai, "x-api-key").expect("a list"), OPENAI_TAKES);
    }
}
