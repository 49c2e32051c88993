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
mod cors;
mod fault;
mod ledger;
mod reply;
mod serve;
mod settings;
mod window;
mod wire;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use clap::Parser;

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
    let (secure, secure_address) = listen(args.port)?;
    let (plain, plain_address) = listen(args.http1_port)?;
    let tls = RustlsConfig::from_config(Arc::new(self_signed()?));
    let app = serve::router(args.settings);
    println!(r#"{{"https": "https://{secure_address}", "http": "http://{plain_address}"}}"#);

    let https = axum_server::from_tcp_rustls(secure, tls).map_err(in_words)?.serve(app.clone().into_make_service());
    let http = axum_server::from_tcp(plain).map_err(in_words)?.http1_only().serve(app.into_make_service());
    tokio::select! {
        ended = https => ended.map_err(in_words),
        ended = http => ended.map_err(in_words),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Bound before anything is printed, so that a caller may connect as soon as it has read the addresses.
fn listen(port: u16) -> Result<(TcpListener, SocketAddr), String> {
    let taken = |error| format!("Port {port} can't be listened on: {error}. Choose another one, or 0 for a free one.");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
    listener.set_nonblocking(true).map_err(in_words)?;
    let address = listener.local_addr().map_err(in_words)?;
    Ok((listener, address))
}

/// A certificate that nobody trusts: the browser under test is told not to mind.
fn self_signed() -> Result<rustls::ServerConfig, String> {
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let pair = rcgen::generate_simple_self_signed(names).map_err(in_words)?;
    let key = rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(in_words)?
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .map_err(in_words)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn in_words(error: impl std::fmt::Display) -> String {
    format!("The simulated provider can't go on: {error}.")
}
