//! What becomes of a payment once it was decided.

use bolt1::{Msat, Seconds, Timestamp};

use super::{
    FailedAttempt, Failure, FailureKind, MOST_FAILED_ATTEMPTS, OutgoingPayment, Payable,
    PaymentEnd, PaymentState, Purpose,
};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::policy::Policy;
use crate::port::{PayOrder, PayRefused, PaymentFailure, PaymentPath};

/// The order for the node.
pub fn pay_order(payment: &OutgoingPayment) -> PayOrder {
    let (paths, features, bolt11) = match &payment.invoice {
        Payable::Bolt12(invoice) => {
            let usable = invoice.usable_paths().map(|(path, pay_info)| PaymentPath {
                path: path.clone(),
                pay_info: pay_info.clone(),
            });
            (usable.collect(), invoice.features().as_bytes().to_vec(), None)
        }
        Payable::Bolt11(invoice) => (Vec::new(), Vec::new(), Some(invoice.string.clone())),
    };
    PayOrder {
        payment_id: payment.id.0,
        payment_hash: payment.invoice.payment_hash().0,
        amount: payment.amount,
        bolt11,
        paths,
        features,
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
    parts: Option<u32>,
    now: Timestamp,
) -> Batch {
    if payment.is_paid() {
        return Batch::default();
    }
    let end = PaymentEnd::Paid { preimage, fee, parts, at: now };
    Batch::of(Event::PaymentEnded { id: payment.id, end })
}

/// One way did not lead there, and the node goes on. `so_far` attempts are written down already.
pub fn on_attempt_failed(
    payment: &OutgoingPayment,
    failure: &PaymentFailure,
    text: &str,
    so_far: usize,
    now: Timestamp,
) -> Batch {
    if !payment.is_pending() || so_far >= MOST_FAILED_ATTEMPTS {
        return Batch::default();
    }
    let failure = Failure::new(reported(failure).kind, text);
    let failed = FailedAttempt { at: now, failure };
    Batch::of(Event::PaymentAttemptFailed { id: payment.id, failed })
}

/// The node has failed it, with nothing left in flight.
pub fn on_failed(
    payment: &OutgoingPayment,
    failure: &PaymentFailure,
    policy: &Policy,
    now: Timestamp,
) -> Batch {
    let reason = reported(failure);
    match failure {
        PaymentFailure::RefusedByPayee
        | PaymentFailure::InvoiceExpired
        | PaymentFailure::Abandoned => fail(payment, reason, now),
        PaymentFailure::NoRoute | PaymentFailure::Other(_) => again(payment, reason, policy, now),
    }
}

fn reported(failure: &PaymentFailure) -> Failure {
    match failure {
        PaymentFailure::RefusedByPayee => {
            Failure::new(FailureKind::RefusedByPayee, "the payee refused the payment")
        }
        PaymentFailure::InvoiceExpired => {
            Failure::new(FailureKind::InvoiceExpired, "the invoice expired")
        }
        PaymentFailure::Abandoned => Failure::new(FailureKind::Abandoned, "abandoned"),
        PaymentFailure::NoRoute => Failure::new(FailureKind::NoRoute, "no (more) route"),
        PaymentFailure::Other(text) => Failure::new(FailureKind::Other, text),
    }
}

/// The node did not begin it.
pub fn on_refused(
    payment: &OutgoingPayment,
    refused: &PayRefused,
    policy: &Policy,
    now: Timestamp,
) -> Batch {
    let reason = |kind| Failure::new(kind, refused.to_string());
    match refused {
        // Its outcome will come, or cannot be told yet: it stays pending.
        PayRefused::AlreadyKnown | PayRefused::Unknown(_) => Batch::default(),
        PayRefused::NoRoute(_) => again(payment, reason(FailureKind::NoRoute), policy, now),
        PayRefused::TooExpensive(_) => {
            again(payment, reason(FailureKind::TooExpensive), policy, now)
        }
        PayRefused::InvoiceExpired => fail(payment, reason(FailureKind::InvoiceExpired), now),
        PayRefused::Impossible(_) => fail(payment, reason(FailureKind::NoRoute), now),
    }
}

fn fail(payment: &OutgoingPayment, reason: Failure, now: Timestamp) -> Batch {
    if !payment.is_pending() {
        return Batch::default();
    }
    let end = PaymentEnd::Failed { reason, at: now };
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
fn again(payment: &OutgoingPayment, reason: Failure, policy: &Policy, now: Timestamp) -> Batch {
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
    let failed = FailedAttempt { at: now, failure: reason };
    Batch::of(Event::PaymentPutOff { id: payment.id, attempts, failed, next_at })
        .and_then(Effect::Pay(payment.id))
}
