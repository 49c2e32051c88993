//! What the calculator is asked: a model of the catalogue and a workload.

use std::rc::Rc;

use yew::Reducible;

use super::quantity::Quantity;
use crate::estimate::Workload;
use crate::prices::{self, Model, ModelId};

/// The model that the page opens with.
pub const OPENING_MODEL: &str = "openai/gpt-4o-mini";

#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// The catalogue's key, `vendor/id`, of a model that it has.
    pub model: ModelId,
    pub workload: Workload,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ChooseModel(ModelId),
    Set(Quantity, Option<f64>),
    /// Another link was opened.
    Replace(Box<Inputs>),
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs { model: OPENING_MODEL.to_owned(), workload: Workload::default() }
    }
}

impl Inputs {
    /// A model that the catalogue lacks is not taken. Own prices belong to the model that they were typed for, so
    /// they don't follow to another one.
    pub fn after(&self, action: Action) -> Inputs {
        match action {
            Action::ChooseModel(model) if model == self.model => self.clone(),
            Action::ChooseModel(model) => match prices::find(&model) {
                Some(found) => {
                    let own = Workload { own_input_price: None, own_output_price: None, ..self.workload.clone() };
                    Inputs { model: found.key(), workload: own }
                }
                None => self.clone(),
            },
            Action::Set(quantity, value) => {
                Inputs { model: self.model.clone(), workload: quantity.set(&self.workload, value) }
            }
            Action::Replace(inputs) => *inputs,
        }
    }

    pub fn model(&self) -> Option<&'static Model> {
        prices::find(&self.model)
    }
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
        let own = Inputs::default().after(Action::Set(Quantity::InputPrice, Some(0.2)));
        assert!(own.workload.own_input_price.is_some());
        assert_eq!(own.after(Action::ChooseModel(own.model.clone())), own);
        let other = own.after(Action::ChooseModel("gpt-4o".to_owned()));
        assert_eq!((other.model.as_str(), other.workload.own_input_price), ("openai/gpt-4o", None));
    }

    #[test]
    fn the_opening_model_is_in_the_catalogue_and_an_unknown_one_is_not_taken() {
        let opening = Inputs::default();
        assert_eq!(opening.model().map(|model| model.id.as_str()), Some("gpt-4o-mini"));
        assert_eq!(opening.after(Action::ChooseModel("gpt-nowhere".to_owned())), opening);
    }
}
