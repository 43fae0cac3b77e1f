//! Changes as callers follow them: the records of each list in the order in which they were made, changed and paid.
//!
//! Each order counts from 1 without gaps and is never rewritten, so whoever remembers a place finds what came after it,
//! also after a restart.

use std::fmt;
use std::str::FromStr;

use crate::event::Event;
use crate::id::{InvoiceRow, OfferRow, PaymentId, PayoutRow, SubscriberRow, SubscriptionRow};
use crate::receipt::{ReceiptKey, Source};
use crate::subscriber::SubscriberChange;
use crate::subscription::SubscriptionChange;

/// A list whose changes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subsystem {
    /// Invoices of ours, and payments for offers of ours.
    Invoices,
    /// Offers to be paid.
    Offers,
    /// Payments of ours.
    Payments,
    /// Promises of ours to pay.
    Payouts,
    /// Series that pay offers of ours.
    Subscribers,
    /// Offers that we pay again and again.
    Subscriptions,
}

/// What has happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It was made.
    Created,
    /// It was changed, paid too.
    Updated,
    /// It was paid.
    Paid,
}

/// The record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An offer of ours.
    Offer(OfferRow),
    /// A payment of ours.
    Payment(PaymentId),
    /// A promise of ours to pay.
    Payout(PayoutRow),
    /// An invoice that we made for somebody's promise.
    Invoice(InvoiceRow),
    /// A series that pays an offer of ours.
    Subscriber(SubscriberRow),
    /// An offer that we pay again and again.
    Subscription(SubscriptionRow),
    /// A payment for an offer of ours.
    Receipt {
        /// The offer.
        offer: OfferRow,
        /// Which request for it, as in [`ReceiptKey`].
        request_mac: [u8; 10],
    },
}

/// A change of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What has happened.
    pub kind: ChangeKind,
    /// To which record.
    pub subject: Subject,
}

impl Subsystem {
    /// The word that it is stored under.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Offers => "offers",
            Self::Payments => "payments",
            Self::Payouts => "payouts",
            Self::Subscribers => "subscribers",
            Self::Subscriptions => "subscriptions",
        }
    }
}

impl ChangeKind {
    /// The word that it is stored under.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Paid => "paid",
        }
    }
}

impl Subject {
    /// The list that it is in.
    pub fn subsystem(&self) -> Subsystem {
        match self {
            Self::Offer(_) => Subsystem::Offers,
            Self::Payment(_) => Subsystem::Payments,
            Self::Payout(_) => Subsystem::Payouts,
            Self::Subscriber(_) => Subsystem::Subscribers,
            Self::Subscription(_) => Subsystem::Subscriptions,
            Self::Invoice(_) | Self::Receipt { .. } => Subsystem::Invoices,
        }
    }

    /// The record that a receipt is shown as: an invoice of ours goes on as the same record when it is paid.
    pub fn of_receipt(key: &ReceiptKey) -> Self {
        match key.source {
            Source::Offer(offer) => Self::Receipt { offer, request_mac: key.request_mac },
            Source::Invoice(row) => Self::Invoice(row),
        }
    }

    fn now(self, kind: ChangeKind) -> Change {
        Change { kind, subject: self }
    }
}

impl Event {
    /// The payment that goes on with it, one of before: whether that redeems a payout only its record tells.
    pub fn earlier_payment(&self) -> Option<PaymentId> {
        match self {
            Self::PaymentApproved { id, .. } | Self::PaymentEnded { id, .. } => Some(*id),
            Self::OfferCreated(_)
            | Self::OfferEncoded { .. }
            | Self::OfferDisabled { .. }
            | Self::OfferEnabled { .. }
            | Self::PayoutCreated(_)
            | Self::PayoutDisabled { .. }
            | Self::PayoutEnabled { .. }
            | Self::PaymentStarted(_)
            | Self::PaymentPutOff { .. }
            | Self::PaymentAttemptFailed { .. }
            | Self::InvoiceMade(_)
            | Self::InvoiceRefused { .. }
            | Self::ReceiptClaiming(_)
            | Self::ReceiptLost { .. }
            | Self::ReceiptPaid { .. }
            | Self::SubscriberChanged { .. }
            | Self::SubscriptionChanged { .. } => None,
        }
    }

    /// The changes that it is to those who follow the lists. `redeems` is the payout of its [`Event::earlier_payment`].
    pub fn changes(&self, redeems: Option<PayoutRow>) -> Vec<Change> {
        use ChangeKind::{Created, Paid, Updated};
        let with_payout = |first: Change, payout: Option<PayoutRow>| {
            let payout = payout.map(|row| Subject::Payout(row).now(Updated));
            std::iter::once(first).chain(payout).collect()
        };
        match self {
            Self::OfferCreated(entry) => vec![Subject::Offer(entry.row).now(Created)],
            Self::OfferEncoded { row, .. }
            | Self::OfferDisabled { row, .. }
            | Self::OfferEnabled { row, .. } => vec![Subject::Offer(*row).now(Updated)],
            Self::PayoutCreated(payout) => vec![Subject::Payout(payout.row).now(Created)],
            Self::PayoutDisabled { row, .. } | Self::PayoutEnabled { row, .. } => {
                vec![Subject::Payout(*row).now(Updated)]
            }
            Self::PaymentStarted(payment) => {
                with_payout(Subject::Payment(payment.id).now(Created), payment.payout())
            }
            Self::PaymentApproved { id, .. } | Self::PaymentEnded { id, .. } => {
                with_payout(Subject::Payment(*id).now(Updated), redeems)
            }
            Self::InvoiceMade(invoice) => vec![Subject::Invoice(invoice.row).now(Created)],
            Self::InvoiceRefused { row, .. } => vec![Subject::Invoice(*row).now(Updated)],
            Self::ReceiptClaiming(receipt) => match receipt.key.source {
                Source::Offer(_) => vec![Subject::of_receipt(&receipt.key).now(Created)],
                Source::Invoice(_) => Vec::new(),
            },
            Self::ReceiptLost { key, .. } => vec![Subject::of_receipt(key).now(Updated)],
            Self::ReceiptPaid { key, .. } => {
                let subject = Subject::of_receipt(key);
                let mut changes = vec![subject.now(Updated), subject.now(Paid)];
                if let Source::Offer(offer) = key.source {
                    changes.push(Subject::Offer(offer).now(Updated));
                }
                changes
            }
            Self::SubscriberChanged { change, record } => {
                let subject = Subject::Subscriber(record.row);
                vec![match change {
                    SubscriberChange::Started => subject.now(Created),
                    SubscriberChange::Paid
                    | SubscriberChange::Overdue
                    | SubscriberChange::Cancelled
                    | SubscriberChange::Ended => subject.now(Updated),
                }]
            }
            Self::SubscriptionChanged { change, record } => {
                let subject = Subject::Subscription(record.row);
                let kind = match change {
                    SubscriptionChange::Created => Created,
                    SubscriptionChange::CaughtUp
                    | SubscriptionChange::Reminded
                    | SubscriptionChange::Begun
                    | SubscriptionChange::Paid
                    | SubscriptionChange::Failed
                    | SubscriptionChange::Paused
                    | SubscriptionChange::Resumed
                    | SubscriptionChange::Cancelled
                    | SubscriptionChange::Told
                    | SubscriptionChange::Ended => Updated,
                };
                vec![subject.now(kind)]
            }
            Self::PaymentPutOff { .. } | Self::PaymentAttemptFailed { .. } => Vec::new(),
        }
    }
}

/// `offer/1`, `payout/1`, `subscriber/1`, `subscription/1`, `payment/<64 hex digits>`, `invoice/1`, `receipt/offer/1/<20 hex digits>`: as the log of events names it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer(row) => write!(f, "offer/{}", row.0),
            Self::Payment(id) => write!(f, "payment/{id}"),
            Self::Payout(row) => write!(f, "payout/{}", row.0),
            Self::Subscriber(row) => write!(f, "subscriber/{}", row.0),
            Self::Subscription(row) => write!(f, "subscription/{}", row.0),
            Self::Invoice(row) => write!(f, "invoice/{}", row.0),
            Self::Receipt { offer, request_mac } => {
                write!(f, "receipt/offer/{}/", offer.0)?;
                request_mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// The text is no [`Subject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a record")]
pub struct NotASubject;

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let row = |digits: &str| digits.parse::<u32>().map_err(|_| NotASubject);
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["offer", digits] => Ok(Self::Offer(OfferRow(row(digits)?))),
            ["payout", digits] => Ok(Self::Payout(PayoutRow(row(digits)?))),
            ["subscriber", digits] => Ok(Self::Subscriber(SubscriberRow(row(digits)?))),
            ["subscription", digits] => Ok(Self::Subscription(SubscriptionRow(row(digits)?))),
            ["invoice", digits] => Ok(Self::Invoice(InvoiceRow(row(digits)?))),
            ["payment", id] => bytes(id).map(PaymentId).map(Self::Payment).ok_or(NotASubject),
            ["receipt", "offer", digits, mac] => Ok(Self::Receipt {
                offer: OfferRow(row(digits)?),
                request_mac: bytes(mac).ok_or(NotASubject)?,
            }),
            _ => Err(NotASubject),
        }
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    bytes.try_into().ok().filter(|_| digits.len().is_multiple_of(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_as_it_was_written() {
        for subject in [
            Subject::Offer(OfferRow(7)),
            Subject::Payment(PaymentId([0xab; 32])),
            Subject::Payout(PayoutRow(9)),
            Subject::Subscriber(SubscriberRow(3)),
            Subject::Subscription(SubscriptionRow(4)),
            Subject::Invoice(InvoiceRow(u32::MAX)),
            Subject::Receipt { offer: OfferRow(1), request_mac: [0x0f; 10] },
        ] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        let mac = "0f".repeat(10);
        for wrong in [
            String::new(),
            "offer".into(),
            "offer/-1".into(),
            "offer/4294967296".into(),
            "payment/00".into(),
            format!("receipt/invoice/1/{mac}"),
            format!("receipt/offer/1/{mac}0"),
            format!("receipt/offer/1/+{}", &mac[1..]),
        ] {
            assert_eq!(wrong.parse::<Subject>(), Err(NotASubject), "{wrong}");
        }
    }
}
