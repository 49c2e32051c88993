//! Words for what an answer lacks. They continue "the answer …".

use crate::provider::{Answer, Bill, Finish};

/// What a text without a format lacks: an empty one is no answer, so it is marked, asked for again like one that
/// doesn't fit its format, and neither shared with equal rows nor kept for later runs.
pub fn misfit_of_text(answer: &Answer) -> Option<String> {
    if answer.is_empty() {
        Some("is empty".to_owned())
    } else if answer.is_all_thinking() {
        Some("is thinking alone".to_owned())
    } else {
        None
    }
}

/// `misfit` with what led to it, where the provider says so, and with what to do about it.
pub fn with_cause(misfit: String, answer: &Answer, bill: Option<&Bill>) -> String {
    match answer.finish {
        Finish::Length if answer.is_all_thinking() => {
            let tokens = match bill {
                Some(Bill::Usage { usage, .. }) if usage.output > 1 => {
                    format!("all {} tokens", crate::money::grouped(&usage.output.to_string()))
                }
                _ => "all of Max output tokens".to_owned(),
            };
            format!("{misfit}: {tokens} went into thinking. Raise Max output tokens or lower the reasoning effort")
        }
        Finish::Length => format!("{misfit}; it was cut off at Max output tokens"),
        Finish::ContentFilter => format!("{misfit}; the provider's content filter ended it"),
        Finish::Stop | Finish::Other => misfit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Usage;

    fn answer(text: &str, finish: Finish) -> Answer {
        Answer { text: text.into(), finish, ..Answer::default() }
    }

    /// Public reports: anthropics/anthropic-sdk-typescript #459, openai/openai-agents-python #1981.
    #[test]
    fn an_empty_text_is_marked_however_it_ended() {
        for finish in [Finish::Stop, Finish::Length, Finish::ContentFilter, Finish::Other] {
            for text in ["", " \n", "<think>Hm.</think>\n"] {
                assert_eq!(misfit_of_text(&answer(text, finish)).as_deref(), Some("is empty"), "{text:?}");
            }
            assert_eq!(misfit_of_text(&answer("dairy", finish)), None);
        }
        assert_eq!(misfit_of_text(&answer("<think>Hm.", Finish::Length)).as_deref(), Some("is thinking alone"));
        assert_eq!(misfit_of_text(&answer("<think>Hm.", Finish::Stop)), None, "the tag may be the answer's own");
    }

    /// Public reports: 64bit/async-openai #424, garrytan/gbrain #2113.
    #[test]
    fn a_cap_that_went_into_thinking_is_named_as_the_cause() {
        let usage = Usage { input: 30, output: 1_000, reasoning: 1_000, ..Usage::default() };
        let bill = Bill::Usage { usage, stated_cost: None };
        let words = |text, finish, bill| with_cause("is empty".into(), &answer(text, finish), bill);
        assert_eq!(
            words("", Finish::Length, Some(&bill)),
            "is empty: all 1,000 tokens went into thinking. Raise Max output tokens or lower the reasoning effort"
        );
        assert!(words("", Finish::Length, None).contains("all of Max output tokens went into thinking"));
        assert_eq!(words("{\"a", Finish::Length, Some(&bill)), "is empty; it was cut off at Max output tokens");
        assert_eq!(words("", Finish::Stop, Some(&bill)), "is empty");
    }
}
