//! Invoices of ours.

use super::Method;
use super::param::{Kind, Param, U32, U64};

pub(super) const METHODS: &[Method] =
    &[INVOICE, LISTINVOICES, WAITINVOICE, WAITANYINVOICE, WAITOFFER, WAIT];

/// The members of an invoice that was waited for.
const INVOICE_FIELDS: &[&str] = &[
    "label?",
    "description?",
    "payment_hash",
    "status",
    "expires_at?",
    "amount_msat?",
    "bolt11?",
    "bolt12?",
    "local_offer_id?",
    "created_index?",
    "updated_index?",
    "pay_index?",
    "amount_received_msat?",
    "paid_at?",
];
const AFTER_ABOUT: &str =
    "The pay_index of the last payment that is known already; 0 for the first.";
const TIMEOUT_ABOUT: &str = "How many seconds to wait; without it, for ever.";

/// The longest life of an invoice, in seconds: what its field for it can hold with room to spare.
const LIFE: Kind = Kind::Integer { min: 1, max: 0xffff_ffff };

const INVOICE: Method = Method {
    name: "invoice",
    aliases: &[],
    category: "invoices",
    summary: "Makes an invoice of BOLT 11, to be paid once.",
    params: &[
        Param::required(
            "amount_msat",
            Kind::Amount,
            "What to ask for, or `any` for whatever the payer chooses.",
        )
        .or("msatoshi"),
        Param::required("label", Kind::Label, "A name for the invoice; each can be given once."),
        Param::required("description", Kind::Text, "What is paid for, at most 639 bytes."),
        Param::default("expiry", LIFE, "604800", "How many seconds it may be paid."),
        Param::not_yet("fallbacks", "on-chain addresses in an invoice"),
        Param::not_yet("preimage", "choosing the preimage"),
        Param::not_yet("exposeprivatechannels", "choosing the channels in an invoice"),
        Param::not_yet("cltv", "choosing the last delay"),
        Param::not_yet("deschashonly", "putting a hash in the place of the description"),
    ],
    returns: &[
        "bolt11",
        "payment_hash",
        "payment_secret",
        "expires_at",
        "created_index?",
        "warning_…?",
    ],
};

const LISTINVOICES: Method = Method {
    name: "listinvoices",
    aliases: &[],
    category: "invoices",
    summary: "Lists what we were paid, and the invoices that we made.",
    params: &[
        Param::optional("label", Kind::Label, "Only those of this label."),
        Param::optional("invstring", Kind::Code, "Only the one of this lni… or lnbc… string."),
        Param::optional("payment_hash", Kind::Hash, "Only those of this hash."),
        Param::optional("offer_id", Kind::Hash, "Only those for this offer."),
        Param::optional(
            "index",
            Kind::Choice(&["created", "updated"]),
            "What `start` and `limit` count; with it, only what is written down is listed, in that order.",
        ),
        Param::default("start", U64, "0", "The first index wanted."),
        Param::optional("limit", U32, "Most entries wanted."),
        Param::optional(
            "status",
            Kind::Choice(&["unpaid", "paid", "expired"]),
            "Only those that stand so.",
        )
        .by_name(),
        Param::optional("tag", Kind::Text, "Only those for an offer with this tag.").by_name(),
        Param::optional("external_id", Kind::Text, "Only those for an offer of this external_id.")
            .by_name(),
    ],
    returns: &[
        "invoices[]: label?, description?, payment_hash, status, expires_at?, amount_msat?, bolt11?, bolt12?, local_offer_id?, invreq_payer_note?, quantity?, created_index?, updated_index?, pay_index?, amount_received_msat?, paid_at?",
    ],
};

const WAITINVOICE: Method = Method {
    name: "waitinvoice",
    aliases: &[],
    category: "invoices",
    summary: "Waits until an invoice is paid, or can no longer be.",
    params: &[Param::required("label", Kind::Label, "Its label.")],
    returns: INVOICE_FIELDS,
};

const WAITANYINVOICE: Method = Method {
    name: "waitanyinvoice",
    aliases: &[],
    category: "invoices",
    summary: "Waits for the next payment to us.",
    params: &[
        Param::default("lastpay_index", U64, "0", AFTER_ABOUT),
        Param::optional("timeout", U32, TIMEOUT_ABOUT),
    ],
    returns: INVOICE_FIELDS,
};

const WAITOFFER: Method = Method {
    name: "waitoffer",
    aliases: &[],
    category: "invoices",
    summary: "Waits for the next payment for an offer.",
    params: &[
        Param::required("offer_id", Kind::Hash, "The offer."),
        Param::default("lastpay_index", U64, "0", AFTER_ABOUT),
        Param::optional("timeout", U32, TIMEOUT_ABOUT),
    ],
    returns: INVOICE_FIELDS,
};

const WAIT: Method = Method {
    name: "wait",
    aliases: &[],
    category: "invoices",
    summary: "Waits for the next change of a list, and shows what has changed; what is past is shown at once.",
    params: &[
        Param::required(
            "subsystem",
            Kind::Choice(&["invoices", "sendpays", "offers"]),
            "Which list.",
        ),
        Param::required(
            "indexname",
            Kind::Choice(&["created", "updated", "deleted"]),
            "Which kind of change; nothing is ever deleted.",
        ),
        Param::required(
            "nextvalue",
            U64,
            "The place in the order of such changes to wait for, from 1; 0 to be told the last one.",
        ),
    ],
    returns: &[
        "subsystem",
        "created?",
        "updated?",
        "deleted?",
        "invoices?",
        "sendpays?",
        "offers?",
    ],
};
