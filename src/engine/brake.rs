//! Answers that are paid for and hold nothing: where a model thinks until the output cap is used up, every row costs its
//! worst case and brings no text. After a few of them in a row, with nothing else answered between, the run pauses.

use crate::engine::PauseReason;
use crate::engine::run::Engine;
use crate::provider::{Answer, Bill, Finish};

/// So many in a row pause the run.
const EMPTY_IN_A_ROW_MAX: u32 = 5;
/// Thinking took the cap where it took so much of the output, in percent.
const THINKING_PERCENT_MIN: u64 = 90;

impl Engine {
    pub(super) fn brake(&mut self, answer: &Answer, bill: Bill) {
        if answer.finish != Finish::Length || !answer.text.trim().is_empty() {
            self.empty_in_a_row = 0;
            return;
        }
        self.empty_in_a_row += 1;
        if self.empty_in_a_row < EMPTY_IN_A_ROW_MAX {
            return;
        }
        self.empty_in_a_row = 0;
        let cap = self.book.plan().output_tokens_max.map_or(0, u64::from);
        let (tokens, thinking) = match bill {
            Bill::Usage { usage, .. } => {
                (usage.output, usage.output > 0 && usage.reasoning * 100 >= usage.output * THINKING_PERCENT_MIN)
            }
            Bill::Nothing | Bill::Unknown => (cap, false),
        };
        self.pause(PauseReason::EmptyAnswers { tokens, thinking });
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::testing::*;
    use crate::engine::{PauseReason, RunState};
    use crate::provider::{Answer, Bill, Finish, Outcome, Usage};

    fn answered(text: &str, finish: Finish, output: u64, reasoning: u64) -> Outcome {
        let usage = Usage { input: 30, output, reasoning, ..Usage::default() };
        let answer = Answer { text: text.into(), finish, ..Answer::default() };
        Outcome::Answered { answer, bill: Bill::Usage { usage, stated_cost: None } }
    }

    fn empty() -> Outcome {
        answered("", Finish::Length, 1_000, 1_000)
    }

    /// 64bit/async-openai #424, garrytan/gbrain #2113, UKGovernmentBEIS/inspect_ai #5467.
    #[test]
    fn answers_whose_cap_went_into_thinking_pause_the_run() {
        let mut run = Driver::new(plan(), rows(5_000));
        let end = run.run(|_| reply(100, empty()));
        assert_eq!(end.state, RunState::Paused(PauseReason::EmptyAnswers { tokens: 1_000, thinking: true }));
        assert!(end.attempts <= 20, "{} calls were paid", end.attempts);
        assert_eq!(u64::from(end.succeeded), end.attempts, "what is paid for is kept");
        let before = end.attempts;
        let end = run.run(|_| reply(100, empty()));
        assert!((before + 5..=before + 20).contains(&end.attempts), "Resume goes on, and brakes again: {end:?}");
    }

    #[test]
    fn a_cap_used_up_without_a_word_on_thinking_pauses_it_too() {
        let mut run = Driver::new(plan(), rows(100));
        let end = run.run(|_| reply(100, answered(" \n", Finish::Length, 1_000, 0)));
        assert_eq!(end.state, RunState::Paused(PauseReason::EmptyAnswers { tokens: 1_000, thinking: false }));
    }

    #[test]
    fn empty_answers_among_others_pause_nothing() {
        let others = [
            answered("half", Finish::Length, 1_000, 990),
            answered("", Finish::Stop, 1, 0),
            answered("", Finish::ContentFilter, 0, 0),
        ];
        for other in others {
            let mut run = Driver::new(plan(), rows(200));
            let mut calls = 0;
            let end = run.run(|_| {
                calls += 1;
                reply(100, if calls % 5 == 0 { other.clone() } else { empty() })
            });
            assert_eq!((end.succeeded, end.state), (200, RunState::Finished), "{other:?}");
        }
    }
}
