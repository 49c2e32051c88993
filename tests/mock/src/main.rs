//! A simulated LLM provider: OpenAI's Chat Completions and Anthropic's Messages over HTTP/2 (TLS) and
//! HTTP/1.1, with strict limits, faults by share, and a ledger of everything that arrived and what a provider would bill for it.
//!
//! It answers the same prompt in the same way each time, so that a test can tell what an answer must be.
//! Deliberately not here: anything of the library. Money, limits and token counts are computed a second time, on
//! purpose, so that the page is checked against arithmetic that isn't its own.
//!
//! | path | holds |
//! |---|---|
//! | `/v1/chat/completions`, `/v1/models` | the provider, in OpenAI's words |
//! | `/v1/messages/count_tokens` | Anthropic's free count |
//! | `/v1/messages`, and `/v1/models` with `anthropic-version` | the same in Anthropic's |
//! | `/v1/files`, `/v1/batches`, `/__batches` | its Batch API and that one's books, see `batch` |
//! | `/v1/messages/batches`, `/__message_batches` | Anthropic's Message Batches and their books, see `batch_messages` |
//! | `/__ledger` | every call that arrived, and totals; `?totals` for these alone, `?from=N` for calls from number N on |
//! | `/__set` | POST a JSON object of settings to change while running, named as the flags with `_` for `-` |
//! | `/__reset` | POST: empties the ledger and the windows |

mod answer;
mod batch;
mod batch_books;
mod batch_messages;
mod batch_rows;
mod clock;
mod cors;
mod fault;
mod ledger;
mod reply;
mod serve;
mod settings;
mod tls;
mod window;
mod wire;

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use axum::serve::ListenerExt;
use clap::Parser;
use tokio::net::{TcpListener, TcpStream};

use settings::Settings;

/// A simulated LLM provider for tests, with limits, faults, a Batch API and a ledger of what it would bill
#[derive(Parser)]
#[command(name = "cargo mock", bin_name = "cargo mock")]
struct Args {
    /// Port of HTTPS (HTTP/2 and HTTP/1.1); 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Port of plain HTTP/1.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    http1_port: u16,
    /// How many times as fast as real time everything goes: windows, latencies, holds, and what the books record
    #[arg(long, default_value_t = 1)]
    speed: u32,
    /// When the fast time began, in milliseconds since the Unix epoch, so that another clock can agree; else now
    #[arg(long)]
    speed_since_ms: Option<u64>,
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until Ctrl+C. Prints both addresses as one line of JSON once they accept connections.
async fn run(args: Args) -> Result<(), String> {
    fault::check(&args.settings.faults)?;
    clock::start(args.speed, args.speed_since_ms.map(Duration::from_millis));
    let (secure, plain) = (listen(args.port).await?, listen(args.http1_port).await?);
    let (secure_address, plain_address) = (address(&secure)?, address(&plain)?);
    let app = serve::router(args.settings);
    let https = axum::serve(tls::Listener::start(secure)?, app.clone());
    let http = axum::serve(plain.tap_io(without_delay), app);
    println!(r#"{{"https": "https://{secure_address}", "http": "http://{plain_address}"}}"#);
    tokio::select! {
        ended = https => ended.map_err(in_words),
        ended = http => ended.map_err(in_words),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Bound before anything is printed, so that a caller may connect as soon as it has read the addresses.
async fn listen(port: u16) -> Result<TcpListener, String> {
    let taken = |error| format!("Port {port} can't be listened on: {error}. Choose another one, or 0 for a free one.");
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)
}

fn address(listener: &TcpListener) -> Result<String, String> {
    listener.local_addr().map(|address| address.to_string()).map_err(in_words)
}

/// Small answers leave at once; waiting for more to send with them would add to every latency.
fn without_delay(stream: &mut TcpStream) {
    // Only a connection that is gone already refuses, and its next read says so.
    let _ = stream.set_nodelay(true);
}

fn in_words(error: impl std::fmt::Display) -> String {
    format!("The simulated provider can't go on: {error}.")
}
