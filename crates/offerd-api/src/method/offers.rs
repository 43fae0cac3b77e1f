//! Offers: to be paid, again and again.

use super::Method;
use super::param::{COUNT, Kind, Param, SECONDS, U32, U64};
use crate::decode::Decoded;
use crate::offer::{CheckoutCreated, FetchedInvoice, OfferCreated, OfferList, OfferView};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] =
    &[OFFER, CHECKOUT, LISTOFFERS, DISABLEOFFER, ENABLEOFFER, FETCHINVOICE, DECODE];

const OFFER: Method = Method {
    name: "offer",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Makes a code that can be paid any number of times.",
    params: &[
        Param::required(
            "amount",
            Kind::Amount,
            "What one item costs, or `any` for whatever the payer chooses.",
        ),
        Param::optional(
            "description",
            Kind::PlainText,
            "What is paid for. Required unless the amount is `any`.",
        ),
        Param::optional("issuer", Kind::Text, "Who is selling, as the payer will read it.")
            .or("vendor"),
        Param::optional("label", Kind::Label, "A name for your own use; not in the code."),
        Param::optional(
            "quantity_max",
            U64,
            "Most items in one payment; 0 for any number. Without it, items are not counted.",
        ),
        Param::optional("absolute_expiry", U64, "When the code ends: seconds since 1970, UTC."),
        Param::optional(
            "recurrence",
            Kind::Text,
            "How often it is paid again: a number and seconds, minutes, hours, days, weeks, months or years, such as \
             1month.",
        ),
        Param::optional(
            "recurrence_base",
            U64,
            "When period 0 starts, the same for all payers: seconds since 1970. Without it, periods count from a \
             payer's first payment.",
        ),
        Param::optional(
            "recurrence_paywindow",
            Kind::Text,
            "When a period can be paid, in seconds around its start: -BEFORE+AFTER. Without it, in the period and in \
             the one before.",
        ),
        Param::optional(
            "recurrence_limit",
            U32,
            "The last period, where the first is 0: 11 for twelve payments. Without it there is no last.",
        ),
        Param::default("single_use", Kind::Boolean, "false", "Whether it can be paid once only."),
        Param::default(
            "proportional_amount",
            Kind::Boolean,
            "false",
            "With recurrence_base: whether whoever comes late in a period pays for the rest of it alone.",
        ),
        Param::default(
            "optional_recurrence",
            Kind::Boolean,
            "false",
            "Whether wallets that do not know recurrence may pay once.",
        ),
        Param::optional(
            "fronting_nodes",
            Kind::NodeIds,
            "The peers over which payers reach us and pay us, each of them and no others; `[]` for those that suit best \
             whatever payment-fronting-node says. Without it, as payment-fronting-node says.",
        ),
        Param::optional("external_id", Kind::Text, "Your order number or the like.").by_name(),
        Param::optional("tags", Kind::TextList, "Words to find it by.").by_name(),
    ],
    returns: Returns::of::<OfferCreated>(),
};

const CHECKOUT: Method = Method {
    name: "checkout",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Makes a code for one order, with a page that turns to paid.",
    params: &[
        Param::required("amount", Kind::Amount, "What the order costs."),
        Param::optional(
            "description",
            Kind::PlainText,
            "What is paid for. Required unless the amount is `any`.",
        ),
        Param::optional(
            "external_id",
            Kind::Text,
            "Your order number or the like; not in the code, but wherever the payment is listed.",
        ),
        Param::optional(
            "return_url",
            Kind::Text,
            "Where the page sends the customer: an https:// or http:// address.",
        ),
        Param::default(
            "expiry",
            Kind::Integer { min: 1, max: 31_536_000 },
            "3600",
            "How many seconds it can be paid.",
        ),
        Param::optional("issuer", Kind::Text, "Who is selling, as the payer will read it.")
            .by_name(),
        Param::optional(
            "label",
            Kind::Label,
            "A name for your own use: the same call under the same label is the same order.",
        )
        .by_name(),
        Param::optional("tags", Kind::TextList, "Words to find it by.").by_name(),
    ],
    returns: Returns::of::<CheckoutCreated>(),
};

const LISTOFFERS: Method = Method {
    name: "listoffers",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Lists offers, and payouts that have an lno… code.",
    params: &[
        Param::optional(
            "offer_id",
            Kind::Hash,
            "Only this one; an unknown id gives an empty list.",
        ),
        Param::default(
            "active_only",
            Kind::Boolean,
            "false",
            "Only those that are still answered.",
        ),
        Param::optional("label", Kind::Label, "Only those of this label.").by_name(),
        Param::optional(
            "direction",
            Kind::Choice(&["in", "out"]),
            "`in`: we are paid; `out`: we pay.",
        )
        .by_name(),
        Param::optional("tag", Kind::Text, "Only those with this tag.").by_name(),
        Param::optional("external_id", Kind::Text, "Only those of this external_id.").by_name(),
        Param::optional("index", Kind::Choice(&["created"]), "What `start` and `limit` count.")
            .by_name(),
        Param::default("start", U64, "0", "The first created_index wanted.").by_name(),
        Param::optional("limit", U32, "Most entries wanted.").by_name(),
    ],
    returns: Returns::of::<OfferList>(),
};

const DISABLEOFFER: Method = Method {
    name: "disableoffer",
    aliases: &["deloffer"],
    category: "offers",
    since: "0.1",
    summary: "Ends an offer or a payout: it is no longer answered, and its unpaid invoices are refused.",
    params: &[Param::required("offer_id", Kind::Hash, "Which.")],
    returns: Returns::of::<OfferView>(),
};

const ENABLEOFFER: Method = Method {
    name: "enableoffer",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Answers a disabled offer again, or opens a disabled payout again.",
    params: &[Param::required("offer_id", Kind::Hash, "Which.")],
    returns: Returns::of::<OfferView>(),
};

const FETCHINVOICE: Method = Method {
    name: "fetchinvoice",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Asks for an invoice for an offer, and checks it; pays nothing.",
    params: &[
        Param::required("offer", Kind::Code, "The lno… string."),
        Param::optional(
            "amount_msat",
            Kind::Msat,
            "How much to pay; required where the offer leaves it to the payer.",
        )
        .or("msatoshi"),
        Param::optional("quantity", COUNT, "How many items; required where the offer counts them."),
        Param::optional(
            "recurrence_counter",
            U32,
            "For a recurring offer, where it is required: how many payments of the series were made before.",
        ),
        Param::optional("recurrence_start", U32, START_ABOUT),
        Param::optional("recurrence_label", Kind::Label, SERIES_ABOUT),
        Param::default("timeout", SECONDS, "60", "How many seconds to wait for an answer."),
        Param::optional("payer_note", Kind::Text, "A note for the issuer."),
        Param::optional(
            "payer_metadata",
            Kind::Hex,
            "Bytes that the payer's key is made from: the same bytes give the same key.",
        ),
        Param::not_yet("bip353", "names of the form user@domain"),
        Param::optional(
            "max_amount_msat",
            Kind::Msat,
            "The most that the invoice may ask, fees not counted.",
        )
        .by_name(),
        Param::optional(
            "max_rate_drift_ppm",
            U32,
            "For an offer priced in a currency: by how many millionths the invoice may ask more than the price comes to \
             by our own rate.",
        )
        .by_name(),
    ],
    returns: Returns::of::<FetchedInvoice>(),
};

pub(super) const START_ABOUT: &str = "For an offer with recurrence_base, where it is required: the period of the first payment, the same in the whole series.";
pub(super) const SERIES_ABOUT: &str = "For a recurring offer, where it is required: your name for the series. The payer's key follows from it.";

const DECODE: Method = Method {
    name: "decode",
    aliases: &[],
    category: "offers",
    since: "0.1",
    summary: "Shows what is in a BOLT 12 string, field by field, and whether it is valid.",
    params: &[Param::required(
        "string",
        Kind::Code,
        "An lno…, lnr… or lni… string, with or without `lightning:`.",
    )],
    returns: Returns::of::<Decoded>(),
};
