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
        (24, "offer_recurrence_compulsory"),
        (25, "offer_recurrence_optional"),
        (26, "offer_recurrence_base"),
        (27, "offer_recurrence_paywindow"),
        (29, "offer_recurrence_limit"),
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
        (92, "invreq_recurrence_counter"),
        (93, "invreq_recurrence_start"),
        (94, "invreq_recurrence_cancel"),
        (160, "invoice_paths"),
        (162, "invoice_blindedpay"),
        (164, "invoice_created_at"),
        (166, "invoice_relative_expiry"),
        (168, "invoice_payment_hash"),
        (170, "invoice_amount"),
        (172, "invoice_fallbacks"),
        (174, "invoice_features"),
        (176, "invoice_node_id"),
        (177, "invoice_recurrence_basetime"),
        (240, "signature"),
        (241, "proof_signature"),
        (242, "refund_signature"),
        (1001, "proof_preimage"),
        (1002, "proof_omitted_tlvs"),
        (1003, "proof_missing_hashes"),
        (1004, "proof_leaf_hashes"),
        (1005, "proof_note"),
    ];
    let found: Vec<_> =
        (0..2000).filter_map(|typ| field::name(typ).map(|name| (typ, name))).collect();
    assert_eq!(found, names);
}

#[test]
fn fields_of_recurrence_have_a_second_number_in_the_experimental_range_of_their_message() {
    let offset = [(24..30, 1_000_000_000), (92..95, 2_000_000_000), (177..178, 3_000_000_000)];
    for (range, offset) in offset {
        for typ in range.filter(|typ| *typ != 28) {
            let name = field::name(typ).expect("a name");
            assert!(name.contains("_recurrence_"), "{name}");
            assert_eq!(field::name(typ + offset), Some(name));
            for message in [Message::Offer, Message::InvoiceRequest, Message::Invoice] {
                assert_eq!(message.knows(typ + offset), message.knows(typ), "{name}");
                assert_eq!(message.allows(typ + offset), message.allows(typ), "{name}");
            }
        }
    }
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
