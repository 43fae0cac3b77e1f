//! Who is paid.
//!
//! First [`recognise`]: is this invoice for a payout of ours, and did it come the way its strings name? If not,
//! silence. Then [`redeem`]: is it the one invoice that will be paid? If not, a refusal. Claiming commits the
//! payment before anything is sent, and at most one claim of a payout that is kept once is ever unfinished or paid.

use bolt1::{CltvDelta, Msat, Seconds, Timestamp};
use bolt12::{BlindedPayInfo, Invoice, InvoiceKind};

use super::approve::{MOST_CANDIDATES, drop_expired};
use super::turn::in_turn;
use super::{Payout, PayoutAmount, PromiseState};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::id::PaymentId;
use crate::keys::Keys;
use crate::payment::{FailureKind, OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use crate::policy::Policy;
use crate::rates::{FiatAmount, Priced, Rate, RateStamp, Rounding};
use crate::refusal::{Ignored, Refusal};
use crate::way::came_by;

/// An invoice that was sent to us.
#[derive(Debug)]
pub struct Arrival {
    /// The invoice, decoded.
    pub invoice: Invoice,
    /// The `path_id` of the path it came over.
    pub path_id: Option<Vec<u8>>,
    /// Where an answer goes: an encoded blinded path.
    pub reply_path: Option<Vec<u8>>,
}

impl Arrival {
    /// The 16 random bytes of the payout that the invoice says to redeem.
    ///
    /// # Errors
    /// [`Ignored`] when it cannot be for a payout of ours, or is for another chain.
    pub fn nonce(&self, policy: &Policy) -> Result<[u8; 16], Ignored> {
        let request = self.invoice.request_view();
        // req IR-05
        if request.chain() != policy.chain {
            return Err(Ignored::OtherChain);
        }
        let bytes = match self.invoice.kind() {
            InvoiceKind::ForPayoutOffer => self.invoice.offer_view().metadata().unwrap_or_default(),
            InvoiceKind::ForPayoutRequest => request.metadata(),
            // req OM-R8
            InvoiceKind::ForOffer => return Err(Ignored::Unasked),
        };
        bytes.try_into().map_err(|_| Ignored::NotOurs)
    }
}

/// An invoice for a payout of ours that came the right way.
#[derive(Debug)]
pub struct Recognised<'a> {
    payout: &'a Payout,
    arrival: Arrival,
}

/// Finds out whether we may answer at all.
///
/// # Errors
/// [`Ignored`]: say nothing.
pub fn recognise<'a>(payout: &'a Payout, arrival: Arrival) -> Result<Recognised<'a>, Ignored> {
    // req IR-18, BP-D5
    if !came_by(payout.path_id.as_deref(), arrival.path_id.as_deref()) {
        return Err(Ignored::WrongPath);
    }
    let ours = match arrival.invoice.kind() {
        InvoiceKind::ForPayoutOffer => payout.offer.is_some(),
        InvoiceKind::ForPayoutRequest => payout.invoice_request.is_some(),
        InvoiceKind::ForOffer => false,
    };
    if ours { Ok(Recognised { payout, arrival }) } else { Err(Ignored::NotOurs) }
}

/// What else a claim depends on.
#[derive(Debug)]
pub struct ClaimTerms<'a> {
    /// Where the promise stands now, read together with its claims.
    pub state: PromiseState,
    /// All claims on this payout so far.
    pub claims: &'a [OutgoingPayment],
    /// What the node can send now; `None` when it does not say.
    pub spendable: Option<Msat>,
    /// What claims have taken within the last 24 hours.
    pub claimed_today: Msat,
    /// What claims on other refunds of the same invoice have taken; see [`claimed_refunds`](super::claimed_refunds).
    pub refunded: Msat,
    /// The current rate of the currency that the promise is in, else of our accounts; if there is one.
    pub rate: Option<Rate>,
    /// 32 random bytes for the payment.
    pub id: PaymentId,
    /// Now.
    pub now: Timestamp,
}

/// What becomes of an invoice that may be answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Redemption {
    /// It is the one: commit, then pay.
    Claim(Batch),
    /// It could be the one: commit, then wait for approval.
    Await(Batch),
    /// It was claimed or paid before, or waits; nothing more is to be done.
    Repeated,
}

/// Decides on a claim.
///
/// # Errors
/// [`Refusal`], to be sent back.
pub fn redeem(
    recognised: Recognised<'_>,
    terms: &ClaimTerms<'_>,
    policy: &Policy,
    keys: &Keys,
) -> Result<Redemption, Refusal> {
    let Recognised { payout, arrival } = recognised;
    let invoice = &arrival.invoice;
    invoice.verify_signature(keys.secp()).map_err(|_| Refusal::BadSignature)?;
    let stands = |claim: &&OutgoingPayment| claim.is_live() || claim.is_awaiting();
    if terms.claims.iter().filter(stands).any(|claim| claim.invoice.bolt12() == Some(invoice)) {
        return Ok(Redemption::Repeated);
    }
    if terms.claims.iter().any(|claim| was_denied(claim, invoice)) {
        return Err(Refusal::NotApproved);
    }
    let max_fee = check(payout, invoice, terms, policy, keys)?;
    let payment = OutgoingPayment {
        id: terms.id,
        purpose: Purpose::Claim { payout: payout.row, reply_path: arrival.reply_path },
        request_key: invoice.request_key(),
        amount: invoice.amount(),
        priced: payout.amount.fiat().map(|price| priced(price, terms)),
        worth: terms.rate.as_ref().and_then(|rate| rate.worth(invoice.amount())),
        max_fee,
        max_delay: policy.payout_max_delay,
        retry_for: Seconds(60),
        created_at: terms.now,
        state: PaymentState::Pending { attempts: 0, next_at: None },
        invoice: arrival.invoice.into(),
    };
    if payout.approve {
        return candidate(payment, terms).map(Redemption::Await);
    }
    Ok(Redemption::Claim(Batch::of(Event::PaymentStarted(payment)).and_then(Effect::Pay(terms.id))))
}

/// Whether somebody has said that this very invoice is not to be paid: what was told of that may have been lost.
fn was_denied(claim: &OutgoingPayment, invoice: &Invoice) -> bool {
    let denied = matches!(
        &claim.state,
        PaymentState::Ended(PaymentEnd::Failed { reason, .. }) if reason.kind == FailureKind::Denied
    );
    denied && claim.invoice.bolt12() == Some(invoice)
}

/// Lets a redemption wait for approval, in the place of those that have expired.
fn candidate(payment: OutgoingPayment, terms: &ClaimTerms<'_>) -> Result<Batch, Refusal> {
    let mut batch = drop_expired(terms.claims, terms.now);
    let waiting = terms.claims.iter().filter(|claim| claim.is_awaiting()).count();
    if waiting.saturating_sub(batch.events.len()) >= MOST_CANDIDATES {
        return Err(Refusal::TooManyWaiting);
    }
    let payment = OutgoingPayment { state: PaymentState::Awaiting, ..payment };
    batch.events.push(Event::PaymentStarted(payment));
    Ok(batch)
}

/// Whether this invoice, whose signature was checked, would be paid now; gives the most that routing it may cost.
pub(super) fn check(
    payout: &Payout,
    invoice: &Invoice,
    terms: &ClaimTerms<'_>,
    policy: &Policy,
    keys: &Keys,
) -> Result<Msat, Refusal> {
    open(payout, terms)?;
    mirrored(payout, invoice)?;
    in_turn(payout.recurrence(), invoice, terms.claims, terms.now)?;
    if let Some(refund) = &payout.refund {
        let signed = invoice.verify_refund_signature(keys.secp(), &refund.payer_id);
        signed.map_err(|_| Refusal::NotThePayer)?;
    }
    let amount = invoice.amount();
    let max_fee = policy.payout_fee(amount);
    if !payout.amount.allows(amount, invoice.request_view().quantity()) {
        return Err(Refusal::AmountNotPromised);
    }
    if let PayoutAmount::Fiat { price, at_most } = payout.amount {
        let most = comes_to(price, terms)?.min(at_most);
        if amount > most {
            return Err(Refusal::AmountAbovePrice { most });
        }
    }
    within_budgets(payout, amount, max_fee, terms, policy)?;
    if invoice.is_expired_at(terms.now) {
        return Err(Refusal::InvoiceExpired);
    }
    payable(invoice, amount, max_fee, policy.payout_max_delay)?;
    Ok(max_fee)
}

fn open(payout: &Payout, terms: &ClaimTerms<'_>) -> Result<(), Refusal> {
    let live: Vec<_> = terms.claims.iter().filter(|claim| claim.is_live()).collect();
    if payout.uses.are_taken(live.len()) {
        return if live.iter().all(|claim| claim.is_paid()) {
            Err(Refusal::AlreadyRedeemed)
        } else {
            Err(Refusal::BeingRedeemed)
        };
    }
    match terms.state {
        PromiseState::Open => {}
        PromiseState::Disabled => return Err(Refusal::NoLongerAvailable),
        PromiseState::Spent => return Err(Refusal::AlreadyRedeemed),
    }
    if payout.is_expired_at(terms.now) { Err(Refusal::Expired) } else { Ok(()) }
}

/// What it may cost is within every budget.
fn within_budgets(
    payout: &Payout,
    amount: Msat,
    max_fee: Msat,
    terms: &ClaimTerms<'_>,
    policy: &Policy,
) -> Result<(), Refusal> {
    let total = amount.plus(max_fee).ok_or(Refusal::AmountNotPromised)?;
    let today = total.plus(terms.claimed_today).ok_or(Refusal::AmountNotPromised)?;
    if today > policy.payout_max_per_day {
        return Err(Refusal::AmountNotPromised);
    }
    if !payout.uses.allow(terms.claims, total) {
        return Err(Refusal::NoLongerAvailable);
    }
    if let Some(at_most) = payout.refund.and_then(|refund| refund.at_most)
        && terms.refunded.plus(amount).is_none_or(|refunded| refunded > at_most)
    {
        return Err(Refusal::NoLongerAvailable);
    }
    if total > terms.spendable.ok_or(Refusal::Unavailable)? {
        return Err(Refusal::AmountNotPromised);
    }
    Ok(())
}

/// What a promise in a currency comes to now, rounded down to the msat.
fn comes_to(price: FiatAmount, terms: &ClaimTerms<'_>) -> Result<Msat, Refusal> {
    let no_rate = Refusal::NoRate { currency: price.currency() };
    let rate = terms.rate.as_ref().filter(|rate| rate.currency == price.currency());
    rate.and_then(|rate| rate.price.to_msat(price, Rounding::Down)).ok_or(no_rate)
}

fn priced(price: FiatAmount, terms: &ClaimTerms<'_>) -> Priced {
    Priced { price, rate: terms.rate.as_ref().map(RateStamp::from) }
}

fn mirrored(payout: &Payout, invoice: &Invoice) -> Result<(), Refusal> {
    let same = match (invoice.kind(), &payout.offer, &payout.invoice_request) {
        (InvoiceKind::ForPayoutOffer, Some(offer), _) => invoice.mirrors_offer(offer),
        // req IR-11
        (InvoiceKind::ForPayoutRequest, _, Some(request)) => invoice.mirrors(request),
        _ => return Err(Refusal::NoLongerAvailable),
    };
    same.map_err(|field| Refusal::FieldDiffers { field })
}

/// Whether some path of the invoice could carry a payment within our limits. What it really costs is bounded
/// again by the node when it pays.
fn payable(
    invoice: &Invoice,
    amount: Msat,
    max_fee: Msat,
    max_delay: CltvDelta,
) -> Result<(), Refusal> {
    let mut usable = invoice.usable_paths().peekable();
    if usable.peek().is_none() {
        return Err(Refusal::NoUsablePath);
    }
    let affordable = |info: &BlindedPayInfo| {
        let base = u64::from(info.fee_base_msat);
        let fee = Msat::new(base)
            .and_then(|base| base.plus(amount.ppm(info.fee_proportional_millionths)));
        let cheap = fee.is_some_and(|fee| fee <= max_fee);
        cheap && u32::from(info.cltv_expiry_delta) <= max_delay.0
    };
    if usable.any(|(_, info)| affordable(info)) { Ok(()) } else { Err(Refusal::PathsTooExpensive) }
}
