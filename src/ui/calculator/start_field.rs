//! `Start from`: usual workloads, each with what it is made of, and the post's own.

use yew::prelude::*;

use super::inputs::{Action, Inputs};
use crate::estimate::{EXAMPLES, POST_BASIS, POST_MODEL, POST_NAME, Workload};
use crate::ui::parts::SelectField;

/// What is chosen where the inputs are none of these.
const OWN: &str = "my own numbers";

pub fn start_field(inputs: &Inputs, on_action: &Callback<Action>) -> Html {
    let (value, basis) = chosen(inputs);
    let names = std::iter::once(OWN).chain(EXAMPLES.iter().map(|example| example.name)).chain([POST_NAME]);
    let choices: Vec<_> = names.map(|name| (AttrValue::Static(name), AttrValue::Static(name))).collect();
    let on_action = on_action.clone();
    let on_choose = Callback::from(move |name: AttrValue| {
        if name == POST_NAME {
            on_action.emit(Action::Start(None));
        } else if let Some(example) = EXAMPLES.iter().find(|example| example.name == name) {
            on_action.emit(Action::Start(Some(*example)));
        }
    });
    html! { <SelectField id="start-from" label="Start from" {value} {choices} hint={basis.map(AttrValue::Static)} {on_choose} /> }
}

/// Which of them the inputs are, and what it is made of.
fn chosen(inputs: &Inputs) -> (&'static str, Option<&'static str>) {
    if let Some(example) = EXAMPLES.iter().find(|example| example.is_of(&inputs.workload)) {
        return (example.name, Some(example.basis));
    }
    let post = inputs.model == POST_MODEL && inputs.workload == Workload::default();
    if post { (POST_NAME, Some(POST_BASIS)) } else { (OWN, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_follows_the_inputs() {
        let opening = Inputs::default();
        assert_eq!(chosen(&opening), (OWN, None));
        let post = opening.after(Action::Start(None));
        assert_eq!(chosen(&post).0, POST_NAME);
        for example in EXAMPLES {
            let inputs = post.after(Action::Start(Some(example)));
            assert_eq!(chosen(&inputs), (example.name, Some(example.basis)));
        }
    }
}
