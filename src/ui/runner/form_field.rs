//! One text of the form as a field of the page.

use yew::prelude::*;

use crate::ui::parts::{TextField, TextKind};
use crate::ui::runner::check::FieldProblem;
use crate::ui::runner::{Field, Form, FormAction};

/// What every step gets: the form, its complaints, and where changes go.
#[derive(Clone, PartialEq)]
pub struct StepProps {
    pub form: std::rc::Rc<Form>,
    /// Only those that are to be seen.
    pub problems: std::rc::Rc<Vec<FieldProblem>>,
    pub on_form: Callback<FormAction>,
    /// Whose fields these are: the first lane's have their plain names.
    pub lane: usize,
}

impl StepProps {
    pub fn error(&self, field: Field) -> Option<AttrValue> {
        let problem = self.problems.iter().find(|(at, _)| *at == field);
        problem.map(|(_, message)| AttrValue::from(message.clone()))
    }

    pub fn on_input(&self, field: Field) -> Callback<AttrValue> {
        self.on_form.reform(move |text| FormAction::Typed(field, text))
    }

    /// Its accessible name, which is unique on the page.
    pub fn label(&self, field: Field) -> AttrValue {
        lane_label(field, self.lane)
    }

    /// A field for a number.
    pub fn number(&self, field: Field, placeholder: &'static str, hint: &str) -> Html {
        let unit = (!field.unit().is_empty()).then(|| AttrValue::from(field.unit()));
        let hint = (!hint.is_empty()).then(|| AttrValue::from(hint.to_owned()));
        html! {
            <TextField label={self.label(field)} kind={TextKind::Number} value={self.form.text(field)} {placeholder} {unit}
                {hint} error={self.error(field)} on_input={self.on_input(field)} />
        }
    }
}

/// `API key` of the first lane, `API key, lane 2` of the next.
pub fn lane_label(field: Field, lane: usize) -> AttrValue {
    match lane {
        0 => field.label().into(),
        _ => format!("{}, lane {}", field.label(), lane + 1).into(),
    }
}
