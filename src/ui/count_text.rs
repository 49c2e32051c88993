//! `Count from text…`: the lengths of a call from a pasted prompt and an example answer. It is fetched once the answer has
//! been painted.

use yew::prelude::*;

use crate::estimate::Quantity;
use crate::money::grouped;
use crate::provider::tokens;
use crate::ui::calculator::Action;
use crate::ui::parts::{Button, TextField, TextKind};

#[derive(Clone, Properties, PartialEq)]
pub struct CountTextProps {
    pub on_action: Callback<Action>,
}

/// The text stays in this component.
#[component]
pub fn CountText(props: &CountTextProps) -> Html {
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
        <div class="count-text">
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

    #[test]
    fn a_text_is_counted_in_words() {
        assert_eq!(words(0, 0), "The text stays on this page.");
        assert_eq!(words(1_200, 0), "About 1,200 tokens in, within 30%. The text stays on this page.");
        assert_eq!(words(1_200, 5), "About 1,200 tokens in and 5 out, within 30%. The text stays on this page.");
    }
}
