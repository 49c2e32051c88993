//! One text of the form as a field of the page.

use yew::prelude::*;

use crate::ui::parts::{TextField, TextKind};
use crate::ui::runner::parse::FieldProblem;
use crate::ui::store::{Endpoint, Field, Form, FormAction};

/// What every step gets: the form, its complaints, and where changes go.
#[derive(Clone, PartialEq)]
pub struct StepProps {
    pub form: std::rc::Rc<Form>,
    /// Only those that are to be seen.
    pub problems: std::rc::Rc<Vec<FieldProblem>>,
    pub on_form: Callback<FormAction>,
    /// Whose fields these are, where they are an endpoint's: the first lane's have their plain names.
    pub lane: usize,
}

impl StepProps {
    pub fn text(&self, field: Field) -> AttrValue {
        self.form.text_of(self.lane, field)
    }

    pub fn endpoint(&self) -> &Endpoint {
        self.form.endpoint(self.lane)
    }

    pub fn error(&self, field: Field) -> Option<AttrValue> {
        let problem = self.problems.iter().find(|(at, _)| *at == field);
        problem.map(|(_, message)| AttrValue::from(message.clone()))
    }

    pub fn on_input(&self, field: Field) -> Callback<AttrValue> {
        let lane = self.lane;
        self.on_form.reform(move |text| FormAction::Typed(lane, field, text))
    }

    /// Its accessible name, which is unique on the page.
    pub fn label(&self, field: Field) -> AttrValue {
        lane_label(field, self.lane)
    }

    pub fn id(&self, field: Field) -> AttrValue {
        field.id(self.lane).into()
    }

    /// A field for a number.
    pub fn number(&self, field: Field, placeholder: &'static str, hint: &str) -> Html {
        let hint = (!hint.is_empty()).then(|| AttrValue::from(hint.to_owned()));
        let (value, error, range) = (self.text(field), self.error(field), field.range().unwrap_or_default());
        let kind = if range.decimals == 0 { TextKind::Whole } else { TextKind::Number };
        let unit = Some(range.unit.label()).filter(|unit| !unit.is_empty()).map(AttrValue::from);
        let echo = field.echo(&value).filter(|_| error.is_none()).map(AttrValue::from);
        html! {
            <TextField id={self.id(field)} label={self.label(field)} {kind} {value} {placeholder} {unit} {echo} {hint} {error}
                on_input={self.on_input(field)} />
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
