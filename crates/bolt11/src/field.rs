//! The tagged fields.
//!
//! | tag | name | shape |
//! |---|---|---|
//! | `p` | `payment_hash` | 52 words, 32 bytes |
//! | `s` | `payment_secret` | 52 words, 32 bytes |
//! | `d` | `description` | UTF-8 |
//! | `m` | `payment_metadata` | bytes |
//! | `n` | `payee` | 53 words, 33-byte compressed point |
//! | `h` | `description_hash` | 52 words, 32 bytes |
//! | `x` | `expiry` | seconds, a number |
//! | `c` | `min_final_cltv_expiry` | blocks, a number |
//! | `f` | `fallbacks` | a version and a program |
//! | `r` | `routes` | hops of 51 bytes |
//! | `9` | `features` | a bit field |

use alloc::string::String;
use alloc::vec::Vec;

use bech32::Fe32;
use bolt1::{PublicKey, Reader, ShortChannelId};

use crate::words::{self, Words};
use crate::{Bolt11Error, Invoice, fallback};

/// A hop of a way to the payee over a channel that is not announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteHop {
    /// The node at its beginning.
    pub node_id: PublicKey,
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// Its base fee, msat.
    pub fee_base_msat: u32,
    /// Its proportional fee, millionths.
    pub fee_proportional_millionths: u32,
    /// Its delay, blocks.
    pub cltv_expiry_delta: u16,
}

/// A field that has no meaning here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// Its tag, a character of bech32.
    pub tag: char,
    /// Its value, in characters of bech32.
    pub data: String,
}

/// Words of a field of 32 bytes.
const HASH_WORDS: usize = 52;
/// Words of a point.
const POINT_WORDS: usize = 53;

/// Reads all fields into `invoice`. Of a field that is there more than once the first counts, where it may not be.
pub(crate) fn read_all(mut fields: Words<'_>, invoice: &mut Invoice) -> Result<(), Bolt11Error> {
    while !fields.is_empty() {
        let tag = fields.take(1)?.first().map_or('q', |word| word.to_char());
        let length = usize::try_from(fields.number(2)?).map_err(|_| Bolt11Error::Truncated)?;
        let data = fields.take(length)?;
        if !read(tag, data, invoice)? {
            invoice.unknown.push(UnknownField { tag, data: words::characters(data) });
        }
    }
    Ok(())
}

/// Reads one field. `false` where it is not known, or not of the length that it has: such a one is skipped.
fn read(tag: char, data: &[Fe32], invoice: &mut Invoice) -> Result<bool, Bolt11Error> {
    match (tag, data.len()) {
        ('p', HASH_WORDS) => put(&mut invoice.payment_hash, hash(data)?),
        ('s', HASH_WORDS) => put(&mut invoice.payment_secret, hash(data)?),
        ('h', HASH_WORDS) => put(&mut invoice.description_hash, hash(data)?),
        ('n', POINT_WORDS) => {
            let point = bolt1::decode_point(&words::bytes(data));
            put(&mut invoice.named_payee, point.map_err(|_| Bolt11Error::Field("payee"))?);
        }
        ('d', _) => {
            let text = String::from_utf8(words::bytes(data));
            put(&mut invoice.description, text.map_err(|_| Bolt11Error::Field("description"))?);
        }
        ('m', _) => put(&mut invoice.payment_metadata, words::bytes(data)),
        ('x', _) => {
            let number = words::number(data).ok_or(Bolt11Error::Field("expiry"))?;
            put(&mut invoice.named_expiry, number);
        }
        ('c', _) => {
            let number = words::number(data).ok_or(Bolt11Error::Field("min_final_cltv_expiry"))?;
            put(&mut invoice.named_final_delay, number);
        }
        ('9', _) => put(&mut invoice.features, words::bit_field(data)),
        ('f', _) => match fallback::read(invoice.currency, data)? {
            Some(fallback) => invoice.fallbacks.push(fallback),
            None => return Ok(false),
        },
        ('r', _) => invoice.routes.push(route(&words::bytes(data))?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn put<T>(field: &mut Option<T>, value: T) {
    field.get_or_insert(value);
}

fn hash(data: &[Fe32]) -> Result<[u8; 32], Bolt11Error> {
    words::bytes(data).try_into().map_err(|_| Bolt11Error::Truncated)
}

fn route(bytes: &[u8]) -> Result<Vec<RouteHop>, Bolt11Error> {
    let unreadable = |_| Bolt11Error::Field("routes");
    let mut reader = Reader::new(bytes);
    let mut hops = Vec::new();
    while !reader.is_empty() {
        let point: [u8; 33] = reader.read_array().map_err(unreadable)?;
        hops.push(RouteHop {
            node_id: bolt1::decode_point(&point).map_err(unreadable)?,
            short_channel_id: ShortChannelId(reader.read_u64().map_err(unreadable)?),
            fee_base_msat: reader.read_u32().map_err(unreadable)?,
            fee_proportional_millionths: reader.read_u32().map_err(unreadable)?,
            cltv_expiry_delta: reader.read_u16().map_err(unreadable)?,
        });
    }
    Ok(hops)
}
