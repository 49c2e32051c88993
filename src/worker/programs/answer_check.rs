//! Whether answers fit the format they were asked for in. Labels are checked here; the validator of JSON schemas is a
//! program of its own, which is loaded when the first answer needs it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::answers::{Labels, misfit_of_text, with_cause};
use crate::link::{Place, Problem};
use crate::provider::{
    Answer, AnswerFormat, Bill, Failure, FailureKind, MESSAGE_CHARS_MAX, Outcome, UNCHECKED, without_thinking,
};
use crate::worker::plan::problem;
use crate::worker::programs::program::Unanswered;
use crate::worker::programs::validator::Validator;

/// An answer is given to so many validators that died while it waited.
const TRIES: usize = 3;

pub enum AnswerCheck {
    Text,
    Labels(Labels),
    Schema {
        schema: String,
        validator: RefCell<Option<Rc<Validator>>>,
    },
    /// A format that an earlier version took: its run can be read, and no more.
    Unusable(Problem),
}

/// A sample that the provider itself refused ([`Answer::misfit`] says so before any check). Where an answer has to fit a
/// format, it is one that doesn't, and is asked for again as often as re-asks allow. A plain text has no re-asks: there it
/// is a fault of the server's, and retried.
fn bad_sample(why: &str, answer: &Answer) -> Failure {
    let said = why.split_once(": ").map_or(why, |(_, said)| said);
    let message = match answer.text.trim() {
        "" => said.to_owned(),
        sample => format!("{said} The model wrote: {sample}"),
    };
    Failure {
        kind: FailureKind::ServerError,
        status: Some(400),
        message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
        retry_after_ms: None,
        request_id: answer.request_id.clone(),
    }
}

impl AnswerCheck {
    pub fn new(format: &AnswerFormat) -> Result<AnswerCheck, Problem> {
        match format {
            AnswerFormat::Text => Ok(AnswerCheck::Text),
            AnswerFormat::Labels(labels) => Labels::new(labels)
                .map(AnswerCheck::Labels)
                .map_err(|refused| problem(Place::Prompt, format!("The labels can't be used. {refused}"))),
            AnswerFormat::Schema(schema) | AnswerFormat::SchemaInPrompt(schema) => {
                Ok(AnswerCheck::Schema { schema: schema.clone(), validator: RefCell::default() })
            }
        }
    }

    /// Whether answers can be checked: asked before the first call is paid for.
    pub async fn ready(&self) -> Result<(), Problem> {
        match self {
            AnswerCheck::Text | AnswerCheck::Labels(_) => return Ok(()),
            AnswerCheck::Unusable(problem) => return Err(problem.clone()),
            AnswerCheck::Schema { .. } => {}
        }
        let started = self.validator().await.map(|_| ());
        started.map_err(|why| problem(Place::Prompt, format!("{why} Nothing was sent.")))
    }

    /// Whether [`ready`](AnswerCheck::ready) has nothing to wait for.
    pub fn is_ready(&self) -> bool {
        match self {
            AnswerCheck::Text | AnswerCheck::Labels(_) => true,
            AnswerCheck::Schema { validator, .. } => validator.borrow().as_ref().is_some_and(|it| !it.is_broken()),
            AnswerCheck::Unusable(_) => false,
        }
    }

    /// The outcome, with what its answer lacks.
    pub async fn checked(&self, outcome: Outcome) -> Outcome {
        let Outcome::Answered { mut answer, bill } = outcome else { return outcome };
        match (self, answer.misfit.take()) {
            (AnswerCheck::Text, Some(why)) => return Outcome::Failed { failure: bad_sample(&why, &answer), bill },
            _ => answer.misfit = self.misfit(&answer, Some(&bill)).await,
        }
        Outcome::Answered { answer, bill }
    }

    /// A kept answer, where it fits.
    pub async fn fitting(&self, answer: Option<Answer>) -> Option<Answer> {
        let answer = answer?;
        if self.misfit(&answer, None).await.is_none() { Some(answer) } else { None }
    }

    /// The answer as tables and exports show it: the label that it means, else its own words without the thinking that
    /// a server left in front of them.
    pub fn shown<'a>(&'a self, answer: &'a Answer) -> &'a str {
        match self {
            AnswerCheck::Labels(labels) => labels.find(&answer.text).unwrap_or(&answer.text),
            _ => without_thinking(&answer.text),
        }
    }

    /// Why an answer doesn't fit, in words that continue "the answer …". `bill`: where it is known.
    pub async fn misfit(&self, answer: &Answer, bill: Option<&Bill>) -> Option<String> {
        let misfit = match self {
            AnswerCheck::Text => misfit_of_text(answer)?,
            AnswerCheck::Labels(labels) => match labels.find(&answer.text) {
                Some(_) => return None,
                None if answer.is_empty() => "is empty".to_owned(),
                None => "is none of the labels".to_owned(),
            },
            AnswerCheck::Unusable(problem) => format!("{UNCHECKED}: {}", problem.message.trim_end_matches('.')),
            AnswerCheck::Schema { .. } => match self.validated(&answer.text).await {
                Ok(misfit) => misfit?,
                Err(why) => format!("{UNCHECKED}: {}", why.trim_end_matches('.')),
            },
        };
        Some(with_cause(misfit, answer, bill))
    }

    async fn validated(&self, answer: &str) -> Result<Option<String>, String> {
        let mut broken = String::new();
        for _ in 0..TRIES {
            match self.validator().await?.misfit(answer).await {
                Ok(misfit) => return Ok(misfit),
                // Another answer was too much for it.
                Err(Unanswered::Broken(why)) => broken = why,
                Err(slow @ Unanswered::TooSlow { .. }) => return Err(slow.to_string()),
            }
        }
        Err(broken)
    }

    /// The one that runs, or a new one in place of one that died.
    async fn validator(&self) -> Result<Rc<Validator>, String> {
        let AnswerCheck::Schema { schema, validator } = self else { return Err("no schema is asked for".into()) };
        let running = validator.borrow().clone().filter(|validator| !validator.is_broken());
        if let Some(running) = running {
            return Ok(running);
        }
        let started = Rc::new(Validator::start(schema).await?);
        *validator.borrow_mut() = Some(started.clone());
        Ok(started)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::engine::shareable;
    use crate::provider::{Finish, Usage};
    use crate::worker::rows::data::tests::at_once;

    fn answer(text: &str, finish: Finish) -> Answer {
        Answer { text: text.into(), finish, ..Answer::default() }
    }

    #[test]
    fn an_empty_text_is_marked_and_neither_shared_nor_taken_from_the_cache() {
        let check = AnswerCheck::new(&AnswerFormat::Text).unwrap();
        let usage = Usage { input: 30, output: 1_000, ..Usage::default() };
        for (finish, misfit) in [
            (Finish::Stop, "is empty"),
            (
                Finish::Length,
                "is empty: all 1,000 tokens went into thinking. Raise Max output tokens or lower the reasoning effort",
            ),
            (Finish::ContentFilter, "is empty; the provider's content filter ended it"),
        ] {
            let bill = Bill::Usage { usage, stated_cost: None };
            let outcome = Outcome::Answered { answer: answer(" \n", finish), bill };
            let Outcome::Answered { answer: checked, .. } = at_once(check.checked(outcome)) else {
                panic!("an answer")
            };
            assert_eq!(checked.misfit.as_deref(), Some(misfit));
            assert!(!shareable(&checked));
            assert_eq!(at_once(check.fitting(Some(answer("", finish)))), None);
        }
        assert!(at_once(check.fitting(Some(answer("dairy", Finish::Stop)))).is_some());
    }

    #[test]
    fn thinking_is_not_shown_and_not_in_the_way_of_a_label() {
        let thought = answer("<think>Hm.</think>\n\nDairy", Finish::Stop);
        let text = AnswerCheck::new(&AnswerFormat::Text).unwrap();
        assert_eq!(text.shown(&thought), "Dairy");
        let labels = AnswerCheck::new(&AnswerFormat::Labels(vec!["dairy".into(), "meat".into()])).unwrap();
        assert_eq!((labels.shown(&thought), at_once(labels.misfit(&thought, None))), ("dairy", None));
    }

    /// BerriAI/litellm #21242, OpenHands/OpenHands #11725: a tool was called, and none was offered.
    #[test]
    fn a_bad_sample_of_a_plain_text_is_retried_and_keeps_what_the_model_wrote() {
        let why = "was refused by the provider as a bad sample: Tool choice is none, but model called a tool";
        let sample = Answer { text: "{\"name\":\"open\"}".into(), misfit: Some(why.into()), ..Answer::default() };
        let checked = AnswerCheck::Text.checked(Outcome::Answered { answer: sample, bill: Bill::Unknown });
        let Outcome::Failed { failure, bill } = at_once(checked) else { panic!("it is no answer") };
        assert_eq!((failure.kind, bill), (FailureKind::ServerError, Bill::Unknown));
        let said = "Tool choice is none, but model called a tool The model wrote: {\"name\":\"open\"}";
        assert_eq!(failure.message, said);
    }

    #[test]
    fn a_bad_sample_that_means_a_label_is_an_answer() {
        let labels = AnswerCheck::new(&AnswerFormat::Labels(vec!["dairy".into(), "meat".into()])).unwrap();
        let of = |text: &str| {
            let answer = Answer { text: text.into(), misfit: Some("refused".into()), ..Answer::default() };
            at_once(labels.checked(Outcome::Answered { answer, bill: Bill::Unknown }))
        };
        let misfit = |outcome| match outcome {
            Outcome::Answered { answer, .. } => answer.misfit,
            other => panic!("{other:?}"),
        };
        assert_eq!(misfit(of("dairy")), None);
        assert_eq!(misfit(of("{\"da")).as_deref(), Some("is none of the labels"));
    }
}
