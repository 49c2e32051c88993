//! `cargo dev bench-page`: what a slider's step costs in the published page, measured by the page itself in Chromium
//! without a debugger, which would slow it down. A benchmark: it prints, and judges nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::bundle::Bundle;
use crate::chromium::{self, Browser};
use crate::project::Profile;
use crate::site;

const SCRIPT: &str = "bench-page.js";
const SILENCE_MAX: Duration = Duration::from_secs(180);

pub async fn run() -> Result<(), String> {
    let chromium = chromium::find()?;
    let mut bundle = tokio::task::block_in_place(|| Bundle::of(Profile::Release, &["app"]))?;
    bundle.files.insert(SCRIPT.to_owned(), include_bytes!("bench_page.js").to_vec());
    bundle.add_script(SCRIPT)?;
    let (_keep, latest) = watch::channel(Some(Arc::new(bundle)));
    let (sender, mut told) = mpsc::unbounded_channel();
    let measured = Router::new().route("/measured", post(measured)).with_state(sender);
    let router = measured.merge(site::router(latest, "", false));
    let listener = site::listen(0).await?;
    let url = site::address(&listener)?;
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let _browser = Browser::open(&chromium, &url)?;
    loop {
        let line = timeout(SILENCE_MAX, told.recv()).await.map_err(|_| "The page said nothing for three minutes.")?;
        match line.as_deref() {
            None | Some("end") => break,
            Some(line) => println!("{line}"),
        }
    }
    server.abort();
    Ok(())
}

async fn measured(State(told): State<mpsc::UnboundedSender<String>>, line: String) -> StatusCode {
    match told.send(line) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::GONE,
    }
}
