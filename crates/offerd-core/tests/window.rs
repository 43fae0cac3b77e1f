//! The unpaid invoices that are remembered.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::LazyLock;

use bolt1::{Seconds, Timestamp};
use bolt12::Invoice;
use offerd_core::receipt::{
    Beside, BesideWindow, InvoiceWindow, ReceiptKey, SHOWN_FOR, Sealed, Source, request_mac,
};
use offerd_core::{InvoiceRow, OfferRow, PaymentHash};
use offerd_testkit::sample;
use proptest::prelude::*;

use common::{keys, msat};

fn key(number: u32) -> ReceiptKey {
    let request_mac = sample::bytes("request mac", number);
    ReceiptKey { source: Source::Offer(OfferRow(1)), request_mac }
}

fn hash(invoice: &Invoice) -> PaymentHash {
    PaymentHash(invoice.payment_hash())
}

#[test]
fn an_invoice_is_found_by_request_and_hash_until_it_is_removed() {
    let mut window = InvoiceWindow::new(10, 100_000);
    let invoice = sample::invoice(1);
    window.insert(key(1), invoice.clone(), 'a');
    assert_eq!(window.valid(&key(1), sample::NOW), Some(&invoice));
    assert_eq!(window.by_hash(&hash(&invoice)), Some(&invoice));
    assert_eq!(window.valid(&key(2), sample::NOW), None);
    window.remove(&key(1));
    assert_eq!(window.valid(&key(1), sample::NOW), None);
    assert_eq!(window.by_hash(&hash(&invoice)), None);
    assert!(window.is_empty());
    window.remove(&key(1));
}

// req RR-06
#[test]
fn an_expired_invoice_is_not_given_again_but_known_by_its_hash() {
    let mut window = InvoiceWindow::new(10, 100_000);
    let invoice = sample::invoice(1);
    window.insert(key(1), invoice.clone(), 'a');
    let end = invoice.expires_at();
    assert!(window.valid(&key(1), end).is_some());
    assert_eq!(window.valid(&key(1), end.plus(Seconds(1))), None);
    assert!(window.by_hash(&hash(&invoice)).is_some());
}

#[test]
fn a_newer_invoice_replaces_the_older_one_of_its_request() {
    let mut window = InvoiceWindow::new(10, 100_000);
    let (old, new) = (sample::invoice(1), sample::invoice(2));
    window.insert(key(1), old.clone(), 'a');
    window.insert(key(1), new.clone(), 'b');
    assert_eq!(window.len(), 1);
    assert_eq!(window.by_hash(&hash(&old)), None);
    assert_eq!(window.valid(&key(1), sample::NOW), Some(&new));
}

#[test]
fn a_flood_of_one_peer_pushes_out_its_own() {
    let mut window = InvoiceWindow::new(20, 1_000_000);
    for number in 0..5 {
        window.insert(key(number), sample::invoice(number), "quiet");
    }
    for number in 100..200 {
        window.insert(key(number), sample::invoice(number), "loud");
    }
    assert_eq!(window.len(), 20);
    assert!((0..5).all(|number| window.valid(&key(number), sample::NOW).is_some()));
    assert!(window.valid(&key(199), sample::NOW).is_some());
    assert_eq!(window.valid(&key(100), sample::NOW), None);
}

#[test]
fn what_does_not_fit_at_all_is_not_kept() {
    let invoice = sample::invoice(1);
    let size = InvoiceWindow::<char>::weight(&invoice);
    assert!(size > 2 * invoice.bytes().len());
    for (entries, bytes, kept) in [(0, size, 0), (1, size - 1, 0), (1, size, 1)] {
        let mut window = InvoiceWindow::new(entries, bytes);
        window.insert(key(1), invoice.clone(), 'a');
        assert_eq!(window.len(), kept, "{entries} {bytes}");
    }
}

#[test]
fn whoever_holds_most_at_the_time_makes_room() {
    let mut window = InvoiceWindow::new(6, 1_000_000);
    for number in 0..4 {
        window.insert(key(number), sample::invoice(number), "was loud");
    }
    // What was paid counts no more.
    (0..3).for_each(|number| window.remove(&key(number)));
    for number in 10..16 {
        window.insert(key(number), sample::invoice(number), "is loud");
    }
    let held: Vec<_> = window.iter().map(|(key, _)| *key).collect();
    let mut expected: Vec<_> = [3, 11, 12, 13, 14, 15].map(key).to_vec();
    expected.sort_unstable();
    assert_eq!(held, expected);
}

#[test]
fn the_invoices_of_one_source_are_found_whatever_their_requests() {
    let at = |source, request_mac| ReceiptKey { source, request_mac };
    let (one, other) = (Source::Offer(OfferRow(1)), Source::Offer(OfferRow(2)));
    let own = Source::Invoice(InvoiceRow(1));
    let mut window = InvoiceWindow::new(10, 1_000_000);
    let keys = [at(one, [0; 10]), at(one, [0xff; 10]), at(other, [0; 10]), at(own, [0; 10])];
    for (number, key) in (1..).zip(keys) {
        window.insert(key, sample::invoice(number), 'a');
    }
    let of = |source| window.of_source(source).cloned().collect::<Vec<_>>();
    assert_eq!(of(one), [1, 2].map(sample::invoice));
    assert_eq!(of(other), [sample::invoice(3)]);
    assert_eq!(of(own), [sample::invoice(4)]);
    assert_eq!(of(Source::Offer(OfferRow(3))), []);
}

#[test]
fn what_is_noted_of_a_price_stands_beside_its_invoice_and_nowhere_else() {
    let mut window = InvoiceWindow::new(10, 1_000_000);
    let (one, other) = (sample::invoice(1), sample::invoice(2));
    window.insert(key(1), one.clone(), 'a');
    window.insert(key(2), other.clone(), 'a');
    assert!(!window.is_empty());
    window.note_price(&key(1), sample::priced(1));
    window.note_price(&key(3), sample::priced(3));
    assert_eq!(window.priced(&hash(&one)), Some(&sample::priced(1)));
    assert_eq!(window.priced(&hash(&other)), None);
    assert_eq!(window.priced(&PaymentHash([0; 32])), None);
    let late = one.expires_at().plus(Seconds(1));
    assert_eq!((window.valid(&key(1), late), window.last(&key(1))), (None, Some(&one)));
    assert_eq!(window.last(&key(3)), None);
    window.remove(&key(1));
    assert_eq!(window.priced(&hash(&one)), None);
}

fn beside(row: u32, created_at: u64) -> Beside {
    let (offer, created_at) = (OfferRow(row), Timestamp(created_at));
    Beside { offer, string: format!("lnbc{created_at}"), amount: Some(msat(5_000)), created_at }
}

#[test]
fn what_is_shown_beside_an_offer_can_be_paid_until_its_last_second() {
    let mut window = BesideWindow::new(1);
    let (made, end) = (Timestamp(1_000), Timestamp(1_000 + SHOWN_FOR.0));
    assert!(window.has_room(made));
    assert!(window.insert(PaymentHash([1; 32]), beside(1, 1_000), made));
    assert!(!window.has_room(end));
    assert!(!window.insert(PaymentHash([2; 32]), beside(2, end.0), end));
    assert_eq!(window.by_hash(&PaymentHash([2; 32])), None);
    assert_eq!(window.by_hash(&PaymentHash([1; 32])), Some(&beside(1, 1_000)));
    assert!(window.has_room(end.plus(Seconds(1))));
}

#[test]
fn of_what_is_shown_beside_an_offer_the_newest_is_shown_again_for_half_of_its_life() {
    let mut window = BesideWindow::new(3);
    let now = Timestamp(1_000);
    for (number, row, created_at) in [(1, 1, 1_000), (2, 1, 1_007), (3, 2, 1_009)] {
        assert!(window.insert(PaymentHash([number; 32]), beside(row, created_at), now));
    }
    let half = SHOWN_FOR.0 / 2;
    let shown = |at| window.of_offer(OfferRow(1), Timestamp(at)).cloned();
    assert_eq!(shown(1_007), Some(beside(1, 1_007)));
    assert_eq!(shown(1_007 + half), Some(beside(1, 1_007)));
    assert_eq!(shown(1_007 + half + 1), None);
}

#[test]
fn a_payment_of_what_is_shown_beside_an_offer_is_one_for_the_offer() {
    let shown = beside(7, 1_000);
    let (keys, source, hash) = (keys(1), Source::Offer(OfferRow(7)), PaymentHash([3; 32]));
    let request_mac = request_mac(&keys, source, &hash.0);
    let expected = Sealed {
        key: ReceiptKey { source, request_mac },
        amount: msat(5_000),
        created_at: Timestamp(1_000),
        expiry: SHOWN_FOR,
        counter: 0,
    };
    assert_eq!(shown.sealed(hash, msat(6_000), &keys), expected);
    // Where the payer chooses, what has arrived is what was asked.
    let open = Beside { amount: None, ..shown };
    let chosen = Sealed { amount: msat(6_000), ..expected };
    assert_eq!(open.sealed(hash, msat(6_000), &keys), chosen);
    assert_ne!(open.sealed(PaymentHash([4; 32]), msat(6_000), &keys).key, chosen.key);
}

/// Made once: signing takes its time.
static INVOICES: LazyLock<Vec<Invoice>> = LazyLock::new(|| (0..8).map(sample::invoice).collect());

proptest! {
    #[test]
    fn the_window_is_bounded_and_all_of_it_can_be_found(
        most in 0..6usize,
        invoices_worth in 0..6usize,
        changes in prop::collection::vec((0..8usize, 0..3u8, any::<bool>()), 1..60),
    ) {
        let weight = InvoiceWindow::<u8>::weight;
        let bytes = invoices_worth * weight(&INVOICES[1]);
        let mut window = InvoiceWindow::new(most, bytes);
        for (number, peer, remove) in changes {
            let key = key(u32::try_from(number).unwrap());
            match remove {
                true => window.remove(&key),
                false => window.insert(key, INVOICES[number].clone(), peer),
            }
            prop_assert!(window.len() <= most);
            let held: usize = window.iter().map(|(_, invoice)| weight(invoice)).sum();
            prop_assert!(held <= bytes);
            let all: Vec<_> = window.iter().map(|(key, invoice)| (*key, invoice.clone())).collect();
            for (key, invoice) in all {
                prop_assert_eq!(window.valid(&key, sample::NOW), Some(&invoice));
                prop_assert_eq!(window.by_hash(&hash(&invoice)), Some(&invoice));
            }
        }
    }
}
