//! Records of ours.

use bolt1::{CltvDelta, Msat, Seconds};
use bolt12::Offer;
use offerd_core::invoice_book::{Bolt11Terms, OwnContent, OwnInvoice};
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::payment::{
    Bolt11Payable, FailedAttempt, Failure, FailureKind, OutgoingPayment, Payable, PaymentEnd,
    PaymentState, Purpose,
};
use offerd_core::payout::{Payout, PayoutAmount, PromiseState, Refund, Uses};
use offerd_core::port::Fronts;
use offerd_core::rates::{FiatAmount, PerBitcoin, Priced, RateStamp};
use offerd_core::receipt::{Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::subscriber::{Subscriber, SubscriberState, Turn};
use offerd_core::subscription::{Caps, Subscription, SubscriptionState};
use offerd_core::{
    InvoiceRow, OfferRow, PaymentHash, PaymentId, PayoutRow, Preimage, SubscriberRow,
    SubscriptionRow,
};

use super::{
    NOW, bytes, invoice, keypair, offer, payout_offer, payout_request, payout_request_signed, point,
};

/// An offer that may be paid any number of times, with one encoding: [`offer`] `row`.
pub fn offer_entry(row: u32) -> OfferEntry {
    OfferEntry {
        row: OfferRow(row),
        arguments_key: Some(bytes("offer arguments", row)),
        label: Some(format!("offer {row}")),
        external_id: Some(format!("order {row}")),
        tags: vec!["bar".into(), "dråber \"of\" tea".into()],
        return_url: Some(format!("https://shop.example/order/{row}")),
        single_use: false,
        active: true,
        used: false,
        created_at: NOW,
        fronts: Fronts::Usual,
        encodings: vec![offer_encoding(offer(row))],
    }
}

/// The same for one payment, with nodes in front.
pub fn single_use_offer_entry(row: u32) -> OfferEntry {
    let fronts = Fronts::Only((1..=row % 3).map(point).collect());
    OfferEntry { single_use: true, arguments_key: None, fronts, ..offer_entry(row) }
}

/// One string of an offer, as if it had a path.
pub fn offer_encoding(offer: Offer) -> OfferEncoding {
    OfferEncoding { offer, path_id: Some(b"path of the offer".to_vec()), created_at: NOW }
}

/// A promise to pay with both strings.
pub fn payout(row: u32) -> Payout {
    let offer = payout_offer(row);
    Payout {
        row: PayoutRow(row),
        nonce: bytes("payout nonce", row),
        label: Some(format!("payout {row}")),
        arguments_key: bytes("payout arguments", row),
        amount: PayoutAmount::Exact(invoice(row).amount()),
        offer: Some(offer),
        invoice_request: Some(payout_request(row)),
        invoice_request_signed: Some(payout_request_signed(row)),
        path_id: Some(bytes::<32>("path of the payout", row).to_vec()),
        absolute_expiry: Some(NOW.plus(Seconds(86_400))),
        uses: Uses::ONCE,
        refund: None,
        approve: false,
        state: PromiseState::Open,
        created_at: NOW,
    }
}

/// What something costs in a currency; with a rate unless `number` is even.
pub fn priced(number: u32) -> Priced {
    let micros = u64::from(number).saturating_mul(1_000_003).max(1);
    let rate = RateStamp {
        price: PerBitcoin::from_micros(micros.try_into().expect("not zero")),
        as_of: NOW.minus(Seconds(30)),
        sources: vec!["one".into(), "two, or \"three\"".into()],
    };
    let price = worth(number).expect("it parses");
    Priced { price, rate: (!number.is_multiple_of(2)).then_some(rate) }
}

/// What something was worth.
pub fn worth(number: u32) -> Option<FiatAmount> {
    format!("{number}.50EUR").parse().ok()
}

/// A promise to pay what an amount of a currency comes to.
pub fn fiat_payout(row: u32) -> Payout {
    let price = worth(row).expect("it parses");
    let at_most = Msat::new(9_000_000).expect("little");
    let amount = PayoutAmount::Fiat { price, at_most };
    Payout { amount, invoice_request: None, invoice_request_signed: None, ..payout(row) }
}

/// A promise that may be redeemed `most` times.
pub fn payout_of_many(row: u32, most: u32) -> Payout {
    Payout { uses: Uses { most: Some(most), total: Msat::new(9_000_000) }, ..payout(row) }
}

/// A promise that refunds [`invoice`] `of`, and waits for approval.
pub fn refund(row: u32, of: u32) -> Payout {
    let refund = Refund {
        payment_hash: PaymentHash(invoice(of).payment_hash()),
        payer_id: point(of),
        at_most: Some(invoice(of).amount()),
    };
    Payout { refund: Some(refund), approve: true, ..payout(row) }
}

/// The same claim, as long as it waits for approval.
pub fn candidate(number: u32, payout: &Payout) -> OutgoingPayment {
    OutgoingPayment { state: PaymentState::Awaiting, ..claim(number, payout) }
}

/// A payment that we were told to make: [`invoice`] `number`.
pub fn order(number: u32) -> OutgoingPayment {
    let invoice = invoice(number);
    OutgoingPayment {
        id: PaymentId(bytes("payment id", number)),
        purpose: Purpose::Order {
            label: Some(format!("payment {number}")),
            offer_id: Some(invoice.offer_id()),
            trusts_payee: false,
        },
        request_key: invoice.request_key(),
        amount: invoice.amount(),
        invoice: invoice.into(),
        priced: Some(priced(number)),
        worth: worth(number),
        max_fee: Msat::new(5_000).expect("little"),
        max_delay: CltvDelta(1008),
        retry_for: Seconds(60),
        created_at: NOW,
        state: PaymentState::Pending { attempts: 0, next_at: None },
    }
}

/// An order to pay an invoice of BOLT 11.
pub fn bolt11_order(number: u32) -> OutgoingPayment {
    let invoice = Bolt11Payable {
        string: format!("lnbc1theirs{number}"),
        payment_hash: PaymentHash(bytes("their payment hash", number)),
        payee: point(number),
        description: number.is_multiple_of(2).then(|| format!("tea {number}")),
        expires_at: NOW.plus(Seconds(3_600)),
    };
    let purpose = Purpose::Order { label: None, offer_id: None, trusts_payee: false };
    OutgoingPayment {
        purpose,
        request_key: bytes("bolt11 request", number),
        invoice: Payable::Bolt11(invoice),
        ..order(number)
    }
}

/// A claim on a payout, by an invoice for its offer.
pub fn claim(number: u32, payout: &Payout) -> OutgoingPayment {
    let string = payout.offer.clone().unwrap_or_else(|| payout_offer(payout.row.0));
    let invoice = super::invoice_for_payout_offer(&string, &keypair(number), number);
    OutgoingPayment {
        purpose: Purpose::Claim {
            payout: payout.row,
            reply_path: Some(b"encoded reply path".to_vec()),
        },
        request_key: invoice.request_key(),
        amount: invoice.amount(),
        invoice: invoice.into(),
        ..order(number)
    }
}

/// How a payment ends that arrives.
pub fn paid(number: u32) -> PaymentEnd {
    PaymentEnd::Paid {
        preimage: bytes("preimage", number),
        fee: Msat::new(1_234),
        parts: Some(number),
        at: NOW.plus(Seconds(2)),
    }
}

/// How a payment ends that does not.
pub fn failed() -> PaymentEnd {
    let failure = Failure::new(FailureKind::NoRoute, "no route");
    PaymentEnd::Failed { reason: failure, at: NOW.plus(Seconds(3)) }
}

/// An attempt at a payment that came to nothing.
pub fn failed_attempt(number: u32) -> FailedAttempt {
    let failure = Failure::new(FailureKind::Other, format!("channel {number} is down"));
    FailedAttempt { at: NOW.plus(Seconds(number.into())), failure }
}

/// An invoice that we made for somebody's promise to pay, [`invoice`] `row`.
pub fn own_invoice(row: u32) -> OwnInvoice {
    OwnInvoice {
        row: InvoiceRow(row),
        label: format!("redemption {row}"),
        content: OwnContent::Redemption {
            redeems: payout_offer(row).to_string(),
            invoice: invoice(row),
        },
        created_at: NOW,
        refused_at: None,
    }
}

/// An invoice of BOLT 11; every other one leaves the amount to the payer.
pub fn bolt11_invoice(row: u32) -> OwnInvoice {
    let terms = Bolt11Terms {
        string: format!("lnbc1sample{row}"),
        payment_hash: PaymentHash(bytes("bolt11 payment hash", row)),
        amount: row.is_multiple_of(2).then_some(Msat::new(21_000)).flatten(),
        description: format!("coffee {row}"),
        expires_at: NOW.plus(Seconds(3_600)),
    };
    let label = format!("invoice {row}");
    let content = OwnContent::Bolt11(terms);
    OwnInvoice { row: InvoiceRow(row), label, content, created_at: NOW, refused_at: None }
}

/// A payment to us that was just accepted, by [`point`] `number`.
pub fn receipt(number: u32, source: Source) -> Receipt {
    let invoice = invoice(number);
    Receipt {
        key: ReceiptKey { source, request_mac: bytes("request mac", number) },
        payment_id: bytes("node's payment id", number),
        payment_hash: PaymentHash(invoice.payment_hash()),
        preimage: Preimage(bytes("preimage", number)),
        asked: invoice.amount(),
        amount: invoice.amount(),
        payer_id: Some(point(number)),
        turn: number.is_multiple_of(2).then_some(Turn { counter: number, start: Some(u32::MAX) }),
        quantity: Some(u64::MAX),
        payer_note: Some("gr\u{fc}\u{df}e \u{1f37a}\0 and a zero".into()),
        invoice_created_at: NOW,
        invoice: Some(invoice),
        priced: Some(priced(number)),
        worth: worth(number),
        arrived_at: NOW.plus(Seconds(1)),
        state: ReceiptState::Claiming,
    }
}

/// The state of a receipt that is ours.
pub fn arrived() -> ReceiptState {
    ReceiptState::Paid { at: NOW.plus(Seconds(2)) }
}

/// A series by which [`point`] `row` pays the first offer, every other one of which began with a period of its own.
pub fn subscriber(row: u32) -> Subscriber {
    Subscriber {
        row: SubscriberRow(row),
        offer: OfferRow(1),
        payer_id: point(row),
        start: row.is_multiple_of(2).then_some(u32::MAX),
        basetime: NOW,
        next_counter: 1,
        received: Msat::new(21_000).unwrap_or(Msat::MAX),
        started_at: NOW,
        paid_at: NOW,
        paid_until: NOW.plus(Seconds(60)),
        state: SubscriberState::Active,
        due_at: Some(NOW.plus(Seconds(120))),
    }
}

/// A subscription that has paid nothing yet; every other one has all that its owner may say.
pub fn subscription(row: u32) -> Subscription {
    let said = row.is_multiple_of(2);
    Subscription {
        row: SubscriptionRow(row),
        label: format!("subscription {row}"),
        offer: super::recurring_offer(row),
        payer_id: point(row),
        start: said.then_some(u32::MAX),
        amount: said.then_some(Msat::new(21_000)).flatten(),
        quantity: said.then_some(u64::MAX),
        payer_note: said.then(|| "gr\u{fc}\u{df}e \u{1f37a}".to_owned()),
        caps: Caps {
            max_per_period: said.then_some(Msat::new(22_000)).flatten(),
            max_total: said.then_some(Msat::new(210_000)).flatten(),
            max_periods: said.then_some(u32::MAX),
            max_rate_drift_ppm: said.then_some(0),
        },
        remind_before: Seconds(u64::from(row)),
        created_at: NOW,
        basetime: None,
        next_counter: 0,
        paid: Msat::ZERO,
        paid_at: None,
        paying: None,
        reminded: false,
        trouble: None,
        state: SubscriptionState::Active,
    }
}
