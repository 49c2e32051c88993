//! Thinking that a server left in the answer's text. Reasoning models mark it with tags; a server without a parser for
//! them (llama.cpp, vLLM, Ollama, LM Studio and their hosts) passes it on in front of the answer.

/// How thinking begins and ends, by the models' chat templates: DeepSeek and Qwen, their descendants, Seed, Magistral,
/// Kimi.
const TAGS: [(&str, &str); 7] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("\u{25c1}think\u{25b7}", "\u{25c1}/think\u{25b7}"),
];
/// gpt-oss names a channel before each message; the answer is in the last one.
const CHANNEL: &str = "<|channel|>";
const FINAL_CHANNEL: &str = "<|channel|>final<|message|>";
const MESSAGE_ENDS: [&str; 2] = ["<|return|>", "<|end|>"];

/// The text behind the thinking; the text itself where it has none in front. Tags further behind are the answer's own.
pub fn without_thinking(text: &str) -> &str {
    let mut rest = start_of(text);
    let mut found = false;
    while let Some((_, close)) = opening(rest) {
        let Some((_, behind)) = rest.split_once(close) else { break };
        rest = behind.trim_start();
        found = true;
    }
    if found {
        return rest;
    }
    in_the_last_channel(rest).or_else(|| behind_a_lone_end(rest)).unwrap_or(text)
}

/// Whether the text is thinking that didn't come to its end.
pub fn is_unfinished_thinking(text: &str) -> bool {
    let rest = start_of(without_thinking(text));
    opening(rest).is_some() || (rest.starts_with(CHANNEL) && !rest.contains(FINAL_CHANNEL))
}

fn start_of(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

fn opening(text: &str) -> Option<(&'static str, &'static str)> {
    TAGS.into_iter().find(|(open, _)| text.get(..open.len()).is_some_and(|start| start.eq_ignore_ascii_case(open)))
}

fn in_the_last_channel(text: &str) -> Option<&str> {
    if !text.starts_with(CHANNEL) {
        return None;
    }
    let (_, answer) = text.rsplit_once(FINAL_CHANNEL)?;
    Some(MESSAGE_ENDS.iter().find_map(|end| answer.trim_end().strip_suffix(end)).unwrap_or(answer))
}

/// Some chat templates put the opening tag into the prompt, so that only the closing one comes back. JSON that mentions
/// the tag is left as it is.
fn behind_a_lone_end(text: &str) -> Option<&str> {
    let (open, close) = TAGS[0];
    let (before, behind) = text.split_once(close)?;
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    (!before.contains(open) && !is_json()).then(|| behind.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Public reports: langchain-ai/langchain #35530, HKUDS/DeepTutor #675, msu-denver/bili-core #289.
    #[test]
    fn thinking_in_front_is_taken_off() {
        for (text, answer) in [
            ("<think>\n\n</think>\n\nDairy", "Dairy"),
            ("\n<Think>a</think><think>b</think> Dairy\n", "Dairy\n"),
            ("<think>maybe {\"draft\":true}?</think>\n{\"genre\":\"Drama\"}", "{\"genre\":\"Drama\"}"),
            ("[THINK]Hm.[/THINK]Dairy", "Dairy"),
            ("\u{25c1}think\u{25b7}Hm.\u{25c1}/think\u{25b7}Dairy", "Dairy"),
            ("Okay, milk is dairy.\n</think>\n\nDairy", "Dairy"),
            (
                "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Dairy<|return|>",
                "Dairy",
            ),
            ("<think>all of it</think>", ""),
        ] {
            assert_eq!(without_thinking(text), answer, "{text}");
            assert!(!is_unfinished_thinking(text), "{text}");
        }
    }

    #[test]
    fn everything_else_is_left_as_it_is() {
        for text in [
            "",
            " Dairy ",
            "{\"note\":\"a <think>b</think> c\"}",
            "{\"note\":\"b</think> c\"}",
            "Write <think> and </think> around it.",
            "<thinker>Rodin</thinker>",
        ] {
            assert_eq!(without_thinking(text), text);
            assert!(!is_unfinished_thinking(text), "{text}");
        }
        for text in ["<think>Hm. Milk", " <think>", "<think>a</think><think>b", "<|channel|>analysis<|message|>Hm."] {
            assert!(is_unfinished_thinking(text), "{text}");
        }
    }

    /// A million tags: a search that begins anew at each would not end.
    #[test]
    fn any_text_is_read_once() {
        for piece in ["<think>", "</think>", "<think></think>", "<|channel|>", "[", "`"] {
            let text = piece.repeat(1_000_000);
            let _ = (without_thinking(&text), is_unfinished_thinking(&text));
        }
    }
}
