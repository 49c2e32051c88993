//! `Check connection`: one cheap request that spends nothing, and a plain word on what it says.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::link::{ConnectionReport, Secret, Setup, ToPage};
use crate::prices;
use crate::provider::{HttpReply, Outcome, Provider, RateHeaders, ServedAt, check_base_url};
use crate::worker::browser::{now, sleep_ms};
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

async fn check(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    ConnectionReport { base_url: setup.base_url.clone(), ..asked(setup, secret).await }
}

async fn asked(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    if setup.provider == Provider::Demo {
        let models = prices::all().iter().filter(|model| model.core).map(|model| model.id.clone()).collect();
        let message = "The demo answers inside this page: no key, no network, no cost. \
                       Its figures follow the chosen model's prices.";
        return report(true, message.into(), models);
    }
    if let Err(message) = check_base_url(&setup.base_url) {
        return failed(message);
    }
    let key = match Key::bind(secret, setup) {
        Ok(key) => key,
        Err(problem) => return failed(problem.message),
    };
    let (_, models_url) = setup.provider.urls(&setup.base_url);
    let mut report = match list_models(setup.provider, &models_url, key.as_ref()).await {
        Ok(reply) => read(setup, key.is_some(), &reply, local_network::http_version(&models_url)),
        Err(Broken::Aborted) => failed(format!(
            "The server did not answer within {} s. Check the address, and that the server is up.",
            CHECK_MS_MAX / 1_000
        )),
        Err(Broken::Unreachable(_)) => failed(unreachable(setup, &Reach::here().await)),
        Err(Broken::NeverSent(words)) => failed(format!("Nothing was sent: {words}.")),
    };
    for note in plan::notes(setup) {
        report.message.push(' ');
        report.message.push_str(&note);
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

fn read(setup: &Setup, with_key: bool, reply: &HttpReply, http: Option<&str>) -> ConnectionReport {
    if let Some(models) = model_names(&reply.body).filter(|_| reply.status == 200) {
        let model = setup.model.trim();
        let known = models.iter().any(|listed| listed == model);
        let over = http.map(|version| format!(" over {version}")).unwrap_or_default();
        let message = match (known, models.len()) {
            (true, count) => {
                let key = if with_key { ", takes the key" } else { " without a key" };
                let among = if count == 1 { "as its model".into() } else { format!("among {count} models") };
                format!("The server answers{over}{key}, and lists {model} {among}.")
            }
            (false, 0) => format!("The server answers{over}, but lists no models."),
            (false, count) if model.is_empty() => {
                format!("The server answers{over} and lists {count} models. Choose one of those.")
            }
            (false, count) => format!(
                "The server answers{over} and lists {count} models, but {model} is not one of them. Choose one of those."
            ),
        };
        let told = [Some(message), price_words(setup, known), Some(browser_words(setup.provider, reply))];
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
    (known && !stated && !listed).then(|| {
        "Its price isn't in the catalogue: state it below, or the cost stays unknown and no budget can hold it.".into()
    })
}

/// What works from a browser and what doesn't, by what could be read just now and by what is known of the provider.
fn browser_words(provider: Provider, reply: &HttpReply) -> String {
    let preset = provider.preset();
    let states_limits = reply
        .headers
        .iter()
        .any(|(name, _)| name.starts_with("x-ratelimit-") || name.starts_with("anthropic-ratelimit-"));
    let read = match (states_limits, preset.rate_headers) {
        (true, _) => "This browser may read its rate limits, and the pace follows them.",
        (false, RateHeaders::Anthropic) => {
            "This answer states no rate limits; calls do, and the pace follows what can be read."
        }
        (false, _) => "No rate limits can be read here, so the pace follows your limits and, if need be, its refusals.",
    };
    match preset.place {
        ServedAt::Anywhere | ServedAt::Page => read.to_owned(),
        ServedAt::Internet | ServedAt::ThisMachine => format!("{read} {}", preset.browser),
    }
}

fn unreachable(setup: &Setup, reach: &Reach) -> String {
    let preset = setup.provider.preset();
    let mut message = String::from(
        "The request didn't get through, and the browser doesn't say why: the network is down, the server doesn't \
         allow calls from web pages (CORS), or the key or the address is wrong.",
    );
    let mut say = |words: &str| {
        message.push(' ');
        message.push_str(words);
    };
    if local_network::is_loopback(&setup.base_url) {
        match reach.obstacle(&setup.base_url) {
            Some(obstacle) => say(&obstacle),
            None => say(&format!("Check that the server runs, and that it allows pages of {}.", reach.page())),
        }
    }
    if matches!(preset.place, ServedAt::Internet | ServedAt::ThisMachine) {
        say(preset.browser);
    }
    message
}

fn report(ok: bool, message: String, models: Vec<String>) -> ConnectionReport {
    ConnectionReport { base_url: String::new(), ok, message, models }
}

fn failed(message: String) -> ConnectionReport {
    report(false, message, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

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
