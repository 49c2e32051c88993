//! Ways to begin for those who don't know a token: usual workloads, and lengths counted from a text. Fetched once the
//! answer has been painted. Not here: the inputs themselves (`ui::calculator`).

use yew::prelude::*;

use crate::estimate::{EXAMPLES, Example, POST_BASIS, POST_MODEL, POST_NAME, Quantity, Workload};
use crate::money::grouped;
use crate::prices::ModelId;
use crate::provider::tokens;
use crate::ui::calculator::Action;
use crate::ui::parts::{Button, Disclosure, SelectField, TextField, TextKind};

/// What is chosen where the inputs are none of these.
const OWN: &str = "";
const POST: &str = "post";

#[derive(Clone, Properties, PartialEq)]
pub struct StartProps {
    pub workload: Workload,
    pub model: ModelId,
    pub on_action: Callback<Action>,
}

#[component]
pub fn Start(props: &StartProps) -> Html {
    let (value, basis) = chosen(&props.workload, &props.model);
    let mut choices = vec![(AttrValue::Static(OWN), AttrValue::Static("my own numbers"))];
    choices.extend(EXAMPLES.map(|example| (AttrValue::Static(example.name), AttrValue::Static(example.name))));
    choices.push((AttrValue::Static(POST), AttrValue::Static(POST_NAME)));
    let on_choose = {
        let on_action = props.on_action.clone();
        Callback::from(move |name: AttrValue| match (name.as_str(), example(&name)) {
            (POST, _) => on_action.emit(Action::Start(None)),
            (_, Some(example)) => on_action.emit(Action::Start(Some(example))),
            _ => {}
        })
    };
    html! {
        <div class="start">
            <SelectField id="start-from" label="Start from" {value} {choices} hint={basis.map(AttrValue::Static)} {on_choose} />
            <Disclosure id="count-from-text" label="Count from text…">
                <CountFromText on_action={props.on_action.clone()} />
            </Disclosure>
        </div>
    }
}

fn example(name: &str) -> Option<Example> {
    EXAMPLES.into_iter().find(|example| example.name == name)
}

/// Which of them the inputs are, and what it is made of.
fn chosen(workload: &Workload, model: &str) -> (&'static str, Option<&'static str>) {
    if let Some(example) = EXAMPLES.iter().find(|example| example.is_of(workload)) {
        return (example.name, Some(example.basis));
    }
    let post = model == POST_MODEL && *workload == Workload::default();
    if post { (POST, Some(POST_BASIS)) } else { (OWN, None) }
}

#[derive(Properties, PartialEq)]
struct CountFromTextProps {
    on_action: Callback<Action>,
}

/// The text stays in this component.
#[component]
fn CountFromText(props: &CountFromTextProps) -> Html {
    let (prompt, answer) = (use_state(AttrValue::default), use_state(AttrValue::default));
    let typed = |text: &UseStateHandle<AttrValue>| {
        let text = text.setter();
        Callback::from(move |typed: AttrValue| text.set(typed))
    };
    let (input, output) = (tokens::estimate(&prompt), tokens::estimate(&answer));
    let on_press = {
        let on_action = props.on_action.clone();
        Callback::from(move |()| {
            on_action.emit(Action::Set(Quantity::Input, Some(u64::from(input).clamp(1, Quantity::Input.range().max))));
            if output > 0 {
                on_action.emit(Action::Set(Quantity::Output, Some(output.into())));
            }
        })
    };
    html! {
        <div class="start__count">
            <TextField label="Prompt with one input" kind={TextKind::Paragraph} value={(*prompt).clone()} on_input={typed(&prompt)} />
            <TextField label="Example answer" kind={TextKind::Paragraph} rows={2} value={(*answer).clone()} on_input={typed(&answer)} />
            <p class="soft small" role="status">{ words(input, output) }</p>
            if input > 0 {
                <Button {on_press}>{ "Use these lengths" }</Button>
            }
        </div>
    }
}

fn words(input: u32, output: u32) -> String {
    let count = |tokens: u32| grouped(&tokens.to_string());
    match (input, output) {
        (0, _) => "The text stays on this page.".to_owned(),
        (input, 0) => format!("About {} tokens in, within 30%. The text stays on this page.", count(input)),
        (input, output) => {
            let (input, output) = (count(input), count(output));
            format!("About {input} tokens in and {output} out, within 30%. The text stays on this page.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::calculator::Inputs;

    #[test]
    fn the_choice_follows_the_inputs() {
        let opening = Inputs::default();
        assert_eq!(chosen(&opening.workload, &opening.model), (OWN, None));
        let post = opening.after(Action::Start(None));
        assert_eq!(chosen(&post.workload, &post.model).0, POST);
        for example in EXAMPLES {
            let inputs = post.after(Action::Start(Some(example)));
            assert_eq!(chosen(&inputs.workload, &inputs.model), (example.name, Some(example.basis)));
        }
    }

    #[test]
    fn a_text_is_counted_in_words() {
        assert_eq!(words(0, 0), "The text stays on this page.");
        assert_eq!(words(1_200, 0), "About 1,200 tokens in, within 30%. The text stays on this page.");
        assert_eq!(words(1_200, 5), "About 1,200 tokens in and 5 out, within 30%. The text stays on this page.");
    }
}
