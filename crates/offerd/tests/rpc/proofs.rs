//! `createproof`, `verifyproof`, and `decode` of what they make and take.

use serde_json::{Value, json};

use crate::caller::Caller;
use crate::world::World;

/// A customer, and the offer and invoice that it has paid once.
async fn paid() -> (World, Caller, Value, Value) {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await["bolt12"].clone();
    let before = customer.refusal("createproof", json!([offer])).await;
    assert_eq!(before.code, 1700);
    let invoice = customer.call("fetchinvoice", json!([offer])).await["invoice"].clone();
    customer.call("pay", json!([invoice])).await;
    (world, customer, offer, invoice)
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_proven_by_its_invoice_or_its_offer() {
    let (_world, customer, offer, invoice) = paid().await;
    let made = customer.call("createproof", json!([invoice])).await;
    let proof = &made["proofs"][0];
    assert_eq!(proof["offer_fields_included"], json!(["offer_description", "offer_issuer_id"]));
    assert_eq!(proof["invreq_fields_included"], json!(["invreq_payer_id"]));
    let of_invoice = proof["invoice_fields_included"].as_array().unwrap();
    for name in ["invoice_created_at", "invoice_payment_hash", "invoice_amount", "signature"] {
        assert!(of_invoice.contains(&json!(name)), "{name}");
    }
    let same = customer.call("createproof", json!([offer])).await;
    assert_eq!(same, made, "the same arguments give the same proof");
    customer.call("pay", json!([offer])).await;
    let two = customer.call("createproof", json!([offer])).await;
    assert_eq!(two["proofs"].as_array().unwrap().len(), 2);
    assert_eq!(&two["proofs"][0], proof);

    let verified = customer.call("verifyproof", json!([proof["bolt12"]])).await;
    assert_eq!(verified["valid"], true);
    assert_eq!(verified["invoice_amount_msat"], 1_000_000);
    assert_eq!(verified["offer_description"], "coffee");
    let decoded = customer.call("decode", json!([proof["bolt12"]])).await;
    assert_eq!((&decoded["type"], &decoded["valid"]), (&json!("bolt12 payer_proof"), &json!(true)));
    assert_eq!(decoded["proof_preimage"], verified["proof_preimage"]);
    assert_eq!(decoded.get("invreq_metadata"), None);
}

#[tokio::test(start_paused = true)]
async fn a_proof_answers_the_note_that_it_was_asked_for() {
    let (_world, customer, _, invoice) = paid().await;
    let made = customer.call("createproof", json!({ "invstring": invoice, "note": "for Ann, 7" }));
    let proof = made.await["proofs"][0]["bolt12"].clone();
    let verified = customer.call("verifyproof", json!([proof, "for Ann, 7"])).await;
    assert_eq!((&verified["valid"], &verified["proof_note"]), (&json!(true), &json!("for Ann, 7")));
    let other = customer.call("verifyproof", json!([proof, "for Bob"])).await;
    assert_eq!(other["valid"], false);
    assert!(other["reason"].as_str().unwrap().starts_with("proof_note"));
    let plain = customer.call("createproof", json!([invoice])).await["proofs"][0]["bolt12"].clone();
    let silent = customer.call("verifyproof", json!([plain, "for Ann, 7"])).await;
    assert_eq!(silent["valid"], false, "it has no note");
}

#[tokio::test(start_paused = true)]
async fn the_payer_chooses_what_is_shown_by_name_or_number() {
    let (_world, customer, _, invoice) = paid().await;
    let with = async |include: Value| {
        customer.call("createproof", json!({ "invstring": invoice, "include": include })).await
    };
    let by_name = with(json!(["offer_amount"])).await;
    assert_eq!(by_name, with(json!([8])).await);
    assert_eq!(by_name["proofs"][0]["offer_fields_included"], json!(["offer_amount"]));
    let least = with(json!([])).await;
    assert_eq!(least["proofs"][0]["offer_fields_included"], json!([]));
    assert_eq!(least["proofs"][0]["invreq_fields_included"], json!(["invreq_payer_id"]));
    for wrong in [json!(["offer_colour"]), json!(["invreq_metadata"]), json!([0])] {
        let call = json!({ "invstring": invoice, "include": wrong });
        let error = customer.refusal("createproof", call).await;
        assert_eq!(error.code, -32602, "{wrong}");
        assert!(error.message.starts_with("include"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_proof_is_told_apart_from_a_wrong_one() {
    let (_world, customer, offer, invoice) = paid().await;
    assert_eq!(customer.refusal("verifyproof", json!([offer])).await.code, -32602);
    let made = customer.call("createproof", json!([invoice])).await;
    let proof = made["proofs"][0]["bolt12"].as_str().unwrap().to_owned();
    let again = customer.refusal("createproof", json!([proof])).await;
    assert_eq!(again.code, -32602);
    let mut bytes = bolt12::decode_string(&proof).unwrap().1;
    *bytes.get_mut(60).unwrap() ^= 1;
    let changed = bolt12::encode_string(bolt12::Hrp::PayerProof, &bytes);
    let verified = customer.call("verifyproof", json!([changed])).await;
    assert_eq!(verified["valid"], false);
    assert!(verified["reason"].is_string() && verified.get("proof_preimage").is_none());
}
