//! Payouts: codes that pay whoever redeems them, once.

use super::Method;
use super::param::{COUNT, Kind, Param, SECONDS, U32, U64};

pub(super) const METHODS: &[Method] = &[
    OFFEROUT,
    INVOICEREQUEST,
    LISTPAYOUTS,
    WAITPAYOUT,
    APPROVEPAYOUT,
    DENYPAYOUT,
    LISTINVOICEREQUESTS,
    DISABLEINVOICEREQUEST,
    ENABLEINVOICEREQUEST,
    SENDINVOICE,
];

const APPROVE: Param = Param::default(
    "approve",
    Kind::Boolean,
    "false",
    "Whether each redemption waits until it is approved (approvepayout).",
)
.by_name();
const PAYOUT_ID: Param =
    Param::required("offer_id", Kind::Hash, "Which payout, by its offer_id or invreq_id.")
        .or("invreq_id");

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
        Param::optional(
            "refund_for",
            Kind::Text,
            "The invoice (lni…) of ours, or its payment_hash, that is refunded: only its payer can redeem the code.",
        ),
        Param::optional(
            "max_amount_msat",
            Kind::Msat,
            "The limit for an amount of `any`; without it, the configured one.",
        )
        .by_name(),
        Param::default(
            "allow_more",
            Kind::Boolean,
            "false",
            "Whether all refunds of that invoice together may be more than was paid.",
        )
        .by_name(),
        APPROVE,
        Param::not_yet("quantity_max", "payouts by the piece").by_name(),
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
        Param::optional("max_uses", COUNT, "With single_use false: most redemptions.").by_name(),
        Param::optional(
            "max_total_msat",
            Kind::Msat,
            "With single_use false: most that all redemptions may cost, fees included.",
        )
        .by_name(),
        APPROVE,
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
        "payouts[]: state, created_index, created_at, expired, offer_id?, bolt12?, invreq_id?, invoice_request?, invoice_request_signed?, label?, description?, amount_msat?, max_amount_msat?, absolute_expiry?, single_use, max_uses?, max_total_msat?, refund_for?, approve, claims[]",
        "open_payouts_msat",
        "spendable_msat",
        "warning_…?",
    ],
};

const WAITPAYOUT: Method = Method {
    name: "waitpayout",
    aliases: &[],
    category: "payouts",
    summary: "Waits until a payout is redeemed or withdrawn, or one redemption of it has ended.",
    params: &[
        PAYOUT_ID,
        Param::optional(
            "payment_hash",
            Kind::Hash,
            "The redemption to wait for, by the hash of its invoice; else the payout.",
        ),
        Param::optional("timeout", SECONDS, "How many seconds to wait; without it, for ever.")
            .by_name(),
    ],
    returns: &[
        "state",
        "created_index",
        "created_at",
        "expired",
        "offer_id?",
        "bolt12?",
        "invreq_id?",
        "invoice_request?",
        "invoice_request_signed?",
        "label?",
        "description?",
        "amount_msat?",
        "max_amount_msat?",
        "absolute_expiry?",
        "single_use",
        "max_uses?",
        "max_total_msat?",
        "refund_for?",
        "approve",
        "claims[]",
    ],
};

const CLAIM: &[&str] = &[
    "state",
    "payment_hash",
    "amount_msat",
    "created_at",
    "ended_at?",
    "fee_msat?",
    "payment_preimage?",
    "reason?",
];

const APPROVEPAYOUT: Method = Method {
    name: "approvepayout",
    aliases: &[],
    category: "payouts",
    summary: "Pays a redemption that waits for approval.",
    params: &[
        PAYOUT_ID,
        Param::required(
            "payment_hash",
            Kind::Hash,
            "Which redemption, by the hash of its invoice.",
        ),
    ],
    returns: CLAIM,
};

const DENYPAYOUT: Method = Method {
    name: "denypayout",
    aliases: &[],
    category: "payouts",
    summary: "Turns down a redemption that waits for approval, and tells its redeemer.",
    params: &[
        PAYOUT_ID,
        Param::required(
            "payment_hash",
            Kind::Hash,
            "Which redemption, by the hash of its invoice.",
        ),
    ],
    returns: CLAIM,
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
