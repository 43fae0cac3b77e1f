//! Invoices of ours.

use super::Method;
use super::param::{Kind, Param, U32, U64};

pub(super) const METHODS: &[Method] = &[LISTINVOICES];

const LISTINVOICES: Method = Method {
    name: "listinvoices",
    aliases: &[],
    category: "invoices",
    summary: "Lists what we were paid, and the invoices that we made for payouts of others.",
    params: &[
        Param::optional("label", Kind::Label, "Only those of this label."),
        Param::optional("invstring", Kind::Code, "Only the one of this lni… string."),
        Param::optional("payment_hash", Kind::Hash, "Only those of this hash."),
        Param::optional("offer_id", Kind::Hash, "Only those for this offer."),
        Param::optional("index", Kind::Choice(&["created"]), "What `start` and `limit` count."),
        Param::default("start", U64, "0", "The first created_index wanted."),
        Param::optional("limit", U32, "Most entries wanted."),
        Param::optional(
            "status",
            Kind::Choice(&["unpaid", "paid", "expired"]),
            "Only those that stand so.",
        )
        .by_name(),
    ],
    returns: &[
        "invoices[]: label?, description?, payment_hash, status, expires_at?, amount_msat, bolt12?, local_offer_id?, invreq_payer_note?, quantity?, created_index, pay_index?, amount_received_msat?, paid_at?",
    ],
};
