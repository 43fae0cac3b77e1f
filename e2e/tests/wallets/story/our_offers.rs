//! They pay our offers.

use ldk_node::lightning::offers::offer::Offer;
use ldk_node::payment::{PaymentDetails, PaymentDirection, PaymentKind};
use serde_json::{Value, json};

use super::their_offers;
use crate::route::{Route, assert_in_parts, hash_of_proof, receipt, too_much_for_one};

/// An offer of ours, and how it is paid.
struct Purchase<'a> {
    offer: Value,
    amount_msat: Option<u64>,
    quantity: Option<u64>,
    note: Option<&'a str>,
    /// What we are to get.
    due_msat: u64,
}

impl Purchase<'_> {
    /// Pays, and compares what both have on record.
    fn make(&self, route: &Route<'_>) {
        let offer = route.ours.call("offer", self.offer.clone());
        let before = route.balances();
        let code: Offer = offer["bolt12"].as_str().unwrap().parse().unwrap();
        let note = self.note.map(str::to_owned);
        let bolt12 = route.wallet.bolt12();
        let id = match self.amount_msat {
            Some(amount) => bolt12.send_using_amount(&code, amount, self.quantity, note, None),
            None => bolt12.send(&code, self.quantity, note, None),
        };
        let paid = route.wallet.sent(id.unwrap()).unwrap();
        let fee = paid.fee_paid_msat.unwrap();
        route.assert_fee_to_us(fee);
        before.wait_until_we_got(self.due_msat, fee);
        self.compare(route, &offer, &paid);
    }

    fn compare(&self, route: &Route<'_>, offer: &Value, paid: &PaymentDetails) {
        assert_eq!(paid.direction, PaymentDirection::Outbound);
        let PaymentKind::Bolt12Offer { hash, preimage, offer_id: _, payer_note, quantity, .. } =
            &paid.kind
        else {
            panic!("{paid:?}")
        };
        let received = receipt(route.ours, hash.unwrap());
        assert_eq!(received["amount_msat"], self.due_msat);
        assert_eq!(received["amount_received_msat"], self.due_msat);
        assert_eq!(received["local_offer_id"], offer["offer_id"]);
        assert_eq!(hash_of_proof(*preimage), hash.unwrap());
        assert_eq!(received["invreq_payer_note"], json!(self.note));
        assert_eq!(payer_note.as_ref().map(|note| note.0.as_str()), self.note);
        assert_eq!(received["quantity"], json!(self.quantity));
        assert_eq!(*quantity, self.quantity);
    }
}

pub(crate) fn they_pay_a_fixed_price_of_ours_with_a_note(route: &Route<'_>) {
    Purchase {
        offer: json!({ "amount": "7000sat", "description": "coffee", "label": route.way.name }),
        amount_msat: None,
        quantity: None,
        note: Some("no sugar, please \u{2615}"),
        due_msat: 7_000_000,
    }
    .make(route);
}

pub(crate) fn they_pay_any_amount_to_an_offer_of_ours(route: &Route<'_>) {
    Purchase {
        offer: json!({ "amount": "any", "description": "donations" }),
        amount_msat: Some(4_321_001),
        quantity: None,
        note: None,
        due_msat: 4_321_001,
    }
    .make(route);
}

pub(crate) fn they_pay_for_several_items_of_ours(route: &Route<'_>) {
    Purchase {
        offer: json!({ "amount": "1500sat", "description": "a pencil", "quantity_max": 10 }),
        amount_msat: None,
        quantity: Some(3),
        note: Some("red ones"),
        due_msat: 4_500_000,
    }
    .make(route);
}

pub(crate) fn they_pay_an_offer_of_ours_twice_with_two_invoices(route: &Route<'_>) {
    let offer = json!({ "amount": "100sat", "description": "a sweet" });
    for _ in 0..2 {
        Purchase {
            offer: offer.clone(),
            amount_msat: None,
            quantity: None,
            note: None,
            due_msat: 100_000,
        }
        .make(route);
    }
}

/// No single channel of one hop could carry it.
pub(crate) fn they_pay_us_over_several_channels(route: &Route<'_>) {
    let before = route.purses_to_us();
    let due_msat = too_much_for_one(&before);
    Purchase {
        offer: json!({ "amount": format!("{due_msat}msat"), "description": "a car" }),
        amount_msat: None,
        quantity: None,
        note: None,
        due_msat,
    }
    .make(route);
    assert_in_parts(&before, &route.purses_to_us());
    their_offers::we_pay_back(route);
}
