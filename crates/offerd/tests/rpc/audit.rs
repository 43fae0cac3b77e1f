//! What the audit says of books that do not add up, and the payments of others in them, one by one.

use std::sync::Arc;

use bolt1::{Msat, Timestamp};
use offerd_core::audit::Forwarded;
use serde_json::json;

use crate::caller::Caller;
use crate::node::EmptyNode;
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

#[tokio::test(start_paused = true)]
async fn what_was_forwarded_is_listed_in_pages_and_what_is_not_known_is_left_out() {
    let world = World::new();
    let mut hub = Caller::of(world.announced());
    let forwarded = |created_index, fee: Option<u64>| Forwarded {
        created_index,
        at: Timestamp(1_700_000_000),
        came_by: Some([1; 32]),
        went_by: Some([2; 32]),
        amount: Msat::new(900),
        fee: fee.and_then(Msat::new),
    };
    let forwards = vec![forwarded(1, Some(2)), forwarded(2, None), forwarded(3, Some(0))];
    hub.api.node = Arc::new(EmptyNode { forwards, ..EmptyNode::default() });
    let all = hub.call("listforwards", json!({})).await;
    let view = json!({
        "created_index": 1, "status": "settled", "in_channel_id": "01".repeat(32), "out_channel_id": "02".repeat(32),
        "in_msat": 902, "out_msat": 900, "fee_msat": 2, "resolved_time": 1_700_000_000,
    });
    assert_eq!((all["forwards"].as_array().unwrap().len(), &all["forwards"][0]), (3, &view));
    assert!(
        all["forwards"][1].get("fee_msat").is_none() && all["forwards"][1].get("in_msat").is_none()
    );
    let page =
        hub.call("listforwards", json!({ "index": "created", "start": 2, "limit": 1 })).await;
    assert_eq!(
        (page["forwards"].as_array().unwrap().len(), &page["forwards"][0]["created_index"]),
        (1, &json!(2))
    );
}
