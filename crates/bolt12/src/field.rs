//! The fields of BOLT 12: one table of type numbers and names, and the ranges of each message.
//!
//! Everything else in this crate, and every error, takes numbers and names from here.

use core::fmt;
use core::ops::RangeInclusive;

/// The messages that share one space of type numbers, each mirroring the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// An offer.
    Offer,
    /// An invoice request: an offer's fields and its own.
    InvoiceRequest,
    /// An invoice: an invoice request's fields and its own.
    Invoice,
}

/// The two ranges of type numbers, plain and experimental, that identify an offer.
const OFFER_RANGES: [RangeInclusive<u64>; 2] = [1..=79, 1_000_000_000..=1_999_999_999];
/// Those of an invoice request, the mirrored offer's included.
const INVOICE_REQUEST_RANGES: [RangeInclusive<u64>; 2] = [0..=159, 1_000_000_000..=2_999_999_999];
/// Those of an invoice, the mirrored request's included.
const INVOICE_RANGES: [RangeInclusive<u64>; 2] = [0..=239, 1_000_000_000..=3_999_999_999];
/// Signature elements, which never enter the merkle tree.
const SIGNATURE_RANGE: RangeInclusive<u64> = 240..=1000;

macro_rules! fields {
    ($($(#[$doc:meta])* $constant:ident = $typ:literal, $name:literal, $message:ident;)*) => {
        $($(#[$doc])* pub const $constant: u64 = $typ;)*

        /// Type number, name, and the first message in which the field occurs; ascending.
        const TABLE: &[(u64, &str, Message)] = &[$(($typ, $name, Message::$message)),*];
    };
}

fields! {
    /// `...*byte`: the payer's unpredictable blob.
    INVREQ_METADATA = 0, "invreq_metadata", InvoiceRequest;
    /// `...*chain_hash`: the chains an offer is good for; absent means bitcoin.
    OFFER_CHAINS = 2, "offer_chains", Offer;
    /// `...*byte`: the issuer's own cookie.
    OFFER_METADATA = 4, "offer_metadata", Offer;
    /// `...*utf8`: the ISO 4217 code of the currency of `offer_amount`.
    OFFER_CURRENCY = 6, "offer_currency", Offer;
    /// `tu64`: the price of one item, in msat or in minor units of `offer_currency`.
    OFFER_AMOUNT = 8, "offer_amount", Offer;
    /// `...*utf8`: what the payment is for.
    OFFER_DESCRIPTION = 10, "offer_description", Offer;
    /// `...*byte`: a bit field.
    OFFER_FEATURES = 12, "offer_features", Offer;
    /// `tu64`: seconds since 1970 after which the offer is void.
    OFFER_ABSOLUTE_EXPIRY = 14, "offer_absolute_expiry", Offer;
    /// `...*blinded_path`: how to reach the issuer.
    OFFER_PATHS = 16, "offer_paths", Offer;
    /// `...*utf8`: who the issuer says to be.
    OFFER_ISSUER = 18, "offer_issuer", Offer;
    /// `tu64`: the most items in one invoice; zero means any number.
    OFFER_QUANTITY_MAX = 20, "offer_quantity_max", Offer;
    /// `point`: the key that signs the invoices.
    OFFER_ISSUER_ID = 22, "offer_issuer_id", Offer;
    /// `byte` unit and `tu32` period: a schedule that payers must understand.
    OFFER_RECURRENCE_COMPULSORY = 24, "offer_recurrence_compulsory", Offer;
    /// `byte` unit and `tu32` period: a schedule that payers may ignore.
    OFFER_RECURRENCE_OPTIONAL = 25, "offer_recurrence_optional", Offer;
    /// `byte` proportional and `tu64` seconds since 1970: when period 0 starts.
    OFFER_RECURRENCE_BASE = 26, "offer_recurrence_base", Offer;
    /// `u32` seconds before and `tu32` after a period's start: when to pay.
    OFFER_RECURRENCE_PAYWINDOW = 27, "offer_recurrence_paywindow", Offer;
    /// `tu32`: the index of the last period.
    OFFER_RECURRENCE_LIMIT = 29, "offer_recurrence_limit", Offer;
    /// `sha256`, ours: the payment hash of the invoice that a payout refunds.
    OFFER_REFUND_FOR = 34, "offer_refund_for", Offer;
    /// Empty, ours: the issuer pays whoever sends an invoice.
    OFFER_SEND_INVOICE = 54, "offer_send_invoice", Offer;
    /// `chain_hash`: the chain to pay on; absent means bitcoin.
    INVREQ_CHAIN = 80, "invreq_chain", InvoiceRequest;
    /// `tu64`: the amount, in msat.
    INVREQ_AMOUNT = 82, "invreq_amount", InvoiceRequest;
    /// `...*byte`: a bit field.
    INVREQ_FEATURES = 84, "invreq_features", InvoiceRequest;
    /// `tu64`: how many items.
    INVREQ_QUANTITY = 86, "invreq_quantity", InvoiceRequest;
    /// `point`: the payer's key.
    INVREQ_PAYER_ID = 88, "invreq_payer_id", InvoiceRequest;
    /// `...*utf8`: a note from the payer.
    INVREQ_PAYER_NOTE = 89, "invreq_payer_note", InvoiceRequest;
    /// `...*blinded_path`: where to send an invoice that answers no offer.
    INVREQ_PATHS = 90, "invreq_paths", InvoiceRequest;
    /// Two strings with a length byte each: the name under which the offer was found.
    INVREQ_BIP_353_NAME = 91, "invreq_bip_353_name", InvoiceRequest;
    /// `tu32`: how many payments of the series came before.
    INVREQ_RECURRENCE_COUNTER = 92, "invreq_recurrence_counter", InvoiceRequest;
    /// `tu32`: the period of the first payment.
    INVREQ_RECURRENCE_START = 93, "invreq_recurrence_start", InvoiceRequest;
    /// Empty: the payer ends the series.
    INVREQ_RECURRENCE_CANCEL = 94, "invreq_recurrence_cancel", InvoiceRequest;
    /// `...*blinded_path`: the payment paths.
    INVOICE_PATHS = 160, "invoice_paths", Invoice;
    /// `...*blinded_payinfo`: one for each of the paths.
    INVOICE_BLINDEDPAY = 162, "invoice_blindedpay", Invoice;
    /// `tu64`: seconds since 1970.
    INVOICE_CREATED_AT = 164, "invoice_created_at", Invoice;
    /// `tu32`: seconds of life; absent means 7200.
    INVOICE_RELATIVE_EXPIRY = 166, "invoice_relative_expiry", Invoice;
    /// `sha256`: the hash of the preimage.
    INVOICE_PAYMENT_HASH = 168, "invoice_payment_hash", Invoice;
    /// `tu64`: the amount, in msat.
    INVOICE_AMOUNT = 170, "invoice_amount", Invoice;
    /// `...*fallback_address`: where to pay on the chain.
    INVOICE_FALLBACKS = 172, "invoice_fallbacks", Invoice;
    /// `...*byte`: a bit field.
    INVOICE_FEATURES = 174, "invoice_features", Invoice;
    /// `point`: the key that signed the invoice.
    INVOICE_NODE_ID = 176, "invoice_node_id", Invoice;
    /// `tu64`: seconds since 1970 at which period 0 starts.
    INVOICE_RECURRENCE_BASETIME = 177, "invoice_recurrence_basetime", Invoice;
    /// `bip340sig`: the signature of whoever made the message.
    SIGNATURE = 240, "signature", InvoiceRequest;
    /// `bip340sig`, ours: the signature of whoever paid the invoice that is refunded.
    REFUND_SIGNATURE = 242, "refund_signature", Invoice;
    /// As [`OFFER_RECURRENCE_COMPULSORY`].
    EXPERIMENTAL_OFFER_RECURRENCE_COMPULSORY = 1_000_000_024, "offer_recurrence_compulsory", Offer;
    /// As [`OFFER_RECURRENCE_OPTIONAL`].
    EXPERIMENTAL_OFFER_RECURRENCE_OPTIONAL = 1_000_000_025, "offer_recurrence_optional", Offer;
    /// As [`OFFER_RECURRENCE_BASE`].
    EXPERIMENTAL_OFFER_RECURRENCE_BASE = 1_000_000_026, "offer_recurrence_base", Offer;
    /// As [`OFFER_RECURRENCE_PAYWINDOW`].
    EXPERIMENTAL_OFFER_RECURRENCE_PAYWINDOW = 1_000_000_027, "offer_recurrence_paywindow", Offer;
    /// As [`OFFER_RECURRENCE_LIMIT`].
    EXPERIMENTAL_OFFER_RECURRENCE_LIMIT = 1_000_000_029, "offer_recurrence_limit", Offer;
    /// As [`INVREQ_RECURRENCE_COUNTER`].
    EXPERIMENTAL_INVREQ_RECURRENCE_COUNTER = 2_000_000_092, "invreq_recurrence_counter", InvoiceRequest;
    /// As [`INVREQ_RECURRENCE_START`].
    EXPERIMENTAL_INVREQ_RECURRENCE_START = 2_000_000_093, "invreq_recurrence_start", InvoiceRequest;
    /// As [`INVREQ_RECURRENCE_CANCEL`].
    EXPERIMENTAL_INVREQ_RECURRENCE_CANCEL = 2_000_000_094, "invreq_recurrence_cancel", InvoiceRequest;
    /// `...*sha256`, ours: the payment hashes of earlier invoices for the same request, in place of which this one is.
    INVOICE_REPLACES = 3_000_000_057, "invoice_replaces", Invoice;
    /// As [`INVOICE_RECURRENCE_BASETIME`].
    EXPERIMENTAL_INVOICE_RECURRENCE_BASETIME = 3_000_000_177, "invoice_recurrence_basetime", Invoice;
}

/// `bip340sig`: the signature of whoever made a payer proof.
pub const PROOF_SIGNATURE: u64 = 241;
/// 32 bytes: the preimage of `invoice_payment_hash`.
pub const PROOF_PREIMAGE: u64 = 1001;
/// `...*bigsize`: a marker for each hidden field.
pub const PROOF_OMITTED_TLVS: u64 = 1002;
/// `...*sha256`: the hidden parts of the merkle tree.
pub const PROOF_MISSING_HASHES: u64 = 1003;
/// `...*sha256`: a nonce for each shown field.
pub const PROOF_LEAF_HASHES: u64 = 1004;
/// `...*utf8`: a note to the verifier.
pub const PROOF_NOTE: u64 = 1005;

/// The fields of a payer proof that no other message has; ascending.
const PROOF_TABLE: [(u64, &str); 6] = [
    (PROOF_SIGNATURE, "proof_signature"),
    (PROOF_PREIMAGE, "proof_preimage"),
    (PROOF_OMITTED_TLVS, "proof_omitted_tlvs"),
    (PROOF_MISSING_HASHES, "proof_missing_hashes"),
    (PROOF_LEAF_HASHES, "proof_leaf_hashes"),
    (PROOF_NOTE, "proof_note"),
];

impl Message {
    /// Whether a field of type `typ` may stand in this message at all.
    pub fn allows(self, typ: u64) -> bool {
        match self {
            // req OR-01
            Self::Offer => in_offer(typ),
            // req RR-02
            Self::InvoiceRequest => in_invoice_request(typ) || is_signature(typ),
            Self::Invoice => within(&INVOICE_RANGES, typ) || is_signature(typ),
        }
    }

    /// Whether this crate knows what a field of type `typ` means in this message.
    pub fn knows(self, typ: u64) -> bool {
        entry(typ).is_some_and(|(_, _, first)| *first <= self)
    }
}

/// The specification's name of a field, where it has one.
pub fn name(typ: u64) -> Option<&'static str> {
    let proof = || PROOF_TABLE.iter().find(|(number, _)| *number == typ);
    entry(typ).map(|(_, name, _)| *name).or_else(|| proof().map(|(_, name)| *name))
}

/// Every field that has a name: type number and name, ascending by message. Names of the experimental range recur.
pub fn all() -> impl Iterator<Item = (u64, &'static str)> {
    TABLE.iter().map(|(typ, name, _)| (*typ, *name)).chain(PROOF_TABLE)
}

/// The number of the field that the specification calls `name`; the plain one where there is an experimental one too.
pub fn number(name: &str) -> Option<u64> {
    all().find(|(_, known)| *known == name).map(|(number, _)| number)
}

/// Whether `typ` is a field of a payer proof that no other message has.
pub(crate) fn is_of_proof(typ: u64) -> bool {
    PROOF_TABLE.iter().any(|(number, _)| *number == typ)
}

/// Whether `typ` is in the ranges of an invoice and can be shown: all but `invreq_metadata` and signature elements.
pub(crate) fn in_invoice(typ: u64) -> bool {
    typ != INVREQ_METADATA && in_invoice_tree(typ)
}

/// Whether `typ` is in the ranges of an invoice: 0 to 239 and 1 000 000 000 to 3 999 999 999. Signature elements are
/// not.
pub(crate) fn in_invoice_tree(typ: u64) -> bool {
    within(&INVOICE_RANGES, typ)
}

/// Whether `typ` is in the ranges of an offer: 1 to 79 and 1 000 000 000 to 1 999 999 999.
pub fn in_offer(typ: u64) -> bool {
    within(&OFFER_RANGES, typ)
}

/// Whether `typ` is in the ranges of an invoice request, the offer's included: 0 to 159 and 1 000 000 000 to
/// 2 999 999 999. Signature elements are not.
pub fn in_invoice_request(typ: u64) -> bool {
    within(&INVOICE_REQUEST_RANGES, typ)
}

/// Whether `typ` is a signature element: 240 to 1000.
pub fn is_signature(typ: u64) -> bool {
    SIGNATURE_RANGE.contains(&typ)
}

/// A field in a sentence: its name, or `field 77` where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub u64);

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "field {}", self.0),
        }
    }
}

fn within(ranges: &[RangeInclusive<u64>], typ: u64) -> bool {
    ranges.iter().any(|range| range.contains(&typ))
}

fn entry(typ: u64) -> Option<&'static (u64, &'static str, Message)> {
    let index = TABLE.binary_search_by_key(&typ, |(number, _, _)| *number).ok()?;
    TABLE.get(index)
}
