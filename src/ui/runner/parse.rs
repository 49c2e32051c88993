//! From typed texts to a [`Setup`], or to plain sentences that say what is wrong. Nothing is filled in for a text that
//! can't be read: there is a setup, and so an estimate, only of a form that can be read as a whole.

use yew::AttrValue;

use crate::answers::{Labels, Outline};
use crate::link::{
    AnswerFormat, Burst, DataSummary, DemoSettings, LaneSetup, LimiterModel, Limits, Matching, Provider, RowChoice,
    Setup, TemplateProblem, Truth,
};
use crate::money::{PerToken, Usd};
use crate::prices;
use crate::provider::{Auth, Pace, ServedAt, Wire, check_base_url};
use crate::ui::store::form::FormatKind;
use crate::ui::store::rows_form::{MatchKind, RowsKind};
use crate::ui::store::{Endpoint, Field, Form};

/// What is wrong with a field, in a sentence that says what to do.
pub type FieldProblem = (Field, String);
/// The same of a lane's field. Lanes are counted from zero; fields that aren't a lane's are the first one's.
pub type LaneProblem = (usize, FieldProblem);

/// Where the field is empty, as its placeholder says.
const RETRIES: u8 = 4;
const SECONDS_A_MINUTE: u32 = 60;
/// In the steps of [`Field::Temperature`].
const ANTHROPIC_TEMPERATURE_MAX: u64 = 1_000_000;

/// What the form asks for, or every text in it that can't be read, topmost first.
pub fn parse(form: &Form) -> Result<Setup, Vec<LaneProblem>> {
    let (setup, problems) = read(form);
    if problems.is_empty() { Ok(setup) } else { Err(in_page_order(problems)) }
}

/// Prompts, answer format and endpoints, as far as they can be read: all that the preview, the provider's count and the
/// connection check need. The numbers in it may be stand-ins: what they would cost or take is never shown, and never started.
pub fn prompts_and_endpoints(form: &Form) -> Setup {
    read(form).0
}

/// All that keeps the form from being started, topmost first: what can't be read, and what is missing.
pub fn faults(form: &Form, data: Option<&DataSummary>, template: Option<&TemplateProblem>) -> Vec<LaneProblem> {
    let mut problems = read(form).1;
    let mut missing = Missing { form, problems: Vec::new() };
    missing.data_and_prompts(data, template);
    missing.for_the_wire();
    missing.for_the_budget();
    for lane in 0..form.endpoints.len() {
        missing.endpoint(lane);
    }
    problems.append(&mut missing.problems);
    in_page_order(problems)
}

/// Further lanes come last. Of several complaints about one field the first counts.
fn in_page_order(mut problems: Vec<LaneProblem>) -> Vec<LaneProblem> {
    problems.sort_by_key(|(lane, (field, _))| (*lane, *field));
    problems.dedup_by_key(|(lane, (field, _))| (*lane, *field));
    problems
}

/// One lane's limits, as the form has them.
pub fn parse_lane_limits(form: &Form, lane: usize) -> Result<Limits, Vec<FieldProblem>> {
    let mut reader = Reader::of_lane(form, lane);
    let limits = reader.limits();
    reader.or_problems(limits)
}

/// The limits and the budget of an open run, as the form has them.
pub fn parse_limits(form: &Form) -> Result<(Limits, Option<Usd>), Vec<FieldProblem>> {
    let mut reader = Reader::new(form);
    let (limits, budget) = (reader.limits(), reader.budget());
    let lacking = form.text(Field::MaxOutputTokens).is_empty() || form.text(Field::OutputPrice).is_empty();
    if budget.is_some() && lacking {
        reader.refuse(
            Field::Budget,
            "This run has no prices or no Max output tokens, so it can't have a budget. Start a new run with both.",
        );
    }
    reader.or_problems((limits, budget))
}

/// How the simulated provider behaves.
pub fn parse_demo(form: &Form) -> Result<DemoSettings, Vec<FieldProblem>> {
    let mut reader = Reader::new(form);
    let mut number = |field| reader.small(field).unwrap_or_default();
    let demo = DemoSettings {
        latency_ms: number(Field::DemoLatency),
        errors_ppm: number(Field::DemoErrors),
        rate_limited_ppm: number(Field::DemoRefusals),
    };
    reader.or_problems(demo)
}

/// The setup with stand-ins for what can't be read, and the complaints about that. Only this file sees both.
fn read(form: &Form) -> (Setup, Vec<LaneProblem>) {
    let mut reader = Reader::new(form);
    let LaneSetup { provider, base_url, model, input_price, output_price, listed_card, limits, variant: _ } =
        reader.endpoint();
    let mut setup = Setup {
        id_column: form.id_column.clone(),
        system: form.text(Field::SystemPrompt).to_string(),
        user: form.text(Field::UserPrompt).to_string(),
        provider,
        base_url,
        model,
        input_price,
        output_price,
        output_tokens_max: reader.small(Field::MaxOutputTokens),
        temperature: reader.temperature(),
        limits,
        max_retries: reader.small(Field::MaxRetries).map_or(RETRIES, |retries| retries as u8),
        timeout_s: reader.small(Field::Timeout),
        budget: reader.budget(),
        use_cache: form.use_cache,
        fold_near_duplicates: form.fold_near_duplicates,
        demo: DemoSettings::default(),
        answer_format: reader.answer_format(),
        reasks: reader.reasks(),
        reasoning_effort: form.reasoning_effort,
        prompt_cache: form.prompt_cache,
        listed_card,
        more_lanes: Vec::new(),
        compare: false,
        truth: reader.truth(),
        rows: reader.rows(),
    };
    match parse_demo(form) {
        Ok(demo) => setup.demo = demo,
        // Nothing shows these fields where nothing asks the Demo.
        Err(_) if form.endpoints.iter().all(|endpoint| endpoint.provider != Provider::Demo) => {}
        Err(mut problems) => reader.problems.append(&mut problems),
    }
    let mut problems: Vec<LaneProblem> = reader.problems.into_iter().map(|problem| (0, problem)).collect();
    for lane in 1..form.endpoints.len() {
        let mut reader = Reader::of_lane(form, lane);
        setup.more_lanes.push(reader.endpoint());
        problems.extend(reader.problems.into_iter().map(|problem| (lane, problem)));
    }
    (setup, problems)
}

/// Reads the form's texts, and one lane's where they are an endpoint's.
struct Reader<'a> {
    form: &'a Form,
    lane: usize,
    problems: Vec<FieldProblem>,
}

impl Reader<'_> {
    fn new(form: &Form) -> Reader<'_> {
        Reader::of_lane(form, 0)
    }

    fn of_lane(form: &Form, lane: usize) -> Reader<'_> {
        Reader { form, lane, problems: Vec::new() }
    }

    fn text(&self, field: Field) -> AttrValue {
        self.form.text_of(self.lane, field)
    }

    fn or_problems<T>(self, read: T) -> Result<T, Vec<FieldProblem>> {
        if self.problems.is_empty() { Ok(read) } else { Err(self.problems) }
    }

    fn refuse(&mut self, field: Field, message: &str) {
        self.problems.push((field, message.to_owned()));
    }

    /// In the steps of the field's range; `None` where it is empty or can't be read.
    fn number(&mut self, field: Field) -> Option<u64> {
        match field.range()?.read(field.label(), &self.text(field)) {
            Ok(steps) => steps,
            Err(message) => {
                self.refuse(field, &message);
                None
            }
        }
    }

    /// A number whose range ends below four thousand million.
    fn small(&mut self, field: Field) -> Option<u32> {
        self.number(field).map(|steps| u32::try_from(steps).unwrap_or(u32::MAX))
    }

    fn budget(&mut self) -> Option<Usd> {
        self.number(Field::Budget).zip(Field::Budget.range()).map(|(steps, range)| range.usd(steps))
    }

    fn temperature(&mut self) -> Option<f64> {
        self.number(Field::Temperature).map(|steps| Field::Temperature.number(steps))
    }

    fn endpoint(&mut self) -> LaneSetup {
        let text = |field: Field| self.text(field).trim().to_owned();
        let (form, endpoint) = (self.form, self.form.endpoint(self.lane));
        let provider = endpoint.provider;
        LaneSetup {
            provider,
            base_url: if provider == Provider::Demo { String::new() } else { text(Field::BaseUrl) },
            model: text(Field::Model),
            input_price: self.number(Field::InputPrice).map(PerToken),
            output_price: self.number(Field::OutputPrice).map(PerToken),
            listed_card: endpoint.router_card(&form.router_prices).cloned(),
            limits: self.limits(),
            variant: None,
        }
    }

    fn truth(&mut self) -> Option<Truth> {
        let column = self.form.rows.truth_column.clone()?;
        let matching = match self.form.rows.matching {
            MatchKind::Same => Matching::Same,
            MatchKind::Contains => Matching::Contains,
            MatchKind::Number => {
                Matching::Number { tolerance: Field::Tolerance.number(self.number(Field::Tolerance).unwrap_or(0)) }
            }
            MatchKind::Fields => {
                let text = self.form.text(Field::TruthFields);
                let names: Vec<String> =
                    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
                if names.is_empty() {
                    self.refuse(
                        Field::TruthFields,
                        "Name the fields that count, with commas between them: genre, year.",
                    );
                }
                Matching::Fields(names)
            }
        };
        Some(Truth { column, matching, examples: self.form.rows.examples.clone() })
    }

    fn rows(&mut self) -> RowChoice {
        let column = || self.form.rows.column.clone();
        match self.form.rows.kind {
            RowsKind::All => RowChoice::All,
            RowsKind::First => RowChoice::First(self.small(Field::RowCount).unwrap_or(1)),
            RowsKind::Random => {
                RowChoice::Random { rows: self.small(Field::RowCount).unwrap_or(1), seed: self.form.rows.seed }
            }
            RowsKind::Empty | RowsKind::Is if self.form.rows.column.is_none() => {
                self.refuse(Field::RowText, "Choose the column that the rows are chosen by.");
                RowChoice::All
            }
            RowsKind::Empty => column().map_or(RowChoice::All, |column| RowChoice::Empty { column }),
            RowsKind::Is => {
                let text = self.form.text(Field::RowText).to_string();
                column().map_or(RowChoice::All, |column| RowChoice::Is { column, text })
            }
            RowsKind::These => self.form.rows.these.clone().unwrap_or_default(),
        }
    }

    fn limits(&mut self) -> Limits {
        let burst = self.small(Field::Burst);
        let requests_per_minute = self.small(Field::RequestsPerMinute);
        let (model, burst) = limiter(burst, self.form.endpoint(self.lane).provider.preset().pace, requests_per_minute);
        Limits {
            concurrency: self.small(Field::Concurrency).map_or(1, |calls| calls as u16),
            requests_per_minute,
            tokens_per_minute: self.number(Field::TokensPerMinute),
            input_tokens_per_minute: None,
            output_tokens_per_minute: None,
            requests_per_day: None,
            model,
            burst,
        }
    }

    fn answer_format(&mut self) -> AnswerFormat {
        match self.form.format {
            FormatKind::Text => {}
            FormatKind::Labels => {
                let labels = Labels::typed(&self.form.text(Field::Labels));
                match Labels::new(&labels) {
                    Ok(_) => return AnswerFormat::Labels(labels),
                    Err(problem) => self.refuse(Field::Labels, &problem.to_string()),
                }
            }
            FormatKind::Schema => {
                let schema = self.form.text(Field::JsonSchema).to_string();
                match Outline::read(&schema) {
                    Ok(_) if self.form.schema_in_prompt => return AnswerFormat::SchemaInPrompt(schema),
                    Ok(_) => return AnswerFormat::Schema(schema),
                    Err(problem) => self.refuse(Field::JsonSchema, &problem.to_string()),
                }
            }
        }
        AnswerFormat::Text
    }

    fn reasks(&mut self) -> u8 {
        self.small(Field::Reasks).map_or(0, |times| times as u8)
    }
}

/// What can be read, and is still not enough for a start.
struct Missing<'a> {
    form: &'a Form,
    problems: Vec<LaneProblem>,
}

impl Missing<'_> {
    fn refuse(&mut self, lane: usize, field: Field, message: &str) {
        self.problems.push((lane, (field, message.to_owned())));
    }

    fn text(&self, lane: usize, field: Field) -> String {
        self.form.text_of(lane, field).trim().to_owned()
    }

    fn is_empty(&self, lane: usize, field: Field) -> bool {
        self.text(lane, field).is_empty()
    }

    fn data_and_prompts(&mut self, data: Option<&DataSummary>, template: Option<&TemplateProblem>) {
        if data.is_none() {
            self.refuse(0, Field::DataFile, "Choose a data file, or use the sample data.");
        }
        if self.is_empty(0, Field::UserPrompt) {
            let words = "Write the question for each row, such as \"Translate {{name}}\".";
            self.refuse(0, Field::UserPrompt, words);
        } else if let Some(problem) = template {
            self.refuse(0, prompt_of(problem, self.form), &problem.to_string());
        }
    }

    fn for_the_wire(&mut self) {
        let endpoints = &self.form.endpoints;
        let wire_of = |endpoint: &Endpoint| {
            prices::wire_at(endpoint.provider, &endpoint.text(Field::BaseUrl), &endpoint.text(Field::Model))
        };
        let cap_min = endpoints.iter().map(|endpoint| wire_of(endpoint).cap_min()).max().unwrap_or(1);
        if Reader::new(self.form).small(Field::MaxOutputTokens).is_some_and(|cap| cap < cap_min) {
            let words = format!("This model takes no limit below {cap_min}. Enter {cap_min} or more.");
            self.refuse(0, Field::MaxOutputTokens, &words);
        }
        if endpoints.iter().all(|endpoint| endpoint.provider.preset().wire != Wire::AnthropicMessages) {
            return;
        }
        if self.is_empty(0, Field::MaxOutputTokens) {
            self.refuse(0, Field::MaxOutputTokens, "Anthropic needs a limit on every call, such as 512.");
        }
        if Reader::new(self.form).number(Field::Temperature).is_some_and(|steps| steps > ANTHROPIC_TEMPERATURE_MAX) {
            self.refuse(0, Field::Temperature, "Enter a temperature from 0 to 1 for Anthropic.");
        }
    }

    /// A hard cap needs to know the worst case of a call.
    fn for_the_budget(&mut self) {
        if self.is_empty(0, Field::Budget) {
            return;
        }
        if self.is_empty(0, Field::MaxOutputTokens) {
            let words = "Enter a limit, such as 512. Without it there is no worst case to hold against the budget.";
            self.refuse(0, Field::MaxOutputTokens, words);
        }
        for lane in 0..self.form.endpoints.len() {
            for field in [Field::InputPrice, Field::OutputPrice] {
                if self.is_empty(lane, field) {
                    let words = "Enter the model's price. Without it the budget can't be kept.";
                    self.refuse(lane, field, words);
                }
            }
        }
    }

    fn endpoint(&mut self, lane: usize) {
        let provider = self.form.endpoint(lane).provider;
        if self.is_empty(lane, Field::Model) {
            self.refuse(lane, Field::Model, "Enter a model, such as gpt-4o-mini.");
        }
        let base_url = self.text(lane, Field::BaseUrl);
        if provider.is_remote()
            && let Err(problem) = check_base_url(&base_url)
        {
            self.refuse(lane, Field::BaseUrl, &problem);
        }
        let preset = provider.preset();
        // An address of the person's own may hold the key itself.
        let at_home = base_url.starts_with(preset.base_url) && preset.place == ServedAt::Internet;
        if at_home && preset.auth != Auth::None && self.is_empty(lane, Field::ApiKey) {
            self.refuse(lane, Field::ApiKey, &format!("Enter your {} API key.", preset.name));
        }
        let (input, output) = (self.is_empty(lane, Field::InputPrice), self.is_empty(lane, Field::OutputPrice));
        if input != output {
            let missing = if input { Field::InputPrice } else { Field::OutputPrice };
            let words = "Enter both prices, or neither.";
            self.refuse(lane, missing, words);
        }
        if let Some(twin) = self.twin_of(lane) {
            let words = format!(
                "Lane {} has the same model and key, and so the same limits. Enter another key, or remove this lane.",
                twin + 1
            );
            self.refuse(lane, Field::ApiKey, &words);
        }
    }

    /// An earlier lane with the same endpoint, model and key. The Demo has no limits to share.
    fn twin_of(&self, lane: usize) -> Option<usize> {
        let who = |lane: usize| {
            let text = |field| self.text(lane, field).trim_end_matches('/').to_owned();
            (self.form.endpoint(lane).provider, text(Field::BaseUrl), text(Field::Model), text(Field::ApiKey))
        };
        let own = who(lane);
        (0..lane).find(|earlier| own.0 != Provider::Demo && who(*earlier) == own)
    }
}

/// The prompt that a complaint is about: an unknown column stands in the one that names it.
fn prompt_of(problem: &TemplateProblem, form: &Form) -> Field {
    let names = |field: Field, name: &String| form.text(field).contains(name.as_str());
    match problem {
        TemplateProblem::UnknownColumn { name, .. } | TemplateProblem::RightAnswer { name }
            if names(Field::SystemPrompt, name) && !names(Field::UserPrompt, name) =>
        {
            Field::SystemPrompt
        }
        _ => Field::UserPrompt,
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
