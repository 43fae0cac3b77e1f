//! They redeem our payouts.

use ldk_node::lightning::offers::refund::Refund;
use ldk_node::payment::{PaymentKind, PaymentStatus};
use serde_json::{Value, json};

use super::our_offers;
use crate::route::{Route, assert_in_parts, payment, shown, too_much_for_one};
use crate::until::until;

pub(crate) fn they_redeem_a_payout_of_ours(route: &Route<'_>) {
    redeem(route, 5_000_000);
}

/// No single channel of one hop could carry it.
pub(crate) fn they_redeem_a_payout_of_ours_over_several_channels(route: &Route<'_>) {
    let before = route.purses_to_them();
    redeem(route, too_much_for_one(&before));
    assert_in_parts(&before, &route.purses_to_them());
}

pub(crate) fn they_redeem_a_payout_of_ours_once_only(route: &Route<'_>) {
    let payout = redeem(route, 2_000_000);
    let again = payout["invoice_request"].as_str().unwrap().parse().unwrap();
    let invoice = route.wallet.bolt12().request_refund_payment(&again).unwrap();
    // The wallet is not told of a refusal. Messages keep their order, so what we are asked afterwards we hear later.
    our_offers::they_pay_any_amount_to_an_offer_of_ours(route);
    assert_eq!(record(route, &payout)["claims"].as_array().unwrap().len(), 1);
    let [waiting] = &route.wallet.payments_of(invoice.payment_hash())[..] else {
        panic!("one record of one hash")
    };
    assert_eq!(waiting.status, PaymentStatus::Pending);
}

/// Makes a payout of this amount, has it redeemed, and compares what both have on record.
fn redeem(route: &Route<'_>, amount_msat: u64) -> Value {
    let params = json!({ "amount": format!("{amount_msat}msat"), "description": "withdrawal" });
    let payout = route.ours.call("offerout", params);
    let before = route.balances();
    let code: Refund = payout["invoice_request"].as_str().unwrap().parse().unwrap();
    let invoice = route.wallet.bolt12().request_refund_payment(&code).unwrap();
    let received = route.wallet.received(invoice.payment_hash());
    assert_eq!(received.amount_msat, Some(amount_msat));
    let PaymentKind::Bolt12Refund { preimage, .. } = received.kind else { panic!("{received:?}") };

    let claim = until("the claim is paid", || {
        let record = record(route, &payout);
        let claims = record["claims"].as_array().unwrap();
        assert!(claims.len() <= 1, "{claims:?}");
        claims.iter().find(|claim| claim["state"] == "paid").cloned()
    });
    assert_eq!(record(route, &payout)["state"], "spent");
    assert_eq!(claim["payment_hash"], invoice.payment_hash().to_string());
    assert_eq!(claim["amount_msat"], amount_msat);
    assert_eq!(claim["payment_preimage"], shown(preimage));
    let fee = claim["fee_msat"].as_u64().unwrap();
    route.assert_fee_to_them(fee);
    before.wait_until_they_got(amount_msat, fee);
    let sent = payment(route.ours, &claim["payment_hash"]);
    assert_eq!(sent["status"], "complete");
    assert_eq!(sent["payout_offer_id"], payout["offer_id"]);
    assert_eq!(sent["amount_sent_msat"], amount_msat + fee);
    payout
}

fn record(route: &Route<'_>, payout: &Value) -> Value {
    let list = route.ours.call("listpayouts", json!({ "offer_id": payout["offer_id"] }));
    let [record] = list["payouts"].as_array().unwrap().as_slice() else { panic!("{list}") };
    record.clone()
}
