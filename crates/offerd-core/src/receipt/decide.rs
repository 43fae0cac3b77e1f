//! Which payment is accepted.

use bolt1::{Msat, Timestamp};
use bolt12::Invoice;

use super::price::{Judged, judge};
use super::{Receipt, ReceiptState, Sealed, Source};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::id::PaymentHash;
use crate::invoice_book::OwnInvoice;
use crate::offer_book::OfferEntry;
use crate::port::IncomingPayment;
use crate::rates::{Priced, Rate};
use crate::subscriber::{Subscriber, Turn};

/// What is on record when a payment arrives.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// The payment.
    pub payment: &'a IncomingPayment,
    /// What was sealed into its invoice.
    pub sealed: Sealed,
    /// The offer, when the source is one and it is on record.
    pub offer: Option<&'a OfferEntry>,
    /// The series of its payer, when the offer is recurring and it is on record.
    pub series: Option<&'a Subscriber>,
    /// The invoice of ours, when the source is one and it is on record.
    pub own_invoice: Option<&'a OwnInvoice>,
    /// What was accepted for this very request before, and what was lost of this very payment; where the source is a
    /// single-use offer, all of any request.
    pub receipts: &'a [Receipt],
    /// The invoice, if it is still in the window.
    pub invoice: Option<Invoice>,
    /// What was noted of its price when the invoice was made, if that is still in the window.
    pub priced: Option<Priced>,
    /// The current rate of the currency that the offer has its price in, else of our accounts; if there is one.
    pub rate: Option<Rate>,
    /// By so many millionths may the price have come to more than what is paid.
    pub price_tolerance_ppm: u32,
    /// The time of arrival by the wall clock.
    pub now: Timestamp,
}

/// Why a payment is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentBack {
    /// Its offer or invoice is not on record.
    Unknown,
    /// Its offer was disabled, or its invoice refused by the other side.
    Withdrawn,
    /// Too late by the wall clock.
    Expired,
    /// Below what the invoice asks, or above twice that.
    WrongAmount,
    /// The price is in a currency, and has come to more by now.
    PriceMoved,
    /// Its payer has ended the series.
    Cancelled,
    /// It is not the next payment of its series.
    OutOfTurn,
    /// Another payment was accepted for the same request, or for a single-use offer.
    AlreadyPaid,
    /// This very payment was given up: its request may have been paid by another since.
    GivenUp,
}

/// Accepts a payment or not. Accepting commits a receipt before the preimage goes out; the same payment seen
/// again after a crash is accepted again, another one for the same request is sent back.
///
/// # Errors
/// [`SentBack`]: the payment is to be refused; nothing is committed.
pub fn decide_arrival(arrived: Arrived<'_>) -> Result<Batch, SentBack> {
    let Arrived { payment, sealed, receipts, now, .. } = arrived;
    let hash = PaymentHash(payment.payment_hash);
    let this_one = receipts.iter().find(|receipt| receipt.is_of(hash, &payment.payment_id));
    if let Some(receipt) = this_one {
        return if receipt.is_live() {
            Ok(Batch::default().and_then(Effect::Accept(hash)))
        } else {
            Err(SentBack::GivenUp)
        };
    }
    let mut live = receipts.iter().filter(|receipt| receipt.is_live());
    if live.clone().any(|receipt| receipt.key == sealed.key) {
        return Err(SentBack::AlreadyPaid);
    }
    open(&arrived, live.next().is_some())?;
    if sealed.is_expired_at(now) {
        return Err(SentBack::Expired);
    }
    // What a provider kept was paid all the same.
    let sent = payment.amount.plus(payment.opening_fee).ok_or(SentBack::WrongAmount)?;
    if sent < sealed.amount || sent > twice(sealed.amount) {
        return Err(SentBack::WrongAmount);
    }
    let (turn, memo) = read_memo(&arrived);
    if let Some(turn) = turn {
        in_turn(turn, arrived.series)?;
    }
    let Judged { priced, worth, payer_note } = judge(&arrived, turn, memo)?;
    let receipt = Receipt {
        key: sealed.key,
        payment_id: payment.payment_id,
        payment_hash: hash,
        preimage: payment.preimage,
        asked: sealed.amount,
        amount: payment.amount,
        payer_id: payment.payer_id,
        turn,
        quantity: payment.quantity,
        payer_note,
        invoice_created_at: sealed.created_at,
        invoice: arrived.invoice,
        priced,
        worth,
        arrived_at: now,
        state: ReceiptState::Claiming,
    };
    Ok(Batch::of(Event::ReceiptClaiming(receipt)).and_then(Effect::Accept(hash)))
}

/// Which payment of a series it is, and the text beside that.
fn read_memo(arrived: &Arrived<'_>) -> (Option<Turn>, Option<String>) {
    let memo = arrived.payment.memo.clone();
    let recurs = arrived.offer.is_some_and(|offer| offer.recurrence().is_some());
    match memo {
        Some(memo) if recurs => {
            let (turn, rest) = Turn::from_memo(arrived.sealed.counter, &memo);
            (turn, (!rest.is_empty()).then(|| rest.to_owned()))
        }
        memo => (None, memo),
    }
}

/// Whether it is the next payment of its series.
fn in_turn(turn: Turn, series: Option<&Subscriber>) -> Result<(), SentBack> {
    let next = series.map_or(Turn { counter: 0, ..turn }, Subscriber::next_turn);
    if series.is_some_and(Subscriber::is_cancelled) {
        Err(SentBack::Cancelled)
    } else if turn != next {
        Err(SentBack::OutOfTurn)
    } else {
        Ok(())
    }
}

/// Whether what is paid for may still be paid. `paid_before`: whether a single-use offer has a payment already.
fn open(arrived: &Arrived<'_>, paid_before: bool) -> Result<(), SentBack> {
    match arrived.sealed.key.source {
        Source::Offer(_) => {
            let offer = arrived.offer.ok_or(SentBack::Unknown)?;
            if offer.single_use && paid_before {
                return Err(SentBack::AlreadyPaid);
            }
            if !offer.is_open() {
                return Err(SentBack::Withdrawn);
            }
        }
        Source::Invoice(_) => {
            let own = arrived.own_invoice.ok_or(SentBack::Unknown)?;
            if own.refused_at.is_some() {
                return Err(SentBack::Withdrawn);
            }
            if own.payment_hash() != PaymentHash(arrived.payment.payment_hash) {
                return Err(SentBack::Unknown);
            }
        }
    }
    Ok(())
}

/// What follows when the node is sure that an accepted payment can never become ours. Nothing for one that is ours
/// already.
pub fn on_lost(receipt: &Receipt, now: Timestamp) -> Batch {
    match receipt.state {
        ReceiptState::Claiming => Batch::of(Event::ReceiptLost {
            key: receipt.key,
            payment_id: receipt.payment_id,
            at: now,
        }),
        ReceiptState::Paid { .. } | ReceiptState::Lost { .. } => Batch::default(),
    }
}

fn twice(amount: Msat) -> Msat {
    amount.plus(amount).unwrap_or(Msat::MAX)
}
