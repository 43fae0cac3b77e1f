//! Making an invoice for somebody's promise to pay.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else is a failure")]

mod common;

use bolt1::{BlockHeight, ChainHash, Seconds, Timestamp};
use bolt12::{InvoiceKind, InvoiceRequest, OfferBuilder};
use offerd_core::invoice_book::{OwnInvoice, Promise, RedeemArguments, Redeeming};
use offerd_core::port::{Destination, Minted, PaymentPath};
use offerd_core::receipt::{Sealed, Source};
use offerd_core::{InvoiceRow, Misuse};
use offerd_testkit::sample;

use common::{keys, msat, policy, with_broken_signature};

const NOW: Timestamp = sample::NOW;

fn arguments(string: &str) -> RedeemArguments {
    RedeemArguments {
        string: string.into(),
        label: "mine".into(),
        amount: None,
        quantity: None,
        period: None,
        timeout: Seconds(90),
    }
}

fn prepare(arguments: RedeemArguments) -> Result<Redeeming, Misuse> {
    let promise = Promise::read(&arguments.string)?;
    let row = InvoiceRow(3);
    Redeeming::prepare(promise, arguments, (row, [6; 32]), &[], &keys(2), &policy(), NOW)
}

fn minted() -> Minted {
    let (path, pay_info) = sample::payment_path(3);
    Minted {
        payment_hash: [9; 32],
        paths: vec![PaymentPath { path, pay_info }],
        accepts_mpp: true,
        height: BlockHeight(800_000),
    }
}

fn own(arguments: RedeemArguments) -> OwnInvoice {
    prepare(arguments).unwrap().finish(minted(), &keys(2), &policy()).unwrap()
}

fn any_offer() -> OfferBuilder {
    OfferBuilder::new()
        .metadata([1; 16])
        .description("x")
        .issuer_id(&sample::point(1))
        .send_invoice()
}

// req IW-03
#[test]
fn either_string_is_redeemed_by_an_invoice_that_mirrors_it() {
    let offer = sample::payout_offer(1);
    let invoice = own(arguments(&offer.to_string())).bolt12().cloned().unwrap();
    assert_eq!(invoice.kind(), InvoiceKind::ForPayoutOffer);
    assert_eq!(invoice.mirrors_offer(&offer), Ok(()));
    for request in [sample::payout_request(1), sample::payout_request_signed(1)] {
        let own = own(arguments(&request.to_string()));
        assert_eq!(own.bolt12().unwrap().kind(), InvoiceKind::ForPayoutRequest);
        assert_eq!(own.bolt12().unwrap().mirrors(&request), Ok(()));
        assert_eq!(own.bolt12().unwrap().node_id(), keys(2).node_id());
        assert!(own.bolt12().unwrap().verify_signature(&sample::secp()).is_ok());
        assert_eq!((own.label.as_str(), own.row), ("mine", InvoiceRow(3)));
        assert_eq!(own.redeems().unwrap(), request.to_string());
    }
}

#[test]
fn only_a_promise_to_pay_is_redeemed() {
    let request = sample::invoice_request(&sample::offer(1), 1);
    for string in
        [sample::offer(1).to_string(), request.to_string(), sample::invoice(1).to_string()]
    {
        assert!(matches!(Promise::read(&string), Err(Misuse::WrongString(_))), "{string}");
    }
    let garbage = Promise::read("lno1qq");
    assert!(matches!(garbage, Err(Misuse::Parameter { parameter: "invreq", .. })));
}

#[test]
fn the_amount_is_the_promised_one_or_the_callers() {
    let exact = sample::payout_offer(1).to_string();
    let promised = sample::offer(1).price();
    let any = any_offer().build().unwrap().to_string();
    let ask = |string: &str, amount: Option<u64>| {
        prepare(RedeemArguments { amount: amount.map(msat), ..arguments(string) })
            .map(|redeeming| redeeming.mint_order(&keys(2)).unwrap().amount.as_u64())
            .map_err(|misuse| match misuse {
                Misuse::Parameter { parameter, .. } => parameter,
                other => panic!("{other}"),
            })
    };
    let bolt12::Price::Msat(promised) = promised else { panic!("{promised:?}") };
    let promised = promised.as_u64();
    assert_eq!(ask(&exact, None), Ok(promised));
    assert_eq!(ask(&exact, Some(promised)), Ok(promised));
    assert_eq!(ask(&exact, Some(promised - 1)), Err("amount_msat"));
    assert_eq!(ask(&exact, Some(0)), Err("amount_msat"));
    assert_eq!(ask(&any, Some(5)), Ok(5));
    assert_eq!(ask(&any, Some(0)), Err("amount_msat"));
    assert_eq!(ask(&any, None), Err("amount_msat"));
}

#[test]
fn a_promise_that_will_not_be_kept_makes_no_invoice() {
    let expired = any_offer().amount(msat(1)).absolute_expiry(Timestamp(NOW.0 - 1));
    let last = any_offer().amount(msat(1)).absolute_expiry(NOW);
    let abroad = any_offer().amount(msat(1)).chains(&[ChainHash([7; 32])]);
    let ours = OfferBuilder::new()
        .metadata([1; 16])
        .description("x")
        .amount(msat(1))
        .issuer_id(&keys(2).node_id())
        .send_invoice();
    let try_it =
        |builder: OfferBuilder| prepare(arguments(&builder.build().unwrap().to_string())).map(drop);
    assert_eq!(try_it(expired), Err(Misuse::OfferExpired));
    assert_eq!(try_it(last), Ok(()));
    assert!(matches!(try_it(abroad), Err(Misuse::Parameter { parameter: "invreq", .. })));
    assert_eq!(try_it(ours), Err(Misuse::PaysOurselves));
    let forged = with_broken_signature(sample::payout_request_signed(1).bytes());
    let forged = InvoiceRequest::decode(&forged).unwrap().to_string();
    let result = prepare(arguments(&forged)).map(drop);
    assert!(matches!(result, Err(Misuse::Parameter { parameter: "invreq", .. })));
}

#[test]
fn the_invoice_lives_as_long_as_usual_or_as_the_caller_waits() {
    let string = sample::payout_offer(1).to_string();
    for (timeout, life) in [(1, 7_200), (7_200, 7_200), (100_000, 100_000)] {
        let waiting = RedeemArguments { timeout: Seconds(timeout), ..arguments(&string) };
        assert_eq!(own(waiting).bolt12().unwrap().relative_expiry(), Seconds(life));
    }
    let endless = RedeemArguments { timeout: Seconds(1 << 24), ..arguments(&string) };
    let order = prepare(endless).unwrap().mint_order(&keys(2));
    assert!(matches!(order, Err(Misuse::Parameter { parameter: "timeout", .. })), "{order:?}");
}

#[test]
fn what_is_sealed_leads_back_to_the_invoice() {
    let redeeming = prepare(arguments(&sample::payout_offer(1).to_string())).unwrap();
    let order = redeeming.mint_order(&keys(2)).unwrap();
    let sealed = Sealed::open(&order.context).unwrap();
    assert_eq!(sealed.key.source, Source::Invoice(InvoiceRow(3)));
    assert_eq!((sealed.amount, sealed.expiry), (order.amount, order.expiry));
}

#[test]
fn the_string_of_a_promise_is_shown_to_nobody() {
    let string = sample::payout_offer(1).to_string();
    let arguments = arguments(&string);
    let shown = format!("{arguments:?} {:?}", own(arguments.clone()));
    assert!(shown.contains("mine") && !shown.contains("lno1"), "{shown}");
}

// req RR-23
#[test]
fn an_invoice_is_sent_over_the_paths_of_the_promise_or_to_its_node() {
    let paths = [sample::message_path(1, None), sample::message_path(2, None)];
    let by_paths = any_offer().paths(&paths).build().unwrap();
    assert_eq!(Promise::Offer(by_paths).destinations(), paths.map(Destination::Path));
    let node = [Destination::Node(sample::point(1))];
    assert_eq!(Promise::Offer(sample::payout_offer(1)).destinations(), node);
    assert_eq!(Promise::Request(sample::payout_request(1)).destinations(), node);
}
