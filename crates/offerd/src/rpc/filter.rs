//! `filter`: which parts of a result the caller wants, as in Core Lightning.
//!
//! A template has the result's shape: an object names the members that are wanted, an array holds one template for
//! each of the result's elements, `true` takes whatever is there.

use serde_json::{Value, json};

/// Where a template and a result that it does not fit are told about.
const WARNING: &str = "warning_parameter_filter";

/// Which parts are wanted: an object's members, each by its own template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Value);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn read(template: Value) -> Result<Self, &'static str> {
        check(&template)?;
        if template.is_object() { Ok(Self(template)) } else { Err("should be an object") }
    }

    /// The wanted parts of a result.
    pub fn apply(&self, result: Value) -> Value {
        let mut unfit = None;
        let mut kept = keep(&self.0, result, &mut unfit);
        if let (Value::Object(kept), Some(unfit)) = (&mut kept, unfit) {
            kept.insert(WARNING.to_owned(), json!(unfit));
        }
        kept
    }
}

fn check(template: &Value) -> Result<(), &'static str> {
    match template {
        Value::Bool(true) => Ok(()),
        Value::Object(members) => members.values().try_for_each(check),
        Value::Array(elements) => match elements.as_slice() {
            [element] => check(element),
            _ => Err("should have exactly one template in each array"),
        },
        Value::Bool(false) | Value::Null | Value::Number(_) | Value::String(_) => {
            Err("should be made of objects, arrays and `true`")
        }
    }
}

fn keep(template: &Value, value: Value, unfit: &mut Option<String>) -> Value {
    match (template, value) {
        (Value::Object(wanted), Value::Object(mut members)) => {
            let kept = wanted.iter().filter_map(|(name, template)| {
                let value = members.remove(name)?;
                Some((name.clone(), keep(template, value, unfit)))
            });
            Value::Object(kept.collect())
        }
        (Value::Array(templates), Value::Array(elements)) => match templates.first() {
            Some(template) => {
                elements.into_iter().map(|element| keep(template, element, unfit)).collect()
            }
            None => Value::Array(elements),
        },
        (Value::Object(_), value) => misfit("an object", value, unfit),
        (Value::Array(_), value) => misfit("an array", value, unfit),
        (_, value) => value,
    }
}

fn misfit(wanted: &str, value: Value, unfit: &mut Option<String>) -> Value {
    unfit.get_or_insert_with(|| format!("the filter has {wanted} where the result has none"));
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(template: Value, result: Value) -> Value {
        Template::read(template).unwrap().apply(result)
    }

    #[test]
    fn only_what_is_named_is_kept_in_every_element() {
        let result =
            json!({ "offers": [{ "a": 1, "b": { "c": 2, "d": 3 } }, { "b": { "d": 4 } }], "x": 1 });
        assert_eq!(
            filtered(json!({ "offers": [{ "b": { "c": true } }] }), result),
            json!({ "offers": [{ "b": { "c": 2 } }, { "b": {} }] })
        );
    }

    #[test]
    fn a_name_that_is_not_there_is_no_error_and_a_misfit_is_a_warning() {
        assert_eq!(filtered(json!({ "z": true }), json!({ "a": 1 })), json!({}));
        let shown = filtered(json!({ "a": [{ "b": true }] }), json!({ "a": { "b": 1 } }));
        assert_eq!(shown["a"], json!({ "b": 1 }));
        assert!(shown[WARNING].is_string());
    }

    #[test]
    fn templates_of_another_kind_are_refused() {
        for template in
            [json!(true), json!([]), json!({ "a": false }), json!({ "a": [] }), json!({ "a": 1 })]
        {
            assert!(Template::read(template.clone()).is_err(), "{template}");
        }
    }
}
