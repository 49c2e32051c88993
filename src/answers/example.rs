//! Documents that fit a schema, for the simulated provider: it answers in the form it is asked for.

use serde_json::{Map, Number, Value};

use super::node::Node;
use super::outline::parse;

/// Deeper than this, what is optional is left out, so that a schema that holds itself comes to an end.
const DEPTH_MAX: usize = 6;
const BYTES_MAX: usize = 64 * 1024;
const WORDS: [&str; 12] =
    ["amber", "birch", "copper", "dune", "ember", "fjord", "grove", "harbor", "iris", "juniper", "kelp", "lark"];

/// A document for this schema, another for another seed; `None` where the schema can't be read. Patterns and formats
/// are beyond it: such a document is a misfit, as a model's may be.
pub fn example(schema: &str, seed: u64) -> Option<String> {
    let root = parse(schema).ok()?;
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut text = String::new();
    write(&mut text, &root, &root, &mut chance, 0);
    Some(text)
}

/// Written as it is made, so that the fields keep the schema's order.
fn write(out: &mut String, node: &Node, root: &Node, chance: &mut fastrand::Rng, depth: usize) {
    // Long lists of long lists: no model writes so much either.
    if out.len() > BYTES_MAX {
        return out.push_str("null");
    }
    let node = node.resolved(root);
    if let Some(value) = node.get("const") {
        return out.push_str(&value.value().to_string());
    }
    if let Some(values) = node.get("enum").map(Node::elements).filter(|values| !values.is_empty()) {
        return out.push_str(&values[chance.usize(..values.len())].value().to_string());
    }
    for name in ["anyOf", "oneOf"] {
        if let Some(choices) = node.get(name).map(Node::elements).filter(|choices| !choices.is_empty()) {
            // The first is the plainest; what follows is often null.
            let choice = if depth >= DEPTH_MAX { choices.len() - 1 } else { 0 };
            return write(out, &choices[choice], root, chance, depth + 1);
        }
    }
    if let Some(part) = node.get("allOf").and_then(|parts| parts.elements().first()) {
        return write(out, part, root, chance, depth + 1);
    }
    let is = |name: &str| node.is_type(name);
    if is("object") || node.get("properties").is_some() {
        write_object(out, node, root, chance, depth);
    } else if is("array") || node.get("items").is_some() {
        write_array(out, node, root, chance, depth);
    } else if is("integer") || is("number") || node.get("minimum").is_some() || node.get("maximum").is_some() {
        out.push_str(&number(node, chance).to_string());
    } else if is("boolean") {
        out.push_str(if chance.bool() { "true" } else { "false" });
    } else if is("null") {
        out.push_str("null");
    } else {
        out.push_str(&Value::from(words(node, chance)).to_string());
    }
}

fn write_object(out: &mut String, node: &Node, root: &Node, chance: &mut fastrand::Rng, depth: usize) {
    let required = node.get("required").map(Node::elements).unwrap_or_default();
    let is_required = |name: &str| required.iter().any(|other| other.text() == Some(name));
    let properties = node.get("properties").map(Node::pairs).unwrap_or_default();
    out.push('{');
    let mut first = true;
    for (name, schema) in properties.iter().filter(|(name, _)| depth < DEPTH_MAX || is_required(name)) {
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push_str(": ");
        // A schema that must hold itself has no finite document; nothing is as good as another.
        if depth > 2 * DEPTH_MAX { out.push_str("null") } else { write(out, schema, root, chance, depth + 1) }
    }
    out.push('}');
}

fn write_array(out: &mut String, node: &Node, root: &Node, chance: &mut fastrand::Rng, depth: usize) {
    let bound = |name: &str| node.get(name).and_then(whole);
    let (least, most) = (bound("minItems").unwrap_or(1).min(20), bound("maxItems").unwrap_or(3).min(20));
    let wished = if depth >= DEPTH_MAX { least } else { chance.u64(1..=3) };
    let count = wished.max(least).min(most.max(least));
    // As of objects: a list that must hold itself is no finite document.
    let count = if depth > 2 * DEPTH_MAX { 0 } else { count };
    let any = Node::Object(Vec::new());
    out.push('[');
    for place in 0..count {
        if place > 0 {
            out.push_str(", ");
        }
        write(out, node.get("items").unwrap_or(&any), root, chance, depth + 1);
    }
    out.push(']');
}

fn number(node: &Node, chance: &mut fastrand::Rng) -> Number {
    let bound = |name: &str| match node.get(name) {
        Some(Node::Scalar(value)) => value.as_f64(),
        _ => None,
    };
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|above| above + 1.0));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|below| below - 1.0));
    let low = least.unwrap_or_else(|| most.map_or(1.0, |most| (most - 10.0).min(1.0)));
    let high = most.unwrap_or(low + 9.0).max(low);
    if node.is_type("number") && !node.is_type("integer") {
        let tenths = ((low * 10.0).ceil() + chance.f64() * ((high - low) * 10.0)).floor() / 10.0;
        return Number::from_f64(tenths.clamp(low, high)).unwrap_or_else(|| 1.into());
    }
    let (low, high) = (low.ceil() as i64, high.floor() as i64);
    let step = bound("multipleOf").map_or(1, |step| (step as i64).max(1));
    let drawn = chance.i64(low..=high.max(low));
    let below = drawn.saturating_sub(drawn.rem_euclid(step));
    Number::from(if below < low { below.saturating_add(step) } else { below })
}

fn words(node: &Node, chance: &mut fastrand::Rng) -> String {
    let bound = |name: &str| node.get(name).and_then(whole).map(|count| count as usize);
    let mut text = WORDS[chance.usize(..WORDS.len())].to_owned();
    while text.chars().count() < bound("minLength").unwrap_or(0).min(1_000) {
        text.push(' ');
        text.push_str(WORDS[chance.usize(..WORDS.len())]);
    }
    text.chars().take(bound("maxLength").unwrap_or(usize::MAX)).collect()
}

fn whole(node: &Node) -> Option<u64> {
    match node {
        Node::Scalar(value) => value.as_u64(),
        _ => None,
    }
}

/// A document with one field less; `None` where there is none to leave out.
pub fn without_a_field(document: &str) -> Option<String> {
    let mut fields: Map<String, Value> = serde_json::from_str(document).ok()?;
    let last = fields.keys().next_back()?.clone();
    fields.remove(&last);
    Some(Value::Object(fields).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lists that hold themselves, and lists of lists of lists.
    #[test]
    fn every_schema_has_an_example_of_bounded_size() {
        let lists = r##"{"type": "array", "minItems": 20, "items": {"$ref": "#"}}"##;
        let largest = r#"{"type": "integer", "minimum": -9223372036854775808, "maximum": -9223372036854775807, "multipleOf": 9223372036854775807}"#;
        for schema in [r##"{"type": "array", "items": {"$ref": "#"}}"##, lists, largest] {
            for seed in 0..20 {
                let document = example(schema, seed).unwrap();
                assert!(document.len() < 2 * BYTES_MAX, "{} bytes", document.len());
                assert!(serde_json::from_str::<Value>(&document).is_ok(), "{document}");
            }
        }
    }
}

#[cfg(all(test, feature = "validator"))]
mod against_the_validator {
    use super::*;
    use crate::answers::SchemaCheck;

    #[test]
    fn examples_fit_their_schema() {
        for schema in [
            r#"{"type": "object", "properties": {"genre": {"enum": ["Drama", "Comedy"]}, "score": {"type": "number", "minimum": 0, "maximum": 1}}, "required": ["genre", "score"], "additionalProperties": false}"#,
            r#"{"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string", "minLength": 12, "maxLength": 14}, "minItems": 2, "maxItems": 2}, "ok": {"type": "boolean"}, "none": {"type": "null"}}, "required": ["tags", "ok", "none"]}"#,
            r#"{"type": "object", "properties": {"n": {"type": "integer", "minimum": 5, "maximum": 40, "multipleOf": 7}, "y": {"type": ["integer", "null"], "maximum": 3}, "v": {"const": 1}}, "required": ["n", "y", "v"]}"#,
            r##"{"$ref": "#/$defs/Tree", "$defs": {"Tree": {"type": "object", "properties": {"name": {"type": "string"}, "child": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}}, "required": ["name", "child"]}}}"##,
            r#"{"type": "array", "items": {"type": "integer"}}"#,
            r#"{"type": "string", "maxLength": 3}"#,
            r#"true"#,
        ] {
            let Ok(check) = SchemaCheck::new(schema) else { continue };
            for seed in 0..50 {
                let document = example(schema, seed).unwrap();
                assert_eq!(check.misfit(&document), None, "{schema}\n{document}");
            }
            assert_eq!(example(schema, 7), example(schema, 7));
        }
    }

    #[test]
    fn fields_come_in_the_schemas_order_and_one_can_be_left_out() {
        let schema = r#"{"type": "object", "properties": {"z": {"type": "integer"}, "a": {"type": "integer"}}}"#;
        let document = example(schema, 1).unwrap();
        assert!(document.find("\"z\"") < document.find("\"a\""), "{document}");
        assert_eq!(without_a_field(&document).unwrap().matches(':').count(), 1);
        assert_eq!(without_a_field("3"), None);
    }
}
