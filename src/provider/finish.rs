//! Why a model stopped, in the words of every server: compatible servers pass on their engine's own.

use crate::provider::Finish;

/// Its own end.
const STOP: [&str; 18] = [
    "stop",
    "eos",
    "eos_token",
    "eos_token_id",
    "end",
    "end_turn",
    "end_of_turn",
    "end_of_text",
    "endoftext",
    "stop_sequence",
    "stop_token",
    "stop_str",
    "complete",
    "completed",
    "finish",
    "finished",
    "done",
    "normal",
];
/// A cap on the output, or the context's end.
const LENGTH: [&str; 12] = [
    "length",
    "max_tokens",
    "max_token",
    "max_length",
    "max_output_tokens",
    "max_new_tokens",
    "model_length",
    "token_limit",
    "length_limit",
    "limit",
    "context_length_exceeded",
    "model_context_window_exceeded",
];
/// A refusal or a filter. Words that begin with one of [`FILTER_STARTS`] belong here too.
const FILTER: [&str; 16] = [
    "safety",
    "sensitive",
    "recitation",
    "blocklist",
    "blocked",
    "block",
    "prohibited_content",
    "spii",
    "language",
    "refusal",
    "refused",
    "moderation",
    "flagged",
    "guardrail_intervened",
    "error_toxic",
    "model_armor",
];
const FILTER_STARTS: [&str; 5] = ["content_filter", "contentfilter", "content_policy", "image_", "safety"];

/// `None` for a word that means none of them: a tool call, an error, an abort.
pub(super) fn known(reason: &str) -> Option<Finish> {
    let lower = reason.trim().to_ascii_lowercase();
    // A special token of the model's, such as `<|im_end|>`.
    if lower.starts_with('<') && lower.ends_with('>') {
        return Some(Finish::Stop);
    }
    let lower = lower.replace(['-', ' '], "_");
    // Google's names, and how Python writes a member of an enum.
    let named = ["finish_reason_", "finishreason."].iter().find_map(|start| lower.strip_prefix(start));
    let lower = named.unwrap_or(&lower);
    // Gemini names the rule behind it: `content_filter: PROHIBITED_CONTENT`.
    let word = lower.split([':', ',', '(']).next().unwrap_or_default().trim_end_matches('_');
    if STOP.contains(&word) {
        Some(Finish::Stop)
    } else if LENGTH.contains(&word) {
        Some(Finish::Length)
    } else if FILTER.contains(&word) || FILTER_STARTS.iter().any(|start| word.starts_with(start)) {
        Some(Finish::ContentFilter)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Public reports: huggingface/text-generation-inference #2344, spring-projects/spring-ai #4900,
    /// vespa-engine/vespa #33327, vibrantlabsai/ragas #1548; Google's and Anthropic's references.
    #[test]
    fn every_servers_words_are_known() {
        for (words, finish) in [
            (
                "stop STOP eos eos_token end <|eot_id|> <|im_end|> </s> COMPLETE end_turn FINISH_REASON_STOP \
                 FinishReason.STOP",
                Some(Finish::Stop),
            ),
            (
                "length MAX_TOKENS model_length max_output_tokens model_context_window_exceeded FinishReason.MAX_TOKENS",
                Some(Finish::Length),
            ),
            (
                "content_filter content-filter CONTENT_FILTERED SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII \
                 LANGUAGE IMAGE_SAFETY refusal guardrail_intervened ERROR_TOXIC content_filter:PROHIBITED_CONTENT",
                Some(Finish::ContentFilter),
            ),
            ("tool_calls function_call abort error OTHER MALFORMED_FUNCTION_CALL load time_limit", None),
        ] {
            for word in words.split(' ') {
                assert_eq!(known(word), finish, "{word}");
            }
        }
        assert_eq!(known("content_filter: PROHIBITED_CONTENT"), Some(Finish::ContentFilter));
        assert_eq!(known(&"<".repeat(1_000_000)), None);
    }
}
