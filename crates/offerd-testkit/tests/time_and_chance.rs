//! Clock and entropy, and the samples that rest on them.

use bolt1::{Seconds, Timestamp};
use offerd_testkit::{FakeClock, SeededEntropy, sample};

#[test]
fn a_clock_moves_when_it_is_told_and_so_do_its_copies() {
    let clock = FakeClock::at(Timestamp(100));
    let copy = clock.clone();
    clock.advance(Seconds(61));
    assert_eq!(copy.now(), Timestamp(161));
    copy.set(Timestamp(5));
    assert_eq!(clock.now(), Timestamp(5));
}

#[test]
fn one_seed_gives_one_stream() {
    let (one, same, other) = (SeededEntropy::new(1), SeededEntropy::new(1), SeededEntropy::new(2));
    let first: [u8; 32] = one.bytes();
    assert_eq!(first, same.bytes());
    assert_ne!(first, other.bytes());
    assert_ne!(first, one.bytes());
}

#[test]
fn samples_differ_by_name_and_number() {
    let bytes = [
        sample::bytes::<16>("one", 1),
        sample::bytes("one", 2),
        sample::bytes("other", 1),
        sample::bytes("a name of more than thirty-two letters, 1", 1),
        sample::bytes("a name of more than thirty-two letters, 2", 1),
    ];
    for (index, one) in bytes.iter().enumerate() {
        assert!(bytes[index + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn sample_messages_are_signed_by_whom_they_say() {
    let secp = sample::secp();
    let request = sample::invoice_request(&sample::offer(1), 1);
    request.verify_signature(&secp).expect("signed");
    sample::payout_request_signed(1).verify_signature(&secp).expect("signed");
    assert!(!sample::payout_request(1).has_signature());
    assert_eq!(sample::payout_request(1).invreq_id(), sample::payout_request_signed(1).invreq_id());
    let invoice = sample::invoice(1);
    invoice.verify_signature(&secp).expect("signed");
    assert_eq!(invoice.request_key(), request.request_key());
    let claim = sample::claim(2, &sample::payout(1));
    claim.invoice.bolt12().unwrap().verify_signature(&secp).expect("signed");
    assert_eq!(claim.invoice.bolt12().unwrap().offer_id(), sample::payout_offer(1).id());
}
