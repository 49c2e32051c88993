//! What goes over the wire and what comes back, fixture by fixture.

mod anthropic;
mod bodies;
mod fixture;
mod presets;
mod refusals;
mod requests;
mod shell_lines;
mod table;

use pennybatch::provider::HttpReply;
use pennybatch::time::Time;

/// 2026-11-23 12:00:00 UTC.
const NOW: Time = Time::from_ms(1_795_435_200_000);

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> HttpReply {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    HttpReply { status, headers, body: body.to_string(), torn: false }
}
