//! Shapes of values that Rust's types do not tell: to be named beside a field, as in
//! `#[schemars(with = "Option<Hash32>")]`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// 32 bytes in hexadecimal: a hash, an id, a preimage.
pub type Hash32 = HexOf<32>;
/// A node id: a 33-byte compressed point in hexadecimal.
pub type NodeId = HexOf<33>;
/// A string that begins with `lno1`.
pub type OfferString = Bolt12<'o'>;
/// A string that begins with `lnr1`.
pub type RequestString = Bolt12<'r'>;
/// A string that begins with `lni1`.
pub type InvoiceString = Bolt12<'i'>;

/// A string that begins with `lnp1`.
pub type ProofString = Bolt12<'p'>;

/// So many bytes in lower-case hexadecimal.
#[derive(Clone, Copy, Debug)]
pub struct HexOf<const BYTES: usize>;

/// Any number of bytes in lower-case hexadecimal.
#[derive(Clone, Copy, Debug)]
pub struct Hex;

/// A BOLT 12 string of one kind, as this program writes it: in lower case and in one piece.
#[derive(Clone, Copy, Debug)]
pub struct Bolt12<const KIND: char>;

impl<const BYTES: usize> JsonSchema for HexOf<BYTES> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{BYTES} bytes hex").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": Self::schema_name(),
            "type": "string",
            "pattern": format!("^[0-9a-f]{{{}}}$", 2 * BYTES),
        })
    }
}

impl JsonSchema for Hex {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "hex".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": Self::schema_name(),
            "type": "string",
            "pattern": "^([0-9a-f]{2})*$",
        })
    }
}

impl<const KIND: char> JsonSchema for Bolt12<KIND> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ln{KIND}… string").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": Self::schema_name(),
            "type": "string",
            "pattern": format!("^ln{KIND}1[02-9ac-hj-np-z]+$"),
        })
    }
}
