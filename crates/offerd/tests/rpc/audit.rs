//! What the audit says of books that do not add up.

use serde_json::json;

use crate::caller::Caller;
use crate::world::World;

/// The node of these tests has nothing: whatever the records say was received is missing.
#[tokio::test(start_paused = true)]
async fn what_was_received_and_is_not_there_is_the_difference() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let empty = shop.call("audit", json!({})).await;
    assert_eq!((&empty["balanced"], &empty["difference_msat"]), (&json!(true), &json!(0)));
    assert!(empty.get("hints").is_none(), "{empty}");
    let offer = shop.call("offer", json!({ "amount": "21sat", "description": "tea" })).await;
    customer.call("pay", json!([offer["bolt12"]])).await;
    shop.api.driver.wait_for_receipt(0, None, None).await.unwrap();
    let audit = shop.call("audit", json!({})).await;
    assert_eq!((&audit["balanced"], &audit["difference_msat"]), (&json!(false), &json!(-21_000)));
    assert_eq!((&audit["have_msat"], &audit["booked_msat"]), (&json!(0), &json!(21_000)));
    assert_eq!(audit["hints"][0], "21000msat are missing");
    let audit = customer.call("audit", json!({})).await;
    assert_eq!(audit["balanced"], false);
    assert!(audit["difference_msat"].as_i64().unwrap() >= 21_000, "{audit}");
}
