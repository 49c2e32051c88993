//! From typed texts to a [`Setup`]: every wrong field gets a plain sentence, and nothing starts with one.

use std::ops::RangeInclusive;

use crate::answers::{Labels, Outline};
use crate::link::{
    AnswerFormat, Burst, DataSummary, LaneSetup, LimiterModel, Limits, Provider, Setup, TemplateProblem,
};
use crate::money::{PerToken, Usd};
use crate::provider::{Auth, Pace, ServedAt, Wire, check_base_url};
use crate::ui::runner::form::FormatKind;
use crate::ui::runner::{Field, Form};

/// What is wrong with a field, in a sentence that says what to do.
pub type FieldProblem = (Field, String);

/// In flight at most; more than this a browser doesn't open to one server.
pub const CONCURRENCY_MAX: u64 = 64;
const OUTPUT_TOKENS_MAX: u64 = 1_000_000;
const RETRIES_MAX: u64 = 20;
const TIMEOUT_S_MAX: u64 = 3_600;
const REASKS_MAX: u64 = 5;
const SECONDS_A_MINUTE: u32 = 60;

/// The setup as far as it can be read, and what keeps it from being started; empty: it can start.
pub fn check(
    form: &Form,
    data: Option<&DataSummary>,
    template: Option<&TemplateProblem>,
) -> (Setup, Vec<FieldProblem>) {
    let mut reader = Reader { form, problems: Vec::new() };
    if data.is_none() {
        reader.refuse(Field::DataFile, "Choose a data file first, or take the sample data.");
    }
    let setup = reader.setup();
    if setup.user.trim().is_empty() {
        reader
            .refuse(Field::UserPrompt, "Write what is asked about each row, with {{column}} where its value belongs.");
    } else if let Some(problem) = template {
        reader.refuse(prompt_of(problem, &setup), &problem.to_string());
    }
    reader.address(&setup);
    reader.budget(&setup);
    let mut problems = reader.problems;
    problems.sort_by_key(|(field, _)| *field);
    problems.dedup_by_key(|(field, _)| *field);
    (setup, problems)
}

/// A complaint about a lane beside the first.
pub type LaneProblem = (usize, FieldProblem);

const LANE_FIELDS: [Field; 9] = [
    Field::BaseUrl,
    Field::ApiKey,
    Field::Model,
    Field::InputPrice,
    Field::OutputPrice,
    Field::Concurrency,
    Field::RequestsPerMinute,
    Field::TokensPerMinute,
    Field::Burst,
];

/// The lanes beside the first, and what is wrong with them.
pub fn check_lanes(form: &Form) -> (Vec<LaneSetup>, Vec<LaneProblem>) {
    let (mut lanes, mut problems) = (Vec::new(), Vec::new());
    let capped = !form.text(Field::Budget).trim().is_empty();
    for (place, lane) in form.lanes.iter().enumerate() {
        let mut reader = Reader { form: lane, problems: Vec::new() };
        let setup = Setup { more_lanes: Vec::new(), ..reader.setup() };
        reader.address(&setup);
        if capped {
            reader.prices(&setup);
        }
        if let Some(twin) = twin_of(form, place + 1) {
            let words = format!(
                "Lane {} sends to the same model with the same key, so both would count against the same limits. Enter \
                 another key, or remove this lane.",
                twin + 1
            );
            reader.refuse(Field::ApiKey, &words);
        }
        let mut found: Vec<FieldProblem> =
            reader.problems.into_iter().filter(|(field, _)| LANE_FIELDS.contains(field)).collect();
        found.sort_by_key(|(field, _)| *field);
        found.dedup_by_key(|(field, _)| *field);
        problems.extend(found.into_iter().map(|problem| (place + 1, problem)));
        lanes.push(LaneSetup {
            provider: setup.provider,
            base_url: setup.base_url,
            model: setup.model,
            input_price: setup.input_price,
            output_price: setup.output_price,
            limits: setup.limits,
        });
    }
    (lanes, problems)
}

/// An earlier lane with the same endpoint, model and key. The Demo has no limits to share.
fn twin_of(form: &Form, lane: usize) -> Option<usize> {
    let who = |lane: usize| {
        let lane = form.lane(lane);
        let text = |field| lane.text(field).trim().trim_end_matches('/').to_owned();
        (lane.provider, text(Field::BaseUrl), text(Field::Model), text(Field::ApiKey))
    };
    let own = who(lane);
    (0..lane).find(|earlier| own.0 != Provider::Demo && who(*earlier) == own)
}

/// One lane's limits, as they stand in its form.
pub fn check_lane_limits(form: &Form) -> Result<Limits, Vec<FieldProblem>> {
    let mut reader = Reader { form, problems: Vec::new() };
    let limits = reader.limits();
    if reader.problems.is_empty() { Ok(limits) } else { Err(reader.problems) }
}

/// The limits and the budget of an open run, as they stand in the form.
pub fn check_limits(form: &Form) -> Result<(Limits, Option<Usd>), Vec<FieldProblem>> {
    let mut reader = Reader { form, problems: Vec::new() };
    let (limits, budget) = (reader.limits(), reader.usd(Field::Budget));
    let lacking = form.text(Field::MaxOutputTokens).is_empty() || form.text(Field::OutputPrice).is_empty();
    if budget.is_some() && lacking {
        reader.refuse(
            Field::Budget,
            "This run was started without a price or without Max output tokens, so no budget can hold it.",
        );
    }
    if reader.problems.is_empty() { Ok((limits, budget)) } else { Err(reader.problems) }
}

/// The prompt that a complaint is about: an unknown column stands in the one that names it.
fn prompt_of(problem: &TemplateProblem, setup: &Setup) -> Field {
    match problem {
        TemplateProblem::UnknownColumn { name, .. } if setup.system.contains(name) && !setup.user.contains(name) => {
            Field::SystemPrompt
        }
        _ => Field::UserPrompt,
    }
}

struct Reader<'a> {
    form: &'a Form,
    problems: Vec<FieldProblem>,
}

impl Reader<'_> {
    fn setup(&mut self) -> Setup {
        let demo = self.form.provider == Provider::Demo;
        Setup {
            id_column: self.form.id_column.clone(),
            system: self.form.text(Field::SystemPrompt).to_string(),
            user: self.form.text(Field::UserPrompt).to_string(),
            provider: self.form.provider,
            base_url: if demo { String::new() } else { self.trimmed(Field::BaseUrl) },
            model: self.trimmed(Field::Model),
            input_price: self.price(Field::InputPrice),
            output_price: self.price(Field::OutputPrice),
            output_tokens_max: self.whole(Field::MaxOutputTokens, 1..=OUTPUT_TOKENS_MAX).map(|count| count as u32),
            temperature: self.temperature(),
            limits: self.limits(),
            max_retries: self.whole(Field::MaxRetries, 0..=RETRIES_MAX).unwrap_or(4) as u8,
            timeout_s: self.whole(Field::Timeout, 1..=TIMEOUT_S_MAX).map(|seconds| seconds as u32),
            budget: self.usd(Field::Budget),
            use_cache: self.form.use_cache,
            fold_near_duplicates: self.form.fold_near_duplicates,
            demo: self.form.demo.clone(),
            answer_format: self.answer_format(),
            reasks: self.reasks(),
            reasoning_effort: self.form.reasoning_effort,
            prompt_cache: self.form.prompt_cache,
            more_lanes: check_lanes(self.form).0,
        }
    }

    /// The format as far as answers can be held to it; a wrong one counts as none until it is mended.
    fn answer_format(&mut self) -> AnswerFormat {
        match self.form.format {
            FormatKind::Text => AnswerFormat::Text,
            FormatKind::Labels => {
                let labels = Labels::typed(&self.form.text(Field::Labels));
                match Labels::new(&labels) {
                    Ok(_) => return AnswerFormat::Labels(labels),
                    Err(problem) => self.refuse(Field::Labels, &problem.to_string()),
                }
                AnswerFormat::Text
            }
            FormatKind::Schema => {
                let schema = self.form.text(Field::JsonSchema).to_string();
                match Outline::read(&schema) {
                    Ok(_) if self.form.schema_in_prompt => return AnswerFormat::SchemaInPrompt(schema),
                    Ok(_) => return AnswerFormat::Schema(schema),
                    Err(problem) => self.refuse(Field::JsonSchema, &problem.to_string()),
                }
                AnswerFormat::Text
            }
        }
    }

    fn reasks(&mut self) -> u8 {
        self.whole(Field::Reasks, 0..=REASKS_MAX).unwrap_or(0) as u8
    }

    fn limits(&mut self) -> Limits {
        let concurrency = self.whole(Field::Concurrency, 1..=CONCURRENCY_MAX);
        if self.form.text(Field::Concurrency).trim().is_empty() {
            self.refuse(Field::Concurrency, "Say how many calls may be in flight at once, such as 15.");
        }
        let burst = self.whole(Field::Burst, 1..=u64::from(u32::MAX)).map(|requests| requests as u32);
        let requests_per_minute =
            self.whole(Field::RequestsPerMinute, 1..=u64::from(u32::MAX)).map(|count| count as u32);
        let (model, burst) = limiter(burst, self.form.provider.preset().pace, requests_per_minute);
        Limits {
            concurrency: concurrency.unwrap_or(15) as u16,
            requests_per_minute,
            tokens_per_minute: self.whole(Field::TokensPerMinute, 1..=1_000_000_000_000),
            input_tokens_per_minute: None,
            output_tokens_per_minute: None,
            requests_per_day: None,
            model,
            burst,
        }
    }

    fn address(&mut self, setup: &Setup) {
        if setup.model.is_empty() {
            self.refuse(Field::Model, "Name a model, such as gpt-4o-mini.");
        }
        if setup.provider.is_remote()
            && let Err(problem) = check_base_url(&setup.base_url)
        {
            self.refuse(Field::BaseUrl, &problem);
        }
        let preset = setup.provider.preset();
        if preset.wire == Wire::AnthropicMessages {
            if setup.output_tokens_max.is_none() {
                self.refuse(Field::MaxOutputTokens, "Anthropic asks for a cap with every call, such as 512.");
            }
            if setup.temperature.is_some_and(|temperature| temperature > 1.0) {
                self.refuse(Field::Temperature, "Anthropic takes a temperature from 0 to 1.");
            }
        }
        // An address of the person's own may hold the key itself.
        let at_home = setup.base_url.starts_with(preset.base_url) && preset.place == ServedAt::Internet;
        if at_home && preset.auth != Auth::None && self.trimmed(Field::ApiKey).is_empty() {
            self.refuse(Field::ApiKey, &format!("{} needs an API key.", preset.name));
        }
        let (input, output) = (self.trimmed(Field::InputPrice), self.trimmed(Field::OutputPrice));
        if input.is_empty() != output.is_empty() {
            let missing = if input.is_empty() { Field::InputPrice } else { Field::OutputPrice };
            self.refuse(missing, "State both prices, or neither: half a price would count the other half as free.");
        }
    }

    /// A hard cap needs to know the worst case of a call.
    fn budget(&mut self, setup: &Setup) {
        if setup.budget.is_none() {
            return;
        }
        if setup.output_tokens_max.is_none() {
            self.refuse(Field::MaxOutputTokens, "A budget needs this cap: without it, one answer could cost anything.");
        }
        self.prices(setup);
    }

    fn prices(&mut self, setup: &Setup) {
        if setup.input_price.is_none() {
            self.refuse(Field::InputPrice, "A budget needs the model's prices: state them, or leave the budget empty.");
        }
        if setup.output_price.is_none() {
            self.refuse(
                Field::OutputPrice,
                "A budget needs the model's prices: state them, or leave the budget empty.",
            );
        }
    }

    fn refuse(&mut self, field: Field, message: &str) {
        self.problems.push((field, message.to_owned()));
    }

    fn trimmed(&self, field: Field) -> String {
        self.form.text(field).trim().to_owned()
    }

    /// A whole number; `None` where the field is empty or wrong.
    fn whole(&mut self, field: Field, range: RangeInclusive<u64>) -> Option<u64> {
        let text = self.trimmed(field).replace([',', '_', ' '], "");
        if text.is_empty() {
            return None;
        }
        match text.parse::<u64>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let grouped = |number: &u64| crate::money::grouped(&number.to_string());
                let (low, high) = (grouped(range.start()), grouped(range.end()));
                self.refuse(field, &format!("{} takes a whole number from {low} to {high}.", field.label()));
                None
            }
        }
    }

    fn temperature(&mut self) -> Option<f64> {
        let text = self.trimmed(Field::Temperature);
        if text.is_empty() {
            return None;
        }
        let number = text.parse::<f64>().ok().filter(|number| (0.0..=2.0).contains(number));
        if number.is_none() {
            self.refuse(Field::Temperature, "Temperature takes a number from 0 to 2; empty leaves it to the provider.");
        }
        number
    }

    fn price(&mut self, field: Field) -> Option<PerToken> {
        let text = self.trimmed(field).replace(['$', ','], "");
        if text.is_empty() {
            return None;
        }
        let price = PerToken::from_usd_per_million(&text);
        if price.is_none() {
            let message = "takes dollars for a million tokens, such as 0.15.";
            self.refuse(field, &format!("{} {message}", field.label()));
        }
        price
    }

    fn usd(&mut self, field: Field) -> Option<Usd> {
        let text = self.trimmed(field);
        if text.is_empty() {
            return None;
        }
        let amount = read_usd(&text).filter(|amount| *amount > Usd::ZERO);
        if amount.is_none() {
            self.refuse(field, "Budget takes an amount in dollars above zero, such as 5 or 0.50.");
        }
        amount
    }
}

/// How the lane is paced: as the person states, else as the preset documents. A stated burst is a bucket's capacity;
/// a window has none.
fn limiter(burst: Option<u32>, pace: Pace, requests_per_minute: Option<u32>) -> (LimiterModel, Burst) {
    match (burst, pace, requests_per_minute) {
        (Some(requests), _, _) => (LimiterModel::Bucket, Burst::Requests(requests)),
        (None, Pace::Bucket, _) => (LimiterModel::Bucket, Burst::Auto),
        (None, Pace::PerSecond, Some(a_minute)) => {
            (LimiterModel::Bucket, Burst::Requests((a_minute / SECONDS_A_MINUTE).max(1)))
        }
        (None, Pace::Window | Pace::PerSecond, _) => (LimiterModel::Window, Burst::Auto),
    }
}

/// An amount as people write it: `5`, `$0.50`, `1,000`.
pub fn read_usd(text: &str) -> Option<Usd> {
    Usd::parse(&text.trim().replace(['$', ','], ""))
}
