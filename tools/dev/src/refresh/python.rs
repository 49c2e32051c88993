//! The literals of a Python module: calls with named arguments, lists, dicts, texts and numbers. Only read, never run.

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// A number, or a name such as `None`.
    Word(String),
    List(Vec<Value>),
    Call {
        name: String,
        arguments: Vec<(Option<String>, Value)>,
    },
}

const DEPTH_MAX: usize = 60;

impl Value {
    /// The value that the module gives to this name.
    pub fn assigned(source: &str, name: &str) -> Result<Value, String> {
        let start = source
            .match_indices(name)
            .find(|(at, _)| *at == 0 || source[..*at].ends_with('\n'))
            .and_then(|(at, _)| Some(at + source[at..].find('=')? + 1))
            .ok_or_else(|| format!("{name} is assigned nowhere"))?;
        let mut reader = Reader { source: source.as_bytes(), at: start };
        reader.value(0).map_err(|what| format!("{what} at byte {}", reader.at))
    }

    /// The argument of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Value::Call { arguments, .. } = self else { return None };
        arguments.iter().find(|(key, _)| key.as_deref() == Some(name)).map(|(_, value)| value)
    }

    /// The arguments without a name.
    pub fn positional(&self) -> impl Iterator<Item = &Value> {
        let arguments = if let Value::Call { arguments, .. } = self { arguments.as_slice() } else { &[] };
        arguments.iter().filter(|(key, _)| key.is_none()).map(|(_, value)| value)
    }

    pub fn is_call_of(&self, name: &str) -> bool {
        matches!(self, Value::Call { name: called, .. } if called == name)
    }

    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub fn word(&self) -> Option<&str> {
        if let Value::Word(word) = self { Some(word) } else { None }
    }

    pub fn list(&self) -> &[Value] {
        if let Value::List(list) = self { list } else { &[] }
    }
}

struct Reader<'a> {
    source: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err("nested too deeply".to_owned());
        }
        match self.peek() {
            Some(b'\'' | b'"') => self.texts(),
            Some(b'[') => self.items(b']', depth).map(Value::List),
            Some(b'(') => self.items(b')', depth).map(Value::List),
            // A dict's keys are of no use here.
            Some(b'{') => self.items(b'}', depth).map(Value::List),
            Some(byte) if byte.is_ascii_alphanumeric() || b"_-".contains(&byte) => self.word_or_call(depth),
            Some(byte) => Err(format!("an unexpected {:?}", char::from(byte))),
            None => Err("the end of the file".to_owned()),
        }
    }

    /// Strings beside one another are one.
    fn texts(&mut self) -> Result<Value, String> {
        let mut bytes = Vec::new();
        while let Some(quote @ (b'\'' | b'"')) = self.peek() {
            self.at += 1;
            loop {
                match self.source.get(self.at) {
                    None => return Err("a string without an end".to_owned()),
                    Some(byte) if *byte == quote => break,
                    Some(b'\\') => {
                        bytes.extend(self.source.get(self.at + 1));
                        self.at += 2;
                    }
                    Some(byte) => {
                        bytes.push(*byte);
                        self.at += 1;
                    }
                }
            }
            self.at += 1;
        }
        Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn items(&mut self, close: u8, depth: usize) -> Result<Vec<Value>, String> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            match self.peek() {
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(items);
                }
                Some(b',' | b':') => self.at += 1,
                _ => items.push(self.value(depth + 1)?),
            }
        }
    }

    fn word_or_call(&mut self, depth: usize) -> Result<Value, String> {
        let word = self.word();
        if self.peek() != Some(b'(') {
            return Ok(Value::Word(word));
        }
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    return Ok(Value::Call { name: word, arguments });
                }
                Some(b',') => self.at += 1,
                _ => {
                    let before = self.at;
                    let name = self.word();
                    if !name.is_empty() && self.peek() == Some(b'=') {
                        self.at += 1;
                        arguments.push((Some(name), self.value(depth + 1)?));
                    } else {
                        self.at = before;
                        arguments.push((None, self.value(depth + 1)?));
                    }
                }
            }
        }
    }

    /// Letters, digits, underscores, dots and signs.
    fn word(&mut self) -> String {
        self.peek();
        let rest = &self.source[self.at.min(self.source.len())..];
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-+".contains(byte);
        let word: Vec<u8> = rest.iter().take_while(is_part).copied().collect();
        self.at += word.len();
        String::from_utf8_lossy(&word).into_owned()
    }

    /// The next byte that is no white space and no comment.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.source.get(self.at)? {
                b'#' => self.at += self.source[self.at..].iter().take_while(|byte| **byte != b'\n').count(),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_lists_and_texts_are_read_as_they_are_written() {
        let source = "from x import *\n\nproviders: list[P] = [\n  P(id='a', # a note, with (brackets\n    on=datetime.date(2026, 8, 21),\n    words='it\\'s ' \"two\", when={'processing': 'batch'}, none=None),\n]\n";
        let read = Value::assigned(source, "providers").unwrap();
        let [provider] = read.list() else { panic!("{read:?}") };
        assert!(provider.is_call_of("P"));
        assert_eq!(provider.get("id").and_then(Value::text), Some("a"));
        assert_eq!(provider.get("words").and_then(Value::text), Some("it's two"));
        let day: Vec<&str> = provider.get("on").unwrap().positional().filter_map(Value::word).collect();
        assert_eq!(day, ["2026", "8", "21"]);
        let when: Vec<&str> = provider.get("when").unwrap().list().iter().filter_map(Value::text).collect();
        assert_eq!(when, ["processing", "batch"]);
        assert_eq!(provider.get("none").and_then(Value::word), Some("None"));
    }

    #[test]
    fn what_breaks_off_or_goes_too_deep_is_an_error() {
        for source in [
            "",
            "providers",
            "providers = ",
            "providers = [P(id='a",
            "providers = [P(id=",
            "providers = }",
            "providers = P(*)",
        ] {
            assert!(Value::assigned(source, "providers").is_err(), "{source}");
        }
        assert!(Value::assigned(&format!("providers = {}", "[".repeat(100_000)), "providers").is_err());
    }
}
