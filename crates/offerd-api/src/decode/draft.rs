//! Strings of the 2021 draft: the same prefixes, other fields.

use bolt1::tlv::Stream;

/// `node_id` of a 2021 offer or invoice: an x-only key.
const NODE_ID: u64 = 30;
/// `payer_key` of a 2021 invoice request: an x-only key.
const PAYER_KEY: u64 = 38;

/// Says in plain words that these bytes are of the 2021 draft, if they are. Today's messages have neither of its
/// keys.
pub(super) fn explain(bytes: &[u8]) -> Option<String> {
    let old = Stream::new(bytes)
        .map_while(Result::ok)
        .any(|record| matches!(record.typ, NODE_ID | PAYER_KEY) && record.value.len() == 32);
    old.then(|| {
        "this was made after the 2021 draft of BOLT 12, whose fields were numbered differently; \
         today's wallets cannot use it: ask its maker for a new one"
            .to_owned()
    })
}
