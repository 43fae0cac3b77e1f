//! Error codes: Core Lightning's, under its meanings.

/// One error code of the JSON-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The number that goes over the wire. Never changes, never means anything else.
    pub number: i64,
    /// A name for documents.
    pub name: &'static str,
    /// What it tells the caller.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $number:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning]
        pub const $constant: Code =
            Code { number: $number, name: stringify!($constant), meaning: $meaning };)*

        /// All of them.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    PARSE_ERROR = -32700, "What was sent is not JSON; the connection is closed.";
    INVALID_PARAMS = -32602, "A parameter is missing, unknown, ill-typed or out of range; nothing was changed.";
    METHOD_NOT_FOUND = -32601, "There is no such method.";
    INVALID_REQUEST = -32600, "This is JSON, but not a request.";
    GENERAL = -1, "Catch-all: an error without a code of its own.";
    PAY_IN_PROGRESS = 200, "Another invoice of the same request is being paid.";
    PAY_LABEL_USED = 201, "A payment of this label exists, for something else.";
    PAY_DESTINATION_FAILED = 203, "The payee refused the payment for good.";
    PAY_ROUTE_NOT_FOUND = 205, "No route to the payee within the limits.";
    PAY_TOO_EXPENSIVE = 206, "It would cost more than the call allows.";
    PAY_INVOICE_EXPIRED = 207, "The invoice has expired.";
    PAY_UNSPECIFIED = 209, "The payment failed for another reason.";
    PAY_STOPPED_RETRYING = 210, "Time is up and the outcome is not known yet.";
    PAY_ALREADY_PAID = 219, "This request has been paid already.";
    INVOICE_LABEL_EXISTS = 900, "An invoice of this label exists.";
    INVOICE_PREIMAGE_EXISTS = 901, "An invoice of this preimage exists.";
    INVOICE_EXPIRED_DURING_WAIT = 903, "The invoice can no longer be paid.";
    INVOICE_WAIT_TIMED_OUT = 904, "Nothing was paid within the time given.";
    OFFER_ALREADY_EXISTS = 1000, "An offer of this label or with these arguments exists.";
    OFFER_ALREADY_DISABLED = 1001, "The offer or invoice request is disabled already.";
    OFFER_EXPIRED = 1002, "The offer has expired.";
    OFFER_ROUTE_NOT_FOUND = 1003, "The issuer cannot be reached.";
    OFFER_BAD_REPLY = 1004, "The issuer refused, or answered with something that cannot be accepted.";
    OFFER_TIMEOUT = 1005, "No answer within the time given.";
    OFFER_ALREADY_ENABLED = 1006, "The offer is active already.";
    OFFER_USED_SINGLE_USE = 1007, "A single-use offer that was paid cannot be enabled.";
    FUND_CANNOT_AFFORD = 301, "The wallet does not hold enough.";
    FUND_OUTPUT_IS_DUST = 302, "The amount is too small to be sent on chain.";
    FUNDING_BROADCAST_FAIL = 303, "It is not known whether the transaction was sent; it is sent again.";
    FUNDING_UNKNOWN_PEER = 306, "The peer is not known, or not connected.";
    FUNDING_EMERGENCY_LOW_RESERVE = 313, "The wallet holds enough, but some must stay for our channels.";
    CONNECT_NO_KNOWN_ADDRESS = 400, "No address of this node is known.";
    CONNECT_ALL_ADDRESSES_FAILED = 401, "No address of this node answered.";
    RUNE_NOT_AUTHORIZED = 1501, "The rune is none of ours.";
    RUNE_NOT_PERMITTED = 1502, "The rune does not allow this call.";
    RUNE_BLACKLISTED = 1503, "The rune is no longer honoured.";
    PROOF_NO_PAYMENT = 1700, "No payment of ours for this string has arrived.";
    SIGNMESSAGE_PUBKEY_NOT_FOUND = 1301, "The signer is not a node that we know of.";
}

/// What is known of this number.
pub fn find(number: i64) -> Option<&'static Code> {
    ALL.iter().find(|code| code.number == number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_number_and_no_name_has_two_meanings() {
        let numbers: BTreeSet<_> = ALL.iter().map(|code| code.number).collect();
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!((numbers.len(), names.len()), (ALL.len(), ALL.len()));
    }

    #[test]
    fn the_numbers_that_callers_rely_on_never_move() {
        let promised = [
            (-32602, "INVALID_PARAMS"),
            (-32601, "METHOD_NOT_FOUND"),
            (-1, "GENERAL"),
            (900, "INVOICE_LABEL_EXISTS"),
            (1000, "OFFER_ALREADY_EXISTS"),
            (1001, "OFFER_ALREADY_DISABLED"),
            (1002, "OFFER_EXPIRED"),
            (1003, "OFFER_ROUTE_NOT_FOUND"),
            (1004, "OFFER_BAD_REPLY"),
            (1005, "OFFER_TIMEOUT"),
        ];
        for (number, name) in promised {
            assert_eq!(find(number).map(|code| code.name), Some(name));
        }
    }
}
