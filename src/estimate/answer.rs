//! The calculator's answer, put together from cost, duration and advice.

use super::*;
use crate::prices::RateCard;

pub(super) fn estimate(workload: &Workload, model: &Model, now: Time) -> Estimate {
    let sequential = quote(Way::Sequential, workload.calls, &model.card, workload, now);
    let concurrent = quote(Way::Async, paid_calls(workload), &model.card, workload, now);
    let batch = model.batch.as_ref().map(|card| quote(Way::BatchApi, paid_calls(workload), card, workload, now));
    let binding = Binding {
        kind: LimitKind::Concurrency,
        sentence: format!("The concurrency of {} binds.", workload.concurrency),
        useful_concurrency: None,
        limits: vec![LimitTime { kind: LimitKind::Concurrency, duration: concurrent.duration }],
    };
    let recommendation =
        Recommendation { way: Way::Async, headline: "Run it with calls in flight.".to_owned(), reasons: Vec::new() };
    Estimate {
        model: model.key(),
        model_name: model.name.clone(),
        price_date: model.price_date.clone(),
        sequential,
        concurrent,
        batch,
        binding,
        answered_ppm: WHOLE_PPM,
        recommendation,
        notes: Vec::new(),
    }
}

pub(super) fn model_cost(workload: &Workload, model: &Model, now: Time) -> ModelCost {
    let estimate = estimate(workload, model, now);
    ModelCost {
        model: estimate.model,
        id: model.id.clone(),
        name: model.name.clone(),
        vendor: model.vendor.clone(),
        vendor_name: prices::vendor(&model.vendor).map_or_else(String::new, |vendor| vendor.name.clone()),
        sequential: estimate.sequential.cost,
        concurrent: estimate.concurrent.cost,
        batch: estimate.batch.map(|quote| quote.cost),
        duration: estimate.concurrent.duration,
        price_date: model.price_date.clone(),
        deprecated: model.deprecated,
        core: model.core,
        fits: true,
    }
}

pub(super) fn duration(workload: &Workload) -> Duration {
    Duration::Ms(paid_calls(workload).div_ceil(u64::from(workload.concurrency)) * workload.latency_ms)
}

fn paid_calls(workload: &Workload) -> u64 {
    let paid_ppm = u64::from(WHOLE_PPM - workload.cache_hits_ppm);
    (workload.calls * paid_ppm).div_ceil(u64::from(WHOLE_PPM))
}

fn quote(way: Way, calls: u64, card: &RateCard, workload: &Workload, now: Time) -> Quote {
    let rates = card.rates(workload.input_tokens, now);
    let parts = CostParts {
        input: rates.input * workload.input_tokens * calls,
        output: rates.output * workload.output_tokens * calls,
        reasoning: rates.output * workload.reasoning_tokens * calls,
        ..CostParts::default()
    };
    let duration = match way {
        Way::Sequential => Duration::Ms(calls * workload.latency_ms),
        Way::Async => duration(workload),
        Way::BatchApi => Duration::Between { least_ms: 60_000, most_ms: 86_400_000 },
    };
    let cost = parts.total();
    Quote {
        way,
        cost,
        parts,
        cost_range: None,
        duration,
        cheapest: way == Way::BatchApi,
        fastest: way == Way::Async,
        within_budget: workload.budget.map(|budget| cost <= budget),
        within_deadline: workload.deadline_ms.map(|deadline| duration.most_ms().is_some_and(|ms| ms <= deadline)),
    }
}
