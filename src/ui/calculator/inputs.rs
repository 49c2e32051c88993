//! What the calculator is asked: a model of the catalogue and a workload.

use std::rc::Rc;

use yew::{AttrValue, Reducible};

use super::choice::Choice;
use super::view::View;
use crate::estimate::{Every, Example, LengthUnit, POST_MODEL, Quantity, Tier, Workload};
use crate::number::{Range, Unit};
use crate::prices::{self, Model, ModelId};

/// Models that can be seen side by side.
pub const PINS_MAX: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// The catalogue's key, `vendor/id`, of a model that it has.
    pub model: ModelId,
    pub workload: Workload,
    /// Keys of models that are compared side by side, at most [`PINS_MAX`].
    pub pins: Vec<ModelId>,
    pub versus: Versus,
    /// Of the table of all models.
    pub view: View,
    /// What the lengths of input and output are typed in.
    pub unit: LengthUnit,
    pub every: Every,
    /// `YYYY-MM-DD`: the date of the prices that the link was made at, where it says so.
    pub priced: Option<AttrValue>,
    /// The quantities whose boxes hold a text that can't be read, a bit each. The workload is then not what is typed.
    pub unread: u32,
}

/// What [`Versus`] takes.
pub const BAD_ANSWERS: Range = Range { unit: Unit::Percent, decimals: 4, min: 0, max: 990_000, optional: false };
pub const ASKED_AGAIN: Range = Range { unit: Unit::None, decimals: 0, min: 0, max: 10, optional: false };

/// The other model of "a cheaper model with re-asks against a dearer one".
#[derive(Clone, Debug, PartialEq)]
pub struct Versus {
    /// `None`: one is proposed.
    pub model: Option<ModelId>,
    /// Answers of the cheaper of the two that are bad and asked again.
    pub failed_ppm: u32,
    pub re_asks: u32,
}

impl Default for Versus {
    fn default() -> Versus {
        Versus { model: None, failed_ppm: 200_000, re_asks: 3 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ChooseModel(ModelId),
    Set(Quantity, Option<u64>),
    /// Whether its box holds a text that can't be read.
    Unread(Quantity, bool),
    Switch(Choice, bool),
    /// The limits of a published tier; `None`: no limits at all.
    Limits(Option<&'static Tier>),
    /// Pins a model, or takes it off again; a fifth isn't taken.
    Pin(ModelId),
    Against(Versus),
    View(View),
    Unit(LengthUnit),
    Every(Every),
    /// A usual workload; `None`: the post's own, with its model.
    Start(Option<Example>),
    /// Another link was opened.
    Replace(Box<Inputs>),
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs {
            model: prices::OPENING_MODEL.to_owned(),
            workload: Workload::default(),
            pins: Vec::new(),
            versus: Versus::default(),
            view: View::default(),
            unit: LengthUnit::default(),
            every: Every::default(),
            priced: None,
            unread: 0,
        }
    }
}

impl Inputs {
    /// A model that the catalogue lacks is not taken. Own prices belong to the model that they were typed for, so
    /// they don't follow to another one.
    pub fn after(&self, action: Action) -> Inputs {
        let mut after = self.changed(action);
        for quantity in Quantity::ALL {
            // A box whose value moved on by other means shows that value again.
            if after.unread != 0 && quantity.get(&after.workload) != quantity.get(&self.workload) {
                after.unread &= !bit(quantity);
            }
        }
        after
    }

    fn changed(&self, action: Action) -> Inputs {
        match action {
            Action::ChooseModel(model) if model == self.model => self.clone(),
            Action::ChooseModel(model) => match prices::find(&model) {
                Some(found) => {
                    let own = Workload { own_input_price: None, own_output_price: None, ..self.workload.clone() };
                    Inputs { model: found.key(), workload: own, ..self.clone() }
                }
                None => self.clone(),
            },
            Action::Set(quantity, value) => self.with(quantity.set(&self.workload, value)),
            Action::Unread(quantity, true) => Inputs { unread: self.unread | bit(quantity), ..self.clone() },
            Action::Unread(quantity, false) => Inputs { unread: self.unread & !bit(quantity), ..self.clone() },
            Action::Switch(choice, on) => self.with(choice.set(&self.workload, on)),
            Action::Limits(tier) => {
                self.with(tier.map_or_else(|| Tier::lifted(&self.workload), |tier| tier.applied(&self.workload)))
            }
            Action::Pin(model) => self.with_pin(model),
            Action::Against(versus) => Inputs { versus, ..self.clone() },
            Action::View(view) => Inputs { view, ..self.clone() },
            Action::Unit(unit) => Inputs { unit, ..self.clone() },
            Action::Every(every) => Inputs { every, ..self.clone() },
            Action::Start(Some(example)) => self.with(example.applied(&self.workload)),
            Action::Start(None) => {
                Inputs { model: POST_MODEL.to_owned(), workload: Workload::default(), ..self.clone() }
            }
            Action::Replace(inputs) => Inputs { unread: self.unread, ..*inputs },
        }
    }

    fn with(&self, workload: Workload) -> Inputs {
        Inputs { workload, ..self.clone() }
    }

    fn with_pin(&self, model: ModelId) -> Inputs {
        let mut pins = self.pins.clone();
        match pins.iter().position(|pin| *pin == model) {
            Some(place) => {
                pins.remove(place);
            }
            None if pins.len() < PINS_MAX && prices::find(&model).is_some() => pins.push(model),
            None => {}
        }
        Inputs { pins, ..self.clone() }
    }

    /// What has to be corrected first before the figures count; `None` where they do.
    pub fn unread_words(&self) -> Option<AttrValue> {
        let first = Quantity::ALL.get(self.unread.trailing_zeros() as usize)?;
        Some(format!("No estimate yet. Correct {} first.", self.unit.label(*first)).into())
    }

    pub fn model(&self) -> Option<&'static Model> {
        prices::find(&self.model)
    }
}

fn bit(quantity: Quantity) -> u32 {
    1 << quantity as u32
}

impl Reducible for Inputs {
    type Action = Action;
    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        self.after(action).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_prices_stay_with_their_model() {
        let own = Inputs::default().after(Action::Set(Quantity::InputPrice, Some(200_000)));
        assert!(own.workload.own_input_price.is_some());
        assert_eq!(own.after(Action::ChooseModel(own.model.clone())), own);
        let other = own.after(Action::ChooseModel("gpt-4o".to_owned()));
        assert_eq!((other.model.as_str(), other.workload.own_input_price), ("openai/gpt-4o", None));
    }

    #[test]
    fn a_box_counts_as_unread_until_it_is_corrected_or_moves_on() {
        let words = |inputs: &Inputs| inputs.unread_words().map(|words| words.to_string());
        let unread = Inputs::default()
            .after(Action::Unread(Quantity::Budget, true))
            .after(Action::Unread(Quantity::Calls, true));
        assert_eq!(words(&unread).as_deref(), Some("No estimate yet. Correct API calls first."));
        assert_eq!(unread.workload, Inputs::default().workload);
        let corrected = unread.after(Action::Unread(Quantity::Budget, false));
        assert_eq!(words(&corrected).as_deref(), Some("No estimate yet. Correct API calls first."));
        assert_eq!(words(&corrected.after(Action::Set(Quantity::Calls, Some(7)))), None, "its slider was moved");
        // Another link leaves the boxes alone whose values it doesn't change.
        let link = Inputs::default().after(Action::Set(Quantity::Budget, Some(10_000)));
        let opened = unread.after(Action::Replace(Box::new(link)));
        assert_eq!(words(&opened).as_deref(), Some("No estimate yet. Correct API calls first."));
    }

    #[test]
    fn a_usual_workload_keeps_the_model_and_the_post_s_brings_its_own() {
        let asked = Inputs::default().after(Action::Set(Quantity::Calls, Some(20_000)));
        let example = crate::estimate::EXAMPLES[0];
        let started = asked.after(Action::Start(Some(example)));
        assert_eq!((started.workload.calls, started.workload.input_tokens), (20_000, example.input_tokens));
        assert_eq!(started.model, asked.model);
        let post = started.after(Action::Start(None));
        assert_eq!((post.model.as_str(), &post.workload), (POST_MODEL, &Workload::default()));
    }

    #[test]
    fn four_models_can_be_pinned_and_each_taken_off_again() {
        let pin = |inputs: &Inputs, id: &str| inputs.after(Action::Pin(prices::find(id).unwrap().key()));
        let mut inputs = Inputs::default();
        for id in ["gpt-4o", "gpt-5", "claude-opus-5", "o3", "gpt-5-mini"] {
            inputs = pin(&inputs, id);
        }
        assert_eq!(inputs.pins, ["openai/gpt-4o", "openai/gpt-5", "anthropic/claude-opus-5", "openai/o3"]);
        let inputs = pin(&inputs, "gpt-5");
        assert_eq!(inputs.pins, ["openai/gpt-4o", "anthropic/claude-opus-5", "openai/o3"]);
        assert_eq!(inputs.after(Action::Pin("gpt-nowhere".to_owned())), inputs);
    }

    #[test]
    fn a_tier_sets_all_limits_and_its_absence_none() {
        let opened = Inputs::default().after(Action::ChooseModel("openai/gpt-4o-mini".to_owned()));
        let tier = crate::estimate::tiers(opened.model().unwrap())[0];
        let limited = opened.after(Action::Limits(Some(tier)));
        assert_eq!(
            (limited.workload.requests_per_minute, limited.workload.tokens_per_minute),
            (Some(500), Some(200_000))
        );
        assert!(tier.is_of(&limited.workload));
        assert_eq!(limited.after(Action::Limits(None)), opened);
    }

    #[test]
    fn the_opening_model_is_in_the_catalogue_and_an_unknown_one_is_not_taken() {
        let opening = Inputs::default();
        assert_eq!(opening.model().map(|model| model.id.as_str()), Some("gpt-6-luna"));
        assert_eq!(opening.after(Action::ChooseModel("gpt-nowhere".to_owned())), opening);
    }
}
