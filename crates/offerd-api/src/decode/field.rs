//! One record after another, under its name.

use bolt1::tlv::Record;
use bolt1::{DecodeError, Reader};
use bolt12::field as number;
use serde_json::{Map, Value, json};

use super::{path, recurrence};

/// What the view of one record takes from another.
pub(super) struct Context<'a> {
    /// Whether `offer_amount` is in a currency.
    in_currency: bool,
    /// `invoice_blindedpay`, to be shown with the paths.
    blindedpay: Option<&'a [u8]>,
}

impl<'a> Context<'a> {
    pub(super) fn of(records: &[Record<'a>]) -> Self {
        let find = |typ| records.iter().find(|record| record.typ == typ);
        Self {
            in_currency: find(number::OFFER_CURRENCY).is_some(),
            blindedpay: find(number::INVOICE_BLINDEDPAY).map(|record| record.value),
        }
    }
}

/// The shape of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Bytes,
    Text,
    Number,
    Msat,
    Chains,
    Empty,
    Point,
    Paths,
    PaymentPaths,
    /// Shown with `PaymentPaths`.
    PayInfos,
    Fallbacks,
    Bip353Name,
    /// `...*bigsize`.
    Markers,
    /// `...*sha256`.
    Hashes,
}

fn shape(typ: u64, context: &Context<'_>) -> Option<Shape> {
    Some(match typ {
        number::INVREQ_METADATA
        | number::OFFER_METADATA
        | number::OFFER_FEATURES
        | number::OFFER_REFUND_FOR
        | number::INVREQ_CHAIN
        | number::INVREQ_FEATURES
        | number::INVOICE_PAYMENT_HASH
        | number::INVOICE_FEATURES
        | number::SIGNATURE
        | number::REFUND_SIGNATURE
        | number::PROOF_SIGNATURE
        | number::PROOF_PREIMAGE => Shape::Bytes,
        number::PROOF_OMITTED_TLVS => Shape::Markers,
        number::PROOF_MISSING_HASHES | number::PROOF_LEAF_HASHES | number::INVOICE_REPLACES => {
            Shape::Hashes
        }
        number::OFFER_CURRENCY
        | number::OFFER_DESCRIPTION
        | number::OFFER_ISSUER
        | number::INVREQ_PAYER_NOTE
        | number::PROOF_NOTE => Shape::Text,
        number::OFFER_AMOUNT if context.in_currency => Shape::Number,
        number::OFFER_AMOUNT | number::INVREQ_AMOUNT | number::INVOICE_AMOUNT => Shape::Msat,
        number::OFFER_ABSOLUTE_EXPIRY
        | number::OFFER_QUANTITY_MAX
        | number::INVREQ_QUANTITY
        | number::INVREQ_RECURRENCE_COUNTER
        | number::EXPERIMENTAL_INVREQ_RECURRENCE_COUNTER
        | number::INVREQ_RECURRENCE_START
        | number::EXPERIMENTAL_INVREQ_RECURRENCE_START
        | number::INVOICE_RECURRENCE_BASETIME
        | number::EXPERIMENTAL_INVOICE_RECURRENCE_BASETIME
        | number::INVOICE_CREATED_AT
        | number::INVOICE_RELATIVE_EXPIRY => Shape::Number,
        number::OFFER_CHAINS => Shape::Chains,
        number::OFFER_SEND_INVOICE
        | number::INVREQ_RECURRENCE_CANCEL
        | number::EXPERIMENTAL_INVREQ_RECURRENCE_CANCEL => Shape::Empty,
        number::OFFER_ISSUER_ID | number::INVREQ_PAYER_ID | number::INVOICE_NODE_ID => Shape::Point,
        number::OFFER_PATHS | number::INVREQ_PATHS => Shape::Paths,
        number::INVOICE_PATHS => Shape::PaymentPaths,
        number::INVOICE_BLINDEDPAY => Shape::PayInfos,
        number::INVOICE_FALLBACKS => Shape::Fallbacks,
        number::INVREQ_BIP_353_NAME => Shape::Bip353Name,
        _ => return None,
    })
}

/// Every field that is shown: its name with its unit, and its shape.
pub(super) fn all() -> impl Iterator<Item = (String, Shape)> {
    let in_currency = Context { in_currency: true, blindedpay: None };
    let in_msat = Context { in_currency: false, blindedpay: None };
    number::all().flat_map(move |(typ, name)| {
        let mut shapes = vec![shape(typ, &in_msat)];
        if typ == number::OFFER_AMOUNT {
            shapes.push(shape(typ, &in_currency));
        }
        shapes.into_iter().flatten().map(move |shape| (named(name, shape), shape))
    })
}

/// A field's name with its unit.
fn named(name: &str, shape: Shape) -> String {
    let unit = if shape == Shape::Msat { "_msat" } else { "" };
    format!("{name}{unit}")
}

/// Inserts a record under its name, or a warning where its value cannot be read. `false` when it has no name.
pub(super) fn insert(
    record: &Record<'_>,
    context: &Context<'_>,
    view: &mut Map<String, Value>,
) -> bool {
    let Some(name) = number::name(record.typ) else { return false };
    if let Some(shown) = recurrence::insert(record, view) {
        if let Err(error) = shown {
            warn(name, &error, view);
        }
        return true;
    }
    let Some(shape) = shape(record.typ, context) else { return false };
    if matches!(shape, Shape::PayInfos) && view.contains_key("invoice_paths") {
        return true;
    }
    let name = named(name, shape);
    match show(&shape, record.value, context) {
        Ok(value) => {
            view.insert(name, value);
        }
        Err(error) => warn(&name, &error, view),
    }
    true
}

fn warn(name: &str, error: &DecodeError, view: &mut Map<String, Value>) {
    view.entry(format!("warning_invalid_{name}")).or_insert_with(|| json!(error.kind.to_string()));
}

fn show(shape: &Shape, bytes: &[u8], context: &Context<'_>) -> Result<Value, DecodeError> {
    Ok(match shape {
        Shape::Bytes => json!(hex::encode(bytes)),
        Shape::Text => {
            let text = str::from_utf8(bytes).map_err(|_| bolt1::DecodeErrorKind::InvalidUtf8)?;
            json!(text)
        }
        Shape::Number | Shape::Msat => json!(tu64(bytes)?),
        Shape::Chains => chains(bytes)?,
        Shape::Empty => json!(true),
        Shape::Point => json!(bolt1::decode_point(bytes)?.to_string()),
        Shape::Paths => path::show_all(bytes)?,
        Shape::PaymentPaths => path::show_payment_paths(bytes, context.blindedpay)?,
        Shape::PayInfos => path::show_pay_infos(bytes)?,
        Shape::Fallbacks => fallbacks(bytes)?,
        Shape::Bip353Name => bip_353_name(bytes)?,
        Shape::Markers => markers(bytes)?,
        Shape::Hashes => chains(bytes)?,
    })
}

pub(super) fn tu64(bytes: &[u8]) -> Result<u64, DecodeError> {
    let mut reader = Reader::new(bytes);
    let number = reader.read_tu64()?;
    reader.finish()?;
    Ok(number)
}

/// A list of 32 bytes each.
pub(super) fn chains(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut chains = Vec::new();
    while !reader.is_empty() {
        chains.push(json!(hex::encode(reader.read_array::<32>()?)));
    }
    Ok(Value::Array(chains))
}

fn markers(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut markers = Vec::new();
    while !reader.is_empty() {
        markers.push(json!(reader.read_bigsize()?));
    }
    Ok(Value::Array(markers))
}

fn fallbacks(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut fallbacks = Vec::new();
    while !reader.is_empty() {
        let version = reader.read_u8()?;
        let len = usize::from(reader.read_u16()?);
        let program = reader.read_bytes(len)?;
        fallbacks.push(json!({ "version": version, "hex": hex::encode(program) }));
    }
    Ok(Value::Array(fallbacks))
}

fn bip_353_name(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut part = || {
        let len = usize::from(reader.read_u8()?);
        let text = str::from_utf8(reader.read_bytes(len)?);
        text.map(str::to_owned).map_err(|_| DecodeError::from(bolt1::DecodeErrorKind::InvalidUtf8))
    };
    let (name, domain) = (part()?, part()?);
    reader.finish()?;
    Ok(json!({ "name": name, "domain": domain }))
}
