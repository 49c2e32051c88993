//! What the four steps hold while they are typed: texts, and the rules by which they change together.
//! Not here: whether they are valid and what they mean (`parse`).

use std::collections::BTreeMap;
use std::rc::Rc;

use yew::AttrValue;

use crate::answers::{Labels, labels_of_prompt};
use crate::link::{AnswerFormat, DataSummary, DemoSettings, PromptCache, Provider, ReasoningEffort, Setup};
use crate::number::is_number;
use crate::prices::{self, RouterList};
use crate::provider::{takes_temperature, tokens};
use crate::ui::store::Field;
use crate::ui::store::endpoint::{Endpoint, Endpoints, count, dollars};
use crate::ui::store::rows_form::{RowsAction, RowsForm};

/// The post's prompt for its product list, which the sample data continues.
pub const SAMPLE_SYSTEM: &str = "Classify the product into exactly one category: produce, cleaning, dairy, meat, \
                                 snacks, beverages, frozen, bakery, other. Respond with just the category name.";
/// The sample's column with the right answers.
const SAMPLE_TRUTH: Option<&str> = Some("category");
const SAMPLE_OUTPUT_TOKENS_MAX: &str = "64";
const OUTPUT_TOKENS_MAX: &str = "512";

/// What a label's end, and a little more than the label, may take.
const LABEL_TOKENS_SPARE: u32 = 8;

/// In which form answers are asked for; what belongs to the forms that are not chosen is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormatKind {
    #[default]
    Text,
    Labels,
    Schema,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Of the fields that are no endpoint's.
    texts: BTreeMap<Field, AttrValue>,
    pub endpoints: Endpoints,
    pub id_column: Option<String>,
    pub rows: RowsForm,
    pub use_cache: bool,
    /// Rows that differ only in case, white space or Unicode form share one answer.
    pub fold_near_duplicates: bool,
    pub format: FormatKind,
    /// For models that know no structured output.
    pub schema_in_prompt: bool,
    pub reasoning_effort: Option<ReasoningEffort>,
    pub prompt_cache: PromptCache,
    /// OpenRouter's price list, once it was fetched.
    pub router_prices: Rc<RouterList>,
    /// So many of the last endpoints are candidates of a comparison that was opened, and none of the next run.
    candidates: usize,
    /// The person wrote the prompts: new data leaves them alone.
    own_prompts: bool,
    /// The person chose the output cap: labels and new data leave it alone.
    own_cap: bool,
    /// The data are the sample, or are about to be.
    sample: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FormAction {
    /// Into a field of this lane, where the field is an endpoint's. Lanes are counted from zero.
    Typed(usize, Field, AttrValue),
    /// The keys are about to be used with the present base URLs.
    KeyUsed,
    /// Of this lane.
    Provider(usize, Provider),
    IdColumn(Option<String>),
    Rows(RowsAction),
    /// Rows as examples at the end of the system prompt.
    Examples(AttrValue, Vec<u32>),
    UseCache(bool),
    Format(FormatKind),
    SchemaInPrompt(bool),
    ReasoningEffort(Option<ReasoningEffort>),
    PromptCache(PromptCache),
    /// Whether the data to come are the sample: it brings a prompt of its own.
    Sample(bool),
    DataRead(Box<DataSummary>),
    /// An opened run's own settings. The key isn't among them.
    Restored(Box<Setup>),
    /// The steps are shown: what is set is for a new run.
    NewRun,
    FoldNearDuplicates(bool),
    AddLane,
    /// The first one stays.
    RemoveLane(usize),
    RouterPrices(Rc<RouterList>),
    /// Names and values from the address, as the calculator hands them over.
    Linked(Vec<(Field, AttrValue)>),
}

impl Default for Form {
    fn default() -> Form {
        let mut form = Form {
            texts: BTreeMap::new(),
            endpoints: Endpoints::default(),
            id_column: None,
            rows: RowsForm::default(),
            use_cache: true,
            fold_near_duplicates: false,
            format: FormatKind::Text,
            schema_in_prompt: false,
            reasoning_effort: None,
            prompt_cache: PromptCache::Off,
            router_prices: Rc::default(),
            candidates: 0,
            own_prompts: false,
            own_cap: false,
            sample: false,
        };
        form.cap_output();
        form.set(Field::MaxRetries, "4");
        form.set(Field::Reasks, "0");
        form.set(Field::RowCount, "100");
        form.set(Field::CompareRows, "100");
        form.set(Field::Tolerance, "0");
        form.set_demo(&DemoSettings::default());
        form
    }
}

impl Form {
    /// The first lane's, where the field is an endpoint's.
    pub fn text(&self, field: Field) -> AttrValue {
        self.text_of(0, field)
    }

    pub fn text_of(&self, lane: usize, field: Field) -> AttrValue {
        match field.is_of_endpoint() {
            true => self.endpoint(lane).text(field),
            false => self.texts.get(&field).cloned().unwrap_or_default(),
        }
    }

    pub fn endpoint(&self, lane: usize) -> &Endpoint {
        self.endpoints.get(lane)
    }

    pub fn after(&self, action: &FormAction) -> Form {
        let mut form = self.clone();
        match action {
            FormAction::Typed(lane, field, text) => form.type_into(*lane, *field, text),
            FormAction::KeyUsed => form.endpoints.for_each(Endpoint::bind_key),
            FormAction::FoldNearDuplicates(on) => form.fold_near_duplicates = *on,
            FormAction::AddLane => form.endpoints.more.push(self.endpoints.first.another()),
            FormAction::RemoveLane(lane) => {
                if let Some(place) = lane.checked_sub(1).filter(|place| *place < form.endpoints.more.len()) {
                    form.endpoints.more.remove(place);
                }
            }
            FormAction::Provider(lane, provider) => form.choose_provider(*lane, *provider),
            FormAction::IdColumn(column) => form.id_column = column.clone(),
            FormAction::Examples(text, rows) => {
                let system = form.text(Field::SystemPrompt);
                form.type_into(0, Field::SystemPrompt, &format!("{system}{text}").into());
                form.rows.examples.clone_from(rows);
            }
            FormAction::Rows(action) => form.rows = form.rows.after(action),
            FormAction::UseCache(on) => form.use_cache = *on,
            FormAction::Format(kind) => form.choose_format(*kind),
            FormAction::SchemaInPrompt(on) => form.schema_in_prompt = *on,
            FormAction::ReasoningEffort(effort) => form.reasoning_effort = *effort,
            FormAction::PromptCache(kept) => form.prompt_cache = *kept,
            FormAction::Sample(sample) => form.sample = *sample,
            FormAction::DataRead(data) => form.take_data(data),
            FormAction::Restored(setup) => form.restore(setup),
            FormAction::NewRun => {
                form.endpoints.more.truncate(self.own_lanes());
                form.candidates = 0;
            }
            FormAction::RouterPrices(list) => {
                form.router_prices = list.clone();
                form.endpoints.for_each(|endpoint| endpoint.price_by_list(list));
            }
            FormAction::Linked(pairs) => {
                for (field, text) in pairs {
                    match field {
                        Field::Model => form.choose_endpoint_of(text),
                        _ => form.type_into(0, *field, text),
                    }
                }
            }
        }
        form
    }

    /// Lanes beside the first that the person added.
    fn own_lanes(&self) -> usize {
        self.endpoints.more.len() - self.candidates
    }

    /// Keys stay where a lane still has the address that its key was entered for.
    fn restore_endpoints(&mut self, setup: &Setup) {
        self.endpoints.first.restore(setup, &self.router_prices);
        // The person's own lanes come before the candidates that they are compared with.
        self.candidates = if setup.compare { (setup.lanes() - 1).saturating_sub(self.own_lanes()) } else { 0 };
        self.endpoints.more.resize_with(setup.lanes() - 1, Endpoint::default);
        for (place, endpoint) in self.endpoints.more.iter_mut().enumerate() {
            endpoint.restore(&setup.of_lane(place + 1), &self.router_prices);
        }
    }

    fn set(&mut self, field: Field, text: impl Into<AttrValue>) {
        self.texts.insert(field, text.into());
    }

    fn set_demo(&mut self, demo: &DemoSettings) {
        for (field, steps) in [
            (Field::DemoLatency, demo.latency_ms),
            (Field::DemoErrors, demo.errors_ppm),
            (Field::DemoRefusals, demo.rate_limited_ppm),
        ] {
            self.set(field, field.range().map(|range| range.plain(steps.into())).unwrap_or_default());
        }
    }

    fn type_into(&mut self, lane: usize, field: Field, text: &AttrValue) {
        if field.is_of_endpoint() {
            if let Some(endpoint) = self.endpoints.get_mut(lane) {
                endpoint.type_into(field, text.clone(), &self.router_prices);
            }
        } else {
            self.set(field, text.clone());
        }
        match field {
            Field::SystemPrompt | Field::UserPrompt => self.own_prompts = true,
            Field::Labels => self.cap_output(),
            Field::Model if lane == 0 => self.cap_output(),
            Field::MaxOutputTokens => self.own_cap = true,
            _ => {}
        }
    }

    /// A model of the catalogue goes to where it is served, others to where they are.
    fn choose_endpoint_of(&mut self, model: &AttrValue) {
        match prices::find(model.trim()).and_then(prices::endpoint_of) {
            Some((provider, name)) => {
                self.choose_provider(0, provider);
                self.type_into(0, Field::Model, &name.into());
            }
            None => self.type_into(0, Field::Model, model),
        }
    }

    fn choose_provider(&mut self, lane: usize, provider: Provider) {
        if let Some(endpoint) = self.endpoints.get_mut(lane) {
            endpoint.choose_provider(provider, &self.router_prices);
        }
        if lane == 0 {
            self.cap_output();
        }
    }

    /// As many output tokens as the answers need, unless the person chose a cap. A model that thinks before it answers
    /// spends them on that, too, so its cap stays high.
    fn cap_output(&mut self) {
        if self.own_cap {
            return;
        }
        let needed = label_tokens(&self.text(Field::Labels)).filter(|_| self.format == FormatKind::Labels);
        let cap = match needed {
            Some(needed) if takes_temperature(&self.text(Field::Model)) => needed.to_string(),
            _ if self.sample => SAMPLE_OUTPUT_TOKENS_MAX.to_owned(),
            _ => OUTPUT_TOKENS_MAX.to_owned(),
        };
        self.set(Field::MaxOutputTokens, cap);
    }

    /// A prompt that lists its categories has said which labels it means.
    fn choose_format(&mut self, kind: FormatKind) {
        self.format = kind;
        if kind == FormatKind::Labels && self.text(Field::Labels).trim().is_empty() {
            let listed =
                [Field::SystemPrompt, Field::UserPrompt].map(|field| labels_of_prompt(&self.text(field)).join("\n"));
            if let Some(labels) = listed.into_iter().find(|labels| !labels.is_empty()) {
                self.set(Field::Labels, labels);
            }
        }
        self.cap_output();
    }

    fn restore_format(&mut self, format: &AnswerFormat) {
        self.schema_in_prompt = matches!(format, AnswerFormat::SchemaInPrompt(_));
        self.format = match format {
            AnswerFormat::Text => FormatKind::Text,
            AnswerFormat::Labels(labels) => {
                self.set(Field::Labels, labels.join("\n"));
                FormatKind::Labels
            }
            AnswerFormat::Schema(schema) | AnswerFormat::SchemaInPrompt(schema) => {
                self.set(Field::JsonSchema, schema.clone());
                FormatKind::Schema
            }
        };
    }

    fn take_data(&mut self, data: &DataSummary) {
        self.id_column = data.id_column.clone();
        self.rows = self.rows.of_data(&data.columns, SAMPLE_TRUTH.filter(|_| self.sample));
        if self.own_prompts {
            return;
        }
        let system = if self.sample { SAMPLE_SYSTEM } else { "" };
        self.set(Field::SystemPrompt, system);
        self.set(Field::UserPrompt, first_text_column(data).map(placeholder).unwrap_or_default());
        self.cap_output();
    }

    fn restore(&mut self, setup: &Setup) {
        for (field, text) in [
            (Field::SystemPrompt, setup.system.clone()),
            (Field::UserPrompt, setup.user.clone()),
            (Field::MaxOutputTokens, count(setup.output_tokens_max.map(u64::from))),
            (Field::Temperature, setup.temperature.map(|number| Field::Temperature.shown(number)).unwrap_or_default()),
            (Field::MaxRetries, setup.max_retries.to_string()),
            (Field::Timeout, count(setup.timeout_s.map(u64::from))),
            (Field::Budget, setup.budget.map(dollars).unwrap_or_default()),
        ] {
            self.set(field, text);
        }
        self.id_column = setup.id_column.clone();
        let (rows, texts) = RowsForm::restored(setup);
        self.rows = rows;
        texts.into_iter().for_each(|(field, text)| self.set(field, text));
        self.use_cache = setup.use_cache;
        self.fold_near_duplicates = setup.fold_near_duplicates;
        self.set_demo(&setup.demo);
        self.restore_format(&setup.answer_format);
        self.set(Field::Reasks, setup.reasks.to_string());
        self.reasoning_effort = setup.reasoning_effort;
        self.prompt_cache = setup.prompt_cache;
        self.restore_endpoints(setup);
        (self.own_prompts, self.own_cap) = (true, true);
    }
}

/// The output tokens that the longest label needs; `None` where there is no label.
pub fn label_tokens(labels: &str) -> Option<u32> {
    let longest = Labels::typed(labels).iter().map(|label| tokens::estimate(label)).max()?;
    Some(longest + LABEL_TOKENS_SPARE)
}

/// The first column that holds words rather than numbers or ids.
fn first_text_column(data: &DataSummary) -> Option<&str> {
    let no_words = |cell: &String| cell.trim().is_empty() || is_number(cell);
    let others = || data.columns.iter().enumerate().filter(|(_, name)| data.id_column.as_ref() != Some(name));
    let has_words = |place: usize| data.head.iter().filter_map(|row| row.get(place)).any(|cell| !no_words(cell));
    let (_, name) = others().find(|(place, _)| has_words(*place)).or_else(|| others().next())?;
    Some(name)
}

/// The placeholder that puts a column into a prompt.
pub fn placeholder(column: &str) -> String {
    format!("{{{{{column}}}}}")
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::store::fixtures::{summary, typed};

    #[test]
    fn the_sample_brings_the_posts_prompt_and_other_data_their_first_text_column() {
        let sample = Form::default().after(&FormAction::Sample(true)).after(&FormAction::DataRead(Box::new(summary())));
        assert_eq!(sample.text(Field::SystemPrompt), SAMPLE_SYSTEM);
        assert_eq!(sample.text(Field::UserPrompt), "{{name}}");
        assert_eq!(sample.text(Field::MaxOutputTokens), "64");
        assert_eq!(sample.id_column.as_deref(), Some("id"));
        let other = sample.after(&FormAction::Sample(false)).after(&FormAction::DataRead(Box::new(summary())));
        assert_eq!(other.text(Field::SystemPrompt), "");
        let own =
            typed(&other, Field::UserPrompt, "Translate {{name}}").after(&FormAction::DataRead(Box::new(summary())));
        assert_eq!(own.text(Field::UserPrompt), "Translate {{name}}");
    }

    #[test]
    fn the_output_cap_follows_the_labels_until_the_person_chooses_one() {
        let form = typed(&Form::default(), Field::Model, "gpt-4.1-mini").after(&FormAction::Format(FormatKind::Labels));
        let form = typed(&form, Field::Labels, "happy\nsad");
        let cap = |form: &Form| form.text(Field::MaxOutputTokens).to_string();
        assert_eq!(cap(&form), "10");
        assert_eq!(cap(&form.after(&FormAction::Format(FormatKind::Text))), "512");
        assert_eq!(cap(&form.after(&FormAction::DataRead(Box::new(summary())))), "10");
        assert_eq!(cap(&typed(&form, Field::Model, "gpt-5-mini")), "512", "it thinks before it answers");
        let own = typed(&form, Field::MaxOutputTokens, "40");
        assert_eq!(cap(&typed(&own, Field::Labels, "happy\nsad\nneither of the two, or both")), "40");
    }

    #[test]
    fn lanes_are_changed_apart_from_the_first() {
        let form = typed(&Form::default(), Field::Model, "gpt-4.1-mini");
        let form = typed(&form, Field::ApiKey, "sk-1").after(&FormAction::AddLane);
        let other = form.after(&FormAction::Provider(1, Provider::Ollama));
        assert_eq!(other.endpoints.first, form.endpoints.first);
        assert_eq!((other.endpoint(1).provider, other.endpoint(1).text(Field::ApiKey)), (Provider::Ollama, "".into()));
        assert_eq!(other.text_of(1, Field::Budget), other.text(Field::Budget), "the run has one");
        assert_eq!(other.after(&FormAction::RemoveLane(1)).endpoints.len(), 1);
        for nothing in
            [FormAction::RemoveLane(0), FormAction::RemoveLane(2), FormAction::Typed(2, Field::Model, "gpt-4o".into())]
        {
            assert_eq!(other.after(&nothing), other, "{nothing:?}");
        }
    }
}
