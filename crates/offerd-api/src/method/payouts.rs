//! Payouts: codes that pay whoever redeems them, once.

use super::Method;
use super::param::{Kind, Param, SECONDS, U32, U64};

pub(super) const METHODS: &[Method] = &[
    OFFEROUT,
    INVOICEREQUEST,
    LISTPAYOUTS,
    LISTINVOICEREQUESTS,
    DISABLEINVOICEREQUEST,
    ENABLEINVOICEREQUEST,
    SENDINVOICE,
];

const LIMITS: &str = "limits on payouts that are redeemed more than once";
const APPROVAL: &str = "approving each redemption by hand";

const OFFEROUT: Method = Method {
    name: "offerout",
    aliases: &[],
    category: "payouts",
    summary: "Makes a code that pays whoever sends an invoice for it, once.",
    params: &[
        Param::required(
            "amount",
            Kind::Amount,
            "What is paid, or `any` for what the redeemer asks, up to a limit.",
        ),
        Param::required(
            "description",
            Kind::PlainText,
            "What it is for, as whoever sees the code will read it.",
        ),
        Param::optional(
            "issuer",
            Kind::Text,
            "Who is paying, as whoever sees the code will read it.",
        )
        .or("vendor"),
        Param::optional(
            "label",
            Kind::Label,
            "A name for your own use; the same label never makes two payouts.",
        ),
        Param::optional("absolute_expiry", U64, "When the code ends: seconds since 1970, UTC."),
        Param::not_yet("refund_for", "refunds that only the payer can collect"),
        Param::optional(
            "max_amount_msat",
            Kind::Msat,
            "The limit for an amount of `any`; without it, the configured one.",
        )
        .by_name(),
        Param::not_yet("allow_more", "refunds that only the payer can collect").by_name(),
        Param::not_yet("approve", APPROVAL).by_name(),
        Param::not_yet("quantity_max", LIMITS).by_name(),
    ],
    returns: &[
        "offer_id",
        "active",
        "single_use",
        "bolt12",
        "used",
        "created",
        "label?",
        "max_amount_msat?",
        "invreq_id?",
        "invoice_request?",
        "invoice_request_signed?",
        "warning_…?",
    ],
};

const INVOICEREQUEST: Method = Method {
    name: "invoicerequest",
    aliases: &[],
    category: "payouts",
    summary: "The same as an invoice request alone (lnr…), which other wallets redeem too.",
    params: &[
        Param::required("amount", Kind::Msat, "What is paid."),
        Param::required(
            "description",
            Kind::PlainText,
            "What it is for, as whoever sees the code will read it.",
        ),
        Param::optional(
            "issuer",
            Kind::Text,
            "Who is paying, as whoever sees the code will read it.",
        )
        .or("vendor"),
        Param::optional(
            "label",
            Kind::Label,
            "A name for your own use; the same label never makes two payouts.",
        ),
        Param::optional("absolute_expiry", U64, "When the code ends: seconds since 1970, UTC."),
        Param::default(
            "single_use",
            Kind::Boolean,
            "true",
            "Whether it can be redeemed once only.",
        ),
        Param::not_yet("max_uses", LIMITS).by_name(),
        Param::not_yet("max_total_msat", LIMITS).by_name(),
        Param::not_yet("approve", APPROVAL).by_name(),
    ],
    returns: &[
        "invreq_id",
        "active",
        "single_use",
        "bolt12",
        "used",
        "created",
        "label?",
        "invoice_request",
        "invoice_request_signed",
    ],
};

const LISTPAYOUTS: Method = Method {
    name: "listpayouts",
    aliases: &[],
    category: "payouts",
    summary: "Lists payouts with their redemptions.",
    params: &[
        Param::optional(
            "offer_id",
            Kind::Hash,
            "Only this one; an unknown id gives an empty list.",
        )
        .by_name(),
        Param::optional("invreq_id", Kind::Hash, "Only this one.").by_name(),
        Param::optional("label", Kind::Label, "Only the one of this label.").by_name(),
        Param::optional(
            "state",
            Kind::Choice(&["open", "disabled", "spent"]),
            "Only those in this state.",
        )
        .by_name(),
        Param::default("start", U64, "0", "The first created_index wanted.").by_name(),
        Param::optional("limit", U32, "Most entries wanted.").by_name(),
    ],
    returns: &[
        "payouts[]: state, created_index, created_at, expired, offer_id?, bolt12?, invreq_id?, invoice_request?, invoice_request_signed?, label?, description?, amount_msat?, max_amount_msat?, absolute_expiry?, claims[]",
        "open_payouts_msat",
        "spendable_msat",
        "warning_…?",
    ],
};

const LISTINVOICEREQUESTS: Method = Method {
    name: "listinvoicerequests",
    aliases: &[],
    category: "payouts",
    summary: "Lists payouts that have an lnr… code.",
    params: &[
        Param::optional(
            "invreq_id",
            Kind::Hash,
            "Only this one; an unknown id gives an empty list.",
        ),
        Param::default(
            "active_only",
            Kind::Boolean,
            "false",
            "Only those that can still be redeemed.",
        ),
    ],
    returns: &["invoicerequests[]: invreq_id, active, single_use, bolt12, used, label?"],
};

const DISABLEINVOICEREQUEST: Method = Method {
    name: "disableinvoicerequest",
    aliases: &[],
    category: "payouts",
    summary: "Ends a payout: it can no longer be redeemed.",
    params: &[Param::required("invreq_id", Kind::Hash, "Which.")],
    returns: &["invreq_id", "active", "single_use", "bolt12", "used", "label?"],
};

const ENABLEINVOICEREQUEST: Method = Method {
    name: "enableinvoicerequest",
    aliases: &[],
    category: "payouts",
    summary: "Opens a disabled payout again.",
    params: &[Param::required("invreq_id", Kind::Hash, "Which.")],
    returns: &["invreq_id", "active", "single_use", "bolt12", "used", "label?"],
};

const SENDINVOICE: Method = Method {
    name: "sendinvoice",
    aliases: &[],
    category: "payouts",
    summary: "Redeems a payout of somebody else: sends an invoice for it and waits for the money.",
    params: &[
        Param::required("invreq", Kind::Code, "The lnr… string, or a payout's lno… string.")
            .or("offer"),
        Param::required(
            "label",
            Kind::Label,
            "A name for the invoice; the same label and string go on with the same invoice.",
        ),
        Param::optional(
            "amount_msat",
            Kind::Msat,
            "How much to ask for; required where the payout leaves it to the redeemer.",
        )
        .or("msatoshi"),
        Param::default("timeout", SECONDS, "90", "How many seconds to wait for the money."),
    ],
    returns: &[
        "label",
        "description?",
        "payment_hash",
        "status",
        "expires_at",
        "amount_msat",
        "bolt12",
        "created_index",
        "pay_index?",
        "amount_received_msat?",
        "paid_at?",
        "payment_preimage?",
    ],
};
