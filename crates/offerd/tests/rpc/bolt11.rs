//! `invoice`, and paying invoices of BOLT 11.

use serde_json::json;

use crate::caller::Caller;
use crate::world::{World, pass, settle};

async fn shop_and_customer() -> (World, Caller, Caller) {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    (world, shop, customer)
}

#[tokio::test(start_paused = true)]
async fn an_invoice_is_on_record_before_it_is_paid_and_both_sides_list_it() {
    let (_world, shop, customer) = shop_and_customer().await;
    let made = shop.call("invoice", json!(["21sat", "order 17", "two teas"])).await;
    assert_eq!(made["created_index"], 1);
    let waiting = shop.call("listinvoices", json!(["order 17"])).await["invoices"][0].clone();
    assert_eq!((&waiting["status"], &waiting["bolt11"]), (&json!("unpaid"), &made["bolt11"]));
    assert_eq!(
        (&waiting["amount_msat"], &waiting["description"]),
        (&json!(21_000), &json!("two teas"))
    );
    let paid = customer.call("pay", json!([made["bolt11"], null, "lunch"])).await;
    assert_eq!((&paid["status"], &paid["amount_msat"]), (&json!("complete"), &json!(21_000)));
    assert_eq!((&paid["bolt11"], &paid["payment_hash"]), (&made["bolt11"], &made["payment_hash"]));
    let told = shop.call("waitinvoice", json!(["order 17"])).await;
    assert_eq!(told["payment_preimage"], paid["payment_preimage"]);
    assert_eq!((&told["status"], &told["amount_received_msat"]), (&json!("paid"), &json!(21_000)));
    assert_eq!((&told["label"], &told["pay_index"]), (&json!("order 17"), &json!(1)));
    let listed = customer.call("listpays", json!({ "bolt11": made["bolt11"] })).await;
    assert_eq!(listed["pays"][0]["preimage"], paid["payment_preimage"]);
    // The same call again is the same payment; another label too, for an invoice is paid once.
    for label in ["lunch", "dinner"] {
        let again = customer.call("pay", json!([made["bolt11"], null, label])).await;
        assert_eq!(again["payment_preimage"], paid["payment_preimage"]);
    }
    assert_eq!((customer.rows()[2], shop.rows()[4]), (1, 1));
    assert_eq!((shop.party.gained(), customer.party.gained()), (21_000, -21_000));
}

#[tokio::test(start_paused = true)]
async fn a_description_goes_with_an_invoice_of_bolt_11_alone() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1sat", "tea"])).await["bolt12"].clone();
    let refused = customer.refusal("pay", json!({ "bolt11": offer, "description": "tea" })).await;
    assert!(refused.message.starts_with("description: goes with an lnbc… string"), "{refused:?}");
    assert_eq!(customer.rows()[2], 0);
}

#[tokio::test(start_paused = true)]
async fn a_label_names_one_invoice() {
    let (_world, shop, customer) = shop_and_customer().await;
    shop.call("invoice", json!(["1sat", 17, "a"])).await;
    let refused = shop.refusal("invoice", json!(["1sat", "17", "a"])).await;
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (900, "an invoice with this label exists already")
    );
    let payout = customer.call("offerout", json!(["5sat", "d"])).await;
    assert_eq!(shop.refusal("sendinvoice", json!([payout["bolt12"], "17"])).await.code, 900);
    shop.call("sendinvoice", json!([payout["bolt12"], "18"])).await;
    assert_eq!(shop.refusal("invoice", json!(["1sat", "18", "a"])).await.code, 900);
    assert_eq!(shop.rows()[3], 2);
}

#[tokio::test(start_paused = true)]
async fn a_preimage_is_chosen_once_and_shown_when_it_is_paid() {
    let (_world, shop, customer) = shop_and_customer().await;
    let preimage = "07".repeat(32);
    let call = |label| json!({ "amount_msat": "1sat", "label": label, "description": "d", "preimage": preimage });
    let made = shop.call("invoice", call("a")).await;
    let refused = shop.refusal("invoice", call("b")).await;
    assert_eq!((refused.code, shop.rows()[3]), (901, 1));
    let unpaid = shop.call("listinvoices", json!(["a"])).await["invoices"][0].clone();
    assert!(unpaid.get("payment_preimage").is_none(), "{unpaid}");
    let paid = customer.call("pay", json!([made["bolt11"]])).await;
    assert_eq!(paid["payment_preimage"], preimage);
    settle().await;
    let listed = shop.call("listinvoices", json!(["a"])).await["invoices"][0].clone();
    assert_eq!(listed["payment_preimage"], preimage);
}

#[tokio::test(start_paused = true)]
async fn the_payer_says_how_much_where_the_invoice_does_not() {
    let (_world, shop, customer) = shop_and_customer().await;
    let any = shop.call("invoice", json!(["any", "tip", "tip"])).await["bolt11"].clone();
    let listed = shop.call("listinvoices", json!(["tip"])).await;
    assert!(listed["invoices"][0].get("amount_msat").is_none());
    let refused = customer.refusal("xpay", json!([any])).await;
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (-32602, "amount_msat: is required: the invoice leaves it to the payer")
    );
    let call = json!({ "invstring": any, "amount_msat": "3sat", "max_amount_msat": "2sat" });
    assert_eq!(customer.refusal("xpay", call).await.code, 206);
    customer.call("xpay", json!([any, "3sat"])).await;
    settle().await;
    let paid = shop.call("listinvoices", json!({ "status": "paid" })).await;
    assert_eq!(paid["invoices"][0]["amount_received_msat"], 3_000);
    let refused = customer.refusal("xpay", json!([any, "4sat"])).await;
    assert_eq!(refused.code, 219);
    let fixed = shop.call("invoice", json!(["5sat", "fixed", "d"])).await["bolt11"].clone();
    let refused = customer.refusal("pay", json!([fixed, "6sat"])).await;
    assert_eq!(
        (refused.code, refused.message.starts_with("amount_msat: the invoice asks exactly ")),
        (-32602, true)
    );
}

#[tokio::test(start_paused = true)]
async fn a_payment_after_its_invoice_has_expired_is_sent_back() {
    let (_world, shop, customer) = shop_and_customer().await;
    let call = json!({ "amount_msat": "5sat", "label": "l", "description": "d", "expiry": 60 });
    let made = shop.call("invoice", call).await;
    // The payment hangs on its way until the invoice is over.
    shop.party.node.hold_payments();
    let paying = {
        let (api, string) = (customer.api.clone(), made["bolt11"].clone());
        tokio::spawn(async move {
            let params = json!({ "bolt11": string, "retry_for": 90 });
            let params = serde_json::value::to_raw_value(&params).unwrap();
            offerd::rpc::Calls::call(&api, "pay", Some(&params)).await
        })
    };
    pass(62).await;
    shop.party.node.release_payments();
    let refused = paying.await.unwrap().unwrap_err();
    assert_eq!(refused.code, 203, "{refused}");
    assert_eq!((shop.rows()[4], shop.party.gained(), customer.party.gained()), (0, 0, 0));
    let late = customer.refusal("pay", json!([made["bolt11"]])).await;
    assert_eq!(late.code, 207);
    let waited = shop.refusal("waitinvoice", json!(["l"])).await;
    assert_eq!(waited.code, 903);
}

#[tokio::test(start_paused = true)]
async fn strings_that_are_no_invoices_are_told_apart() {
    let (_world, shop, customer) = shop_and_customer().await;
    let good = shop.call("invoice", json!([1, "good", "d"])).await["bolt11"].clone();
    for (method, params, told) in [
        ("pay", json!(["lnbc1nonsense"]), "bolt11: not an invoice of this network"),
        ("xpay", json!(["LIGHTNING:lnbc1nonsense"]), "invstring: not an invoice of this network"),
        (
            "pay",
            json!({ "bolt11": good, "quantity": 2 }),
            "quantity: goes with an offer, this is an invoice",
        ),
        (
            "xpay",
            json!({ "invstring": good, "payer_note": "x" }),
            "payer_note: goes with an offer, this is an invoice",
        ),
    ] {
        let refused = customer.refusal(method, params).await;
        assert_eq!((refused.code, refused.message.as_str()), (-32602, told));
    }
    let own = shop.call("invoice", json!([1, "l", "d"])).await["bolt11"].clone();
    let refused = shop.refusal("pay", json!([own])).await;
    assert_eq!((refused.code, refused.message.as_str()), (205, "this would pay ourselves"));
    let long = shop.refusal("invoice", json!([1, "m", "x".repeat(640)])).await;
    assert_eq!(
        (long.code, long.message.as_str()),
        (-32602, "description: should be at most 639 bytes long, unless deschashonly is true")
    );
}
