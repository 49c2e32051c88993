//! What one model's tokens cost, by the size of the request and by the moment.

use serde::{Deserialize, Serialize};

use crate::money::{PerToken, Usd};
use crate::provider::Usage;
use crate::time::Time;

const DAY_MS: u64 = 86_400_000;
const MINUTE_MS: u64 = 60_000;

/// Prices of one tier at one moment. Where a provider states no cache price, cached tokens cost what input costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    pub input: PerToken,
    pub output: PerToken,
    pub cache_read: PerToken,
    /// A write that is kept as long as the vendor's default: five minutes at Anthropic.
    pub cache_write: PerToken,
    /// A write that is kept an hour where the call asks for it; zero where the vendor has no such price.
    #[serde(default)]
    pub cache_write_1h: PerToken,
    /// Output that is thought and not shown; zero where it costs what output costs.
    #[serde(default)]
    pub reasoning: PerToken,
    /// Visible output of a call that thinks; zero where it costs what output costs.
    #[serde(default)]
    pub thinking_output: PerToken,
}

/// The prices that can apply to one model's calls: base rates, long-context tiers (the whole request is repriced
/// once its input exceeds the border), scheduled changes (from a moment on) and hours of the UTC day.
///
/// Tiers, changes and peak hours each state whole rates against the base. Where several apply at once, each price
/// keeps its proportions: a tier at twice the base in a peak hour at three times the base costs six times the base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCard {
    pub base: Rates,
    /// `(above this many input tokens, rates)`, ascending.
    pub tiers: Vec<(u64, Rates)>,
    /// `(from, rates)`, ascending.
    pub changes: Vec<(Time, Rates)>,
    /// `(from minute of the UTC day, to minute, rates)`, Monday to Friday only; the end is not part of it.
    pub peak_hours: Vec<(u16, u16, Rates)>,
    /// The calls ask for an hour in the cache, so that a write can cost [`Rates::cache_write_1h`].
    #[serde(default)]
    pub keeps_an_hour: bool,
}

impl Rates {
    /// The cost of one call. Cached tokens are part of `usage.input`, reasoning tokens part of `usage.output`.
    pub fn cost(&self, usage: &Usage) -> Usd {
        let fresh = usage.input.saturating_sub(usage.cache_read).saturating_sub(usage.cache_write);
        let hourly = usage.cache_write_1h.min(usage.cache_write);
        self.input * fresh
            + self.cache_read * usage.cache_read
            + self.cache_write * (usage.cache_write - hourly)
            + self.write_1h() * hourly
            + self.output_cost(usage.output.saturating_sub(usage.reasoning), usage.reasoning.min(usage.output))
    }

    /// The cost of a call's output: what is shown, and what is thought.
    pub fn output_cost(&self, visible: u64, reasoning: u64) -> Usd {
        self.visible_output(reasoning > 0) * visible + self.reasoning_output() * reasoning
    }

    /// The price of visible output of a call that thinks, or doesn't.
    pub fn visible_output(&self, thinks: bool) -> PerToken {
        if thinks && self.thinking_output.0 > 0 { self.thinking_output } else { self.output }
    }

    /// The price of output that is thought.
    pub fn reasoning_output(&self) -> PerToken {
        if self.reasoning.0 > 0 { self.reasoning } else { self.output }
    }

    /// The price of a token that is written to be kept an hour; never below that of a shorter stay.
    pub fn write_1h(&self) -> PerToken {
        self.cache_write_1h.max(self.cache_write)
    }

    /// Every price multiplied by `to / from` of its own kind, rounded half up.
    pub fn in_proportion(&self, from: &Rates, to: &Rates) -> Rates {
        Rates {
            input: in_proportion(self.input, from.input, to.input),
            output: in_proportion(self.output, from.output, to.output),
            cache_read: in_proportion(self.cache_read, from.cache_read, to.cache_read),
            cache_write: in_proportion(self.cache_write, from.cache_write, to.cache_write),
            cache_write_1h: in_proportion(self.cache_write_1h, from.cache_write_1h, to.cache_write_1h),
            reasoning: in_proportion(self.reasoning, from.reasoning, to.reasoning),
            thinking_output: in_proportion(self.thinking_output, from.thinking_output, to.thinking_output),
        }
    }

    /// The most that a call with this much input and output can cost at these rates, however its input is cached.
    fn worst_case(&self, input: u64, output: u64, keeps_an_hour: bool) -> Usd {
        let write = if keeps_an_hour { self.write_1h() } else { self.cache_write };
        let dearest_output = self.output.max(self.reasoning).max(self.thinking_output);
        self.input.max(self.cache_read).max(write) * input + dearest_output * output
    }
}

impl RateCard {
    /// A card with one price, as a person states it for a model that the catalogue lacks.
    pub fn flat(input: PerToken, output: PerToken) -> RateCard {
        let base = Rates { input, output, cache_read: input, cache_write: input, ..Rates::default() };
        RateCard { base, ..RateCard::default() }
    }

    /// The cost of a call that was answered at `at`.
    pub fn cost(&self, usage: &Usage, at: Time) -> Usd {
        self.rates(usage.input, at).cost(usage)
    }

    /// The most that a call can cost at any moment: every input token at the dearest of fresh, read and written,
    /// every output token of the cap, at the dearest of all tiers within reach, changes and hours together.
    pub fn worst_case(&self, input_bound: u64, output_cap: u64) -> Usd {
        let mut most = Usd::ZERO;
        for tier in self.reachable_tiers(input_bound) {
            for change in std::iter::once(&self.base).chain(self.changes.iter().map(|(_, rates)| rates)) {
                for hour in std::iter::once(&self.base).chain(self.peak_hours.iter().map(|(_, _, rates)| rates)) {
                    let rates = self.combined(tier, change, hour);
                    most = most.max(rates.worst_case(input_bound, output_cap, self.keeps_an_hour));
                }
            }
        }
        most
    }

    /// The rates for a call with this much input (cached part included) at this moment.
    pub fn rates(&self, input_tokens: u64, at: Time) -> Rates {
        let tier = self.reachable_tiers(input_tokens).last().unwrap_or(&self.base);
        let change = self.changes.iter().rev().find(|(from, _)| *from <= at).map_or(&self.base, |(_, rates)| rates);
        let hour = self.peak(at).unwrap_or(&self.base);
        self.combined(tier, change, hour)
    }

    /// Whether this moment lies in one of the card's peak hours.
    pub fn is_peak(&self, at: Time) -> bool {
        self.peak(at).is_some()
    }

    /// Every set of rates that such a call can fall under from one moment to another, that of the first included.
    pub fn rates_between(&self, input_tokens: u64, from: Time, until: Time) -> Vec<Rates> {
        let mut found = vec![self.rates(input_tokens, from)];
        if self.changes.is_empty() && self.peak_hours.is_empty() {
            return found;
        }
        let changes = self.changes.iter().map(|(at, _)| *at);
        // After a week and a day the hours repeat; what a change does to them is looked at where it begins.
        let days = (until.ms() / DAY_MS).min(from.ms() / DAY_MS + 8);
        let midnights = (from.ms() / DAY_MS..=days).map(|day| day * DAY_MS);
        let borders = midnights.flat_map(|midnight| {
            let minutes = self.peak_hours.iter().flat_map(|(from, to, _)| [*from, *to]);
            minutes.map(move |minute| Time(midnight + u64::from(minute) * MINUTE_MS)).collect::<Vec<_>>()
        });
        for at in changes.chain(borders).filter(|at| *at > from && *at <= until) {
            let rates = self.rates(input_tokens, at);
            if !found.contains(&rates) {
                found.push(rates);
            }
        }
        found
    }

    /// The first scheduled change after this moment.
    pub fn next_change(&self, after: Time) -> Option<Time> {
        self.changes.iter().map(|(from, _)| *from).find(|from| *from > after)
    }

    fn peak(&self, at: Time) -> Option<&Rates> {
        // The epoch was a Thursday: three days later the count of days since Monday wraps.
        let weekday = (at.ms() / DAY_MS + 3) % 7;
        let minute = at.ms() % DAY_MS / MINUTE_MS;
        let within = |from: u16, to: u16| (u64::from(from)..u64::from(to)).contains(&minute);
        self.peak_hours.iter().find(|(from, to, _)| weekday < 5 && within(*from, *to)).map(|(_, _, rates)| rates)
    }

    /// The base, and every tier that a call with at most this much input can fall into.
    fn reachable_tiers(&self, input_tokens: u64) -> impl Iterator<Item = &Rates> {
        let tiers = self.tiers.iter().filter(move |(above, _)| input_tokens > *above).map(|(_, rates)| rates);
        std::iter::once(&self.base).chain(tiers)
    }

    fn combined(&self, tier: &Rates, change: &Rates, hour: &Rates) -> Rates {
        tier.in_proportion(&self.base, change).in_proportion(&self.base, hour)
    }
}

/// Where `from` is free there is no proportion, so the dearer of the two prices holds.
fn in_proportion(price: PerToken, from: PerToken, to: PerToken) -> PerToken {
    if from == to {
        return price;
    }
    if from.0 == 0 {
        return price.max(to);
    }
    let (price, from, to) = (u128::from(price.0), u128::from(from.0), u128::from(to.0));
    PerToken(u64::try_from((price * to + from / 2) / from).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(input: u64, output: u64) -> Rates {
        Rates {
            input: PerToken(input),
            output: PerToken(output),
            cache_read: PerToken(input / 10),
            cache_write: PerToken(input * 5 / 4),
            cache_write_1h: PerToken(input * 2),
            ..Rates::default()
        }
    }

    /// Monday, 23 November 2026, 00:00 UTC.
    const MONDAY: Time = Time::from_ms(1_795_392_000_000);

    fn card() -> RateCard {
        RateCard {
            base: rates(1_000, 4_000),
            tiers: vec![(100, rates(2_000, 6_000)), (200, rates(1_500, 5_000))],
            changes: vec![(MONDAY.after_ms(30 * DAY_MS), rates(3_000, 12_000))],
            peak_hours: vec![(60, 240, rates(2_000, 8_000))],
            keeps_an_hour: false,
        }
    }

    #[test]
    fn a_tier_begins_above_its_border() {
        let card = card();
        assert_eq!(card.rates(100, MONDAY), rates(1_000, 4_000));
        assert_eq!(card.rates(101, MONDAY), rates(2_000, 6_000));
        assert_eq!(card.rates(201, MONDAY), rates(1_500, 5_000));
    }

    #[test]
    fn peak_hours_hold_on_working_days_and_end_before_their_end() {
        let card = card();
        for (minute, day, dear) in
            [(59, 0, false), (60, 0, true), (239, 4, true), (240, 0, false), (60, 5, false), (60, 6, false)]
        {
            let at = MONDAY.after_ms(day * DAY_MS + minute * MINUTE_MS);
            assert_eq!(card.rates(1, at).input == PerToken(2_000), dear, "day {day}, minute {minute}");
            assert_eq!(card.is_peak(at), dear);
        }
    }

    #[test]
    fn a_change_holds_from_its_first_millisecond() {
        let card = card();
        let from = MONDAY.after_ms(30 * DAY_MS);
        assert_eq!(card.rates(1, Time(from.ms() - 1)), rates(1_000, 4_000));
        assert_eq!(card.rates(1, from), rates(3_000, 12_000));
        assert_eq!(card.next_change(MONDAY), Some(from));
        assert_eq!(card.next_change(from), None);
    }

    #[test]
    fn the_worst_case_covers_a_tier_in_a_peak_hour_after_a_change() {
        let card = card();
        // Thirty days and two hours later is a Wednesday in its peak hour.
        let at = MONDAY.after_ms(30 * DAY_MS + 2 * 60 * MINUTE_MS);
        assert_eq!(card.rates(150, at), rates(12_000, 36_000));
        // 150 tokens, all written to the cache at 15,000, and 10 of output at 36,000.
        assert_eq!(card.worst_case(150, 10), Usd::from_pico(150 * 15_000 + 10 * 36_000));
        // The upper tier is cheaper, but a call bounded by 300 tokens may turn out to be in the dearer one.
        assert_eq!(card.worst_case(300, 10), Usd::from_pico(300 * 15_000 + 10 * 36_000));
        assert_eq!(card.worst_case(100, 10), Usd::from_pico(100 * 7_500 + 10 * 24_000));
    }

    #[test]
    fn no_call_at_any_moment_costs_more_than_the_worst_case() {
        let hourly = RateCard { keeps_an_hour: true, ..card() };
        for (card, asks_for_an_hour) in [(card(), false), (hourly, true)] {
            for hour in 0..(45 * 24) {
                for input in [0, 1, 100, 101, 200, 201, 300] {
                    for cache_read in [0, input / 2, input] {
                        let cache_write = input - cache_read;
                        let cache_write_1h = if asks_for_an_hour { cache_write } else { 0 };
                        let usage =
                            Usage { input, cache_read, cache_write, cache_write_1h, output: 7, ..Usage::default() };
                        assert!(card.cost(&usage, MONDAY.after_ms(hour * 3_600_000)) <= card.worst_case(300, 7));
                    }
                }
            }
        }
    }

    #[test]
    fn a_run_meets_the_prices_of_every_hour_and_change_on_its_way() {
        let card = card();
        let at = |days: u64, minutes: u64| MONDAY.after_ms(days * DAY_MS + minutes * MINUTE_MS);
        assert_eq!(card.rates_between(1, at(0, 0), at(0, 59)), [rates(1_000, 4_000)]);
        assert_eq!(card.rates_between(1, at(0, 0), at(0, 60)), [rates(1_000, 4_000), rates(2_000, 8_000)]);
        assert_eq!(card.rates_between(1, at(5, 0), at(6, 600)), [rates(1_000, 4_000)], "a weekend");
        let over_the_change = card.rates_between(1, at(29, 700), at(30, 0));
        assert_eq!(over_the_change, [rates(1_000, 4_000), rates(3_000, 12_000)]);
    }

    #[test]
    fn thinking_can_have_prices_of_its_own() {
        let usage = Usage { output: 10, reasoning: 6, ..Usage::default() };
        let cost = |rates: Rates| rates.cost(&usage);
        assert_eq!(cost(rates(0, 4_000)), Usd::from_pico(10 * 4_000));
        let thought = Rates { reasoning: PerToken(1_000), ..rates(0, 4_000) };
        assert_eq!(cost(thought), Usd::from_pico(4 * 4_000 + 6 * 1_000));
        let whole = Rates { reasoning: PerToken(9_000), thinking_output: PerToken(9_000), ..rates(0, 4_000) };
        assert_eq!(cost(whole), Usd::from_pico(10 * 9_000));
        let without = Usage { reasoning: 0, ..usage };
        assert_eq!(whole.cost(&without), Usd::from_pico(10 * 4_000));
        let card = RateCard { base: whole, ..RateCard::default() };
        assert_eq!(card.worst_case(0, 10), Usd::from_pico(10 * 9_000));
    }

    #[test]
    fn a_write_for_an_hour_has_its_own_price() {
        // 10 fresh at 1,000, 20 read at 100, 30 written at 1,250, 40 written for an hour at 2,000, 5 of output at 4,000.
        let usage = Usage { input: 100, cache_read: 20, cache_write: 70, cache_write_1h: 40, output: 5, reasoning: 0 };
        let cost = 10 * 1_000 + 20 * 100 + 30 * 1_250 + 40 * 2_000 + 5 * 4_000;
        assert_eq!(rates(1_000, 4_000).cost(&usage), Usd::from_pico(cost));
        // Without such a price it costs what any write costs, never nothing.
        let without = Rates { cache_write_1h: PerToken(0), ..rates(1_000, 4_000) };
        assert_eq!(without.cost(&usage), Usd::from_pico(cost - 40 * 750));
    }
}
