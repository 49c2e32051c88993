//! `Check connection`: one cheap request that spends nothing, and a plain word on what it says.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::link::{ConnectionReport, Place, Secret, Setup, ToPage};
use crate::prices::{self, RouterList};
use crate::provider::{HttpReply, Outcome, Provider, RateHeaders, ServedAt, check_base_url};
use crate::worker::browser::{now, scope, sleep_ms};
use crate::worker::http::fetch::{self, Broken, Key};
use crate::worker::http::local_network::{self, Reach};
use crate::worker::page;
use crate::worker::plan;

const CHECK_MS_MAX: u32 = 15_000;
const MODELS_MAX: usize = 2_000;

/// Checks all lanes at once, and tells of them together.
pub fn begin(setup: &Setup, secrets: Vec<Option<Secret>>) {
    let reports = Rc::new(RefCell::new(vec![None; setup.lanes()]));
    let mut secrets = secrets.into_iter();
    for lane in 0..setup.lanes() {
        let (own, secret, reports) = (setup.of_lane(lane), secrets.next().flatten(), reports.clone());
        spawn_local(async move {
            let report = check(&own, secret).await;
            reports.borrow_mut()[lane] = Some(report);
            let all: Option<Vec<ConnectionReport>> = reports.borrow().iter().cloned().collect();
            if let Some(all) = all {
                page::post(&ToPage::Checked(all));
            }
        });
    }
}

/// Asks for a router's price list. Nothing of the person's goes along.
pub fn begin_prices(base_url: String) {
    spawn_local(async move {
        match router_prices(&base_url).await {
            Ok(list) => page::post(&ToPage::RouterPrices(list)),
            Err(why) => {
                let words = format!("The price list didn't arrive: {why}. Try again, or enter the prices yourself.");
                page::refuse(plan::problem(Place::Provider, words));
            }
        }
    });
}

async fn router_prices(base_url: &str) -> Result<RouterList, String> {
    check_base_url(base_url)?;
    let url = Provider::OpenRouter.models_url(base_url);
    let reply = list_models(Provider::OpenRouter, &url, None).await.map_err(|broken| match broken {
        Broken::Aborted => format!("the server didn't answer within {} s", CHECK_MS_MAX / 1_000),
        Broken::Unreachable(_) => "the server can't be reached".to_owned(),
        Broken::NeverSent(words) => words,
    })?;
    match reply.status {
        200 if !reply.torn => RouterList::read(&reply.body),
        200 => Err("the answer broke off".to_owned()),
        status => Err(format!("the server answered {status}")),
    }
}

async fn check(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    ConnectionReport { base_url: setup.base_url.clone(), ..asked(setup, secret).await }
}

async fn asked(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    if setup.provider == Provider::Demo {
        let models = prices::all().iter().filter(|model| model.core).map(|model| model.id.clone()).collect();
        let message = "The Demo answers inside this page: no key, no network, no cost.";
        return report(true, message.into(), models);
    }
    if let Err(message) = check_base_url(&setup.base_url) {
        return failed(message);
    }
    let key = match Key::bind(secret, setup) {
        Ok(key) => key,
        Err(problem) => return failed(problem.message),
    };
    let models_url = setup.provider.models_url(&setup.base_url);
    let mut report = match list_models(setup.provider, &models_url, key.as_ref()).await {
        Ok(reply) => read(setup, key.is_some(), &reply, local_network::http_version(&models_url)),
        Err(Broken::Aborted) => failed(format!(
            "The server didn't answer within {} s. Check that it is up, and the base URL.",
            CHECK_MS_MAX / 1_000
        )),
        Err(Broken::Unreachable(_)) => unreachable(setup, &Reach::here().await, scope().navigator().on_line()),
        Err(Broken::NeverSent(words)) => failed(format!("Nothing was sent: {words}.")),
    };
    if report.ok {
        for note in plan::notes(setup) {
            report.message.push(' ');
            report.message.push_str(&note);
        }
    }
    report
}

async fn list_models(provider: Provider, url: &str, key: Option<&Key>) -> Result<HttpReply, Broken> {
    let controller =
        AbortController::new().map_err(|_| Broken::NeverSent("this browser cannot give a request up".into()))?;
    let late = controller.clone();
    spawn_local(async move {
        sleep_ms(CHECK_MS_MAX).await;
        late.abort();
    });
    fetch::get(url, &provider.headers(), key, &controller.signal()).await
}

/// The names in a list of models: `{data: [{id}]}`, or the list alone, as Together has it. Gemini puts `models/`
/// before each, which calls may leave out.
fn model_names(body: &str) -> Option<Vec<String>> {
    let json: Value = serde_json::from_str(body).ok()?;
    let listed = json.get("data").unwrap_or(&json).as_array()?;
    let name = |model: &Value| {
        let id = model.get("id")?.as_str()?;
        Some(id.strip_prefix("models/").unwrap_or(id).to_owned())
    };
    let mut names: Vec<String> = listed.iter().take(MODELS_MAX).filter_map(name).collect();
    names.dedup();
    (names.len() == listed.len().min(MODELS_MAX) || !names.is_empty()).then_some(names)
}

/// What a list of models says of the one that is chosen. `over`: how the server was reached.
fn listed_words(model: &str, models: &[String], with_key: bool, over: &str) -> String {
    match (models, models.iter().any(|listed| listed == model)) {
        (_, true) => {
            let key = if with_key { ", takes the key" } else { " without a key" };
            let among = match models.len() {
                1 => "as its model".to_owned(),
                count => format!("among {count} models"),
            };
            format!("The server answers{over}{key}, and lists {model} {among}.")
        }
        ([], _) => format!("The server answers{over}, but lists no models."),
        ([only], _) if model.is_empty() => format!("The server answers{over} and lists one model, {only}. Choose it."),
        ([only], _) => format!("The server answers{over} and lists only {only}, not {model}. Choose {only}."),
        (_, _) if model.is_empty() => {
            format!("The server answers{over} and lists {} models. Choose one of those.", models.len())
        }
        (_, _) => format!(
            "The server answers{over} and lists {} models, but {model} is not one of them. Choose one of those.",
            models.len()
        ),
    }
}

fn read(setup: &Setup, with_key: bool, reply: &HttpReply, http: Option<&str>) -> ConnectionReport {
    if let Some(models) = model_names(&reply.body).filter(|_| reply.status == 200) {
        let model = setup.model.trim();
        let known = models.iter().any(|listed| listed == model);
        let over = http.map(|version| format!(" over {version}")).unwrap_or_default();
        let message = listed_words(model, &models, with_key, &over);
        let told = [Some(message), price_words(setup, known), Some(browser_words(setup.provider, reply).to_owned())];
        return report(known, told.into_iter().flatten().collect::<Vec<_>>().join(" "), models);
    }
    match setup.provider.decode(reply, now()) {
        // Only calls are needed; some servers have no list.
        Outcome::Failed { .. } if matches!(reply.status, 404 | 405) && !reply.body.contains("<html") => {
            failed(format!(
                "The server answers, but has no list of models at this address ({}). If calls fail too, check the base \
             URL: most end in /v1.",
                reply.status
            ))
        }
        Outcome::Failed { failure, .. } => failed(failure.sentence_before_a_run()),
        Outcome::Answered { .. } => failed("The server answers, but not with a list of models.".into()),
    }
}

fn price_words(setup: &Setup, known: bool) -> Option<String> {
    let stated = setup.input_price.is_some() && setup.output_price.is_some();
    let listed = prices::find_at(setup.provider, &setup.model).is_some();
    (known && !stated && !listed)
        .then(|| "Its price isn't in our list: state it below, or the cost stays unknown.".into())
}

/// Whether rate limits can be read, by what could be read just now and by what is known of the provider.
fn browser_words(provider: Provider, reply: &HttpReply) -> &'static str {
    let states_limits = reply
        .headers
        .iter()
        .any(|(name, _)| name.starts_with("x-ratelimit-") || name.starts_with("anthropic-ratelimit-"));
    match (states_limits, provider.preset().rate_headers) {
        (true, _) => "Its rate limits can be read, and are followed.",
        (false, RateHeaders::Anthropic) => "Its rate limits come with the answers, and are followed.",
        (false, _) => {
            "No rate limits can be read here: enter yours, or the run slows down only when calls are refused."
        }
    }
}

/// The browser gives no reason for a request that didn't get through. What is known of the address says which is the
/// likeliest.
fn unreachable(setup: &Setup, reach: &Reach, online: bool) -> ConnectionReport {
    let preset = setup.provider.preset();
    let host = setup.base_url.split_once("://").map_or(setup.base_url.as_str(), |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let wrong_address = "The base URL is wrong. Most end in /v1.".to_owned();
    let blocked = format!("Your network, a firewall or a browser extension blocks {host}.");
    let hidden_key = "The API key is wrong, and the server hides that from web pages.".to_owned();
    let at_home = preset.place == ServedAt::Internet && setup.base_url.starts_with(preset.base_url);
    let (likely, others) = if !online {
        ("You are offline. Check your network.".to_owned(), Vec::new())
    } else if local_network::is_loopback(&setup.base_url) {
        let runs = format!("Check that the server runs, and that it allows pages of {} (CORS).", reach.page());
        let set_up = (preset.place == ServedAt::ThisMachine).then(|| preset.browser.to_owned());
        match reach.obstacle(&setup.base_url) {
            Some(obstacle) => (obstacle, vec![runs, wrong_address]),
            None => (
                format!("Nothing came back from {host}, and the browser doesn't say why. {runs}"),
                set_up.into_iter().chain([wrong_address]).collect(),
            ),
        }
    } else if at_home && setup.provider == Provider::OpenAi {
        let likely =
            "OpenAI's answer can't be read. Most likely the API key is wrong: OpenAI hides that from web pages.";
        (likely.to_owned(), vec![blocked])
    } else if at_home {
        (format!("{} can't be reached. Most likely: {}", preset.name, lower_first(&blocked)), vec![hidden_key])
    } else {
        let likely =
            format!("{host} didn't answer this page. Most likely it doesn't allow calls from web pages (CORS).");
        (likely, vec![wrong_address, format!("The server is down. Or: {}", lower_first(&blocked)), hidden_key])
    };
    ConnectionReport { other_causes: others, ..failed(likely) }
}

fn lower_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn report(ok: bool, message: String, models: Vec<String>) -> ConnectionReport {
    ConnectionReport { base_url: String::new(), ok, message, other_causes: Vec::new(), models }
}

fn failed(message: String) -> ConnectionReport {
    report(false, message, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_one_is_named() {
        let said = |model: &str, models: &[&str]| {
            listed_words(model, &models.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), true, "")
        };
        assert_eq!(said("a", &["b"]), "The server answers and lists only b, not a. Choose b.");
        assert_eq!(said("", &["b"]), "The server answers and lists one model, b. Choose it.");
        assert_eq!(said("b", &["b"]), "The server answers, takes the key, and lists b as its model.");
        assert!(said("a", &["b", "c"]).contains("lists 2 models, but a is not one of them"));
    }

    #[test]
    fn lists_of_models_come_in_three_shapes() {
        let names = |body: &str| model_names(body);
        let both = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(names(r#"{"object":"list","data":[{"id":"a"},{"id":"b"},{"id":"b"}]}"#), both);
        assert_eq!(names(r#"[{"id":"a","type":"chat"},{"id":"b"}]"#), both, "Together");
        assert_eq!(names(r#"{"data":[{"id":"models/a"},{"id":"models/b"}]}"#), both, "Gemini");
        assert_eq!(names(r#"{"data":[]}"#), Some(Vec::new()));
        for no_list in ["", "{}", r#"{"data":[{"name":"a"}]}"#, "<html>", r#"{"error":{"message":"no"}}"#] {
            assert_eq!(names(no_list), None, "{no_list}");
        }
    }
}
