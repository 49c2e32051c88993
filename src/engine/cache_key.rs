//! The name under which an answer is kept for equal requests.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over the lane group and the canonical JSON (sorted keys, no white space) of a wire body.
///
/// `group`: lanes of one preset and model are one group, a custom endpoint is its own. The API key is never part of
/// it. A body that isn't JSON counts byte by byte.
pub fn cache_key(group: &str, body: &str) -> [u8; 32] {
    let canonical = match serde_json::from_str::<Value>(body) {
        Ok(value) => {
            let mut out = String::with_capacity(body.len());
            write_canonical(&value, &mut out);
            out
        }
        Err(_) => body.to_string(),
    };
    let mut hash = Sha256::new();
    // The length keeps group and body apart, whatever the group's name holds.
    hash.update((group.len() as u64).to_be_bytes());
    hash.update(group.as_bytes());
    hash.update(canonical.as_bytes());
    hash.finalize().into()
}

/// Keys are sorted here and not left to the map, whose order depends on a feature that any dependency may switch on.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (place, (key, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        simple => out.push_str(&simple.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_requests_have_equal_keys() {
        let key = cache_key("g", r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#);
        let spaced = r#"{ "messages": [ {"content": "\u0061", "role": "user"} ], "model": "m" }"#;
        assert_eq!(key, cache_key("g", spaced));
    }

    #[test]
    fn anything_else_differs() {
        let keys = [
            cache_key("g", r#"{"a":[1,2]}"#),
            cache_key("g", r#"{"a":[2,1]}"#),
            cache_key("g", r#"{"a":["1",2]}"#),
            cache_key("h", r#"{"a":[1,2]}"#),
            cache_key("g{", r#""a":[1,2]}"#),
            cache_key("", r#"g{"a":[1,2]}"#),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    /// Kept caches would all be lost by a change of the key, so it has to be a choice.
    #[test]
    fn the_key_stays_the_same_over_versions() {
        let hex: String = cache_key("g", r#"{"b":1,"a":"ü"}"#).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "3af5d66bf59bc5acdf5016d69c63b8df5d4f3b7aaa6bb9883f8dab9eb649c1aa");
    }
}
