//! Promises that are bound to more than an amount: refunds, approval, several uses.

use std::time::Duration;

use bolt1::{Msat, Seconds};
use offerd::driver::CallError;
use offerd_core::amount::AmountSpec;
use offerd_core::payment::PaymentState;
use offerd_core::payout::{Payout, PayoutArguments, PromiseState, RefundFor, Uses};
use offerd_core::port::{Destination, PaymentFailure, Store as _};
use offerd_core::{Misuse, PaymentHash};
use offerd_testkit::{Call, Moment, sample};

use crate::world::{
    Party, World, pass, payout_arguments, redemption, refusal, sat, settle, strings,
};

/// A shop that was paid for coffee by a customer, and the hash of that payment.
async fn paid_coffee(world: &World) -> (Party, Party, PaymentHash) {
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let outcome = customer.pay(&offer).await.unwrap();
    settle().await;
    (shop, customer, outcome.payment.payment_hash())
}

fn refund(sat: u64, payment_hash: PaymentHash) -> PayoutArguments {
    let refund_for = Some(RefundFor { payment_hash, node_id: None, allow_more: false });
    PayoutArguments { refund_for, ..payout_arguments(sat) }
}

fn code(payout: &Payout) -> String {
    payout.offer.as_ref().unwrap().to_string()
}

fn parameter<T: std::fmt::Debug>(result: Result<T, CallError>) -> (&'static str, String) {
    match result {
        Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) => (parameter, expected),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_collected_by_the_payer_and_by_nobody_else() {
    let world = World::new();
    let (shop, customer, hash) = paid_coffee(&world).await;
    let stranger = world.announced();
    let payout = shop.try_payout(refund(600, hash)).await.unwrap().payout;
    // A node that has not paid has no key to sign with.
    let (named, why) = parameter(stranger.redeem(&code(&payout), "mine").await);
    assert_eq!(named, "invreq");
    assert!(why.contains("has not paid"), "{why}");
    // One that signs with another key, or not at all, is refused and claims nothing.
    let liar = world.stranger();
    let offer = payout.offer.as_ref().unwrap();
    let unsigned = sample::invoice_for_payout_offer(offer, &sample::keypair(1), 1);
    let to = Destination::Node(shop.node.id());
    let said = liar.say(to, 66, unsigned.bytes()).await;
    let expected = "this refund is for the payer of the invoice alone".to_owned();
    assert_eq!(said, [(expected, Some(242))]);
    assert_eq!(shop.payments(), []);

    customer.redeem(&code(&payout), "refund").await.unwrap();
    settle().await;
    assert_eq!((shop.gained(), customer.gained(), stranger.gained()), (400_000, -400_000, 0));
    assert_eq!(refusal(customer.redeem(&code(&payout), "again").await).0, "already redeemed");
}

#[tokio::test(start_paused = true)]
async fn a_refund_for_what_was_not_paid_here_says_what_is_untrue() {
    let world = World::new();
    let (shop, customer, hash) = paid_coffee(&world).await;
    let unknown = parameter(shop.try_payout(refund(1, PaymentHash([9; 32]))).await);
    assert_eq!(unknown.0, "refund_for");
    assert!(unknown.1.contains("no payment of it"), "{}", unknown.1);
    // It was paid to the shop, not to the customer.
    let other_way = parameter(customer.try_payout(refund(1, hash)).await);
    assert!(other_way.1.contains("no payment of it"), "{}", other_way.1);
    let mut elsewhere = refund(1, hash);
    elsewhere.refund_for.as_mut().unwrap().node_id = Some(customer.node.id());
    let (_, why) = parameter(shop.try_payout(elsewhere).await);
    assert!(why.contains("of another"), "{why}");
    assert_eq!(shop.store.next_payout_row().unwrap().0, 1);
}

#[tokio::test(start_paused = true)]
async fn all_refunds_of_one_payment_together_are_at_most_that() {
    let world = World::new();
    let (shop, customer, hash) = paid_coffee(&world).await;
    let first = shop.try_payout(refund(600, hash)).await.unwrap().payout;
    let (named, why) = parameter(shop.try_payout(refund(401, hash)).await);
    assert_eq!(named, "refund_for");
    assert!(why.contains("400000msat"), "{why}");
    let second = shop.try_payout(refund(400, hash)).await.unwrap().payout;
    parameter(shop.try_payout(refund(1, hash)).await);

    // A claim that failed promises as much as before, a withdrawn promise nothing, a claim under way its amount.
    shop.node.fail_next_payment(PaymentFailure::RefusedByPayee);
    refusal(customer.redeem(&code(&first), "first").await);
    parameter(shop.try_payout(refund(1, hash)).await);
    customer.node.hold_payments();
    let call = customer.spawn_redeem(&code(&first), "first");
    settle().await;
    shop.driver.disable_payout(first.offer_id().as_ref(), None).await.unwrap();
    parameter(shop.try_payout(refund(1, hash)).await);
    shop.driver.disable_payout(second.offer_id().as_ref(), None).await.unwrap();
    let third = shop.try_payout(refund(400, hash)).await.unwrap().payout;
    customer.node.release_payments();
    call.await.unwrap().unwrap();
    customer.redeem(&code(&third), "third").await.unwrap();
    settle().await;
    assert_eq!((shop.gained(), customer.gained()), (0, 0));

    let mut generous = refund(5_000, hash);
    generous.refund_for.as_mut().unwrap().allow_more = true;
    let more = shop.try_payout(generous).await.unwrap().payout;
    customer.redeem(&code(&more), "more").await.unwrap();
    assert_eq!(customer.gained(), 5_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_any_amount_is_what_is_left_unless_its_maker_says() {
    let world = World::new();
    let (shop, customer, hash) = paid_coffee(&world).await;
    shop.try_payout(refund(300, hash)).await.unwrap();
    let any = PayoutArguments { amount: AmountSpec::Any, ..refund(0, hash) };
    let payout = shop.try_payout(any).await.unwrap().payout;
    let ask = |amount: Msat, label| {
        let mut arguments = redemption(&code(&payout), label);
        arguments.amount = Some(amount);
        customer.driver.send_invoice(arguments)
    };
    let (said, field) = refusal(ask(sat(701), "mine").await);
    assert_eq!((said.as_str(), field), ("this amount cannot be paid for this code", Some(170)));
    ask(sat(700), "mine").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_payer_that_dies_around_the_payment_of_a_refund_refunds_once() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::new();
        let (shop, customer, hash) = paid_coffee(&world).await;
        let payout = shop.try_payout(refund(1_000, hash)).await.unwrap().payout;
        shop.node.crash_at(Call::Pay, moment);
        let call = customer.spawn_redeem(&code(&payout), "refund");
        settle().await;
        let shop = shop.restart();
        call.await.unwrap().unwrap();
        settle().await;
        assert_eq!((shop.gained(), customer.gained()), (0, 0), "{moment:?}");
        assert_eq!(shop.payments().len(), 1);
    }
}

fn approving(sat: u64) -> PayoutArguments {
    PayoutArguments { approve: true, ..payout_arguments(sat) }
}

/// The hashes of the redemptions that wait, oldest first.
fn waiting(party: &Party) -> Vec<PaymentHash> {
    let claims = party.store.awaiting_claims().unwrap();
    claims.iter().map(|claim| claim.payment_hash()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_redemption_is_paid_when_it_is_approved_and_refused_when_it_is_not() {
    let world = World::new();
    let (desk, first, second) = (world.announced(), world.announced(), world.announced());
    let payout = desk.try_payout(approving(10_000)).await.unwrap().payout;
    let id = payout.offer_id().unwrap().0;
    let mut calls = Vec::new();
    for party in [&first, &second] {
        calls.push(party.spawn_redeem(&code(&payout), "mine"));
        settle().await;
    }
    let hashes = waiting(&desk);
    assert_eq!((hashes.len(), desk.watch.orders().len()), (2, 0));
    let nobody = desk.driver.approve_payout(id, PaymentHash([1; 32])).await;
    assert!(matches!(nobody, Err(CallError::Misuse(Misuse::Unknown { .. }))), "{nobody:?}");

    let mut calls = calls.into_iter();
    desk.driver.deny_payout(id, hashes[0]).await.unwrap();
    assert_eq!(refusal(calls.next().unwrap().await.unwrap()).0, "not approved");
    // It may be approved by the name of the other string too.
    let invreq_id = payout.invreq_id().unwrap().0;
    desk.driver.approve_payout(invreq_id, hashes[1]).await.unwrap();
    calls.next().unwrap().await.unwrap().unwrap();
    settle().await;
    assert_eq!((first.gained(), second.gained()), (0, 10_000_000));
    for hash in hashes {
        let over = desk.driver.approve_payout(id, hash).await;
        assert!(matches!(over, Err(CallError::Misuse(Misuse::Unknown { .. }))), "{over:?}");
    }
    assert_eq!(desk.watch.orders().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_those_who_wait_one_is_paid() {
    let world = World::new();
    let (desk, first, second) = (world.announced(), world.announced(), world.announced());
    let payout = desk.try_payout(approving(10_000)).await.unwrap().payout;
    let id = payout.offer_id().unwrap().0;
    let one = first.spawn_redeem(&code(&payout), "mine");
    let two = second.spawn_redeem(&code(&payout), "mine");
    settle().await;
    let hashes = waiting(&desk);
    first.node.hold_payments();
    second.node.hold_payments();
    desk.driver.approve_payout(id, hashes[0]).await.unwrap();
    let also = desk.driver.approve_payout(id, hashes[1]).await;
    assert!(matches!(also, Err(CallError::Misuse(Misuse::CannotApprove { .. }))), "{also:?}");
    first.node.release_payments();
    second.node.release_payments();
    settle().await;
    let paid = first.gained() + second.gained();
    assert_eq!(paid, 10_000_000);
    let also = desk.driver.approve_payout(id, hashes[1]).await;
    assert!(matches!(also, Err(CallError::Misuse(Misuse::Unknown { .. }))), "{also:?}");
    assert_eq!((desk.payments().len(), desk.paid()), (2, 1));
    // The other one hears of it at once.
    let ends = [one.await.unwrap(), two.await.unwrap()];
    let refused: Vec<_> = ends.into_iter().filter(Result::is_err).map(refusal).collect();
    assert_eq!(refused, [("already redeemed".to_owned(), None)]);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_hear_that_the_payout_was_withdrawn_or_has_expired() {
    for withdrawn in [true, false] {
        let world = World::new();
        let (desk, customer) = (world.announced(), world.announced());
        let expiry = sample::NOW.plus(Seconds(60));
        let arguments = PayoutArguments { absolute_expiry: Some(expiry), ..approving(10_000) };
        let payout = desk.try_payout(arguments).await.unwrap().payout;
        let call = customer.spawn_redeem_within(&code(&payout), "mine", 7_000);
        settle().await;
        assert_eq!(waiting(&desk).len(), 1);
        if withdrawn {
            desk.driver.disable_payout(payout.offer_id().as_ref(), None).await.unwrap();
        } else {
            pass(3_601).await;
        }
        let heard = refusal(call.await.unwrap());
        assert_eq!(heard, ("offer no longer available".to_owned(), None), "{withdrawn}");
        assert_eq!((waiting(&desk), desk.watch.orders().len()), (vec![], 0));
        // Its label is free again.
        let again = customer.redeem(&code(&payout), "mine").await;
        assert!(matches!(
            again,
            Err(CallError::Refused(_) | CallError::Misuse(Misuse::OfferExpired))
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_promise_of_several_uses_go_on_waiting_until_it_is_spent() {
    let world = World::new();
    let desk = world.announced();
    let arguments = PayoutArguments { approve: true, ..many(Some(2), None) };
    let payout = desk.try_payout(arguments).await.unwrap().payout;
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let parties: Vec<_> = (0..3).map(|_| world.announced()).collect();
    let calls: Vec<_> = parties.iter().map(|party| party.spawn_redeem(&code, "mine")).collect();
    settle().await;
    let (id, hashes) = (payout.invreq_id().unwrap().0, waiting(&desk));
    for (approved, left) in [(hashes[0], 2), (hashes[1], 0)] {
        desk.driver.approve_payout(id, approved).await.unwrap();
        settle().await;
        assert_eq!(waiting(&desk).len(), left);
    }
    let mut ends = Vec::new();
    for call in calls {
        ends.push(call.await.unwrap().is_ok());
    }
    assert_eq!(ends.iter().filter(|paid| **paid).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_expired_redemption_is_dropped_and_the_promise_stays_open() {
    let world = World::new();
    let (desk, customer) = (world.announced(), world.announced());
    let payout = desk.try_payout(approving(10_000)).await.unwrap().payout;
    let call = customer.spawn_redeem(&code(&payout), "mine");
    settle().await;
    let hashes = waiting(&desk);
    pass(7_300).await;
    let id = payout.offer_id().unwrap().0;
    let late = desk.driver.approve_payout(id, hashes[0]).await;
    assert!(matches!(late, Err(CallError::Misuse(_))), "{late:?}");
    pass(3_700).await;
    assert_eq!(waiting(&desk), []);
    assert!(matches!(desk.payments()[0].state, PaymentState::Ended(_)));
    assert_eq!(desk.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Open);
    assert!(matches!(call.await.unwrap(), Err(CallError::NotPaidYet { .. })));
    let again = customer.spawn_redeem(&code(&payout), "again");
    settle().await;
    desk.driver.approve_payout(id, waiting(&desk)[0]).await.unwrap();
    again.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn ten_redemptions_wait_and_the_eleventh_is_refused() {
    let world = World::new();
    let desk = world.announced();
    let payout = desk.try_payout(approving(10_000)).await.unwrap().payout;
    let parties: Vec<_> = (0..10).map(|_| world.announced()).collect();
    let calls: Vec<_> =
        parties.iter().map(|party| party.spawn_redeem(&code(&payout), "mine")).collect();
    settle().await;
    let late = world.announced();
    let (said, _) = refusal(late.redeem(&code(&payout), "mine").await);
    assert_eq!(said, "too many redemptions wait for approval");
    assert_eq!(waiting(&desk).len(), 10);
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn an_approved_redemption_is_paid_once_across_a_crash() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::new();
        let (desk, customer) = (world.announced(), world.announced());
        let payout = desk.try_payout(approving(10_000)).await.unwrap().payout;
        let call = customer.spawn_redeem(&code(&payout), "mine");
        settle().await;
        let desk = desk.restart();
        settle().await;
        assert_eq!(desk.watch.orders().len(), 0, "what waits is not begun by a restart");
        desk.node.crash_at(Call::Pay, moment);
        let id = payout.offer_id().unwrap().0;
        desk.driver.approve_payout(id, waiting(&desk)[0]).await.unwrap();
        settle().await;
        let desk = desk.restart();
        call.await.unwrap().unwrap();
        settle().await;
        assert_eq!((desk.paid(), customer.gained()), (1, 10_000_000), "{moment:?}");
    }
}

fn many(most: Option<u32>, total: Option<u64>) -> PayoutArguments {
    let uses = Uses { most, total: total.map(sat) };
    PayoutArguments { uses, with_offer: false, ..payout_arguments(1_000) }
}

#[tokio::test(start_paused = true)]
async fn a_promise_of_three_is_kept_three_times_however_many_come() {
    let world = World::new();
    let desk = world.announced();
    let payout = desk.try_payout(many(Some(3), None)).await.unwrap().payout;
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let parties: Vec<_> = (0..20).map(|_| world.announced()).collect();
    let calls: Vec<_> = parties.iter().map(|party| party.spawn_redeem(&code, "mine")).collect();
    let mut paid = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => paid += 1,
            refused => assert!(refusal(refused).0.starts_with("already "), "refused otherwise"),
        }
    }
    settle().await;
    assert_eq!((paid, desk.paid()), (3, 3));
    assert_eq!(parties.iter().map(Party::gained).sum::<i64>(), 3_000_000);
    assert_eq!(desk.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Spent);
}

#[tokio::test(start_paused = true)]
async fn a_total_is_not_exceeded_however_many_come_fees_included() {
    let world = World::new();
    let desk = world.announced();
    // Each may cost 1 000 sat and 5 sat of fee, and costs no fee in the end.
    let payout = desk.try_payout(many(None, Some(3_014))).await.unwrap().payout;
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let parties: Vec<_> = (0..4).map(|_| world.announced()).collect();
    parties.iter().for_each(|party| party.node.hold_payments());
    let calls: Vec<_> = parties.iter().map(|party| party.spawn_redeem(&code, "mine")).collect();
    settle().await;
    assert_eq!(desk.payments().len(), 2, "the third might cost more than is left");
    parties.iter().for_each(|party| party.node.release_payments());
    for call in calls {
        drop(call.await.unwrap());
    }
    settle().await;
    // What they really cost leaves room for one more.
    let last = world.announced();
    last.redeem(&code, "mine").await.unwrap();
    let (said, _) = refusal(world.announced().redeem(&code, "mine").await);
    assert_eq!((said.as_str(), desk.paid()), ("offer no longer available", 3));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_payout_hears_when_it_is_redeemed() {
    let world = World::new();
    let (desk, customer) = (world.announced(), world.announced());
    let payout = desk.payout(10_000).await;
    let id = payout.offer_id().unwrap().0;
    let within = Duration::from_secs(60);
    let early = desk.driver.wait_payout(id, None, within).await;
    assert!(matches!(early, Err(CallError::StillOpen)), "{early:?}");
    let driver = desk.driver.clone();
    let wait = tokio::spawn(async move { driver.wait_payout(id, None, Duration::MAX).await });
    let redeemed = customer.redeem(&strings(&payout)[1], "mine").await.unwrap();
    assert_eq!(wait.await.unwrap().unwrap().state, PromiseState::Spent);
    let hash = redeemed.invoice.payment_hash();
    let of_one = desk.driver.wait_payout(id, Some(hash), within).await.unwrap();
    assert_eq!(of_one.row, payout.row);
    let unknown = desk.driver.wait_payout([9; 32], None, within).await;
    assert!(matches!(unknown, Err(CallError::Misuse(Misuse::Unknown { .. }))), "{unknown:?}");
}
