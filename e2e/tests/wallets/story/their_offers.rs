//! We pay their offers.

use ldk_node::lightning::offers::offer::Offer;
use ldk_node::payment::PaymentKind;
use serde_json::{Value, json};

use crate::route::{Purse, Route, assert_in_parts, payment, read_hash, shown, too_much_for_one};

/// An offer of theirs, and how it is paid.
struct Purchase {
    offer: Offer,
    /// What `pay` is told besides the offer.
    params: Value,
    /// What they are to get.
    due_msat: u64,
}

impl Purchase {
    /// Pays, and compares what both have on record.
    fn make(self, route: &Route<'_>) {
        let before = route.balances();
        let mut params = self.params.clone();
        params["bolt11"] = json!(self.offer.to_string());
        let paid = route.ours.call("pay", params);
        assert_eq!(paid["status"], "complete", "{paid}");
        assert_eq!(paid["amount_msat"], self.due_msat);
        let fee = paid["amount_sent_msat"].as_u64().unwrap() - self.due_msat;
        route.assert_fee_to_them(fee);
        before.wait_until_they_got(self.due_msat, fee);

        let sent = payment(route.ours, &paid["payment_hash"]);
        assert_eq!(sent["status"], "complete");
        assert_eq!(sent["amount_msat"], self.due_msat);
        assert_eq!(sent["amount_sent_msat"], self.due_msat + fee);
        assert_eq!(sent["preimage"], paid["payment_preimage"]);
        let received = route.wallet.received(read_hash(&paid["payment_hash"]));
        assert_eq!(received.amount_msat, Some(self.due_msat));
        let PaymentKind::Bolt12Offer { preimage, offer_id, payer_note, quantity, .. } =
            received.kind
        else {
            panic!("{received:?}")
        };
        assert_eq!(paid["payment_preimage"], shown(preimage));
        assert_eq!(offer_id, self.offer.id());
        assert_eq!(json!(payer_note.map(|note| note.0)), self.params["payer_note"]);
        assert_eq!(json!(quantity), self.params["quantity"]);
    }
}

pub(crate) fn we_pay_a_fixed_price_of_theirs_with_a_note(route: &Route<'_>) {
    let offer = route.wallet.bolt12().receive(6_000_000, "tea", Some(3600), None).unwrap();
    let params = json!({ "payer_note": "with lemon \u{1f34b}" });
    Purchase { offer, params, due_msat: 6_000_000 }.make(route);
}

pub(crate) fn we_pay_any_amount_to_an_offer_of_theirs(route: &Route<'_>) {
    let offer = route.wallet.bolt12().receive_variable_amount("tips", None).unwrap();
    Purchase { offer, params: json!({ "amount_msat": 1_234_567 }), due_msat: 1_234_567 }
        .make(route);
}

pub(crate) fn we_pay_for_several_items_of_theirs(route: &Route<'_>) {
    let offer = route.wallet.bolt12().receive(1_100_000, "a biscuit", None, Some(5)).unwrap();
    Purchase { offer, params: json!({ "quantity": 4 }), due_msat: 4_400_000 }.make(route);
}

/// No single channel of one hop could carry it.
pub(crate) fn we_pay_them_over_several_channels(route: &Route<'_>) {
    let before = route.purses_to_them();
    let due_msat = too_much_for_one(&before);
    let offer = route.wallet.bolt12().receive(due_msat, "a bicycle", None, None).unwrap();
    Purchase { offer, params: json!({}), due_msat }.make(route);
    assert_in_parts(&before, &route.purses_to_them());
}

/// `ldk-node` makes an invoice only if a single channel could bring the amount, unless it has public channels.
pub(crate) fn we_learn_that_they_make_no_invoice_over_several_channels(route: &Route<'_>) {
    let before = route.balances();
    let amount = too_much_for_one(&route.purses_to_them());
    let offer = route.wallet.bolt12().receive(amount, "a bicycle", None, None).unwrap();
    let params = json!({ "bolt11": offer.to_string() });
    let (code, message) = route.ours.refusal("pay", params);
    assert_eq!(code, 1004, "{message}");
    assert!(message.contains("MissingPaths"), "{message}");
    before.wait_until_they_got(0, 0);
}

/// After a large payment to us: gives each of the wallet's channels something again.
pub(crate) fn we_pay_back(route: &Route<'_>) {
    if route.way.they_are_announced {
        return we_pay_them_over_several_channels(route);
    }
    // More than half of the fullest channel, so that the second does not fit behind the first.
    let hops = route.purses_to_them();
    let fullest = |hop: &Vec<Purse>| hop.iter().map(|purse| purse.can_carry).max().unwrap();
    let due_msat = hops.iter().map(fullest).min().unwrap() / 10 * 6;
    for _ in 0..2 {
        let offer = route.wallet.bolt12().receive(due_msat, "change", None, None).unwrap();
        Purchase { offer, params: json!({}), due_msat }.make(route);
    }
}
