//! Invoices of BOLT 11's examples, and the `lightning-invoice` crate as a second opinion.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bolt11::{Bolt11Error, FallbackKind, Invoice, is_bolt11};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use proptest::prelude::*;
use secp256k1::{Secp256k1, SecretKey};

/// From the examples of BOLT 11: 20 mBTC with a hash of its description, a fallback address and a route over two hops.
const TWO_HOPS: &str = "lnbc20m1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqhp58yjmdan79s6qqdhdzgynm4zwqd5d7xmw5fk98klysy043l2ahrqsfpp3qjmp7lwpagxun9pygexvgpjdc4jdj85fr9yq20q82gphp2nflc7jtzrcazrra7wwgzxqc8u7754cdlpfrmccae92qgzqvzq2ps8pqqqqqqpqqqqq9qqqvpeuqafqxu92d8lr6fvg0r5gv0heeeqgcrqlnm6jhphu9y00rrhy4grqszsvpcgpy9qqqqqqgqqqqq7qqzq9qrsgqdfjcdk6w3ak5pca9hwfwfh63zrrz06wwfya0ydlzpgzxkn5xagsqz7x9j4jwe7yj7vaf2k9lqsdk45kts2fd0fkr28am0u4w95tt2nsq76cqw0";
/// "Please make a donation of any amount".
const DONATION: &str = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
/// The key that has signed the examples.
const PAYEE: &str = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";

#[test]
fn the_examples_of_the_specification_are_read() {
    let donation = Invoice::decode(DONATION).unwrap();
    assert_eq!((donation.currency, donation.amount), ("bc", None));
    assert_eq!(donation.payee.to_string(), PAYEE);
    assert_eq!(donation.created_at.0, 1_496_314_658);
    let text = "Please consider supporting this project";
    assert_eq!(donation.description.as_deref(), Some(text));
    assert_eq!(donation.payment_secret, Some([0x11; 32]));
    assert_eq!((donation.expiry().0, donation.min_final_cltv_expiry().0), (3_600, 18));
    assert_eq!(hex::encode(donation.features.unwrap()), "4100");
    let routed = Invoice::decode(TWO_HOPS).unwrap();
    assert_eq!(routed.amount.unwrap().as_u64(), 2_000_000_000);
    let hash = "3925b6f67e2c340036ed12093dd44e0368df1b6ea26c53dbe4811f58fd5db8c1";
    assert_eq!(hex::encode(routed.description_hash.unwrap()), hash);
    let [hops] = routed.routes.as_slice() else { panic!("one route") };
    assert_eq!(hops[0].short_channel_id.to_string(), "66051x263430x1800");
    assert_eq!((hops[1].fee_base_msat, hops[1].fee_proportional_millionths), (2, 30));
    assert_eq!((hops[0].cltv_expiry_delta, hops[1].cltv_expiry_delta), (3, 4));
    let [fallback] = routed.fallbacks.as_slice() else { panic!("one address") };
    assert_eq!(fallback.kind, FallbackKind::P2pkh);
    assert_eq!(fallback.address, "1RustyRX2oai4EYYDpQGWvEL62BBGqN9T");
}

#[test]
fn upper_case_and_the_scheme_change_nothing() {
    let plain = Invoice::decode(DONATION);
    for string in [
        DONATION.to_uppercase(),
        format!("lightning:{DONATION}"),
        format!(" LIGHTNING:{}\n", DONATION.to_uppercase()),
    ] {
        assert!(is_bolt11(&string));
        assert_eq!(Invoice::decode(&string), plain);
    }
    for string in ["", "lno1", "ln", "lightning:", "lightning:lno1qq", "\u{661}\u{661}"] {
        assert!(!is_bolt11(string), "{string}");
    }
}

#[test]
fn what_is_wrong_is_told_apart() {
    let mixed = DONATION.replacen('p', "P", 1);
    let mistyped = DONATION.replacen("pvjl", "pvjq", 1);
    for (string, error) in [
        ("", Bolt11Error::Encoding),
        ("lnbc", Bolt11Error::Encoding),
        (mixed.as_str(), Bolt11Error::Encoding),
        (mistyped.as_str(), Bolt11Error::Checksum),
    ] {
        assert_eq!(Invoice::decode(string), Err(error), "{string}");
    }
    let long = format!("lnbc1{}", "q".repeat(bolt11::MAX_STRING_LEN));
    assert_eq!(Invoice::decode(&long), Err(Bolt11Error::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_lightning_invoice_makes_is_read_as_it_was_meant(
        key in prop::array::uniform32(1_u8..),
        hash in any::<[u8; 32]>(),
        amount in prop::option::of(1_u64..2_000_000_000_000),
        description in "\\PC{0,80}",
        expiry in 1_u64..10_000_000,
        delay in 0_u64..5_000,
        metadata in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let secp = Secp256k1::new();
        let key = SecretKey::from_slice(&key).unwrap();
        let hash_of = bitcoin_hashes::Hash::from_byte_array(hash);
        let mut builder = InvoiceBuilder::new(Currency::Regtest)
            .description(description.clone())
            .payment_hash(hash_of)
            .payment_secret(PaymentSecret(hash))
            .payment_metadata(metadata.clone())
            .duration_since_epoch(Duration::from_secs(1_700_000_000))
            .expiry_time(Duration::from_secs(expiry))
            .min_final_cltv_expiry_delta(delay)
            .basic_mpp();
        if let Some(amount) = amount {
            builder = builder.amount_milli_satoshis(amount);
        }
        let made = builder.build_signed(|digest| secp.sign_ecdsa_recoverable(digest, &key)).unwrap();
        let read = Invoice::decode(&made.to_string()).unwrap();
        prop_assert_eq!(read.currency, "bcrt");
        prop_assert_eq!(read.amount.map(|amount| amount.as_u64()), amount);
        prop_assert_eq!(read.description.as_ref(), Some(&description));
        prop_assert_eq!((read.payment_hash, read.payment_secret), (Some(hash), Some(hash)));
        prop_assert_eq!(read.payment_metadata.as_ref(), Some(&metadata));
        prop_assert_eq!(read.expiry().0, expiry);
        prop_assert_eq!(u64::from(read.min_final_cltv_expiry().0), delay);
        prop_assert_eq!(read.payee, key.public_key(&secp));
    }

    #[test]
    fn no_string_makes_it_panic(text in "\\PC{0,200}", words in "[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{0,400}") {
        let _ = Invoice::decode(&text);
        let _ = Invoice::decode(&format!("lnbc1{words}"));
    }
}
