//! A run's setup and records, as the tests of storage and of messages need them.

use pennybatch::dataset::{Format, ReadOptions};
use pennybatch::engine::{Burst, Ending, Entry, LimiterModel, Limits, Record, Settled};
use pennybatch::link::{DemoSettings, RowChoice, Setup};
use pennybatch::money::{PerToken, Usd};
use pennybatch::provider::{Answer, AnswerFormat, Bill, Failure, FailureKind, Finish, PromptCache, Provider, Usage};
use pennybatch::time::Time;

/// More pico-dollars than any JavaScript number holds.
pub const LARGE: Usd = Usd::from_pico(90_071_992_547_409_931_234);

pub fn setup() -> Setup {
    Setup {
        id_column: Some("id".into()),
        system: "Be brief.".into(),
        user: "{{name}} \u{1f600}".into(),
        provider: Provider::OpenAiCompatible,
        base_url: "https://localhost:1/v1".into(),
        model: "gpt-4o-mini".into(),
        input_price: Some(PerToken(150_000)),
        output_price: Some(PerToken(9_007_199_254_740_991)),
        output_tokens_max: Some(16),
        temperature: Some(0.25),
        limits: Limits {
            requests_per_minute: Some(500),
            tokens_per_minute: Some(4_000_000_000_000),
            model: LimiterModel::Bucket,
            burst: Burst::Requests(20),
            ..Limits::default()
        },
        max_retries: 4,
        timeout_s: None,
        budget: Some(LARGE),
        use_cache: true,
        fold_near_duplicates: true,
        demo: DemoSettings::default(),
        answer_format: AnswerFormat::Text,
        reasks: 0,
        reasoning_effort: None,
        prompt_cache: PromptCache::Off,
        listed_card: None,
        more_lanes: Vec::new(),
        compare: false,
        truth: None,
        rows: RowChoice::All,
    }
}

pub fn read_options() -> ReadOptions {
    ReadOptions { format: Some(Format::Csv { delimiter: b',' }), ..ReadOptions::default() }
}

pub fn failure() -> Failure {
    Failure {
        kind: FailureKind::ServerError,
        status: Some(529),
        message: "busy".into(),
        retry_after_ms: Some(1_500),
        request_id: None,
    }
}

pub fn usage() -> Usage {
    Usage { input: 31, output: 2, cache_read: 5, cache_write: 1, reasoning: 1, ..Usage::default() }
}

/// Two attempts of the first item, one of which is cut off with the records.
pub fn records() -> Vec<Record> {
    let answer = Answer { text: "dairy".into(), finish: Finish::Stop, request_id: Some("req-1".into()), misfit: None };
    let entries = [
        Entry::Reserved { attempt: 1, item: 0, lane: 0, amount: LARGE },
        Entry::Settled(Settled {
            ending: Some(Ending::Succeeded(answer)),
            sent: Some(Time::from_ms(1_795_441_999_000)),
            ..Settled::of(1, 0, Bill::Usage { usage: usage(), stated_cost: None }, Usd::from_pico(7))
        }),
        Entry::Reserved { attempt: 2, item: 1, lane: 0, amount: Usd::from_pico(100) },
    ];
    entries.into_iter().map(|entry| Record { at: Time::from_ms(1_795_442_000_000), entry }).collect()
}
