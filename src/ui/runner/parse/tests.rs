//! What the form's texts mean, and what is refused.

use std::rc::Rc;

use super::*;
use crate::prices::{RateCard, RouterList, RouterModel};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::limits_step::{LimitsStep, LimitsStepProps};
use crate::ui::runner::run_limits;
use crate::ui::runner::tests::{data, drawn, typed, usd};
use crate::ui::store::{FormAction, PriceSource};

fn ready() -> Form {
    Form::default().after(&FormAction::DataRead(Box::new(data())))
}

#[test]
fn nothing_starts_with_a_wrong_field() {
    let ready = Form::default().after(&FormAction::DataRead(Box::new(data())));
    assert_eq!(complaints(&ready), []);
    assert_eq!(faults(&ready, None, None)[0].1.0, Field::DataFile);
    for (field, text) in [
        (Field::Concurrency, ""),
        (Field::Concurrency, "65"),
        (Field::Concurrency, "ten"),
        (Field::Concurrency, "1,5"),
        (Field::RequestsPerMinute, "0"),
        (Field::TokensPerMinute, "1e6"),
        (Field::Temperature, "2.5"),
        (Field::Budget, "0"),
        (Field::Budget, "five"),
        (Field::Budget, "-1"),
        (Field::MaxRetries, "21"),
        (Field::Timeout, "0"),
        (Field::UserPrompt, " "),
        (Field::Model, ""),
        (Field::InputPrice, "cheap"),
    ] {
        let problems = complaints(&typed(&ready, field, text));
        assert!(problems.iter().any(|(at, words)| *at == field && words.ends_with('.')), "{field:?} {text}");
    }
}

#[test]
fn a_model_of_the_calculator_arrives_where_it_is_served() {
    let arrived = |model: &str| {
        let form = ready().after(&FormAction::Linked(vec![(Field::Model, model.to_owned().into())]));
        (form.endpoints.first.provider, form.text(Field::Model).to_string(), form.text(Field::BaseUrl).to_string())
    };
    for (model, provider, name) in [
        ("gpt-5.5-pro", Provider::OpenAi, "gpt-5.5-pro"),
        ("fireworks/kimi-k3", Provider::Fireworks, "accounts/fireworks/models/kimi-k3"),
        ("zai/glm-5.2", Provider::OpenRouter, "z-ai/glm-5.2"),
        ("nobody-lists-it", Provider::Demo, "nobody-lists-it"),
    ] {
        assert_eq!(arrived(model), (provider, name.to_owned(), provider.preset().base_url.to_owned()), "{model}");
    }
}

#[test]
fn a_router_s_list_prices_its_models_there_and_nowhere_else() {
    let card = RateCard::flat(PerToken(1_400_000), PerToken(4_400_000));
    let model = RouterModel { id: "z-ai/glm-9".into(), card: card.clone() };
    let list = Rc::new(RouterList { models: vec![model], unpriced: 0 });
    let form = ready().after(&FormAction::Provider(0, Provider::OpenRouter));
    let form = typed(&form, Field::Model, "z-ai/glm-9").after(&FormAction::RouterPrices(list));
    assert_eq!(
        (form.endpoints.first.price_source.clone(), form.text(Field::InputPrice).as_str()),
        (PriceSource::Router, "1.40")
    );
    assert_eq!(prompts_and_endpoints(&form).listed_card, Some(card));
    let elsewhere = form.after(&FormAction::Provider(0, Provider::Groq));
    assert_eq!(prompts_and_endpoints(&elsewhere).listed_card, None);
    assert_ne!(elsewhere.endpoints.first.price_source, PriceSource::Router);
}

#[test]
fn the_responses_api_takes_no_low_cap() {
    let form = ready().after(&FormAction::Provider(0, Provider::OpenAi));
    let low = |model: &str| {
        let form = typed(&typed(&form, Field::Model, model), Field::MaxOutputTokens, "15");
        faults(&form, Some(&data()), None).iter().any(|(_, (field, _))| *field == Field::MaxOutputTokens)
    };
    assert!(low("gpt-5.5-pro") && !low("gpt-4o-mini"));
}

#[test]
fn a_budget_needs_prices_and_a_cap() {
    let ready = typed(&Form::default().after(&FormAction::DataRead(Box::new(data()))), Field::Budget, "$0.01");
    assert_eq!(complaints(&ready), []);
    assert_eq!(setup(&ready).budget, Some(usd("0.01")));
    assert_eq!(complaints(&typed(&ready, Field::MaxOutputTokens, ""))[0].0, Field::MaxOutputTokens);
    let unpriced = typed(&ready, Field::Model, "my-own-model");
    assert_eq!(
        complaints(&unpriced).iter().map(|(at, _)| *at).collect::<Vec<_>>(),
        [Field::InputPrice, Field::OutputPrice]
    );
}

#[test]
fn only_addresses_that_a_browser_may_call_are_taken() {
    let form = Form::default().after(&FormAction::DataRead(Box::new(data())));
    let form = form.after(&FormAction::Provider(0, Provider::OpenAiCompatible));
    for (url, good) in [
        ("https://api.openai.com/v1", true),
        ("http://localhost:11434/v1", true),
        ("http://127.0.0.1:8443/v1", true),
        ("", false),
        ("api.openai.com/v1", false),
        ("http://api.openai.com/v1", false),
        ("http://localhost.example.com/v1", false),
        ("ftp://localhost", false),
    ] {
        assert_eq!(complaints(&typed(&form, Field::BaseUrl, url)).is_empty(), good, "{url}");
    }
}

#[test]
fn lanes_are_paced_as_their_provider_documents_it() {
    let limits = |provider, rpm: &str, burst: &str| {
        let form = Form::default().after(&FormAction::Provider(0, provider));
        let form = typed(&typed(&form, Field::RequestsPerMinute, rpm), Field::Burst, burst);
        let setup = setup(&form);
        (setup.limits.model, setup.limits.burst)
    };
    assert_eq!(limits(Provider::OpenAiCompatible, "600", ""), (LimiterModel::Window, Burst::Auto));
    assert_eq!(limits(Provider::Anthropic, "600", ""), (LimiterModel::Bucket, Burst::Auto));
    assert_eq!(limits(Provider::Xai, "600", ""), (LimiterModel::Bucket, Burst::Requests(10)));
    assert_eq!(limits(Provider::Together, "30", ""), (LimiterModel::Bucket, Burst::Requests(1)));
    assert_eq!(limits(Provider::Together, "", ""), (LimiterModel::Window, Burst::Auto));
    assert_eq!(limits(Provider::Xai, "600", "7"), (LimiterModel::Bucket, Burst::Requests(7)));
}

#[test]
fn an_opened_runs_setup_comes_back_as_it_was() {
    let form = Form::default().after(&FormAction::DataRead(Box::new(data())));
    let form = typed(&form, Field::RequestsPerMinute, "3000");
    let form = typed(&form, Field::Budget, "0.5");
    let form = typed(&form, Field::InputPrice, "0.123");
    let setup = setup(&form);
    let restored = Form::default().after(&FormAction::Restored(Box::new(setup.clone())));
    assert_eq!(parse(&restored), Ok(setup));
    assert_eq!(complaints(&restored), []);
    assert_eq!(restored.endpoints.first.price_source, PriceSource::Own);
}

#[test]
fn an_opened_comparisons_candidates_are_no_lanes_of_the_next_run() {
    let form = Form::default().after(&FormAction::DataRead(Box::new(data())));
    let form = form.after(&FormAction::Provider(0, Provider::OpenAiCompatible));
    let form = typed(&typed(&form, Field::BaseUrl, "https://a.example/v1"), Field::ApiKey, "key-one");
    let form = lane_typed(&form.after(&FormAction::AddLane), 1, Field::ApiKey, "key-two");
    let own = setup(&form);
    let candidate = LaneSetup { model: "another".into(), ..own.more_lanes[0].clone() };
    let compared = Setup { compare: true, more_lanes: vec![own.more_lanes[0].clone(), candidate], ..own.clone() };
    let opened = form.after(&FormAction::Restored(Box::new(compared)));
    assert_eq!(opened.endpoints.len(), 3, "their limits can be changed while it is open");
    let next = opened.after(&FormAction::NewRun);
    assert_eq!(setup(&next).more_lanes, own.more_lanes);
    assert_eq!(next.endpoint(1).text(Field::ApiKey), "key-two");
    let of_two_lanes = Form::default().after(&FormAction::Restored(Box::new(own)));
    assert_eq!(of_two_lanes.after(&FormAction::NewRun).endpoints.len(), 2, "lanes of a run that compares nothing stay");
}

fn lane_typed(form: &Form, lane: usize, field: Field, text: &str) -> Form {
    form.after(&FormAction::Typed(lane, field, AttrValue::from(text.to_owned())))
}

#[test]
fn another_key_is_a_lane_with_the_first_ones_settings_and_its_own_complaints() {
    let form = Form::default().after(&FormAction::DataRead(Box::new(data())));
    let form = form.after(&FormAction::Provider(0, Provider::OpenAiCompatible));
    let form = typed(&typed(&form, Field::BaseUrl, "https://a.example/v1"), Field::ApiKey, "key-one");
    let form = typed(&typed(&form, Field::RequestsPerMinute, "500"), Field::Budget, "1").after(&FormAction::AddLane);
    assert_eq!(form.endpoint(1).text(Field::ApiKey), "", "a key is entered, never copied");
    let same = lane_typed(&form, 1, Field::ApiKey, "key-one");
    let (lane, (field, words)) = &lane_complaints(&same)[0];
    assert_eq!((*lane, *field), (1, Field::ApiKey));
    assert!(words.starts_with("Lane 1 has the same model and key"), "{words}");
    let other = lane_typed(&form, 1, Field::ApiKey, "key-two");
    assert_eq!(lane_complaints(&other), []);
    let lanes = setup(&other).more_lanes;
    assert_eq!(lanes[0].base_url, "https://a.example/v1");
    assert_eq!(lanes[0].limits.requests_per_minute, Some(500));
    let unknown = lane_typed(&other, 1, Field::Model, "my-own-model");
    let fields: Vec<Field> = lane_complaints(&unknown).into_iter().map(|(_, (field, _))| field).collect();
    assert_eq!(fields, [Field::InputPrice, Field::OutputPrice], "the budget needs every lane's prices");
    // The lane's key leaves with its own server, and the first lane's stays.
    let moved = lane_typed(&other, 1, Field::BaseUrl, "https://b.example/v1");
    assert_eq!((moved.endpoint(1).text(Field::ApiKey).as_str(), moved.text(Field::ApiKey).as_str()), ("", "key-one"));
    let setup = setup(&other);
    let restored = other.after(&FormAction::Restored(Box::new(setup.clone())));
    assert_eq!(restored.endpoint(1).text(Field::ApiKey), "key-two");
    assert_eq!(parse(&restored), Ok(setup));
    assert_eq!(other.after(&FormAction::RemoveLane(1)).endpoints.len(), 1);
}

/// Numbers as people type them, in every field of the form that takes one: what each is taken for.
#[test]
fn numbers_are_taken_for_what_was_typed() {
    let read = |field, text: &str| setup(&typed(&ready(), field, text));
    for (text, amount) in [
        ("0.50", "0.5"),
        ("$5", "5"),
        ("5 USD", "5"),
        ("1,000", "1000"),
        ("1 000", "1000"),
        ("1\u{202f}000.25", "1000.25"),
        ("\u{ff15}", "5"),
        ("0.000001", "0.000001"),
    ] {
        assert_eq!(read(Field::Budget, text).budget, Some(usd(amount)), "{text}");
    }
    for (text, price) in [("0.15", 150_000), ("$0.075", 75_000), ("0.000001", 1), ("1,250", 1_250_000_000)] {
        assert_eq!(read(Field::InputPrice, text).input_price, Some(PerToken(price)), "{text}");
    }
    for (text, count) in [("500", 500), ("5,000", 5_000), ("5 000", 5_000), ("200k", 200_000), ("1.5M", 1_500_000)] {
        assert_eq!(read(Field::RequestsPerMinute, text).limits.requests_per_minute, Some(count), "{text}");
        assert_eq!(read(Field::TokensPerMinute, text).limits.tokens_per_minute, Some(count.into()), "{text}");
    }
    for (text, temperature) in [("0", 0.0), ("0.7", 0.7), (".1", 0.1), ("2.0", 2.0), ("0.333333", 0.333333)] {
        assert_eq!(read(Field::Temperature, text).temperature, Some(temperature), "{text}");
    }
    assert_eq!(read(Field::MaxRetries, "").max_retries, 4, "as the placeholder says");
    assert_eq!(read(Field::Timeout, "30 s").timeout_s, Some(30));
    let demo = setup(&typed(&typed(&ready(), Field::DemoErrors, "2.5%"), Field::DemoLatency, "1,500 ms")).demo;
    assert_eq!((demo.errors_ppm, demo.latency_ms, demo.rate_limited_ppm), (25_000, 1_500, 5_000));
}

/// What could mean another number, or none: there is no setup, so no estimate, and nothing starts.
#[test]
fn a_number_that_cannot_be_read_leaves_nothing_to_estimate() {
    for (field, text, words) in [
        (Field::Budget, "0,50", "Use a point for decimals: 0.50."),
        (Field::Budget, "5,00", "Use a point for decimals: 5.00."),
        (Field::Budget, "2,5", "Use a point for decimals: 2.5."),
        (Field::Budget, "1.000,50", "Use a point for decimals: 1000.50."),
        (Field::Budget, "5e-1", "Budget needs a plain number, without \u{201c}e\u{201d}."),
        (Field::Budget, "\u{20ac}5", "Budget needs a plain number, without \u{201c}\u{20ac}\u{201d}."),
        (Field::Budget, "10%", "Budget needs a plain number, without \u{201c}%\u{201d}."),
        (Field::Budget, "0", "Budget goes from $0.000001 to $1,000,000,000.00."),
        (Field::Budget, "\u{2212}5", "Budget goes from $0.000001 to $1,000,000,000.00."),
        (Field::InputPrice, "0,15", "Use a point for decimals: 0.15."),
        (Field::OutputPrice, "0,075", "Use a point for decimals: 0.075."),
        (
            Field::Concurrency,
            "1,5",
            "Concurrency takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.",
        ),
        (Field::Concurrency, "", "Concurrency needs a number."),
        (Field::Concurrency, "65", "Concurrency goes from 1 to 64."),
        (
            Field::MaxOutputTokens,
            "1,5",
            "Max output tokens takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.",
        ),
        (Field::RequestsPerMinute, "5OO", "Requests per minute needs a plain number, without \u{201c}O\u{201d}."),
        (
            Field::RequestsPerMinute,
            "1.000",
            "Requests per minute takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.",
        ),
        (Field::TokensPerMinute, "1e6", "Tokens per minute needs a plain number, without \u{201c}e\u{201d}."),
        (Field::Temperature, "0,7", "Use a point for decimals: 0.7."),
        (Field::Temperature, "2.5", "Temperature goes from 0 to 2."),
        (Field::MaxRetries, "four", "Max retries needs a plain number, without \u{201c}f\u{201d}."),
        (Field::Timeout, "5m", "Timeout needs a plain number, without \u{201c}m\u{201d}."),
        (Field::DemoErrors, "2,5", "Use a point for decimals: 2.5."),
        (Field::DemoLatency, "", "Demo latency needs a number."),
    ] {
        let form = typed(&ready(), field, text);
        assert_eq!(parse(&form), Err(vec![(0, (field, words.to_owned()))]), "{field:?} {text}");
        assert_eq!(faults(&form, Some(&data()), None)[0], (0, (field, words.to_owned())), "{field:?} {text}");
    }
}

#[test]
fn a_lane_that_cannot_be_read_leaves_nothing_to_estimate() {
    let form = lane_typed(&ready().after(&FormAction::AddLane), 1, Field::TokensPerMinute, "2,5");
    let words = "Tokens per minute takes whole numbers; separate thousands by a comma, as in 1,234, or not at all.";
    assert_eq!(parse(&form), Err(vec![(1, (Field::TokensPerMinute, words.to_owned()))]));
}

#[test]
fn limits_and_budget_of_an_open_run_are_read_alike() {
    let form = typed(&ready(), Field::Budget, "1 000.50");
    assert_eq!(parse_limits(&form).expect("all can be read").1, Some(usd("1000.5")));
    for (field, text) in [
        (Field::Budget, "0,50"),
        (Field::Budget, "1.000,50"),
        (Field::Concurrency, "1,5"),
        (Field::Concurrency, ""),
        (Field::RequestsPerMinute, "5OO"),
        (Field::TokensPerMinute, "1.000"),
    ] {
        let problems = parse_limits(&typed(&ready(), field, text)).expect_err(text);
        assert_eq!(problems.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [field], "{text}");
    }
}

#[test]
fn the_demo_is_read_only_where_it_is_asked() {
    let wrong = typed(&ready(), Field::DemoLatency, "0,4");
    assert!(parse_demo(&wrong).is_err() && parse(&wrong).is_err());
    assert!(parse(&wrong.after(&FormAction::Provider(0, Provider::OpenAi))).is_ok());
}

#[tokio::test]
async fn what_was_understood_is_echoed_unless_it_is_refused() {
    let limits = async |form: Form| {
        let problems = parse(&form).err().unwrap_or_default().into_iter().map(|(_, problem)| problem).collect();
        let on_form = yew::Callback::noop();
        let step = StepProps { form: Rc::new(form), problems: Rc::new(problems), on_form, lane: 0 };
        drawn::<LimitsStep>(LimitsStepProps { step, children: yew::Html::default() }).await
    };
    let html = limits(typed(&typed(&ready(), Field::Budget, "0.50"), Field::TokensPerMinute, "200k")).await;
    assert!(html.contains("= $0.50") && html.contains("= 200,000"), "{html}");
    assert!(html.contains(r#"inputmode="numeric""#) && html.contains(r#"inputmode="decimal""#), "{html}");
    let html = limits(typed(&ready(), Field::Budget, "0,50")).await;
    assert!(html.contains("Use a point for decimals: 0.50.") && !html.contains("budget-echo"), "{html}");
}

#[tokio::test]
async fn change_limits_applies_nothing_that_cannot_be_read() {
    let html = async |budget: &str| {
        let form = Rc::new(typed(&ready(), Field::Budget, budget));
        let (on_form, on_apply) = (yew::Callback::noop(), yew::Callback::noop());
        drawn::<run_limits::RunLimits>(run_limits::RunLimitsProps { form, on_form, on_apply }).await
    };
    let wrong = html("0,50").await;
    assert!(wrong.contains("Use a point for decimals: 0.50.") && wrong.contains("disabled"), "{wrong}");
    let good = html("0.50").await;
    assert!(good.contains("= $0.50") && !good.contains("disabled"), "{good}");
}

/// Those of the first lane.
fn complaints(form: &Form) -> Vec<(Field, String)> {
    let own = faults(form, Some(&data()), None).into_iter().filter(|(lane, _)| *lane == 0);
    own.map(|(_, problem)| problem).collect()
}

/// Those of further lanes.
fn lane_complaints(form: &Form) -> Vec<LaneProblem> {
    faults(form, Some(&data()), None).into_iter().filter(|(lane, _)| *lane > 0).collect()
}

fn setup(form: &Form) -> Setup {
    parse(form).expect("all can be read")
}
