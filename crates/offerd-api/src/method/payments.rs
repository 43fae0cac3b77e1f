//! Paying.

use super::Method;
use super::param::{COUNT, Kind, Param, SECONDS, U16, U32, U64};
use crate::payment::{PayResult, PaymentList, XpayResult};
use crate::proof::{ProofList, VerifiedProof};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[PAY, XPAY, LISTPAYS, CREATEPROOF, VERIFYPROOF];

const PARTIAL: &str = "paying a part of an invoice";

const QUANTITY: Param =
    Param::optional("quantity", COUNT, "For an offer: how many items.").by_name();
const MAX_AMOUNT: Param = Param::optional(
    "max_amount_msat",
    Kind::Msat,
    "For an offer: the most its invoice may ask, fees not counted.",
)
.by_name();
const DRIFT: Param = Param::optional(
    "max_rate_drift_ppm",
    U32,
    "For an offer priced in a currency: by how many millionths its invoice may ask more than the price comes to by our \
     own rate. Without it and max_amount_msat, the configured pay-rate-drift-ppm.",
)
.by_name();
const TRUST: Param = Param::default(
    "trust_payee",
    Kind::Boolean,
    "false",
    "Whether, while the payment of an invoice is pending, another invoice of the same request may be \
     paid if the payee has signed that it takes one of them.",
)
.by_name();
const RETRY_ABOUT: &str = "How many seconds the call may take, fetching and paying together.";
const LABEL_ABOUT: &str = "A name for the payment: the same label again is the same payment.";
const MAXFEE_ABOUT: &str = "Most that routing may cost.";
const MAXDELAY_ABOUT: &str = "Most blocks the money may be locked for.";

const PAY: Method = Method {
    name: "pay",
    aliases: &[],
    category: "payments",
    since: "0.1",
    summary: "Pays an invoice (lni… or lnbc…), or fetches one for an offer (lno…) and pays it.",
    params: &[
        Param::required(
            "bolt11",
            Kind::Code,
            "The lni…, lno… or lnbc… string, or a bitcoin: URI with one.",
        )
        .or("invstring"),
        Param::optional(
            "amount_msat",
            Kind::Msat,
            "How much to pay; required where the code leaves it to the payer.",
        )
        .or("msatoshi"),
        Param::optional("label", Kind::Label, LABEL_ABOUT),
        Param::not_yet("riskfactor", "weighing delay against fees"),
        Param::optional(
            "maxfeepercent",
            Kind::Percent,
            "Most that routing may cost, in percent of the amount.",
        ),
        Param::default("retry_for", SECONDS, "60", RETRY_ABOUT),
        Param::optional("maxdelay", U16, MAXDELAY_ABOUT),
        Param::optional(
            "exemptfee",
            Kind::Fee,
            "With maxfeepercent: a fee up to this is always fine (default 5000msat).",
        ),
        Param::not_yet("localinvreqid", "paying for an invoice request of ours by hand"),
        Param::not_yet("exclude", "excluding nodes and channels"),
        Param::optional("maxfee", Kind::Fee, MAXFEE_ABOUT),
        Param::optional(
            "description",
            Kind::Text,
            "For an lnbc… string: what it must be for. Where the invoice has only a hash, this is what was hashed.",
        ),
        Param::not_yet("partial_msat", PARTIAL),
        QUANTITY,
        MAX_AMOUNT,
        DRIFT,
        Param::optional("payer_note", Kind::Text, "For an offer: a note for the issuer.").by_name(),
        TRUST,
    ],
    returns: Returns::of::<PayResult>(),
};

const XPAY: Method = Method {
    name: "xpay",
    aliases: &[],
    category: "payments",
    since: "0.1",
    summary: "Pays an invoice (lni… or lnbc…), or fetches one for an offer (lno…) and pays it.",
    params: &[
        Param::required(
            "invstring",
            Kind::Code,
            "The lni…, lno… or lnbc… string, or a bitcoin: URI with one.",
        ),
        Param::optional(
            "amount_msat",
            Kind::Msat,
            "How much to pay; required where the code leaves it to the payer.",
        ),
        Param::optional("maxfee", Kind::Fee, MAXFEE_ABOUT),
        Param::not_yet("layers", "layers of route knowledge"),
        Param::default("retry_for", SECONDS, "60", RETRY_ABOUT),
        Param::not_yet("partial_msat", PARTIAL),
        Param::optional("maxdelay", U32, MAXDELAY_ABOUT),
        Param::optional("payer_note", Kind::Text, "For an offer: a note for the issuer."),
        Param::optional("label", Kind::Label, LABEL_ABOUT),
        Param::not_yet("localinvreqid", "paying for an invoice request of ours by hand"),
        QUANTITY,
        MAX_AMOUNT,
        DRIFT,
        TRUST,
    ],
    returns: Returns::of::<XpayResult>(),
};

const LISTPAYS: Method = Method {
    name: "listpays",
    aliases: &[],
    category: "payments",
    since: "0.1",
    summary: "Lists payments of ours, redemptions of our payouts included.",
    params: &[
        Param::optional("bolt11", Kind::Code, "Only those of this lni… or lnbc… string.")
            .or("invstring"),
        Param::optional("payment_hash", Kind::Hash, "Only those of this hash."),
        Param::optional(
            "status",
            Kind::Choice(&["pending", "complete", "failed"]),
            "Only those that stand so.",
        ),
        Param::optional(
            "index",
            Kind::Choice(&["created", "updated"]),
            "What `start` and `limit` count.",
        ),
        Param::default("start", U64, "0", "The first index wanted."),
        Param::optional("limit", U32, "Most entries wanted."),
        Param::optional("label", Kind::Label, "Only those of this label.").by_name(),
        Param::optional("offer_id", Kind::Hash, "Only those for this offer or payout.").by_name(),
    ],
    returns: Returns::of::<PaymentList>(),
};

const CREATEPROOF: Method = Method {
    name: "createproof",
    aliases: &[],
    category: "payments",
    since: "0.1",
    summary: "Proves payments of ours to others: a payer proof (lnp…) for each that arrived.",
    params: &[
        Param::required(
            "invstring",
            Kind::Code,
            "The lni… string that was paid, or the lno… or lnr… string it was paid for.",
        ),
        Param::optional(
            "note",
            Kind::Text,
            "A note in the proof, such as what its reader asked for.",
        ),
        Param::optional(
            "include",
            Kind::TextList,
            "Fields to show, by name or number, where the invoice has them (default: \
             offer_description, offer_issuer_id, invoice_created_at, invoice_amount).",
        ),
    ],
    returns: Returns::of::<ProofList>(),
};

const VERIFYPROOF: Method = Method {
    name: "verifyproof",
    aliases: &[],
    category: "payments",
    since: "0.1",
    summary: "Checks a payer proof (lnp…): whether an invoice was issued, requested and paid as it says.",
    params: &[
        Param::required("proof", Kind::Code, "The lnp… string."),
        Param::optional(
            "note",
            Kind::Text,
            "The note that it must have: what we asked its maker for.",
        ),
    ],
    returns: Returns::of::<VerifiedProof>(),
};
