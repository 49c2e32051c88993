//! What the flags say, and what `/__set` may change while running.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cors::Cors;
use super::fault::{self, FaultShare};

/// Names are the flags', with `_` for `-`.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Calls allowed in any 60 seconds
    #[arg(long)]
    pub rpm: Option<u64>,
    /// Input and output tokens allowed in any 60 seconds
    #[arg(long)]
    pub tpm: Option<u64>,
    /// Rejected calls count against the limit too
    #[arg(long)]
    pub count_rejected: bool,
    /// Count the output cap instead of the output against --tpm, as OpenAI does
    #[arg(long)]
    pub tpm_counts_cap: bool,
    /// Time from a call's arrival to its answer
    #[arg(long, default_value_t = 50)]
    pub latency_ms: u64,
    /// How the latency is spread about its median
    #[arg(long, value_enum, default_value_t = Spread::Constant)]
    pub latency_spread: Spread,
    /// Calls from this number on, counted from zero, get no answer until `/__set` changes it: a test that acts when so
    /// many are answered can't come too late
    #[arg(long)]
    pub hold_from: Option<u64>,
    /// The only key that is taken; else any, or none
    #[arg(long)]
    pub api_key: Option<String>,
    /// The models that exist; else any
    #[arg(long, value_delimiter = ',')]
    pub models: Vec<String>,
    /// USD for a million input tokens
    #[arg(long, default_value = "0.15")]
    pub price_in: Price,
    /// USD for a million output tokens
    #[arg(long, default_value = "0.60")]
    pub price_out: Price,
    /// USD for a million cached input tokens; a system prompt that came before is then cached
    #[arg(long)]
    pub price_cached: Option<Price>,
    /// USD for a million input tokens written to the prompt cache for five minutes, where a call marks them
    #[arg(long)]
    pub price_cache_write: Option<Price>,
    /// The same for an hour
    #[arg(long)]
    pub price_cache_write_1h: Option<Price>,
    /// A fault and its share, such as hang=0.05; may be repeated
    #[arg(long = "fault", value_name = "KIND=SHARE")]
    pub faults: Vec<FaultShare>,
    /// Chooses which calls meet a fault
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Which answers, and which of their headers, a page may read
    #[arg(long, value_enum, default_value_t = Cors::Open)]
    pub cors: Cors,
    /// The account may not be used from web pages, as Anthropic's organizations can have it
    #[arg(long)]
    pub forbid_pages: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Always the same
    Constant,
    /// From half to one and a half of it
    Uniform,
    /// Log-normal with sigma 0.5: a long tail, as providers have
    LogNormal,
}

impl Settings {
    /// These settings with some of them replaced; refuses what it doesn't know, and then nothing is changed.
    pub fn changed(&self, changes: Value) -> Result<Settings, String> {
        let Value::Object(changes) = changes else { return Err("settings are a JSON object".to_owned()) };
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        for (name, value) in changes {
            whole[name] = value;
        }
        let settings: Settings = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        fault::check(&settings.faults)?;
        Ok(settings)
    }

    pub fn latency(&self, random: &mut fastrand::Rng) -> std::time::Duration {
        let factor = match self.latency_spread {
            Spread::Constant => 1.0,
            Spread::Uniform => 0.5 + random.f64(),
            Spread::LogNormal => (0.5 * normal(random)).exp(),
        };
        std::time::Duration::from_millis(self.latency_ms).mul_f64(factor)
    }
}

/// A draw from the standard normal distribution (Box and Muller).
fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}

/// Pico-dollars for a token; written and read as dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price(pub u64);

impl FromStr for Price {
    type Err = String;

    /// A dollar for a million tokens is 1,000,000 pico-dollars for one, so the six decimals are read as they stand.
    fn from_str(text: &str) -> Result<Price, String> {
        let (dollars, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let figure = |digits: &str| digits.parse::<u32>().ok().map(u64::from);
        match (figure(dollars), figure(&format!("{decimals:0<6}"))) {
            (Some(dollars), Some(rest)) if decimals.len() <= 6 => Ok(Price(dollars * 1_000_000 + rest)),
            _ => Err(format!("{text:?} is no amount in dollars with at most six decimals")),
        }
    }
}

impl TryFrom<String> for Price {
    type Error = String;

    fn try_from(text: String) -> Result<Price, String> {
        text.parse()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl From<Price> for String {
    fn from(price: Price) -> String {
        price.to_string()
    }
}

#[cfg(test)]
pub mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        settings: Settings,
    }

    pub fn settings(flags: &str) -> Settings {
        Flags::parse_from(std::iter::once("mock").chain(flags.split_whitespace())).settings
    }

    #[test]
    fn prices_are_exact_to_a_pico_dollar_a_token() {
        for (text, pico) in [("0.15", 150_000), ("0.60", 600_000), ("2.5", 2_500_000), ("10", 10_000_000)] {
            assert_eq!(text.parse(), Ok(Price(pico)));
        }
        assert_eq!("0.000001".parse(), Ok(Price(1)));
        assert_eq!(Price(150_000).to_string().parse(), Ok(Price(150_000)));
        for bad in ["", "-1", "1e3", "0.0000001", "dear"] {
            assert!(bad.parse::<Price>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_replaces_what_it_names_and_nothing_else() {
        let before = settings("--rpm 500 --fault hang=0.1 --api-key right");
        let after = before.changed(json!({"rpm": null, "faults": ["torn=1"], "latency_ms": 7})).expect("a change");
        assert_eq!((after.rpm, after.latency_ms, after.api_key.as_deref()), (None, 7, Some("right")));
        assert_eq!(after.faults, ["torn=1".parse().expect("a share")]);
        for bad in [json!({"unheard_of": 1}), json!({"faults": ["hang=2"]}), json!([])] {
            assert!(before.changed(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn latencies_keep_their_median() {
        for flags in [
            "--latency-ms 100",
            "--latency-ms 100 --latency-spread uniform",
            "--latency-ms 100 --latency-spread log-normal",
        ] {
            let (settings, mut random) = (settings(flags), fastrand::Rng::with_seed(3));
            let mut drawn: Vec<_> = (0..2_001).map(|_| settings.latency(&mut random).as_millis()).collect();
            drawn.sort();
            assert!((95..=105).contains(&drawn[1_000]), "{flags}: {}", drawn[1_000]);
        }
    }
}
