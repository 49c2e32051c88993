//! `Check connection`: one cheap request that spends nothing, and a plain word on what it says.

use serde::Deserialize;
use web_sys::AbortController;

use super::browser::{now, sleep_ms};
use super::fetch::{self, Broken, Key};
use super::terms;
use crate::link::{ConnectionReport, Secret, Setup};
use crate::prices;
use crate::provider::{HttpReply, Outcome, Provider, check_base_url};

const CHECK_MS_MAX: u32 = 15_000;
const MODELS_MAX: usize = 2_000;

pub async fn check(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    ConnectionReport { base_url: setup.base_url.clone(), ..asked(setup, secret).await }
}

async fn asked(setup: &Setup, secret: Option<Secret>) -> ConnectionReport {
    if setup.provider == Provider::Demo {
        let models = prices::all().iter().filter(|model| model.core).map(|model| model.id.clone()).collect();
        let message = "The demo answers inside this page: no key, no network, no cost. \
                       Its figures follow the chosen model's prices.";
        return ConnectionReport { base_url: String::new(), ok: true, message: message.into(), models };
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
        Ok(reply) => read(setup, key.is_some(), &reply),
        Err(Broken::Aborted) => failed(format!(
            "The server did not answer within {} s. Check the address, and that the server is up.",
            CHECK_MS_MAX / 1_000
        )),
        Err(Broken::Unreachable(_)) => failed(unreachable(setup)),
        Err(Broken::NeverSent(words)) => failed(format!("Nothing was sent: {words}.")),
    };
    for note in terms::notes(setup) {
        report.message.push(' ');
        report.message.push_str(&note);
    }
    report
}

async fn list_models(provider: Provider, url: &str, key: Option<&Key>) -> Result<HttpReply, Broken> {
    let controller =
        AbortController::new().map_err(|_| Broken::NeverSent("this browser cannot give a request up".into()))?;
    let late = controller.clone();
    wasm_bindgen_futures::spawn_local(async move {
        sleep_ms(CHECK_MS_MAX).await;
        late.abort();
    });
    fetch::get(url, &provider.headers(), key, &controller.signal()).await
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

fn read(setup: &Setup, with_key: bool, reply: &HttpReply) -> ConnectionReport {
    if let Ok(Models { data }) = serde_json::from_str::<Models>(&reply.body)
        && reply.status == 200
    {
        let models: Vec<String> = data.into_iter().take(MODELS_MAX).map(|listed| listed.id).collect();
        let model = setup.model.trim();
        let known = models.iter().any(|listed| listed == model);
        let message = match (known, models.len()) {
            (true, count) => {
                let key = if with_key { ", takes the key" } else { " without a key" };
                let among = if count == 1 { "as its model".into() } else { format!("among {count} models") };
                format!("The server answers{key}, and lists {model} {among}.")
            }
            (false, 0) => "The server answers, but lists no models.".into(),
            (false, count) => format!(
                "The server answers and lists {count} models, but {model} is not one of them. Choose one of those."
            ),
        };
        return ConnectionReport { base_url: String::new(), ok: known, message, models };
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
        Outcome::Failed { failure, .. } => failed(failure.sentence()),
        Outcome::Answered { .. } => failed("The server answers, but not with a list of models.".into()),
    }
}

fn unreachable(setup: &Setup) -> String {
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let address = setup.base_url.trim().to_ascii_lowercase();
    let mut message = String::from(
        "The request didn't get through, and the browser doesn't say why: the network is down, the server doesn't \
         allow calls from web pages (CORS), or the key or the address is wrong.",
    );
    if local.iter().any(|start| address.starts_with(start)) {
        message.push_str(
            " For a server on this machine: check that it runs, that it allows this page's origin, and that the \
             browser was allowed to reach the local network; Safari refuses it from an https page.",
        );
    } else if address.starts_with("http://") {
        message.push_str(" A page served over https may not call a server over http.");
    }
    message
}

fn failed(message: String) -> ConnectionReport {
    ConnectionReport { base_url: String::new(), ok: false, message, models: Vec::new() }
}
