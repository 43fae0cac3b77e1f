//! Standing offers: answering, and which payment is taken.

use std::sync::Arc;
use std::time::Duration;

use bolt12::{Invoice, InvoiceRequest, Offer};
use offerd::driver::{CallError, ListedInvoice, OfferRequest, Warning};
use offerd_core::Misuse;
use offerd_core::amount::AmountSpec;
use offerd_core::fetch::FetchArguments;
use offerd_core::offer_book::OfferArguments;
use offerd_core::payout::PayoutArguments;
use offerd_core::port::{
    Destination, Fronts, MessageContent, NodeEvent, OnionTransport as _, OutboundMessage,
    Store as _,
};
use offerd_core::receipt::ReceiptState;
use offerd_testkit::{Reach, Recorder, sample};

use crate::world::{
    Party, World, offer_request, pass, pay_call, payout_arguments, refusal, sat, settle, strings,
};

async fn fetch(payer: &Party, offer: &str) -> Result<Invoice, CallError> {
    let offer: Offer = offer.parse().unwrap();
    let within = Duration::from_secs(30);
    let outcome = payer.driver.fetch_invoice(&offer, &FetchArguments::default(), within).await?;
    Ok(outcome.fetched.invoice)
}

// req RR-16, OM-R7
#[tokio::test(start_paused = true)]
async fn an_offer_is_paid_and_both_sides_record_the_same_payment() {
    for reach in [Reach::Announced, Reach::Unannounced] {
        let world = World::new();
        let customer = world.announced();
        let shop = world.party(reach);
        let offer = shop.offer(1_000).await;
        let outcome = customer.pay(&offer).await.unwrap();
        settle().await;
        let receipt = shop.receipts().pop().unwrap();
        assert_eq!(receipt.payment_hash, outcome.payment.payment_hash());
        assert_eq!((receipt.amount, receipt.asked), (sat(1_000), sat(1_000)));
        assert_eq!(receipt.invoice, outcome.payment.invoice.bolt12().cloned());
        assert!(matches!(receipt.state, ReceiptState::Paid { .. }));
        assert_eq!(shop.gained(), 1_000_000);
        let id = offer.parse::<Offer>().unwrap().id();
        assert!(shop.store.offer_by_id(&id).unwrap().unwrap().used);
    }
}

// req RR-11
#[tokio::test(start_paused = true)]
async fn a_request_by_the_wrong_way_is_met_with_silence() {
    let world = World::new();
    let (customer, shop) = (world.announced(), world.party(Reach::Unannounced));
    let offer: Offer = shop.offer(1_000).await.parse().unwrap();
    let other_offer: Offer =
        shop.driver.create_offer(offer_request(2_000)).await.unwrap().entry.newest().offer.clone();
    let request = sample::invoice_request(&offer, 1);
    let ways = [
        (Destination::Node(shop.node.id()), 0),
        (Destination::Path(other_offer.paths()[0].clone()), 0),
        (Destination::Path(offer.paths()[0].clone()), 1),
    ];
    for (to, answers) in ways {
        let before = world.network.messages_sent();
        let content = MessageContent { typ: 64, bytes: request.bytes().to_vec() };
        let reply_path_id = Some(vec![1; 32]);
        let message = OutboundMessage { to, content, reply_path_id, attempt: 0 };
        customer.node.send(message).await.unwrap();
        settle().await;
        assert_eq!(world.network.messages_sent() - before - 1, answers);
    }
}

// req OM-W4, RW-05
#[tokio::test(start_paused = true)]
async fn lost_messages_are_sent_again_with_a_fresh_payer_key_each_time() {
    let world = World::new();
    let customer = world.announced();
    let silent = world.network.node(Reach::Announced);
    let heard = Arc::new(Recorder::new());
    silent.start(heard.clone());
    let offer = bolt12::OfferBuilder::new().issuer_id(&silent.id()).amount(sat(1)).description("x");
    let offer = offer.build().unwrap().to_string();
    let Err(CallError::NoAnswer { attempts }) = fetch(&customer, &offer).await else {
        panic!("nobody could have answered")
    };
    let request = |event| {
        let NodeEvent::Message(message) = event else { panic!("{event:?}") };
        InvoiceRequest::decode(&message.content.bytes).unwrap()
    };
    let requests: Vec<InvoiceRequest> = heard.take().into_iter().map(request).collect();
    assert!(requests.len() >= 3, "{}", requests.len());
    assert_eq!(attempts.len(), requests.len());
    for (index, request) in requests.iter().enumerate() {
        for other in &requests[index + 1..] {
            assert_ne!(request.payer_id(), other.payer_id());
            assert_ne!(request.metadata(), other.metadata());
        }
    }

    let shop = world.announced();
    let offer = shop.offer(1_000).await;
    world.network.lose_messages(2);
    customer.pay(&offer).await.unwrap();
    assert_eq!(shop.receipts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_a_node_that_nobody_could_pay_hears_so() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.watch.wish(|wishes| wishes.mint_fails = true);
    let (said, field) = refusal(fetch(&customer, &offer).await);
    assert_eq!((said.as_str(), field), ("the payee cannot receive payments now", None));
    shop.watch.wish(|wishes| wishes.mint_fails = false);
    customer.pay(&offer).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_path_that_leads_nowhere_is_followed_by_the_next_at_once() {
    let world = World::new();
    let customer = world.announced();
    let issuer = world.network.node(Reach::Unannounced);
    let heard = Arc::new(Recorder::new());
    issuer.start(heard.clone());
    let mut paths = vec![sample::message_path(1, None), sample::message_path(2, None)];
    paths.extend(issuer.message_paths(b"here", &Fronts::Usual).await.unwrap());
    let offer = bolt12::OfferBuilder::new().paths(&paths).amount(sat(1)).description("x");
    let call = customer.spawn_pay(pay_call(&offer.build().unwrap().to_string()));
    settle().await;
    assert_eq!(heard.take().len(), 1);
    let Err(CallError::NoAnswer { attempts }) = call.await.unwrap() else {
        panic!("nobody answers")
    };
    let failed = |attempt: &&offerd::driver::Attempt| attempt.outcome.contains("no route");
    assert_eq!(attempts[..3].iter().filter(failed).count(), 2, "{attempts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_path_that_fails_later_does_not_undo_what_was_sent() {
    let world = World::new();
    let customer = world.announced();
    let issuer = world.network.node(Reach::Unannounced);
    issuer.start(Arc::new(Recorder::new()));
    let mut paths = issuer.message_paths(b"here", &Fronts::Usual).await.unwrap();
    paths.push(sample::message_path(1, None));
    let offer = bolt12::OfferBuilder::new().paths(&paths).amount(sat(1)).description("x");
    let result = fetch(&customer, &offer.build().unwrap().to_string()).await;
    assert!(matches!(result, Err(CallError::NoAnswer { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_is_paid_or_ours_or_waits_and_nothing_twice() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let waiting = fetch(&customer, &offer).await.unwrap();
    customer.pay(&offer).await.unwrap();
    let code = strings(&customer.payout(10).await)[0].clone();
    let paid = shop.redeem(&code, "paid").await.unwrap();
    let unanswered = strings(&customer.payout(20).await)[0].clone();
    customer.node.crash();
    assert!(shop.redeem(&unanswered, "sent").await.is_err());
    let mut listed: Vec<_> = shop
        .driver
        .list_invoices()
        .unwrap()
        .into_iter()
        .map(|listed| match listed {
            ListedInvoice::Receipt(receipt) => ("receipt", receipt.payment_hash.0),
            ListedInvoice::Own(own) => ("own", own.payment_hash().0),
            ListedInvoice::Waiting(_, invoice, _) => ("waiting", invoice.payment_hash()),
        })
        .collect();
    assert!(listed.contains(&("waiting", waiting.payment_hash())));
    assert!(listed.contains(&("receipt", paid.receipt.payment_hash.0)));
    listed.sort_unstable();
    let kinds: Vec<_> = listed.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, ["own", "receipt", "receipt", "waiting"]);
    listed.dedup_by_key(|(_, hash)| *hash);
    assert_eq!(listed.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_maker_of_a_code_that_leads_nowhere_is_warned() {
    let world = World::new();
    let lonely = world.party(Reach::Unannounced);
    let warnings = async |party: &Party| {
        let offer = party.driver.create_offer(offer_request(1)).await.unwrap().warnings;
        let payout = party.try_payout(payout_arguments(1)).await.unwrap().warnings;
        assert_eq!(offer, payout);
        offer
    };
    assert_eq!(warnings(&lonely).await, [Warning::Unreachable]);
    assert_eq!(warnings(&world.announced()).await, []);
    // Now there is somebody who can forward.
    assert_eq!(warnings(&world.party(Reach::Unannounced)).await, []);
    let any = PayoutArguments { amount: AmountSpec::Any, ..payout_arguments(1) };
    let made = world.announced().try_payout(any).await.unwrap();
    assert_eq!(made.warnings, [Warning::OnlyOfferd]);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_told_apart_from_no_answer() {
    let world = World::new();
    let customer = world.announced();
    let stranger = sample::point(99);
    let offer = bolt12::OfferBuilder::new().issuer_id(&stranger).amount(sat(1)).description("x");
    let result = fetch(&customer, &offer.build().unwrap().to_string()).await;
    assert!(matches!(result, Err(CallError::Unreachable { ref attempts }) if attempts.len() == 1));
}

#[tokio::test(start_paused = true)]
async fn a_payment_for_a_disabled_offer_is_sent_back() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let invoice = fetch(&customer, &offer).await.unwrap();
    let id = offer.parse::<Offer>().unwrap().id();
    shop.driver.disable_offer(&id).await.unwrap();
    let result = customer.pay(&invoice.to_string()).await;
    assert!(matches!(result, Err(CallError::PaymentFailed { .. })), "{result:?}");
    assert_eq!(shop.receipts(), []);
    assert_eq!((shop.gained(), customer.gained()), (0, 0));
    assert_eq!(refusal(fetch(&customer, &offer).await).0, "offer no longer available");
    let again = shop.driver.disable_offer(&id).await;
    assert!(matches!(again, Err(CallError::Misuse(Misuse::AlreadyDisabled))));
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_taken_until_the_last_second_of_its_invoice_and_then_sent_back() {
    for (seconds, taken) in [(7_200, true), (7_201, false)] {
        let world = World::new();
        let (shop, customer) = (world.announced(), world.announced());
        let offer = shop.offer(1_000).await;
        shop.node.hold_payments();
        let call = customer.spawn_pay(pay_call(&offer));
        settle().await;
        pass(seconds).await;
        shop.node.release_payments();
        settle().await;
        assert_eq!(shop.receipts().len(), usize::from(taken), "{seconds}");
        assert_eq!(customer.paid(), usize::from(taken));
        assert!(!customer.payments()[0].is_pending());
        drop(call);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_payment_of_one_invoice_is_sent_back() {
    let world = World::new();
    let (shop, customer, friend) = (world.announced(), world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let invoice = fetch(&customer, &offer).await.unwrap().to_string();
    customer.pay(&invoice).await.unwrap();
    settle().await;
    let second = friend.pay(&invoice).await;
    assert!(matches!(second, Err(CallError::PaymentFailed { .. })), "{second:?}");
    assert_eq!((shop.gained(), shop.receipts().len()), (1_000_000, 1));
    assert_eq!(friend.gained(), 0);
}

// req RR-06
#[tokio::test(start_paused = true)]
async fn the_same_request_gets_the_same_invoice_and_after_payment_a_refusal() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer: Offer = shop.offer(1_000).await.parse().unwrap();
    let fixed = FetchArguments { payer_metadata: Some(vec![7; 16]), ..FetchArguments::default() };
    let within = Duration::from_secs(30);
    let fetch = async || customer.driver.fetch_invoice(&offer, &fixed, within).await;
    let first = fetch().await.unwrap().fetched.invoice;
    assert_eq!(fetch().await.unwrap().fetched.invoice, first);
    pass(7_201).await;
    let second = fetch().await.unwrap().fetched.invoice;
    assert_ne!(second, first);
    customer.pay(&second.to_string()).await.unwrap();
    settle().await;
    assert_eq!(refusal(fetch().await).0, "already paid");
}

fn single_use(label: &str, sat: u64) -> OfferRequest {
    let request = offer_request(sat);
    let arguments = OfferArguments { single_use: true, ..request.arguments };
    OfferRequest { label: Some(label.into()), arguments, ..request }
}

#[tokio::test(start_paused = true)]
async fn a_single_use_offer_takes_one_payment_of_all_its_invoices() {
    let world = World::new();
    let (shop, customer, friend) = (world.announced(), world.announced(), world.announced());
    let made = shop.driver.create_offer(single_use("order 1", 1_000)).await.unwrap();
    let offer = made.entry.newest().offer.to_string();
    let invoices = [fetch(&customer, &offer).await.unwrap(), fetch(&friend, &offer).await.unwrap()];
    customer.pay(&invoices[0].to_string()).await.unwrap();
    settle().await;
    assert!(friend.pay(&invoices[1].to_string()).await.is_err());
    assert_eq!(shop.gained(), 1_000_000);
    assert_eq!(refusal(fetch(&friend, &offer).await).0, "offer no longer available");
}

#[tokio::test(start_paused = true)]
async fn of_two_payments_at_once_a_single_use_offer_takes_one() {
    let world = World::new();
    let (shop, customer, friend) = (world.announced(), world.announced(), world.announced());
    let made = shop.driver.create_offer(single_use("order 1", 1_000)).await.unwrap();
    let offer = made.entry.newest().offer.to_string();
    shop.node.hold_payments();
    // Neither is ours yet when both have arrived.
    shop.watch.wish(|wishes| wishes.accept_fails = true);
    let calls = [customer.spawn_pay(pay_call(&offer)), friend.spawn_pay(pay_call(&offer))];
    settle().await;
    shop.node.release_payments();
    settle().await;
    shop.watch.wish(|wishes| wishes.accept_fails = false);
    let mut paid = 0;
    for call in calls {
        paid += usize::from(call.await.unwrap().is_ok());
    }
    assert_eq!((paid, shop.receipts().len(), shop.gained()), (1, 1, 1_000_000));
}

#[tokio::test(start_paused = true)]
async fn the_same_arguments_find_the_same_offer_until_it_is_disabled() {
    let world = World::new();
    let shop = world.announced();
    let make = async |request| shop.driver.create_offer(request).await;
    let first = make(offer_request(1_000)).await.unwrap();
    let labelled = OfferRequest { label: Some("other".into()), ..offer_request(1_000) };
    let second = make(labelled).await.unwrap();
    assert!(first.created && !second.created);
    assert_eq!(first.entry, second.entry);
    assert!(make(offer_request(1_001)).await.unwrap().created);
    shop.driver.disable_offer(&first.entry.newest().offer_id()).await.unwrap();
    let third = make(offer_request(1_000)).await;
    assert!(matches!(third, Err(CallError::Misuse(Misuse::ExistsInactive))), "{third:?}");
}

#[tokio::test(start_paused = true)]
async fn single_use_offers_are_found_by_their_label_alone() {
    let world = World::new();
    let shop = world.announced();
    let make = async |request| shop.driver.create_offer(request).await;
    let first = make(single_use("order 1", 1_000)).await.unwrap();
    let again = make(single_use("order 1", 1_000)).await.unwrap();
    assert!(first.created && !again.created);
    assert_eq!(first.entry, again.entry);
    assert!(make(single_use("order 2", 1_000)).await.unwrap().created);
    let mut counted = single_use("order 1", 1_000);
    counted.arguments.quantity_max = Some(3);
    for other in [single_use("order 1", 2_000), counted] {
        let taken = make(other).await;
        let expected = Misuse::LabelTaken {
            offer_id: first.entry.newest().offer_id().0,
            same_arguments: false,
        };
        assert!(matches!(taken, Err(CallError::Misuse(ref misuse)) if *misuse == expected));
    }
}

#[tokio::test(start_paused = true)]
async fn every_string_of_an_offer_is_answered_as_long_as_it_lives() {
    let world = World::new();
    let customer = world.announced();
    let shop = world.party(Reach::Unannounced);
    let old = shop.offer(1_000).await;
    let _new_peer = world.announced();
    let new = shop.offer(1_000).await;
    assert_ne!(old, new);
    assert_eq!(shop.offer(1_000).await, new);
    for code in [&old, &new] {
        customer.pay(code).await.unwrap();
    }
    settle().await;
    assert_eq!(shop.gained(), 2_000_000);
    shop.driver.disable_offer(&old.parse::<Offer>().unwrap().id()).await.unwrap();
    assert_eq!(refusal(fetch(&customer, &new).await).0, "offer no longer available");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_floods_is_dropped_and_others_are_served() {
    let world = World::new();
    let (shop, customer, flooder) = (world.announced(), world.announced(), world.announced());
    let offer: Offer = shop.offer(1_000).await.parse().unwrap();
    let before = world.network.messages_sent();
    for number in 0..100 {
        let bytes = sample::invoice_request(&offer, number).bytes().to_vec();
        let content = MessageContent { typ: 64, bytes };
        let to = Destination::Node(shop.node.id());
        let message = OutboundMessage { to, content, reply_path_id: Some(vec![1; 32]), attempt: 0 };
        flooder.node.send(message).await.unwrap();
    }
    settle().await;
    assert_eq!(world.network.messages_sent() - before - 100, 40);
    customer.pay(&offer.to_string()).await.unwrap();
}
