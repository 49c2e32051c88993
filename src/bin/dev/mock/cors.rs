//! What a page may read of an answer, in the three ways that providers have.

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
    /// Nothing: the browser hides every answer
    None,
}

impl Cors {
    pub fn on_answer(self, status: StatusCode, headers: &mut HeaderMap) {
        let exposed = match self {
            Cors::Open => "*",
            Cors::Openai if status != StatusCode::UNAUTHORIZED => "x-request-id",
            _ => return,
        };
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }

    /// A static list, as providers have: a page that sends any other header is refused.
    pub fn on_preflight(self, headers: &mut HeaderMap) {
        if self == Cors::None {
            return;
        }
        set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS");
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
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
        cors.on_answer(status, &mut headers);
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
}
