//! Usual workloads to begin with. Each says what it is made of: words of English, four tokens for three.

use crate::estimate::Workload;

/// The length of a call for a usual task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub name: &'static str,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// What these are made of.
    pub basis: &'static str,
}

/// The post's own example belongs to its own model.
pub const POST_MODEL: &str = "openai/gpt-4o-mini";
pub const POST_NAME: &str = "The post's workload";
pub const POST_BASIS: &str = "The example of the post \u{201c}Batch Processing with LLMs\u{201d}: 5,000 calls of 250 + 50 tokens, 10% of them repeats.";

pub const EXAMPLES: [Example; 5] = [
    Example {
        name: "Classify tickets",
        input_tokens: 360,
        output_tokens: 5,
        basis: "A ticket of 150 words and instructions of 120 words; one label as the answer.",
    },
    Example {
        name: "Extract fields",
        input_tokens: 600,
        output_tokens: 120,
        basis: "A document of 300 words and instructions of 150 words; eight fields as JSON, 15 tokens each.",
    },
    Example {
        name: "Summarise pages",
        input_tokens: 1_413,
        output_tokens: 160,
        basis: "Two pages of 500 words and instructions of 60 words; a summary of 120 words.",
    },
    Example {
        name: "Translate",
        input_tokens: 707,
        output_tokens: 667,
        basis: "A page of 500 words and instructions of 30 words; as many words come back.",
    },
    Example {
        name: "Judge answers",
        input_tokens: 600,
        output_tokens: 53,
        basis: "A question with its answer of 250 words and a rubric of 200 words; a grade with a reason of 40 words.",
    },
];

impl Example {
    /// The workload with this length of a call: none repeats, begins like another or is thought about.
    pub fn applied(&self, workload: &Workload) -> Workload {
        Workload {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_hits_ppm: 0,
            shared_prefix_tokens: 0,
            reasoning_tokens: 0,
            ..workload.clone()
        }
    }

    pub fn is_of(&self, workload: &Workload) -> bool {
        self.applied(workload) == *workload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::LengthUnit;

    #[test]
    fn lengths_are_those_of_the_words_that_are_named() {
        let words = |words| LengthUnit::Words.tokens(words);
        let input: Vec<u64> = EXAMPLES.iter().map(|example| example.input_tokens).collect();
        assert_eq!(input, [150 + 120, 300 + 150, 1_000 + 60, 500 + 30, 250 + 200].map(words));
        let output: Vec<u64> = EXAMPLES.iter().map(|example| example.output_tokens).collect();
        assert_eq!(output, [5, 8 * 15, words(120), words(500), words(40)]);
    }

    #[test]
    fn an_example_leaves_calls_and_goals_as_they_are() {
        let asked = Workload { calls: 20_000, deadline_ms: Some(1), ..Workload::default() };
        for example in EXAMPLES {
            let after = example.applied(&asked);
            assert!(example.is_of(&after) && !example.is_of(&asked));
            assert_eq!((after.calls, after.deadline_ms), (20_000, Some(1)));
        }
    }
}
