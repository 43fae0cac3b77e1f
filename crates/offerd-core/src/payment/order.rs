//! Deciding to pay an invoice that we were told to pay.

use bolt1::{CltvDelta, Msat, Seconds, Timestamp};
use bolt12::{Invoice, InvoiceKind, OfferId};

use super::{OutgoingPayment, PaymentState, Purpose};
use crate::effect::Effect;
use crate::event::{Batch, Event};
use crate::id::PaymentId;
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::policy::Policy;

/// What the caller allows.
#[derive(Clone, Debug)]
pub struct OrderTerms {
    /// The caller's name for the payment.
    pub label: Option<String>,
    /// The offer whose invoice it is, when it was fetched in the same call.
    pub offer_id: Option<OfferId>,
    /// Most that the invoice may ask.
    pub max_amount: Option<Msat>,
    /// Most that routing may cost; the policy's default otherwise.
    pub max_fee: Option<Msat>,
    /// Most blocks the payment may be locked for; the policy's default otherwise.
    pub max_delay: Option<CltvDelta>,
    /// How long the node tries.
    pub retry_for: Seconds,
}

/// What an order comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Ordered {
    /// It is being paid or was paid already: this payment.
    Same(Box<OutgoingPayment>),
    /// Commit, then pay.
    New(Batch),
}

/// Whether a labelled call is one that was made before. `by_label` is the newest payment of that label.
///
/// # Errors
/// [`Misuse::PaymentLabelTaken`] when the label stands for something else that was not given up.
pub fn decide_label(
    by_label: Option<OutgoingPayment>,
    is_same: impl Fn(&OutgoingPayment) -> bool,
) -> Result<Option<OutgoingPayment>, Misuse> {
    match by_label {
        Some(payment) if payment.is_pending() || payment.is_paid() => {
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
    let live = |payment: &&OutgoingPayment| payment.is_pending() || payment.is_paid();
    if let Some(payment) = history.iter().find(live) {
        return if payment.invoice == invoice {
            Ok(Ordered::Same(Box::new(payment.clone())))
        } else if payment.is_paid() {
            Err(Misuse::AlreadyPaid)
        } else {
            Err(Misuse::BeingPaid)
        };
    }
    check_payable(&invoice, keys, policy, now)?;
    let amount = invoice.amount();
    // req IR-16, RCI-R4
    if let Some(allowed) = terms.max_amount.filter(|allowed| amount > *allowed) {
        return Err(Misuse::TooExpensive { asked: amount, allowed });
    }
    let payment = OutgoingPayment {
        id,
        purpose: Purpose::Order { label: terms.label, offer_id: terms.offer_id },
        request_key: invoice.request_key(),
        amount,
        max_fee: terms.max_fee.unwrap_or_else(|| policy.pay_fee(amount)),
        max_delay: terms.max_delay.unwrap_or(policy.pay_max_delay),
        retry_for: terms.retry_for,
        created_at: now,
        state: PaymentState::Pending { attempts: 0, next_at: None },
        invoice,
    };
    Ok(Ordered::New(Batch::of(Event::PaymentStarted(payment)).and_then(Effect::Pay(id))))
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
