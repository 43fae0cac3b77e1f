//! What the driver has counted since the start.

use super::sheet::{Sample, Sheet, Title, number, things, unit};
use crate::driver::{Counts, Driver, Figure};

/// How one figure is shown: its title, the label that its words go under, and words that are there from the start, so
/// that a rate can be told from the first one on.
struct Shown {
    figure: Figure,
    title: Title,
    label: Option<&'static str>,
    words: &'static [&'static str],
}

const fn by(
    figure: Figure,
    title: Title,
    label: &'static str,
    words: &'static [&'static str],
) -> Shown {
    Shown { figure, title, label: Some(label), words }
}

const fn alone(figure: Figure, title: Title) -> Shown {
    Shown { figure, title, label: None, words: &[""] }
}

const PAYMENT_STATES: &[&str] = &["started", "paid", "failed"];

const SHOWN: [Shown; 13] = [
    by(
        Figure::InvoiceRequests,
        things("offerd_invoice_requests", "Invoice requests, by what came of them"),
        "outcome",
        &["answered"],
    ),
    alone(
        Figure::InvoicesMade,
        things("offerd_invoices_made", "Invoices newly made for invoice requests"),
    ),
    by(
        Figure::Receipts,
        things("offerd_receipts", "Payments to this node, by the state that they came to"),
        "state",
        &["claiming", "paid", "lost"],
    ),
    alone(
        Figure::ReceivedMsat,
        unit("offerd_received", "msat", "What payments to this node brought"),
    ),
    by(
        Figure::Orders,
        things(
            "offerd_orders",
            "Payments that this node was told to make, by the state that they came to",
        ),
        "state",
        PAYMENT_STATES,
    ),
    alone(
        Figure::OrdersPaidMsat,
        unit(
            "offerd_orders_paid",
            "msat",
            "What payments that this node was told to make have paid, without fees",
        ),
    ),
    by(
        Figure::Redemptions,
        things("offerd_redemptions", "Invoices that came for payouts, by what came of them"),
        "outcome",
        &["claimed"],
    ),
    by(
        Figure::Claims,
        things("offerd_payout_payments", "Payments on payouts, by the state that they came to"),
        "state",
        &["awaiting", "started", "paid", "failed"],
    ),
    alone(
        Figure::ClaimsPaidMsat,
        unit("offerd_payouts_paid", "msat", "What payouts have paid, without fees"),
    ),
    alone(
        Figure::FeesPaidMsat,
        unit("offerd_routing_fees_paid", "msat", "What routing this node's payments has cost"),
    ),
    by(
        Figure::FailedPayments,
        things("offerd_payments_failed", "Payments that failed for good, by why"),
        "reason",
        &[],
    ),
    by(
        Figure::FailedAttempts,
        things(
            "offerd_payment_attempts_failed",
            "Attempts at payments that came to nothing, by why",
        ),
        "reason",
        &[],
    ),
    by(
        Figure::IgnoredMessages,
        things(
            "offerd_offer_messages_ignored",
            "Messages about offers that were not looked into, by why",
        ),
        "reason",
        &["over_limit"],
    ),
];

/// Enters all counts.
pub(super) fn enter(driver: &Driver, sheet: &mut Sheet) {
    let counts = driver.counts();
    for shown in &SHOWN {
        sheet.counters(shown.title, samples(shown, &counts));
    }
}

fn samples(shown: &Shown, counts: &Counts) -> Vec<Sample> {
    let of_figure = counts.iter().filter(|((figure, _), _)| *figure == shown.figure);
    let mut found: Vec<(&str, u64)> = of_figure.map(|((_, word), count)| (*word, *count)).collect();
    let missing = shown.words.iter().filter(|word| !counts.contains_key(&(shown.figure, **word)));
    found.extend(missing.map(|word| (*word, 0)));
    found.sort_unstable();
    let labels = |word: &str| shown.label.map(|label| (label, word.to_owned()));
    let samples = found.into_iter();
    samples.map(|(word, count)| (labels(word).into_iter().collect(), number(count))).collect()
}
