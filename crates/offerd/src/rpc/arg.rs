//! One parameter's value, checked against its type.

use std::collections::BTreeSet;

use bolt1::{Msat, PublicKey};
use bolt12::Currency;
use offerd_api::method::{Kind, MAX_CODE, MAX_PER_KW, MAX_TEXT, MIN_PER_KW};
use offerd_core::amount::{AmountError, AmountSpec};
use offerd_core::port::Hints;
use offerd_core::rates::{Decimal, DecimalError, FiatAmount, minor_digits};
use serde_json::Value;
use serde_json::value::RawValue;

use super::node_control::FeeChoice;

/// Most nodes in one list.
const MAX_NODES: usize = 16;

/// A value of the type that the table of methods says.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// [`Kind::Text`], [`Kind::PlainText`], [`Kind::Code`], [`Kind::Label`], [`Kind::Choice`].
    Text(String),
    /// [`Kind::Integer`].
    Integer(u64),
    /// [`Kind::Percent`].
    Percent(f64),
    /// [`Kind::Decimal`].
    Decimal(Decimal),
    /// [`Kind::Currency`].
    Currency(Currency),
    /// [`Kind::Boolean`].
    Boolean(bool),
    /// [`Kind::Hash`].
    Hash([u8; 32]),
    /// [`Kind::Hex`].
    Bytes(Vec<u8>),
    /// [`Kind::NodeId`].
    Node(PublicKey),
    /// [`Kind::NodeIds`].
    Nodes(Vec<PublicKey>),
    /// [`Kind::Amount`].
    Amount(AmountSpec),
    /// [`Kind::Msat`], [`Kind::Fee`].
    Msat(Msat),
    /// [`Kind::SatOrAll`]: so many satoshi, or `None` for all.
    SatOrAll(Option<u64>),
    /// [`Kind::FeeRate`].
    FeeRate(FeeChoice),
    /// [`Kind::TextList`].
    Texts(Vec<String>),
    /// [`Kind::Channels`].
    Channels(Hints),
    /// [`Kind::Restrictions`]; none for `readonly`.
    Restrictions(Vec<Vec<String>>),
    /// [`Kind::CallParams`].
    Json(Value),
}

/// Reads a value as one of `kind`.
///
/// # Errors
/// What was expected, to stand behind the parameter's name.
pub(super) fn read(kind: Kind, raw: &RawValue) -> Result<Arg, String> {
    let expected = || kind.expected();
    let value: Value = serde_json::from_str(raw.get()).map_err(|_| expected())?;
    match kind {
        Kind::Code => text(&value, MAX_CODE, kind).map(Arg::Text),
        Kind::Text => text(&value, MAX_TEXT, kind).map(Arg::Text),
        Kind::PlainText if has_unicode_escape(raw.get()) => Err(expected()),
        Kind::PlainText => text(&value, MAX_TEXT, kind).map(Arg::Text),
        Kind::Label => match value.as_u64() {
            Some(number) => Ok(Arg::Text(number.to_string())),
            None => text(&value, MAX_TEXT, kind).map(Arg::Text),
        },
        Kind::Integer { min, max } => integer(&value)
            .filter(|number| (min..=max).contains(number))
            .map(Arg::Integer)
            .ok_or_else(expected),
        Kind::Percent => percent(&value).map(Arg::Percent).ok_or_else(expected),
        Kind::Decimal => decimal(&value, raw.get(), kind).map(Arg::Decimal),
        Kind::Currency => currency(&value, kind).map(Arg::Currency),
        Kind::Boolean => match &value {
            Value::Bool(boolean) => Some(*boolean),
            Value::String(word) => word.parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
        .map(Arg::Boolean)
        .ok_or_else(expected),
        Kind::Hash => bytes(&value)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Arg::Hash)
            .ok_or_else(expected),
        Kind::Hex => {
            bytes(&value).filter(|bytes| !bytes.is_empty()).map(Arg::Bytes).ok_or_else(expected)
        }
        Kind::NodeId => node(&value).map(Arg::Node).ok_or_else(expected),
        Kind::NodeIds => nodes(&value).map(Arg::Nodes).ok_or_else(expected),
        Kind::Amount => amount(&value, kind),
        Kind::Msat | Kind::Fee => msat(&value, kind).map(Arg::Msat),
        Kind::SatOrAll => sat_or_all(&value).map(Arg::SatOrAll).ok_or_else(expected),
        Kind::FeeRate => fee_rate(&value).map(Arg::FeeRate).ok_or_else(expected),
        Kind::Choice(words) => value
            .as_str()
            .filter(|word| words.contains(word))
            .map(|word| Arg::Text(word.to_owned()))
            .ok_or_else(expected),
        Kind::TextList => texts(value).map(Arg::Texts).ok_or_else(expected),
        Kind::Channels => channels(&value).map(Arg::Channels).ok_or_else(expected),
        Kind::Restrictions => restrictions(value).map(Arg::Restrictions).ok_or_else(expected),
        Kind::CallParams if value.is_array() || value.is_object() => Ok(Arg::Json(value)),
        Kind::CallParams => Err(expected()),
        Kind::Any => Err("not supported".to_owned()),
    }
}

fn text(value: &Value, max: usize, kind: Kind) -> Result<String, String> {
    match value.as_str() {
        Some(text) if text.len() > max => Err(format!("should be at most {max} bytes long")),
        Some(text) => Ok(text.to_owned()),
        None => Err(kind.expected()),
    }
}

/// A whole number, or its decimal digits and nothing else.
fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn percent(value: &Value) -> Option<f64> {
    let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if decimal(text) => text.parse().ok(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    number.filter(|number| (0.0..=100.0).contains(number))
}

/// A positive number, exactly as it is written.
fn decimal(value: &Value, raw: &str, kind: Kind) -> Result<Decimal, String> {
    let text = match value {
        Value::Number(_) => raw.trim(),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(kind.expected());
        }
    };
    text.parse().map_err(|error: DecimalError| format!("{} (it {error})", kind.expected()))
}

fn currency(value: &Value, kind: Kind) -> Result<Currency, String> {
    let code = value.as_str().and_then(|code| Currency::new(&code.to_ascii_uppercase()));
    let code = code.ok_or_else(|| kind.expected())?;
    match minor_digits(code) {
        Some(_) => Ok(code),
        None => Err(format!("unknown currency {code}, {}", kind.expected())),
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    hex::decode(value.as_str()?).ok()
}

fn node(value: &Value) -> Option<PublicKey> {
    bolt1::decode_point(&bytes(value)?).ok()
}

/// Different nodes, in the order given.
fn nodes(value: &Value) -> Option<Vec<PublicKey>> {
    let items = value.as_array().filter(|items| items.len() <= MAX_NODES)?;
    let nodes: Vec<PublicKey> = items.iter().map(node).collect::<Option<_>>()?;
    let different: BTreeSet<_> = nodes.iter().collect();
    (different.len() == nodes.len()).then_some(nodes)
}

fn texts(value: Value) -> Option<Vec<String>> {
    let Value::Array(items) = value else { return None };
    let text = |item: Value| match item {
        Value::String(text) => Some(text),
        // A whole number stands for its decimal digits, as in a label.
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let texts: Vec<String> = items.into_iter().map(text).collect::<Option<_>>()?;
    let fits = texts.len() <= 64 && texts.iter().all(|text| text.len() <= MAX_TEXT);
    fits.then_some(texts)
}

/// Lists of texts; none for the word `readonly`.
fn restrictions(value: Value) -> Option<Vec<Vec<String>>> {
    let items = match value {
        Value::String(word) => return (word == "readonly").then(Vec::new),
        Value::Array(items) if (1..=64).contains(&items.len()) => items,
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return None;
        }
    };
    let alternatives = |item: Value| {
        let list = if item.is_string() { Value::Array(vec![item]) } else { item };
        texts(list).filter(|texts| !texts.is_empty())
    };
    items.into_iter().map(alternatives).collect()
}

fn channels(value: &Value) -> Option<Hints> {
    let scid = |value: &Value| value.as_str()?.parse().ok();
    match value {
        Value::Bool(true) => Some(Hints::Always),
        Value::Bool(false) => Some(Hints::Never),
        Value::String(word) => match word.as_str() {
            "true" => Some(Hints::Always),
            "false" => Some(Hints::Never),
            name => Some(Hints::Only(vec![name.parse().ok()?])),
        },
        Value::Array(names) if names.len() <= 64 => {
            names.iter().map(scid).collect::<Option<_>>().map(Hints::Only)
        }
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The text of an amount: a string, or a whole number in millisatoshi.
fn amount_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|msat| msat.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn parse_amount(value: &Value, kind: Kind) -> Result<AmountSpec, String> {
    let text = amount_text(value).ok_or_else(|| kind.expected())?;
    text.parse().map_err(|error: AmountError| format!("{} ({error})", kind.expected()))
}

fn amount(value: &Value, kind: Kind) -> Result<Arg, String> {
    match parse_amount(value, kind)? {
        AmountSpec::Msat(Msat::ZERO) => Err(kind.expected()),
        amount @ (AmountSpec::Any | AmountSpec::Msat(_) | AmountSpec::Fiat { .. }) => {
            FiatAmount::read(&amount).map_err(|error| error.to_string())?;
            Ok(Arg::Amount(amount))
        }
    }
}

fn msat(value: &Value, kind: Kind) -> Result<Msat, String> {
    match parse_amount(value, kind)? {
        AmountSpec::Msat(Msat::ZERO) if kind != Kind::Fee => Err(kind.expected()),
        AmountSpec::Msat(amount) => Ok(amount),
        AmountSpec::Fiat { .. } | AmountSpec::Any => Err(kind.expected()),
    }
}

/// Satoshi without a unit, or an amount of whole satoshi with one.
fn sat_or_all(value: &Value) -> Option<Option<u64>> {
    if value.as_str() == Some("all") {
        return Some(None);
    }
    let sat = match integer(value) {
        Some(sat) => Msat::from_sat(sat)?.as_sat_floor(),
        None => match amount_text(value)?.parse().ok()? {
            AmountSpec::Msat(amount) if amount.as_u64().is_multiple_of(1000) => {
                amount.as_sat_floor()
            }
            AmountSpec::Msat(_) | AmountSpec::Any | AmountSpec::Fiat { .. } => return None,
        },
    };
    (sat > 0).then_some(Some(sat))
}

/// One of the words, or a number with its unit; without a unit, sat per 1000 virtual bytes.
fn fee_rate(value: &Value) -> Option<FeeChoice> {
    let text = amount_text(value)?;
    let per_kw = match (text.strip_suffix("perkw"), text.strip_suffix("perkb")) {
        (Some(digits), _) => integer(&Value::from(digits))?,
        (None, Some(digits)) => integer(&Value::from(digits))? / 4,
        (None, None) => match text.as_str() {
            "minimum" => return Some(FeeChoice::Minimum),
            "slow" => return Some(FeeChoice::Slow),
            "normal" => return Some(FeeChoice::Normal),
            "urgent" => return Some(FeeChoice::Urgent),
            digits => integer(&Value::from(digits))? / 4,
        },
    };
    (MIN_PER_KW..=MAX_PER_KW).contains(&per_kw).then_some(FeeChoice::PerKw(per_kw))
}

/// Whether a JSON value is spelled with `\u` escapes.
fn has_unicode_escape(raw: &str) -> bool {
    let mut escaped = false;
    raw.bytes().any(|byte| {
        let found = escaped && byte == b'u';
        escaped = !escaped && byte == b'\\';
        found
    })
}

/// A Rust type that a parameter can be taken as.
pub trait FromArg: Sized {
    /// The value, when the parameter is of this type.
    fn from_arg(arg: &Arg) -> Option<Self>;
}

macro_rules! from_arg {
    ($($type:ty: $variant:ident;)*) => {
        $(impl FromArg for $type {
            fn from_arg(arg: &Arg) -> Option<Self> {
                if let Arg::$variant(value) = arg { Some(value.clone()) } else { None }
            }
        })*
    };
}

from_arg! {
    Vec<PublicKey>: Nodes;
    String: Text;
    u64: Integer;
    f64: Percent;
    Decimal: Decimal;
    Currency: Currency;
    bool: Boolean;
    [u8; 32]: Hash;
    Vec<u8>: Bytes;
    PublicKey: Node;
    AmountSpec: Amount;
    Msat: Msat;
    Option<u64>: SatOrAll;
    FeeChoice: FeeRate;
    Vec<String>: Texts;
    Hints: Channels;
    Vec<Vec<String>>: Restrictions;
    Value: Json;
}

/// Where the table allows no more than it holds.
impl FromArg for u32 {
    fn from_arg(arg: &Arg) -> Option<Self> {
        u64::from_arg(arg).and_then(|number| number.try_into().ok())
    }
}
