//! Promises to pay: who is paid, and how often.

use bolt1::{CltvDelta, Msat};
use offerd::driver::CallError;
use offerd_core::Misuse;
use offerd_core::amount::AmountSpec;
use offerd_core::payment::PaymentState;
use offerd_core::payout::{Payout, PayoutArguments, PromiseState};
use offerd_core::port::{
    Destination, MessageContent, OnionTransport as _, OutboundMessage, PayRefused, PaymentFailure,
    Store as _,
};
use offerd_testkit::{Call, Moment, Reach, sample};

use crate::world::{
    Party, World, pass, payout_arguments, redemption, refusal, sat, settle, strings,
};

#[tokio::test(start_paused = true)]
async fn a_payout_is_redeemed_once_and_then_refused_by_either_string() {
    for (first, reach) in [(0, Reach::Announced), (1, Reach::Unannounced)] {
        let world = World::new();
        let (customer, stranger) = (world.announced(), world.announced());
        let atm = world.party(reach);
        let payout = atm.payout(10_000).await;
        let codes = strings(&payout);

        let redeemed = customer.redeem(&codes[first], "mine").await.unwrap();
        assert_eq!(redeemed.receipt.amount, sat(10_000));
        assert_eq!(customer.gained(), 10_000_000);
        settle().await;
        assert_eq!(atm.paid(), 1);
        assert_eq!(atm.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Spent);

        let before = atm.node.balance();
        for code in &codes {
            let (said, _) = refusal(stranger.redeem(code, "theirs").await);
            assert_eq!(said, "already redeemed");
        }
        let second_label = refusal(customer.redeem(&codes[1 - first], "again").await);
        assert_eq!(second_label.0, "already redeemed");
        assert_eq!(atm.node.balance(), before);
        assert_eq!(atm.payments().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_who_redeem_at_once_one_is_paid() {
    let world = World::new();
    let atm = world.announced();
    let payout = atm.payout(10_000).await;
    let codes = strings(&payout);
    let redeemers: Vec<Party> = (0..100).map(|_| world.announced()).collect();
    let calls: Vec<_> = redeemers
        .iter()
        .zip(codes.iter().cycle())
        .map(|(party, code)| party.spawn_redeem(code, "mine"))
        .collect();
    let mut paid = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => paid += 1,
            refused => {
                let (said, _) = refusal(refused);
                assert!(said.starts_with("already "), "{said}");
            }
        }
    }
    assert_eq!(paid, 1);
    assert_eq!(redeemers.iter().map(Party::gained).sum::<i64>(), 10_000_000);
    settle().await;
    assert_eq!(atm.payments().len(), 1);
    assert_eq!(atm.paid(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_invoice_twice_is_paid_once() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    world.network.double_messages(1);
    customer.redeem(&strings(&payout)[0], "mine").await.unwrap();
    settle().await;
    assert_eq!(atm.payments().len(), 1);
    assert_eq!(customer.gained(), 10_000_000);
}

// req IR-18, OM-R8
#[tokio::test(start_paused = true)]
async fn an_invoice_by_the_wrong_way_is_met_with_silence() {
    let world = World::new();
    let (customer, atm) = (world.announced(), world.party(Reach::Unannounced));
    let payout = atm.payout(10_000).await;
    let offer = payout.offer.as_ref().unwrap();
    let key = sample::keypair(1);
    let invoice = sample::invoice_for_payout_offer(offer, &key, 1);
    for to in [Destination::Node(atm.node.id()), Destination::Path(offer.paths()[0].clone())] {
        let by_path = matches!(to, Destination::Path(_));
        let before = world.network.messages_sent();
        let content = MessageContent { typ: 66, bytes: invoice.bytes().to_vec() };
        let reply_path_id = Some(vec![1; 32]);
        customer
            .node
            .send(OutboundMessage { to, content, reply_path_id, attempt: 0 })
            .await
            .unwrap();
        settle().await;
        // The way that the code names is answered: the invoice has expired.
        let answers = world.network.messages_sent() - before - 1;
        assert_eq!(answers, u64::from(by_path), "by path: {by_path}");
        assert_eq!(atm.payments(), []);
        pass(7201).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoice_with_an_unknown_feature_is_met_with_silence() {
    let world = World::new();
    let (customer, atm) = (world.announced(), world.announced());
    let offer = atm.payout(10_000).await.offer.unwrap();
    let invoice = sample::invoice_for_payout_offer(&offer, &sample::keypair(1), 1);
    // The signature is wrong in each case: whoever gets as far as that is told.
    for (features, answers) in [(vec![], 1), (vec![0b10], 1), (vec![0b01], 0), (vec![1, 0, 0], 1)] {
        let mut writer = bolt1::Writer::new();
        let mut records: Vec<_> = invoice.records().map(|one| (one.typ, one.value)).collect();
        records.push((174, &features));
        records.sort_unstable();
        for (typ, value) in records {
            bolt1::tlv::write_record(&mut writer, typ, value);
        }
        let content = MessageContent { typ: 66, bytes: writer.into_bytes() };
        let to = Destination::Node(atm.node.id());
        let before = world.network.messages_sent();
        let message = OutboundMessage { to, content, reply_path_id: Some(vec![1; 32]), attempt: 0 };
        customer.node.send(message).await.unwrap();
        settle().await;
        assert_eq!(world.network.messages_sent() - before - 1, answers, "{features:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoice_that_nobody_could_pay_is_refused_aloud_and_claims_nothing() {
    let world = World::new();
    let (redeemer, atm) = (world.stranger(), world.announced());
    let offer = atm.payout(10_000).await.offer.unwrap();
    let (path, info) = sample::payment_path(1);
    let needy = bolt12::BlindedPayInfo { features: vec![1], ..info };
    let invoice =
        bolt12::InvoiceBuilder::for_payout_offer(&offer, [1; 32], bolt1::ChainHash::BITCOIN)
            .paths(vec![(path, needy)])
            .created_at(sample::NOW)
            .payment_hash([1; 32])
            .sign(&sample::secp(), &sample::keypair(1))
            .unwrap();
    let heard = redeemer.say(Destination::Node(atm.node.id()), 66, invoice.bytes()).await;
    assert_eq!(heard, [("no usable payment path".to_owned(), Some(162))]);
    assert_eq!(atm.payments(), []);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_fails_is_told_to_its_redeemer_and_frees_the_promise() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let code = &strings(&payout)[0];
    atm.node.fail_next_payment(PaymentFailure::RefusedByPayee);
    let (said, field) = refusal(customer.redeem(code, "mine").await);
    assert_eq!((said.as_str(), field), ("pay attempt failed", None));
    // The refusal has freed the label, the failure the promise.
    customer.redeem(code, "mine").await.unwrap();
    settle().await;
    assert_eq!((atm.payments().len(), atm.paid()), (2, 1));
    assert_eq!(customer.gained(), 10_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_paid_at_once_for_its_invoice_may_not_live_long() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let began = tokio::time::Instant::now();
    customer.redeem(&strings(&payout)[0], "mine").await.unwrap();
    // Core Lightning makes invoices that live as long as their maker waits: seconds.
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(atm.watch.orders().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_claim_does_not_open_a_withdrawn_promise_again() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let code = strings(&payout)[0].clone();
    atm.node.refuse_next_pay(PayRefused::NoRoute("not now".into()));
    let call = customer.spawn_redeem(&code, "mine");
    settle().await;
    assert!(atm.payments()[0].is_pending());
    atm.driver.disable_payout(payout.offer_id().as_ref(), None).await.unwrap();
    // A claim made before goes on; this one meets its end at the next attempt.
    atm.node.refuse_next_pay(PayRefused::Impossible("gone".into()));
    assert_eq!(refusal(call.await.unwrap()).0, "pay attempt failed");
    assert_eq!(atm.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Disabled);
    assert_eq!(refusal(customer.redeem(&code, "again").await).0, "offer no longer available");
    assert_eq!(customer.gained(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_claim_made_before_the_withdrawal_is_paid() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    customer.node.hold_payments();
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    atm.driver.disable_payout(None, payout.invreq_id().as_ref()).await.unwrap();
    customer.node.release_payments();
    call.await.unwrap().unwrap();
    settle().await;
    assert_eq!(atm.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Spent);
}

#[tokio::test(start_paused = true)]
async fn what_counts_is_how_the_promise_stands_when_it_is_claimed() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    atm.watch.wish(|wishes| wishes.balance_hangs = true);
    let call = customer.spawn_redeem(&strings(&payout)[0], "mine");
    settle().await;
    atm.driver.disable_payout(payout.offer_id().as_ref(), None).await.unwrap();
    atm.watch.wish(|wishes| wishes.balance_hangs = false);
    assert_eq!(refusal(call.await.unwrap()).0, "offer no longer available");
    assert_eq!(atm.payments(), []);
}

#[tokio::test(start_paused = true)]
async fn while_the_outcome_is_unknown_nobody_else_is_paid() {
    let world = World::new();
    let (atm, customer, stranger) = (world.announced(), world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let codes = strings(&payout);
    customer.node.hold_payments();
    atm.node.crash_at(Call::Pay, Moment::After);
    let call = customer.spawn_redeem(&codes[0], "mine");
    settle().await;
    let atm = atm.restart();
    for code in &codes {
        assert_eq!(refusal(stranger.redeem(code, "theirs").await).0, "already being redeemed");
    }
    pass(60).await;
    assert!(atm.payments()[0].is_pending());
    customer.node.release_payments();
    call.await.unwrap().unwrap();
    settle().await;
    assert_eq!((atm.payments().len(), atm.paid()), (1, 1));
    assert_eq!((customer.gained(), stranger.gained()), (10_000_000, 0));
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_tried_again_later_and_later_and_twenty_times_at_most() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    let mut long = redemption(&strings(&payout)[0], "mine");
    long.timeout = bolt1::Seconds(7200);
    let driver = customer.driver.clone();
    atm.node.refuse_next_pay(PayRefused::NoRoute("not now".into()));
    let call = tokio::spawn(async move { driver.send_invoice(long).await });
    settle().await;
    atm.node.set_balance(sat(1));
    let mut seen = Vec::new();
    while let PaymentState::Pending { attempts, next_at } = atm.payments()[0].state {
        if seen.last().is_none_or(|(last, _)| *last != attempts) {
            seen.push((attempts, next_at.unwrap()));
        }
        pass(1).await;
    }
    assert_eq!(seen.len(), 19, "{seen:?}");
    let gaps: Vec<u64> = seen.windows(2).map(|pair| pair[1].1.since(pair[0].1).0).collect();
    assert!(gaps.is_sorted(), "{gaps:?}");
    assert!(gaps.iter().all(|gap| (2..=70).contains(gap)), "{gaps:?}");
    assert_eq!(refusal(call.await.unwrap()).0, "pay attempt failed");
    assert_eq!(atm.payments().len(), 1);

    // The promise is free again, and can be kept now.
    atm.node.set_balance(sat(1_000_000));
    customer.redeem(&strings(&payout)[1], "again").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_not_tried_beyond_the_life_of_its_invoice() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(10_000).await;
    atm.node.refuse_next_pay(PayRefused::Unknown("who knows".into()));
    let call = customer.redeem(&strings(&payout)[0], "mine").await;
    assert!(matches!(call, Err(CallError::NotPaidYet { .. })), "{call:?}");
    pass(7200).await;
    // It was not begun, as the restart finds out; now it is too late.
    let atm = atm.restart();
    atm.node.refuse_next_pay(PayRefused::NoRoute("none".into()));
    settle().await;
    assert!(!atm.payments()[0].is_pending(), "{:?}", atm.payments()[0].state);
    assert_eq!(atm.paid(), 0);
}

#[tokio::test(start_paused = true)]
async fn too_much_and_too_little_balance_are_refused_alike() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let any = PayoutArguments {
        amount: AmountSpec::Any,
        max_amount: Some(sat(5_000)),
        ..payout_arguments(1)
    };
    let code = atm.try_payout(any).await.unwrap().payout.offer.unwrap().to_string();
    let ask = |amount: Msat, label: &str| {
        let mut arguments = redemption(&code, label);
        arguments.amount = Some(amount);
        let driver = customer.driver.clone();
        async move { driver.send_invoice(arguments).await }
    };
    let too_much = refusal(ask(sat(5_001), "a").await);
    let far_too_much = refusal(ask(sat(2_000_000), "b").await);
    atm.node.set_balance(sat(5_000));
    // The fee that may be needed counts as well.
    let too_little_balance = refusal(ask(sat(5_000), "c").await);
    assert_eq!(too_much, too_little_balance);
    assert_eq!(too_much, far_too_much);
    assert_eq!(too_much.1, Some(170));
    atm.node.set_balance(sat(5_030));
    ask(sat(5_000), "d").await.unwrap();
    assert_eq!(customer.gained(), 5_000_000);
}

#[tokio::test(start_paused = true)]
async fn what_all_payouts_take_in_a_day_is_bounded_fees_included() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    atm.node.set_balance(sat(1_000_000_000));
    // 9 900 000 sat and at most 0.5 % of it: ten of them are below 100 000 000 sat, eleven are not.
    let mut codes = Vec::new();
    for _ in 0..11 {
        codes.push(strings(&atm.payout(9_900_000).await)[0].clone());
    }
    for (number, code) in codes.iter().take(10).enumerate() {
        customer.redeem(code, &number.to_string()).await.unwrap();
        pass(600).await;
    }
    let (said, field) = refusal(customer.redeem(&codes[10], "one too many").await);
    assert_eq!((said.as_str(), field), ("this amount cannot be paid for this code", Some(170)));
    pass(86_401).await;
    customer.redeem(&codes[10], "the next day").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_an_open_promise_can_be_withdrawn() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let (withdrawn, spent) = (atm.payout(1_000).await, atm.payout(2_000).await);
    customer.redeem(&strings(&spent)[0], "mine").await.unwrap();
    settle().await;
    let disable = async |payout: &Payout| {
        let by_offer = atm.driver.disable_payout(payout.offer_id().as_ref(), None).await;
        let by_request = atm.driver.disable_payout(None, payout.invreq_id().as_ref()).await;
        [by_offer, by_request].map(|result| match result {
            Err(CallError::Misuse(misuse)) => Some(misuse),
            Ok(_) => None,
            Err(other) => panic!("{other:?}"),
        })
    };
    assert_eq!(disable(&withdrawn).await, [None, Some(Misuse::AlreadyDisabled)]);
    assert_eq!(
        disable(&spent).await,
        [Some(Misuse::AlreadyDisabled), Some(Misuse::AlreadyDisabled)]
    );
    let elsewhere = customer.payout(1).await;
    assert!(
        disable(&elsewhere)
            .await
            .iter()
            .all(|misuse| { matches!(misuse, Some(Misuse::Unknown { .. })) })
    );
}

#[tokio::test(start_paused = true)]
async fn a_label_names_one_payout_for_ever() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let labelled = |sat| PayoutArguments { label: Some("till 3".into()), ..payout_arguments(sat) };
    let first = atm.try_payout(labelled(100)).await.unwrap().payout;
    let id = first.offer_id().unwrap().0;
    let taken = |same_arguments| Misuse::LabelTaken { offer_id: id, same_arguments };
    let misuse = |result| match result {
        Err(CallError::Misuse(misuse)) => misuse,
        other => panic!("{other:?}"),
    };
    assert_eq!(misuse(atm.try_payout(labelled(100)).await), taken(true));
    assert_eq!(misuse(atm.try_payout(labelled(101)).await), taken(false));
    customer.redeem(&strings(&first)[0], "mine").await.unwrap();
    assert_eq!(misuse(atm.try_payout(labelled(100)).await), taken(true));
    // Without a label two calls are two payouts.
    let (one, other) = (atm.payout(100).await, atm.payout(100).await);
    assert_ne!(one.offer_id(), other.offer_id());
    assert_eq!(atm.store.events().len(), 3 + 2);
}

#[tokio::test(start_paused = true)]
async fn an_order_for_the_node_keeps_to_the_limits_of_the_payout() {
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    for (amount, most) in [(100, 5_000), (10_000, 50_000)] {
        let code = &strings(&atm.payout(amount).await)[0];
        customer.redeem(code, &amount.to_string()).await.unwrap();
        let claim = atm.payments().pop().unwrap();
        assert_eq!(claim.max_fee, Msat::new(most).unwrap());
        assert_eq!(claim.max_delay, CltvDelta(1008));
    }
}
