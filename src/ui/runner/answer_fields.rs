//! In which form answers are asked for, and how often again.

use yew::prelude::*;

use crate::answers::{Labels, Outline};
use crate::provider::{is_strict, tokens};
use crate::ui::parts::{Button, ButtonKind, SelectField, Switch, TextField, TextKind};
use crate::ui::runner::form::FormatKind;
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::words::counted;
use crate::ui::runner::{Field, FormAction};

const FORMATS: [(FormatKind, &str); 3] =
    [(FormatKind::Text, "Text"), (FormatKind::Labels, "Labels"), (FormatKind::Schema, "JSON schema")];
/// Fields that are named; the rest is counted.
const FIELDS_NAMED: usize = 6;
/// What a label's end, and a little more than the label, may take.
const LABEL_TOKENS_SPARE: u32 = 8;

const EXAMPLE_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "category": {"type": "string", "enum": ["produce", "dairy", "meat", "other"]},
    "organic": {"type": "boolean"},
    "reason": {"type": "string", "description": "At most ten words"}
  },
  "required": ["category", "organic", "reason"],
  "additionalProperties": false
}"#;

pub fn answer_fields(step: &StepProps) -> Html {
    let format = step.form.format;
    let choices = FORMATS.map(|(_, name)| (AttrValue::from(name), AttrValue::from(name))).to_vec();
    let value = FORMATS.into_iter().find(|(kind, _)| *kind == format).map_or("Text", |(_, name)| name);
    let on_choose = step.on_form.reform(|chosen: AttrValue| {
        let kind = FORMATS.into_iter().find(|(_, name)| *name == chosen.as_str());
        FormAction::Format(kind.map(|(kind, _)| kind).unwrap_or_default())
    });
    let hint = match format {
        FormatKind::Text => "Answers are taken as they come; empty ones are marked, or asked for again.",
        FormatKind::Labels => "Each answer must be one of the labels below; others are marked, or asked for again.",
        FormatKind::Schema => "Each answer must be JSON by the schema below; its fields become columns of the export.",
    };
    html! {
        <>
            <SelectField label="Answer format" {value} {choices} {hint} {on_choose} />
            { match format {
                FormatKind::Text => Html::default(),
                FormatKind::Labels => labels(step),
                FormatKind::Schema => schema(step),
            } }
            { step.number(Field::Reasks, "0", reasks_hint(step)) }
        </>
    }
}

fn labels(step: &StepProps) -> Html {
    let typed = Labels::typed(&step.form.text(Field::Labels));
    let hint = match typed.len() {
        0 => "One a line. Case, quotes and punctuation around a label don't count.".to_owned(),
        count => format!(
            "{}. Case, quotes and punctuation around a label don't count; the export has it as it stands here.",
            counted(count as u64, "label", "labels")
        ),
    };
    html! {
        <TextField label={Field::Labels.label()} kind={TextKind::Paragraph} rows={5} value={step.form.text(Field::Labels)}
            error={step.error(Field::Labels)} {hint} on_input={step.on_input(Field::Labels)} />
    }
}

fn schema(step: &StepProps) -> Html {
    let text = step.form.text(Field::JsonSchema);
    let on_example = {
        let on_input = step.on_input(Field::JsonSchema);
        Callback::from(move |()| on_input.emit(EXAMPLE_SCHEMA.into()))
    };
    html! {
        <>
            <TextField label={Field::JsonSchema.label()} kind={TextKind::Paragraph} rows={9} monospace=true
                value={text.clone()} error={step.error(Field::JsonSchema)} hint={schema_hint(&text)}
                on_input={step.on_input(Field::JsonSchema)} />
            if text.trim().is_empty() {
                <div class="row">
                    <Button kind={ButtonKind::Quiet} on_press={on_example}>{ "Insert an example schema" }</Button>
                </div>
            }
            <Switch label="Ask for the schema in the prompt only" on={step.form.schema_in_prompt}
                hint="For models without structured output, which refuse the field it is sent in."
                on_switch={step.on_form.reform(FormAction::SchemaInPrompt)} />
        </>
    }
}

/// What becomes of the schema: its columns, and how strictly OpenAI can hold a model to it.
fn schema_hint(text: &str) -> String {
    let Ok(outline) = Outline::read(text) else {
        return "As in OpenAI\u{2019}s json_schema, Pydantic\u{2019}s model_json_schema() or Zod\u{2019}s toJSONSchema().".to_owned();
    };
    let names = outline.field_names();
    let columns = match names.len() {
        0 => "The answer stays one column: the schema names no fields of an object.".to_owned(),
        count if count <= FIELDS_NAMED => format!("Columns of the export: {}.", names.join(", ")),
        count => {
            format!("Columns of the export: {} and {} more.", names[..FIELDS_NAMED].join(", "), count - FIELDS_NAMED)
        }
    };
    let strict = serde_json::from_str(text).is_ok_and(|schema| is_strict(&schema));
    let held = if strict {
        "Sent as strict, where the provider knows it."
    } else {
        "Not sent as strict: that takes an object whose properties are all under \"required\", with \
         \"additionalProperties\": false, in every object; and OpenAI\u{2019}s subset knows no minLength, maxLength, oneOf \
         or allOf."
    };
    format!("{columns} {held}")
}

fn reasks_hint(step: &StepProps) -> &'static str {
    let number = |field: Field| field.steps(&step.form.text(field));
    if number(Field::Temperature) == Some(0) && number(Field::Reasks) != Some(0) {
        return "Each is billed. At temperature 0 a model tends to give the same answer again.";
    }
    "Each is billed and counts in the worst case; 0 to 5."
}

/// What `Max output tokens` means for this format.
pub fn output_hint(step: &StepProps) -> String {
    match step.form.format {
        FormatKind::Text => "Longer answers are cut off and marked.".to_owned(),
        FormatKind::Labels => {
            let labels = Labels::typed(&step.form.text(Field::Labels));
            match labels.iter().map(|label| tokens::estimate(label)).max() {
                Some(longest) => format!(
                    "A label needs few: about {} are enough here, more only for models that think first.",
                    longest + LABEL_TOKENS_SPARE
                ),
                None => "A label needs few.".to_owned(),
            }
        }
        FormatKind::Schema => "Leave room for every field: JSON that is cut off doesn't fit.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_schema_that_openai_holds_a_model_to() {
        let hint = schema_hint(EXAMPLE_SCHEMA);
        assert_eq!(
            hint,
            "Columns of the export: category, organic, reason. Sent as strict, where the provider knows it."
        );
        assert!(schema_hint(r#"{"type": "string", "maxLength": 9}"#).contains("stays one column"));
    }
}
