//! Every call that arrived, what a provider would charge for it, and what became of its answer.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::answer::{Answer, Asked, hex};
use super::fault::FaultKind;
use super::settings::Settings;
use super::window::most_in_a_window;
use super::wire::Cached;

/// One arrival.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// From zero, in the order of arrival; the number in the answer's `x-request-id`.
    pub sequence: u64,
    /// Milliseconds since the Unix epoch; never earlier than the call before.
    pub arrived_ms: u64,
    pub model: String,
    pub message: String,
    pub message_sha256: String,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    /// Written to the prompt cache, however long they are kept.
    pub cache_written_tokens: u64,
    pub output_tokens: u64,
    /// Whether the provider did the work and charges for it, whoever gets to see the answer.
    pub billed: bool,
    #[serde(serialize_with = "as_text")]
    pub cost_pico: u128,
    pub fault: Option<FaultKind>,
    /// `null` while the answer is awaited, and for ever if it never comes.
    pub status: Option<u16>,
    /// When the last byte of the answer was handed to the connection.
    pub answered_ms: Option<u64>,
    /// The client was gone before that.
    pub disconnected: bool,
}

/// Sums over every arrival since the start or the last reset.
#[derive(Debug, PartialEq, Serialize)]
pub struct Totals {
    pub requests: usize,
    pub billed: usize,
    #[serde(serialize_with = "as_text")]
    pub billed_pico: u128,
    pub disconnected: usize,
    /// Neither answered nor given up yet.
    pub open: usize,
    pub max_in_60_s: usize,
    /// As `max_in_60_s`, but without those that the limit turned away.
    pub max_admitted_in_60_s: usize,
}

#[derive(Debug, Default)]
pub struct Ledger {
    calls: Vec<Call>,
    arrivals_of: HashMap<[u8; 32], u32>,
}

impl Ledger {
    /// How often this message came, including this time's zero-based count; counts it.
    pub fn nth_arrival(&mut self, message_sha256: &[u8; 32]) -> u32 {
        let count = self.arrivals_of.entry(*message_sha256).or_default();
        *count += 1;
        *count - 1
    }

    /// Writes an arrival down as not billed; [`Ledger::bill`] changes that.
    pub fn arrive(&mut self, now_ms: u64, asked: &Asked) -> u64 {
        let sequence = self.calls.len() as u64;
        self.calls.push(Call {
            sequence,
            arrived_ms: now_ms,
            model: asked.model.clone(),
            message: asked.message.clone(),
            message_sha256: hex(&asked.message_sha256),
            input_tokens: asked.input_tokens,
            cached_tokens: 0,
            cache_written_tokens: 0,
            output_tokens: 0,
            billed: false,
            cost_pico: 0,
            fault: None,
            status: None,
            answered_ms: None,
            disconnected: false,
        });
        sequence
    }

    /// Charges for a call, from the moment the work on it begins: a client that goes away pays all the same.
    pub fn bill(&mut self, sequence: u64, cached: Cached, answer: &Answer, prices: &Settings) {
        let Some(call) = self.call(sequence) else { return };
        let cached_price = prices.price_cached.unwrap_or(prices.price_in).0;
        let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        call.billed = true;
        call.cached_tokens = cached.read;
        call.cache_written_tokens = cached.written;
        call.output_tokens = answer.output_tokens;
        let write_price = prices.price_cache_write.unwrap_or(prices.price_in).0;
        let hour_price = prices.price_cache_write_1h.map_or(write_price, |price| price.0);
        call.cost_pico = of(call.input_tokens - cached.read - cached.written, prices.price_in.0)
            + of(cached.read, cached_price)
            + of(cached.written - cached.written_1h, write_price)
            + of(cached.written_1h, hour_price)
            + of(answer.output_tokens, prices.price_out.0);
    }

    pub fn call(&mut self, sequence: u64) -> Option<&mut Call> {
        self.calls.get_mut(usize::try_from(sequence).ok()?)
    }

    pub fn calls_from(&self, sequence: usize) -> &[Call] {
        self.calls.get(sequence..).unwrap_or_default()
    }

    pub fn totals(&self) -> Totals {
        let count = |holds: fn(&Call) -> bool| self.calls.iter().filter(|call| holds(call)).count();
        let arrivals = self.calls.iter().map(|call| call.arrived_ms);
        let admitted = self.calls.iter().filter(|call| call.status != Some(429) || call.fault.is_some());
        Totals {
            requests: self.calls.len(),
            billed: count(|call| call.billed),
            billed_pico: self.calls.iter().map(|call| call.cost_pico).sum(),
            disconnected: count(|call| call.disconnected),
            open: count(|call| call.answered_ms.is_none() && !call.disconnected),
            max_in_60_s: most_in_a_window(arrivals),
            max_admitted_in_60_s: most_in_a_window(admitted.map(|call| call.arrived_ms)),
        }
    }
}

/// JSON's numbers can't carry pico-dollars.
fn as_text<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer;
    use crate::settings::tests::settings;

    fn asked(message: &str) -> Asked {
        let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": message}]});
        answer::read(body.to_string().as_bytes()).expect("a call")
    }

    #[test]
    fn a_call_costs_its_tokens_at_their_prices_to_the_pico_dollar() {
        let (mut ledger, prices) = (Ledger::default(), settings("--price-in 0.15 --price-out 0.60"));
        let asked = asked("abcdefgh");
        let sequence = ledger.arrive(5, &asked);
        ledger.bill(sequence, Cached::default(), &answer::answer(&asked), &prices);
        let call = ledger.call(sequence).expect("the call").clone();
        assert_eq!((call.input_tokens, call.output_tokens), (8, 4));
        assert_eq!(call.cost_pico, 8 * 150_000 + 4 * 600_000);
        assert_eq!(serde_json::to_value(call).expect("JSON")["cost_pico"], "3600000");
    }

    #[test]
    fn cached_tokens_cost_their_own_price_once() {
        let (mut ledger, prices) = (Ledger::default(), settings("--price-in 2 --price-out 0 --price-cached 0.5"));
        let asked = asked("abcdefgh");
        let sequence = ledger.arrive(5, &asked);
        ledger.bill(sequence, Cached { read: 6, ..Cached::default() }, &answer::answer(&asked), &prices);
        assert_eq!(ledger.totals().billed_pico, 2 * 2_000_000 + 6 * 500_000);
    }

    #[test]
    fn totals_hold_what_was_billed_whatever_became_of_the_answer() {
        let (mut ledger, prices) = (Ledger::default(), settings("--price-in 1 --price-out 1"));
        for (now_ms, message) in [(0, "a"), (10, "b"), (59_999, "a"), (60_000, "c")] {
            let asked = asked(message);
            let sequence = ledger.arrive(now_ms, &asked);
            if message == "a" {
                ledger.bill(sequence, Cached::default(), &answer::answer(&asked), &prices);
            }
        }
        ledger.call(0).expect("the first").answered_ms = Some(50);
        ledger.call(1).expect("the second").status = Some(429);
        ledger.call(2).expect("the third").disconnected = true;
        assert_eq!(
            ledger.totals(),
            Totals {
                requests: 4,
                billed: 2,
                billed_pico: 2 * (7 + 4) * 1_000_000,
                disconnected: 1,
                open: 2,
                max_in_60_s: 3,
                max_admitted_in_60_s: 2,
            }
        );
        assert_eq!(ledger.calls_from(3).len(), 1);
        assert_eq!(ledger.calls_from(9).len(), 0);
    }

    #[test]
    fn a_message_is_counted_each_time_it_comes() {
        let (mut ledger, [a, b]) = (Ledger::default(), [[1; 32], [2; 32]]);
        let counted = [a, b, a, a].map(|message| ledger.nth_arrival(&message));
        assert_eq!(counted, [0, 0, 1, 2]);
    }
}
