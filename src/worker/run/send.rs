//! One attempt: from a row to an outcome, over the network or in the simulated provider.

use web_sys::AbortSignal;

use crate::engine::{AttemptId, Ordinal};
use crate::link::{DemoSettings, Setup};
use crate::provider::{HttpReply, HttpRequest, Outcome, Provider, RateSeen};
use crate::worker::browser::{now, sleep_ms};
use crate::worker::demo;
use crate::worker::http::fetch::{self, Broken, Key};
use crate::worker::plan::template_words;
use crate::worker::rows::prepare::{Prepared, call};

/// A simulated wait looks this often whether it was given up.
const STEP_MS: u32 = 200;

pub struct Sending<'a> {
    /// The setup as the attempt's lane has it.
    pub setup: &'a Setup,
    pub demo: DemoSettings,
    pub prepared: &'a Prepared,
    pub item: Ordinal,
    pub attempt: AttemptId,
    pub seed: u64,
}

impl Sending<'_> {
    /// How it ended, and what the answer's headers say of the provider's limits.
    pub async fn outcome(self, key: Option<Key>, signal: AbortSignal) -> (Outcome, Option<RateSeen>) {
        let reply = match self.setup.provider {
            Provider::Demo => self.simulated(&signal).await,
            _ => self.posted(key.as_ref(), &signal).await,
        };
        match reply {
            Ok(reply) => {
                let provider = self.setup.provider;
                (provider.decode(&reply, now()), provider.rate_seen(&reply, now()))
            }
            Err(Broken::Aborted) => (Outcome::timed_out(), None),
            Err(Broken::Unreachable(words)) => (Outcome::unreachable(&words), None),
            Err(Broken::NeverSent(words)) => (Outcome::never_sent(&words), None),
        }
    }

    async fn posted(&self, key: Option<&Key>, signal: &AbortSignal) -> Result<HttpReply, Broken> {
        let body = self.prepared.body(self.setup, self.item);
        let body = body.map_err(|problem| Broken::NeverSent(template_words(&problem)))?;
        let url = self.setup.wire().post_url(&self.setup.base_url);
        let mut headers = self.setup.provider.headers();
        headers.push(("content-type", "application/json".to_owned()));
        fetch::post(&HttpRequest { url, headers, body }, key, signal).await
    }

    async fn simulated(&self, signal: &AbortSignal) -> Result<HttpReply, Broken> {
        let rendered = self.prepared.render(self.item);
        let (system, user) = rendered.map_err(|problem| Broken::NeverSent(template_words(&problem)))?;
        let call = call(self.setup, self.prepared.prompt(self.item), &system, &user);
        let input_tokens = u32::try_from(self.prepared.input_estimate(self.item)).unwrap_or(u32::MAX);
        let truth = self.prepared.truth(self.item);
        let simulated = demo::simulate(&self.demo, &call, truth.as_deref(), input_tokens, self.seed, self.attempt);
        let mut left_ms = simulated.latency_ms;
        while left_ms > 0 && !signal.aborted() {
            let step_ms = left_ms.min(STEP_MS);
            sleep_ms(step_ms).await;
            left_ms -= step_ms;
        }
        if signal.aborted() { Err(Broken::Aborted) } else { Ok(simulated.reply) }
    }
}
