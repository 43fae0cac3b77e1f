//! An ATM's code that pays whoever redeems it, once.

use offerd_api::ErrorObject;
use offerd_api::code::OFFER_BAD_REPLY;
use offerd_api::invoice::InvoiceView;
use offerd_api::payout::{PayoutCreated, PayoutList};
use serde_json::json;

use super::{receipt, settled};
use crate::demo::balances::{Balances, sat};
use crate::demo::call::Call;
use crate::demo::error::{DemoError, ensure};
use crate::demo::network::Network;
use crate::demo::node::Node;
use crate::demo::report::{Report, shown};

/// What is paid out.
const AMOUNT_MSAT: u64 = 10_000_000;

/// The ATM's code is redeemed by the customer; returns what the ATM made.
pub(super) async fn redeem(
    network: &Network,
    report: &mut Report,
) -> Result<PayoutCreated, DemoError> {
    let Network { atm, customer, .. } = network;
    report.step("payout", "The ATM pays out: a code that is worth money");
    let before = Balances::read(network).await?;
    let call =
        Call::new("offerout").with("amount", "10000sat").with("description", "withdrawal from ATM");
    report.command(atm, &call);
    let payout: PayoutCreated = atm.rpc().call(&call).await?;
    let text = format!(
        "The screen shows this code. Whoever sends an invoice for it first is paid, and nobody after.\n{}\nIts page, to be shown \
         to nobody else: {}",
        payout.bolt12,
        payout.page_url.as_deref().unwrap_or_default(),
    );
    let facts = json!({
        "offer_id": payout.offer_id,
        "bolt12": payout.bolt12,
        "invoice_request": payout.invoice_request,
        "amount_msat": AMOUNT_MSAT,
        "page_url": payout.page_url,
    });
    report.tell("payout_created", &text, facts);

    let call = redemption(&payout.bolt12, "withdrawal");
    report.command(customer, &call);
    let redeeming = customer.rpc().call(&call);
    let redeemed: InvoiceView =
        report.work("sending an invoice for it, and waiting for the money", redeeming).await?;
    ensure(redeemed.status == "paid", || format!("the invoice is {}", redeemed.status))?;
    let received = receipt(customer, &redeemed.payment_hash).await?;
    ensure(received.amount_received_msat == Some(AMOUNT_MSAT), || {
        format!("the customer got {:?} msat", received.amount_received_msat)
    })?;
    let after = settled(network, "the payout shows in the balances", |now| {
        now.shop == before.shop
            && now.customer == before.customer + AMOUNT_MSAT
            && now.atm + AMOUNT_MSAT == before.atm
    })
    .await?;
    let text = format!("redeemed: the customer has {} sat more", sat(AMOUNT_MSAT));
    let facts = json!({
        "payment_hash": redeemed.payment_hash,
        "received_msat": received.amount_received_msat,
    });
    report.tell("redeemed", &text, facts);
    report.balances(after);
    Ok(payout)
}

/// Others try their luck with the same code, in both its spellings.
pub(super) async fn redeem_again(
    network: &Network,
    report: &mut Report,
    payout: &PayoutCreated,
) -> Result<(), DemoError> {
    let Network { shop, atm, customer, .. } = network;
    report.step("payout_again", "Nobody is paid for the same code again");
    let before = Balances::read(network).await?;
    let refused = try_again(report, customer, &payout.bolt12, "once more").await?;
    report.tell("refused", &told(&refused), facts("customer", "lno", &refused));

    let request = payout.invoice_request.as_deref().unwrap_or_default();
    report.tell(
        "other_string",
        "\nThe same promise as an invoice request (lnr…), which other wallets read, in somebody else's hands:",
        json!({ "invoice_request": request }),
    );
    let refused = try_again(report, shop, request, "found on the floor").await?;
    report.tell("refused", &told(&refused), facts("shop", "lnr", &refused));

    let call = Call::new("listpayouts").with("offer_id", payout.offer_id.as_str());
    let list: PayoutList = atm.rpc().call(&call).await?;
    let claims = list.payouts.iter().flat_map(|payout| &payout.claims);
    let paid = claims.filter(|claim| claim.state != "failed").count();
    let spent = list.payouts.iter().filter(|payout| payout.state == "spent").count();
    ensure((spent, paid) == (1, 1), || format!("{spent} payouts spent, {paid} claims"))?;
    let after = Balances::read(network).await?;
    ensure(after == before, || "a refused redemption changed a balance".to_owned())?;
    report.command(atm, &call);
    report.tell("paid_once", "state spent, one claim, paid once", json!({ "claims": paid }));
    report.balances(after);
    Ok(())
}

fn redemption(code: &str, label: &str) -> Call {
    Call::new("sendinvoice").with("invreq", code).with("label", label)
}

async fn try_again(
    report: &Report,
    node: &Node,
    code: &str,
    label: &str,
) -> Result<ErrorObject, DemoError> {
    let call = redemption(code, label);
    report.command(node, &call);
    let refused = report.work("trying to redeem it again", node.rpc().refusal(&call)).await?;
    let expected = refused.code == OFFER_BAD_REPLY.number && refused.message.contains("redeemed");
    ensure(expected, || format!("refused for another reason: {refused}"))?;
    Ok(refused)
}

fn told(refused: &ErrorObject) -> String {
    format!("refused: {}", shown(&refused.message))
}

fn facts(by: &str, string: &str, refused: &ErrorObject) -> serde_json::Value {
    json!({ "by": by, "string": string, "code": refused.code, "message": refused.message })
}
