//! JSON as a schema needs it: objects keep the order in which their names were written, and no name is taken twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(super) enum Node {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Scalar(Value),
}

impl Node {
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Object(pairs) => pairs.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    pub(super) fn pairs(&self) -> &[(String, Node)] {
        match self {
            Node::Object(pairs) => pairs,
            _ => &[],
        }
    }

    pub(super) fn elements(&self) -> &[Node] {
        match self {
            Node::Array(elements) => elements,
            _ => &[],
        }
    }

    /// Whether `type` is this one, alone or among others.
    pub(super) fn is_type(&self, name: &str) -> bool {
        self.get("type").is_some_and(|kind| {
            kind.text() == Some(name) || kind.elements().iter().any(|kind| kind.text() == Some(name))
        })
    }

    /// What a local reference such as `#/$defs/Genre` points to; the node itself where it is none.
    pub(super) fn resolved<'a>(&'a self, root: &'a Node) -> &'a Node {
        let mut node = self;
        // A chain of references has an end, or it is none that can be followed.
        for _ in 0..16 {
            match node.get("$ref").and_then(Node::text).and_then(|reference| pointed(root, reference)) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Node::Object(pairs) => Value::Object(pairs.iter().map(|(key, node)| (key.clone(), node.value())).collect()),
            Node::Array(elements) => Value::Array(elements.iter().map(Node::value).collect()),
            Node::Scalar(value) => value.clone(),
        }
    }
}

/// What `#`, `#/$defs/Genre` or the like points to.
pub(super) fn pointed<'a>(root: &'a Node, reference: &str) -> Option<&'a Node> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(root);
    }
    let mut node = root;
    for step in pointer.strip_prefix('/')?.split('/') {
        let step = step.replace("~1", "/").replace("~0", "~");
        node = match node {
            Node::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
            _ => node.get(&step)?,
        };
    }
    Some(node)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        struct NodeVisitor;

        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    list.push(element);
                }
                Ok(Node::Array(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut pairs: Vec<(String, Node)> = Vec::new();
                let mut known = HashSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    if !known.insert(key.clone()) {
                        return Err(A::Error::custom(format!("\u{201c}{key}\u{201d} stands here twice")));
                    }
                    pairs.push((key, map.next_value()?));
                }
                Ok(Node::Object(pairs))
            }
        }

        deserializer.deserialize_any(NodeVisitor)
    }
}
