//! A second opinion: LDK's codec reads what we write, we read what it writes, and both judge alike.

mod common;

use std::time::Duration;

use bolt12::field::*;
use bolt12::{
    ChainHash, Invoice, InvoiceBuilder, InvoiceError, InvoiceKind, InvoiceRequest,
    InvoiceRequestBuilder, InvoiceRequestKind, Offer, Price, Seconds,
};
use common::*;
use lightning::bitcoin::Network;
use lightning::blinded_path::payment::{BlindedPayInfo as LdkPayInfo, BlindedPaymentPath};
use lightning::ln::channelmanager::PaymentId;
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::offers::invoice::{Bolt12Invoice, UnsignedBolt12Invoice};
use lightning::offers::invoice_error::{ErroneousField, InvoiceError as LdkInvoiceError};
use lightning::offers::invoice_request::InvoiceRequest as LdkInvoiceRequest;
use lightning::offers::nonce::Nonce;
use lightning::offers::offer::{
    Amount, Offer as LdkOffer, OfferBuilder as LdkOfferBuilder, Quantity,
};
use lightning::offers::refund::{Refund, RefundBuilder};
use lightning::sign::EntropySource;
use lightning::types::features::BlindedHopFeatures;
use lightning::types::payment::PaymentHash;
use lightning::util::ser::Writeable;
use proptest::prelude::*;

/// The one vector that LDK, which does not look at what is left over behind the last byte, accepts.
const LDK_IGNORES_PADDING: &str = "Bech32 padding exceeds 4-bit limit";

/// The same bytes always.
struct FixedEntropy;

impl EntropySource for FixedEntropy {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        [0x77; 32]
    }
}

/// The offer if LDK would answer it: it looks at features only when asked for a request, and does not yet refuse
/// offers for no chain at all, which nobody can answer.
fn ldk_offer(bytes: &[u8]) -> Result<LdkOffer, String> {
    let offer = LdkOffer::try_from(bytes.to_vec()).map_err(|error| format!("{error:?}"))?;
    match offer.offer_features().requires_unknown_bits() || offer.chains().is_empty() {
        true => Err("read, but not to be answered".to_owned()),
        false => Ok(offer),
    }
}

fn ldk_payment_paths() -> Vec<BlindedPaymentPath> {
    let hop = |key| lightning::blinded_path::BlindedHop {
        blinded_node_id: pubkey(key),
        encrypted_payload: vec![1; 40],
    };
    let info = LdkPayInfo {
        fee_base_msat: 1000,
        fee_proportional_millionths: 10,
        cltv_expiry_delta: 80,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
        features: BlindedHopFeatures::empty(),
    };
    vec![BlindedPaymentPath::from_blinded_path_and_payinfo(
        pubkey(0x51),
        pubkey(0x52),
        vec![hop(0x53), hop(PAYEE)],
        info,
    )]
}

fn ldk_request_for(offer: &LdkOffer) -> LdkInvoiceRequest {
    let key = ExpandedKey::new([0x55; 32]);
    let nonce = Nonce::from_entropy_source(&FixedEntropy);
    offer
        .request_invoice(&key, nonce, &secp(), PaymentId([0x66; 32]))
        .expect("no unknown features")
        .payer_note("thanks".to_owned())
        .build_and_sign()
        .expect("valid")
}

fn ldk_signed(unsigned: UnsignedBolt12Invoice, signer: u8) -> Bolt12Invoice {
    let sign = |message: &UnsignedBolt12Invoice| {
        Ok(secp().sign_schnorr_no_aux_rand(message.tagged_hash().as_digest(), &keypair(signer)))
    };
    unsigned.sign(sign).expect("the right key")
}

#[test]
fn both_judge_the_offers_of_the_specification_alike() {
    let file = include_str!("../../../vectors/bolt12/offers.json");
    let file: serde_json::Value = serde_json::from_str(file).expect("JSON");
    for case in file["cases"].as_array().expect("a list") {
        let string = case["string"].as_str().expect("a string");
        let ours = string.parse::<Offer>();
        let ldks = string
            .parse::<LdkOffer>()
            .map_err(|error| format!("{error:?}"))
            .and_then(|offer| ldk_offer(offer.as_ref()));
        let expected = ours.is_ok() || case["name"] == LDK_IGNORES_PADDING;
        assert_eq!(expected, ldks.is_ok(), "{}: {ours:?}, {ldks:?}", case["name"]);
    }
}

#[test]
fn ldk_reads_our_offers() {
    let ours = offer_builder()
        .metadata([1, 2, 3])
        .absolute_expiry(NOW)
        .issuer("shop")
        .paths(&[path(ISSUER)])
        .quantity_max(bolt12::QuantityMax::Unbounded)
        .chains(&[ChainHash([7; 32]), ChainHash::BITCOIN])
        .raw(33, *b"odd")
        .raw(1_000_000_033, *b"odd")
        .build()
        .expect("valid");
    let ldks: LdkOffer = ours.to_string().parse().expect("LDK reads it");
    assert_eq!(ldks.amount(), Some(Amount::Bitcoin { amount_msats: 10_000 }));
    assert_eq!(ldks.description().expect("set").0, "coffee");
    assert_eq!(ldks.issuer().expect("set").0, "shop");
    assert_eq!(ldks.metadata().expect("set"), &[1, 2, 3]);
    assert_eq!(ldks.absolute_expiry(), Some(Duration::from_secs(NOW.0)));
    assert_eq!(ldks.supported_quantity(), Quantity::Unbounded);
    assert_eq!(ldks.issuer_signing_pubkey(), ours.issuer_id());
    assert_eq!(ldks.chains().len(), 2);
    assert_eq!(ldks.paths().len(), 1);
    assert_eq!(ldks.as_ref(), ours.bytes());
}

#[test]
fn ldk_refuses_our_payout_offers() {
    let payout = payout_offer();
    assert!(ldk_offer(payout.bytes()).is_err(), "field 54 is even, so nobody pays it by mistake");
}

#[test]
fn we_read_ldks_offers() {
    let ldks = LdkOfferBuilder::new(pubkey(ISSUER))
        .amount_msats(5)
        .description("tea".to_owned())
        .issuer("shop".to_owned())
        .chain(Network::Regtest)
        .supported_quantity(Quantity::Bounded(std::num::NonZeroU64::new(3).expect("not zero")))
        .absolute_expiry(Duration::from_secs(NOW.0))
        .build()
        .expect("valid");
    let ours: Offer = ldks.to_string().parse().expect("we read it");
    assert_eq!(ours.price(), Price::Msat(msat(5)));
    assert_eq!(ours.description().expect("set").as_str(), "tea");
    assert_eq!(ours.absolute_expiry(), Some(NOW));
    assert_eq!(ours.issuer_id(), Some(pubkey(ISSUER)));
    assert_eq!(ours.quantity_max().map(|max| format!("{max:?}")).as_deref(), Some("Bounded(3)"));
    assert!(ours.supports_chain(ChainHash(ldks.chains()[0].to_bytes())));
    assert_eq!(ours.to_string(), ldks.to_string());
}

#[test]
fn ldk_verifies_our_requests_and_answers_them() {
    let offer = offer_builder().raw(33, *b"odd").build().expect("valid");
    let ours = InvoiceRequestBuilder::for_offer(&offer)
        .metadata([9; 16])
        .amount(msat(11_000))
        .payer_note("thanks")
        .bip_353_name(&bolt12::Bip353Name::new("bob", "example.com").expect("plain"))
        .raw(2_000_001_729, [1; 32])
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    // LDK checks the signature as it reads.
    let ldks = LdkInvoiceRequest::try_from(ours.bytes().to_vec()).expect("LDK reads it");
    assert_eq!(ldks.payer_signing_pubkey(), ours.payer_id());
    assert_eq!(ldks.payer_metadata(), ours.metadata());
    assert_eq!(ldks.amount_msats(), Some(11_000));
    assert_eq!(ldks.payer_note().expect("set").0, "thanks");
    assert_eq!(ldks.offer_from_hrn().as_ref().expect("set").user(), "bob");

    let unsigned = ldks
        .respond_with_no_std(ldk_payment_paths(), PaymentHash([3; 32]), Duration::from_secs(NOW.0))
        .expect("valid")
        .relative_expiry(60)
        .allow_mpp()
        .build()
        .expect("valid");
    let invoice = Invoice::decode(&ldk_signed(unsigned, ISSUER).encode()).expect("we read it");
    assert_eq!(invoice.verify_signature(&secp()), Ok(()));
    assert_eq!(invoice.mirrors(&ours), Ok(()));
    assert_eq!(invoice.kind(), InvoiceKind::ForOffer);
    assert_eq!(invoice.amount(), msat(11_000));
    assert_eq!(invoice.created_at(), NOW);
    assert_eq!(invoice.relative_expiry(), Seconds(60));
    assert_eq!(invoice.payment_hash(), [3; 32]);
    assert!(invoice.supports_mpp() && !invoice.requires_mpp());
    let (payment_path, info) = &invoice.payment_paths()[0];
    assert_eq!(payment_path.hops.len(), 2);
    assert_eq!(*info, pay_info());
}

#[test]
fn we_verify_ldks_requests_and_answer_them() {
    let offer = offer();
    let ldks = ldk_request_for(&ldk_offer(offer.bytes()).expect("LDK reads it"));
    let ours = InvoiceRequest::decode(&ldks.encode()).expect("we read it");
    assert_eq!(ours.verify_signature(&secp()), Ok(()));
    assert_eq!(ours.kind(), InvoiceRequestKind::ForOffer);
    assert_eq!(ours.offer_bytes(), offer.bytes());
    assert_eq!(ours.offer_id(), offer.id());
    assert_eq!(ours.payer_note().expect("set").as_str(), "thanks");
    assert_eq!(ours.amount_due(None), Ok(msat(10_000)));

    let invoice = completed(InvoiceBuilder::for_request(&ours))
        .amount(msat(10_000))
        .basic_mpp()
        .sign(&secp(), &keypair(ISSUER))
        .expect("valid");
    let read = Bolt12Invoice::try_from(invoice.bytes().to_vec()).expect("LDK reads it");
    assert_eq!(read.amount_msats(), 10_000);
    assert_eq!(read.signing_pubkey(), pubkey(ISSUER));
    assert_eq!(read.payment_hash(), PaymentHash([3; 32]));
    assert_eq!(read.relative_expiry(), Duration::from_secs(7200));
    assert_eq!(read.payment_paths().len(), 1);
    assert!(read.invoice_features().supports_basic_mpp());
    let key = ExpandedKey::new([0x55; 32]);
    let nonce = Nonce::from_entropy_source(&FixedEntropy);
    let payment = read.verify_using_payer_data(PaymentId([0x66; 32]), nonce, &key, &secp());
    assert_eq!(payment, Ok(PaymentId([0x66; 32])), "LDK recognises its own request in it");
}

#[test]
fn ldk_redeems_our_payout_requests() {
    let ours = payout_request();
    let refund: Refund = ours.to_string().parse().expect("LDK reads it");
    assert_eq!(refund.amount_msats(), 10_000);
    assert_eq!(refund.description().0, "withdrawal");
    assert_eq!(refund.payer_signing_pubkey(), pubkey(PAYER));
    let unsigned = refund
        .respond_with_no_std(
            ldk_payment_paths(),
            PaymentHash([3; 32]),
            pubkey(PAYEE),
            Duration::from_secs(NOW.0),
        )
        .expect("valid")
        .build()
        .expect("valid");
    let invoice = Invoice::decode(&ldk_signed(unsigned, PAYEE).encode()).expect("we read it");
    assert_eq!(invoice.verify_signature(&secp()), Ok(()));
    assert_eq!(invoice.mirrors(&ours), Ok(()));
    assert_eq!(invoice.kind(), InvoiceKind::ForPayoutRequest);
    assert_eq!(invoice.node_id(), pubkey(PAYEE));
}

#[test]
fn we_redeem_ldks_refunds() {
    let refund = RefundBuilder::new(vec![9; 16], pubkey(PAYER), 10_000)
        .expect("an amount there is")
        .description("withdrawal".to_owned())
        .chain(Network::Regtest)
        .payer_note("sorry".to_owned())
        .build()
        .expect("valid");
    let ours: InvoiceRequest = refund.to_string().parse().expect("we read it");
    assert_eq!(ours.kind(), InvoiceRequestKind::Payout);
    assert_eq!(ours.chain().0, refund.chain().to_bytes());
    assert_eq!(ours.amount_due(None), Ok(msat(10_000)));
    let invoice = invoice_for(&ours, PAYEE);
    let read = Bolt12Invoice::try_from(invoice.bytes().to_vec()).expect("LDK reads it");
    assert_eq!(read.signing_pubkey(), pubkey(PAYEE));
    assert_eq!(read.amount_msats(), 10_000);
    assert_eq!(read.payer_note().expect("set").0, "sorry");
}

#[test]
fn a_path_is_answered_by_its_end_in_both_opinions() {
    let offer = bolt12::OfferBuilder::new().paths(&[path(PAYEE)]).build().expect("valid");
    let request = InvoiceRequestBuilder::for_offer(&offer)
        .metadata([9; 16])
        .amount(msat(1))
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    let invoice = invoice_for(&request, PAYEE);
    let ldks = Bolt12Invoice::try_from(invoice.bytes().to_vec()).expect("LDK reads it");
    assert_eq!(ldks.signing_pubkey(), pubkey(PAYEE));
    let forged = with_record(invoice.bytes(), INVOICE_NODE_ID, Some(&pubkey(0x53).serialize()));
    assert!(Bolt12Invoice::try_from(forged.clone()).is_err());
    assert!(Invoice::decode(&forged).is_err());
}

/// Whether a way to pay can be used is judged by whoever pays, in both.
#[test]
fn an_invoice_without_a_usable_path_is_read_by_both() {
    let needy = bolt12::BlindedPayInfo { features: vec![1], ..pay_info() };
    let invoice = completed(InvoiceBuilder::for_request(&payout_request()))
        .paths(vec![(path(0x61), needy)])
        .sign(&secp(), &keypair(PAYEE))
        .expect("valid");
    assert_eq!(invoice.usable_paths().count(), 0);
    let ldks = Bolt12Invoice::try_from(invoice.bytes().to_vec()).expect("LDK reads it");
    assert!(ldks.payment_paths()[0].payinfo.features.requires_unknown_bits());
}

/// An offer with many fields, to be damaged.
fn rich_offer() -> Vec<u8> {
    let usd = bolt12::Currency::new("USD").expect("three capitals");
    offer_builder()
        .fiat(usd, std::num::NonZeroU64::MIN)
        .chains(&[ChainHash([7; 32])])
        .metadata([1])
        .features([2])
        .absolute_expiry(NOW)
        .paths(&[path(ISSUER)])
        .issuer("é")
        .quantity_max(bolt12::QuantityMax::Unbounded)
        .raw(1_000_000_001, [])
        .build()
        .expect("valid")
        .bytes()
        .to_vec()
}

/// Whether a field of recurrence is there, which LDK does not know: it skips the odd ones whatever they hold.
fn mentions_recurrence(bytes: &[u8]) -> bool {
    let is_recurrence = |typ| name(typ).is_some_and(|name| name.contains("_recurrence_"));
    let mut records = bolt1::tlv::Stream::new(bytes).map_while(Result::ok);
    records.any(|record| is_recurrence(record.typ))
}

#[test]
fn ldks_refusals_are_read_although_their_length_is_in_front() {
    let mut ldks = LdkInvoiceError::from_string("MissingPaths".to_owned());
    let ours = InvoiceError::new("MissingPaths");
    assert_eq!(ldks.encode()[1..], ours.encode());
    assert_eq!(InvoiceError::decode(&ldks.encode()), Ok(ours.clone()));
    ldks.erroneous_field =
        Some(ErroneousField { tlv_fieldnum: 86, suggested_value: Some(vec![5]) });
    assert_eq!(InvoiceError::decode(&ldks.encode()), Ok(ours.with_suggestion(86, [5])));
}

#[test]
fn no_short_refusal_of_ours_is_taken_for_one_with_its_length_in_front() {
    for text in ["", "a", "abcd", "\u{5}\u{2}ab", "\u{5}\u{5}abcde"] {
        let refusal = InvoiceError::new(text);
        assert_eq!(InvoiceError::decode(&refusal.encode()), Ok(refusal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn both_judge_damaged_offers_alike(
        rich in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3u8
    ) {
        let mut bytes = if rich { rich_offer() } else { offer().bytes().to_vec() };
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
        prop_assume!(!mentions_recurrence(&bytes));
        let (ours, ldks) = (Offer::decode(&bytes), ldk_offer(&bytes));
        prop_assert_eq!(ours.is_ok(), ldks.is_ok(), "{:?}, {:?}: {}", ours, ldks, hex::encode(&bytes));
    }

    #[test]
    fn both_judge_damaged_invoices_alike(
        at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = invoice_for(&payout_request(), PAYEE).bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let ours = Invoice::decode(&bytes).map(|invoice| invoice.verify_signature(&secp()));
        let ldks = Bolt12Invoice::try_from(bytes);
        prop_assert_eq!(matches!(ours, Ok(Ok(()))), ldks.is_ok());
    }
}
