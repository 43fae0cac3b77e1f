//! What servers of others say, taken with care.

use bitcoin::BlockHash;
use bitcoin::block::Header;

use super::ChainError;

/// What is shown of a text, in characters.
const MOST_SHOWN: usize = 200;
/// What a mempool calls a transaction that it has, or that is mined.
const ALREADY_THERE: [&str; 5] = [
    "txn-already-in-mempool",
    "txn-already-known",
    "txn-same-nonwitness-data-in-mempool",
    "outputs already in utxo set",
    "already in block chain",
];
/// What nobody pays, in satoshis per virtual byte: whoever says so is not believed.
const ABSURD: f64 = 5_000.0;
/// Virtual bytes and weight units: 1000 weight units are 250 virtual bytes.
const VBYTES_PER_KILOWEIGHT: f64 = 250.0;

/// Satoshis per virtual byte in satoshis per 1000 weight units, rounded up; `None` for what is no rate.
pub(super) fn sat_per_kiloweight(sat_per_vbyte: f64) -> Option<u32> {
    if !sat_per_vbyte.is_finite() || sat_per_vbyte <= 0.0 || sat_per_vbyte > ABSURD {
        return None;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range: see above"
    )]
    Some((sat_per_vbyte * VBYTES_PER_KILOWEIGHT).ceil() as u32)
}

/// What a header says of its time, if it is that of the block and was worked for.
pub(super) fn proven_time(header: &Header, block: BlockHash) -> Result<u32, ChainError> {
    match header.validate_pow(header.target()) {
        Ok(hash) if hash == block => Ok(header.time),
        Ok(_) | Err(_) => {
            Err(ChainError(format!("its header of block {block} is not that block's")))
        }
    }
}

/// Whether a refusal says that the transaction is where it should be.
pub(super) fn is_there_already(refusal: &str) -> bool {
    ALREADY_THERE.iter().any(|text| refusal.contains(text))
}

/// The beginning of a text, with nothing in it that a terminal would act on.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.trim().chars().take(MOST_SHOWN).collect();
    start.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_converted_and_rounded_up_and_nonsense_is_no_rate() {
        assert_eq!(sat_per_kiloweight(1.0), Some(250));
        assert_eq!(sat_per_kiloweight(1.001), Some(251));
        for nonsense in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(sat_per_kiloweight(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_transaction_that_is_there_already_counts_as_sent() {
        let refusal = r#"sendrawtransaction RPC error: {"code":-27,"message":"Transaction outputs already in utxo set"}"#;
        assert!(is_there_already(refusal));
        assert!(!is_there_already("min relay fee not met"));
    }

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(shown("\u{1b}[31mred\n"), "\\u{1b}[31mred");
        assert_eq!(shown(&"x".repeat(5_000)).len(), MOST_SHOWN);
    }
}
