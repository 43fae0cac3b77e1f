//! What the maker of a code is told when nobody could pay it, or we could not.

use serde_json::json;

use crate::caller::Caller;
use crate::world::World;

/// The node of these tests has no channel.
#[tokio::test(start_paused = true)]
async fn codes_of_a_node_without_channels_are_made_with_a_warning() {
    let shop = Caller::of(World::new().announced());
    let offer = shop.call("offer", json!({ "amount": "1sat", "description": "tea" })).await;
    assert!(
        offer["warning_no_inbound"].as_str().unwrap().contains("nothing can arrive"),
        "{offer}"
    );
    assert!(offer.get("warning_capacity").is_none() && offer.get("warning_offline").is_none());
    let tips = shop.call("offer", json!({ "amount": "any", "description": "tips" })).await;
    assert!(tips["warning_no_inbound"].is_string(), "{tips}");
    for (method, amount) in [("offerout", "1sat"), ("invoicerequest", "2sat"), ("offerout", "any")]
    {
        let made = shop.call(method, json!({ "amount": amount, "description": "gift" })).await;
        let warning = made["warning_no_outbound"].as_str().unwrap();
        assert!(warning.starts_with("0msat can be sent now"), "{made}");
    }
}

#[tokio::test(start_paused = true)]
async fn open_payouts_are_listed_beside_what_is_there_to_pay_them() {
    let shop = Caller::of(World::new().announced());
    let nothing = shop.call("listpayouts", json!({})).await;
    assert_eq!(nothing["open_payouts_msat"], 0);
    assert!(nothing.get("warning_no_outbound").is_none());
    for label in ["one", "other"] {
        let gift = json!({ "amount": "5sat", "description": "gift", "label": label });
        shop.call("offerout", gift).await;
    }
    let any = json!({ "amount": "any", "description": "gift", "max_amount_msat": 7000 });
    let any = shop.call("offerout", any).await;
    let listed = shop.call("listpayouts", json!({ "label": "one" })).await;
    assert_eq!(listed["payouts"].as_array().unwrap().len(), 1);
    assert_eq!(listed["open_payouts_msat"], 17_000, "those that are not in the list count too");
    assert_eq!(listed["spendable_msat"], 0);
    assert!(listed["warning_no_outbound"].as_str().unwrap().contains("17000msat"));
    shop.call("disableoffer", json!({ "offer_id": any["offer_id"] })).await;
    assert_eq!(shop.call("listpayouts", json!({})).await["open_payouts_msat"], 10_000);
}

#[tokio::test(start_paused = true)]
async fn getinfo_says_what_is_missing_before_the_first_payment() {
    let shop = Caller::of(World::new().announced());
    let info = shop.call("getinfo", json!({})).await;
    let missing = info["missing"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{info}");
    assert!(missing[0].as_str().unwrap().starts_with("There is no channel"), "{info}");
}
