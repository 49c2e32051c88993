//! The calculator's answer, put together from cost, duration and advice.

use crate::estimate::binding::{self, binding};
use crate::estimate::cost::{self, Attempts, CacheUse, Prices};
use crate::estimate::duration::{DAY_MS, HOUR_MS, MINUTE_MS, RateLimit};
use crate::estimate::{
    BatchJobs, Caching, CostParts, Duration, Estimate, ModelCost, Quote, WHOLE_PPM, Way, Workload, notes,
    recommendation,
};
use crate::money::Usd;
use crate::prices::{self, Model, RateCard, Rates, Vendor};
use crate::time::Time;

/// What one token of text takes up in a request's body, and what surrounds the text.
const BYTES_PER_TOKEN: u64 = 4;
const BYTES_PER_REQUEST: u64 = 400;
const BATCH_WINDOW_HOURS: u64 = 24;
/// The least that a batch job is said to take.
const BATCH_LEAST_MS: u64 = MINUTE_MS;

/// Everything that is computed before anything is put into words.
pub struct Figures<'a> {
    pub workload: &'a Workload,
    pub model: &'a Model,
    pub now: Time,
    pub prices: Prices<'a>,
    pub cacheable_tokens: u64,
    /// Billed attempts of Async and Batch API.
    pub attempts: Attempts,
    /// How Async uses the provider's cache.
    pub cache: CacheUse,
    pub limits: Vec<RateLimit>,
    pub sequential: Quote,
    pub concurrent: Quote,
    /// Async at the price of calls that the provider may put off.
    pub flex: Option<Quote>,
    pub batch: Option<Quote>,
    pub batch_jobs: Option<BatchJobs>,
}

pub fn estimate(workload: &Workload, model: &Model, now: Time) -> Estimate {
    let figures = Figures::of(workload, model, now);
    let both_own = workload.own_input_price.is_some() && workload.own_output_price.is_some();
    Estimate {
        model: model.key(),
        model_name: model.name.clone(),
        price_date: if both_own { String::new() } else { model.price_date.clone() },
        paid_calls: figures.attempts.count(),
        binding: binding(workload, figures.attempts, &figures.limits),
        answered_ppm: cost::answered_ppm(workload),
        recommendation: recommendation::recommend(&figures),
        warnings: notes::warnings(&figures),
        notes: notes::notes(&figures),
        batch_jobs: figures.batch_jobs,
        sequential: figures.sequential,
        concurrent: figures.concurrent,
        flex: figures.flex,
        batch: figures.batch,
    }
}

pub fn model_cost(workload: &Workload, model: &'static Model, now: Time) -> ModelCost {
    let figures = Figures::of(workload, model, now);
    ModelCost {
        model,
        sequential: figures.sequential.cost,
        concurrent: figures.concurrent.cost,
        concurrent_range: figures.concurrent.cost_range,
        flex: figures.flex.map(|quote| quote.cost),
        batch_range: figures.batch.as_ref().and_then(|quote| quote.cost_range),
        batch: figures.batch.map(|quote| quote.cost),
        duration: figures.concurrent.duration,
        fits: fits(workload, model),
    }
}

/// The time of the asynchronous run alone.
pub fn run_duration(workload: &Workload, model: &Model, now: Time) -> Duration {
    let prices = Prices::of(workload, model);
    let rates = cost::rates(&prices.synchronous, workload, now);
    let attempts = Attempts::of(workload, true);
    run(workload, model, &rates, attempts, workload.calls_in_flight()).duration
}

/// Calls in flight that use the tightest limit up; `None`: no limit is set.
pub fn useful_concurrency(workload: &Workload, model: &Model, now: Time) -> Option<u32> {
    let figures = Figures::of(workload, model, now);
    binding(workload, figures.attempts, &figures.limits).useful_concurrency
}

/// How the asynchronous run uses the provider's prompt cache.
pub fn caching(workload: &Workload, model: &Model, now: Time) -> Caching {
    let prices = Prices::of(workload, model);
    let rates = cost::rates(&prices.synchronous, workload, now);
    let run = run(workload, model, &rates, Attempts::of(workload, true), workload.calls_in_flight());
    Caching {
        tokens: run.cache.tokens,
        life_ms: cost::cache_life_ms(workload, &rates),
        writes_unread: cost::writes_unread(workload, model),
    }
}

/// The call fits the context window and the output cap, as far as the catalogue knows them.
pub fn fits(workload: &Workload, model: &Model) -> bool {
    let output = workload.billed_output_tokens();
    let asked = workload.output_cap_tokens.map_or(output, |cap| cap.max(output));
    model.context_window.is_none_or(|window| workload.input_tokens + output <= window)
        && model.max_input.is_none_or(|most| workload.input_tokens <= most)
        && model.max_output.is_none_or(|most| asked <= most)
}

impl<'a> Figures<'a> {
    pub fn of(workload: &'a Workload, model: &'a Model, now: Time) -> Figures<'a> {
        let prices = Prices::of(workload, model);
        let rates = cost::rates(&prices.synchronous, workload, now);
        let (all, attempts) = (Attempts::of(workload, false), Attempts::of(workload, true));
        let one_by_one = run(workload, model, &rates, all, 1);
        let together = run(workload, model, &rates, attempts, workload.calls_in_flight());
        let cards = &prices;
        let synchronous = |way, run: &Run, attempts, card: &RateCard| {
            let writes = cost::writes_unread(workload, model);
            let total = |rates: &Rates, cache| cost::parts(workload, rates, attempts, cache, writes);
            let until = now.after_ms(run.duration.most_ms().unwrap_or_default());
            let ends = cost::rates_between(card, workload, now, until)
                .into_iter()
                .flat_map(|rates| [run.cache, CacheUse::NONE].map(|cache| total(&rates, cache).total()));
            quote(workload, way, total(&cost::rates(card, workload, now), run.cache), ends, run.duration)
        };
        let batch_jobs = cards.batch.as_ref().map(|_| jobs(workload, prices::vendor(&model.vendor)));
        let mut figures = Figures {
            sequential: synchronous(Way::Sequential, &one_by_one, all, &cards.synchronous),
            concurrent: synchronous(Way::Async, &together, attempts, &cards.synchronous),
            flex: cards.flex.as_ref().map(|card| synchronous(Way::Flex, &together, attempts, card)),
            batch: cards
                .batch
                .as_ref()
                .zip(batch_jobs)
                .map(|(card, jobs)| batch(workload, model, card, attempts, jobs, now)),
            cacheable_tokens: cost::cacheable_tokens(workload, model),
            cache: together.cache,
            limits: together.limits,
            workload,
            model,
            now,
            prices,
            attempts,
            batch_jobs,
        };
        figures.mark();
        figures
    }

    pub fn quotes(&self) -> impl Iterator<Item = &Quote> {
        [Some(&self.sequential), Some(&self.concurrent), self.batch.as_ref()].into_iter().flatten()
    }

    pub fn quote(&self, way: Way) -> Option<&Quote> {
        self.quotes().find(|quote| quote.way == way)
    }

    /// Marks the cheapest and the fastest of the ways that can end; equals are marked together. Costs are compared at
    /// the same end of their ranges: where the two ends name different ways, neither is the cheapest.
    fn mark(&mut self) {
        let ending = || self.quotes().filter(|quote| quote.duration.most_ms().is_some());
        let (least, most) = (ending().map(Quote::least).min(), ending().map(Quote::most).min());
        let fastest_ms = self.quotes().filter_map(|quote| quote.duration.most_ms()).min();
        for quote in [Some(&mut self.sequential), Some(&mut self.concurrent), self.batch.as_mut()].into_iter().flatten()
        {
            let ends = quote.duration.most_ms();
            quote.cheapest_at_best = ends.is_some() && Some(quote.least()) == least;
            quote.cheapest_at_worst = ends.is_some() && Some(quote.most()) == most;
            quote.fastest = ends.is_some() && ends == fastest_ms;
        }
        let both = |quote: &Quote| quote.cheapest_at_best && quote.cheapest_at_worst;
        let any = self.quotes().any(both);
        for quote in [Some(&mut self.sequential), Some(&mut self.concurrent), self.batch.as_mut()].into_iter().flatten()
        {
            quote.cheapest = both(quote);
            // What is cheapest either way needs no second mark, nor does what only equals it at one end.
            quote.cheapest_at_best &= !any;
            quote.cheapest_at_worst &= !any;
        }
    }
}

/// A synchronous run with so many calls in flight.
struct Run {
    cache: CacheUse,
    limits: Vec<RateLimit>,
    duration: Duration,
}

/// How often the provider's cache misses depends on the pace, and the pace on the tokens that its limits count. The
/// pace is taken without cache reads first, so misses are rather over- than underestimated.
fn run(workload: &Workload, model: &Model, rates: &Rates, attempts: Attempts, in_flight: u32) -> Run {
    let vendor = prices::vendor(&model.vendor);
    let limits = binding::rate_limits(workload, vendor, 0);
    let duration = binding::run_duration(workload, attempts, in_flight, &limits);
    let tokens = cost::cacheable_tokens(workload, model);
    if tokens == 0 {
        return Run { cache: CacheUse::NONE, limits, duration };
    }
    let warm = workload.warm_up || in_flight == 1;
    let life_ms = cost::cache_life_ms(workload, rates);
    let writes = cache_writes(attempts, if warm { 1 } else { in_flight }, duration, life_ms, vendor);
    let cache = CacheUse::with_writes(tokens, attempts, writes).if_it_pays(model, rates);
    let limits = binding::rate_limits(workload, vendor, cache.tokens * u64::from(cache.read_ppm(attempts)));
    let first = workload.warm_up && in_flight > 1 && cache.tokens > 0 && attempts.count() > 1;
    let duration = match binding::run_duration(workload, attempts.less_one_if(first), in_flight, &limits) {
        // The first call is awaited by itself.
        Duration::Ms(ms) if first => Duration::Ms(ms.saturating_add(workload.slot_ms())),
        duration => duration,
    };
    Run { cache, limits, duration }
}

/// Attempts that find the shared prefix missing: those that start before the first is answered, those after a pause
/// in which the provider forgets it, and the first on each further machine.
fn cache_writes(
    attempts: Attempts,
    at_the_start: u32,
    duration: Duration,
    life_ms: u64,
    vendor: Option<&Vendor>,
) -> u64 {
    let calls = attempts.count();
    let Duration::Ms(ms) = duration else { return calls };
    if calls == 0 || ms / calls > life_ms {
        return calls;
    }
    let days = ms / DAY_MS;
    let calls_a_minute = u128::from(calls) * u128::from(MINUTE_MS) / u128::from(ms.max(1));
    let further_machines = vendor
        .and_then(|vendor| vendor.cache_requests_per_machine)
        .map_or(0, |most| calls_a_minute.div_ceil(u128::from(most.max(1))).saturating_sub(1));
    u64::from(at_the_start)
        .saturating_mul(days + 1)
        .saturating_add(u64::try_from(further_machines).unwrap_or(u64::MAX))
        .min(calls)
}

/// Jobs that the calls have to be cut into, and rounds of them that the provider's queue takes one after another. What is
/// asked again is a job of its own, after the one before.
fn jobs(workload: &Workload, vendor: Option<&Vendor>) -> BatchJobs {
    let once = Workload { re_asks: 0, ..workload.clone() };
    let items = Attempts::of(&once, true);
    let (files, waves, window_hours) = jobs_of(workload, vendor, items.count());
    let re_asks = if workload.failed_billed_ppm > 0 && waves > 0 { workload.re_asks } else { 0 };
    let mut left = items;
    let again = (0..re_asks).map(|_| {
        left = left.share(workload.failed_billed_ppm);
        jobs_of(workload, vendor, left.count()).1
    });
    BatchJobs { files, waves, waves_again: again.fold(0, u64::saturating_add), window_hours }
}

fn jobs_of(workload: &Workload, vendor: Option<&Vendor>, items: u64) -> (u64, u64, u64) {
    let most = vendor.and_then(|vendor| vendor.batch_limits).unwrap_or_default();
    let bytes = u128::from(items) * u128::from(workload.input_tokens * BYTES_PER_TOKEN + BYTES_PER_REQUEST);
    let by_count = most.max_requests.map_or(1, |most| items.div_ceil(most.max(1)));
    let by_size = most.max_bytes.map_or(1, |most| u64::try_from(bytes.div_ceil(u128::from(most.max(1)))).unwrap_or(1));
    let tokens = u128::from(items) * u128::from(workload.input_tokens);
    let rounds = |amount: u128, queue: Option<u64>| match queue {
        Some(queue) if queue > 0 => u64::try_from(amount.div_ceil(u128::from(queue))).unwrap_or(u64::MAX),
        _ => 1,
    };
    let waves = rounds(tokens, workload.batch_queue_tokens).max(rounds(items.into(), workload.batch_queue_requests));
    (by_count.max(by_size).max(1), waves.max(1), most.window_hours.unwrap_or(BATCH_WINDOW_HOURS))
}

/// No cache hits are counted. The range goes down to the best that is reported, and at vendors that bill unread input as
/// a write to a batch without any: nobody has published whether a batch's bill has them.
fn batch(workload: &Workload, model: &Model, card: &RateCard, attempts: Attempts, jobs: BatchJobs, now: Time) -> Quote {
    let waves = jobs.waves.saturating_add(jobs.waves_again);
    let duration = Duration::Between {
        least_ms: BATCH_LEAST_MS.saturating_mul(jobs.waves),
        most_ms: jobs.window_hours.saturating_mul(HOUR_MS).saturating_mul(waves),
    };
    let writes = cost::writes_unread(workload, model);
    let fresh = |rates: &Rates, writes| cost::parts(workload, rates, attempts, CacheUse::NONE, writes);
    let tokens = cost::cacheable_tokens(workload, model);
    let until = now.after_ms(duration.most_ms().unwrap_or_default());
    let ends = cost::rates_between(card, workload, now, until).into_iter().flat_map(|rates| {
        let hits = tokens > 0 && rates.cache_read < rates.input;
        let best = hits.then(|| cost::batch_cache_at_best(tokens, attempts));
        let at_best = best.map(|cache| cost::parts(workload, &rates, attempts, cache, false).total());
        [Some(fresh(&rates, writes).total()), Some(fresh(&rates, false).total()), at_best].into_iter().flatten()
    });
    quote(workload, Way::BatchApi, fresh(&cost::rates(card, workload, now), writes), ends, duration)
}

/// `ends`: everything that it may cost.
fn quote(
    workload: &Workload,
    way: Way,
    parts: CostParts,
    ends: impl Iterator<Item = Usd>,
    duration: Duration,
) -> Quote {
    let cost = parts.total();
    let (least, most) = ends.fold((cost, cost), |(least, most), end| (least.min(end), most.max(end)));
    Quote {
        way,
        cost,
        parts,
        cost_range: (least < most).then_some((least, most)),
        duration,
        cheapest: false,
        cheapest_at_best: false,
        cheapest_at_worst: false,
        fastest: false,
        within_budget: workload.budget.map(|budget| most <= budget),
        within_deadline: workload.deadline_ms.map(|deadline| duration.most_ms().is_some_and(|ms| ms <= deadline)),
    }
}

/// Shares as a person reads them: `10%`, `6.82%`.
pub fn percent(ppm: u32) -> String {
    let hundredths = u64::from(ppm.min(WHOLE_PPM)) / 100;
    let digits = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{}%", digits.trim_end_matches('0').trim_end_matches('.'))
}
