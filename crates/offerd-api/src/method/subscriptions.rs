//! Payments that recur.

use super::Method;
use super::offers::{SERIES_ABOUT, START_ABOUT};
use super::param::{COUNT, Kind, Param, SECONDS, U32, U64};
use crate::schema::Returns;
use crate::subscription::{
    SeriesCancelled, SubscriberList, SubscriptionList, SubscriptionMade, SubscriptionView,
};

pub(super) const METHODS: &[Method] = &[
    SUBSCRIBE,
    LISTSUBSCRIPTIONS,
    PAUSESUBSCRIPTION,
    RESUMESUBSCRIPTION,
    CANCELSUBSCRIPTION,
    LISTSUBSCRIBERS,
    CANCELRECURRINGINVOICE,
];

const SUBSCRIBE: Method = Method {
    name: "subscribe",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Pays a recurring offer in every period by itself, within what is allowed here once and for all.",
    params: &[
        Param::required("offer", Kind::Code, "The lno… string."),
        Param::required(
            "label",
            Kind::Label,
            "A name for the subscription: the same label again is the same subscription. The payer's key follows from it.",
        ),
        Param::optional(
            "start",
            U32,
            "The period that is paid first, where the periods of the offer are counted from a fixed time (default: the \
             first that can still be paid).",
        ),
        Param::optional(
            "max_per_period_msat",
            Kind::Msat,
            "The most that one payment may be, fees not counted. Without it the offer's own price; for one priced in a \
             currency what that comes to by our own rate, and max_rate_drift_ppm more.",
        ),
        Param::optional(
            "max_total_msat",
            Kind::Msat,
            "The most that all payments together may be, fees not counted.",
        ),
        Param::optional(
            "max_periods",
            Kind::Integer { min: 1, max: 0xffff_ffff },
            "The most payments.",
        ),
        Param::optional("payer_note", Kind::Text, "A note for the issuer, in each request."),
        Param::optional(
            "amount_msat",
            Kind::Msat,
            "What each payment is; required where the offer leaves it to the payer.",
        ),
        Param::optional("quantity", COUNT, "How many items in each period."),
        Param::optional(
            "max_rate_drift_ppm",
            U32,
            "For an offer priced in a currency: by how many millionths an invoice may ask more than the price comes to by \
             our own rate then. Without it and max_per_period_msat, the configured pay-rate-drift-ppm.",
        ),
        Param::optional(
            "remind_before",
            Kind::Integer { min: 0, max: 31_536_000 },
            "How many seconds before each payment the event `subscription.reminder` tells of it (default: the configured \
             subscription-reminder).",
        ),
        Param::default(
            "retry_for",
            SECONDS,
            "60",
            "How many seconds the call waits for what comes of the first payment, where that is due.",
        ),
    ],
    returns: Returns::of::<SubscriptionMade>(),
};

const LABEL: Param = Param::required("label", Kind::Label, "The label of the subscription.");

const LISTSUBSCRIPTIONS: Method = Method {
    name: "listsubscriptions",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Lists offers that you pay again and again, and when each is paid next.",
    params: &[
        Param::optional("label", Kind::Label, "Only the one of this label."),
        Param::optional(
            "status",
            Kind::Choice(&["active", "paused", "cancelled", "ended"]),
            "Only those that stand so.",
        )
        .by_name(),
        Param::default("start", U64, "0", "The first created_index wanted.").by_name(),
        Param::optional("limit", U32, "Most entries wanted.").by_name(),
    ],
    returns: Returns::of::<SubscriptionList>(),
};

const PAUSESUBSCRIPTION: Method = Method {
    name: "pausesubscription",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Begins no further payment of a subscription until it is resumed. The issuer is told nothing.",
    params: &[LABEL],
    returns: Returns::of::<SubscriptionView>(),
};

const RESUMESUBSCRIPTION: Method = Method {
    name: "resumesubscription",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Pays for a paused subscription again, if the time for its next payment is not over.",
    params: &[LABEL],
    returns: Returns::of::<SubscriptionView>(),
};

const CANCELSUBSCRIPTION: Method = Method {
    name: "cancelsubscription",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Ends a subscription: no further payment is begun, and the issuer is told.",
    params: &[LABEL],
    returns: Returns::of::<SubscriptionView>(),
};

const LISTSUBSCRIBERS: Method = Method {
    name: "listsubscribers",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Lists those who pay your recurring offers, and how far each has paid.",
    params: &[
        Param::optional("offer_id", Kind::Hash, "Only those of this offer."),
        Param::optional(
            "status",
            Kind::Choice(&["active", "overdue", "cancelled", "ended"]),
            "Only those that stand so.",
        )
        .by_name(),
        Param::default("start", U64, "0", "The first created_index wanted.").by_name(),
        Param::optional("limit", U32, "Most entries wanted.").by_name(),
    ],
    returns: Returns::of::<SubscriberList>(),
};

const CANCELRECURRINGINVOICE: Method = Method {
    name: "cancelrecurringinvoice",
    aliases: &[],
    category: "subscriptions",
    since: "0.1",
    summary: "Tells the issuer of a recurring offer that a series ends. There is no answer to that.",
    params: &[
        Param::required("offer", Kind::Code, "The lno… string."),
        Param::required(
            "recurrence_counter",
            Kind::Integer { min: 1, max: 0xffff_ffff },
            "The payment that will not be made: how many were made before.",
        ),
        Param::required("recurrence_label", Kind::Label, SERIES_ABOUT),
        Param::optional("recurrence_start", U32, START_ABOUT),
        Param::optional("payer_note", Kind::Text, "A note for the issuer."),
        Param::not_yet("bip353", "names of the form user@domain"),
    ],
    returns: Returns::of::<SeriesCancelled>(),
};
