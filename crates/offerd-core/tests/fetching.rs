//! Asking for an invoice, and judging what comes back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else is a failure")]

mod common;

use bolt1::{ChainHash, Seconds, Timestamp};
use bolt12::{
    BlindedHop, BlindedPath, Currency, Invoice, InvoiceBuilder, InvoiceError, Numbering, Offer,
    OfferBuilder, QuantityMax, Recurrence, RecurrenceBase, TimeUnit,
};
use offerd_core::Misuse;
use offerd_core::fetch::{
    Allowance, Fetch, FetchArguments, Past, Reply, SeriesArguments, check_reply, prepare,
    refusal_reason, series_metadata,
};
use offerd_core::port::{Destination, MessageContent};
use offerd_core::rates::{FiatAmount, Priced};
use offerd_testkit::sample;

use common::{keys, msat, policy, with_broken_signature};

const NOW: Timestamp = sample::NOW;
/// The issuer.
const SHOP: u32 = 1;

fn offer(change: impl FnOnce(OfferBuilder) -> OfferBuilder) -> Offer {
    let builder = OfferBuilder::new().issuer_id(&sample::point(SHOP));
    change(builder.amount(msat(1_000)).description("tea")).build().unwrap()
}

fn any_offer() -> Offer {
    OfferBuilder::new().issuer_id(&sample::point(SHOP)).build().unwrap()
}

fn ask(offer: &Offer, arguments: &FetchArguments) -> Result<Fetch, Misuse> {
    prepare(offer, arguments, [7; 32], &keys(2), &policy(), NOW)
}

fn with(amount: Option<u64>, quantity: Option<u64>) -> FetchArguments {
    FetchArguments { amount: amount.map(msat), quantity, ..FetchArguments::default() }
}

// req RCR-W1, RCR-W3, RCR-W4, RCR-W5, RCR-W6, RCR-W7
#[test]
fn a_call_about_a_series_must_fit_the_schedule() {
    let daily = Recurrence::every(1.try_into().unwrap(), TimeUnit::Days);
    let base = Some(RecurrenceBase { basetime: NOW, proportional: false });
    for numbering in [Numbering::Plain, Numbering::Experimental] {
        let free = Recurrence { numbering, limit: Some(3.try_into().unwrap()), ..daily };
        let based = Recurrence { base, ..free };
        let [free, based] = [free, based].map(|it| offer(|builder| builder.recurrence(it)));
        let series = |counter, start| {
            let (cancel, metadata, past) = (false, [1; 32], Past::Unknown);
            Some(SeriesArguments { counter, start, cancel, metadata, past })
        };
        let of = |series| FetchArguments { series, ..with(None, None) };
        let cancel = series(0, None).map(|series| SeriesArguments { cancel: true, ..series });
        let unpaid = series(2, None)
            .map(|series| SeriesArguments { past: Past::Unpaid { last: 0 }, ..series });
        let metadata = Some(vec![2; 8]);
        let own_key = FetchArguments { payer_metadata: metadata, ..of(series(0, None)) };
        for (offer, arguments, blamed) in [
            (&free, of(None), "recurrence_counter"),
            (&free, of(series(0, Some(0))), "recurrence_start"),
            (&free, of(series(4, None)), "recurrence_counter"),
            (&free, of(cancel), "recurrence_counter"),
            (&free, of(unpaid), "recurrence_counter"),
            (&free, own_key, "payer_metadata"),
            (&based, of(series(0, None)), "recurrence_start"),
            (&based, of(series(2, Some(2))), "recurrence_counter"),
            (&based, of(series(1, Some(u32::MAX))), "recurrence_counter"),
            (&based, of(series(0, Some(2))), "recurrence_counter"),
            (&offer(|builder| builder), of(series(0, None)), "recurrence_counter"),
        ] {
            match ask(offer, &arguments) {
                Err(Misuse::Parameter { parameter, .. }) => assert_eq!(parameter, blamed),
                other => panic!("{blamed}: {other:?}"),
            }
        }
        let fetch = ask(&based, &of(series(0, Some(1)))).unwrap();
        let asked = fetch.request.checked_recurrence().unwrap().unwrap();
        assert_eq!((asked.counter, asked.start, asked.index), (0, Some(1), 1));
        assert_eq!(fetch.basetime, Some(NOW));
    }
}

// req RCR-W1, RCR-W2
#[test]
fn the_key_of_a_series_follows_from_seed_offer_and_label() {
    let (one, other) = (offer(|builder| builder), offer(|builder| builder.issuer("other")));
    let metadata = |seed, offer: &Offer, label| series_metadata(&keys(seed), &offer.id(), label);
    let paper = metadata(1, &one, "paper");
    assert_eq!(metadata(1, &one, "paper"), paper);
    for differs in
        [metadata(2, &one, "paper"), metadata(1, &other, "paper"), metadata(1, &one, "p")]
    {
        assert_ne!(differs, paper);
    }
}

// req RW-04, RW-07, RW-08
#[test]
fn the_call_must_fit_the_offer() {
    let plain = offer(|builder| builder);
    let dozen = offer(|builder| builder.quantity_max(QuantityMax::Bounded(12.try_into().unwrap())));
    let many = offer(|builder| builder.quantity_max(QuantityMax::Unbounded));
    let cases = [
        (&plain, with(None, None), Ok(())),
        (&plain, with(Some(1_000), None), Ok(())),
        (&plain, with(Some(1_500), None), Ok(())),
        (&plain, with(Some(999), None), Err("amount_msat")),
        (&plain, with(Some(0), None), Err("amount_msat")),
        (&plain, with(None, Some(1)), Err("quantity")),
        (&dozen, with(None, None), Err("quantity")),
        (&dozen, with(None, Some(0)), Err("quantity")),
        (&dozen, with(None, Some(12)), Ok(())),
        (&dozen, with(None, Some(13)), Err("quantity")),
        (&dozen, with(Some(11_999), Some(12)), Err("amount_msat")),
        (&many, with(None, Some(1_000_000)), Ok(())),
        (&many, with(None, Some(u64::MAX)), Err("quantity")),
        (&any_offer(), with(None, None), Err("amount_msat")),
        (&any_offer(), with(Some(0), None), Err("amount_msat")),
        (&any_offer(), with(Some(5), None), Ok(())),
    ];
    for (number, (offer, arguments, expected)) in cases.into_iter().enumerate() {
        let result = ask(offer, &arguments).map(drop).map_err(|misuse| match misuse {
            Misuse::Parameter { parameter, .. } => parameter,
            other => panic!("case {number}: {other}"),
        });
        assert_eq!(result, expected, "case {number}");
    }
}

// req OR-03, OR-10
#[test]
fn an_offer_that_cannot_be_paid_is_refused_before_anything_is_sent() {
    let late = prepare(
        &offer(|builder| builder.absolute_expiry(NOW)),
        &with(None, None),
        [7; 32],
        &keys(2),
        &policy(),
        NOW.plus(Seconds(1)),
    );
    assert_eq!(late.map(drop), Err(Misuse::OfferExpired));
    assert!(ask(&offer(|builder| builder.absolute_expiry(NOW)), &with(None, None)).is_ok());
    let abroad = ask(&offer(|builder| builder.chains(&[ChainHash([7; 32])])), &with(None, None));
    assert!(matches!(abroad, Err(Misuse::Parameter { parameter: "offer", .. })));
    let pays = ask(&sample::payout_offer(1), &with(None, None));
    assert!(matches!(pays, Err(Misuse::WrongString(_))));
    let own =
        prepare(&offer(|builder| builder), &with(None, None), [7; 32], &keys(SHOP), &policy(), NOW);
    assert_eq!(own.map(drop), Err(Misuse::PaysOurselves));
}

// req RW-05, RW-06, RW-41
#[test]
fn each_request_has_a_key_of_its_own_that_only_its_metadata_gives() {
    let offer = offer(|builder| builder);
    let ask = |metadata| {
        prepare(&offer, &with(None, None), metadata, &keys(2), &policy(), NOW).unwrap().request
    };
    let (one, other) = (ask([1; 32]), ask([2; 32]));
    assert_ne!(one.payer_id(), other.payer_id());
    assert_eq!(one.payer_id(), ask([1; 32]).payer_id());
    assert_ne!(one.payer_id(), keys(2).node_id());
    assert!(one.verify_signature(&sample::secp()).is_ok());
    let given = FetchArguments { payer_metadata: Some(vec![3; 8]), ..with(None, None) };
    let fetch = prepare(&offer, &given, [1; 32], &keys(2), &policy(), NOW).unwrap();
    assert_eq!(fetch.request.metadata(), [3; 8]);
}

// req OR-11
#[test]
fn the_paths_of_an_offer_are_asked_and_its_node_only_where_there_are_none() {
    let paths = [sample::message_path(1, None), sample::message_path(2, None)];
    let fetch = ask(&offer(|builder| builder.paths(&paths)), &with(None, None)).unwrap();
    assert_eq!(fetch.destinations, paths.map(Destination::Path));
    let fetch = ask(&offer(|builder| builder), &with(None, None)).unwrap();
    assert_eq!(fetch.destinations, [Destination::Node(sample::point(SHOP))]);
}

fn invoice(fetch: &Fetch) -> InvoiceBuilder {
    InvoiceBuilder::for_request(&fetch.request)
        .amount(fetch.request.amount_due(None).unwrap())
        .created_at(NOW)
        .payment_hash([1; 32])
        .paths(vec![sample::payment_path(1)])
}

fn signed(builder: InvoiceBuilder) -> Invoice {
    builder.sign(&sample::secp(), &sample::keypair(SHOP)).unwrap()
}

fn reply(fetch: &Fetch, bytes: &[u8], now: Timestamp) -> Result<Reply, Misuse> {
    let content = MessageContent { typ: 66, bytes: bytes.to_vec() };
    check_reply(fetch, &content, &keys(2), &policy(), now)
}

fn fetched(fetch: &Fetch, invoice: &Invoice) -> Option<u64> {
    match reply(fetch, invoice.bytes(), NOW) {
        Ok(Reply::Invoice(fetched)) => {
            assert_eq!(fetched.invoice, *invoice);
            fetched.changed_amount.map(bolt1::Msat::as_u64)
        }
        other => panic!("{other:?}"),
    }
}

fn blamed(result: Result<Reply, Misuse>) -> &'static str {
    match result {
        Err(Misuse::WrongInvoice { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

// req IR-05, IR-07, IR-11, IR-13
#[test]
fn an_invoice_is_what_was_asked_for_or_the_field_to_blame_is_named() {
    let fetch = ask(&offer(|builder| builder), &with(None, None)).unwrap();
    let good = signed(invoice(&fetch));
    assert_eq!(fetched(&fetch, &good), None);
    assert_eq!(blamed(reply(&fetch, &with_broken_signature(good.bytes()), NOW)), "signature");
    let late = NOW.plus(Seconds(7_201));
    assert_eq!(blamed(reply(&fetch, good.bytes(), late)), "invoice_relative_expiry");
    assert!(reply(&fetch, good.bytes(), NOW.plus(Seconds(7_200))).is_ok());
    // An invoice for another request of ours.
    let other = prepare(&fetch.offer, &with(None, None), [8; 32], &keys(2), &policy(), NOW);
    let other = signed(invoice(&other.unwrap()));
    assert_eq!(blamed(reply(&fetch, other.bytes(), NOW)), "invreq_metadata");
    let (path, info) = sample::payment_path(1);
    let needy = bolt12::BlindedPayInfo { features: vec![1], ..info };
    let unpayable = signed(invoice(&fetch).paths(vec![(path, needy)]));
    assert_eq!(blamed(reply(&fetch, unpayable.bytes(), NOW)), "invoice_blindedpay");
    let cut = good.bytes().split_last().unwrap().1;
    assert!(matches!(reply(&fetch, cut, NOW), Err(Misuse::WrongInvoice { .. })));
}

// req RCI-R3
#[test]
fn an_invoice_of_a_series_goes_on_from_the_start_of_the_payments_before() {
    let daily = Recurrence::every(1.try_into().unwrap(), TimeUnit::Days);
    let optional = Recurrence { compulsory: false, ..daily };
    let fetch = ask(&offer(|builder| builder.recurrence(optional)), &with(None, None)).unwrap();
    // Whoever says nothing about a series pays for one of a single payment.
    let asked = fetch.request.checked_recurrence().unwrap().unwrap();
    assert_eq!((asked.counter, asked.start), (0, None));
    assert_eq!(fetched(&fetch, &signed(invoice(&fetch).recurrence_basetime(NOW))), None);

    let (counter, start, cancel, past) = (1, None, false, Past::Unknown);
    let series = Some(SeriesArguments { counter, start, cancel, metadata: [1; 32], past });
    let arguments = FetchArguments { series, ..with(None, None) };
    let mut second = ask(&fetch.offer, &arguments).unwrap();
    let started = signed(invoice(&second).recurrence_basetime(NOW));
    assert_eq!(fetched(&second, &started), None);
    second.basetime = Some(NOW);
    assert_eq!(fetched(&second, &started), None);
    second.basetime = Some(NOW.plus(Seconds(1)));
    let other = reply(&second, started.bytes(), NOW);
    assert_eq!(blamed(other), "invoice_recurrence_basetime");
}

#[test]
fn a_limit_in_bitcoin_stands_beside_a_price_in_a_currency() {
    let price = FiatAmount::new(Currency::new("USD").unwrap(), 500.try_into().unwrap()).unwrap();
    let priced = Some(Priced { price, rate: None });
    let capped = Allowance::up_to(Some(msat(1_000))).for_price(priced.clone());
    assert_eq!(capped.check(msat(1_000)), Ok(()));
    let (asked, allowed) = (msat(1_001), msat(1_000));
    assert_eq!(capped.check(asked), Err(Misuse::TooExpensive { asked, allowed }));
    assert_eq!(capped.to_pay().unwrap().priced, priced);
    let blamed = Allowance::up_to(None).for_price(priced).to_pay();
    assert!(matches!(blamed, Err(Misuse::Parameter { parameter: "max_amount_msat", .. })));
}

// req OR-09, IR-16
#[test]
fn a_changed_amount_is_pointed_out_and_one_that_was_named_must_be_met() {
    let plain = ask(&offer(|builder| builder), &with(None, None)).unwrap();
    for amount in [999, 1_001] {
        let invoice = signed(invoice(&plain).amount(msat(amount)));
        assert_eq!(fetched(&plain, &invoice), Some(amount));
    }
    let tip = ask(&offer(|builder| builder), &with(Some(1_500), None)).unwrap();
    assert_eq!(fetched(&tip, &signed(invoice(&tip))), Some(1_500));
    let any = ask(&any_offer(), &with(Some(5), None)).unwrap();
    assert_eq!(fetched(&any, &signed(invoice(&any))), None);
}

// req IR-12
#[test]
fn where_no_issuer_is_named_the_end_of_a_path_that_was_asked_must_sign() {
    let ending_with = |number| BlindedPath {
        hops: vec![BlindedHop {
            blinded_node_id: sample::point(number),
            encrypted_recipient_data: vec![0; 32],
        }],
        ..sample::message_path(number, None)
    };
    let anonymous = OfferBuilder::new().paths(&[ending_with(77), ending_with(78)]);
    let anonymous = anonymous.amount(msat(1_000)).description("tea").build().unwrap();
    let fetch = ask(&anonymous, &with(None, None)).unwrap();
    for number in [77, 78] {
        let invoice = invoice(&fetch).sign(&sample::secp(), &sample::keypair(number)).unwrap();
        assert_eq!(fetched(&fetch, &invoice), None);
        // Of the path alone that was asked, only its own end may sign.
        let mut narrowed = fetch.clone();
        narrowed.destinations = vec![Destination::Path(ending_with(77))];
        let result = reply(&narrowed, invoice.bytes(), NOW);
        match number {
            77 => assert!(result.is_ok()),
            _ => assert_eq!(blamed(result), "invoice_node_id"),
        }
    }
    assert!(invoice(&fetch).sign(&sample::secp(), &sample::keypair(SHOP)).is_err());
}

#[test]
fn a_refusal_is_passed_on_and_anything_else_is_an_error() {
    let fetch = ask(&offer(|builder| builder), &with(None, None)).unwrap();
    let said = InvoiceError::new("sold out").with_field(86);
    let answer = |typ, bytes| {
        let content = MessageContent { typ, bytes };
        check_reply(&fetch, &content, &keys(2), &policy(), NOW)
    };
    match answer(68, said.encode()) {
        Ok(Reply::Refused(error)) => assert_eq!(error, said),
        other => panic!("{other:?}"),
    }
    assert!(matches!(answer(68, vec![1]), Err(Misuse::BadReply(_))));
    assert!(matches!(answer(64, said.encode()), Err(Misuse::BadReply(_))));
}

#[test]
fn the_reason_of_a_refusal_is_what_stands_behind_the_repeated_request() {
    let cases = [
        ("Failed invreq lnr1qqs: Offer no longer available", "Offer no longer available"),
        ("Failed invreq lnr1qqs: amount: too small", "amount: too small"),
        ("Failed invreq: Invalid invreq", "Invalid invreq"),
        ("quantity must be: at most 3", "quantity must be: at most 3"),
        ("Failed", "Failed"),
    ];
    for (text, reason) in cases {
        assert_eq!(refusal_reason(&InvoiceError::new(text)).as_str(), reason);
    }
}
