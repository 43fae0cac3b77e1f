//! Dying between what is decided and what is done, and between what is done and what is known.

use offerd_core::fetch::FetchArguments;
use offerd_core::payout::PromiseState;
use offerd_core::port::Store as _;
use offerd_core::receipt::ReceiptState;
use offerd_core::{Batch, Effect, PaymentHash};
use offerd_testkit::{Call, Moment};

use crate::world::{World, bolt11_arguments, pass, pay_call, settle, strings};

#[tokio::test(start_paused = true)]
async fn a_payer_that_dies_around_the_payment_of_a_claim_pays_once() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::new();
        let (atm, customer) = (world.announced(), world.announced());
        let payout = atm.payout(10_000).await;
        atm.node.crash_at(Call::Pay, moment);
        let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
        settle().await;
        assert!(atm.payments()[0].is_pending(), "{moment:?}");
        let atm = atm.restart();
        call.await.unwrap().unwrap();
        settle().await;
        assert_eq!((atm.payments().len(), atm.paid()), (1, 1), "{moment:?}");
        assert_eq!(customer.gained(), 10_000_000, "{moment:?}");
        assert_eq!(atm.store.outbox().unwrap(), []);
        assert_eq!(atm.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Spent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_payer_that_dies_around_the_payment_of_an_order_pays_once() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::new();
        let (shop, customer) = (world.announced(), world.announced());
        let offer = shop.offer(1_000).await;
        customer.node.crash_at(Call::Pay, moment);
        let mut labelled = pay_call(&offer);
        labelled.label = Some("coffee".into());
        let call = customer.spawn_pay(labelled.clone());
        settle().await;
        call.abort();
        let customer = customer.restart();
        settle().await;
        // Whoever was cut off asks again, by the label.
        let outcome = customer.driver.pay(labelled).await.unwrap();
        assert!(outcome.payment.is_paid() && !outcome.begun_now, "{moment:?}");
        assert_eq!(customer.payments().len(), 1);
        assert_eq!(shop.gained(), 1_000_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_payee_that_dies_around_the_release_of_the_preimage_is_paid_once_and_knows_it() {
    for moment in [Moment::Before, Moment::After] {
        for forgets in [false, true] {
            let world = World::new();
            let (shop, customer) = (world.announced(), world.announced());
            let offer = shop.offer(1_000).await;
            shop.node.crash_at(Call::Accept, moment);
            let call = customer.spawn_pay(pay_call(&offer));
            settle().await;
            assert_eq!(shop.receipts()[0].state, ReceiptState::Claiming);
            if forgets {
                shop.node.forget_what_was_handled();
            }
            let shop = shop.restart();
            settle().await;
            assert!(call.await.unwrap().unwrap().payment.is_paid());
            let receipts = shop.receipts();
            assert_eq!(receipts.len(), 1, "{moment:?} {forgets}");
            assert!(matches!(receipts[0].state, ReceiptState::Paid { .. }), "{moment:?} {forgets}");
            assert_eq!(shop.gained(), 1_000_000);
            assert_eq!(shop.store.outbox().unwrap(), []);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bolt_11_invoice_is_paid_once_whichever_side_dies_around_its_payment() {
    for (moment, payer_dies) in [
        (Moment::Before, true),
        (Moment::After, true),
        (Moment::Before, false),
        (Moment::After, false),
    ] {
        let world = World::new();
        let (mut shop, mut customer) = (world.announced(), world.announced());
        let made = shop.driver.create_bolt11(bolt11_arguments(1_000, "order 17")).await.unwrap();
        let string = made.invoice.bolt11().unwrap().string.clone();
        match payer_dies {
            true => customer.node.crash_at(Call::Pay, moment),
            false => shop.node.crash_at(Call::Accept, moment),
        }
        let mut call = pay_call(&string);
        call.label = Some("lunch".into());
        let paying = customer.spawn_pay(call.clone());
        settle().await;
        if payer_dies {
            assert!(customer.payments()[0].is_pending(), "{moment:?}");
            paying.abort();
            customer = customer.restart();
        } else {
            assert_eq!(shop.receipts()[0].state, ReceiptState::Claiming, "{moment:?}");
            shop.node.forget_what_was_handled();
            shop = shop.restart();
        }
        settle().await;
        let outcome = customer.driver.pay(call).await.unwrap();
        assert!(outcome.payment.is_paid() && !outcome.begun_now, "{moment:?} {payer_dies}");
        assert_eq!((customer.payments().len(), shop.receipts().len()), (1, 1));
        assert!(matches!(shop.receipts()[0].state, ReceiptState::Paid { .. }));
        assert_eq!((shop.gained(), customer.gained()), (1_000_000, -1_000_000));
        assert_eq!(shop.store.outbox().unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_payee_that_dies_around_the_sending_back_of_a_payment_keeps_nothing() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::new();
        let (shop, customer) = (world.announced(), world.announced());
        let offer = shop.driver.create_offer(crate::world::offer_request(1_000)).await.unwrap();
        let string = offer.entry.newest().offer.to_string();
        shop.node.hold_payments();
        let call = customer.spawn_pay(pay_call(&string));
        settle().await;
        shop.driver.disable_offer(&offer.entry.newest().offer_id()).await.unwrap();
        shop.node.crash_at(Call::Refuse, moment);
        shop.node.release_payments();
        settle().await;
        let shop = shop.restart();
        assert!(call.await.unwrap().is_err());
        assert_eq!((shop.gained(), customer.gained()), (0, 0), "{moment:?}");
        assert_eq!(shop.receipts(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_come_again_after_a_restart_change_nothing() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let offer = atm.offer(500).await;
    customer.redeem(&strings(&payout)[0], "mine").await.unwrap();
    customer.pay(&offer).await.unwrap();
    settle().await;
    let before = (atm.store.events(), customer.store.events());
    for party in [&atm, &customer] {
        party.node.forget_what_was_handled();
    }
    let (atm, customer) = (atm.restart(), customer.restart());
    settle().await;
    assert_eq!((atm.store.events(), customer.store.events()), before);
    assert_eq!((atm.store.outbox().unwrap(), customer.store.outbox().unwrap()), (vec![], vec![]));
    // And what comes after them is heard.
    customer.pay(&offer).await.unwrap();
    settle().await;
    assert_eq!(atm.receipts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_invoice_is_payable_after_a_crash_right_behind_the_reply() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await.parse().unwrap();
    let arguments = FetchArguments::default();
    let within = std::time::Duration::from_secs(10);
    let fetched = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
    assert_eq!(shop.store.events().len(), 1, "an unpaid invoice is written nowhere");
    let shop = shop.restart();
    customer.pay(&fetched.fetched.invoice.to_string()).await.unwrap();
    settle().await;
    assert_eq!(shop.gained(), 1_000_000);
    assert_eq!(shop.receipts()[0].invoice, None);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_delays_and_loses_nothing() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.store.fail_commits(1);
    let call = customer.spawn_pay(pay_call(&offer));
    settle().await;
    assert_eq!(shop.receipts(), [], "nothing is taken that is not on disk");
    // The node offers the payment again.
    let shop = shop.restart();
    assert!(call.await.unwrap().unwrap().payment.is_paid());
    settle().await;
    assert_eq!((shop.receipts().len(), shop.gained()), (1, 1_000_000));
}

#[tokio::test(start_paused = true)]
async fn what_can_no_longer_be_taken_keeps_nobody_else_waiting() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let stale = Batch::default().and_then(Effect::Accept(PaymentHash([9; 32])));
    atm.store.commit(&stale).unwrap();
    let payout = atm.payout(10_000).await;
    customer.redeem(&strings(&payout)[0], "mine").await.unwrap();
    assert_eq!(atm.store.outbox().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_is_owed_twice_is_handed_to_the_node_once() {
    // A node may have forgotten a failed payment before it tells us of it; a second order would be a second payment.
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    atm.node.crash_at(Call::Pay, Moment::Before);
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    let id = atm.payments()[0].id;
    assert_eq!(atm.watch.orders(), [id.0]);
    let twice = Batch::default().and_then(Effect::Pay(id)).and_then(Effect::Pay(id));
    atm.store.commit(&twice).unwrap();
    let atm = atm.restart();
    call.await.unwrap().unwrap();
    settle().await;
    assert_eq!(atm.watch.orders(), [id.0; 2]);
    assert_eq!(customer.gained(), 10_000_000);
    assert_eq!(atm.store.outbox().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_payment_leaves_the_outbox_before_the_node_hears_of_it() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    atm.watch.wish(|wishes| wishes.pay_hangs = true);
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    assert_eq!((atm.watch.orders().len(), atm.store.outbox().unwrap()), (1, vec![]));
    // The node knows nothing of it after the restart, so it is begun again under its id.
    let atm = atm.restart();
    atm.watch.wish(|wishes| wishes.pay_hangs = false);
    call.await.unwrap().unwrap();
    assert_eq!(atm.watch.orders(), [atm.payments()[0].id.0; 2]);
    assert_eq!(customer.gained(), 10_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_the_node_lists_is_not_ordered_again_after_a_restart() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    customer.node.hold_payments();
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    let atm = atm.restart().restart();
    pass(600).await;
    assert_eq!(atm.watch.orders().len(), 1);
    customer.node.release_payments();
    settle().await;
    assert_eq!(atm.paid(), 1);
    drop(call);
}

#[tokio::test(start_paused = true)]
async fn the_redeemer_hears_of_a_failed_claim_even_after_a_crash() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    atm.node.fail_next_payment(offerd_core::port::PaymentFailure::RefusedByPayee);
    atm.node.crash_at(Call::Send, Moment::Before);
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    assert!(!atm.payments()[0].is_pending());
    let _atm = atm.restart();
    assert_eq!(crate::world::refusal(call.await.unwrap()).0, "pay attempt failed");
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_was_accepted_and_lost_makes_its_request_payable_again() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let (row, invoice) = {
        let made = shop.driver.create_offer(crate::world::offer_request(1_000)).await.unwrap();
        let offer = made.entry.newest().offer.clone();
        let arguments = FetchArguments::default();
        let within = std::time::Duration::from_secs(10);
        let fetched = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
        (made.entry.row, fetched.fetched.invoice.to_string())
    };
    shop.node.crash_at(Call::Accept, Moment::Before);
    let call = customer.spawn_pay(pay_call(&invoice));
    settle().await;
    assert_eq!(shop.receipts()[0].state, ReceiptState::Claiming);
    // It is away for so long that the payment goes back.
    shop.node.time_out_payments();
    assert!(call.await.unwrap().is_err());
    let shop = shop.restart();
    settle().await;
    assert!(matches!(shop.receipts()[0].state, ReceiptState::Lost { .. }));
    assert_eq!(shop.store.outbox().unwrap(), []);
    customer.pay(&invoice).await.unwrap();
    settle().await;
    assert_eq!((shop.gained(), customer.gained()), (1_000_000, -1_000_000));
    let states: Vec<_> = shop.receipts().iter().map(|receipt| receipt.is_live()).collect();
    assert_eq!(states, [false, true]);
    assert!(shop.store.offer(row).unwrap().unwrap().used);
}

#[tokio::test(start_paused = true)]
async fn while_the_node_is_not_sure_that_a_payment_is_lost_no_other_is_taken() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.watch.wish(|wishes| wishes.accept_fails = true);
    let call = customer.spawn_pay(pay_call(&offer));
    settle().await;
    assert_eq!(shop.receipts()[0].state, ReceiptState::Claiming);
    let shop = shop.restart();
    pass(4_000).await;
    assert_eq!(shop.receipts()[0].state, ReceiptState::Claiming);
    shop.watch.wish(|wishes| wishes.accept_fails = false);
    pass(10).await;
    drop(call);
    assert_eq!(shop.gained(), 1_000_000);
}
