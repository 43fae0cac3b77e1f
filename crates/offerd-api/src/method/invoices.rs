//! Invoices of ours.

use super::Method;
use super::param::{Kind, Param, U32, U64};
use crate::invoice::{InvoiceCreated, InvoiceList, InvoiceView};
use crate::schema::Returns;
use crate::wait::Waited;

pub(super) const METHODS: &[Method] =
    &[INVOICE, LISTINVOICES, WAITINVOICE, WAITANYINVOICE, WAITOFFER, WAIT];

const AFTER_ABOUT: &str =
    "The pay_index of the last payment that is known already; 0 for the first.";
const TIMEOUT_ABOUT: &str = "How many seconds to wait; without it, for ever.";

/// The longest life of an invoice, in seconds: what its field for it can hold with room to spare.
const LIFE: Kind = Kind::Integer { min: 1, max: 0xffff_ffff };

/// Blocks for which a payment may be held before it is taken: what an invoice can say.
const FINAL_DELAY: Kind = Kind::Integer { min: 1, max: 2_016 };

const INVOICE: Method = Method {
    name: "invoice",
    aliases: &[],
    category: "invoices",
    since: "0.1",
    summary: "Makes an invoice of BOLT 11, to be paid once.",
    params: &[
        Param::required(
            "amount_msat",
            Kind::Amount,
            "What to ask for, or `any` for whatever the payer chooses.",
        )
        .or("msatoshi"),
        Param::required("label", Kind::Label, "A name for the invoice; each can be given once."),
        Param::required(
            "description",
            Kind::Text,
            "What is paid for, at most 639 bytes unless deschashonly is true.",
        ),
        Param::default("expiry", LIFE, "604800", "How many seconds it may be paid."),
        Param::optional(
            "fallbacks",
            Kind::TextList,
            "Addresses on the chain to be paid at where this fails, the best first.",
        ),
        Param::optional(
            "preimage",
            Kind::Hash,
            "The preimage; without it one is made that nobody else can know.",
        ),
        Param::optional(
            "exposeprivatechannels",
            Kind::Channels,
            "Which channels that are not announced are shown as ways to us: true for some, false for none, or these \
             (default: some where no channel is announced).",
        ),
        Param::optional(
            "cltv",
            FINAL_DELAY,
            "How many blocks the payment must have left when it arrives (default: the least that is safe).",
        ),
        Param::default(
            "deschashonly",
            Kind::Boolean,
            "false",
            "Whether the invoice has the hash of the description in its place, which may be longer then.",
        ),
    ],
    returns: Returns::of::<InvoiceCreated>(),
};

const LISTINVOICES: Method = Method {
    name: "listinvoices",
    aliases: &[],
    category: "invoices",
    since: "0.1",
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
    returns: Returns::of::<InvoiceList>(),
};

const WAITINVOICE: Method = Method {
    name: "waitinvoice",
    aliases: &[],
    category: "invoices",
    since: "0.1",
    summary: "Waits until an invoice is paid, or can no longer be.",
    params: &[Param::required("label", Kind::Label, "Its label.")],
    returns: Returns::of::<InvoiceView>(),
};

const WAITANYINVOICE: Method = Method {
    name: "waitanyinvoice",
    aliases: &[],
    category: "invoices",
    since: "0.1",
    summary: "Waits for the next payment to us.",
    params: &[
        Param::default("lastpay_index", U64, "0", AFTER_ABOUT),
        Param::optional("timeout", U32, TIMEOUT_ABOUT),
    ],
    returns: Returns::of::<InvoiceView>(),
};

const WAITOFFER: Method = Method {
    name: "waitoffer",
    aliases: &[],
    category: "invoices",
    since: "0.1",
    summary: "Waits for the next payment for an offer.",
    params: &[
        Param::required("offer_id", Kind::Hash, "The offer."),
        Param::default("lastpay_index", U64, "0", AFTER_ABOUT),
        Param::optional("timeout", U32, TIMEOUT_ABOUT),
    ],
    returns: Returns::of::<InvoiceView>(),
};

const WAIT: Method = Method {
    name: "wait",
    aliases: &[],
    category: "invoices",
    since: "0.1",
    summary: "Waits for the next change of a list, and shows what has changed; what is past is shown at once.",
    params: &[
        Param::required(
            "subsystem",
            Kind::Choice(&[
                "invoices",
                "sendpays",
                "offers",
                "payouts",
                "subscribers",
                "subscriptions",
            ]),
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
    returns: Returns::of::<Waited>(),
};
