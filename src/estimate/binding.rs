//! The limits of the asynchronous run, and which of them holds it back.

use crate::estimate::cost::Attempts;
use crate::estimate::duration::{RateLimit, duration_ms, rounds_ms};
use crate::estimate::{Binding, Duration, LimitKind, LimitTime, WHOLE_PPM, Workload};
use crate::money::grouped;
use crate::prices::Vendor;

/// The limits of the backoff before the first retry and those after it, as the engine draws them.
const BACKOFF_MS: [u64; 4] = [1_000, 2_000, 4_000, 8_000];
/// Of more calls at the end than this some are refused in any case.
const LAST_CALLS_MAX: u64 = 1_000;

/// Every limit that the workload states. `cache_read_tokens_ppm`: tokens of a call, in millionths, that the provider
/// reads from its cache on average.
pub fn rate_limits(workload: &Workload, vendor: Option<&Vendor>, cache_read_tokens_ppm: u64) -> Vec<RateLimit> {
    let whole = u64::from(WHOLE_PPM);
    let uncounted_ppm = match vendor {
        Some(vendor) if !vendor.limits_count_cache_reads => cache_read_tokens_ppm,
        _ => 0,
    };
    let input_ppm = (workload.input_tokens * whole).saturating_sub(uncounted_ppm);
    let output = workload.billed_output_tokens();
    let capped_output = workload.output_cap_tokens.map_or(output, |cap| cap.max(output));
    let counts_output = vendor.is_none_or(|vendor| vendor.limits_count_output);
    let counted_output = if counts_output { capped_output } else { 0 };
    // A refused request counts as a request, and its tokens count with it: the conservative reading.
    let answered_ppm = whole - u64::from(workload.quick_failures_ppm);
    let requests_ppm = (whole * whole).div_ceil(answered_ppm);
    let attempts = |units_ppm: u64| (u128::from(units_ppm) * u128::from(whole)).div_ceil(u128::from(answered_ppm));
    let tokens = |kind, limit: u64, units_ppm: u64| RateLimit {
        units_per_call_ppm: u64::try_from(attempts(units_ppm)).unwrap_or(u64::MAX),
        ..RateLimit::tokens_per_minute(kind, limit, 0, workload.limiter)
    };
    let requests = |limit: RateLimit| RateLimit { units_per_call_ppm: requests_ppm, ..limit };
    [
        workload
            .requests_per_minute
            .map(|limit| requests(RateLimit::requests_per_minute(limit, workload.burst, workload.limiter))),
        workload
            .tokens_per_minute
            .map(|limit| tokens(LimitKind::TokensPerMinute, limit, input_ppm + counted_output * whole)),
        workload.input_tokens_per_minute.map(|limit| tokens(LimitKind::InputTokensPerMinute, limit, input_ppm)),
        workload.output_tokens_per_minute.map(|limit| tokens(LimitKind::OutputTokensPerMinute, limit, output * whole)),
        workload.requests_per_day.map(|limit| requests(RateLimit::requests_per_day(limit))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Which limit makes the asynchronous run as long as it is.
pub fn binding(workload: &Workload, attempts: Attempts, limits: &[RateLimit]) -> Binding {
    let (calls, slot_ms, in_flight) = (attempts.count(), workload.slot_ms(), workload.calls_in_flight());
    let slots = if in_flight < workload.concurrency { LimitKind::ProviderConcurrency } else { LimitKind::Concurrency };
    let mut times = vec![LimitTime { kind: slots, duration: Duration::Ms(rounds_ms(calls, slot_ms, in_flight)) }];
    times.extend(
        limits
            .iter()
            .map(|limit| LimitTime { kind: limit.kind, duration: limit.duration_ms(calls, slot_ms, in_flight).into() }),
    );
    // The first of equals: where a limit asks for no more than the concurrency does, the concurrency binds.
    let slowest = times.iter().rev().max_by_key(|time| time.duration.most_ms().unwrap_or(u64::MAX));
    let kind = slowest.map_or(slots, |time| time.kind);
    let useful = useful_concurrency(workload, limits);
    let sentence = match limits.iter().find(|limit| limit.kind == kind) {
        Some(limit) => limit_sentence(limit, useful),
        None => slots_sentence(workload, slots, calls, useful),
    };
    let change = change(workload, attempts, limits, kind, useful.map(|(count, _)| count));
    Binding { kind, sentence, change, useful_concurrency: useful.map(|(count, _)| count), limits: times }
}

/// What would make the run shorter, and how short.
fn change(
    workload: &Workload,
    attempts: Attempts,
    limits: &[RateLimit],
    kind: LimitKind,
    useful: Option<u32>,
) -> Option<String> {
    let in_flight = workload.calls_in_flight();
    let now_ms = run_duration(workload, attempts, in_flight, limits).most_ms()?;
    let (what, duration) = match kind {
        LimitKind::ProviderConcurrency => {
            return Some("Only your provider can raise that. A second provider beside it helps too.".to_owned());
        }
        LimitKind::Concurrency => {
            let most = useful.unwrap_or(u32::MAX).min(in_flight.saturating_mul(2));
            let more = most.max(in_flight.saturating_add(1));
            let duration = run_duration(workload, attempts, more, limits);
            (format!("With {}", parallel_calls(more)), duration)
        }
        _ => {
            let doubled = |limit: &RateLimit| if limit.kind == kind { limit.doubled() } else { *limit };
            let limits: Vec<RateLimit> = limits.iter().map(doubled).collect();
            let duration = run_duration(workload, attempts, in_flight, &limits);
            (format!("With twice the {}", kind.label().to_ascii_lowercase()), duration)
        }
    };
    let shorter = duration.most_ms().is_some_and(|ms| ms < now_ms);
    shorter.then(|| format!("{what} it would take {duration}."))
}

/// The calls in flight that use up the tightest limit, and that limit. A daily limit is a matter of days, not of
/// concurrency.
fn useful_concurrency(workload: &Workload, limits: &[RateLimit]) -> Option<(u32, LimitKind)> {
    limits
        .iter()
        .filter(|limit| limit.kind != LimitKind::RequestsPerDay && !limit.refuses_every_call())
        .map(|limit| (limit.useful_concurrency(workload.slot_ms()), limit.kind))
        .chain(workload.provider_concurrency.map(|most| (most.max(1), LimitKind::ProviderConcurrency)))
        .min_by_key(|(count, _)| *count)
}

fn limit_sentence(limit: &RateLimit, useful: Option<(u32, LimitKind)>) -> String {
    let a_call = number(limit.units_per_call_ppm.div_ceil(u64::from(WHOLE_PPM)));
    let most = number(limit.limit);
    let name = limit.kind.label().to_ascii_lowercase();
    let no_more =
        useful.map(|(count, _)| format!(" More than {} won't help.", parallel_calls(count))).unwrap_or_default();
    match limit.kind {
        _ if limit.refuses_every_call() && limit.limit == 0 => {
            format!("{}: a limit of 0 lets no call through. Raise it or leave it empty.", limit.kind.label())
        }
        LimitKind::RequestsPerMinute | LimitKind::RequestsPerDay if limit.refuses_every_call() => {
            "A burst of 0 requests lets no call through. Raise it or leave it empty.".to_owned()
        }
        _ if limit.refuses_every_call() => format!(
            "One call counts {a_call} tokens, more than your {most} {name}, so it can never be sent. Shorten the call or \
             raise the limit."
        ),
        LimitKind::RequestsPerDay => format!("Limited by your {most} {name}."),
        LimitKind::RequestsPerMinute => format!("Limited by your {most} {name}.{no_more}"),
        _ => format!("Limited by your {most} {name}; each call counts {a_call}.{no_more}"),
    }
}

fn slots_sentence(workload: &Workload, slots: LimitKind, calls: u64, useful: Option<(u32, LimitKind)>) -> String {
    let in_flight = workload.calls_in_flight();
    if slots == LimitKind::ProviderConcurrency {
        return format!("Limited by your provider's concurrency, which allows {}.", parallel_calls(in_flight));
    }
    if calls <= u64::from(in_flight) {
        return match calls {
            1 => "There is only 1 call to wait for.".to_owned(),
            _ => format!("All {} run at the same time.", counted_calls(calls)),
        };
    }
    let advice = match useful {
        Some((count, kind)) if count > in_flight => {
            let limit = match kind {
                LimitKind::ProviderConcurrency => "your provider allows no more".to_owned(),
                _ => format!("your {} are the limit", kind.label().to_ascii_lowercase()),
            };
            format!("More is faster, up to {}: there {limit}.", number(count.into()))
        }
        Some(_) => "Your rate limits leave room for these calls.".to_owned(),
        None => "Enter your provider's rate limit to see how far you can go.".to_owned(),
    };
    format!("Limited by concurrency ({} at a time). {advice}", number(in_flight.into()))
}

/// How long the asynchronous run takes with this many calls in flight.
pub fn run_duration(workload: &Workload, attempts: Attempts, in_flight: u32, limits: &[RateLimit]) -> Duration {
    let calls = attempts.count();
    let run_ms = duration_ms(calls, workload.slot_ms(), in_flight, limits);
    run_ms.map(|ms| ms.saturating_add(retries_ms(workload, calls, in_flight, ms))).into()
}

/// What calls that are refused at once near the end still wait when all others are done. Some of the last are refused,
/// wait up to a second, and start again; of so many evenly drawn waits the longest is `n / (n + 1)` of the limit on
/// average. Some of those are refused again, and wait up to two seconds, and so on: the longer the wait, the more calls
/// before the end it reaches back to.
fn retries_ms(workload: &Workload, calls: u64, in_flight: u32, run_ms: u64) -> u64 {
    let failing_ppm = u128::from(workload.quick_failures_ppm);
    if failing_ppm == 0 || calls == 0 {
        return 0;
    }
    let whole = u128::from(WHOLE_PPM);
    // Where no limit spaces the calls out, the last round starts together.
    let slots_bind = run_ms <= rounds_ms(calls, workload.slot_ms(), in_flight);
    let together = if slots_bind { (calls - 1) % u64::from(in_flight.max(1)) + 1 } else { 1 };
    let (mut again_ppm, mut passed_ms, mut tail_ms) = (whole, 0, 0);
    for limit_ms in BACKOFF_MS {
        let spaced = calls.saturating_mul(limit_ms / 2).div_ceil(run_ms.max(1));
        let last = together.max(spaced).min(calls).min(LAST_CALLS_MAX);
        again_ppm = again_ppm * failing_ppm / whole;
        let none_ppm = (0..last).fold(whole, |none, _| none * (whole - again_ppm) / whole);
        let refused_ppm = (u128::from(last) * again_ppm).max(whole);
        passed_ms += u128::from(workload.quick_failure_ms);
        let end_ms = passed_ms + u128::from(limit_ms) * refused_ppm / (refused_ppm + whole);
        tail_ms += end_ms.saturating_sub(tail_ms) * (whole - none_ppm) / whole;
        passed_ms += u128::from(limit_ms / 2);
    }
    u64::try_from(tail_ms).unwrap_or(u64::MAX)
}

pub fn counted_calls(calls: u64) -> String {
    if calls == 1 { "1 call".to_owned() } else { format!("{} calls", number(calls)) }
}

pub fn parallel_calls(count: u32) -> String {
    format!("{} parallel call{}", number(count.into()), if count == 1 { "" } else { "s" })
}

pub fn number(count: u64) -> String {
    grouped(&count.to_string())
}
