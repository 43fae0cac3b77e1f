//! Payments that we are told to make.

use std::sync::Arc;
use std::time::Duration;

use bolt1::Seconds;
use bolt12::{Invoice, InvoiceBuilder, InvoiceRequest, OfferBuilder};
use offerd::driver::{CallError, PayCall, Step};
use offerd_core::Misuse;
use offerd_core::fetch::FetchArguments;
use offerd_core::payment::FailureKind;
use offerd_core::port::{
    Destination, Fronts, InvoiceIssuer as _, MessageContent, MintOrder, NodeEvent, NodeEvents as _,
    OnionTransport as _, OutboundMessage, PayRefused, PaymentFailure,
};
use offerd_testkit::{FakeNode, Reach, Recorder, sample};
use secp256k1::Keypair;

use crate::world::{World, offer_request, pass, pay_call, sat, settle, strings};

fn labelled(string: &str, label: &str) -> PayCall {
    PayCall { label: Some(label.into()), ..pay_call(string) }
}

#[tokio::test(start_paused = true)]
async fn the_same_call_under_one_label_is_one_payment() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.node.hold_payments();
    let calls: Vec<_> = (0..5).map(|_| customer.spawn_pay(labelled(&offer, "mine"))).collect();
    settle().await;
    assert_eq!(customer.payments().len(), 1);
    let pending = customer.driver.pay(labelled(&offer, "mine")).await.unwrap();
    assert!(pending.payment.is_pending() && !pending.begun_now);
    shop.node.release_payments();
    let mut begun = 0;
    for call in calls {
        let outcome = call.await.unwrap().unwrap();
        assert_eq!(outcome.payment.id, pending.payment.id);
        begun += usize::from(outcome.begun_now);
    }
    assert_eq!(begun, 1);
    let paid = customer.driver.pay(labelled(&offer, "mine")).await.unwrap();
    assert!(paid.payment.is_paid());
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_label_that_stands_for_something_else_is_refused() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let (coffee, tea) = (shop.offer(1_000).await, shop.offer(900).await);
    customer.driver.pay(labelled(&coffee, "mine")).await.unwrap();
    let tip = PayCall { amount: Some(sat(1_100)), ..labelled(&coffee, "mine") };
    for other in [labelled(&tea, "mine"), tip] {
        let result = customer.driver.pay(other).await;
        assert!(matches!(result, Err(CallError::Misuse(Misuse::PaymentLabelTaken))), "{result:?}");
    }
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn another_quantity_under_the_same_label_is_another_call() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let mut request = offer_request(1_000);
    request.arguments.quantity_max = Some(0);
    let made = shop.driver.create_offer(request).await.unwrap();
    let offer = made.entry.newest().offer.to_string();
    let pay = |quantity| PayCall { quantity: Some(quantity), ..labelled(&offer, "mine") };
    customer.driver.pay(pay(2)).await.unwrap();
    assert!(!customer.driver.pay(pay(2)).await.unwrap().begun_now);
    let other = customer.driver.pay(pay(3)).await;
    assert!(matches!(other, Err(CallError::Misuse(Misuse::PaymentLabelTaken))), "{other:?}");
    assert_eq!(shop.gained(), 2_000_000);
}

#[tokio::test(start_paused = true)]
async fn what_goes_with_an_offer_does_not_go_with_an_invoice() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await.parse().unwrap();
    let arguments = FetchArguments::default();
    let within = Duration::from_secs(10);
    let fetched = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
    let base = pay_call(&fetched.fetched.invoice.to_string());
    let cases = [
        (PayCall { quantity: Some(1), ..base.clone() }, "quantity"),
        (PayCall { payer_note: Some("hi".into()), ..base.clone() }, "payer_note"),
        (PayCall { amount: Some(sat(1_001)), ..base.clone() }, "amount_msat"),
        (PayCall { amount: Some(sat(999)), ..base.clone() }, "amount_msat"),
        (pay_call("lni1qq"), "invstring"),
    ];
    for (call, named) in cases {
        let result = customer.driver.pay(call).await;
        let Err(CallError::Misuse(Misuse::Parameter { parameter, .. })) = result else {
            panic!("{named}: {result:?}")
        };
        assert_eq!(parameter, named);
    }
    assert_eq!(customer.payments(), []);
    customer.driver.pay(PayCall { amount: Some(sat(1_000)), ..base }).await.unwrap();
    let code = strings(&shop.payout(1).await)[1].clone();
    let result = customer.pay(&code).await;
    assert!(matches!(result, Err(CallError::Misuse(Misuse::WrongString(_)))), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn a_label_whose_payment_failed_may_be_used_again() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    customer.node.fail_next_payment(PaymentFailure::NoRoute);
    let failed = customer.driver.pay(labelled(&offer, "mine")).await;
    assert!(matches!(failed, Err(CallError::PaymentFailed { .. })), "{failed:?}");
    customer.driver.pay(labelled(&offer, "mine")).await.unwrap();
    assert_eq!((customer.payments().len(), customer.paid()), (2, 1));
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn one_invoice_is_paid_once_however_often_it_is_asked_for() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await.parse().unwrap();
    let arguments = FetchArguments::default();
    let within = Duration::from_secs(10);
    let fetched = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
    let invoice = fetched.fetched.invoice.to_string();
    shop.node.hold_payments();
    let calls: Vec<_> = (0..10).map(|_| customer.spawn_pay(pay_call(&invoice))).collect();
    settle().await;
    shop.node.release_payments();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    settle().await;
    assert_eq!(customer.pay(&invoice).await.unwrap().payment, customer.payments()[0]);
    assert_eq!((customer.payments().len(), shop.gained()), (1, 1_000_000));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_not_known_in_time_is_pending_and_not_failed() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.node.hold_payments();
    let outcome = customer.driver.pay(labelled(&offer, "mine")).await.unwrap();
    assert!(outcome.payment.is_pending() && outcome.begun_now);
    shop.node.release_payments();
    settle().await;
    assert!(customer.payments()[0].is_paid());
}

#[tokio::test(start_paused = true)]
async fn fetching_and_paying_share_one_time_and_each_attempt_says_what_it_came_to() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.node.hold_payments();
    world.network.lose_messages(1);
    let whole = Duration::from_secs(40);
    let begun = tokio::time::Instant::now();
    let call = customer.spawn_pay(PayCall { retry_for: whole, ..pay_call(&offer) });
    while customer.payments().is_empty() {
        pass(1).await;
    }
    let (fetched, left) = (begun.elapsed(), customer.payments()[0].retry_for.0);
    assert!(fetched > Duration::from_secs(1), "the first request was lost");
    assert!(left <= (whole - fetched).as_secs() + 1, "{left} s for the node after {fetched:?}");
    let outcome = call.await.unwrap().unwrap();
    assert!(outcome.payment.is_pending());
    let took = begun.elapsed();
    assert!(took >= whole && took < whole + Duration::from_secs(1), "{took:?}");
    let tried: Vec<_> =
        outcome.attempts.iter().map(|attempt| (attempt.step, attempt.outcome.as_str())).collect();
    assert_eq!(tried, [(Step::Ask, "sent, no answer"), (Step::Ask, "answered")]);
    assert!(outcome.attempts.iter().all(|attempt| !attempt.to.is_empty()));
}

// req IR-16, RCI-R4
#[tokio::test(start_paused = true)]
async fn more_than_the_caller_allows_is_not_paid() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let mean = PayCall { max_amount: Some(sat(999)), ..pay_call(&offer) };
    let result = customer.driver.pay(mean).await;
    assert!(matches!(result, Err(CallError::Misuse(Misuse::TooExpensive { .. }))), "{result:?}");
    assert_eq!((customer.payments().len(), shop.gained()), (0, 0));
    let tip = PayCall { amount: Some(sat(1_500)), ..pay_call(&offer) };
    customer.driver.pay(tip).await.unwrap();
    assert_eq!(shop.gained(), 1_500_000);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_asks_more_than_its_price_is_not_paid_unless_that_was_allowed() {
    for (max_amount, paid) in [(None, false), (Some(sat(1_999)), false), (Some(sat(2_000)), true)] {
        let world = World::new();
        let customer = world.announced();
        let issuer = world.network.node(Reach::Announced);
        let heard = Arc::new(Recorder::new());
        issuer.start(heard.clone());
        let offer = OfferBuilder::new().issuer_id(&issuer.id()).amount(sat(1_000));
        let offer = offer.description("tea").build().unwrap().to_string();
        let call = customer.spawn_pay(PayCall { max_amount, ..pay_call(&offer) });
        settle().await;
        let Some(NodeEvent::Message(message)) = heard.take().pop() else { panic!("no request") };
        let request = InvoiceRequest::decode(&message.content.bytes).unwrap();
        let bytes = dear_invoice(&issuer, &request).await.bytes().to_vec();
        let to = Destination::Path(message.reply_path.unwrap());
        let content = MessageContent { typ: 66, bytes };
        let answer = OutboundMessage { to, content, reply_path_id: None, attempt: 0 };
        issuer.send(answer).await.unwrap();
        settle().await;
        assert_eq!(customer.payments().len(), usize::from(paid), "{max_amount:?}");
        if !paid {
            let result = call.await.unwrap();
            let dear = matches!(result, Err(CallError::Misuse(Misuse::TooExpensive { .. })));
            assert!(dear, "{result:?}");
        }
    }
}

/// An invoice of twice the price.
async fn dear_invoice(issuer: &FakeNode, request: &InvoiceRequest) -> Invoice {
    let minted = issuer
        .mint(MintOrder {
            amount: sat(2_000),
            expiry: Seconds(7_200),
            context: [0; 32],
            payer_id: request.payer_id(),
            quantity: None,
            memo: None,
            fronts: Fronts::Usual,
        })
        .await
        .unwrap();
    let paths = minted.paths.into_iter().map(|path| (path.path, path.pay_info)).collect();
    let key = Keypair::from_secret_key(&sample::secp(), &issuer.secret_key());
    InvoiceBuilder::for_request(request)
        .amount(sat(2_000))
        .created_at(sample::NOW)
        .payment_hash(minted.payment_hash)
        .paths(paths)
        .sign(&sample::secp(), &key)
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_any_length_is_no_panic() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let patient = PayCall { retry_for: Duration::MAX, ..pay_call(&offer) };
    customer.driver.pay(patient).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ourselves_are_not_paid() {
    let world = World::new();
    let shop = world.announced();
    let offer = shop.offer(1_000).await;
    let result = shop.pay(&offer).await;
    assert!(matches!(result, Err(CallError::Misuse(Misuse::PaysOurselves))), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_fails_says_why_and_what_was_tried() {
    let failures = [
        (PaymentFailure::RefusedByPayee, FailureKind::RefusedByPayee),
        (PaymentFailure::NoRoute, FailureKind::NoRoute),
        (PaymentFailure::InvoiceExpired, FailureKind::InvoiceExpired),
        (PaymentFailure::Abandoned, FailureKind::Abandoned),
        (PaymentFailure::Other("odd".into()), FailureKind::Other),
    ];
    let refusals = [
        (PayRefused::NoRoute("none".into()), FailureKind::NoRoute),
        (PayRefused::TooExpensive("dear".into()), FailureKind::TooExpensive),
        (PayRefused::InvoiceExpired, FailureKind::InvoiceExpired),
        (PayRefused::Impossible("no path".into()), FailureKind::NoRoute),
    ];
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let why = |result| match result {
        Err(CallError::PaymentFailed { reason, .. }) => reason.kind,
        other => panic!("{other:?}"),
    };
    for (failure, kind) in failures {
        customer.node.fail_next_payment(failure);
        assert_eq!(why(customer.pay(&offer).await), kind);
    }
    for (refused, kind) in refusals {
        customer.node.refuse_next_pay(refused);
        assert_eq!(why(customer.pay(&offer).await), kind);
    }
    assert_eq!((customer.paid(), shop.gained()), (0, 0));

    shop.node.hold_payments();
    let call = customer.spawn_pay(pay_call(&offer));
    settle().await;
    let payment_id = customer.payments().pop().unwrap().id.0;
    let (reason, text) = (PaymentFailure::Other("?".into()), "channel 7 is down".to_owned());
    let tried = NodeEvent::AttemptFailed { payment_id, reason, text };
    customer.driver.handle(tried).await.unwrap();
    let failed = NodeEvent::PaymentFailed { payment_id, reason: PaymentFailure::NoRoute };
    customer.driver.handle(failed).await.unwrap();
    let Err(CallError::PaymentFailed { attempts, .. }) = call.await.unwrap() else { panic!() };
    let tried: Vec<_> =
        attempts.iter().map(|attempt| (attempt.step, attempt.outcome.as_str())).collect();
    assert_eq!(tried, [(Step::Ask, "answered"), (Step::Pay, "channel 7 is down")]);
}
