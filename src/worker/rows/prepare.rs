//! What the engine must know of every row before the first is sent: equal requests, token counts, cached answers.
//! 100,000 rows take a while, so it goes in slices.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::dataset::{self, Prompt, Table, TemplateProblem};
use crate::engine::{ItemFacts, Ordinal, cache_key};
use crate::link::{Setup, TokenCount};
use crate::provider::{Call, PromptCache, Provider, tokens};
use crate::worker::browser::Slices;
use crate::worker::plan;
use crate::worker::rows::counting::Weight;
use crate::worker::rows::data::Data;
use crate::worker::rows::forecast::Rows;

pub type CacheKey = [u8; 32];

/// The rows of one file under one setup, as items of a run: the chosen rows in file order, or, where candidates are
/// compared, each of them once for every candidate.
pub struct Prepared {
    pub data: Rc<Data>,
    /// A row for each item.
    pub table: Table,
    /// One, or each candidate's.
    prompts: Vec<Prompt>,
    /// Row by row, as the first lane asks.
    keys: Vec<CacheKey>,
    /// Lanes that ask otherwise, each with its keys.
    others: Vec<(Setup, Vec<CacheKey>)>,
    facts: RefCell<Vec<ItemFacts>>,
    /// Their tokens were counted, not estimated.
    counted: Cell<bool>,
    /// Some rows, as the provider counted them.
    sample: Cell<Option<TokenCount>>,
    /// Rows whose request nearly repeats an earlier one's, each with that one.
    near: Vec<(Ordinal, Ordinal)>,
    /// Rows whose request repeats an earlier one's.
    pub duplicates: u32,
    of: Setup,
}

/// Why there is nothing.
#[derive(Debug)]
pub enum Unprepared {
    Template(TemplateProblem),
    /// The choice of rows leaves none.
    NoRows,
    /// The world moved on meanwhile.
    Superseded,
}

impl Prepared {
    /// Whether these facts still hold for this file and setup.
    pub fn fits(&self, data: &Rc<Data>, setup: &Setup) -> bool {
        let asked = |setup: &Setup| {
            (
                setup.system.clone(),
                setup.user.clone(),
                setup.model.clone(),
                setup.provider,
                setup.output_tokens_max,
                setup.temperature,
                (setup.reasoning_effort, setup.prompt_cache),
                (setup.use_cache, setup.fold_near_duplicates),
                lanes_asked(setup),
                setup.answer_format.clone(),
                (setup.candidates(), setup.truth.clone(), setup.rows.clone()),
                setup.more_lanes.iter().map(|lane| lane.variant.clone()).collect::<Vec<_>>(),
            )
        };
        Rc::ptr_eq(&self.data, data) && asked(&self.of) == asked(setup)
    }

    /// Stores self in `place`, unless an equal `Prepared` is there already. That one is kept, because it may hold token
    /// counts.
    pub fn kept_in(self, place: &mut Option<Rc<Prepared>>) -> Rc<Prepared> {
        let earlier = place.take().filter(|earlier| earlier.fits(&self.data, &self.of));
        place.insert(earlier.unwrap_or_else(|| Rc::new(self))).clone()
    }

    pub fn items(&self) -> u32 {
        self.table.len() as u32
    }

    pub fn prompt(&self, item: Ordinal) -> &Prompt {
        &self.prompts[item as usize % self.prompts.len()]
    }

    /// `(system, user)` of one item.
    pub fn render(&self, item: Ordinal) -> Result<(String, String), TemplateProblem> {
        dataset::render(self.prompt(item), &self.table, item as usize)
    }

    /// The row's right answer, as its cell has it; never part of what is sent.
    pub fn truth(&self, item: Ordinal) -> Option<String> {
        let cell = self.table.cell(item as usize, self.of.truth_column()?);
        Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty())
    }

    /// The wire body of one row, as a lane has it.
    pub fn body(&self, lane: &Setup, item: Ordinal) -> Result<String, TemplateProblem> {
        let (system, user) = self.render(item)?;
        Ok(body_of(lane, self.prompt(item), &system, &user))
    }

    /// The name under which the request cache keeps a lane's answer to one row: lanes of one endpoint and model share
    /// it.
    pub fn key_on(&self, lane: &Setup, item: Ordinal) -> Option<CacheKey> {
        if wire(lane) == wire(&self.of) || self.of.candidates().is_some() {
            return self.keys.get(item as usize).copied();
        }
        if let Some((_, keys)) = self.others.iter().find(|(other, _)| wire(other) == wire(lane)) {
            return keys.get(item as usize).copied();
        }
        let body = self.body(lane, item).ok()?;
        Some(cache_key(&plan::group(lane), &body))
    }

    /// The names under which some lane's answer to a row may be kept: any lane's will do.
    pub fn keys_of(&self, item: Ordinal) -> impl Iterator<Item = CacheKey> {
        let all = std::iter::once(&self.keys).chain(self.others.iter().map(|(_, keys)| keys));
        all.filter_map(move |keys| keys.get(item as usize).copied())
    }

    pub fn is_counted(&self) -> bool {
        self.counted.get()
    }

    /// What counting found, row by row. A bound only ever falls by it.
    pub fn take_weights(&self, weights: Vec<Weight>) {
        for (facts, weight) in self.facts.borrow_mut().iter_mut().zip(weights) {
            facts.input_estimate = weight.estimate;
            facts.input_bound = weight.bound.map_or(facts.input_bound, |bound| bound.min(facts.input_bound));
        }
        self.counted.set(true);
    }

    /// One row's facts on another lane or model, asked by itself.
    pub fn facts_on(&self, lane: &Setup, item: Ordinal) -> Option<ItemFacts> {
        let facts = *self.facts.borrow().get(item as usize)?;
        let longest = self.body(lane, item).ok()?.len();
        Some(ItemFacts { leader: item, input_bound: facts.input_bound.max(tokens::bound(longest)), ..facts })
    }

    pub fn input_estimate(&self, item: Ordinal) -> u64 {
        self.facts.borrow().get(item as usize).map_or(0, |facts| self.as_sampled(facts.input_estimate).into())
    }

    /// Estimates follow what the provider counted; bounds stay.
    pub fn take_sample(&self, sample: TokenCount) {
        self.sample.set(Some(sample).filter(|sample| sample.estimated > 0));
    }

    pub fn rows_sampled(&self) -> u32 {
        self.sample.get().map_or(0, |sample| sample.rows)
    }

    fn as_sampled(&self, estimate: u32) -> u32 {
        let Some(TokenCount { counted, estimated, .. }) = self.sample.get() else { return estimate };
        let scaled = u128::from(estimate) * u128::from(counted) / u128::from(estimated);
        u32::try_from(scaled).unwrap_or(u32::MAX)
    }

    /// Rows that nearly repeat an earlier one, each with that one.
    pub fn near(&self) -> &[(Ordinal, Ordinal)] {
        &self.near
    }

    /// The facts as they are found now; none is marked as one that the cache may answer.
    pub fn facts(&self) -> Vec<ItemFacts> {
        let estimate =
            |facts: &ItemFacts| ItemFacts { input_estimate: self.as_sampled(facts.input_estimate), ..*facts };
        self.facts.borrow().iter().map(estimate).collect()
    }

    /// What a forecast needs to know of the rows.
    pub fn as_rows<'a>(&self, facts: &'a [ItemFacts], imported: &'a [bool]) -> Rows<'a> {
        Rows { facts, imported, tokens_counted: self.counted.get(), shared_tokens: self.shared_tokens() }
    }

    /// Tokens of what every call begins with and marks to be kept; of several candidates, the most.
    fn shared_tokens(&self) -> u64 {
        let of_lane = |(lane, prompt): (usize, &Prompt)| {
            let lane = self.of.of_lane(lane);
            let user = lane.user.get(..prompt.shared_user_bytes()).unwrap_or_default();
            u64::from(tokens::estimate(&lane.system)) + u64::from(tokens::estimate(user))
        };
        let fixed = self.prompts.iter().enumerate().filter(|(_, prompt)| prompt.has_fixed_system());
        fixed.map(of_lane).max().unwrap_or(0)
    }

    /// Whether the cache may answer a row.
    pub fn maybe_cached(&self, item: Ordinal, is_cached: impl Fn(&CacheKey) -> bool) -> bool {
        self.of.use_cache && self.keys_of(item).any(|key| is_cached(&key))
    }
}

/// Renders every row. `superseded` is asked between slices.
pub async fn prepare(
    data: &Rc<Data>,
    setup: &Setup,
    slices: &mut Slices,
    superseded: impl Fn() -> bool,
) -> Result<Prepared, Unprepared> {
    // Where candidates are compared, an item is its own lane's alone.
    let own: Vec<Setup> = (0..setup.candidates().unwrap_or(1)).map(|lane| setup.of_lane(lane)).collect();
    let others = if own.len() > 1 { Vec::new() } else { other_wires(setup) };
    let prompts = own.iter().map(|lane| prompt_of(lane, data.table.columns())).collect::<Result<_, _>>();
    let table = selected(data, setup, own.len(), slices).await?;
    let rows = table.len();
    let mut prepared = Prepared {
        data: data.clone(),
        table,
        prompts: prompts.map_err(Unprepared::Template)?,
        keys: Vec::with_capacity(rows),
        others: others.into_iter().map(|lane| (lane, Vec::with_capacity(rows))).collect(),
        facts: RefCell::default(),
        counted: Cell::new(false),
        sample: Cell::new(None),
        near: Vec::new(),
        duplicates: 0,
        of: setup.clone(),
    };
    let mut facts = Vec::with_capacity(rows);
    let mut leaders: HashMap<CacheKey, Ordinal> = HashMap::with_capacity(rows);
    let mut folds: HashMap<CacheKey, Ordinal> = HashMap::with_capacity(rows);
    for row in 0..rows {
        if slices.turn_at(row as f64 / rows as f64).await && superseded() {
            return Err(Unprepared::Superseded);
        }
        let item = row as Ordinal;
        let (lane, prompt) = (&own[row % own.len()], &prepared.prompts[row % own.len()]);
        let (system, user) = dataset::render(prompt, &prepared.table, row).map_err(Unprepared::Template)?;
        let call = call(lane, prompt, &system, &user);
        let body = lane.provider.body(lane.wire(), &lane.base_url, &call);
        let key = cache_key(&plan::group(lane), &body);
        let mut longest = body.len();
        for (lane, keys) in &mut prepared.others {
            let body = body_of(lane, prompt, &system, &user);
            longest = longest.max(body.len());
            keys.push(cache_key(&plan::group(lane), &body));
        }
        let first = *leaders.entry(key).or_insert(item);
        // Rows whose right answers differ are different rows, however alike they look; so are two candidates' items.
        let truth = setup.truth_column().map_or_else(String::new, |column| prepared.table.cell(row, column));
        let apart = format!("{}\n{}", row % own.len(), truth.trim());
        let nearly = *folds.entry(near_key(&system, &user, &apart)).or_insert(first);
        if first == item && nearly != item {
            prepared.near.push((item, nearly));
        }
        let shared = if setup.fold_near_duplicates { nearly } else { first };
        prepared.duplicates += u32::from(first != item);
        prepared.keys.push(key);
        facts.push(ItemFacts {
            leader: if setup.use_cache { shared } else { item },
            input_estimate: estimate(lane, &call),
            input_bound: tokens::bound(longest),
            maybe_cached: false,
        });
    }
    prepared.facts.replace(facts);
    Ok(prepared)
}

/// Equal for prompts that differ only in case, white space or Unicode form, where nothing else keeps them apart.
fn near_key(system: &str, user: &str, apart: &str) -> CacheKey {
    let nfkc = |text: &str| String::from(js_sys::JsString::from(text).normalize("NFKC"));
    cache_key(&format!("{}\n{apart}", dataset::folded(system, nfkc)), &dataset::folded(user, nfkc))
}

/// The prompt of a setup; none sends the right answers.
pub fn prompt_of(setup: &Setup, columns: &[String]) -> Result<Prompt, TemplateProblem> {
    Prompt::parse_without(&setup.system, &setup.user, columns, setup.truth_column())
}

/// The rows that the setup chooses, each `times` times.
async fn selected(data: &Data, setup: &Setup, times: usize, slices: &mut Slices) -> Result<Table, Unprepared> {
    let mut turn = async |share: f64| {
        slices.turn_at(share).await;
    };
    let rows = setup.rows.rows_in_turns(&data.table, setup.truth_column(), &mut turn).await;
    if rows.as_ref().is_some_and(Vec::is_empty) {
        return Err(Unprepared::NoRows);
    }
    if rows.is_none() && times == 1 {
        return Ok(data.table.clone());
    }
    let rows = rows.unwrap_or_else(|| (0..data.rows()).collect());
    Ok(data.table.select(rows.into_iter().flat_map(|row| std::iter::repeat_n(row, times)).collect()))
}

/// Input tokens of a call as it is sent: with what its answer format adds to it.
pub fn estimate(setup: &Setup, call: &Call) -> u32 {
    let system = setup.provider.system_as_sent(call);
    let shown = setup.provider.schema_shown(call.format).map_or(0, tokens::estimate);
    tokens::estimate_call(&Call { system: &system, ..call.clone() }).saturating_add(shown)
}

/// What makes two lanes send the same bytes to the same place.
fn wire(lane: &Setup) -> (Provider, String, &str) {
    (lane.provider, plan::group(lane), lane.model.trim())
}

fn lanes_asked(setup: &Setup) -> Vec<(Provider, String, String)> {
    let lanes = (0..setup.lanes()).map(|lane| setup.of_lane(lane));
    lanes.map(|lane| (lane.provider, plan::group(&lane), lane.model.trim().to_owned())).collect()
}

/// Lanes whose bodies differ from the first one's: a reservation holds on whichever lane a row goes.
fn other_wires(setup: &Setup) -> Vec<Setup> {
    let mut seen = vec![lanes_asked(&setup.of_lane(0)).remove(0)];
    let mut others = Vec::new();
    for (place, wire) in lanes_asked(setup).into_iter().enumerate() {
        if !seen.contains(&wire) {
            seen.push(wire);
            others.push(setup.of_lane(place));
        }
    }
    others
}

fn body_of(lane: &Setup, prompt: &Prompt, system: &str, user: &str) -> String {
    lane.provider.body(lane.wire(), &lane.base_url, &call(lane, prompt, system, user))
}

pub fn call<'a>(setup: &'a Setup, prompt: &Prompt, system: &'a str, user: &'a str) -> Call<'a> {
    // Where the system prompt differs by row, nothing after it is shared.
    let shared = prompt.has_fixed_system();
    Call {
        model: setup.model.trim(),
        system,
        user,
        output_tokens_max: setup.output_tokens_max,
        temperature: setup.temperature,
        format: &setup.answer_format,
        effort: setup.reasoning_effort,
        prompt_cache: if shared { setup.prompt_cache } else { PromptCache::Off },
        shared_user_bytes: if shared { prompt.shared_user_bytes() } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::plan::tests::setup;
    use crate::worker::rows::data::tests::read;

    fn prepared(data: &Rc<Data>, setup: &Setup) -> Prepared {
        Prepared {
            data: data.clone(),
            table: data.table.clone(),
            prompts: vec![prompt_of(setup, data.table.columns()).expect("a prompt")],
            keys: Vec::new(),
            others: Vec::new(),
            facts: RefCell::default(),
            counted: Cell::new(false),
            sample: Cell::new(None),
            near: Vec::new(),
            duplicates: 0,
            of: setup.clone(),
        }
    }

    #[test]
    fn an_answer_of_any_lane_is_found_again() {
        let data = Rc::new(read("rows.csv", "id,name\n1,a\n2,b\n3,c\n"));
        let key = |first: u8, row: u8| [10 * first + row; 32];
        let prepared = Prepared {
            keys: (0..3).map(|row| key(1, row)).collect(),
            others: vec![(setup(), (0..3).map(|row| key(2, row)).collect())],
            ..prepared(&data, &Setup { user: "{{name}}".to_owned(), ..setup() })
        };
        let known = [key(1, 0), key(2, 2)];
        assert_eq!([0, 1, 2].map(|item| prepared.maybe_cached(item, |key| known.contains(key))), [true, false, true]);
        assert_eq!(prepared.keys_of(2).collect::<Vec<_>>(), [key(1, 2), key(2, 2)]);
    }

    #[test]
    fn of_two_that_were_prepared_at_once_the_first_stays_with_what_was_counted() {
        let setup = Setup { user: "{{name}}".to_owned(), ..setup() };
        let data = Rc::new(read("rows.csv", "id,name\n1,a\n"));
        let mut place = None;
        let first = prepared(&data, &setup).kept_in(&mut place);
        first.take_sample(TokenCount { row: 0, row_tokens: 9, rows: 1, counted: 9, estimated: 5 });
        let second = prepared(&data, &setup).kept_in(&mut place);
        assert!(Rc::ptr_eq(&first, &second));
        assert_eq!(place.as_ref().map(|kept| kept.rows_sampled()), Some(1));
        // Another prompt's rows, and another file's, take the place.
        let other = Setup { user: "{{id}}".to_owned(), ..setup.clone() };
        assert_eq!(prepared(&data, &other).kept_in(&mut place).rows_sampled(), 0);
        let again = Rc::new(read("rows.csv", "id,name\n1,a\n"));
        let third = prepared(&again, &other).kept_in(&mut place);
        assert!(Rc::ptr_eq(&third.data, &again) && place.is_some_and(|kept| Rc::ptr_eq(&kept, &third)));
    }
}
