//! Tokens as the provider itself counts them, where it does so for nothing: one row, and some more that are spread over
//! the file, so that the estimates of all can follow. Each row that is counted is sent to the provider; so it is only
//! done when asked for.

use web_sys::AbortController;

use crate::engine::Ordinal;
use crate::link::{Place, Problem, Setup, TokenCount};
use crate::provider::HttpRequest;
use crate::worker::browser::{now, sleep_ms};
use crate::worker::http::fetch::{self, Broken, Key};
use crate::worker::plan::{problem, template_words};
use crate::worker::rows::prepare::{Prepared, call, estimate};
use crate::worker::trial::spread_rows;

/// Rows that are counted at once: by one after the other, within seconds, far below the lowest limit (100 a minute).
const ROWS_COUNTED: usize = 20;
const COUNT_MS_MAX: u32 = 30_000;

/// Counts `row` first, then others; the first that can't be counted ends it.
pub async fn count(setup: &Setup, key: Option<&Key>, prepared: &Prepared, row: Ordinal) -> Result<TokenCount, Problem> {
    let refused = |why: String| problem(Place::Prompt, format!("Nothing was counted: {why}"));
    let url = setup.provider.count_url(&setup.base_url);
    let url = url.ok_or_else(|| refused("this provider counts no tokens ahead of a call.".into()))?;
    let controller = AbortController::new().map_err(|_| refused("this browser cannot give a request up.".into()))?;
    let late = controller.clone();
    wasm_bindgen_futures::spawn_local(async move {
        sleep_ms(COUNT_MS_MAX).await;
        late.abort();
    });
    let others = spread_rows(&prepared.facts(), ROWS_COUNTED);
    let others = others.into_iter().filter(|other| *other != row).take(ROWS_COUNTED - 1);
    let mut sample = TokenCount { row, row_tokens: 0, rows: 0, counted: 0, estimated: 0 };
    for item in std::iter::once(row).chain(others) {
        let rendered = prepared.render(item);
        let (system, user) = rendered.map_err(|found| refused(template_words(&found)))?;
        let call = call(setup, prepared.prompt(item), &system, &user);
        let mut headers = setup.provider.headers();
        headers.push(("content-type", "application/json".to_owned()));
        let request = HttpRequest { url: url.clone(), headers, body: setup.provider.count_body(&call) };
        let reply = fetch::post(&request, key, &controller.signal()).await.map_err(|broken| {
            refused(match broken {
                Broken::Aborted => format!("the provider took longer than {} s.", COUNT_MS_MAX / 1_000),
                Broken::Unreachable(_) => {
                    "the request didn\u{2019}t get through. Check connection says more.".to_owned()
                }
                Broken::NeverSent(words) => format!("{words}."),
            })
        })?;
        let tokens =
            setup.provider.counted(&reply, now()).map_err(|failure| refused(failure.sentence_before_a_run()))?;
        if sample.rows == 0 {
            sample.row_tokens = tokens;
        }
        sample.rows += 1;
        sample.counted += u64::from(tokens);
        sample.estimated += u64::from(estimate(setup, &call));
    }
    Ok(sample)
}
