//! In which form answers are asked for, and how often again.

use yew::prelude::*;

use crate::answers::{Labels, Outline};
use crate::provider::{is_strict, takes_temperature};
use crate::ui::parts::{Button, ButtonKind, SelectField, Switch, TextField, TextKind};
use crate::ui::runner::form_field::StepProps;
use crate::ui::runner::words::counted;
use crate::ui::store::form::{FormatKind, label_tokens};
use crate::ui::store::{Field, FormAction};

const FORMATS: [(FormatKind, &str); 3] =
    [(FormatKind::Text, "Text"), (FormatKind::Labels, "Labels"), (FormatKind::Schema, "JSON schema")];
/// Fields that are named; the rest is counted.
const FIELDS_NAMED: usize = 6;

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
        FormatKind::Text => "Any text. Empty answers are marked.",
        FormatKind::Labels => "Each answer must be one of your labels. Others are marked.",
        FormatKind::Schema => "Each answer must be JSON that fits your schema. Its fields become columns.",
    };
    html! {
        <>
            <div class="step__fields">
                <div class="step__wide">
                    <SelectField id="answer-format" label="Answer format" {value} {choices} {hint} {on_choose} />
                </div>
                <div class="step__wide">{ step.number(Field::MaxOutputTokens, "no limit", &output_hint(step)) }</div>
            </div>
            { match format {
                FormatKind::Text => Html::default(),
                FormatKind::Labels => labels(step),
                FormatKind::Schema => schema(step),
            } }
            <div class="step__fields">
                <div class="step__wide">{ step.number(Field::Reasks, "0", reasks_hint(step)) }</div>
            </div>
        </>
    }
}

fn labels(step: &StepProps) -> Html {
    let typed = Labels::typed(&step.form.text(Field::Labels));
    let hint = match typed.len() {
        0 => "One a line.".to_owned(),
        count => format!(
            "{}. Case, quotes and punctuation around an answer don't count.",
            counted(count as u64, "label", "labels")
        ),
    };
    html! {
        <TextField id={step.id(Field::Labels)} label={Field::Labels.label()} kind={TextKind::Paragraph} rows={5} value={step.form.text(Field::Labels)}
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
            <TextField id={step.id(Field::JsonSchema)} label={Field::JsonSchema.label()} kind={TextKind::Paragraph} rows={9} monospace=true
                value={text.clone()} error={step.error(Field::JsonSchema)} hint={schema_hint(&text)}
                on_input={step.on_input(Field::JsonSchema)} />
            if text.trim().is_empty() {
                <div class="row">
                    <Button kind={ButtonKind::Quiet} on_press={on_example}>{ "Insert an example schema" }</Button>
                </div>
            }
            <Switch id="schema-in-prompt" label="Ask for the schema in the prompt only" on={step.form.schema_in_prompt}
                hint="For models without structured output."
                on_switch={step.on_form.reform(FormAction::SchemaInPrompt)} />
        </>
    }
}

/// What becomes of the schema: its columns, and how strictly OpenAI can hold a model to it.
fn schema_hint(text: &str) -> String {
    let Ok(outline) = Outline::read(text) else {
        return "As OpenAI, Pydantic or Zod write it.".to_owned();
    };
    let names = outline.field_names();
    let columns = match names.len() {
        0 => "The answer stays one column.".to_owned(),
        count if count <= FIELDS_NAMED => format!("Columns of the export: {}.", names.join(", ")),
        count => {
            format!("Columns of the export: {} and {} more.", names[..FIELDS_NAMED].join(", "), count - FIELDS_NAMED)
        }
    };
    let strict = serde_json::from_str(text).is_ok_and(|schema| is_strict(&schema));
    let held = if strict {
        "Sent as strict where the provider supports it."
    } else {
        "Not sent as strict: for that, every object needs all its properties under \"required\" and \"additionalProperties\": \
         false, and no minLength, maxLength, oneOf or allOf."
    };
    format!("{columns} {held}")
}

fn reasks_hint(step: &StepProps) -> &'static str {
    let number = |field: Field| field.steps(&step.form.text(field));
    if number(Field::Temperature) == Some(0) && number(Field::Reasks) != Some(0) {
        return "Each is billed. At temperature 0 the same answer usually comes back.";
    }
    "0 to 5. Each is billed, and counts in the worst case."
}

/// What `Max output tokens` means for this format.
fn output_hint(step: &StepProps) -> String {
    let needed = label_tokens(&step.form.text(Field::Labels)).filter(|_| step.form.format == FormatKind::Labels);
    match (step.form.format, needed) {
        (FormatKind::Schema, _) => "Leave room for every field: JSON that is cut off doesn't fit.".to_owned(),
        (_, Some(needed)) if takes_temperature(&step.form.text(Field::Model)) => {
            format!("Your longest label needs about {needed}.")
        }
        (_, Some(needed)) => {
            format!("Your longest label needs about {needed}, and this model thinks before it answers.")
        }
        _ => "Longer answers are cut off and marked.".to_owned(),
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
            "Columns of the export: category, organic, reason. Sent as strict where the provider supports it."
        );
        assert!(schema_hint(r#"{"type": "string", "maxLength": 9}"#).contains("stays one column"));
    }
}
