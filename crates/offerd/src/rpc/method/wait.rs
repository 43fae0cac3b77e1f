//! `wait`

use offerd_api::ErrorObject;
use offerd_api::wait::{
    Waited, WaitedInvoice, WaitedOffer, WaitedPayment, WaitedPayout, WaitedSubscriber,
    WaitedSubscription,
};
use offerd_core::change::{ChangeKind, Subject, Subsystem};

use super::{Outcome, listpays, listsubscribers, listsubscriptions};
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::Args;
use crate::rpc::{invoices, view};

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let subsystem: String = args.need("subsystem")?;
    let (index, place): (String, u64) = (args.need("indexname")?, args.need("nextvalue")?);
    let list = match subsystem.as_str() {
        "invoices" => Subsystem::Invoices,
        "sendpays" => Subsystem::Payments,
        "payouts" => Subsystem::Payouts,
        "subscribers" => Subsystem::Subscribers,
        "subscriptions" => Subsystem::Subscriptions,
        _ => Subsystem::Offers,
    };
    let mut waited = Waited { subsystem, ..Waited::default() };
    let kind = match index.as_str() {
        "created" => ChangeKind::Created,
        "updated" => ChangeKind::Updated,
        _ if place == 0 => {
            waited.deleted = Some(0);
            return view::json(waited);
        }
        _ => {
            let expected = "nothing is ever deleted: should be `created` or `updated`";
            return Err(ErrorObject::parameter("indexname", expected));
        }
    };
    let told = if place == 0 {
        api.driver.store().last_place(list, kind).map_err(|error| fault_object(&error))?
    } else {
        let subject = api.driver.wait_for_place(list, kind, place).await.map_err(to_object)?;
        subject.map(|subject| show(api, &subject, &mut waited)).transpose()?;
        place
    };
    match kind {
        ChangeKind::Created => waited.created = Some(told),
        ChangeKind::Updated | ChangeKind::Paid => waited.updated = Some(told),
    }
    view::json(waited)
}

/// Adds the record, as it stands now.
fn show(api: &Api, subject: &Subject, waited: &mut Waited) -> Result<(), ErrorObject> {
    let fault = |error| fault_object(&error);
    match subject {
        Subject::Invoice(_) | Subject::Receipt { .. } => {
            let Some(listed) = api.driver.invoice_of(subject).map_err(fault)? else {
                return Ok(());
            };
            let view = invoices::view(api, &listed, api.driver.now())?;
            waited.invoices = Some(WaitedInvoice {
                status: view.status,
                label: view.label,
                description: view.description,
                bolt11: view.bolt11,
                bolt12: view.bolt12,
            });
        }
        Subject::Payment(id) => {
            let payment = api.driver.store().payment(*id).map_err(fault)?;
            waited.sendpays = payment.map(|payment| {
                let view = listpays::view(&payment, 0);
                let (status, payment_hash) = (view.status, view.payment_hash);
                WaitedPayment { status, payment_hash, label: view.label }
            });
        }
        Subject::Payout(row) => {
            let payout = api.driver.store().payout(*row).map_err(fault)?;
            waited.payouts = payout.map(|payout| WaitedPayout {
                state: view::state_name(payout.state).to_owned(),
                offer_id: payout.offer_id().map(|id| id.to_string()),
                invreq_id: payout.invreq_id().map(|id| id.to_string()),
                label: payout.label,
            });
        }
        Subject::Subscriber(row) => {
            let series = api.driver.store().subscriber(*row).map_err(fault)?;
            waited.subscribers = series.map(|series| WaitedSubscriber {
                status: listsubscribers::status(series.state).to_owned(),
                invreq_payer_id: series.payer_id.to_string(),
                next_counter: u64::from(series.next_counter),
                paid_until: series.paid_until.0,
            });
        }
        Subject::Subscription(row) => {
            let known = api.driver.store().subscription(*row).map_err(fault)?;
            waited.subscriptions = known.map(|known| WaitedSubscription {
                status: listsubscriptions::status(&known.state).to_owned(),
                label: known.label,
                periods_paid: u64::from(known.next_counter),
                last_failure: known.trouble.map(|trouble| trouble.why),
            });
        }
        Subject::Offer(row) => {
            let entry = api.driver.offer(*row).map_err(fault)?;
            waited.offers = entry.map(|entry| WaitedOffer {
                offer_id: entry.newest().offer_id().to_string(),
                active: entry.is_open(),
                used: entry.used,
                label: entry.label.clone(),
            });
        }
    }
    Ok(())
}
