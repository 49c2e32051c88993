//! Input tokens: an estimate from characters for limits and forecasts, a bound for reservations, and what a chat adds to
//! texts that were counted. Not here: the tokenizers themselves (`tokenizer`).

use crate::provider::Call;

/// How far the truth may lie from [`estimate`], either way, for ordinary text: a rule of thumb, not a promise.
pub const ESTIMATE_MARGIN_PERCENT: u32 = 30;
/// What the wire adds to a message: its role and its delimiters.
pub const MESSAGE_TOKENS: u32 = 4;
/// What begins the reply.
const REPLY_TOKENS: u32 = 3;
/// What a server's chat template may add that is not in the body: special tokens, a date, a default system line.
pub const TEMPLATE_TOKENS_MAX: u32 = 128;

/// Tokens of `text`, from its characters by script: about four Latin characters a token, one ideograph a token.
/// Within [`ESTIMATE_MARGIN_PERCENT`] for prose; long runs of symbols or rare scripts can be further off.
pub fn estimate(text: &str) -> u32 {
    let twelfths: u64 = text.chars().map(twelfths_of_a_token).sum();
    u32::try_from(twelfths.div_ceil(12)).unwrap_or(u32::MAX)
}

/// Input tokens of a whole call, its messages' frames included.
pub fn estimate_call(call: &Call) -> u32 {
    estimate(call.system).saturating_add(estimate(call.user)).saturating_add(frames(call))
}

/// What a chat adds to its texts: three tokens and a role for each message, and three that begin the reply (OpenAI's
/// cookbook, "How to count tokens with tiktoken").
pub fn frames(call: &Call) -> u32 {
    let messages = if call.system.is_empty() { 1 } else { 2 };
    messages * MESSAGE_TOKENS + REPLY_TOKENS
}

/// Input tokens that a call can't exceed whose texts and frames were counted by the model's own vocabulary. How a
/// provider writes a schema into the prompt isn't documented, so that one counts by its bytes.
pub fn bound_of_count(counted: u32, schema: &str) -> u32 {
    counted.saturating_add(u32::try_from(schema.len()).unwrap_or(u32::MAX)).saturating_add(TEMPLATE_TOKENS_MAX)
}

/// Input tokens that a call can't exceed: a token is at least one byte, and the wire body holds every byte of the
/// text, so its UTF-8 length plus what a template may add is an upper bound.
pub fn bound(body_bytes: usize) -> u32 {
    u32::try_from(body_bytes).unwrap_or(u32::MAX).saturating_add(TEMPLATE_TOKENS_MAX)
}

fn twelfths_of_a_token(c: char) -> u64 {
    match c {
        'a'..='z' | 'A'..='Z' | ' ' => 3,
        '0'..='9' => 5,
        '\n' | '\r' | '\t' => 6,
        '\0'..='\x7f' => 7,
        // Latin with accents, Greek, Cyrillic, Hebrew, Arabic.
        '\u{80}'..='\u{6ff}' => 5,
        // Kana, ideographs, Hangul.
        '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => 12,
        // The other scripts of the basic plane, typographic signs among them.
        '\u{700}'..='\u{ffff}' => 9,
        // Emoji and rare scripts.
        _ => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{AnswerFormat, PromptCache};

    #[test]
    fn scripts_weigh_differently() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate(&"word ".repeat(80)), 100);
        assert_eq!(estimate("東京都に住んでいます"), 10);
        assert!(estimate("Привет, как дела?") < estimate("東京都に住んでいます東京都に住んで"));
    }

    #[test]
    fn a_chat_adds_its_frames() {
        let call = |system| Call {
            model: "m",
            system,
            user: "",
            output_tokens_max: None,
            temperature: None,
            format: &AnswerFormat::Text,
            effort: None,
            prompt_cache: PromptCache::Off,
            shared_user_bytes: 0,
        };
        assert_eq!((frames(&call("")), frames(&call("Be brief."))), (7, 11));
        assert_eq!(bound_of_count(11, "{}"), 11 + 2 + TEMPLATE_TOKENS_MAX);
        assert_eq!(bound_of_count(u32::MAX, "{}"), u32::MAX);
    }

    #[test]
    fn the_bound_is_above_every_tokenization() {
        for text in ["a", "😀😀😀", "ß", "東京"] {
            assert!(bound(text.len()) as usize >= text.len());
            assert!(bound(text.len()) >= estimate(text));
        }
        assert_eq!(bound(usize::MAX), u32::MAX);
    }
}
