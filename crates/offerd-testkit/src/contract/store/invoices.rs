//! Invoices that we made for somebody's promise to pay.

use offerd_core::invoice_book::OwnInvoice;
use offerd_core::port::{Page, Store};
use offerd_core::receipt::{Receipt, Source};
use offerd_core::{Event, InvoiceRow};

use super::{commit, conflicts, indexed};
use crate::sample::{self, NOW, own_invoice};

fn made(invoice: &OwnInvoice) -> Event {
    Event::InvoiceMade(invoice.clone())
}

pub fn an_invoice_is_found_by_number_and_label(store: &dyn Store) {
    let wanted = own_invoice(2);
    commit(store, [made(&own_invoice(1)), made(&wanted)]);
    assert_eq!(store.own_invoice(wanted.row).expect("invoice"), Some(wanted.clone()));
    assert_eq!(store.own_invoice_by_label("redemption 2").expect("invoice"), Some(wanted));
    assert_eq!(store.own_invoice(InvoiceRow(3)).expect("invoice"), None);
    assert_eq!(store.own_invoice_by_label("redemption").expect("invoice"), None);
}

pub fn invoices_are_numbered_from_one(store: &dyn Store) {
    assert_eq!(store.next_invoice_row().expect("next"), InvoiceRow(1));
    commit(store, [made(&own_invoice(1)), made(&own_invoice(2))]);
    assert_eq!(store.next_invoice_row().expect("next"), InvoiceRow(3));
}

pub fn a_second_invoice_of_one_number_is_refused(store: &dyn Store) {
    commit(store, [made(&own_invoice(1))]);
    conflicts(store, made(&OwnInvoice { row: InvoiceRow(1), ..own_invoice(2) }));
}

pub fn a_second_invoice_of_one_label_is_refused(store: &dyn Store) {
    let first = own_invoice(1);
    commit(store, [made(&first)]);
    conflicts(store, made(&OwnInvoice { label: first.label, ..own_invoice(2) }));
}

pub fn a_refused_invoice_frees_its_label(store: &dyn Store) {
    let first = own_invoice(1);
    let second = OwnInvoice { label: first.label.clone(), ..own_invoice(2) };
    commit(store, [made(&first), Event::InvoiceRefused { row: first.row, at: NOW }]);
    assert_eq!(store.own_invoice_by_label(&first.label).expect("invoice"), None);
    commit(store, [made(&second)]);
    assert_eq!(store.own_invoice_by_label(&first.label).expect("invoice"), Some(second));
    let refused = OwnInvoice { refused_at: Some(NOW), ..first.clone() };
    assert_eq!(store.own_invoice(first.row).expect("invoice"), Some(refused));
}

pub fn an_invoice_is_refused_once(store: &dyn Store) {
    let invoice = own_invoice(1);
    let refused = Event::InvoiceRefused { row: invoice.row, at: NOW };
    commit(store, [made(&invoice), refused.clone()]);
    conflicts(store, refused);
}

pub fn invoices_come_in_pages_oldest_first(store: &dyn Store) {
    let invoices: Vec<_> = (1..=3).map(own_invoice).collect();
    commit(store, invoices.iter().map(made));
    assert_eq!(store.own_invoices(Page::ALL).expect("page"), indexed(1, invoices.clone()));
    let page = store.own_invoices(Page { start: 2, limit: 1 }).expect("page");
    assert_eq!(page, indexed(2, invoices[1..2].to_vec()));
}

pub fn a_bolt11_invoice_is_found_by_its_payment_hash(store: &dyn Store) {
    let (one, two) = (sample::bolt11_invoice(1), sample::bolt11_invoice(2));
    commit(store, [made(&one), made(&two), made(&own_invoice(3))]);
    for invoice in [&one, &two] {
        let hash = invoice.payment_hash();
        assert_eq!(store.bolt11_by_hash(hash).expect("invoice").as_ref(), Some(invoice));
        let label = store.own_invoice_by_label(&invoice.label).expect("invoice");
        assert_eq!(label.as_ref(), Some(invoice));
    }
    // Its payer has chosen the hash of the other kind too, so it is not a name.
    let other = own_invoice(3).payment_hash();
    assert_eq!(store.bolt11_by_hash(other).expect("invoice"), None);
}

pub fn a_second_bolt11_invoice_of_one_payment_hash_is_refused(store: &dyn Store) {
    let first = sample::bolt11_invoice(1);
    commit(store, [made(&first)]);
    conflicts(store, made(&OwnInvoice { content: first.content, ..sample::bolt11_invoice(2) }));
}

pub fn a_receipt_without_payer_is_kept(store: &dyn Store) {
    let own = sample::bolt11_invoice(1);
    let source = Source::Invoice(own.row);
    let receipt = Receipt { payer_id: None, invoice: None, ..sample::receipt(1, source) };
    commit(store, [made(&own), Event::ReceiptClaiming(receipt.clone())]);
    assert_eq!(store.receipts_of(source).expect("receipts"), [receipt]);
}
