use super::*;

/// The examples of bLIP-51, with the order's state and payment left to the caller.
fn example(payment: Value) -> Value {
    serde_json::json!({
        "order_id": "bb4b5d0a-8334-49d8-9463-90a6d413af7c",
        "lsp_balance_sat": "5000000", "client_balance_sat": "2000000",
        "required_channel_confirmations": 0, "funding_confirms_within_blocks": 1,
        "channel_expiry_blocks": 12, "token": "", "created_at": "2012-04-23T18:25:43.511Z",
        "announce_channel": true, "order_state": "CREATED", "payment": payment, "channel": null,
    })
}

fn bolt11(state: &str) -> Value {
    serde_json::json!({
        "state": state, "expires_at": "2015-01-25T19:29:44.612Z", "fee_total_sat": "8888",
        "order_total_sat": "2008888", "invoice": "lnbc1",
    })
}

fn sat(amount: u64) -> Msat {
    Msat::from_sat(amount).unwrap()
}

#[test]
fn the_options_of_the_specification_are_read() {
    let it = serde_json::json!({
        "min_required_channel_confirmations": 0, "min_funding_confirms_within_blocks": 6,
        "supports_zero_channel_reserve": true, "max_channel_expiry_blocks": 20160,
        "min_initial_client_balance_sat": "20000", "max_initial_client_balance_sat": "100000000",
        "min_initial_lsp_balance_sat": "0", "max_initial_lsp_balance_sat": "100000000",
        "min_channel_balance_sat": "50000", "max_channel_balance_sat": "100000000",
    });
    let read = options(it.clone()).unwrap();
    assert_eq!((read.min_confirmations, read.min_confirms_within), (0, 6));
    assert_eq!((read.supports_zero_reserve, read.max_expiry_blocks), (true, 20_160));
    assert_eq!(read.client_balance, Range { least: sat(20_000), most: sat(100_000_000) });
    assert_eq!(read.channel_balance.least, sat(50_000));
    for wrong in ["-1", "+1", "1.0", "", "2100000000000001"] {
        let mut it = it.clone();
        it["min_channel_balance_sat"] = Value::from(wrong);
        // No digits at all are no number either.
        assert_eq!(options(it), None, "{wrong:?}");
    }
}

#[test]
fn an_order_is_read_with_the_ways_that_are_known_and_what_is_wrong_with_the_others() {
    let onchain = serde_json::json!({
        "state": "EXPECT_PAYMENT", "expires_at": "2015-01-25T19:29:44.612Z",
        "fee_total_sat": "9999", "order_total_sat": "2009999",
        "address": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "min_onchain_payment_confirmations": 1, "min_fee_for_0conf": null,
    });
    let payment = serde_json::json!({
        "bolt11": bolt11("EXPECT_PAYMENT"), "onchain": onchain, "bolt12": { "state": "?" },
        "barter": { "sheep": 2 },
    });
    let read = order(example(payment), Network::Regtest).unwrap();
    assert_eq!((read.order.lsp_balance, read.order.expiry_blocks), (sat(5_000_000), 12));
    let [(_, Ok(bolt11)), (_, Err(WayUnsound::Unreadable)), (_, Ok(onchain))] = &read.ways[..]
    else {
        panic!("{:?}", read.ways)
    };
    assert_eq!((bolt11.way.fee, bolt11.way.total), (sat(8_888), sat(2_008_888)));
    assert_eq!(bolt11.way.expires_at, Timestamp(1_422_214_184));
    assert!(bolt11.code.as_ref().unwrap_err().starts_with("is no BOLT 11 invoice"));
    assert_eq!(onchain.way.min_confirmations, Some(1));
    assert_eq!(onchain.code, Ok(CodeFacts::default()));
    let elsewhere = address(&onchain.way.code, Network::Bitcoin);
    assert_eq!(elsewhere, Err("is no address of this chain".to_owned()));
}

#[test]
fn each_state_of_a_payment_is_known_and_the_old_name_of_one() {
    for (name, state) in [
        ("EXPECT_PAYMENT", PaymentState::Expected),
        ("HOLD", PaymentState::Held),
        ("PAID", PaymentState::Paid),
        ("REFUNDED", PaymentState::Refunded),
        ("CANCELLED", PaymentState::Refunded),
    ] {
        let payment = serde_json::json!({ "bolt11": bolt11(name) });
        let read = order(example(payment), Network::Regtest).unwrap();
        assert_eq!(read.ways[0].1.as_ref().unwrap().way.state, state, "{name}");
    }
}

#[test]
fn an_order_without_a_name_that_can_be_shown_is_none() {
    for wrong in ["", "two words", "\u{1b}[2J", &"x".repeat(65)] {
        let mut it = example(serde_json::json!({}));
        it["order_id"] = Value::from(wrong);
        assert_eq!(order(it, Network::Regtest), None, "{wrong:?}");
    }
    let mut it = example(serde_json::json!({}));
    it["channel"] = serde_json::json!({
        "funded_at": "2012-04-23T18:25:43.511Z",
        "funding_outpoint": "0301e0480b374b32851a9462db29dc19fe830a7f7d7a88b81612b9d42099c0ae:0",
        "expires_at": "2012-04-23T18:25:43.511Z",
    });
    let channel = order(it.clone(), Network::Regtest).unwrap().channel.unwrap();
    assert!(channel.funding.ends_with("c0ae:0"));
    it["channel"]["funding_outpoint"] = Value::from("nowhere");
    assert_eq!(order(it, Network::Regtest), None);
}
