//! The machine of a subscription, driven through any life: time that jumps, payments that arrive, fail or hang, an
//! owner who changes his mind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bolt1::{Seconds, Timestamp};
use bolt12::{Paywindow, Recurrence, TimeUnit};
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::subscription::{
    Caps, Next, Setback, Subscription, SubscriptionState, look, on_begun, on_cancel, on_pause,
    on_resume, on_setback, on_told,
};
use offerd_core::{Batch, Event, PaymentId};
use offerd_testkit::sample::{self, NOW};
use proptest::prelude::*;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Wait(u32),
    ClockBack(u16),
    Arrives,
    Fails,
    Refused { lasting: bool },
    Pause,
    Resume,
    Cancel,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        8 => (0u32..200).prop_map(Turn::Wait),
        1 => (0u16..500).prop_map(Turn::ClockBack),
        5 => Just(Turn::Arrives),
        2 => Just(Turn::Fails),
        2 => any::<bool>().prop_map(|lasting| Turn::Refused { lasting }),
        1 => Just(Turn::Pause),
        3 => Just(Turn::Resume),
        1 => Just(Turn::Cancel),
    ]
}

/// A subscription, all payments for it by their counter, and the time.
struct Life {
    known: Subscription,
    payments: Vec<(u32, OutgoingPayment)>,
    now: Timestamp,
    ended_by_owner: bool,
}

impl Life {
    fn new(paywindow: Option<Paywindow>, caps: Caps) -> Self {
        let every = Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds);
        let offer = bolt12::OfferBuilder::new()
            .description("paper")
            .amount(bolt1::Msat::new(21_000).unwrap())
            .issuer_id(&sample::point(1))
            .recurrence(Recurrence { paywindow, ..every })
            .build()
            .unwrap();
        let known = Subscription { offer, caps, ..sample::subscription(1) };
        Self { known, payments: Vec::new(), now: NOW, ended_by_owner: false }
    }

    fn commit(&mut self, batch: Batch) {
        for event in batch.events {
            let Event::SubscriptionChanged { record, .. } = event else { panic!("{event:?}") };
            assert!(record.next_counter >= self.known.next_counter);
            self.known = *record;
        }
    }

    /// Payments for the next period, as a store would find them.
    fn of_next(&self) -> Vec<OutgoingPayment> {
        let next = self.known.next_counter;
        let of_next = self.payments.iter().filter(|(counter, _)| *counter == next);
        of_next.map(|(_, payment)| payment.clone()).collect()
    }

    /// Does what is to be done, until there is nothing more without waiting.
    fn settle(&mut self, refused: Option<bool>) -> Result<(), TestCaseError> {
        let mut refused = refused;
        for _ in 0..50 {
            match look(&self.known, &self.of_next(), self.now) {
                Next::Commit(batch) => self.commit(batch),
                Next::Pay if let Some(lasting) = refused.take() => {
                    let setback = Setback { why: "no".into(), lasting };
                    self.commit(on_setback(&self.known, &setback, self.now));
                }
                Next::Pay => self.begin()?,
                Next::Tell => self.commit(on_told(&self.known)),
                Next::Rest(until) => {
                    prop_assert!(until.is_none_or(|until| until > self.now));
                    return Ok(());
                }
            }
        }
        Err(TestCaseError::fail(format!("it never rests: {:?}", self.known)))
    }

    fn begin(&mut self) -> Result<(), TestCaseError> {
        prop_assert!(!self.ended_by_owner, "paid after the end");
        prop_assert!(self.payments.iter().all(|(_, payment)| !payment.is_pending()));
        prop_assert!(self.of_next().iter().all(|payment| !payment.is_live()));
        let times = self.known.next_times().unwrap();
        prop_assert!((times.pay_at..times.closes).contains(&self.now), "{:?}", times);
        let number = u8::try_from(self.payments.len()).unwrap();
        let id = PaymentId([number; 32]);
        let payment = OutgoingPayment { id, created_at: self.now, ..sample::order(1) };
        self.payments.push((self.known.next_counter, payment));
        self.commit(on_begun(&self.known, id));
        Ok(())
    }

    fn ends(&mut self, end: PaymentEnd) {
        if let Some((_, payment)) = self.payments.iter_mut().find(|(_, it)| it.is_pending()) {
            payment.state = PaymentState::Ended(end);
        }
    }
}

#[test]
fn where_only_its_issuer_knows_when_it_is_due_it_is_asked_for_three_periods_and_then_paused() {
    let mut life = Life::new(None, Caps::default());
    life.known.next_counter = 7;
    life.known.basetime = None;
    assert!(life.known.is_unsure());
    let mut tries = 0;
    while life.known.is_active() {
        match look(&life.known, &[], life.now) {
            Next::Commit(batch) => life.commit(batch),
            Next::Pay => {
                tries += 1;
                let early = Setback::passing("too early");
                life.commit(on_setback(&life.known, &early, life.now));
            }
            Next::Rest(Some(until)) => life.now = until,
            Next::Tell | Next::Rest(None) => panic!("nothing more happens"),
        }
    }
    assert!(life.now >= NOW.plus(Seconds(180)), "{}", life.now);
    assert!((12..30).contains(&tries), "{tries}");
    let SubscriptionState::Paused { why, .. } = &life.known.state else { panic!() };
    assert!(why.ends_with("too early"), "{why}");
    life.commit(on_resume(&life.known, life.now).unwrap());
    assert_eq!(look(&life.known, &[], life.now), Next::Pay);
    life.commit(on_cancel(&life.known, life.now).unwrap());
    assert_eq!(look(&life.known, &[], life.now), Next::Tell);
}

proptest! {
    #[test]
    fn in_any_life_each_period_is_paid_once_in_order_and_in_time(
        turns in prop::collection::vec(turn(), 1..60),
        window in prop::option::of((0u32..90, 1u32..90)),
        most in prop::option::of(1u32..6),
    ) {
        let paywindow =
            window.map(|(seconds_before, seconds_after)| Paywindow { seconds_before, seconds_after });
        let mut life = Life::new(paywindow, Caps { max_periods: most, ..Caps::default() });
        for turn in turns {
            let mut refused = None;
            match turn {
                Turn::Wait(seconds) => life.now = life.now.plus(Seconds(seconds.into())),
                Turn::ClockBack(seconds) => life.now = life.now.minus(Seconds(seconds.into())),
                Turn::Arrives => life.ends(sample::paid(1)),
                Turn::Fails => life.ends(sample::failed()),
                Turn::Refused { lasting } => refused = Some(lasting),
                Turn::Pause => {
                    let paused = on_pause(&life.known, "asked to", life.now);
                    life.commit(paused);
                }
                Turn::Resume => if let Ok(batch) = on_resume(&life.known, life.now) {
                    life.commit(batch);
                },
                Turn::Cancel => if let Ok(batch) = on_cancel(&life.known, life.now) {
                    life.commit(batch);
                    life.ended_by_owner = true;
                },
            }
            life.settle(refused)?;
        }
        let paid = life.payments.iter().filter(|(_, payment)| payment.is_paid());
        let counters: Vec<_> = paid.map(|(counter, _)| *counter).collect();
        prop_assert_eq!(&counters, &(0..life.known.next_counter).collect::<Vec<_>>());
        prop_assert!(most.is_none_or(|most| life.known.next_counter <= most));
        if let SubscriptionState::Cancelled { .. } = life.known.state {
            prop_assert!(life.ended_by_owner);
        }
    }
}
