//! A shop's code, and a customer who pays it. Message and payment are forwarded by the ATM.

use bitcoin::hashes::{Hash, sha256};
use offerd_api::node::PeerList;
use offerd_api::offer::OfferCreated;
use offerd_api::payment::{PayResult, PaymentList};
use serde_json::json;

use super::{receipt, settled};
use crate::demo::balances::{Balances, sat};
use crate::demo::call::Call;
use crate::demo::error::{DemoError, ensure};
use crate::demo::network::Network;
use crate::demo::node::Node;
use crate::demo::qr;
use crate::demo::report::{Report, shown};

/// What a coffee costs.
const PRICE: &str = "5USD";
/// What that comes to at the shop's rate.
const PRICE_MSAT: u64 = 10_000_000;

/// The shop makes its code; returns it.
pub(super) async fn offer(network: &Network, report: &mut Report) -> Result<String, DemoError> {
    report.step("offer", "The shop sells coffee");
    let call = Call::new("offer").with("amount", PRICE).with("description", "coffee");
    report.command(&network.shop, &call);
    let offer: OfferCreated = network.shop.rpc().call(&call).await?;
    ensure(offer.created && offer.active, || "the offer is not a new, active one".to_owned())?;
    let picture = qr::picture(&offer.bolt12)
        .map_err(|error| DemoError::Story(format!("the code does not fit a QR code: {error}")))?;
    report.picture(&picture);
    let page = offer.page_url.as_deref().unwrap_or_default();
    ensure(page.contains(&offer.offer_id), || format!("the page of the offer is {page:?}"))?;
    let text = format!(
        "One code for the counter, priced in dollars. It stays valid: each customer who scans it gets an invoice of their\n\
         own, at the rate of that moment.\n{}\nIts page: {page}",
        offer.bolt12
    );
    report.tell(
        "offer_created",
        &text,
        json!({ "offer_id": offer.offer_id, "bolt12": offer.bolt12, "price": PRICE, "page_url": page }),
    );
    report.balances(Balances::read(network).await?);
    Ok(offer.bolt12)
}

/// The customer pays it, from the string alone.
pub(super) async fn pay(
    network: &Network,
    report: &mut Report,
    code: &str,
) -> Result<(), DemoError> {
    let Network { shop, atm, customer, .. } = network;
    report.step("pay", "The customer pays, from the code alone");
    let before = Balances::read(network).await?;
    let call = Call::new("pay").with("bolt11", code);
    report.command(customer, &call);
    let paying = customer.rpc().call(&call);
    let paid: PayResult =
        report.work("asking for an invoice, checking and paying it", paying).await?;
    both_sides_agree(shop, customer, &paid, report).await?;

    let fee = paid.amount_sent_msat.saturating_sub(paid.amount_msat);
    let after = settled(network, "all three have the new balances", |now| {
        now.shop == before.shop + PRICE_MSAT
            && now.atm == before.atm + fee
            && now.customer + PRICE_MSAT + fee == before.customer
    })
    .await?;
    let peers = [peers(shop).await?, peers(customer).await?];
    ensure(peers.iter().all(|ids| ids == &[atm.id()]), || {
        "shop and customer are connected otherwise than by the atm".to_owned()
    })?;
    ensure(fee > 0, || "the atm forwarded the payment but got no fee".to_owned())?;
    let text = format!(
        "Shop and customer are not connected: request, invoice and payment went through the atm,\n\
         which knows neither what was asked nor what was bought, and kept {} sat for forwarding.",
        sat(fee)
    );
    let facts = json!({
        "by": "atm",
        "fee_msat": fee,
        "shop_peers": peers[0],
        "customer_peers": peers[1],
    });
    report.tell("forwarded", &text, facts);
    report.balances(after);
    Ok(())
}

async fn both_sides_agree(
    shop: &Node,
    customer: &Node,
    paid: &PayResult,
    report: &Report,
) -> Result<(), DemoError> {
    ensure(paid.status == "complete", || format!("the payment is {}", paid.status))?;
    ensure(paid.amount_msat == PRICE_MSAT, || format!("{} msat were paid", paid.amount_msat))?;
    let preimage = paid.payment_preimage.clone().unwrap_or_default();
    let proves = hex::decode(&preimage)
        .is_ok_and(|bytes| sha256::Hash::hash(&bytes).to_string() == paid.payment_hash);
    ensure(proves, || "the preimage does not fit the payment hash".to_owned())?;

    let list = Call::new("listpays").with("payment_hash", paid.payment_hash.as_str());
    let sent: PaymentList = customer.rpc().call(&list).await?;
    let complete = sent.pays.iter().filter(|payment| payment.status == "complete").count();
    ensure(complete == 1, || format!("the customer shows {complete} such payments"))?;
    let own = paid.priced.clone().unwrap_or_default();
    ensure(own.price == "5.00USD", || format!("the customer paid {:?}", own.price))?;
    let received = receipt(shop, &paid.payment_hash).await?;
    let asked = received.priced.clone().unwrap_or_default();
    ensure(asked.price == own.price, || format!("the shop was paid {:?}", asked.price))?;
    ensure(received.amount_received_msat == Some(PRICE_MSAT), || {
        format!("the shop shows {:?} msat received", received.amount_received_msat)
    })?;
    let text = format!(
        "{} at the shop's rate of {} dollars a bitcoin; by the customer's own it would be {} sat.\n\
         paid  customer: {} sat for \"coffee\", payment_hash {}\n      shop:     {} sat for \"{}\", payment_hash {}",
        asked.price,
        asked.rate.as_deref().unwrap_or_default().trim_end_matches('0').trim_end_matches('.'),
        sat(own.expected_msat.unwrap_or_default()),
        sat(paid.amount_msat),
        paid.payment_hash,
        sat(received.amount_received_msat.unwrap_or_default()),
        shown(received.description.as_deref().unwrap_or_default()),
        received.payment_hash,
    );
    report.tell(
        "paid",
        &text,
        json!({
            "payment_hash": paid.payment_hash,
            "payment_preimage": preimage,
            "sent_msat": paid.amount_msat,
            "received_msat": received.amount_received_msat,
            "price": asked.price,
            "worth": received.worth,
        }),
    );
    Ok(())
}

async fn peers(node: &Node) -> Result<Vec<String>, DemoError> {
    let list: PeerList = node.rpc().call(&Call::new("listpeers")).await?;
    Ok(list.peers.into_iter().map(|peer| peer.id).collect())
}
