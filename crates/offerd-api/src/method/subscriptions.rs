//! Payments that recur.

use super::Method;
use super::offers::{SERIES_ABOUT, START_ABOUT};
use super::param::{Kind, Param, U32, U64};
use crate::schema::Returns;
use crate::subscription::{SeriesCancelled, SubscriberList};

pub(super) const METHODS: &[Method] = &[LISTSUBSCRIBERS, CANCELRECURRINGINVOICE];

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
