//! A JSON schema as a person reads it: its faults, each with its place, and its fields in the order in which they were
//! written. It refuses what is surely a mistake and leaves the fine points to the validator, so that the page can say
//! what is wrong while it is typed, without loading one.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use super::node::{Node, pointed};
use crate::provider::in_short;

/// Larger ones would be sent with every call.
const SCHEMA_BYTES_MAX: usize = 64 * 1024;
/// Columns beyond these would bury the file's own; what they hold stands in the answer all the same.
pub const FIELDS_MAX: usize = 200;
/// Objects deeper than this become one column, as JSON.
const FIELD_DEPTH_MAX: usize = 4;
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];
/// Keywords whose value is a schema, a list of schemas, or schemas by name.
const ONE: [&str; 8] = ["additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "items"];
const LIST: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const BY_NAME: [&str; 5] = ["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"];
/// Those of them that apply to the same place of an answer as the schema that they are in.
const SAME_PLACE: [&str; 4] = ["not", "if", "then", "else"];
const SAME_PLACE_LISTS: [&str; 3] = ["anyOf", "oneOf", "allOf"];
const COUNTS: [&str; 6] = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
const NUMBERS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const OTHERS: [&str; 5] = ["type", "enum", "const", "$ref", "format"];

/// As much of a schema's own words, and of the way to a keyword, as a message quotes.
const WORDS_CHARS_MAX: usize = 200;

/// What a schema says, as far as the page and the exports need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Paths from the document's root, in the order of the schema: nested objects are taken apart.
    pub fields: Vec<Vec<String>>,
}

/// What is wrong with a schema, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaProblem {
    /// `line 3, column 7`, or the way to a keyword, such as `properties.genre.type`.
    pub place: String,
    /// A whole sentence, which says what to do.
    pub message: String,
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "At {}: {}", self.place, self.message)
        }
    }
}

impl Outline {
    /// Reads a schema as it was typed.
    pub fn read(schema: &str) -> Result<Outline, SchemaProblem> {
        let root = parse(schema)?;
        check_root(&root)?;
        check(&root, &root, &mut Vec::new())?;
        check_loops(&root)?;
        let mut fields = Vec::new();
        collect_fields(&root, &root, &mut Vec::new(), &mut fields);
        fields.truncate(FIELDS_MAX);
        Ok(Outline { fields })
    }

    /// The fields' names: `address.city`.
    pub fn field_names(&self) -> Vec<String> {
        self.fields.iter().map(|path| path.join(".")).collect()
    }
}

pub(super) fn parse(schema: &str) -> Result<Node, SchemaProblem> {
    if schema.trim().is_empty() {
        return Err(at("", "Paste the JSON schema that each answer has to follow."));
    }
    if schema.len() > SCHEMA_BYTES_MAX {
        let message = format!(
            "The schema has {} kB, and is sent with every call: at most {} kB are taken. Shorten it.",
            schema.len() / 1024,
            SCHEMA_BYTES_MAX / 1024
        );
        return Err(at("", &message));
    }
    serde_json::from_str::<Node>(schema).map_err(|error| {
        let words = error.to_string();
        let what = words.rsplit_once(" at line ").map_or(words.as_str(), |(what, _)| what);
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = in_short(what, WORDS_CHARS_MAX);
        at(&place, &format!("This is not JSON: {what}. Mend it there, or paste the schema again."))
    })
}

fn at(place: &str, message: &str) -> SchemaProblem {
    SchemaProblem { place: in_short(place, WORDS_CHARS_MAX).into_owned(), message: message.to_owned() }
}

/// What people paste in place of a schema.
fn check_root(root: &Node) -> Result<(), SchemaProblem> {
    let Node::Object(pairs) = root else {
        return Err(at("", "A schema is a JSON object, such as {\"type\": \"object\", \"properties\": {…}}."));
    };
    let wrapper =
        ["json_schema", "schema"].iter().find(|name| root.get(name).is_some_and(|node| !node.pairs().is_empty()));
    if let Some(wrapper) = wrapper.filter(|_| root.get("properties").is_none()) {
        return Err(at(wrapper, "This is a whole response format. Paste only the schema that stands inside of it."));
    }
    let known = |name: &str| {
        ONE.contains(&name)
            || LIST.contains(&name)
            || BY_NAME.contains(&name)
            || COUNTS.contains(&name)
            || NUMBERS.contains(&name)
            || OTHERS.contains(&name)
            || ["required", "pattern"].contains(&name)
    };
    if !pairs.iter().any(|(name, _)| known(name)) {
        return Err(at(
            "",
            "This says nothing about an answer: no type, no properties, no enum. An example of an answer is not a \
             schema; describe its fields under \"properties\".",
        ));
    }
    Ok(())
}

fn check(node: &Node, root: &Node, way: &mut Vec<String>) -> Result<(), SchemaProblem> {
    let Node::Object(pairs) = node else {
        return match node {
            Node::Scalar(Value::Bool(_)) => Ok(()),
            _ => Err(at(&way.join("."), "Here a schema belongs: an object such as {\"type\": \"string\"}.")),
        };
    };
    for (name, value) in pairs {
        way.push(name.clone());
        let place = way.join(".");
        keyword(name, value, node, root).map_err(|message| at(&place, &message))?;
        below(name, value, root, way)?;
        way.pop();
    }
    Ok(())
}

/// A keyword's own value.
fn keyword(name: &str, value: &Node, of: &Node, root: &Node) -> Result<(), String> {
    let number = || matches!(value, Node::Scalar(Value::Number(_)));
    match name {
        "type" => check_type(value),
        "required" => check_required(value, of),
        "enum" if value.elements().is_empty() => Err("enum takes a list of at least one value.".into()),
        "$ref" => match value.text() {
            Some(reference) if pointed(root, reference).is_some() => Ok(()),
            Some(reference) if reference.starts_with('#') => {
                let reference = in_short(reference, WORDS_CHARS_MAX);
                Err(format!("{reference} is not in this schema. Define it under \"$defs\", or correct the reference."))
            }
            _ => Err("Only references within the schema can be followed, such as #/$defs/Genre.".into()),
        },
        "pattern" if value.text().is_none() => Err("pattern takes a regular expression in quotes.".into()),
        _ if LIST.contains(&name) && value.elements().is_empty() => Err(format!("{name} takes a list of schemas.")),
        _ if BY_NAME.contains(&name) && !matches!(value, Node::Object(_)) => {
            Err(format!("{name} takes an object: a name, and a schema for it."))
        }
        _ if NUMBERS.contains(&name) && !number() => Err(format!("{name} takes a number.")),
        _ if COUNTS.contains(&name) && !is_count(value) => Err(format!("{name} takes a whole number from 0.")),
        _ => Ok(()),
    }
}

fn is_count(value: &Node) -> bool {
    matches!(value, Node::Scalar(Value::Number(number)) if number.as_f64().is_some_and(|n| n >= 0.0 && n.fract() == 0.0))
}

fn check_type(value: &Node) -> Result<(), String> {
    let listed = match value {
        Node::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let all = || TYPES.join(", ");
    if listed.is_empty() {
        return Err(format!("type takes one of: {}.", all()));
    }
    match listed.iter().find(|kind| !kind.text().is_some_and(|kind| TYPES.contains(&kind))) {
        None => Ok(()),
        Some(Node::Scalar(Value::String(kind))) => {
            let kind = in_short(kind, WORDS_CHARS_MAX);
            Err(format!("\u{201c}{kind}\u{201d} is no type. Take one of: {}.", all()))
        }
        Some(_) => Err(format!("type takes one of: {}.", all())),
    }
}

/// A name that can't be there would make every answer a misfit.
fn check_required(value: &Node, of: &Node) -> Result<(), String> {
    let Node::Array(names) = value else {
        return Err("required takes a list of names, beside \"properties\".".into());
    };
    let closed = of.get("additionalProperties") == Some(&Node::Scalar(Value::Bool(false)));
    let properties = of.get("properties").map(Node::pairs).unwrap_or_default();
    let properties: HashSet<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    for name in names {
        let name = name.text().ok_or("required takes names in quotes.")?;
        if closed && !properties.contains(name) {
            let name = in_short(name, WORDS_CHARS_MAX);
            return Err(format!("\u{201c}{name}\u{201d} is required, but not among the properties. Add it there."));
        }
    }
    Ok(())
}

/// A schema that refers to itself without a step into the answer would be followed for ever.
fn check_loops(root: &Node) -> Result<(), SchemaProblem> {
    let mut ended = HashSet::new();
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        follow(node, root, &mut HashSet::new(), &mut ended)?;
        left.extend(node.pairs().iter().map(|(_, value)| value).chain(node.elements()));
    }
    Ok(())
}

/// Goes through the schemas that apply to the same place of an answer as `node` does.
fn follow(
    node: &Node,
    root: &Node,
    open: &mut HashSet<*const Node>,
    ended: &mut HashSet<*const Node>,
) -> Result<(), SchemaProblem> {
    let here = std::ptr::from_ref(node);
    if ended.contains(&here) {
        return Ok(());
    }
    if !open.insert(here) {
        let reference = in_short(node.get("$ref").and_then(Node::text).unwrap_or("#"), WORDS_CHARS_MAX);
        let message = format!("{reference} leads back to itself: it says nothing of an answer. Take it out.");
        return Err(at("$ref", &message));
    }
    if let Some(target) = node.get("$ref").and_then(Node::text).and_then(|reference| pointed(root, reference)) {
        follow(target, root, open, ended)?;
    }
    for (name, value) in node.pairs() {
        if SAME_PLACE_LISTS.contains(&name.as_str()) {
            value.elements().iter().try_for_each(|schema| follow(schema, root, open, ended))?;
        } else if SAME_PLACE.contains(&name.as_str()) {
            follow(value, root, open, ended)?;
        }
    }
    open.remove(&here);
    ended.insert(here);
    Ok(())
}

/// The schemas inside a keyword.
fn below(name: &str, value: &Node, root: &Node, way: &mut Vec<String>) -> Result<(), SchemaProblem> {
    if BY_NAME.contains(&name) {
        for (property, schema) in value.pairs() {
            way.push(property.clone());
            check(schema, root, way)?;
            way.pop();
        }
    } else if LIST.contains(&name) || (name == "items" && matches!(value, Node::Array(_))) {
        for (number, schema) in value.elements().iter().enumerate() {
            way.push((number + 1).to_string());
            check(schema, root, way)?;
            way.pop();
        }
    } else if ONE.contains(&name) {
        check(value, root, way)?;
    }
    Ok(())
}

/// Objects with properties are taken apart; everything else is one field.
fn collect_fields(node: &Node, root: &Node, way: &mut Vec<String>, fields: &mut Vec<Vec<String>>) {
    let node = node.resolved(root);
    let properties = node.get("properties").map(Node::pairs).unwrap_or_default();
    if properties.is_empty() || way.len() >= FIELD_DEPTH_MAX {
        if !way.is_empty() {
            fields.push(way.clone());
        }
        return;
    }
    for (name, schema) in properties {
        if fields.len() >= FIELDS_MAX {
            return;
        }
        way.push(name.clone());
        collect_fields(schema, root, way, fields);
        way.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_the_order_of_the_schema_and_nested_objects_are_taken_apart() {
        let schema = r##"{
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "cast": {"type": "array", "items": {"type": "string"}},
                "address": {"$ref": "#/$defs/Address"},
                "anything": {"type": "object"}
            },
            "$defs": {"Address": {"type": "object", "properties": {"zip": {"type": "string"}, "city": {"type": "string"}}}}
        }"##;
        let outline = Outline::read(schema).unwrap();
        assert_eq!(outline.field_names(), ["title", "cast", "address.zip", "address.city", "anything"]);
        assert!(Outline::read(r#"{"type": "array", "items": {"type": "string"}}"#).unwrap().fields.is_empty());
    }

    #[test]
    fn a_schema_that_holds_itself_has_an_end() {
        let schema = r##"{"type": "object", "properties": {"name": {"type": "string"}, "child": {"$ref": "#"}}}"##;
        let names = Outline::read(schema).unwrap().field_names();
        assert_eq!(names[0], "name");
        assert_eq!(names.last().unwrap(), "child.child.child.child");
        for loops in [
            r##"{"$ref": "#"}"##,
            r##"{"allOf": [{"$ref": "#"}]}"##,
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}"##,
        ] {
            let problem = Outline::read(loops).expect_err(loops);
            assert!(problem.message.contains("leads back to itself"), "{loops}: {}", problem.message);
        }
        let twice = r##"{"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "null"}}}"##;
        assert!(Outline::read(twice).is_ok());
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        for (schema, place, words) in [
            ("", "", "Paste the JSON schema"),
            ("{\"type\": \"object\",\n \"properties\": {]}", "line 2, column 17", "This is not JSON"),
            ("{\"type\": \"object\", \"type\": \"array\"}", "line 1, column 25", "twice"),
            ("[]", "", "A schema is a JSON object"),
            (r#"{"genre": "Drama"}"#, "", "An example of an answer is not a schema"),
            (r#"{"type": "json_schema", "json_schema": {"name": "a"}}"#, "json_schema", "whole response format"),
            (r#"{"type": "text"}"#, "type", "\u{201c}text\u{201d} is no type"),
            (r#"{"properties": {"genre": {"type": ["string", "nil"]}}}"#, "properties.genre.type", "nil"),
            (r#"{"properties": {"genre": "string"}}"#, "properties.genre", "Here a schema belongs"),
            (r#"{"properties": ["genre"]}"#, "properties", "takes an object"),
            (r#"{"type": "object", "required": "genre"}"#, "required", "list of names"),
            (
                r#"{"properties": {"genre": {}}, "required": ["genres"], "additionalProperties": false}"#,
                "required",
                "\u{201c}genres\u{201d} is required",
            ),
            (r#"{"properties": {"a": {"enum": []}}}"#, "properties.a.enum", "at least one value"),
            (r#"{"properties": {"a": {"minimum": "1"}}}"#, "properties.a.minimum", "takes a number"),
            (r#"{"properties": {"a": {"maxLength": -1}}}"#, "properties.a.maxLength", "whole number"),
            (r#"{"anyOf": []}"#, "anyOf", "list of schemas"),
            (r##"{"properties": {"a": {"$ref": "#/$defs/A"}}}"##, "properties.a.$ref", "not in this schema"),
            (r#"{"$ref": "https://example.com/a.json"}"#, "$ref", "within the schema"),
        ] {
            let problem = Outline::read(schema).expect_err(schema);
            assert_eq!(problem.place, place, "{schema}");
            assert!(problem.message.contains(words), "{schema}: {}", problem.message);
        }
    }

    /// As many names, references and levels as a schema can hold: a search that begins anew at each would not end.
    #[test]
    fn any_schema_is_read_to_its_end() {
        let names: Vec<String> = (0..5_000).map(|number| format!("\"p{number}\"")).collect();
        let properties: Vec<String> = names.iter().map(|name| format!("{name}:{{}}")).collect();
        let wide = format!(
            r#"{{"properties":{{{}}},"required":[{}],"additionalProperties":false}}"#,
            properties[..2_500].join(","),
            names[..2_500].join(",")
        );
        assert_eq!(Outline::read(&wide).map(|outline| outline.fields.len()), Ok(FIELDS_MAX));
        let chain: Vec<String> =
            (0..1_500).map(|place| format!(r##""d{place}":{{"$ref":"#/$defs/d{}"}}"##, place + 1)).collect();
        let chained = format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d1500":{{}}}}}}"##, chain.join(","));
        assert!(Outline::read(&chained).is_ok());
        for piece in ["[", "{\"not\":", "{\"allOf\":[", "\\u"] {
            assert!(Outline::read(&piece.repeat(8_000)).is_err(), "{piece}");
        }
    }

    #[test]
    fn a_schema_too_large_to_send_with_every_call_is_refused() {
        let schema = format!(r#"{{"type": "object", "description": "{}"}}"#, "a".repeat(SCHEMA_BYTES_MAX));
        assert!(Outline::read(&schema).unwrap_err().message.contains("at most 64 kB"));
    }
}
