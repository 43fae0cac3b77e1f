//! Deciding to pay an invoice that we were told to pay.

use bolt1::{CltvDelta, Msat, Seconds, Timestamp};
use bolt12::{Invoice, InvoiceKind, OfferId};

use super::{Bolt11Payable, OutgoingPayment, Payable, PaymentState, Purpose};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::fetch::paid_once_key;
use crate::id::PaymentId;
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::policy::Policy;
use crate::port::Bolt11Facts;
use crate::rates::{Priced, Rate};

/// What the caller allows.
#[derive(Clone, Debug)]
pub struct OrderTerms {
    /// The caller's name for the payment.
    pub label: Option<String>,
    /// The offer whose invoice it is, when it was fetched in the same call.
    pub offer_id: Option<OfferId>,
    /// Most that the invoice may ask.
    pub max_amount: Option<Msat>,
    /// What it costs in a currency, where the offer says so, and our own rate.
    pub priced: Option<Priced>,
    /// The rate by which the worth of the payment is noted, if there is one.
    pub rate: Option<Rate>,
    /// Most that routing may cost; the policy's default otherwise.
    pub max_fee: Option<Msat>,
    /// Most blocks the payment may be locked for; the policy's default otherwise.
    pub max_delay: Option<CltvDelta>,
    /// How long the node tries.
    pub retry_for: Seconds,
    /// Whether the payee is trusted to take one payment of a request, where it says so of two invoices: see
    /// [`decide_order`].
    pub trust_payee: bool,
}

/// What an order comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Ordered {
    /// It is being paid or was paid already: this payment.
    Same(Box<OutgoingPayment>),
    /// Commit, then pay.
    New(Batch),
}

/// Whether a labelled call is one that was made before. `by_label` is the payment that the label stands for.
///
/// # Errors
/// [`Misuse::PaymentLabelTaken`] when the label stands for something else that was not given up.
pub fn decide_label(
    by_label: Option<OutgoingPayment>,
    is_same: impl Fn(&OutgoingPayment) -> bool,
) -> Result<Option<OutgoingPayment>, Misuse> {
    match by_label {
        Some(payment) if payment.is_live() => {
            if is_same(&payment) {
                Ok(Some(payment))
            } else {
                Err(Misuse::PaymentLabelTaken)
            }
        }
        Some(_) | None => Ok(None),
    }
}

/// Decides on an order. `history` is every payment for the same request, `id` 32 fresh random bytes.
///
/// A second invoice of a request is paid when nothing of the first is in flight any more. It is paid before only when
/// the caller trusts the payee and there is evidence to hold against it: the payee that signed the first invoice names
/// it in the second (`invoice_replaces`), which it signed too.
///
/// # Errors
/// [`Misuse`]: nothing is committed.
pub fn decide_order(
    invoice: Invoice,
    terms: OrderTerms,
    history: &[OutgoingPayment],
    id: PaymentId,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Ordered, Misuse> {
    let live = || history.iter().filter(|payment| payment.is_live());
    if let Some(same) = live().find(|payment| payment.invoice.bolt12() == Some(&invoice)) {
        return Ok(Ordered::Same(Box::new(same.clone())));
    }
    if live().any(OutgoingPayment::is_paid) {
        return Err(Misuse::AlreadyPaid);
    }
    let trusts_payee = live().next().is_some();
    if trusts_payee && !terms.trust_payee {
        return Err(Misuse::BeingPaid);
    }
    live().try_for_each(|pending| evident(pending, &invoice))?;
    check_payable(&invoice, keys, policy, now)?;
    let amount = invoice.amount();
    // req IR-16, RCI-R4
    if let Some(allowed) = terms.max_amount.filter(|allowed| amount > *allowed) {
        return Err(Misuse::TooExpensive { asked: amount, allowed });
    }
    let payment = OutgoingPayment {
        id,
        purpose: Purpose::Order { label: terms.label, offer_id: terms.offer_id, trusts_payee },
        request_key: paid_once_key(&invoice),
        amount,
        priced: terms.priced,
        worth: terms.rate.and_then(|rate| rate.worth(amount)),
        max_fee: terms.max_fee.unwrap_or_else(|| policy.pay_fee(amount)),
        max_delay: terms.max_delay.unwrap_or(policy.pay_max_delay),
        retry_for: terms.retry_for,
        created_at: now,
        state: PaymentState::Pending { attempts: 0, next_at: None },
        invoice: invoice.into(),
    };
    Ok(Ordered::New(Batch::of(Event::PaymentStarted(payment)).and_then(Effect::Pay(id))))
}

/// Decides on an order to pay an invoice of BOLT 11. `amount` is what the caller says, which must be given where the
/// invoice leaves it open, and be the invoice's own where it does not.
///
/// # Errors
/// [`Misuse`]: nothing is committed.
pub fn decide_bolt11_order(
    (facts, amount): (Bolt11Facts, Option<Msat>),
    terms: OrderTerms,
    history: &[OutgoingPayment],
    id: PaymentId,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Ordered, Misuse> {
    let amount = bolt11_amount(&facts, amount)?;
    let (request_key, invoice) = (facts.request_key(), Bolt11Payable::from(facts));
    let live = |payment: &&OutgoingPayment| payment.is_pending() || payment.is_paid();
    if let Some(payment) = history.iter().find(live) {
        let same = payment.invoice.bolt11() == Some(&invoice) && payment.amount == amount;
        return match (same, payment.is_paid()) {
            (true, _) => Ok(Ordered::Same(Box::new(payment.clone()))),
            (false, true) => Err(Misuse::AlreadyPaid),
            (false, false) => Err(Misuse::BeingPaid),
        };
    }
    if now > invoice.expires_at {
        return Err(Misuse::InvoiceExpired);
    }
    if invoice.payee == keys.node_id() {
        return Err(Misuse::PaysOurselves);
    }
    if let Some(allowed) = terms.max_amount.filter(|allowed| amount > *allowed) {
        return Err(Misuse::TooExpensive { asked: amount, allowed });
    }
    let payment = OutgoingPayment {
        id,
        purpose: Purpose::Order { label: terms.label, offer_id: None, trusts_payee: false },
        request_key,
        amount,
        priced: None,
        worth: terms.rate.and_then(|rate| rate.worth(amount)),
        max_fee: terms.max_fee.unwrap_or_else(|| policy.pay_fee(amount)),
        max_delay: terms.max_delay.unwrap_or(policy.pay_max_delay),
        retry_for: terms.retry_for,
        created_at: now,
        state: PaymentState::Pending { attempts: 0, next_at: None },
        invoice: Payable::Bolt11(invoice),
    };
    Ok(Ordered::New(Batch::of(Event::PaymentStarted(payment)).and_then(Effect::Pay(id))))
}

/// Whether `second`, whose signature is checked elsewhere, says that it stands in the place of a payment that is
/// pending. One of the same hash would not: whoever knows the preimage could take both.
fn evident(pending: &OutgoingPayment, second: &Invoice) -> Result<(), Misuse> {
    let hash = pending.payment_hash();
    let why = if second.payment_hash() == hash.0 {
        "has the payment hash of the pending one itself"
    } else if second.node_id() != pending.invoice.node_id() {
        "is signed by another key than the pending one"
    } else if !second.replaces().contains(&hash.0) {
        "does not name the pending one in invoice_replaces"
    } else {
        return Ok(());
    };
    Err(Misuse::NoEvidence { payment_hash: hash, why })
}

fn bolt11_amount(facts: &Bolt11Facts, given: Option<Msat>) -> Result<Msat, Misuse> {
    let refuse = |expected: String| Err(Misuse::parameter("amount_msat", expected));
    match (facts.amount, given) {
        (Some(asked), Some(given)) if asked != given => {
            refuse(format!("the invoice asks exactly {asked}"))
        }
        (Some(asked), _) => Ok(asked),
        (None, Some(given)) if given > Msat::ZERO => Ok(given),
        (None, _) => refuse("is required: the invoice leaves it to the payer".to_owned()),
    }
}

/// What must hold of any invoice before we pay it, whoever gave it to us.
fn check_payable(
    invoice: &Invoice,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Misuse> {
    invoice.verify_signature(keys.secp()).map_err(|_| wrong("signature", "does not verify"))?;
    if invoice.request_view().chain() != policy.chain {
        return Err(wrong("invreq_chain", "another chain"));
    }
    // Its redeemer sends it to us, and then the payout is spent by it: paid by hand it would be paid twice.
    if invoice.kind() != InvoiceKind::ForOffer
        && invoice.request_view().payer_id() == keys.node_id()
    {
        return Err(Misuse::WrongString(
            "this invoice redeems a payout of this node, which pays it when its redeemer sends it"
                .into(),
        ));
    }
    if invoice.is_expired_at(now) {
        return Err(Misuse::InvoiceExpired);
    }
    if invoice.node_id() == keys.node_id() {
        return Err(Misuse::PaysOurselves);
    }
    if invoice.usable_paths().next().is_none() {
        return Err(wrong("invoice_blindedpay", "no usable payment path"));
    }
    Ok(())
}

fn wrong(field: &'static str, why: &str) -> Misuse {
    Misuse::WrongInvoice { field, why: why.to_owned() }
}
