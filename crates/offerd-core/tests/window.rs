//! The unpaid invoices that are remembered.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::LazyLock;

use bolt1::Seconds;
use bolt12::Invoice;
use offerd_core::receipt::{InvoiceWindow, ReceiptKey, Source};
use offerd_core::{OfferRow, PaymentHash};
use offerd_testkit::sample;
use proptest::prelude::*;

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
