//! From words on the command line to `params`.

use offerd_api::method::{Kind, Method, Need, Param};
use serde_json::{Map, Value};

/// How the words are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By position up to the words that all begin with a parameter's name and `=`, and those as `name=value`.
    Guess,
    /// As `name=value`.
    ByName,
    /// By position.
    ByPosition,
}

/// The parameters of a call. For a method that the table does not know, words are passed on as they are.
pub(crate) fn build(
    method: Option<&Method>,
    words: &[String],
    naming: Naming,
) -> Result<Value, String> {
    let positions = match naming {
        Naming::ByName => 0,
        Naming::ByPosition => words.len(),
        Naming::Guess => leading(method, words),
    };
    let (by_position, by_name) = words.split_at(positions);
    let params = match (by_position, by_name) {
        ([], [_, ..]) => named(method, by_name)?,
        (_, []) => positional(method, by_position)?,
        (_, _) => mixed(method, by_position, by_name)?,
    };
    if let Some(method) = method {
        check_required(method, &params)?;
    }
    Ok(params)
}

/// How many words are meant by position. Of an unknown method all are, or none.
fn leading(method: Option<&Method>, words: &[String]) -> usize {
    match words.first() {
        Some(first) if is_named(method, first) => 0,
        Some(_) if method.is_some() => {
            let named = words.iter().rev().take_while(|word| is_named(method, word)).count();
            words.len().saturating_sub(named)
        }
        _ => words.len(),
    }
}

/// The first ones by position, the others by name.
fn mixed(
    method: Option<&Method>,
    by_position: &[String],
    by_name: &[String],
) -> Result<Value, String> {
    let (Value::Array(first), Value::Object(mut params)) =
        (positional(method, by_position)?, named(method, by_name)?)
    else {
        return Err("parameters: either by position or by name".to_owned());
    };
    let names = method.into_iter().flat_map(Method::positional);
    for (param, value) in names.zip(first) {
        if params.keys().any(|name| param.is_called(name)) {
            return Err(format!("{}: given twice, by position and by name", param.name));
        }
        params.insert(param.name.to_owned(), value);
    }
    Ok(Value::Object(params))
}

fn is_named(method: Option<&Method>, word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| match method {
        Some(method) => method.param(name).is_some(),
        None => name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
    })
}

fn named(method: Option<&Method>, words: &[String]) -> Result<Value, String> {
    let mut params = Map::new();
    for word in words {
        let (name, value) =
            word.split_once('=').ok_or_else(|| format!("{word:?}: should be name=value"))?;
        let param = match method {
            None => None,
            Some(method) => Some(method.param(name).ok_or_else(|| {
                format!("{name}: unknown parameter\nUsage: offer-cli {}", method.usage())
            })?),
        };
        if params.insert(name.to_owned(), to_json(param, value)).is_some() {
            return Err(format!("{name}: given twice"));
        }
    }
    Ok(Value::Object(params))
}

fn positional(method: Option<&Method>, words: &[String]) -> Result<Value, String> {
    let Some(method) = method else {
        return Ok(words.iter().map(|word| to_json(None, word)).collect());
    };
    let params: Vec<&Param> = method.positional().collect();
    if words.len() > params.len() {
        return Err(format!("too many parameters\nUsage: offer-cli {}", method.usage()));
    }
    Ok(params.iter().zip(words).map(|(param, word)| to_json(Some(param), word)).collect())
}

fn check_required(method: &Method, params: &Value) -> Result<(), String> {
    let given = |param: &Param| {
        let value = if let Value::Object(params) = params {
            params.iter().find(|(name, _)| param.is_called(name)).map(|(_, value)| value)
        } else {
            let position = method.positional().position(|known| known.name == param.name);
            position.and_then(|at| params.get(at))
        };
        value.is_some_and(|value| !value.is_null())
    };
    match method.params.iter().find(|param| param.need == Need::Required && !given(param)) {
        None => Ok(()),
        Some(param) => Err(format!(
            "{}: is required: {}\nUsage: offer-cli {}",
            param.name,
            param.kind.expected(),
            method.usage()
        )),
    }
}

/// A word as JSON: text, unless it is `null` or in quotes, or the parameter takes something else.
fn to_json(param: Option<&Param>, word: &str) -> Value {
    let as_text = Value::String(word.to_owned());
    let as_json = || serde_json::from_str(word).ok();
    let spelled = match param.map(|param| param.kind) {
        None | Some(Kind::Any | Kind::Restrictions | Kind::CallParams) => as_json(),
        Some(Kind::TextList | Kind::NodeIds) => {
            return as_json().filter(Value::is_array).unwrap_or(Value::Array(vec![as_text]));
        }
        Some(_) => as_json().filter(|value: &Value| value.is_string() || value.is_null()),
    };
    spelled.unwrap_or(as_text)
}

#[cfg(test)]
mod tests {
    use offerd_api::method::find;
    use serde_json::json;

    use super::*;

    fn built(method: &str, words: &[&str]) -> Result<Value, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        build(find(method), &words, Naming::Guess)
    }

    #[test]
    fn words_go_by_position_and_text_stays_text() {
        assert_eq!(
            built("offerout", &["10000sat", "withdrawal from ATM", "null", "17"]),
            Ok(json!(["10000sat", "withdrawal from ATM", null, "17"]))
        );
        assert_eq!(built("offer", &["any", "42"]), Ok(json!(["any", "42"])));
        assert_eq!(built("offer", &["any", "\"null\""]), Ok(json!(["any", "null"])));
    }

    #[test]
    fn restrictions_are_json_or_a_word() {
        assert_eq!(
            built("createrune", &["restrictions=[[\"method=offer\",\"method=help\"]]"]),
            Ok(json!({ "restrictions": [["method=offer", "method=help"]] }))
        );
        assert_eq!(built("createrune", &["null", "readonly"]), Ok(json!([null, "readonly"])));
    }

    #[test]
    fn names_are_recognised_by_the_first_word() {
        assert_eq!(
            built("offerout", &["amount=5sat", "description=a=b", "vendor=me"]),
            Ok(json!({ "amount": "5sat", "description": "a=b", "vendor": "me" }))
        );
        assert_eq!(built("offer", &["5sat", "a=b"]), Ok(json!(["5sat", "a=b"])));
        assert_eq!(built("decode", &["x=y"]), Ok(json!(["x=y"])));
    }

    #[test]
    fn names_may_follow_positions() {
        assert_eq!(
            built("fundchannel", &["02ab", "1000000", "push_msat=5sat", "announce=false"]),
            Ok(
                json!({ "id": "02ab", "amount": "1000000", "push_msat": "5sat", "announce": "false" })
            )
        );
        assert_eq!(
            built("offer", &["5sat", "label=7", "a=b"]),
            Ok(json!(["5sat", "label=7", "a=b"])),
            "what is followed by a position is one itself"
        );
        assert!(built("offer", &["5sat", "tea", "description=coffee"]).is_err());
        assert!(built("offerout", &["5sat", "tea", "seller", "vendor=me"]).is_err());
    }

    #[test]
    fn what_does_not_fit_is_told_before_anybody_is_asked() {
        for (method, words) in [
            ("offerout", &["5sat"][..]),
            ("offerout", &[]),
            ("offerout", &["amount=5sat"]),
            ("offerout", &["amount=5sat", "description=x", "nonsense=1"]),
            ("offerout", &["amount=5sat", "description"]),
            ("offerout", &["amount=5sat", "amount=6sat", "description=x"]),
            ("getinfo", &["x"]),
            ("disableoffer", &["null"]),
        ] {
            assert!(built(method, words).is_err(), "{method} {words:?}");
        }
    }

    #[test]
    fn lists_and_unknown_methods_take_json() {
        assert_eq!(
            built("offer", &["amount=any", "tags=[\"a\",\"b\"]"]),
            Ok(json!({ "amount": "any", "tags": ["a", "b"] }))
        );
        assert_eq!(
            built("offer", &["amount=any", "tags=a"]),
            Ok(json!({ "amount": "any", "tags": ["a"] }))
        );
        assert_eq!(built("tomorrow", &["1", "true", "x", "{}"]), Ok(json!([1, true, "x", {}])));
        assert_eq!(built("tomorrow", &["a=1"]), Ok(json!({ "a": 1 })));
    }
}
