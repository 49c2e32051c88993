//! The document as a tree of elements, and as JSON: text is a string, an element `["tag", {attributes}, …children]`.

/// What the custom element draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Text(String),
    Element { tag: &'static str, attributes: Vec<(&'static str, String)>, children: Vec<Node> },
}

impl Node {
    pub fn new(tag: &'static str, class: &str) -> Node {
        let attributes = if class.is_empty() { Vec::new() } else { vec![("class", class.to_owned())] };
        Node::Element { tag, attributes, children: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Node {
        if let Node::Element { attributes, .. } = &mut self {
            attributes.push((name, value.into()));
        }
        self
    }

    pub fn text(self, text: impl Into<String>) -> Node {
        self.child(Node::Text(text.into()))
    }

    pub fn child(self, child: Node) -> Node {
        self.children([child])
    }

    pub fn children(mut self, more: impl IntoIterator<Item = Node>) -> Node {
        if let Node::Element { children, .. } = &mut self {
            children.extend(more);
        }
        self
    }

    pub fn write(&self, json: &mut String) {
        match self {
            Node::Text(text) => quote(json, text),
            Node::Element { tag, attributes, children } => {
                json.push('[');
                quote(json, tag);
                json.push_str(",{");
                for (at, (name, value)) in attributes.iter().enumerate() {
                    json.push_str(if at > 0 { "," } else { "" });
                    quote(json, name);
                    json.push(':');
                    quote(json, value);
                }
                json.push('}');
                for child in children {
                    json.push(',');
                    child.write(json);
                }
                json.push(']');
            }
        }
    }
}

/// A JSON string.
pub fn quote(json: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                json.push('\\');
                json.push(letter);
            }
            '\0'..='\u{1f}' => {
                json.push_str("\\u00");
                json.push(HEX[letter as usize / 16]);
                json.push(HEX[letter as usize % 16]);
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
}
