//! Who may do what: runes, made and shown.

use offerd_core::rune::{Alternative, Restriction, Rune};
use serde_json::json;

use crate::client::{Shop, post};

const PAYOUT: &str = "{\"amount\":\"1000sat\",\"description\":\"x\"}";

#[tokio::test]
async fn nothing_is_had_without_a_rune_of_ours() {
    let shop = Shop::open().await;
    let ours = shop.rune(&["method=getinfo"]);
    let foreign = Shop::open().await.rune(&["method=getinfo"]);
    let mut forged = ours.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    assert_eq!(shop.call(&ours, "getinfo", "").await.status, 201);
    let widened = {
        let rune: Rune = ours.parse().unwrap();
        let text = rune.restrictions_text().replace("getinfo", "offerout");
        let code = &hex::decode(hex_of(&ours)).unwrap()[..32];
        base64_of(&[code, text.as_bytes()].concat())
    };
    // The same seed makes both parties of a world's kind: a foreign rune has to differ in its number at least.
    for (rune, what) in [
        ("", "empty"),
        ("AAAA", "short"),
        ("????", "no base64"),
        (forged.as_str(), "forged"),
        (widened.as_str(), "widened"),
    ] {
        for method in ["getinfo", "offerout", "nonsense"] {
            let answer = shop.call(rune, method, PAYOUT).await;
            assert_eq!((answer.status, answer.code()), (401, 1501), "{what}: {answer:?}");
            assert!(answer.head.contains("www-authenticate: rune"), "{answer:?}");
        }
    }
    drop(foreign);
    let without =
        "POST /v1/getinfo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(shop.send(without.as_bytes()).await.status, 401);
    let twice = post("getinfo", &format!("{ours}\r\nrune: {ours}"), "");
    assert_eq!(shop.send(twice.as_bytes()).await.status, 401);
    assert_eq!(shop.caller.rows(), [0; 6]);
    shop.close().await;
}

fn hex_of(rune: &str) -> String {
    use std::fmt::Write as _;
    let bytes = decode_base64(rune);
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn decode_base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter(|byte| *byte != b'=');
    let digits: Vec<u32> = digits
        .map(|byte| u32::try_from(DIGITS.iter().position(|digit| *digit == byte).unwrap()).unwrap())
        .collect();
    let bits: Vec<bool> = digits
        .iter()
        .flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1))
        .collect();
    let byte = |bits: &[bool]| bits.iter().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks_exact(8).map(byte).collect()
}

fn base64_of(bytes: &[u8]) -> String {
    let bits: Vec<bool> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    let digit = |bits: &[bool]| {
        let at = (0..6)
            .fold(0, |at, bit| at << 1 | usize::from(bits.get(bit).copied().unwrap_or(false)));
        char::from(DIGITS[at])
    };
    bits.chunks(6).map(digit).collect()
}

#[tokio::test]
async fn a_rune_allows_what_its_restrictions_do_under_any_name_and_place() {
    let shop = Shop::open().await;
    for (restrictions, method, params, status) in [
        (&["method=offer"][..], "offer", "[\"any\", \"x\"]", 201),
        (&["method=offer"], "offerout", PAYOUT, 403),
        (&["method^list|method=getinfo"], "listoffers", "", 201),
        (&["method^list|method=getinfo"], "getinfo", "", 201),
        (&["method^list|method=getinfo"], "stop", "", 403),
        // Another name of a forbidden method is the forbidden method.
        (&["method/disableoffer"], "deloffer", "[\"00\"]", 400),
        (&["method/disableoffer"], "deloffer", &format!("[\"{}\"]", "00".repeat(32)), 403),
        (&["method/deloffer"], "disableoffer", &format!("[\"{}\"]", "00".repeat(32)), 403),
        (&["pnameamount=7"], "offer", "[7, \"x\"]", 201),
        (&["parr0=7"], "offer", "{\"amount\":7,\"description\":\"x\"}", 201),
        (&["parr0=8"], "offer", "{\"amount\":7,\"description\":\"x\"}", 403),
        (&["pnameamount<5000"], "offer", "[4999, \"x\"]", 201),
        (&["pnameamount<5000"], "offer", "[5000, \"x\"]", 403),
        (&["pnameamount<5000"], "offer", "[\"4sat\", \"x\"]", 403),
        (&["pnameamount<5000"], "offer", "[\"any\", \"x\"]", 403),
        (&["pnamelabel!"], "offer", "[6, \"x\"]", 201),
        (&["pnamelabel!"], "offer", "[6, \"x\", null, \"l\"]", 403),
        (
            &["pnamequantitymax=3"],
            "offer",
            "{\"amount\":3,\"description\":\"x\",\"quantity_max\":3}",
            201,
        ),
        (
            &["pnameissuer=me"],
            "offerout",
            "{\"amount\":3,\"description\":\"x\",\"vendor\":\"me\"}",
            201,
        ),
        (&["pnum<3"], "offer", "[9, \"x\"]", 201),
        (&["pnum<3"], "offer", "[9, \"x\", \"i\"]", 403),
        (&["id=02"], "getinfo", "", 403),
        (&["nonsense=1"], "getinfo", "", 403),
        (&["nonsense!"], "getinfo", "", 201),
        (&["a remark#"], "getinfo", "", 201),
    ] {
        let answer = shop.call(&shop.rune(restrictions), method, params).await;
        assert_eq!(answer.status, status, "{restrictions:?} {method} {params}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.code(), 1502);
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn an_expired_rune_and_one_that_is_used_too_often_are_refused() {
    let shop = Shop::open().await;
    let now = offerd_testkit::sample::NOW.0;
    let fresh = shop.rune(&[&format!("time<{}", now + 1000)]);
    assert_eq!(shop.call(&fresh, "getinfo", "").await.status, 201);
    let expired = shop.rune(&[&format!("time<{now}")]);
    assert_eq!(shop.call(&expired, "getinfo", "").await.status, 403);
    for limit in ["rate=2", "per=1hour"] {
        let limited = shop.rune(&[limit]);
        assert_eq!(shop.call(&limited, "getinfo", "").await.status, 201);
        let again = shop.call(&limited, "getinfo", "").await;
        assert_eq!((again.status, again.code()), (429, 1502), "{again:?}");
        // Who adds restrictions to a rune does not get more of it.
        let rune: Rune = limited.parse().unwrap();
        let more = Restriction::new(vec![Alternative::read("method=getinfo").unwrap()]).unwrap();
        let more = rune.restricted(more).unwrap().expose();
        assert_eq!(shop.call(&more, "getinfo", "").await.status, 429);
    }
    shop.close().await;
}

#[tokio::test]
async fn a_blacklisted_rune_and_all_made_from_it_are_refused_until_relisted() {
    let shop = Shop::open().await;
    let master = shop.rune(&[]);
    let made = shop.call(&master, "createrune", "{\"restrictions\":\"readonly\"}").await.json();
    let (rune, id) = (made["rune"].as_str().unwrap(), made["unique_id"].as_str().unwrap());
    assert_eq!(id, "1");
    assert_eq!(shop.call(rune, "listoffers", "").await.status, 201);
    assert_eq!(shop.call(rune, "offer", "[\"any\",\"x\"]").await.status, 403);
    let params = json!({ "rune": rune, "restrictions": [["method=listoffers"]] }).to_string();
    let narrower = shop.call(rune, "createrune", &params).await;
    assert_eq!(narrower.status, 403, "readonly does not allow createrune: {narrower:?}");
    let narrower = shop.call(&master, "createrune", &params).await.json();
    let narrower = narrower["rune"].as_str().unwrap().to_owned();
    let listed = shop.call(&master, "blacklistrune", "[1]").await.json();
    assert_eq!(listed, json!({ "blacklist": [{ "start": 1, "end": 1 }] }));
    for rune in [rune, &narrower] {
        let answer = shop.call(rune, "listoffers", "").await;
        assert_eq!((answer.status, answer.code()), (401, 1503), "{answer:?}");
    }
    let shown = shop.call(&master, "showrunes", "").await.json();
    assert_eq!(shown["runes"][1]["blacklisted"], true, "{shown}");
    assert_eq!(shown["runes"][1]["rune"], rune);
    assert!(shown["runes"][0]["last_used"].is_u64());
    shop.call(&master, "blacklistrune", "{\"start\":1,\"relist\":true}").await;
    assert_eq!(shop.call(rune, "listoffers", "").await.status, 201);
    shop.close().await;
}

#[tokio::test]
async fn a_restricted_rune_gets_no_rune_that_can_do_more() {
    let shop = Shop::open().await;
    let master = shop.rune(&[]);
    let limited = shop.rune(&["method^create|method^show|method^blacklist"]);
    for (method, params) in [("createrune", ""), ("showrunes", ""), ("blacklistrune", "[0]")] {
        let answer = shop.call(&limited, method, params).await;
        assert_eq!((answer.status, answer.code()), (403, 1502), "{method}: {answer:?}");
    }
    let own = json!({ "rune": limited, "restrictions": ["method=help"] }).to_string();
    assert_eq!(shop.call(&limited, "createrune", &own).await.status, 201);
    assert_eq!(shop.call(&master, "getinfo", "").await.status, 201);
    shop.close().await;
}

#[tokio::test]
async fn payouts_of_a_rune_stay_within_its_limit_per_day() {
    let shop = Shop::open().await;
    let rune =
        shop.rune(&["method=offerout|method=listpayouts|method=withdraw", "payoutperday<2500000"]);
    // 1000 sat and 5 sat for routing.
    assert_eq!(shop.call(&rune, "offerout", PAYOUT).await.status, 201);
    assert_eq!(shop.call(&rune, "offerout", PAYOUT).await.status, 201);
    let third = shop.call(&rune, "offerout", PAYOUT).await;
    assert_eq!((third.status, third.code()), (403, 1502), "{third:?}");
    assert!(third.json()["message"].as_str().unwrap().contains("payoutperday"), "{third:?}");
    assert_eq!(shop.call(&rune, "listpayouts", "").await.status, 201, "what costs nothing goes on");
    for (method, params) in [
        ("withdraw", "[\"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080\", 1000]"),
        ("offerout", "{\"amount\":\"5USD\",\"description\":\"x\"}"),
    ] {
        let answer = shop.call(&rune, method, params).await;
        assert_eq!(answer.status, 403, "a call without a bound: {answer:?}");
    }
    let other = shop.rune(&["payoutperday<2500000"]);
    assert_eq!(shop.call(&other, "offerout", PAYOUT).await.status, 201, "each rune has its own");
    shop.close().await;
}

#[tokio::test]
async fn strings_that_pay_out_are_shown_to_those_alone_who_may_make_them() {
    let shop = Shop::open().await;
    shop.caller.call("offerout", json!({ "amount": "1000sat", "description": "x" })).await;
    let may = shop.rune(&["method^list|method=offerout"]);
    let shown = shop.call(&may, "listpayouts", "").await;
    assert!(shown.text.contains("lno1") && shown.text.contains("lnr1"), "{shown:?}");
    let may_not = shop.rune(&["method^list|method=offer"]);
    for method in ["listpayouts", "listoffers", "listinvoicerequests"] {
        let shown = shop.call(&may_not, method, "").await;
        assert_eq!(shown.status, 201);
        assert!(!shown.text.contains("lno1") && !shown.text.contains("lnr1"), "{shown:?}");
    }
    shop.caller.call("offer", json!({ "amount": "any", "description": "tea" })).await;
    let shown = shop.call(&may_not, "listoffers", "").await;
    assert!(shown.text.contains("lno1"), "codes to be paid by are no secret: {shown:?}");
    shop.close().await;
}

#[tokio::test]
async fn checkrune_says_what_the_door_would() {
    let shop = Shop::open().await;
    let rune = shop.rune(&["method=pay", "pnamebolt11^lni"]);
    let check = |params: serde_json::Value| {
        let mut call = json!({ "rune": rune });
        call.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
        call
    };
    let allowed = check(json!({ "method": "pay", "params": ["lni1qq"] }));
    assert_eq!(shop.caller.call("checkrune", allowed).await, json!({ "valid": true }));
    for (params, code) in [
        (json!({ "method": "pay", "params": ["lno1qq"] }), 1502),
        (json!({ "method": "offer", "params": {} }), -32602),
        (json!({ "method": "getinfo", "params": {} }), 1502),
        (json!({}), 1502),
    ] {
        let refused = shop.caller.refusal("checkrune", check(params.clone())).await;
        assert_eq!(refused.code, code, "{params} {refused}");
    }
    let other = json!({ "rune": "A".repeat(43) });
    assert_eq!(shop.caller.refusal("checkrune", other).await.code, 1501);
    shop.close().await;
}
