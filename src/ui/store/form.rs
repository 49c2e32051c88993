//! What the four steps hold while they are typed: texts, and the rules by which they change together.
//! Not here: whether they are valid and what they mean (`parse`).

use std::collections::BTreeMap;
use std::rc::Rc;

use yew::AttrValue;

use crate::answers::{Labels, labels_of_prompt};
use crate::link::{AnswerFormat, Burst, DataSummary, DemoSettings, PromptCache, Provider, ReasoningEffort, Setup};
use crate::money::{PerToken, Usd};
use crate::prices::{self, RateCard, RouterList};
use crate::provider::{ServedAt, origin, takes_temperature, tokens};
use crate::ui::store::Field;
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

/// Where the two prices come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PriceSource {
    /// They are in no price list.
    #[default]
    Unknown,
    /// The catalogue, as read on this day.
    Catalogue { date: AttrValue },
    /// The router's own list, fetched since the page was opened.
    Router,
    /// The person.
    Own,
}

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
    texts: BTreeMap<Field, AttrValue>,
    pub id_column: Option<String>,
    pub rows: RowsForm,
    pub provider: Provider,
    pub price_source: PriceSource,
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
    /// Lanes beside the first. Of each only the fields of an endpoint and its limits count.
    pub lanes: Vec<Form>,
    /// So many of the last lanes are candidates of a comparison that was opened, and none of the next run.
    candidates: usize,
    /// The person wrote the prompts: new data leaves them alone.
    own_prompts: bool,
    /// The person chose the output cap: labels and new data leave it alone.
    own_cap: bool,
    /// The data are the sample, or are about to be.
    sample: bool,
    /// The origin that the key was entered for; `None` until it is known.
    key_origin: Option<String>,
    /// The key went away because the base URL's origin changed.
    pub key_cleared: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FormAction {
    Typed(Field, AttrValue),
    /// The key is about to be used with the present base URL.
    KeyUsed,
    Provider(Provider),
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
    /// Lanes are counted from zero, the first one included.
    RemoveLane(usize),
    /// A change of one lane beside the first.
    Lane(usize, Box<FormAction>),
    RouterPrices(Rc<RouterList>),
    /// Names and values from the address, as the calculator hands them over.
    Linked(Vec<(Field, AttrValue)>),
}

impl Default for Form {
    fn default() -> Form {
        let mut form = Form {
            texts: BTreeMap::new(),
            id_column: None,
            rows: RowsForm::default(),
            provider: Provider::Demo,
            price_source: PriceSource::Unknown,
            use_cache: true,
            fold_near_duplicates: false,
            format: FormatKind::Text,
            schema_in_prompt: false,
            reasoning_effort: None,
            prompt_cache: PromptCache::Off,
            router_prices: Rc::default(),
            lanes: Vec::new(),
            candidates: 0,
            own_prompts: false,
            own_cap: false,
            sample: false,
            key_origin: None,
            key_cleared: false,
        };
        form.cap_output();
        form.set(Field::Concurrency, "15");
        form.set(Field::MaxRetries, "4");
        form.set(Field::Reasks, "0");
        form.set(Field::RowCount, "100");
        form.set(Field::CompareRows, "100");
        form.set(Field::Tolerance, "0");
        form.set(Field::Model, prices::find(prices::OPENING_MODEL).map_or("", |model| &model.id));
        form.set_demo(&DemoSettings::default());
        form.price_by_catalogue();
        form
    }
}

impl Form {
    pub fn text(&self, field: Field) -> AttrValue {
        self.texts.get(&field).cloned().unwrap_or_default()
    }

    pub fn after(&self, action: &FormAction) -> Form {
        let mut form = self.clone();
        match action {
            FormAction::Typed(field, text) => form.type_into(*field, text),
            FormAction::KeyUsed => {
                form.key_origin = origin(&self.text(Field::BaseUrl));
                for lane in &mut form.lanes {
                    *lane = lane.after(action);
                }
            }
            FormAction::FoldNearDuplicates(on) => form.fold_near_duplicates = *on,
            FormAction::AddLane => form.lanes.push(self.as_lane()),
            FormAction::RemoveLane(lane) => {
                if let Some(place) = lane.checked_sub(1).filter(|place| *place < form.lanes.len()) {
                    form.lanes.remove(place);
                }
            }
            FormAction::Lane(lane, action) => {
                if let Some(own) = lane.checked_sub(1).and_then(|place| form.lanes.get_mut(place)) {
                    *own = own.after(action);
                }
            }
            FormAction::Provider(provider) => form.choose_provider(*provider),
            FormAction::IdColumn(column) => form.id_column = column.clone(),
            FormAction::Examples(text, rows) => {
                let system = form.text(Field::SystemPrompt);
                form.type_into(Field::SystemPrompt, &format!("{system}{text}").into());
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
                form.lanes.truncate(self.lanes.len() - self.candidates);
                form.candidates = 0;
            }
            FormAction::RouterPrices(list) => {
                form.router_prices = list.clone();
                form.price_by_catalogue();
                for lane in &mut form.lanes {
                    *lane = lane.after(action);
                }
            }
            FormAction::Linked(pairs) => {
                for (field, text) in pairs {
                    match field {
                        Field::Model => form.choose_endpoint_of(text),
                        _ => form.type_into(*field, text),
                    }
                }
            }
        }
        form
    }

    /// One lane's fields: the first lane's are those of the form itself.
    pub fn lane(&self, lane: usize) -> &Form {
        lane.checked_sub(1).and_then(|place| self.lanes.get(place)).unwrap_or(self)
    }

    /// A further lane begins as a copy of the first, and lacks only its key.
    fn as_lane(&self) -> Form {
        let mut lane = Form { lanes: Vec::new(), key_origin: None, key_cleared: false, ..self.clone() };
        lane.set(Field::ApiKey, "");
        lane
    }

    /// Keys stay where a lane still has the address that its key was entered for.
    fn restore_lanes(&mut self, setup: &Setup) {
        let empty = Form { lanes: Vec::new(), ..Form::default() };
        let had = std::mem::take(&mut self.lanes);
        // The person's own lanes come before the candidates that they are compared with.
        let own = had.len() - self.candidates;
        self.candidates = if setup.compare { (setup.lanes() - 1).saturating_sub(own) } else { 0 };
        let lanes = (1..setup.lanes()).map(|lane| {
            let mut own = had.get(lane - 1).cloned().unwrap_or_else(|| empty.clone());
            own.restore(&setup.of_lane(lane));
            own
        });
        self.lanes = lanes.collect();
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

    fn type_into(&mut self, field: Field, text: &AttrValue) {
        self.set(field, text.clone());
        match field {
            Field::SystemPrompt | Field::UserPrompt => self.own_prompts = true,
            Field::Labels => self.cap_output(),
            Field::Model => {
                self.price_by_catalogue();
                self.cap_output();
            }
            Field::MaxOutputTokens => self.own_cap = true,
            Field::InputPrice | Field::OutputPrice => self.price_source = PriceSource::Own,
            Field::ApiKey => {
                self.key_origin = origin(&self.text(Field::BaseUrl));
                self.key_cleared = false;
            }
            Field::BaseUrl => {
                let moved = self.key_origin.is_some() && self.key_origin != origin(text);
                if moved && !self.text(Field::ApiKey).is_empty() {
                    self.set(Field::ApiKey, "");
                    self.key_origin = None;
                    self.key_cleared = true;
                }
            }
            _ => {}
        }
    }

    /// A model of the catalogue goes to where it is served, others to where they are.
    fn choose_endpoint_of(&mut self, model: &AttrValue) {
        match prices::find(model.trim()).and_then(prices::endpoint_of) {
            Some((provider, name)) => {
                self.choose_provider(provider);
                self.type_into(Field::Model, &name.into());
            }
            None => self.type_into(Field::Model, model),
        }
    }

    /// What the router that the form names asks for its model.
    pub fn router_card(&self) -> Option<&RateCard> {
        let listed = self.router_prices.find(&self.text(Field::Model));
        listed.filter(|_| self.provider == Provider::OpenRouter).map(|model| &model.card)
    }

    /// A preset brings its address and a model of its own. A key stays only where the address's origin does.
    fn choose_provider(&mut self, provider: Provider) {
        self.provider = provider;
        let preset = provider.preset();
        if !preset.base_url.is_empty() {
            self.type_into(Field::BaseUrl, &AttrValue::from(preset.base_url));
            // A key typed before any address belongs to the first.
            if self.key_origin.is_none() && !self.text(Field::ApiKey).is_empty() {
                self.key_origin = origin(preset.base_url);
            }
        }
        let model = self.text(Field::Model);
        match preset.place {
            ServedAt::Page | ServedAt::Anywhere => {}
            _ if prices::find_at(provider, &model).is_some() => {}
            // What another provider serves is not served here.
            _ if prices::find(model.trim()).is_some() || model.trim().is_empty() => {
                let own = preset.vendor.and_then(prices::first_choice);
                let name = own.map(|model| format!("{}{}", preset.model_prefix, model.id));
                self.set(Field::Model, name.unwrap_or_default());
            }
            _ => {}
        }
        self.price_by_catalogue();
        self.cap_output();
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

    /// A known model brings its prices; an unknown one keeps what the person stated, and nothing else.
    fn price_by_catalogue(&mut self) {
        let listed = prices::find_at(self.provider, &self.text(Field::Model))
            .map(|model| (model.card.base, PriceSource::Catalogue { date: model.price_date.clone().into() }));
        match listed.or_else(|| self.router_card().map(|card| (card.base, PriceSource::Router))) {
            Some((base, source)) => {
                self.set(Field::InputPrice, per_million(base.input));
                self.set(Field::OutputPrice, per_million(base.output));
                self.price_source = source;
            }
            None if self.price_source != PriceSource::Own => {
                self.set(Field::InputPrice, "");
                self.set(Field::OutputPrice, "");
                self.price_source = PriceSource::Unknown;
            }
            None => {}
        }
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
        let count = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let burst = match setup.limits.burst {
            Burst::Auto => String::new(),
            Burst::Requests(requests) => requests.to_string(),
        };
        let price = |price: Option<PerToken>| price.map(per_million).unwrap_or_default();
        self.provider = setup.provider;
        self.type_into(Field::BaseUrl, &setup.base_url.clone().into());
        self.type_into(Field::Model, &setup.model.clone().into());
        let catalogue = (self.text(Field::InputPrice), self.text(Field::OutputPrice));
        let stated = (AttrValue::from(price(setup.input_price)), AttrValue::from(price(setup.output_price)));
        if stated != catalogue {
            let known = setup.input_price.is_some() || setup.output_price.is_some();
            self.price_source = if known { PriceSource::Own } else { PriceSource::Unknown };
        }
        for (field, text) in [
            (Field::SystemPrompt, setup.system.clone()),
            (Field::UserPrompt, setup.user.clone()),
            (Field::InputPrice, stated.0.to_string()),
            (Field::OutputPrice, stated.1.to_string()),
            (Field::MaxOutputTokens, count(setup.output_tokens_max.map(u64::from))),
            (Field::Temperature, setup.temperature.map(|t| t.to_string()).unwrap_or_default()),
            (Field::Concurrency, setup.limits.concurrency.to_string()),
            (Field::RequestsPerMinute, count(setup.limits.requests_per_minute.map(u64::from))),
            (Field::TokensPerMinute, count(setup.limits.tokens_per_minute)),
            (Field::Burst, burst),
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
        self.restore_lanes(setup);
        (self.own_prompts, self.own_cap) = (true, true);
    }
}

/// The output tokens that the longest label needs; `None` where there is no label.
pub fn label_tokens(labels: &str) -> Option<u32> {
    let longest = Labels::typed(labels).iter().map(|label| tokens::estimate(label)).max()?;
    Some(longest + LABEL_TOKENS_SPARE)
}

/// The model's prices are known.
pub fn is_in_catalogue(form: &Form) -> bool {
    form.router_card().is_some() || prices::find_at(form.provider, &form.text(Field::Model)).is_some()
}

/// An amount as a person types it: no dollar sign, no trailing zeros.
pub fn dollars(amount: Usd) -> String {
    let digits = amount.decimals(12);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars a million tokens, as a person types it; at least two decimals, as price lists have it.
pub fn per_million(price: PerToken) -> String {
    let text = dollars(price.per_million());
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, fraction)) if fraction.len() < 2 => format!("{text}0"),
        Some(_) => text,
    }
}

/// The first column that holds words rather than numbers or ids.
fn first_text_column(data: &DataSummary) -> Option<&str> {
    let is_number = |cell: &String| cell.trim().is_empty() || cell.trim().parse::<f64>().is_ok();
    let others = || data.columns.iter().enumerate().filter(|(_, name)| data.id_column.as_ref() != Some(name));
    let has_words = |place: usize| data.head.iter().filter_map(|row| row.get(place)).any(|cell| !is_number(cell));
    let (_, name) = others().find(|(place, _)| has_words(*place)).or_else(|| others().next())?;
    Some(name)
}

/// The placeholder that puts a column into a prompt.
pub fn placeholder(column: &str) -> String {
    format!("{{{{{column}}}}}")
}
