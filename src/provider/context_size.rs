//! The numbers in a refusal of a prompt that is too long.

/// Words after which a provider names what the model takes at most.
const LEADS: [&str; 9] = [
    "maximum context length is ",
    "maximum prompt length is ",
    "tokens allowed (",
    "context size (",
    "context length of only ",
    "too large for model with ",
    "must be <= ",
    "limit is ",
    " > ",
];

/// `(tokens of the prompt, tokens that the model takes)` where `message` names both.
pub fn numbers(message: &str) -> Option<(u64, u64)> {
    let lower = message.to_lowercase();
    let (at, limit) = LEADS.iter().find_map(|lead| {
        let at = lower.find(lead)? + lead.len();
        Some((at, number_at(&lower[at..])?))
    })?;
    let others: Vec<u64> = all_numbers(&lower[..at]).chain(all_numbers(&lower[at..]).skip(1)).collect();
    // "199759 + 8192 > 200000" names the parts of the sum.
    let asked = others.iter().copied().filter(|number| *number > limit).max().or_else(|| {
        let sum = others.iter().sum();
        (lower.contains(" + ") && sum > limit).then_some(sum)
    })?;
    Some((asked, limit))
}

fn number_at(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(text.len());
    text[..end].replace(',', "").parse().ok()
}

/// Whole numbers that stand as words of their own.
fn all_numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != ',' && c != '_' && c != '-').filter_map(|word| {
        number_at(word.trim_end_matches(',')).filter(|_| word.bytes().all(|b| b.is_ascii_digit() || b == b','))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_read_in_each_providers_words() {
        for (message, expected) in [
            (
                "This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens. \
                 Please reduce the length of the messages.",
                Some((4_294, 4_097)),
            ),
            (
                "This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in \
                 the messages, 8192 in the completion).",
                Some((131_134, 131_072)),
            ),
            ("prompt is too long: 208310 tokens > 200000 maximum", Some((208_310, 200_000))),
            (
                "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length",
                Some((207_951, 200_000)),
            ),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                Some((1_200_000, 1_048_576)),
            ),
            (
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                Some((40_000, 32_768)),
            ),
            (
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 80125 `inputs` \
                 tokens and 4096 `max_new_tokens`",
                Some((80_125, 4_097)),
            ),
            (
                "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
                Some((5_000, 4_096)),
            ),
            (
                "This model's maximum prompt length is 131,072 but the request contains 160,000 tokens.",
                Some((160_000, 131_072)),
            ),
            ("Please reduce the length of the messages or completion.", None),
            ("maximum context length is 4097 tokens", None),
            ("prompt is too long", None),
            ("", None),
        ] {
            assert_eq!(numbers(message), expected, "{message}");
        }
    }
}
