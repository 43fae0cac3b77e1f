//! A call of a node's JSON-RPC that can also be written as the command a person would type.

use offerd_api::method;
use serde_json::{Map, Value};

/// A method with its arguments, by name.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: &'static str,
    params: Map<String, Value>,
}

impl Call {
    /// A call of this method, with nothing given yet.
    pub(super) fn new(method: &'static str) -> Self {
        Self { method, params: Map::new() }
    }

    /// The same with one more argument.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Its method.
    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    /// Its arguments.
    pub(super) fn params(&self) -> &Map<String, Value> {
        &self.params
    }

    /// What follows `offer-cli --dir DIR` on a command line: the values alone where their order says what they are,
    /// else `name=value`.
    pub(super) fn command(&self) -> String {
        let positions = method::find(self.method).into_iter().flat_map(|m| m.positional());
        let in_order = self.params.keys().zip(positions).filter(|(name, p)| *name == p.name);
        let by_position = in_order.count() == self.params.len();
        let mut line = self.method.to_owned();
        for (name, value) in &self.params {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line.push(' ');
            line.push_str(&quoted(&if by_position { text } else { format!("{name}={text}") }));
        }
        line
    }
}

/// As a shell takes it for one word.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_in_the_methods_order_need_no_names() {
        let call = Call::new("offer").with("amount", "10000sat").with("description", "a coffee");
        assert_eq!(call.command(), "offer 10000sat \"a coffee\"");
    }

    #[test]
    fn a_gap_in_the_order_is_written_with_names() {
        let call = Call::new("pay").with("bolt11", "lno1x").with("payer_note", "it's me");
        assert_eq!(call.command(), "pay bolt11=lno1x \"payer_note=it's me\"");
    }

    #[test]
    fn what_a_shell_would_expand_is_kept_from_it() {
        assert_eq!(quoted("$HOME's"), r"'$HOME'\''s'");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("a=b"), "a=b");
    }
}
