//! We redeem their refunds.

use ldk_node::payment::{PaymentDetails, PaymentDirection, PaymentKind};
use serde_json::json;

use super::their_offers;
use crate::route::{Route, assert_in_parts, hash_of_proof, read_hash, receipt, too_much_for_one};
use crate::until::until;

pub(crate) fn we_redeem_a_refund_of_theirs(route: &Route<'_>) {
    redeem(route, 3_000_000, "refund");
}

/// No single channel of one hop could carry it.
pub(crate) fn we_redeem_a_refund_of_theirs_over_several_channels(route: &Route<'_>) {
    let before = route.purses_to_us();
    redeem(route, too_much_for_one(&before), "large refund");
    assert_in_parts(&before, &route.purses_to_us());
    their_offers::we_pay_back(route);
}

/// Has a refund of this amount made, redeems it, and compares what both have on record.
fn redeem(route: &Route<'_>, amount_msat: u64, label: &str) {
    let before = route.balances();
    let note = Some("with our apologies".to_owned());
    let refund = route.wallet.bolt12().initiate_refund(amount_msat, 3600, None, note, None);
    let params = json!({ "invreq": refund.unwrap().to_string(), "label": format!("{} {label}", route.way.name) });
    let redeemed = route.ours.call("sendinvoice", params.clone());
    assert_eq!(redeemed["status"], "paid", "{redeemed}");
    assert_eq!(redeemed["amount_received_msat"], amount_msat);

    let hash = read_hash(&redeemed["payment_hash"]);
    let sent: PaymentDetails = until("the wallet knows that it has paid", || {
        let known = route.wallet.payments_of(hash);
        assert!(known.len() <= 1, "{known:?}");
        let known = known.into_iter().next()?;
        Some(route.wallet.sent(known.id).unwrap())
    });
    assert_eq!(sent.direction, PaymentDirection::Outbound);
    assert_eq!(sent.amount_msat, Some(amount_msat));
    let fee = sent.fee_paid_msat.unwrap();
    route.assert_fee_to_us(fee);
    before.wait_until_we_got(amount_msat, fee);
    let PaymentKind::Bolt12Refund { preimage, .. } = sent.kind else { panic!("{sent:?}") };
    let received = receipt(route.ours, hash);
    assert_eq!(hash_of_proof(preimage), hash);
    assert_eq!(received["label"], params["label"]);
    assert_eq!(received["amount_received_msat"], amount_msat);
}
