//! What is compared: the steps' own setup, the lanes beside it, and whatever else the person wants to see beside them.

use crate::link::{LaneSetup, ReasoningEffort, RowChoice, Secret, Setup, Variant};
use crate::money::Usd;
use crate::prices;

/// More than a person can look at side by side.
pub const CANDIDATES_MAX: usize = 4;

/// Candidates beside the steps' own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    pub models: Vec<String>,
    pub system: Option<String>,
    pub effort: Option<ReasoningEffort>,
}

impl Others {
    /// The comparison of `setup` with these, on so many rows.
    pub fn compared_with(&self, setup: &Setup, rows: u32, seed: u32) -> Setup {
        let mut compared = Setup { compare: true, rows: RowChoice::Random { rows, seed }, ..setup.clone() };
        let model = |model: &String| {
            let card = prices::find_at(setup.provider, model).map(|model| model.card.base);
            LaneSetup {
                model: model.clone(),
                input_price: card.map(|rates| rates.input),
                output_price: card.map(|rates| rates.output),
                listed_card: None,
                ..own(setup)
            }
        };
        let variant = |system: &str, effort| {
            let variant = Variant { system: system.to_owned(), user: setup.user.clone(), reasoning_effort: effort };
            LaneSetup { variant: Some(variant), ..own(setup) }
        };
        compared.more_lanes.extend(self.models.iter().map(model));
        compared.more_lanes.extend(self.system.as_ref().map(|system| variant(system, setup.reasoning_effort)));
        compared.more_lanes.extend(self.effort.map(|effort| variant(&setup.system, Some(effort))));
        compared
    }
}

fn own(setup: &Setup) -> LaneSetup {
    LaneSetup {
        provider: setup.provider,
        base_url: setup.base_url.clone(),
        model: setup.model.clone(),
        input_price: setup.input_price,
        output_price: setup.output_price,
        listed_card: setup.listed_card.clone(),
        limits: setup.limits.clone(),
        variant: None,
    }
}

/// A candidate that has no key of its own uses the first one's, which is of the same endpoint.
pub fn keys_of(setup: &Setup, mut keys: Vec<Option<Secret>>) -> Vec<Option<Secret>> {
    let first = keys.first().cloned().flatten();
    for lane in keys.len()..setup.lanes() {
        let same = setup.of_lane(lane).base_url == setup.base_url;
        keys.push(first.clone().filter(|_| same));
    }
    keys
}

/// What the comparison costs at most, each call with `input` tokens and a full answer, asked once; `None`: a price or the cap
/// is unknown.
pub fn cost_at_most(compared: &Setup, rows: u32, input: u64) -> Option<Usd> {
    let cap = u64::from(compared.output_tokens_max?);
    let lane = |lane: usize| {
        let own = compared.of_lane(lane);
        Some(own.input_price? * input + own.output_price? * cap)
    };
    let a_row: Usd = (0..compared.lanes()).map(lane).sum::<Option<Usd>>()?;
    Some(Usd::from_pico(a_row.pico() * i128::from(rows)))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::link::candidate_name;
    use crate::money::PerToken;
    use crate::ui::runner::parse::prompts_and_endpoints;
    use crate::ui::store::Form;

    fn setup() -> Setup {
        Setup { system: "Classify.".into(), ..prompts_and_endpoints(&Form::default()) }
    }

    #[test]
    fn every_candidate_has_a_name_and_a_lane_of_its_own() {
        let others = Others {
            models: vec!["gpt-5-nano".into()],
            system: Some("Classify, please.".into()),
            effort: Some(ReasoningEffort::Low),
        };
        let compared = others.compared_with(&setup(), 100, 7);
        assert_eq!((compared.candidates(), &compared.rows), (Some(4), &RowChoice::Random { rows: 100, seed: 7 }));
        let names: Vec<String> = (0..4).map(|lane| candidate_name(&compared, lane)).collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), 4, "{names:?}");
        assert_eq!(names[1], "gpt-5-nano");
        assert!(compared.of_lane(1).input_price.is_some());
        assert_eq!(compared.of_lane(2).system, "Classify, please.");
        let key = vec![Some(Secret::new("sk-1"))];
        assert_eq!(keys_of(&compared, key.clone()), vec![key[0].clone(); 4]);
    }

    #[test]
    fn a_comparison_has_a_price_where_every_candidate_has_one() {
        let others = Others { models: vec!["gpt-5-nano".into()], ..Others::default() };
        let mut compared = others.compared_with(&Setup { output_tokens_max: Some(10), ..setup() }, 100, 1);
        (compared.input_price, compared.output_price) = (Some(PerToken(150_000)), Some(PerToken(600_000)));
        (compared.more_lanes[0].input_price, compared.more_lanes[0].output_price) =
            (Some(PerToken(50_000)), Some(PerToken(400_000)));
        // A hundred rows of 40 tokens: (150,000 + 50,000) x 40 + (600,000 + 400,000) x 10 a row.
        assert_eq!(cost_at_most(&compared, 100, 40), Some(Usd::from_pico(1_800_000_000)));
        compared.more_lanes[0].output_price = None;
        assert_eq!(cost_at_most(&compared, 100, 40), None);
    }
}
