//! `listpays`

use bolt1::Msat;
use offerd_api::payment::{PaymentList, PaymentView};
use offerd_core::change::{ChangeKind, Subject};
use offerd_core::payment::{OutgoingPayment, Payable, PaymentEnd, PaymentState, Purpose};
use offerd_core::port::Indexed;

use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::{invoices, view};

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let store = api.driver.store();
    let start: u64 = args.need("start")?;
    let by_update = args.get::<String>("index")?.as_deref() == Some("updated");
    let offer_id = args.get("offer_id")?.map(|id: [u8; 32]| hex::encode(id));
    let first = if by_update { 1 } else { start };
    let page = offerd_core::port::Page { start: first, limit: u64::MAX };
    let string: Option<String> = args.get("bolt11")?;
    let wanted = string.map(|string| invoices::read_string("bolt11", &string)).transpose()?;
    let hash: Option<[u8; 32]> = args.get("payment_hash")?;
    let status: Option<String> = args.get("status")?;
    let label: Option<String> = args.get("label")?;
    let mut pays = Vec::new();
    for Indexed { created_index, row } in store.payments(page).map_err(|e| fault_object(&e))? {
        let fits = wanted.as_ref().is_none_or(|wanted| string_of(&row) == *wanted)
            && hash.is_none_or(|hash| row.payment_hash().0 == hash)
            // Nothing was decided about it: listpayouts shows it.
            && !row.is_awaiting();
        if !fits {
            continue;
        }
        let mut shown = view(&row, created_index);
        let changed = store.place_of(&Subject::Payment(row.id), ChangeKind::Updated);
        shown.updated_index = changed.map_err(|error| fault_object(&error))?;
        if by_update && shown.updated_index.is_none_or(|index| index < start) {
            continue;
        }
        if let Some(payout) = row.payout() {
            let payout = store.payout(payout).map_err(|error| fault_object(&error))?;
            shown.payout_label = payout.as_ref().and_then(|payout| payout.label.clone());
            let id = payout.and_then(|payout| payout.offer_id());
            shown.payout_offer_id = id.map(|id| id.to_string());
        }
        if status.as_ref().is_none_or(|status| shown.status == *status)
            && (label.is_none() || shown.label == label)
            && (offer_id.is_none()
                || shown.offer_id == offer_id
                || shown.payout_offer_id == offer_id)
        {
            pays.push(shown);
        }
    }
    if by_update {
        pays.sort_by_key(|shown| shown.updated_index);
    }
    pays.truncate(limit(args)?);
    view::json(PaymentList { pays })
}

/// The string of the invoice that is paid.
fn string_of(payment: &OutgoingPayment) -> String {
    match &payment.invoice {
        Payable::Bolt12(invoice) => invoice.to_string(),
        Payable::Bolt11(invoice) => invoice.string.clone(),
    }
}

pub(super) fn view(payment: &OutgoingPayment, created_index: u64) -> PaymentView {
    let (label, offer_id) = match &payment.purpose {
        Purpose::Order { label, offer_id, .. } => (label.clone(), *offer_id),
        Purpose::Claim { .. } => (None, None),
    };
    let mut view = PaymentView {
        payment_hash: payment.payment_hash().to_string(),
        status: "pending".to_owned(),
        destination: payment.invoice.node_id().to_string(),
        created_at: payment.created_at.0,
        label,
        bolt12: payment.invoice.bolt12().map(ToString::to_string),
        bolt11: payment.invoice.bolt11().map(|invoice| invoice.string.clone()),
        description: payment.invoice.description().map(str::to_owned),
        amount_msat: payment.amount.as_u64(),
        created_index,
        offer_id: offer_id.map(|id| id.to_string()),
        priced: view::priced_payment(payment),
        worth: payment.worth.map(|worth| worth.to_string()),
        ..PaymentView::default()
    };
    match &payment.state {
        PaymentState::Awaiting | PaymentState::Pending { .. } => {}
        PaymentState::Ended(PaymentEnd::Paid { preimage, fee, parts, at }) => {
            view.status = "complete".to_owned();
            view.preimage = Some(hex::encode(preimage));
            view.completed_at = Some(at.0);
            view.number_of_parts = parts.filter(|parts| *parts > 1).map(u64::from);
            let sent = payment.amount.plus(fee.unwrap_or_default());
            view.amount_sent_msat = sent.map(Msat::as_u64);
        }
        PaymentState::Ended(PaymentEnd::Failed { reason, at }) => {
            view.status = "failed".to_owned();
            view.reason = Some(reason.to_string());
            view.completed_at = Some(at.0);
        }
    }
    view
}
