//! Addresses on the chain, to be paid at where a Lightning payment fails.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bech32::{Fe32, Hrp, segwit};

use crate::Bolt11Error;
use crate::words;

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// Of which kind it is.
    pub kind: FallbackKind,
    /// As people write it.
    pub address: String,
    /// The script that it stands for.
    pub script: Vec<u8>,
}

/// Kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackKind {
    /// The hash of a key.
    P2pkh,
    /// The hash of a script.
    P2sh,
    /// The hash of a key, as a witness program.
    P2wpkh,
    /// The hash of a script, as a witness program.
    P2wsh,
    /// A key, as a witness program of version 1.
    P2tr,
}

/// Version of a field `f` that holds the hash of a key.
const KEY_HASH: u8 = 17;
/// Version of a field `f` that holds the hash of a script.
const SCRIPT_HASH: u8 = 18;

/// Reads a field `f`. `None` for a version that is not known.
pub(crate) fn read(currency: &str, data: &[Fe32]) -> Result<Option<Fallback>, Bolt11Error> {
    let unreadable = Bolt11Error::Field("fallbacks");
    let (version, program) = data.split_first().ok_or(unreadable)?;
    let program = words::bytes(program);
    let kind = match (version.to_u8(), program.len()) {
        (KEY_HASH, 20) => FallbackKind::P2pkh,
        (SCRIPT_HASH, 20) => FallbackKind::P2sh,
        (0, 20) => FallbackKind::P2wpkh,
        (0, 32) => FallbackKind::P2wsh,
        (1, 32) => FallbackKind::P2tr,
        (KEY_HASH | SCRIPT_HASH | 0 | 1, _) => return Err(unreadable),
        _ => return Ok(None),
    };
    let main = currency == "bc";
    let base58 = |version: u8| {
        let versioned: Vec<u8> = core::iter::once(version).chain(program.iter().copied()).collect();
        base58ck::encode_check(&versioned)
    };
    let (address, script) = match kind {
        FallbackKind::P2pkh => {
            let script = [&[0x76, 0xa9, 20], program.as_slice(), &[0x88, 0xac]].concat();
            (base58(if main { 0 } else { 111 }), script)
        }
        FallbackKind::P2sh => {
            let script = [&[0xa9, 20], program.as_slice(), &[0x87]].concat();
            (base58(if main { 5 } else { 196 }), script)
        }
        FallbackKind::P2wpkh | FallbackKind::P2wsh | FallbackKind::P2tr => {
            let hrp = Hrp::parse(if currency == "tbs" { "tb" } else { currency });
            let hrp = hrp.map_err(|_| unreadable)?;
            let address = segwit::encode(hrp, *version, &program).map_err(|_| unreadable)?;
            let opcode = if kind == FallbackKind::P2tr { 0x51 } else { 0 };
            let length = if program.len() == 20 { 20 } else { 32 };
            (address.to_string(), [&[opcode, length], program.as_slice()].concat())
        }
    };
    Ok(Some(Fallback { kind, address, script }))
}
