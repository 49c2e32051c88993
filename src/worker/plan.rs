//! From the four steps to what the engine takes: the plan, the price and the lane group. Pure.

use crate::dataset::TemplateProblem;
use crate::engine::{ItemFacts, LanePlan, Limits, Plan, Progress, TooLarge, WakeReason};
use crate::link::{Place, Problem, RowChoice, Setup, lane_name};
use crate::money::{PerToken, Usd};
use crate::prices::{self, RateCard, Rates};
use crate::provider::{CacheMarks, PromptCache, Provider, Wire, bills_cache_writes, check_base_url};

/// What one origin can usefully have in flight: a little below the streams of one HTTP/2 connection.
pub const IN_FLIGHT_MAX: u16 = 64;
/// Connections that a browser opens to one host over HTTP/1.1; what is above them would queue unseen.
pub const IN_FLIGHT_MAX_HTTP1: u16 = 6;
pub const HTTP1_NOTE: &str = "At most 6 calls are in flight from here on: the server speaks HTTP/1.1, over which a browser \
                              opens no more connections to one server.";
/// Arbitrary: more lanes than anyone has keys for.
pub const LANES_MAX: usize = 16;
/// The default timeout: this long, and longer for every token that may come.
const TIMEOUT_MS_BASE: u64 = 60_000;
/// A slow model, below which waiting longer helps nobody.
const TOKENS_PER_SECOND_MIN: u64 = 20;
/// What is assumed where the output has no cap.
const OUTPUT_TOKENS_ASSUMED: u64 = 4_096;

pub fn problem(place: Place, message: impl Into<String>) -> Problem {
    Problem { place, message: message.into() }
}

/// The run of all rows with one candidate of a comparison, under what the comparison has left of its budget.
pub fn rest_with(setup: &Setup, lane: usize, progress: &Progress) -> Result<Setup, Problem> {
    if lane >= setup.candidates().unwrap_or(0) {
        return Err(problem(Place::Run, "This run has no such candidate."));
    }
    let taken = progress.spent + progress.doubtful + progress.reserved;
    let budget = match progress.budget {
        Some(budget) if budget <= taken => {
            return Err(problem(
                Place::Run,
                "The comparison has used up its budget. Press New run, choose the model, and enter a new budget. Answers \
                 that are in the request cache aren\u{2019}t paid for again.",
            ));
        }
        budget => budget.map(|budget| budget - taken),
    };
    Ok(Setup { budget, compare: false, rows: RowChoice::All, more_lanes: Vec::new(), ..setup.of_lane(lane) })
}

/// Every candidate of a comparison answers for itself: its rows are neither handed over nor answered from elsewhere.
pub fn refuse_compared(setup: &Setup) -> Result<(), Problem> {
    let words = "A comparison works with no Batch API and no imported answers. Choose a candidate and run the rest with it; \
                 that run does.";
    setup.candidates().map_or(Ok(()), |_| Err(problem(Place::Run, words)))
}

/// What the engine is asked to do. Nothing is refused here: a run that was started can be read whatever is forbidden by
/// now.
pub fn plan(setup: &Setup) -> Plan {
    Plan {
        lanes: (0..setup.lanes()).map(|lane| lane_plan(&setup.of_lane(lane))).collect(),
        budget: setup.budget,
        output_tokens_max: setup.output_tokens_max,
        max_retries: setup.max_retries,
        reasks: setup.reasks,
        timeout_ms: setup.timeout_s.map_or_else(|| timeout_ms(setup), |seconds| u64::from(seconds) * 1_000),
        use_cache: setup.use_cache,
        first_call_alone: (0..setup.lanes()).any(|lane| setup.of_lane(lane).provider.is_remote()),
        compare: setup.candidates().is_some(),
        warm_up: setup.prompt_cache != PromptCache::Off && (0..setup.lanes()).any(|lane| marks_prompts(setup, lane)),
    }
}

/// The same for a run that is to start, or the first thing that forbids it.
pub fn checked_plan(setup: &Setup) -> Result<Plan, Problem> {
    if setup.lanes() > LANES_MAX {
        return Err(problem(Place::Provider, format!("A run has at most {LANES_MAX} lanes. Remove some.")));
    }
    for lane in 0..setup.lanes() {
        check(&setup.of_lane(lane)).map_err(|found| of_lane(setup, lane, found))?;
    }
    Ok(plan(setup))
}

/// The lane's provider keeps what is marked, and reads it from the second call on.
fn marks_prompts(setup: &Setup, lane: usize) -> bool {
    let lane = setup.of_lane(lane);
    lane.provider.cache_marks(&lane.base_url, &lane.model) != CacheMarks::None
}

fn lane_plan(lane: &Setup) -> LanePlan {
    let limits = bounded(lane, lane.limits.clone());
    let (accounting, documents_cost) = (lane.provider.accounting(), lane.provider.documents_cost());
    LanePlan { limits, card: card(lane), accounting, documents_cost }
}

/// Where there are several lanes, a complaint names its own.
pub fn of_lane(setup: &Setup, lane: usize, found: Problem) -> Problem {
    match setup.lanes() {
        1 => found,
        _ => problem(found.place, format!("{}: {}", lane_name(lane), found.message)),
    }
}

fn check(setup: &Setup) -> Result<(), Problem> {
    if setup.model.trim().is_empty() {
        return Err(problem(Place::Provider, "No model is chosen. Choose or enter one, then start again."));
    }
    if setup.provider.is_remote() {
        check_base_url(&setup.base_url).map_err(|message| problem(Place::Provider, message))?;
    }
    let limits = &setup.limits;
    if limits.concurrency == 0 {
        return Err(problem(Place::Limits, "Concurrency is 0, so nothing could be sent. Enter 1 or more."));
    }
    let zero = [
        (limits.requests_per_minute == Some(0), "Requests per minute"),
        (limits.tokens_per_minute == Some(0), "Tokens per minute"),
        (limits.input_tokens_per_minute == Some(0), "Input tokens per minute"),
        (limits.output_tokens_per_minute == Some(0), "Output tokens per minute"),
        (limits.requests_per_day == Some(0), "Requests per day"),
    ];
    if let Some((_, name)) = zero.into_iter().find(|(is_zero, _)| *is_zero) {
        return Err(problem(Place::Limits, format!("{name} is 0, so nothing could be sent. Leave it empty for none.")));
    }
    if setup.timeout_s == Some(0) {
        return Err(problem(Place::Limits, "Timeout is 0 seconds. Leave it empty for the default."));
    }
    if setup.output_tokens_max == Some(0) {
        return Err(problem(Place::Provider, "Max output tokens is 0. Leave it empty for no cap."));
    }
    let cap_min = setup.wire().cap_min();
    if setup.output_tokens_max.is_some_and(|cap| cap < cap_min) {
        let message =
            format!("{} takes no Max output tokens below {cap_min}. Raise it, then start again.", setup.model.trim());
        return Err(problem(Place::Provider, message));
    }
    if setup.budget.is_some() { check_budget(setup, card(setup).as_ref()) } else { Ok(()) }
}

/// A row that is larger than what a whole minute lets through would be refused for ever.
pub fn check_sizes(plan: &Plan, facts: &[ItemFacts]) -> Result<(), Problem> {
    let Some(TooLarge { item, tokens, limit, reason }) = plan.too_large(facts) else { return Ok(()) };
    let (cap, row) = (plan.output_tokens_max.unwrap_or(0), u64::from(item) + 1);
    let (needs, mend) = match reason {
        WakeReason::InputTokensPerMinute => {
            (format!("{tokens} input tokens, more than the {limit} input tokens"), "or shorten that row")
        }
        WakeReason::OutputTokensPerMinute => {
            (format!("{tokens} output tokens, more than the {limit} output tokens"), "or lower Max output tokens")
        }
        _ => (
            format!("{tokens} tokens ({cap} of them for its answer), more than the {limit} tokens"),
            "lower Max output tokens, or shorten that row",
        ),
    };
    Err(problem(
        Place::Limits,
        format!("Row {row} needs about {needs} per minute let through at all. Raise the limit, {mend}."),
    ))
}

/// A cap can be kept only where the worst case of every call is known.
fn check_budget(setup: &Setup, card: Option<&RateCard>) -> Result<(), Problem> {
    if setup.output_tokens_max.is_none() {
        return Err(problem(
            Place::Provider,
            "A budget needs Max output tokens: without it, nobody can say what a call may cost at most. \
             Enter it, or leave the budget empty.",
        ));
    }
    if card.is_none() {
        return Err(problem(
            Place::Provider,
            format!(
                "A budget needs a price, and none is known for {}. Enter its input and output price, or leave the \
                 budget empty.",
                setup.model
            ),
        ));
    }
    if setup.budget == Some(Usd::ZERO) {
        return Err(problem(Place::Limits, "The budget is $0, so nothing could be sent. Leave it empty for none."));
    }
    Ok(())
}

/// The catalogue's card, with its tiers and dates, unless the person states another price. `None`: unknown.
pub fn card(setup: &Setup) -> Option<RateCard> {
    let catalogued = prices::find_at(setup.provider, &setup.model).map(|model| &model.card);
    let listed = catalogued.or(setup.listed_card.as_ref());
    let card = match (setup.input_price, setup.output_price) {
        (Some(input), Some(output)) => match listed {
            Some(card) if card.base.input == input && card.base.output == output => card.clone(),
            _ => stated_card(setup, input, output),
        },
        (None, None) => listed?.clone(),
        // Half a price is none: the other half is never taken for zero.
        _ => return None,
    };
    Some(RateCard { keeps_an_hour: setup.prompt_cache == PromptCache::OneHour, ..card })
}

/// A person states two prices. Those of the cache follow from the first, rounded up: Anthropic's are 1.25 times for a
/// write, twice for one that is kept an hour, and a tenth for a read. OpenAI's models that bill writes do so at 1.25 times,
/// whoever hands the calls on to them.
fn stated_card(setup: &Setup, input: PerToken, output: PerToken) -> RateCard {
    let card = RateCard::flat(input, output);
    let times = |numerator: u64, denominator: u64| PerToken(input.0.saturating_mul(numerator).div_ceil(denominator));
    let base = match setup.wire() {
        Wire::AnthropicMessages => {
            Rates { cache_read: times(1, 10), cache_write: times(5, 4), cache_write_1h: times(2, 1), ..card.base }
        }
        _ if bills_cache_writes(&setup.model) && setup.provider.is_hosted() => {
            Rates { cache_write: times(5, 4), ..card.base }
        }
        _ => card.base,
    };
    RateCard { base, ..card }
}

/// Limits as they can be kept here.
pub fn bounded(setup: &Setup, mut limits: Limits) -> Limits {
    limits.concurrency = limits.concurrency.min(in_flight_max(setup));
    limits
}

pub fn in_flight_max(setup: &Setup) -> u16 {
    if speaks_http1(setup) { IN_FLIGHT_MAX_HTTP1 } else { IN_FLIGHT_MAX }
}

/// Browsers speak HTTP/2 over TLS only.
fn speaks_http1(setup: &Setup) -> bool {
    let scheme = setup.base_url.trim().get(..7).unwrap_or_default();
    setup.provider.is_remote() && scheme.eq_ignore_ascii_case("http://")
}

/// What binds although the person didn't ask for it.
pub fn notes(setup: &Setup) -> Vec<String> {
    let of = |lane: usize| {
        lane_note(&setup.of_lane(lane)).map(|note| of_lane(setup, lane, problem(Place::Run, note)).message)
    };
    (0..setup.lanes()).filter_map(of).collect()
}

fn lane_note(setup: &Setup) -> Option<String> {
    let most = in_flight_max(setup);
    let why = match speaks_http1(setup) {
        true => "over http:// a browser opens no more connections to one server",
        false => "more do not get through one connection at once",
    };
    let asked = setup.limits.concurrency;
    (asked > most).then(|| format!("At most {most} calls are in flight, although {asked} were asked for: {why}."))
}

/// A minute, and a second for every twenty tokens that may come.
pub fn timeout_ms(setup: &Setup) -> u64 {
    let tokens = setup.output_tokens_max.map_or(OUTPUT_TOKENS_ASSUMED, u64::from);
    TIMEOUT_MS_BASE + tokens * 1_000 / TOKENS_PER_SECOND_MIN
}

/// Which requests may share an answer: those to the same endpoint. The model is part of the request.
pub fn group(setup: &Setup) -> String {
    match setup.provider {
        Provider::Demo => "demo".into(),
        _ => setup.base_url.trim().trim_end_matches('/').into(),
    }
}

/// A key that can't be a header would fail in the browser with words that quote it.
pub fn check_key(key: &str) -> Result<(), Problem> {
    if key.is_empty() || key.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(problem(
            Place::Provider,
            "The API key holds a space, a line break or a letter that keys don't have. Paste it again.",
        ));
    }
    Ok(())
}

pub fn template_words(found: &TemplateProblem) -> String {
    match found {
        TemplateProblem::Syntax { message, line } => {
            format!("The prompt can't be read at line {line}: {message}. Correct it, then start again.")
        }
        TemplateProblem::UnknownColumn { name, columns } => {
            format!("The data has no column \u{201c}{name}\u{201d}. It has: {}.", columns.join(", "))
        }
        found @ TemplateProblem::RightAnswer { .. } => found.to_string(),
        TemplateProblem::Row { row, message } => {
            format!("The prompt fails on row {}: {message}. Nothing was sent.", u64::from(*row) + 1)
        }
        TemplateProblem::Empty => "The user prompt is empty. Write one, with {{column}} where a cell is to go.".into(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::link::{DemoSettings, LaneSetup};
    use crate::provider::AnswerFormat;
    use crate::time::Time;

    #[test]
    fn a_budget_needs_a_cap_and_a_price() {
        let mut setup = setup();
        setup.budget = Usd::parse("0.01");
        assert!(checked_plan(&setup).is_ok());
        setup.output_tokens_max = None;
        assert!(checked_plan(&setup).unwrap_err().message.contains("Max output tokens"));
        setup.output_tokens_max = Some(8);
        setup.model = "nobody-knows-it".into();
        assert!(checked_plan(&setup).unwrap_err().message.contains("nobody-knows-it"));
        setup.input_price = Some(PerToken(1));
        assert!(checked_plan(&setup).is_err(), "half a price is none");
        setup.output_price = Some(PerToken(2));
        assert_eq!(checked_plan(&setup).unwrap().lanes[0].card, Some(RateCard::flat(PerToken(1), PerToken(2))));
    }

    #[test]
    fn what_anthropic_keeps_has_its_prices_whoever_states_them() {
        let mut setup = Setup { provider: Provider::Anthropic, model: "claude-haiku-4-5".into(), ..setup() };
        let listed = card(&setup).unwrap();
        assert!(!listed.keeps_an_hour);
        setup.input_price = Some(PerToken(1_000_000));
        setup.output_price = Some(PerToken(5_000_000));
        assert_eq!(card(&setup).as_ref(), Some(&listed), "the list's own prices bring its whole card");
        setup.output_price = Some(PerToken(4_000_000));
        setup.prompt_cache = PromptCache::OneHour;
        let own = card(&setup).unwrap();
        assert!(own.keeps_an_hour);
        assert_eq!(own.base, Rates { output: PerToken(4_000_000), ..listed.base });
    }

    #[test]
    fn http_without_tls_takes_six_calls_at_a_time_and_says_so() {
        let mut setup = setup();
        setup.provider = Provider::OpenAiCompatible;
        setup.base_url = "HTTP://localhost:8080/v1".into();
        setup.limits.concurrency = 20;
        assert_eq!(checked_plan(&setup).unwrap().lanes[0].limits.concurrency, 6);
        assert!(notes(&setup)[0].contains("At most 6 calls"));
        setup.base_url = "https://localhost:8080/v1".into();
        assert_eq!(checked_plan(&setup).unwrap().lanes[0].limits.concurrency, 20);
        assert!(notes(&setup).is_empty());
    }

    #[test]
    fn a_row_above_the_tokens_of_a_minute_is_named_before_anything_is_sent() {
        let mut setup = setup();
        setup.limits.tokens_per_minute = Some(100);
        let of = |setup: &Setup| checked_plan(setup).unwrap();
        let row = |input_estimate| ItemFacts { leader: 0, input_estimate, input_bound: 500, maybe_cached: false };
        assert_eq!(check_sizes(&of(&setup), &[row(50), row(92)]), Ok(()));
        let message = check_sizes(&of(&setup), &[row(50), row(93)]).unwrap_err().message;
        assert!(message.starts_with("Row 2 needs about 101 tokens"), "{message}");
        (setup.limits.tokens_per_minute, setup.limits.input_tokens_per_minute) = (None, Some(80));
        let message = check_sizes(&of(&setup), &[row(50), row(93)]).unwrap_err().message;
        assert!(message.starts_with("Row 2 needs about 93 input tokens, more than the 80 input tokens"), "{message}");
    }

    #[test]
    fn every_lane_has_its_own_limits_price_and_complaint() {
        let mut setup = setup();
        setup.budget = Usd::parse("1");
        setup.more_lanes.push(lane("https://b.example/v1", "gpt-4o"));
        let made = checked_plan(&setup).unwrap();
        assert_eq!(made.lanes.len(), 2);
        assert_ne!(made.lanes[0].card, made.lanes[1].card);
        assert_eq!(made.lanes[1].limits.concurrency, 3);
        setup.more_lanes[0].base_url = "http://localhost:8001/v1".into();
        setup.more_lanes[0].limits.concurrency = 20;
        assert_eq!(
            notes(&setup),
            [
                "Lane 2: At most 6 calls are in flight, although 20 were asked for: over http:// a browser opens no more \
             connections to one server."
            ]
        );
        setup.more_lanes[0].model = "nobody-knows-it".into();
        let message = checked_plan(&setup).unwrap_err().message;
        assert!(message.starts_with("Lane 2: A budget needs a price"), "{message}");
        setup.more_lanes = (0..LANES_MAX).map(|_| lane("https://b.example/v1", "gpt-4o")).collect();
        assert!(checked_plan(&setup).unwrap_err().message.contains("at most 16 lanes"));
    }

    fn lane(base_url: &str, model: &str) -> LaneSetup {
        LaneSetup {
            provider: Provider::OpenAiCompatible,
            base_url: base_url.into(),
            model: model.into(),
            input_price: None,
            output_price: None,
            listed_card: None,
            limits: Limits { concurrency: 3, ..Limits::default() },
            variant: None,
        }
    }

    #[test]
    fn the_timeout_grows_with_the_output_cap() {
        let mut setup = setup();
        assert_eq!(checked_plan(&setup).unwrap().timeout_ms, 60_400);
        setup.output_tokens_max = Some(4_000);
        assert_eq!(checked_plan(&setup).unwrap().timeout_ms, 260_000);
        setup.timeout_s = Some(7);
        assert_eq!(checked_plan(&setup).unwrap().timeout_ms, 7_000);
    }

    #[test]
    fn a_run_is_read_whatever_is_forbidden_by_now() {
        let mut setup = setup();
        (setup.budget, setup.output_tokens_max, setup.timeout_s) = (Usd::parse("1"), None, Some(0));
        setup.base_url = "ftp://nowhere".into();
        setup.more_lanes = (0..LANES_MAX).map(|_| lane("https://b.example/v1", "nobody-knows-it")).collect();
        assert!(checked_plan(&setup).is_err());
        assert_eq!(super::plan(&setup).lanes.len(), LANES_MAX + 1);
    }

    #[test]
    fn what_could_send_nothing_is_refused() {
        for spoil in [
            (|setup: &mut Setup| setup.limits.concurrency = 0) as fn(&mut Setup),
            |setup| setup.limits.requests_per_minute = Some(0),
            |setup| setup.model = " ".into(),
            |setup| setup.timeout_s = Some(0),
        ] {
            let mut setup = setup();
            spoil(&mut setup);
            assert!(checked_plan(&setup).is_err(), "{setup:?}");
        }
    }

    #[test]
    fn keys_that_no_header_can_carry_are_refused_without_being_quoted() {
        assert!(check_key("sk-abc_123").is_ok());
        for bad in ["", "sk abc", "sk-\u{fc}", "sk-abc\n"] {
            let message = check_key(bad).unwrap_err().message;
            assert!(bad.is_empty() || !message.contains(bad));
        }
    }

    #[test]
    fn the_rest_goes_to_one_candidate_and_what_is_left_of_the_budget() {
        let usd = |text: &str| Usd::parse(text).expect("an amount");
        let lane = lane("", "gpt-5-nano");
        let compared = Setup { compare: true, more_lanes: vec![lane], budget: Some(usd("5")), ..setup() };
        let start = Time::from_ms(0);
        let begun = Engine::new(plan(&compared), Vec::new(), 1, start).progress(start);
        let progress = |budget: &str, spent: &str| Progress {
            budget: Some(usd(budget)),
            spent: usd(spent),
            doubtful: usd("0.1"),
            reserved: usd("0.2"),
            ..begun.clone()
        };
        let rest = rest_with(&compared, 1, &progress("5", "1.5")).expect("a setup");
        assert_eq!((rest.model.as_str(), rest.budget, rest.lanes()), ("gpt-5-nano", Some(usd("3.2")), 1));
        assert_eq!((rest.compare, rest.rows), (false, RowChoice::All));
        // As it was changed last, not as it was when the comparison began.
        assert_eq!(rest_with(&compared, 1, &progress("2", "1.5")).map(|rest| rest.budget), Ok(Some(usd("0.2"))));
        assert!(rest_with(&compared, 1, &progress("5", "4.7")).is_err());
        assert!(rest_with(&compared, 2, &progress("5", "1.5")).is_err());
        assert!(rest_with(&setup(), 0, &progress("5", "1.5")).is_err());
    }

    pub(in crate::worker) fn setup() -> Setup {
        Setup {
            id_column: None,
            system: String::new(),
            user: "{{name}}".into(),
            provider: Provider::Demo,
            base_url: String::new(),
            model: "gpt-4o-mini".into(),
            input_price: None,
            output_price: None,
            output_tokens_max: Some(8),
            temperature: None,
            limits: Limits::default(),
            max_retries: 4,
            timeout_s: None,
            budget: None,
            use_cache: true,
            fold_near_duplicates: false,
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
}
