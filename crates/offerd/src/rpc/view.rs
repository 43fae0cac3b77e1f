//! Records of the core as the API shows them.

use bolt12::{Invoice, OfferId, PeerText, QuantityMax};
use offerd_api::invoice::InvoiceView;
use offerd_api::offer::OfferView;
use offerd_api::payment::AttemptView;
use offerd_api::payout::{ClaimView, InvoiceRequestView, PayoutView};
use offerd_api::rates::PricedView;
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::payout::{Payout, PayoutAmount, PromiseState};
use offerd_core::rates::Priced;
use serde::Serialize;
use serde_json::Value;

use bolt1::{Msat, Timestamp};
use offerd_api::{ErrorObject, code};

use crate::driver::{Attempt, Step};

/// A result as JSON.
pub(super) fn json(result: impl Serialize) -> Result<Value, ErrorObject> {
    serde_json::to_value(result)
        .map_err(|error| ErrorObject::new(code::GENERAL, format!("internal error: {error}")))
}

/// One thing that a call tried.
pub(super) fn attempt(attempt: &Attempt) -> AttemptView {
    let step = match attempt.step {
        Step::Ask => "ask",
        Step::Send => "send",
        Step::Pay => "pay",
    };
    AttemptView {
        at: attempt.at.0,
        step: step.to_owned(),
        to: attempt.to.clone(),
        outcome: attempt.outcome.clone(),
    }
}

/// Peer text as it came: JSON escapes it.
pub(super) fn text(text: Option<&PeerText>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// An offer by the string that has this id, or by its newest.
pub(super) fn offer(entry: &OfferEntry, id: Option<&OfferId>, index: Option<u64>) -> OfferView {
    let OfferEncoding { offer, .. } =
        id.and_then(|id| entry.encoding(id)).unwrap_or_else(|| entry.newest());
    OfferView {
        offer_id: offer.id().to_string(),
        active: entry.is_open(),
        single_use: entry.single_use,
        force_paths: !entry.fronts.named().is_empty(),
        bolt12: offer.to_string(),
        description: text(offer.description()),
        used: entry.used,
        label: entry.label.clone(),
        direction: "in".to_owned(),
        created_index: index,
        created_at: Some(entry.created_at.0),
        external_id: entry.external_id.clone(),
        tags: entry.tags.clone(),
    }
}

/// The `lno1…` side of a payout; `None` when it has none.
pub(super) fn payout_as_offer(payout: &Payout, index: Option<u64>) -> Option<OfferView> {
    let offer = payout.offer.as_ref()?;
    Some(OfferView {
        offer_id: offer.id().to_string(),
        active: payout.state == PromiseState::Open,
        single_use: payout.uses.is_once(),
        force_paths: false,
        bolt12: offer.to_string(),
        description: text(offer.description()),
        used: payout.state == PromiseState::Spent,
        label: payout.label.clone(),
        direction: "out".to_owned(),
        created_index: index,
        created_at: Some(payout.created_at.0),
        external_id: None,
        tags: Vec::new(),
    })
}

/// The `lnr1…` side of a payout; `None` when it has none.
pub(super) fn payout_as_request(payout: &Payout) -> Option<InvoiceRequestView> {
    let unsigned = payout.invoice_request.as_ref()?;
    let signed = payout.invoice_request_signed.as_ref();
    Some(InvoiceRequestView {
        invreq_id: unsigned.invreq_id().to_string(),
        active: payout.state == PromiseState::Open,
        single_use: payout.uses.is_once(),
        bolt12: signed.unwrap_or(unsigned).to_string(),
        used: payout.state == PromiseState::Spent,
        label: payout.label.clone(),
        invoice_request: Some(unsigned.to_string()),
        invoice_request_signed: signed.map(ToString::to_string),
        ..InvoiceRequestView::default()
    })
}

/// A payout with both its strings.
pub(super) fn payout(
    payout: &Payout,
    (created_index, updated_index): (u64, Option<u64>),
    claims: &[OutgoingPayment],
    now: Timestamp,
) -> PayoutView {
    let (amount_msat, max_amount_msat) = match payout.amount {
        PayoutAmount::Exact(amount) => (Some(amount.as_u64()), None),
        PayoutAmount::UpTo(most) | PayoutAmount::Fiat { at_most: most, .. } => {
            (None, Some(most.as_u64()))
        }
        PayoutAmount::Each { amount, at_most } => (Some(amount.as_u64()), Some(at_most.as_u64())),
    };
    let counted = payout.offer.as_ref().and_then(|offer| offer.quantity_max());
    let described = payout.offer.as_ref().map(|offer| offer.description());
    let described =
        described.or_else(|| payout.invoice_request.as_ref().map(|r| r.offer_view().description()));
    PayoutView {
        state: state_name(payout.state).to_owned(),
        created_index,
        updated_index,
        created_at: payout.created_at.0,
        expired: payout.is_expired_at(now),
        offer_id: payout.offer_id().map(|id| id.to_string()),
        bolt12: payout.offer.as_ref().map(ToString::to_string),
        invreq_id: payout.invreq_id().map(|id| id.to_string()),
        invoice_request: payout.invoice_request.as_ref().map(ToString::to_string),
        invoice_request_signed: payout.invoice_request_signed.as_ref().map(ToString::to_string),
        label: payout.label.clone(),
        description: text(described.flatten()),
        amount_msat,
        max_amount_msat,
        quantity_max: counted.map(QuantityMax::as_u64),
        price: payout.amount.fiat().map(|price| price.to_string()),
        absolute_expiry: payout.absolute_expiry.map(|expiry| expiry.0),
        single_use: payout.uses.is_once(),
        max_uses: payout.uses.most,
        max_total_msat: payout.uses.total.map(Msat::as_u64),
        refund_for: payout.refund.map(|refund| refund.payment_hash.to_string()),
        approve: payout.approve,
        claims: claims.iter().map(claim).collect(),
    }
}

/// The name of a promise's state.
pub(super) fn state_name(state: PromiseState) -> &'static str {
    match state {
        PromiseState::Open => "open",
        PromiseState::Disabled => "disabled",
        PromiseState::Spent => "spent",
    }
}

/// One redemption of a payout.
pub(super) fn claim(payment: &OutgoingPayment) -> ClaimView {
    let recurring = payment.invoice.bolt12().and_then(Invoice::recurring_payment);
    let mut view = ClaimView {
        state: "claimed".to_owned(),
        payment_hash: payment.payment_hash().to_string(),
        recurrence_counter: recurring.map(|recurring| u64::from(recurring.index)),
        amount_msat: payment.amount.as_u64(),
        created_at: payment.created_at.0,
        priced: priced_payment(payment),
        worth: payment.worth.map(|worth| worth.to_string()),
        ..ClaimView::default()
    };
    match &payment.state {
        PaymentState::Awaiting => view.state = "awaiting".to_owned(),
        PaymentState::Pending { .. } => {}
        PaymentState::Ended(PaymentEnd::Paid { preimage, fee, parts: _, at }) => {
            view.state = "paid".to_owned();
            view.payment_preimage = Some(hex::encode(preimage));
            view.fee_msat = fee.map(Msat::as_u64);
            view.ended_at = Some(at.0);
        }
        PaymentState::Ended(PaymentEnd::Failed { reason, at }) => {
            view.state = "failed".to_owned();
            view.reason = Some(reason.to_string());
            view.ended_at = Some(at.0);
        }
    }
    view
}

/// A price in a currency, as it was converted at `then`.
pub(super) fn priced(priced: &Priced, then: Timestamp) -> PricedView {
    let rate = priced.rate.as_ref();
    PricedView {
        price: priced.price.to_string(),
        expected_msat: priced.expected().map(Msat::as_u64),
        rate: rate.map(|rate| rate.price.to_string()),
        rate_age_seconds: rate.map(|rate| then.since(rate.as_of).0),
        rate_sources: rate.map(|rate| rate.sources.clone()).unwrap_or_default(),
    }
}

/// The price of what a payment of ours pays, where it is in a currency.
pub(super) fn priced_payment(payment: &OutgoingPayment) -> Option<PricedView> {
    payment.priced.as_ref().map(|priced| self::priced(priced, payment.created_at))
}

/// What an invoice of ours says by itself.
pub(super) fn invoice(invoice: &Invoice, now: Timestamp) -> InvoiceView {
    let status = if invoice.is_expired_at(now) { "expired" } else { "unpaid" };
    InvoiceView {
        description: text(invoice.offer_view().description()),
        payment_hash: hex::encode(invoice.payment_hash()),
        status: status.to_owned(),
        created_at: Some(invoice.created_at().0),
        expires_at: Some(invoice.expires_at().0),
        amount_msat: Some(invoice.amount().as_u64()),
        bolt12: Some(invoice.to_string()),
        invreq_payer_note: text(invoice.request_view().payer_note()),
        quantity: invoice.request_view().quantity(),
        ..InvoiceView::default()
    }
}
