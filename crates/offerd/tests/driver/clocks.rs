//! A wall clock that jumps: what is late by it may be sent back, but nothing is lost, forgotten or paid twice.

use crate::world::{Party, World, pay_call, refusal, settle, strings};

const DAY: i64 = 86_400;

fn jump(party: &Party, seconds: i64) {
    party.watch.wish(|wishes| wishes.seconds_ahead = seconds);
}

#[tokio::test(start_paused = true)]
async fn a_payee_s_clock_that_jumps_sends_back_what_is_late_by_it_and_takes_what_is_not() {
    for (seconds, taken) in [(DAY, false), (-DAY, true)] {
        let world = World::new();
        let (shop, customer) = (world.announced(), world.announced());
        let offer = shop.offer(1_000).await;
        shop.node.hold_payments();
        let call = customer.spawn_pay(pay_call(&offer));
        settle().await;
        jump(&shop, seconds);
        shop.node.release_payments();
        settle().await;
        assert_eq!(shop.receipts().len(), usize::from(taken), "{seconds}");
        assert_eq!(customer.paid(), usize::from(taken));
        assert!(!customer.payments()[0].is_pending());
        drop(call);
        // When the clock is right again all is as ever.
        jump(&shop, 0);
        customer.pay(&offer).await.unwrap();
        assert_eq!(shop.receipts().len(), 1 + usize::from(taken));
    }
}

#[tokio::test(start_paused = true)]
async fn a_payer_s_clock_that_jumps_ends_no_payment_and_begins_none_again() {
    for seconds in [DAY, -DAY] {
        let world = World::new();
        let (atm, customer) = (world.announced(), world.announced());
        let stranger = world.announced();
        let payout = atm.payout(10_000).await;
        let codes = strings(&payout);
        customer.node.hold_payments();
        let call = customer.spawn_redeem(&codes[0], "mine");
        settle().await;
        jump(&atm, seconds);
        settle().await;
        assert!(atm.payments()[0].is_pending(), "{seconds}");
        let atm = atm.restart();
        settle().await;
        assert!(atm.payments()[0].is_pending(), "{seconds}");
        jump(&atm, 0);
        assert_eq!(refusal(stranger.redeem(&codes[0], "theirs").await).0, "already being redeemed");
        customer.node.release_payments();
        call.await.unwrap().unwrap();
        settle().await;
        assert_eq!((atm.payments().len(), atm.paid(), atm.watch.orders().len()), (1, 1, 1));
        assert_eq!(customer.gained(), 10_000_000);
    }
}
