//! The table of fields.

use bolt12::field::{self, Message};

#[test]
fn numbers_and_names_are_those_of_the_specification() {
    let names = [
        (0, "invreq_metadata"),
        (2, "offer_chains"),
        (4, "offer_metadata"),
        (6, "offer_currency"),
        (8, "offer_amount"),
        (10, "offer_description"),
        (12, "offer_features"),
        (14, "offer_absolute_expiry"),
        (16, "offer_paths"),
        (18, "offer_issuer"),
        (20, "offer_quantity_max"),
        (22, "offer_issuer_id"),
        (34, "offer_refund_for"),
        (54, "offer_send_invoice"),
        (80, "invreq_chain"),
        (82, "invreq_amount"),
        (84, "invreq_features"),
        (86, "invreq_quantity"),
        (88, "invreq_payer_id"),
        (89, "invreq_payer_note"),
        (90, "invreq_paths"),
        (91, "invreq_bip_353_name"),
        (160, "invoice_paths"),
        (162, "invoice_blindedpay"),
        (164, "invoice_created_at"),
        (166, "invoice_relative_expiry"),
        (168, "invoice_payment_hash"),
        (170, "invoice_amount"),
        (172, "invoice_fallbacks"),
        (174, "invoice_features"),
        (176, "invoice_node_id"),
        (240, "signature"),
        (242, "refund_signature"),
    ];
    let found: Vec<_> =
        (0..2000).filter_map(|typ| field::name(typ).map(|name| (typ, name))).collect();
    assert_eq!(found, names);
}

#[test]
fn each_message_knows_the_fields_of_those_before_it() {
    for typ in 0..2000 {
        let knows = |message: Message| message.knows(typ);
        assert!(!knows(Message::Offer) || knows(Message::InvoiceRequest), "{typ}");
        assert!(!knows(Message::InvoiceRequest) || knows(Message::Invoice), "{typ}");
        for message in [Message::Offer, Message::InvoiceRequest, Message::Invoice] {
            assert!(!message.knows(typ) || message.allows(typ), "{typ} in {message:?}");
        }
    }
    assert!(!Message::Offer.knows(field::INVREQ_METADATA));
    assert!(!Message::InvoiceRequest.knows(field::REFUND_SIGNATURE));
}
