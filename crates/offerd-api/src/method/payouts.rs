//! Payouts: codes that pay whoever redeems them, once.

use super::Method;
use super::param::{COUNT, Kind, Param, SECONDS, U32, U64};
use crate::invoice::InvoiceView;
use crate::payout::{
    ClaimView, InvoiceRequestList, InvoiceRequestView, PayoutCreated, PayoutList, PayoutView,
};
use crate::schema::Returns;

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
    since: "0.1",
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
            "The limit for an amount of `any`, or for all items together; without it, the configured one. For an amount of a \
             currency: most that it may come to when it is redeemed.",
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
        Param::optional(
            "quantity_max",
            U64,
            "The amount is for each item, and the redeemer says how many: at most so many, 0 for any number \
             up to max_amount_msat.",
        )
        .by_name(),
        Param::optional(
            "recurrence",
            Kind::Text,
            "Pays once in every period, always to who was paid first: `N` seconds, minutes, hours, days, weeks, months or years.",
        )
        .by_name(),
        Param::optional(
            "recurrence_base",
            U64,
            "With recurrence: when period 0 starts, seconds since 1970 (default: now).",
        )
        .by_name(),
        Param::optional(
            "recurrence_paywindow",
            Kind::Text,
            "With recurrence: `-B+A`, from B seconds before a period starts until A seconds after (default: as long as it runs).",
        )
        .by_name(),
        Param::optional(
            "recurrence_limit",
            U32,
            "With recurrence, where it is required: the last period, counted from 0.",
        )
        .by_name(),
    ],
    returns: Returns::of::<PayoutCreated>(),
};

const INVOICEREQUEST: Method = Method {
    name: "invoicerequest",
    aliases: &[],
    category: "payouts",
    since: "0.1",
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
    returns: Returns::of::<InvoiceRequestView>(),
};

const LISTPAYOUTS: Method = Method {
    name: "listpayouts",
    aliases: &[],
    category: "payouts",
    since: "0.1",
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
        Param::optional(
            "index",
            Kind::Choice(&["created", "updated"]),
            "What `start` and `limit` count, and the order; an update is a redemption too.",
        )
        .by_name(),
        Param::default("start", U64, "0", "The first index wanted.").by_name(),
        Param::optional("limit", U32, "Most entries wanted.").by_name(),
    ],
    returns: Returns::of::<PayoutList>(),
};

const WAITPAYOUT: Method = Method {
    name: "waitpayout",
    aliases: &[],
    category: "payouts",
    since: "0.1",
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
    returns: Returns::of::<PayoutView>(),
};

const APPROVEPAYOUT: Method = Method {
    name: "approvepayout",
    aliases: &[],
    category: "payouts",
    since: "0.1",
    summary: "Pays a redemption that waits for approval.",
    params: &[
        PAYOUT_ID,
        Param::required(
            "payment_hash",
            Kind::Hash,
            "Which redemption, by the hash of its invoice.",
        ),
    ],
    returns: Returns::of::<ClaimView>(),
};

const DENYPAYOUT: Method = Method {
    name: "denypayout",
    aliases: &[],
    category: "payouts",
    since: "0.1",
    summary: "Turns down a redemption that waits for approval, and tells its redeemer.",
    params: &[
        PAYOUT_ID,
        Param::required(
            "payment_hash",
            Kind::Hash,
            "Which redemption, by the hash of its invoice.",
        ),
    ],
    returns: Returns::of::<ClaimView>(),
};

const LISTINVOICEREQUESTS: Method = Method {
    name: "listinvoicerequests",
    aliases: &[],
    category: "payouts",
    since: "0.1",
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
    returns: Returns::of::<InvoiceRequestList>(),
};

const DISABLEINVOICEREQUEST: Method = Method {
    name: "disableinvoicerequest",
    aliases: &[],
    category: "payouts",
    since: "0.1",
    summary: "Ends a payout: it can no longer be redeemed.",
    params: &[Param::required("invreq_id", Kind::Hash, "Which.")],
    returns: Returns::of::<InvoiceRequestView>(),
};

const ENABLEINVOICEREQUEST: Method = Method {
    name: "enableinvoicerequest",
    aliases: &[],
    category: "payouts",
    since: "0.1",
    summary: "Opens a disabled payout again.",
    params: &[Param::required("invreq_id", Kind::Hash, "Which.")],
    returns: Returns::of::<InvoiceRequestView>(),
};

const SENDINVOICE: Method = Method {
    name: "sendinvoice",
    aliases: &[],
    category: "payouts",
    since: "0.1",
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
            "How much to ask for; required where the payout leaves it to the redeemer, or is in a currency whose rate \
             this node does not know.",
        )
        .or("msatoshi"),
        Param::default("timeout", SECONDS, "90", "How many seconds to wait for the money."),
        Param::optional(
            "quantity",
            COUNT,
            "How many items; required where the payout counts them.",
        ),
        Param::optional(
            "recurrence_counter",
            U32,
            "For a code that recurs: the period to redeem (default: the one that runs).",
        )
        .by_name(),
    ],
    returns: Returns::of::<InvoiceView>(),
};
