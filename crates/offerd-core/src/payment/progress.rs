//! What becomes of a payment once it was decided.

use bolt1::{Msat, Seconds, Timestamp};

use super::{OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::policy::Policy;
use crate::port::{PayOrder, PayRefused, PaymentFailure, PaymentPath};

/// The order for the node.
pub fn pay_order(payment: &OutgoingPayment) -> PayOrder {
    let usable = payment.invoice.usable_paths();
    PayOrder {
        payment_id: payment.id.0,
        payment_hash: payment.invoice.payment_hash(),
        amount: payment.amount,
        paths: usable
            .map(|(path, pay_info)| PaymentPath { path: path.clone(), pay_info: pay_info.clone() })
            .collect(),
        features: payment.invoice.features().as_bytes().to_vec(),
        expires_at: payment.invoice.expires_at(),
        max_fee: payment.max_fee,
        max_delay: payment.max_delay,
        retry_for: payment.retry_for,
    }
}

/// The payment has arrived. Whatever we thought of it before, it has: a proof beats a record.
pub fn on_sent(
    payment: &OutgoingPayment,
    preimage: [u8; 32],
    fee: Option<Msat>,
    now: Timestamp,
) -> Batch {
    if payment.is_paid() {
        return Batch::default();
    }
    let end = PaymentEnd::Paid { preimage, fee, at: now };
    Batch::of(Event::PaymentEnded { id: payment.id, end })
}

/// The node has failed it, with nothing left in flight.
pub fn on_failed(
    payment: &OutgoingPayment,
    failure: &PaymentFailure,
    policy: &Policy,
    now: Timestamp,
) -> Batch {
    match failure {
        PaymentFailure::RefusedByPayee => fail(payment, "the payee refused the payment", now),
        PaymentFailure::InvoiceExpired => fail(payment, "the invoice expired", now),
        PaymentFailure::Abandoned => fail(payment, "abandoned", now),
        PaymentFailure::NoRoute => again(payment, "no route", policy, now),
        PaymentFailure::Other(reason) => again(payment, reason, policy, now),
    }
}

/// The node did not begin it.
pub fn on_refused(
    payment: &OutgoingPayment,
    refused: &PayRefused,
    policy: &Policy,
    now: Timestamp,
) -> Batch {
    match refused {
        // Its outcome will come, or cannot be told yet: it stays pending.
        PayRefused::AlreadyKnown | PayRefused::Unknown(_) => Batch::default(),
        PayRefused::NoRoute(reason) => again(payment, reason, policy, now),
        PayRefused::Impossible(reason) => fail(payment, reason, now),
    }
}

fn fail(payment: &OutgoingPayment, reason: &str, now: Timestamp) -> Batch {
    if !payment.is_pending() {
        return Batch::default();
    }
    let end = PaymentEnd::Failed { reason: reason.to_owned(), at: now };
    let batch = Batch::of(Event::PaymentEnded { id: payment.id, end });
    match &payment.purpose {
        Purpose::Claim { reply_path: Some(_), .. } => {
            batch.and_then(Effect::TellRedeemer(payment.id))
        }
        Purpose::Claim { reply_path: None, .. } | Purpose::Order { .. } => batch,
    }
}

/// A claim is tried again, later and later, until its invoice expires or it was tried often enough; an order is
/// not: its caller is waiting and the node has tried other paths already.
fn again(payment: &OutgoingPayment, reason: &str, policy: &Policy, now: Timestamp) -> Batch {
    let PaymentState::Pending { attempts, .. } = payment.state else { return Batch::default() };
    if matches!(payment.purpose, Purpose::Order { .. }) {
        return fail(payment, reason, now);
    }
    let attempts = attempts.saturating_add(1);
    let wait = Seconds(1u64.checked_shl(attempts.min(6)).unwrap_or(64));
    let next_at = now.plus(wait);
    if attempts >= policy.claim_attempts || payment.invoice.is_expired_at(next_at) {
        return fail(payment, reason, now);
    }
    Batch::of(Event::PaymentPutOff { id: payment.id, attempts, next_at })
        .and_then(Effect::Pay(payment.id))
}
