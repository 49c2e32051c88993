//! `cargo dev serve`: build, serve, watch, rebuild, reload. A build that fails leaves the last good page in place.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::watch;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;

use crate::bundle::Bundle;
use crate::project::{self, Profile, ProfileArgs};
use crate::site::{self, Latest};

/// What is watched; a change below any of them leads to a build.
const WATCHED: [&str; 4] = ["src", "www", "index.html", "Cargo.toml"];
/// A build waits until nothing has changed for so long: editors and checkouts write many files in a row.
const QUIET_MS: u64 = 150;

#[derive(clap::Args)]
pub struct ServeArgs {
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    profile: ProfileArgs,
}

pub async fn run(args: ServeArgs) -> Result<(), String> {
    let listener = site::listen(args.port).await?;
    let address = site::address(&listener)?;
    let (sender, latest) = watch::channel(None);
    let profile = args.profile.profile();
    let changes = watch_files()?;
    let shown = address.clone();
    thread::spawn(move || {
        build(&sender, profile);
        println!("Serving {shown} (Ctrl+C ends it)");
        while changes.next_batch() {
            build(&sender, profile);
        }
    });
    let reloads = axum::Router::new()
        .route(site::RELOAD_SCRIPT, get(reload_script))
        .route("/__reload", get(reload_events))
        .with_state(latest.clone());
    let router = site::router(latest, "", true).merge(reloads);
    let served = axum::serve(listener, router);
    tokio::select! {
        ended = served => ended.map_err(|why| format!("The server ended: {why}")),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

fn build(sender: &watch::Sender<Option<Arc<Bundle>>>, profile: Profile) {
    let began = Instant::now();
    match Bundle::build(profile) {
        Ok(bundle) => {
            println!("Built in {:.1} s", began.elapsed().as_secs_f64());
            sender.send_replace(Some(Arc::new(bundle)));
        }
        Err(why) if sender.borrow().is_some() => eprintln!("{why}\nThe last good page stays until a change builds."),
        Err(why) => eprintln!("{why}"),
    }
}

struct Changes {
    events: mpsc::Receiver<()>,
    /// Watching ends when this is dropped.
    _watcher: notify::RecommendedWatcher,
}

impl Changes {
    /// Waits for a change and then for quiet; false when nothing can change any more.
    fn next_batch(&self) -> bool {
        if self.events.recv().is_err() {
            return false;
        }
        loop {
            match self.events.recv_timeout(Duration::from_millis(QUIET_MS)) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

fn watch_files() -> Result<Changes, String> {
    let refused = |why: notify::Error| format!("The sources cannot be watched: {why}");
    let (sender, events) = mpsc::channel();
    let root = project::root();
    let watched: Vec<_> = WATCHED.iter().map(|name| root.join(name)).collect();
    let ours = watched.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let changed = !matches!(event.kind, EventKind::Access(_));
        if changed && event.paths.iter().any(|path| ours.iter().any(|place| path.starts_with(place))) {
            // The other end is gone only when the program ends.
            let _ = sender.send(());
        }
    })
    .map_err(refused)?;
    // Single files are watched through their directory: an editor that replaces a file would end a watch on it.
    watcher.watch(&root, RecursiveMode::NonRecursive).map_err(refused)?;
    for place in watched.iter().filter(|place| Path::is_dir(place)) {
        watcher.watch(place, RecursiveMode::Recursive).map_err(refused)?;
    }
    Ok(Changes { events, _watcher: watcher })
}

async fn reload_script() -> impl IntoResponse {
    site::respond(StatusCode::OK, site::mime("reload.js"), include_str!("reload.js"))
}

/// Tells the build at once and at every change, so that a page that missed one learns of it when it connects.
async fn reload_events(State(latest): State<Latest>) -> impl IntoResponse {
    let builds = WatchStream::new(latest).filter_map(|bundle| bundle.map(|bundle| bundle.id.clone()));
    let events = builds.map(|id| Ok::<_, Infallible>(Event::default().event("build").data(id)));
    Sse::new(events).keep_alive(KeepAlive::default())
}
