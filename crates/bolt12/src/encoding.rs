//! Strings: bech32 characters behind a prefix, without a checksum (BOLT 12, "Encoding").
//!
//! A string may be cut by `+` and white space anywhere between two of its characters, and may be in upper case
//! as a whole. What the bytes mean does not live here.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bech32::Fe32;
use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};

/// The longest input that [`decode_string`] looks at, in bytes of UTF-8, joins and prefix included. It holds more
/// than the largest onion message can.
pub const MAX_STRING_LEN: usize = 131_072;

/// The scheme that may stand before a string, in any case.
const URI_SCHEME: &str = "lightning:";

/// What a string carries, as its human-readable part says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hrp {
    /// `lno`: an offer.
    Offer,
    /// `lnr`: an invoice request.
    InvoiceRequest,
    /// `lni`: an invoice. BOLT 12 gives invoices no prefix; this is the one in use.
    Invoice,
    /// `lnp`: a payer proof.
    PayerProof,
}

impl Hrp {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Offer, Self::InvoiceRequest, Self::Invoice, Self::PayerProof];

    /// The human-readable part, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "lno",
            Self::InvoiceRequest => "lnr",
            Self::Invoice => "lni",
            Self::PayerProof => "lnp",
        }
    }
}

impl fmt::Display for Hrp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a string is not one of BOLT 12's.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringError {
    /// Longer than [`MAX_STRING_LEN`].
    TooLong,
    /// A `+` that does not stand between two characters.
    MisplacedJoin,
    /// Upper and lower case in one string.
    MixedCase,
    /// No human-readable part of BOLT 12, followed by `1`.
    UnknownPrefix,
    /// A known prefix, but of something else than was asked for.
    UnexpectedPrefix {
        /// The prefix that was found.
        found: Hrp,
    },
    /// A character outside the bech32 alphabet.
    InvalidCharacter {
        /// That character.
        character: char,
        /// How many characters stand before it behind the prefix, joins not counted.
        position: usize,
    },
    /// The last character carries no bit of the last byte.
    ExcessPadding,
    /// The bits behind the last byte are not all zero.
    NonZeroPadding,
}

impl StringError {
    /// The id, in this project's list of the specification's requirements, of the one that is broken; `None` where the
    /// rule is ours alone, or that of bech32.
    pub const fn requirement(&self) -> Option<&'static str> {
        match self {
            Self::MixedCase => Some("ST-04"),
            Self::MisplacedJoin => Some("ST-05"),
            Self::TooLong
            | Self::UnknownPrefix
            | Self::UnexpectedPrefix { .. }
            | Self::InvalidCharacter { .. }
            | Self::ExcessPadding
            | Self::NonZeroPadding => None,
        }
    }
}

impl fmt::Display for StringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {MAX_STRING_LEN} bytes"),
            Self::MisplacedJoin => f.write_str("a '+' that does not join two characters"),
            Self::MixedCase => f.write_str("upper and lower case are mixed"),
            Self::UnknownPrefix => f.write_str("does not begin with lno1, lnr1, lni1 or lnp1"),
            Self::UnexpectedPrefix { found } => write!(f, "unexpected prefix {found}"),
            Self::InvalidCharacter { character, position } => {
                let character = character.escape_debug();
                write!(f, "invalid character '{character}' behind {position} others")
            }
            Self::ExcessPadding => f.write_str("one character too many at the end"),
            Self::NonZeroPadding => f.write_str("the padding at the end is not zero"),
        }
    }
}

impl core::error::Error for StringError {}

/// The prefix and the bytes of a string. Upper and lower case, `+` joins and a leading `lightning:` are
/// understood; surrounding white space is not trimmed.
///
/// # Errors
/// [`StringError`], whose variants say what is wrong.
pub fn decode_string(string: &str) -> Result<(Hrp, Vec<u8>), StringError> {
    if string.len() > MAX_STRING_LEN {
        return Err(StringError::TooLong);
    }
    let joined = join(without_scheme(string))?;
    let lower = single_case(joined)?;
    let (hrp, data) = split_prefix(&lower)?;
    Ok((hrp, decode_data(data)?))
}

/// The bytes of a string that must carry what `wanted` says.
pub(crate) fn decode_as(wanted: Hrp, string: &str) -> Result<Vec<u8>, StringError> {
    let (found, bytes) = decode_string(string)?;
    if found == wanted { Ok(bytes) } else { Err(StringError::UnexpectedPrefix { found }) }
}

/// The string for `bytes`, in lower case.
// req ST-01, ST-03
pub fn encode_string(hrp: Hrp, bytes: &[u8]) -> String {
    let mut string = String::from(hrp.as_str());
    string.push('1');
    string.extend(bytes.iter().copied().bytes_to_fes().map(Fe32::to_char));
    string
}

/// The string for `bytes` in upper case, which a QR code holds in fewer modules.
pub fn encode_string_for_qr(hrp: Hrp, bytes: &[u8]) -> String {
    // req ST-02
    encode_string(hrp, bytes).to_ascii_uppercase()
}

fn without_scheme(string: &str) -> &str {
    match string.split_at_checked(URI_SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(URI_SCHEME) => rest,
        _ => string,
    }
}

/// Removes each `+` with the white space behind it; each part must then begin and end with a character.
fn join(string: &str) -> Result<String, StringError> {
    let mut joined = String::with_capacity(string.len());
    for (position, part) in string.split('+').enumerate() {
        // req ST-05
        let part = if position == 0 { part } else { part.trim_ascii_start() };
        if part.is_empty() && string.contains('+') {
            return Err(StringError::MisplacedJoin);
        }
        joined.push_str(part);
    }
    Ok(joined)
}

fn single_case(mut string: String) -> Result<String, StringError> {
    // req ST-04
    let upper = string.bytes().any(|byte| byte.is_ascii_uppercase());
    if upper && string.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(StringError::MixedCase);
    }
    string.make_ascii_lowercase();
    Ok(string)
}

fn split_prefix(string: &str) -> Result<(Hrp, &str), StringError> {
    let (prefix, data) = string.split_once('1').ok_or(StringError::UnknownPrefix)?;
    let hrp = Hrp::ALL.into_iter().find(|hrp| hrp.as_str() == prefix);
    Ok((hrp.ok_or(StringError::UnknownPrefix)?, data))
}

/// The bytes of the characters behind the prefix. Exactly one string is accepted for the same bytes: the one that
/// [`encode_string`] writes.
fn decode_data(data: &str) -> Result<Vec<u8>, StringError> {
    let fes = data
        .chars()
        .enumerate()
        .map(|(position, character)| {
            let invalid = StringError::InvalidCharacter { character, position };
            Fe32::from_char(character).map_err(|_| invalid)
        })
        .collect::<Result<Vec<Fe32>, StringError>>()?;
    let bytes: Vec<u8> = fes.iter().copied().fes_to_bytes().collect();
    let canonical: Vec<Fe32> = bytes.iter().copied().bytes_to_fes().collect();
    if canonical.len() != fes.len() {
        return Err(StringError::ExcessPadding);
    }
    if canonical != fes {
        return Err(StringError::NonZeroPadding);
    }
    Ok(bytes)
}
