//! Reading the parameters of a call by the table of methods.
//!
//! Whatever is missing, unknown, given twice, too many, ill-typed or out of range is refused here with -32602 and the
//! parameter's name, before anything is touched. `null` is the same as leaving a parameter out.

use std::fmt;

use offerd_api::method::{Method, Need, Param};
use offerd_api::{ErrorObject, code, uri};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::arg::{self, Arg, FromArg};

/// The parameters of one call, checked.
#[derive(Clone, Debug, Default)]
pub struct Args(Vec<(&'static str, Arg)>);

impl Args {
    /// The parameter of this name, `None` when it was left out and has no default.
    ///
    /// # Errors
    /// When the table says another type: a fault of ours, which a test finds.
    pub fn get<T: FromArg>(&self, name: &str) -> Result<Option<T>, ErrorObject> {
        let Some((_, arg)) = self.0.iter().find(|(given, _)| *given == name) else {
            return Ok(None);
        };
        let value = T::from_arg(arg);
        let fault = || ErrorObject::new(code::GENERAL, format!("internal error: type of {name}"));
        value.map(Some).ok_or_else(fault)
    }

    /// The parameter of this name, which the table says is required or has a default.
    ///
    /// # Errors
    /// As [`Args::get`].
    pub fn need<T: FromArg>(&self, name: &str) -> Result<T, ErrorObject> {
        let fault = || ErrorObject::new(code::GENERAL, format!("internal error: no {name}"));
        self.get(name)?.ok_or_else(fault)
    }
}

/// The code that a required parameter is or, where it is a `bitcoin:` URI, has in it.
///
/// # Errors
/// -32602 where there is none in it.
pub(super) fn read_code(args: &Args, name: &str) -> Result<String, ErrorObject> {
    let text: String = args.need(name)?;
    let code = uri::code_in(&text).map_err(|error| ErrorObject::parameter(name, error))?;
    Ok(code.into_owned())
}

/// Reads the parameters of a call of `method`.
///
/// # Errors
/// -32602, naming the parameter and what was expected.
pub fn bind(method: &'static Method, params: Option<&RawValue>) -> Result<Args, ErrorObject> {
    let given = given(method, params)?;
    let mut args = Args::default();
    for param in method.params {
        let value = given.iter().find(|(known, _)| known.name == param.name);
        if let Some(arg) = read(param, value.map(|(_, raw)| *raw))? {
            args.0.push((param.name, arg));
        }
    }
    Ok(args)
}

/// The parameters that a call gives, `null` not among them, as they are spelled.
///
/// # Errors
/// -32602, naming the parameter that there is not.
pub(super) fn given<'a>(
    method: &'static Method,
    params: Option<&'a RawValue>,
) -> Result<Bound<'a>, ErrorObject> {
    let given = match params {
        None => Given::Named(Vec::new()),
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|_| ErrorObject::parameter("params", "should be an array or an object"))?,
    };
    match given {
        Given::Positional(values) => by_position(method, values),
        Given::Named(values) => by_name(method, values),
    }
}

fn read(param: &Param, raw: Option<&RawValue>) -> Result<Option<Arg>, ErrorObject> {
    let refuse = |expected: String| ErrorObject::parameter(param.name, expected);
    match (raw, param.need) {
        (Some(_), _) if param.not_yet.is_some() => {
            let what = param.not_yet.unwrap_or_default();
            Err(refuse(format!("not supported yet: {what}")))
        }
        (Some(raw), _) => arg::read(param.kind, raw).map(Some).map_err(refuse),
        (None, Need::Optional) => Ok(None),
        (None, Need::Required) => Err(refuse(format!("is required: {}", param.kind.expected()))),
        (None, Need::Default(default)) => {
            let raw: &RawValue = serde_json::from_str(default)
                .map_err(|_| refuse("internal error: default".to_owned()))?;
            arg::read(param.kind, raw).map(Some).map_err(refuse)
        }
    }
}

pub(super) type Bound<'a> = Vec<(&'static Param, &'a RawValue)>;

fn by_position<'a>(
    method: &'static Method,
    values: Vec<&'a RawValue>,
) -> Result<Bound<'a>, ErrorObject> {
    let most = method.positional().count();
    if values.len() > most {
        let what = format!("too many: got {}, takes at most {most}", values.len());
        return Err(ErrorObject::parameter("params", format!("{what} ({})", method.usage())));
    }
    Ok(method.positional().zip(values).filter(|(_, raw)| raw.get() != "null").collect())
}

fn by_name<'a>(
    method: &'static Method,
    values: Vec<(String, &'a RawValue)>,
) -> Result<Bound<'a>, ErrorObject> {
    let mut bound: Bound<'a> = Vec::new();
    for (name, raw) in values {
        let Some(param) = method.param(&name) else {
            let name = name.chars().take(64).collect::<String>();
            return Err(ErrorObject::parameter(
                &name.escape_debug().to_string(),
                format!("unknown parameter ({})", method.usage()),
            ));
        };
        if bound.iter().any(|(known, _)| known.name == param.name) {
            return Err(ErrorObject::parameter(param.name, "given twice"));
        }
        bound.push((param, raw));
    }
    bound.retain(|(_, raw)| raw.get() != "null");
    Ok(bound)
}

/// `params` as it came, names and order kept, nothing judged.
enum Given<'a> {
    Positional(Vec<&'a RawValue>),
    Named(Vec<(String, &'a RawValue)>),
}

impl<'de> Deserialize<'de> for Given<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl<'de> Visitor<'de> for GivenVisitor {
    type Value = Given<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Given<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element()? {
            values.push(value);
        }
        Ok(Given::Positional(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Given<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(member) = members.next_entry()? {
            values.push(member);
        }
        Ok(Given::Named(values))
    }
}

#[cfg(test)]
mod tests;
