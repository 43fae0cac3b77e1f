//! Invoices that we send to whoever promised to pay.

use std::sync::Arc;

use bolt12::{Invoice, InvoiceError, OfferBuilder};
use offerd::driver::{CallError, Redeemed};
use offerd_core::Misuse;
use offerd_core::amount::AmountSpec;
use offerd_core::invoice_book::{OwnInvoice, RedeemArguments};
use offerd_core::payment::{OutgoingPayment, pay_order};
use offerd_core::payout::PayoutArguments;
use offerd_core::port::{
    Destination, Indexed, InvoicePayer as _, MessageContent, NodeEvent, OnionTransport as _,
    OutboundMessage, Page, Store as _,
};
use offerd_core::receipt::ReceiptState;
use offerd_testkit::{Call, Moment, Reach, Recorder, sample};
use tokio::task::JoinHandle;

use crate::world::{
    Party, World, pass, payout_arguments, redemption, refusal, sat, settle, strings,
};

fn own(party: &Party) -> Vec<OwnInvoice> {
    let invoices = party.store.own_invoices(Page::ALL).unwrap();
    invoices.into_iter().map(|Indexed { row, .. }| row).collect()
}

fn label_taken(result: &Result<Redeemed, CallError>) -> bool {
    matches!(result, Err(CallError::Misuse(Misuse::InvoiceLabelTaken)))
}

#[tokio::test(start_paused = true)]
async fn a_payment_after_the_timeout_is_taken_and_found_by_the_label() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let code = strings(&atm.payout(10_000).await)[0].clone();
    customer.node.hold_payments();
    let late = customer.redeem(&code, "mine").await;
    assert!(matches!(late, Err(CallError::NotPaidYet { .. })), "{late:?}");
    // The label is held, for this string and no other.
    let other = strings(&atm.payout(1).await)[0].clone();
    assert!(label_taken(&customer.redeem(&other, "mine").await));
    pass(60).await;
    customer.node.release_payments();
    settle().await;
    let found = customer.redeem(&code, "mine").await.unwrap();
    assert!(matches!(found.receipt.state, ReceiptState::Paid { .. }));
    assert_eq!((own(&customer).len(), atm.payments().len()), (1, 1));
    assert_eq!(customer.gained(), 10_000_000);
}

#[tokio::test(start_paused = true)]
async fn the_same_label_and_string_take_up_the_same_invoice() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let code = strings(&atm.payout(10_000).await)[1].clone();
    atm.node.crash();
    let first = customer.redeem(&code, "mine").await;
    assert!(matches!(first, Err(CallError::NotPaidYet { .. })), "{first:?}");
    let _atm = atm.restart();
    let redeemed = customer.redeem(&code, "mine").await.unwrap();
    assert_eq!(own(&customer), [redeemed.invoice]);
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_under_one_label_make_one_invoice() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let code = strings(&atm.payout(10_000).await)[0].clone();
    let other = strings(&atm.payout(20_000).await)[0].clone();
    let calls: Vec<JoinHandle<_>> = (0..5).map(|_| customer.spawn_redeem(&code, "mine")).collect();
    let crossing = customer.spawn_redeem(&other, "mine").await.unwrap();
    // Whoever was first has the label, and all who asked for the same share it.
    for call in calls {
        let result = call.await.unwrap();
        assert_eq!(label_taken(&result), crossing.is_ok(), "{result:?}");
        assert_eq!(result.is_ok(), label_taken(&crossing));
    }
    assert_eq!(own(&customer).len(), 1);
    let expected = if crossing.is_ok() { 20_000_000 } else { 10_000_000 };
    assert_eq!(customer.gained(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_frees_the_label_and_the_invoice_is_not_taken_any_more() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let code = strings(&payout)[0].clone();
    atm.driver.disable_payout(payout.offer_id().as_ref(), None).await.unwrap();
    // Two calls wait for the same answer; both hear it.
    let (one, other) = (customer.spawn_redeem(&code, "mine"), customer.spawn_redeem(&code, "mine"));
    for call in [one, other] {
        assert_eq!(refusal(call.await.unwrap()).0, "offer no longer available");
    }
    let refused = own(&customer);
    assert!(refused.iter().all(|invoice| invoice.refused_at.is_some()));
    let invoice = refused[0].bolt12().cloned().unwrap().into();
    atm.node.pay(pay_order(&OutgoingPayment { invoice, ..sample::order(1) })).await.unwrap();
    settle().await;
    assert_eq!((customer.gained(), atm.gained(), customer.receipts()), (0, 0, vec![]));
    let fresh = strings(&atm.payout(5).await)[0].clone();
    customer.redeem(&fresh, "mine").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_expired_invoice_frees_its_label() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let (first, second) = (atm.payout(10_000).await, atm.payout(20_000).await);
    customer.node.hold_payments();
    let late = customer.redeem(&strings(&first)[0], "mine").await;
    assert!(matches!(late, Err(CallError::NotPaidYet { .. })));
    let life = 7_200;
    pass(life - 90).await;
    assert!(label_taken(&customer.redeem(&strings(&second)[0], "mine").await));
    pass(1).await;
    // What comes now is too late and goes back; then the promise is free for another try.
    customer.node.release_payments();
    customer.redeem(&strings(&second)[0], "mine").await.unwrap();
    assert_eq!(customer.gained(), 20_000_000);
    settle().await;
    assert!(atm.payments().iter().all(|payment| !payment.is_pending()));
    customer.redeem(&strings(&first)[0], "more").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paid_invoice_is_found_by_its_label_for_ever_and_not_sent_again() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let code = strings(&atm.payout(10_000).await)[0].clone();
    let first = customer.redeem(&code, "mine").await.unwrap();
    pass(100_000).await;
    let before = world.network.messages_sent();
    let again = customer.redeem(&code, "mine").await.unwrap();
    assert_eq!((again.invoice, again.receipt), (first.invoice, first.receipt));
    assert_eq!(world.network.messages_sent(), before);
    let other = strings(&atm.payout(1).await)[0].clone();
    assert!(label_taken(&customer.redeem(&other, "mine").await));
}

#[tokio::test(start_paused = true)]
async fn a_path_that_leads_nowhere_is_followed_by_the_next_at_once() {
    let world = World::new();
    let (atm, customer) = (world.party(Reach::Unannounced), world.announced());
    let _hub = world.announced();
    let payout = atm.payout(10_000).await;
    let offer = payout.offer.unwrap();
    let mut paths = vec![sample::message_path(1, None), sample::message_path(2, None)];
    paths.extend_from_slice(offer.paths());
    // Other paths make another code: it is refused, which is an answer all the same.
    let code = OfferBuilder::new().issuer_id(&atm.node.id()).metadata(payout.nonce).paths(&paths);
    let code = code.send_invoice().description("x").amount(sat(10_000)).build().unwrap();
    let call = customer.spawn_redeem(&code.to_string(), "mine");
    settle().await;
    assert!(call.is_finished());
    assert!(refusal(call.await.unwrap()).0.ends_with("differs from the code"));
}

#[tokio::test(start_paused = true)]
async fn what_reached_nobody_frees_its_label_but_what_was_sent_before_does_not() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let code = strings(&atm.payout(10_000).await)[0].clone();
    customer.node.crash_at(Call::Send, Moment::Before);
    let result = customer.redeem(&code, "mine").await;
    assert!(matches!(result, Err(CallError::Unreachable { .. })), "{result:?}");
    assert!(own(&customer)[0].refused_at.is_some());

    let customer = customer.restart();
    customer.node.hold_payments();
    assert!(customer.redeem(&code, "mine").await.is_err());
    customer.node.crash_at(Call::Send, Moment::Before);
    let result = customer.redeem(&code, "mine").await;
    assert!(matches!(result, Err(CallError::Unreachable { .. })), "{result:?}");
    let customer = customer.restart();
    customer.node.release_payments();
    settle().await;
    customer.redeem(&code, "mine").await.unwrap();
    assert_eq!(customer.gained(), 10_000_000);
    assert_eq!((own(&customer).len(), atm.payments().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_crosses_the_payment_does_not_count() {
    let world = World::new();
    let customer = world.announced();
    let payer = world.network.node(Reach::Announced);
    let heard = Arc::new(Recorder::new());
    payer.start(heard.clone());
    let code = OfferBuilder::new().issuer_id(&payer.id()).metadata([1; 16]).send_invoice();
    let code = code.description("x").amount(sat(1_000)).build().unwrap().to_string();
    let call = customer.spawn_redeem(&code, "mine");
    settle().await;
    let Some(NodeEvent::Message(message)) = heard.take().pop() else { panic!("no invoice came") };
    let invoice = Invoice::decode(&message.content.bytes).unwrap();
    // The payment has come but is not ours yet when the refusal arrives.
    customer.watch.wish(|wishes| wishes.accept_fails = true);
    payer
        .pay(pay_order(&OutgoingPayment { invoice: invoice.into(), ..sample::order(1) }))
        .await
        .unwrap();
    settle().await;
    assert_eq!(customer.receipts()[0].state, ReceiptState::Claiming);
    let content = MessageContent { typ: 68, bytes: InvoiceError::new("no").encode() };
    let to = Destination::Path(message.reply_path.unwrap());
    payer.send(OutboundMessage { to, content, reply_path_id: None, attempt: 0 }).await.unwrap();
    settle().await;
    assert!(!call.is_finished());
    customer.watch.wish(|wishes| wishes.accept_fails = false);
    assert_eq!(call.await.unwrap().unwrap().receipt, customer.receipts()[0]);
}

#[tokio::test(start_paused = true)]
async fn another_amount_under_the_same_label_is_another_call() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let any = PayoutArguments { amount: AmountSpec::Any, ..payout_arguments(1) };
    let code = atm.try_payout(any).await.unwrap().payout.offer.unwrap().to_string();
    let ask = |amount| RedeemArguments { amount: Some(sat(amount)), ..redemption(&code, "mine") };
    customer.node.hold_payments();
    let first = customer.driver.send_invoice(ask(5)).await;
    assert!(matches!(first, Err(CallError::NotPaidYet { .. })), "{first:?}");
    assert!(label_taken(&customer.driver.send_invoice(ask(6)).await));
    customer.node.release_payments();
    customer.driver.send_invoice(ask(5)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_any_length_is_an_error_that_names_the_field() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let mut endless = redemption(&strings(&atm.payout(1).await)[0], "mine");
    endless.timeout = bolt1::Seconds(u64::MAX);
    let result = customer.driver.send_invoice(endless).await;
    let named =
        matches!(result, Err(CallError::Misuse(Misuse::Parameter { parameter: "timeout", .. })));
    assert!(named, "{result:?}");
    assert_eq!(own(&customer), []);
}
