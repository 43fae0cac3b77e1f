use super::*;

/// Test vectors of BOLT 12 (`bolt12/offers-test.json`).
const MINIMAL: &str = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
const WITH_AMOUNT: &str =
    "lno1pqpzwyq2p32x2um5ypmx2cm5dae8x93pqthvwfzadd7jejes8q9lhc4rvjxd022zv5l44g6qah82ru5rdpnpj";
const WITH_CURRENCY: &str = "lno1qcp4256ypqpzwyq2p32x2um5ypmx2cm5dae8x93pqthvwfzadd7jejes8q9lhc4rvjxd022zv5l44g6qah82ru5rdpnpj";
const WITH_PATHS: &str = "lno1pgx9getnwss8vetrw3hhyucsl5qj5qeyv5l2cs6y3qqzesrth7mlzrlp3xg7xhulusczm04x6g6nms9trspqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqqsqqqqqqqqqqqqqqqqqqqqqqqqqqpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqsqpqg3zyg3zyg3zygpqqqqzqqqqgqqxqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqqgqqqqqqqqqqqqqqqqqqqqqqqqqqqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgqqsg3zyg3zyg3zygtzzqhwcuj966ma9n9nqwqtl032xeyv6755yeflt235pmww58egx6rxry";
const WITH_UNKNOWN: &str = "lno1pgx9getnwss8vetrw3hhyuckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvx078wdv5gg2dpjkcmr0wahhymry";
const NO_DESCRIPTION: &str = "lno1pqpzwyqkyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg";
const UNKNOWN_EVEN: &str = "lno1pgz5znzfgdz3vggzqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpysgr0u2xq4dh3kdevrf4zg6hx8a60jv0gxe0ptgyfc6xkryqqqqqqqq";

fn view(string: &str) -> Value {
    Value::Object(decode(string).view)
}

#[test]
fn an_offer_is_shown_field_by_field_under_core_lightnings_names() {
    let shown = view(WITH_AMOUNT);
    assert_eq!(shown["type"], "bolt12 offer");
    assert_eq!(shown["valid"], true);
    assert_eq!(shown["offer_amount_msat"], 10_000);
    assert_eq!(shown["offer_description"], "Test vectors");
    assert_eq!(shown["offer_id"].as_str().map(str::len), Some(64));
    assert!(shown["offer_issuer_id"].as_str().is_some_and(|id| id.starts_with("02eec7245d")));
    assert!(shown.get("reason").is_none());
}

#[test]
fn an_amount_of_a_currency_is_not_called_msat() {
    let shown = view(WITH_CURRENCY);
    assert_eq!(shown["offer_currency"], "USD");
    assert_eq!(shown["offer_amount"], 10_000);
    assert_eq!(shown["currency_minor_unit"], 2, "a hundred dollars");
    assert!(shown.get("offer_amount_msat").is_none());
    assert!(view(WITH_AMOUNT).get("currency_minor_unit").is_none());
}

#[test]
fn paths_name_their_first_node_or_channel() {
    let shown = view(WITH_PATHS);
    let paths = shown["offer_paths"].as_array().unwrap();
    assert!(paths[0]["first_node_id"].as_str().is_some_and(|id| id.len() == 66));
    assert_eq!(paths[1]["first_scid"], "1x2x3");
    assert_eq!(paths[1]["first_scid_dir"], 1);
    assert_eq!(paths[1]["path"].as_array().map(Vec::len), Some(2));
}

#[test]
fn unknown_odd_fields_are_listed_with_their_bytes() {
    let shown = view(WITH_UNKNOWN);
    assert_eq!(shown["valid"], true);
    assert_eq!(
        shown["unknown_offer_tlvs"],
        json!([{ "type": 1_000_000_033, "length": 10, "value": hex::encode("helloworld") }])
    );
}

/// Made by Core Lightning 26.06.6: every day from a base, in a window, for a limited time, in proportion.
const DAILY: &str = "lno1qgsqvgnwgcg35z6ee2h3yczraddm72xrfua9uve2rlrm9deu7xyfzrcgqv85ysq2qdkkzeckyypujfn4mmq7v7etd95ktv9p4q8vnn3rdccckdnu53mmfhxu7cy6p3078wdv5xqzqyqluwu6egdq2qt920cspl3mnt9pkpsqqqqrcrsslcae4jsaqyxq";
/// Made by Core Lightning 26.06.6: every ten seconds, for whoever wants to.
const OPTIONAL: &str = "lno1qgsqvgnwgcg35z6ee2h3yczraddm72xrfua9uve2rlrm9deu7xyfzrcgqv85ysq2q3kkzeenzcss8jfxwh0vrenm9d5kjeds5x5qajwwydhrrzek0jj80dxumnmqngx9lcae4jseqgqq5";

#[test]
fn the_schedule_of_a_recurring_offer_is_one_object() {
    let shown = view(DAILY);
    assert_eq!(shown["valid"], true);
    assert_eq!(
        shown["offer_recurrence"],
        json!({
            "compulsory_field": true,
            "time_unit": 1,
            "time_unit_name": "days",
            "period": 1,
            "basetime": 1_700_000_000,
            "proportional_amount": true,
            "limit": 12,
            "paywindow": { "seconds_before": 60, "seconds_after": 3600 },
        })
    );
    assert!(shown.get("unknown_offer_tlvs").is_none());
    assert_eq!(
        view(OPTIONAL)["offer_recurrence"],
        json!({ "compulsory_field": false, "time_unit": 0, "time_unit_name": "seconds", "period": 10 })
    );
}

#[test]
fn what_a_payment_of_a_series_says_of_it_is_shown_in_either_numbering() {
    for experimental in [0_u64, 2_000_000_000] {
        let mut writer = bolt1::Writer::new();
        for (typ, value) in [(92, &[1][..]), (93, &[7]), (94, &[])] {
            writer.write_bigsize(typ + experimental);
            writer.write_bigsize(u64::try_from(value.len()).unwrap());
            writer.write_bytes(value);
        }
        let shown = view(&bolt12::encode_string(Hrp::InvoiceRequest, &writer.into_bytes()));
        assert_eq!(shown["invreq_recurrence_counter"], 1);
        assert_eq!(shown["invreq_recurrence_start"], 7);
        assert_eq!(shown["invreq_recurrence_cancel"], true);
    }
}

#[test]
fn a_schedule_that_cannot_be_read_is_a_warning() {
    let shown = view(&bolt12::encode_string(Hrp::Offer, &[24, 1, 1, 26, 0, 29, 1, 2]));
    assert_eq!(shown["valid"], false);
    assert!(shown["warning_invalid_offer_recurrence_base"].is_string());
    assert_eq!(shown["offer_recurrence"]["limit"], 2);
}

#[test]
fn upper_case_joins_and_the_uri_scheme_are_understood() {
    let (head, tail) = WITH_AMOUNT.split_at(20);
    let plain = view(WITH_AMOUNT);
    for spelled in [
        WITH_AMOUNT.to_uppercase(),
        format!("lightning:{WITH_AMOUNT}"),
        format!("{head}+\n  {tail}"),
        format!(" {WITH_AMOUNT}\n"),
    ] {
        assert_eq!(view(&spelled), plain);
    }
}

#[test]
fn a_broken_rule_is_named_and_the_rest_is_still_shown() {
    let shown = view(NO_DESCRIPTION);
    assert_eq!(shown["valid"], false);
    let reason = "offer_description: missing (offer, field 10, at byte 4; OR-04)";
    assert_eq!(shown["reason"], reason);
    assert_eq!(shown["warning_missing_offer_description"], "offer_description: missing");
    assert_eq!(shown["offer_amount_msat"], 10_000);
    let shown = view(UNKNOWN_EVEN);
    assert_eq!(shown["valid"], false);
    assert_eq!(shown["unknown_offer_tlvs"][0]["type"], 72);
}

#[test]
fn a_string_of_the_2021_draft_gets_a_plain_explanation() {
    // An offer with a description (10) and the draft's x-only node_id (30).
    let mut bytes = vec![10, 2, b'h', b'i', 30, 32];
    bytes.extend([7; 32]);
    let shown = view(&bolt12::encode_string(Hrp::Offer, &bytes));
    assert_eq!(shown["valid"], false);
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("2021 draft")));
    assert_eq!((&shown["draft"], &shown["description"]), (&json!("2021"), &json!("hi")));
    assert_eq!(shown["node_id"], "07".repeat(32));
}

#[test]
fn strings_that_c_lightning_made_in_2021_are_shown_by_the_names_of_then() {
    let recurring = "lno1qcp4256ypqpq86q2pucnq42ngssx2an9wfujqerp0y2pqun4wd68jtn00fkxzcnn9ehhyec6qgqsz83qfwdp\
                     l28qqmc78ymlvhmxcsywdk5wrjnj36jryg488qwlrnzyjczs";
    let shown = view(recurring);
    assert_eq!(shown["type"], "bolt12 offer");
    assert_eq!(shown["valid"], false);
    assert_eq!((&shown["currency"], &shown["amount"]), (&json!("USD"), &json!(1000)));
    assert_eq!(shown["description"], "10USD every day");
    assert_eq!(shown["issuer"], "rusty.ozlabs.org");
    assert_eq!(shown["recurrence"]["time_unit_name"], "days");
    assert_eq!(shown["recurrence"]["period"], 1);
    assert_eq!(
        shown.as_object().unwrap().keys().filter(|key| key.starts_with("warning")).count(),
        0
    );
}

#[test]
fn a_payer_proof_is_shown_and_judged() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../vectors/bolt12/payer_proofs.json")).unwrap();
    let proof = |list: &str| vectors[list][0]["proof"].as_str().unwrap().to_owned();
    let shown = view(&proof("accepted"));
    assert_eq!((&shown["type"], &shown["valid"]), (&json!("bolt12 payer_proof"), &json!(true)));
    assert_eq!(shown["proof_preimage"].as_str().map(str::len), Some(64));
    assert!(shown["proof_leaf_hashes"].as_array().is_some_and(|hashes| !hashes.is_empty()));
    assert!(shown["invreq_payer_id"].is_string() && shown["proof_signature"].is_string());
    assert_eq!(shown["unknown_payer_proof_tlvs"][0]["type"], 3_000_000_001_u64);
    let shown = view(&proof("refused"));
    assert_eq!(shown["valid"], false);
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("PPR-01")));
}

#[test]
fn what_is_no_such_string_is_not_valid_and_says_why() {
    for (string, kind) in [
        ("", "unknown"),
        ("coffee", "unknown"),
        ("lno1", "bolt12 offer"),
        ("lno1b", "bolt12 offer"),
        ("lNo1zc", "bolt12 offer"),
        ("LIGHTNING:lnr1+", "bolt12 invoice_request"),
        ("lnbc1qqq", "bolt11 invoice"),
        ("lnp1qqq", "bolt12 payer_proof"),
    ] {
        let decoded = decode(string);
        assert!(!decoded.valid, "{string}");
        assert_eq!(decoded.view["type"], kind, "{string}");
        assert_eq!(decoded.view["valid"], false, "{string}");
        assert!(decoded.view["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
}

#[test]
fn every_cut_of_a_valid_string_is_survived() {
    for (end, _) in WITH_PATHS.char_indices() {
        let decoded = decode(&WITH_PATHS[..end]);
        assert_eq!(decoded.view["valid"], json!(decoded.valid));
    }
    assert!(decode(MINIMAL).valid);
}

#[test]
fn an_invoice_of_bolt_11_is_shown_under_core_lightnings_names() {
    // From the examples of BOLT 11.
    let string = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
    for string in [string.to_owned(), format!("bitcoin:bc1qq?lightning={}", string.to_uppercase())]
    {
        let decoded = decode(&string);
        assert!(decoded.valid);
        let expected = json!({
            "type": "bolt11 invoice",
            "valid": true,
            "currency": "bc",
            "created_at": 1_496_314_658,
            "expiry": 60,
            "payee": "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad",
            "amount_msat": 250_000_000,
            "payment_hash": "0001020304050607080900010203040506070809000102030405060708090102",
            "signature": decoded.view["signature"],
            "description": "1 cup coffee",
            "min_final_cltv_expiry": 18,
            "payment_secret": "11".repeat(32),
            "features": "4100",
        });
        assert_eq!(Value::Object(decoded.view), expected);
    }
    let mistyped = decode(&string.replacen("pvjl", "pvjq", 1));
    assert!(!mistyped.valid);
    assert_eq!(mistyped.view["reason"], "the checksum does not fit: the string is mistyped");
}

#[test]
fn a_name_and_an_address_say_why_they_are_no_codes() {
    for (text, told) in [("anna@example.org", "BIP 353"), ("bitcoin:bc1qq", "on the chain alone")] {
        let decoded = decode(text);
        assert!(!decoded.valid);
        assert!(decoded.view["reason"].as_str().unwrap().contains(told), "{:?}", decoded.view);
    }
}

#[test]
fn an_invoice_that_does_not_say_how_long_it_lives_lives_two_hours() {
    let vectors = include_str!("../../../../vectors/bolt12/payouts.json");
    let begin = vectors.find("lni1").unwrap();
    let string = vectors[begin..].split('"').next().unwrap();
    let (_, bytes) = decode_string(string).unwrap();
    let mut records = Stream::new(&bytes).map_while(Result::ok);
    assert!(records.all(|record| record.typ != 166), "this vector has the field");
    assert_eq!(view(string)["invoice_relative_expiry"], 7_200);
}
