//! Promises that pay back what was paid to us.
//!
//! A refund can be collected only by whoever paid: the redeemer's invoice carries a second signature, by the
//! `invreq_payer_id` of the invoice that is refunded.

use bolt1::{Msat, PublicKey, Timestamp};

use super::{Payout, PromiseState};
use crate::id::PaymentHash;
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::payment::OutgoingPayment;
use crate::receipt::{Receipt, ReceiptState};

/// What a caller wants refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundFor {
    /// The hash of the invoice's payment.
    pub payment_hash: PaymentHash,
    /// `invoice_node_id`, when the caller gave the invoice itself.
    pub node_id: Option<PublicKey>,
    /// Whether more than was paid may be refunded.
    pub allow_more: bool,
}

/// What a promise refunds, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The hash of the payment to us; `offer_refund_for` of the code.
    pub payment_hash: PaymentHash,
    /// `invreq_payer_id` of the invoice that was paid: whose signature collects the refund.
    pub payer_id: PublicKey,
    /// Most that all refunds of that invoice together may pay; `None` when its maker allowed any.
    pub at_most: Option<Msat>,
}

/// Finds the payment that is to be refunded. `receipts` are those of its hash.
///
/// # Errors
/// [`Misuse`] says what is untrue of `refund_for`.
pub fn decide_refund(
    wanted: &RefundFor,
    receipts: &[Receipt],
    keys: &Keys,
) -> Result<Refund, Misuse> {
    let untrue = |why: &str| Err(Misuse::parameter("refund_for", why));
    if wanted.node_id.is_some_and(|node_id| node_id != keys.node_id()) {
        return untrue("should be an invoice of this node; this one is of another");
    }
    let paid = |receipt: &&Receipt| matches!(receipt.state, ReceiptState::Paid { .. });
    let Some(receipt) = receipts.iter().find(paid) else {
        return untrue(if receipts.is_empty() {
            "should be an invoice of this node that was paid; no payment of it is on record"
        } else {
            "should be an invoice that was paid; this one is not yet"
        });
    };
    let Some(payer_id) = receipt.payer_id else {
        return untrue("should be an invoice of BOLT 12: of another nobody knows who paid it");
    };
    Ok(Refund {
        payment_hash: wanted.payment_hash,
        payer_id,
        at_most: (!wanted.allow_more).then_some(receipt.amount),
    })
}

/// One refund of an invoice with its claims.
#[derive(Clone, Debug)]
pub struct RefundSoFar {
    /// The promise.
    pub payout: Payout,
    /// All claims on it.
    pub claims: Vec<OutgoingPayment>,
}

/// What refunds of one invoice take: claims that are unfinished or paid, and promises that may still be claimed.
/// More than all bitcoin counts as all of it.
pub fn promised_refunds(refunds: &[RefundSoFar], now: Timestamp) -> Msat {
    let each = refunds.iter().map(|RefundSoFar { payout, claims }| {
        let claimed = claimed(claims);
        let may_be_claimed = payout.state == PromiseState::Open && !payout.is_expired_at(now);
        match claims.iter().any(OutgoingPayment::is_live) {
            false if may_be_claimed => payout.amount.at_most(),
            _ => claimed,
        }
    });
    sum(each)
}

/// Whether a refund that was withdrawn may be promised again, beside `refunds`, all of the same invoice.
///
/// # Errors
/// [`Misuse`] when together they would be more than was paid.
pub fn may_open_again(
    payout: &Payout,
    refunds: &[RefundSoFar],
    now: Timestamp,
) -> Result<(), Misuse> {
    let Some(at_most) = payout.refund.and_then(|refund| refund.at_most) else { return Ok(()) };
    let with_this = refunds.iter().cloned().map(|mut refund| {
        if refund.payout.row == payout.row {
            refund.payout.state = PromiseState::Open;
        }
        refund
    });
    if promised_refunds(&with_this.collect::<Vec<_>>(), now) > at_most {
        let expected = format!("refunds of the same payment would be more than the {at_most} paid");
        return Err(Misuse::parameter("offer_id", expected));
    }
    Ok(())
}

/// What claims on refunds of one invoice take or took, those of `but` left out.
pub fn claimed_refunds(refunds: &[RefundSoFar], but: &Payout) -> Msat {
    let others = refunds.iter().filter(|refund| refund.payout.row != but.row);
    sum(others.map(|refund| claimed(&refund.claims)))
}

fn claimed(claims: &[OutgoingPayment]) -> Msat {
    sum(claims.iter().filter(|claim| claim.is_live()).map(|claim| claim.amount))
}

fn sum(mut amounts: impl Iterator<Item = Msat>) -> Msat {
    amounts.try_fold(Msat::ZERO, Msat::plus).unwrap_or(Msat::MAX)
}
