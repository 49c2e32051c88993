//! A provider's words with keys in them, and base URLs as people enter them.

use fastrand::Rng;
use pennybatch::provider::{HttpReply, MESSAGE_CHARS_MAX, Outcome, Provider, Wire, check_base_url};

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals};

const SECRET: &str = "a1B2c3D4e5F6g7H8";
const STARTS: [&str; 6] = ["sk-proj-", "gsk_", "xai-", "AIza", "Bearer ", "api key: \""];
/// Behind letters and digits, a key's beginning may be a part of a word.
const BEFORE: [&str; 8] = ["", " ", "\"", "(", "=", "\n", "\u{200b}", "ü"];

pub fn keys() -> Corpus {
    let tests = ["src/provider/words.rs", "tests/providers/refusals.rs"].into_iter().flat_map(literals::of_file);
    Corpus::new(
        tests,
        &[
            "sk-",
            "sk_",
            "gsk_",
            "AIza",
            "api key provided:",
            "api key:",
            "bearer ",
            "api_key=",
            "?key=",
            "****",
            "-",
            "_",
            ".",
            "/",
        ],
    )
}

pub fn key(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let mut at = chance.usize(..=text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let (before, after) = text.split_at(at);
    let start = STARTS[chance.usize(..STARTS.len())];
    let space = BEFORE[chance.usize(..BEFORE.len())];
    // What stands before a key's beginning decides whether it is one: a letter would make it a part of a word.
    let space =
        if before.ends_with(|c: char| c.is_ascii_alphanumeric()) && !space.ends_with(' ') { " " } else { space };
    let said = format!("{before}{space}{start}{SECRET} {after}");
    let Outcome::Failed { failure, .. } = Outcome::unreachable(&said) else { panic!("no failure") };
    let kept = &failure.message;
    assert!(!kept.contains(SECRET), "{said:?} is kept as {kept:?}");
    assert!(kept.chars().count() <= MESSAGE_CHARS_MAX, "{kept:?}");
    assert!(!kept.contains(char::is_control), "{kept:?}");
    fits_a_screen(&failure.sentence());

    // The key itself is known where an answer comes in.
    let mut reply = HttpReply { status: 400, headers: Vec::new(), body: said, torn: false };
    reply.hide_key(SECRET);
    assert!(!reply.body.contains(SECRET));
}

pub fn addresses() -> Corpus {
    let tests = ["src/provider/base_url.rs", "tests/providers/presets.rs", "src/provider/preset.rs"];
    Corpus::new(
        tests.into_iter().flat_map(literals::of_file),
        &[
            "https://",
            "http://",
            "HTTP://",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "0.0.0.0",
            ":65536",
            ":8080",
            "/v1",
            "/v1/",
            "//",
            "@",
            "?key=",
            "#",
            "192.168.1.7",
            "10.0.0.1",
            ".local",
            "/chat/completions",
            "/models",
            "xn--",
            "\u{3002}",
            "api.openai.com",
        ],
    )
}

pub fn address(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    match check_base_url(&text) {
        Err(why) => fits_a_screen(&why),
        Ok(()) => {
            let provider = Provider::ALL[chance.usize(..Provider::ALL.len())];
            let wires = [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::AnthropicMessages];
            for url in wires.map(|wire| wire.post_url(&text)).into_iter().chain([provider.models_url(&text)]) {
                let lower = url.to_ascii_lowercase();
                assert!(lower.starts_with("https://") || lower.starts_with("http://"), "{url:?}");
                assert!(!url.contains(char::is_whitespace), "{url:?}");
            }
        }
    }
}
