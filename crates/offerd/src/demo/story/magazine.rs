//! A magazine that is paid for in every period, by itself, until its reader has enough of it.

use offerd_api::offer::OfferCreated;
use offerd_api::subscription::{
    SubscriberList, SubscriberView, SubscriptionList, SubscriptionMade, SubscriptionView,
};
use serde_json::json;

use super::settled;
use crate::demo::balances::{Balances, sat};
use crate::demo::call::Call;
use crate::demo::error::{DemoError, ensure};
use crate::demo::network::Network;
use crate::demo::node::Node;
use crate::demo::report::Report;
use crate::demo::wait::until;

/// What one issue costs.
const AMOUNT_MSAT: u64 = 500_000;
/// How long one is read.
const PERIOD_SECONDS: u64 = 4;
/// How many are.
const PERIODS: u64 = 3;
const LABEL: &str = "magazine";

/// The customer subscribes, reads three issues and cancels.
pub(super) async fn read(network: &Network, report: &mut Report) -> Result<(), DemoError> {
    let Network { shop, customer, .. } = network;
    report.step("subscription", "A magazine, paid for by itself");
    let before = Balances::read(network).await?;
    let call = Call::new("offer")
        .with("amount", "500sat")
        .with("description", "The Daily Block")
        .with("recurrence", format!("{PERIOD_SECONDS}seconds"))
        .with("recurrence_paywindow", "-1+60");
    report.command(shop, &call);
    let offer: OfferCreated = shop.rpc().call(&call).await?;
    let text = format!(
        "One issue every {PERIOD_SECONDS} seconds, so that you can watch.\n{}",
        offer.bolt12
    );
    let facts = json!({ "offer_id": offer.offer_id, "bolt12": offer.bolt12 });
    report.tell("offer_created", &text, facts);
    subscribe(customer, report, &offer.bolt12).await?;
    for issue in 2..=PERIODS {
        until(&format!("issue {issue} is paid"), async || {
            Ok(Some(subscription(customer).await?).filter(|known| known.periods_paid >= issue))
        })
        .await?;
        told_of_issue(report, issue);
    }
    cancel(network, report).await?;
    let after = settled(network, "the issues show in the balances", |now| {
        now.shop == before.shop + PERIODS * AMOUNT_MSAT
            && now.shop + now.atm + now.customer == before.shop + before.atm + before.customer
    })
    .await?;
    report.balances(after);
    Ok(())
}

async fn subscribe(customer: &Node, report: &mut Report, code: &str) -> Result<(), DemoError> {
    let call = Call::new("subscribe")
        .with("offer", code)
        .with("label", LABEL)
        .with("max_per_period_msat", "500sat")
        .with("max_total_msat", "5000sat");
    report.command(customer, &call);
    let made: SubscriptionMade =
        report.work("paying the first issue", customer.rpc().call(&call)).await?;
    let known = made.subscription;
    ensure(known.periods_paid == 1, || format!("{} issues are paid", known.periods_paid))?;
    report.tell(
        "subscribed",
        "Asked once, within limits: from now on nobody has to do anything.",
        json!({ "label": known.label, "invreq_payer_id": known.invreq_payer_id }),
    );
    told_of_issue(report, 1);
    Ok(())
}

fn told_of_issue(report: &Report, issue: u64) {
    let text = format!("issue {issue}: paid, {} sat", sat(AMOUNT_MSAT));
    report.tell("issue_paid", &text, json!({ "issue": issue, "amount_msat": AMOUNT_MSAT }));
}

/// The customer has enough; the shop hears of it, and no more is paid when the next issue is out.
async fn cancel(network: &Network, report: &mut Report) -> Result<(), DemoError> {
    let Network { shop, customer, .. } = network;
    let call = Call::new("cancelsubscription").with("label", LABEL);
    report.command(customer, &call);
    let _: SubscriptionView = customer.rpc().call(&call).await?;
    let list = Call::new("listsubscribers");
    let reader: SubscriberView = until("the shop knows that it was cancelled", async || {
        let list: SubscriberList = shop.rpc().call(&list).await?;
        Ok(list.subscribers.into_iter().find(|reader| reader.status == "cancelled"))
    })
    .await?;
    let received = reader.amount_received_msat;
    ensure(received == PERIODS * AMOUNT_MSAT, || format!("the shop got {received} msat"))?;
    let waiting = tokio::time::sleep(std::time::Duration::from_secs(PERIOD_SECONDS + 1));
    report
        .work("waiting until the next issue is out", async {
            waiting.await;
            Ok::<_, DemoError>(())
        })
        .await?;
    let known = subscription(customer).await?;
    ensure(known.periods_paid == PERIODS && !known.paying, || {
        format!("{} issues are paid after the end", known.periods_paid)
    })?;
    report.command(shop, &list);
    let text = format!("cancelled: {PERIODS} issues were paid, and none after that");
    report.tell("cancelled", &text, json!({ "periods_paid": PERIODS, "received_msat": received }));
    Ok(())
}

async fn subscription(customer: &Node) -> Result<SubscriptionView, DemoError> {
    let call = Call::new("listsubscriptions").with("label", LABEL);
    until("the customer lists the subscription", async || {
        let list: SubscriptionList = customer.rpc().call(&call).await?;
        Ok(list.subscriptions.into_iter().next())
    })
    .await
}
