//! A code without a price, and a note with the payment.

use offerd_api::offer::OfferCreated;
use offerd_api::payment::PayResult;
use serde_json::json;

use super::{receipt, settled};
use crate::demo::balances::{Balances, sat};
use crate::demo::call::Call;
use crate::demo::error::{DemoError, ensure};
use crate::demo::network::Network;
use crate::demo::report::Report;

const AMOUNT_MSAT: u64 = 2_100_000;
const NOTE: &str = "Best coffee in town";

/// The customer tips the shop.
pub(super) async fn give(network: &Network, report: &mut Report) -> Result<(), DemoError> {
    let Network { shop, customer, .. } = network;
    report.step("donation", "A tip: any amount, with a note");
    let before = Balances::read(network).await?;
    let call = Call::new("offer").with("amount", "any").with("description", "tips");
    report.command(shop, &call);
    let jar: OfferCreated = shop.rpc().call(&call).await?;
    let text = format!("The payer decides how much.\n{}", jar.bolt12);
    let facts = json!({ "offer_id": jar.offer_id, "bolt12": jar.bolt12 });
    report.tell("offer_created", &text, facts);

    let call = Call::new("pay")
        .with("bolt11", jar.bolt12)
        .with("amount_msat", "2100sat")
        .with("payer_note", NOTE);
    report.command(customer, &call);
    let paid: PayResult = report.work("paying", customer.rpc().call(&call)).await?;
    ensure(paid.status == "complete", || format!("the payment is {}", paid.status))?;
    let received = receipt(shop, &paid.payment_hash).await?;
    let arrived = (received.amount_received_msat, received.invreq_payer_note.as_deref());
    ensure(arrived == (Some(AMOUNT_MSAT), Some(NOTE)), || format!("the shop got {arrived:?}"))?;
    let text = format!("the shop got {} sat with the note \"{NOTE}\"", sat(AMOUNT_MSAT));
    let facts = json!({
        "payment_hash": paid.payment_hash,
        "received_msat": AMOUNT_MSAT,
        "payer_note": received.invreq_payer_note,
    });
    report.tell("donated", &text, facts);
    let fee = paid.amount_sent_msat.saturating_sub(paid.amount_msat);
    let after = settled(network, "the tip shows in the balances", |now| {
        now.shop == before.shop + AMOUNT_MSAT
            && now.atm == before.atm + fee
            && now.customer + AMOUNT_MSAT + fee == before.customer
    })
    .await?;
    report.balances(after);
    Ok(())
}
