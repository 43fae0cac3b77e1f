//! Redemptions that wait for our maker's word.

use bolt1::Timestamp;

use super::Payout;
use super::redeem::{ClaimTerms, check};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::payment::{Failure, FailureKind, OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use crate::policy::Policy;

/// Redemptions of one payout that may wait for approval at a time.
pub const MOST_CANDIDATES: usize = 10;

/// Pays a redemption that waits. It is judged again, as if it came now.
///
/// # Errors
/// [`Misuse`] when it does not wait, or can no longer be paid.
pub fn approve(
    payout: &Payout,
    candidate: &OutgoingPayment,
    terms: &ClaimTerms<'_>,
    policy: &Policy,
    keys: &Keys,
) -> Result<Batch, Misuse> {
    waiting(candidate)?;
    let unreadable = Misuse::Unknown { what: "redemption with an invoice of BOLT 12" };
    let invoice = candidate.invoice.bolt12().ok_or(unreadable)?;
    check(payout, invoice, terms, policy, keys)
        .map_err(|refusal| Misuse::CannotApprove { why: refusal.to_string() })?;
    let id = candidate.id;
    Ok(Batch::of(Event::PaymentApproved { id, at: terms.now }).and_then(Effect::Pay(id)))
}

/// Turns down a redemption that waits, and tells its redeemer.
///
/// # Errors
/// [`Misuse`] when it does not wait.
pub fn deny(candidate: &OutgoingPayment, now: Timestamp) -> Result<Batch, Misuse> {
    waiting(candidate)?;
    Ok(turn_down([candidate], FailureKind::Denied, "denied", now))
}

/// Turns down those among `claims` that wait, because the one that was paid was the last that the promise is kept for,
/// and tells their redeemers.
pub fn turn_down_the_rest(claims: &[OutgoingPayment], now: Timestamp) -> Batch {
    let waiting = claims.iter().filter(|claim| claim.is_awaiting());
    turn_down(waiting, FailureKind::TakenByAnother, "another one was paid", now)
}

/// Turns down those among `claims` that wait, because the promise was withdrawn or has expired, and tells their
/// redeemers.
pub fn turn_down_all(claims: &[OutgoingPayment], now: Timestamp) -> Batch {
    let waiting = claims.iter().filter(|claim| claim.is_awaiting());
    turn_down(waiting, FailureKind::Withdrawn, "the payout ended while it waited", now)
}

fn turn_down<'a>(
    waiting: impl IntoIterator<Item = &'a OutgoingPayment>,
    kind: FailureKind,
    text: &str,
    now: Timestamp,
) -> Batch {
    let mut batch = Batch::default();
    for candidate in waiting {
        batch.events.push(drop_candidate(candidate, kind, text, now));
        if matches!(candidate.purpose, Purpose::Claim { reply_path: Some(_), .. }) {
            batch.effects.push(Effect::TellRedeemer(candidate.id));
        }
    }
    batch
}

/// Drops those among `claims` that wait with an invoice that has expired.
pub fn drop_expired(claims: &[OutgoingPayment], now: Timestamp) -> Batch {
    let expired = claims
        .iter()
        .filter(|claim| claim.is_awaiting() && claim.invoice.is_expired_at(now))
        .map(|claim| {
            drop_candidate(claim, FailureKind::InvoiceExpired, "expired while it waited", now)
        });
    Batch { events: expired.collect(), effects: Vec::new() }
}

fn waiting(candidate: &OutgoingPayment) -> Result<(), Misuse> {
    match &candidate.state {
        PaymentState::Awaiting => Ok(()),
        PaymentState::Pending { .. } | PaymentState::Ended(_) => {
            Err(Misuse::Unknown { what: "redemption that waits for approval" })
        }
    }
}

fn drop_candidate(
    candidate: &OutgoingPayment,
    kind: FailureKind,
    text: &str,
    now: Timestamp,
) -> Event {
    let end = PaymentEnd::Failed { reason: Failure::new(kind, text), at: now };
    Event::PaymentEnded { id: candidate.id, end }
}
