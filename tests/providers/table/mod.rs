//! Preset by case: what each provider is sent and what it sends back, in its own documented shapes, without a hole.

mod hosted;
mod hosts;
mod local;

use pennybatch::money::Usd;
use pennybatch::provider::{
    Action, AnswerFormat, BODY_BYTES_MAX, Bill, Call, FailureKind, Finish, HttpReply, Outcome, PromptCache, Provider,
    Usage,
};

use crate::{NOW, reply};

/// Everything that a provider may do to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Encode,
    Answer,
    Usage,
    Length,
    ContentFilter,
    Empty,
    NoUsage,
    RateLimit,
    Overload,
    Quota,
    WrongKey,
    OpaqueKey,
    BrowserBan,
    UnknownModel,
    TooLong,
    Html,
    HalfJson,
    HugeBody,
}

const CASES: [Case; 18] = [
    Case::Encode,
    Case::Answer,
    Case::Usage,
    Case::Length,
    Case::ContentFilter,
    Case::Empty,
    Case::NoUsage,
    Case::RateLimit,
    Case::Overload,
    Case::Quota,
    Case::WrongKey,
    Case::OpaqueKey,
    Case::BrowserBan,
    Case::UnknownModel,
    Case::TooLong,
    Case::Html,
    Case::HalfJson,
    Case::HugeBody,
];

/// What is known of one case at one provider.
pub enum Known {
    /// The body of [`call`].
    Sent(&'static str),
    Answered {
        body: &'static str,
        text: &'static str,
        finish: Finish,
    },
    Used {
        body: &'static str,
        usage: Usage,
        stated_pico: Option<i128>,
    },
    /// An answer whose price nobody states.
    Unpriced {
        body: &'static str,
    },
    Refused(Refusal),
    /// The browser hides it: the same for all.
    Hidden,
    /// A body that is no answer, made of the preset's own answer.
    Broken,
    /// It does not happen here, and why.
    Never(&'static str),
}

pub struct Refusal {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    kind: FailureKind,
    hint_ms: Option<u64>,
    /// What the person's sentence must say.
    says: &'static str,
}

impl Refusal {
    fn hint(self, headers: &'static [(&'static str, &'static str)], hint_ms: u64) -> Refusal {
        Refusal { headers, hint_ms: Some(hint_ms), ..self }
    }

    fn says(self, says: &'static str) -> Refusal {
        Refusal { says, ..self }
    }
}

pub type Entry = (Case, Known);

fn refusal(status: u16, kind: FailureKind, body: &'static str) -> Refusal {
    Refusal { status, headers: &[], body, kind, hint_ms: None, says: "" }
}

fn sent(body: &'static str) -> Entry {
    (Case::Encode, Known::Sent(body))
}

fn answered(case: Case, text: &'static str, finish: Finish, body: &'static str) -> Entry {
    (case, Known::Answered { body, text, finish })
}

fn used(usage: Usage, stated_pico: Option<i128>, body: &'static str) -> Entry {
    (Case::Usage, Known::Used { body, usage, stated_pico })
}

fn unpriced(body: &'static str) -> Entry {
    (Case::NoUsage, Known::Unpriced { body })
}

fn refused(case: Case, refusal: Refusal) -> Entry {
    (case, Known::Refused(refusal))
}

fn never(case: Case, why: &'static str) -> Entry {
    (case, Known::Never(why))
}

/// The call that every preset encodes.
fn call() -> Call<'static> {
    Call {
        model: "m-1",
        system: "Be brief.",
        user: "Milk",
        output_tokens_max: Some(16),
        temperature: Some(0.5),
        format: &AnswerFormat::Text,
        effort: None,
        prompt_cache: PromptCache::Off,
        shared_user_bytes: 0,
    }
}

/// The cases of a preset, with those that are alike everywhere.
fn known(provider: Provider) -> Vec<Entry> {
    let mut known = match provider {
        Provider::OpenAi => hosted::open_ai(),
        Provider::Anthropic => hosted::anthropic(),
        Provider::Gemini => hosted::gemini(),
        Provider::OpenRouter => hosts::open_router(),
        Provider::Groq => hosts::groq(),
        Provider::Mistral => hosts::mistral(),
        Provider::DeepSeek => hosts::deep_seek(),
        Provider::Together => hosts::together(),
        Provider::Xai => hosts::xai(),
        Provider::Ollama => local::ollama(),
        Provider::LmStudio => local::lm_studio(),
        Provider::LlamaCpp => local::llama_cpp(),
        Provider::Vllm => local::vllm(),
        Provider::OpenAiCompatible => local::compatible(),
        Provider::Demo => local::demo(),
    };
    known.extend([
        (Case::OpaqueKey, Known::Hidden),
        (Case::Html, Known::Broken),
        (Case::HalfJson, Known::Broken),
        (Case::HugeBody, Known::Broken),
    ]);
    known
}

#[test]
fn every_preset_knows_every_case_once() {
    for provider in Provider::ALL {
        let mut cases: Vec<Case> = known(provider).into_iter().map(|(case, _)| case).collect();
        cases.sort();
        assert_eq!(cases, CASES, "{}", provider.name());
        let open = known(provider).into_iter().filter(|(_, known)| matches!(known, Known::Never(_))).count();
        assert!(open <= 6, "{}: most cases happen", provider.name());
    }
}

#[test]
fn every_case_is_read_as_it_is_meant() {
    let mut wrong = Vec::new();
    for provider in Provider::ALL {
        for (case, known) in known(provider) {
            if let Err(why) = check(provider, case, &known) {
                wrong.push(format!("{} {case:?}: {why}", provider.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(provider: Provider, case: Case, known: &Known) -> Result<(), String> {
    match known {
        Known::Sent(expected) => same(provider.body(provider.preset().base_url, &call()).as_str(), expected),
        Known::Answered { body, text, finish } => match decode(provider, &reply(200, &[], body)) {
            Outcome::Answered { answer, .. } => same((answer.text.as_str(), answer.finish), (*text, *finish)),
            failed => Err(format!("{failed:?}")),
        },
        Known::Used { body, usage, stated_pico } => {
            let expected = Bill::Usage { usage: *usage, stated_cost: stated_pico.map(Usd::from_pico) };
            same(bill(decode(provider, &reply(200, &[], body))), expected)
        }
        Known::Unpriced { body } => match decode(provider, &reply(200, &[], body)) {
            Outcome::Answered { bill, .. } => same(bill, Bill::Unknown),
            failed => Err(format!("{failed:?}")),
        },
        Known::Refused(refusal) => check_refusal(provider, case, refusal),
        Known::Hidden => match Outcome::unreachable("TypeError: Failed to fetch") {
            Outcome::Failed { failure, bill } => {
                let sentence = failure.sentence();
                let told = ["network", "CORS", "key"].iter().all(|word| sentence.contains(word));
                same((failure.kind, bill, told), (FailureKind::Unreachable, Bill::Unknown, true))
            }
            answered => Err(format!("{answered:?}")),
        },
        Known::Broken => check_broken(provider, case),
        Known::Never(why) => same(why.len() > 10, true),
    }
}

fn check_refusal(provider: Provider, case: Case, refusal: &Refusal) -> Result<(), String> {
    let Outcome::Failed { failure, bill } = decode(provider, &reply(refusal.status, refusal.headers, refusal.body))
    else {
        return Err("an answer".to_owned());
    };
    same((failure.kind, failure.retry_after_ms), (refusal.kind, refusal.hint_ms))?;
    let begun = refusal.status == 200;
    same(bill, if begun { Bill::Unknown } else { Bill::Nothing })?;
    let due: &[Action] = match case {
        Case::RateLimit => &[Action::SlowLane],
        Case::Overload => &[Action::Retry],
        Case::Quota | Case::WrongKey | Case::BrowserBan | Case::UnknownModel => &[Action::StopLane],
        Case::TooLong | Case::ContentFilter => &[Action::EndItem],
        _ => &[],
    };
    same(due.contains(&failure.kind.action()), true)?;
    match failure.sentence().contains(refusal.says) {
        true => Ok(()),
        false => Err(format!("doesn't say {:?}: {}", refusal.says, failure.sentence())),
    }
}

/// A page, half an answer, and a body that never ends.
fn check_broken(provider: Provider, case: Case) -> Result<(), String> {
    let answers = known(provider).into_iter().find_map(|(_, known)| match known {
        Known::Answered { body, .. } => Some(body),
        _ => None,
    });
    let whole = answers.ok_or("no answer to break")?;
    let half = &whole[..whole.len() / 2];
    let (reply, kind, says) = match case {
        Case::Html => {
            let page = "<!doctype html><html><head><title>Sign in</title></head></html>";
            (reply(200, &[("content-type", "text/html")], page), FailureKind::HtmlPage, "Sign in")
        }
        Case::HalfJson => (HttpReply { torn: true, ..reply(200, &[], half) }, FailureKind::TornBody, "broke off after"),
        // What `fetch` hands over of 100 MB: as much as is read at most.
        _ => {
            let body = format!("{half}{}", " ".repeat(BODY_BYTES_MAX - half.len()));
            (HttpReply { torn: true, ..reply(200, &[], &body) }, FailureKind::TornBody, "cut off at 16 MiB")
        }
    };
    match decode(provider, &reply) {
        Outcome::Failed { failure, bill } => {
            same((failure.kind, bill, failure.kind.action()), (kind, Bill::Unknown, Action::StopUnprovenLane))?;
            same(failure.sentence().contains(says), true)
        }
        answered => Err(format!("{answered:?}")),
    }
}

fn decode(provider: Provider, reply: &HttpReply) -> Outcome {
    provider.decode(reply, NOW)
}

fn bill(outcome: Outcome) -> Bill {
    match outcome {
        Outcome::Answered { bill, .. } | Outcome::Failed { bill, .. } => bill,
    }
}

fn same<T: PartialEq + std::fmt::Debug>(got: T, due: T) -> Result<(), String> {
    if got == due { Ok(()) } else { Err(format!("{got:?}, not {due:?}")) }
}
