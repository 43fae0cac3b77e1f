//! Subscriptions through months and years: leap days, month ends, outages on either side, restarts and cancels.

use std::collections::BTreeMap;
use std::time::Duration;

use bolt1::{Seconds, Timestamp};
use bolt12::{Offer, Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use offerd::driver::{Clock as _, OfferRequest};
use offerd_core::amount::AmountSpec;
use offerd_core::offer_book::OfferArguments;
use offerd_core::payment::OutgoingPayment;
use offerd_core::port::{Fronts, Page, Store as _};
use offerd_core::receipt::ReceiptState;
use offerd_core::subscription::{Caps, SubscribeArguments, Subscription, SubscriptionState};
use offerd_testkit::{Trace, Weather, sample};

use crate::bug::Bug;
use crate::check::{Invariant, Violation, violations};
use crate::process::Process;
use crate::run::{Fate, Story, fate, in_a_thread};
use crate::town::{NAMES, SHOP, Town, pass, settle};

/// How many seeds are run where nobody says otherwise.
const SEEDS: u64 = 24;
/// Noon of 31 January 2028, a leap year.
const LAST_OF_JANUARY: u64 = 1_832_932_800;
const LABEL: &str = "paper";
const DAY: u64 = 86_400;

/// How often is paid, and how many turns are lived through.
struct Life {
    schedule: Recurrence,
    /// Days in which something may happen.
    days: u64,
}

impl Life {
    /// One in eight is of months; the others, of days, are over sooner.
    fn of(town: &Town, began: Timestamp) -> Self {
        let (unit, period, days) = match town.below(8) {
            0 => (TimeUnit::Months, 1, 31 * 5),
            1..=3 => (TimeUnit::Days, 3, 30),
            _ => (TimeUnit::Days, 1, 12),
        };
        let every = Recurrence::every(period.try_into().unwrap(), unit);
        let basetime = Timestamp(began.0 - 3_600 * town.below(40) as u64);
        let base = Some(RecurrenceBase { basetime, proportional: town.below(2) == 0 });
        let paywindow = Some(Paywindow { seconds_before: 7_200, seconds_after: 60_000 });
        let schedule = match town.below(4) {
            0 => Recurrence { base, ..every },
            1 => Recurrence { paywindow, ..every },
            2 => Recurrence { base, paywindow, ..every },
            _ => every,
        };
        Self { schedule, days }
    }
}

/// What the owners of subscriptions have said, and when.
#[derive(Default)]
struct Owners {
    /// When a customer has ended his, by his own clock.
    cancelled: BTreeMap<usize, Timestamp>,
}

/// Lives through one seed.
pub(crate) fn live(seed: u64, bug: Option<Bug>, prints: bool) -> Fate {
    in_a_thread(async {
        let trace = Trace::new(prints);
        let mut town = Town::new(seed, bug, trace.clone()).await;
        let began = to_january(&town);
        let life = Life::of(&town, began);
        let offer = recurring(&town, life.schedule).await;
        let mut owners = Owners::default();
        for customer in 1..NAMES.len() {
            subscribe(&town, customer, &offer, Caps::default()).await;
        }
        for _ in 0..life.days * 2 {
            happens(&mut town, &mut owners).await;
        }
        town.network.set_weather(Weather::default());
        for customer in 1..NAMES.len() {
            let _ = town.process(customer).driver.pause_subscription(LABEL).await;
        }
        town.end_here().await;
        let mut found = violations(&town);
        found.extend(out_of_turn(&town, &owners));
        fate(town, &trace, &found)
    })
}

/// All clocks are set to the same noon.
pub(crate) fn to_january(town: &Town) -> Timestamp {
    let ahead = i64::try_from(LAST_OF_JANUARY - sample::NOW.0).unwrap();
    town.processes().for_each(|process| process.clock.jump_to(ahead));
    town.shop().clock.now()
}

async fn recurring(town: &Town, schedule: Recurrence) -> Offer {
    let arguments = OfferArguments {
        amount: AmountSpec::Msat(bolt1::Msat::from_sat(10).unwrap()),
        description: Some("paper".into()),
        issuer: None,
        quantity_max: None,
        absolute_expiry: None,
        single_use: false,
        recurrence: Some(schedule),
        fronts: Fronts::Usual,
    };
    let (label, external_id, tags) = (None, None, Vec::new());
    let request =
        OfferRequest { arguments, label, external_id, tags, return_url: None, lifetime: None };
    let made = town.shop().driver.create_offer(request).await.unwrap();
    made.entry.newest().offer.clone()
}

async fn subscribe(town: &Town, customer: usize, offer: &Offer, caps: Caps) {
    let arguments = SubscribeArguments {
        offer: offer.clone(),
        label: LABEL.into(),
        start: None,
        amount: None,
        quantity: None,
        payer_note: None,
        caps,
        remind_before: Some(Seconds(3_600)),
    };
    // The first payment may come to nothing, and is tried again.
    town.process(customer).driver.subscribe(arguments, Duration::from_secs(60)).await.unwrap();
}

/// Half a day, and what befalls somebody in it.
async fn happens(town: &mut Town, owners: &mut Owners) {
    let who = town.below(NAMES.len());
    let customer = town.some_customer();
    match town.below(40) {
        0 | 1 => town.change_weather(),
        2..=5 => town.process(who).life.ends_in(1 + town.below(30) as u64),
        6 => town.restart(who),
        7 | 8 => town.trouble(),
        9 => town.network.replay_a_message(),
        10 => town.hold_or_release(),
        11 => {
            let _ = town.process(customer).driver.pause_subscription(LABEL).await;
        }
        12..=17 => {
            let _ = town.process(customer).driver.resume_subscription(LABEL).await;
        }
        18 => cancel(town, owners, customer).await,
        _ => {}
    }
    settle().await;
    pass(DAY / 2 - 600 + town.below(1_200) as u64).await;
    town.network.deliver_late_messages();
    settle().await;
    town.restart_some_dead();
}

async fn cancel(town: &Town, owners: &mut Owners, customer: usize) {
    let process = town.process(customer);
    let at = process.clock.now();
    if process.driver.cancel_subscription(LABEL).await.is_ok() {
        owners.cancelled.entry(customer).or_insert(at);
    }
}

fn subscription(process: &Process) -> Option<Subscription> {
    process.records().subscription_by_label(LABEL).unwrap()
}

/// Payments of a series in the order in which they were begun, each with its counter.
fn of_series(process: &Process, payer_id: bolt1::PublicKey) -> Vec<(u32, OutgoingPayment)> {
    let counted = |payment: OutgoingPayment| {
        let invoice = payment.invoice.bolt12()?;
        let counter = invoice.recurring_payment()?.counter;
        (invoice.request_view().payer_id() == payer_id).then_some((counter, payment))
    };
    process.payments().into_iter().filter_map(counted).collect()
}

/// Whatever is wrong with the order, the number and the time of payments of series.
fn out_of_turn(town: &Town, owners: &Owners) -> Vec<Violation> {
    let mut found = Vec::new();
    for (customer, process) in town.processes().enumerate().filter(|(at, _)| *at != SHOP) {
        let name = process.name();
        let mut note =
            |what: String| found.push(Violation(Invariant::OutOfTurn, format!("{name} {what}")));
        let Some(known) = subscription(process) else {
            note("has lost its subscription".into());
            continue;
        };
        let begun = of_series(process, known.payer_id);
        let paid: Vec<_> = begun.iter().filter(|(_, payment)| payment.is_paid()).collect();
        let counters: Vec<_> = paid.iter().map(|(counter, _)| *counter).collect();
        let in_order: Vec<_> = (0..known.next_counter).collect();
        if counters != in_order {
            note(format!("has paid {counters:?}, and knows of {}", known.next_counter));
        }
        for (counter, payment) in &begun {
            let then = Subscription { next_counter: *counter, ..known.clone() };
            let times = then.next_times().unwrap();
            // Before the first payment nobody knew when it would be.
            let first = *counter == 0;
            if !first && !(times.pay_at..times.closes).contains(&payment.created_at) {
                note(format!("began {counter} at {}: {times:?}", payment.created_at));
            }
            if owners.cancelled.get(&customer).is_some_and(|at| payment.created_at > *at) {
                note(format!("began {counter} after the end"));
            }
        }
        let row = town.shop().records().subscribers(Page::ALL).unwrap();
        let series = row.into_iter().find(|series| series.row.payer_id == known.payer_id);
        let received = series.map_or(0, |series| series.row.next_counter);
        if received != known.next_counter {
            note(format!("has paid {}, and the shop has had {received}", known.next_counter));
        }
    }
    let (shop, mut turns) = (town.shop(), Vec::new());
    for receipt in shop.receipts() {
        if let (ReceiptState::Paid { .. }, Some(turn)) = (receipt.state, receipt.turn) {
            turns.push((receipt.payer_id, turn.counter));
        }
    }
    let (had, distinct) = (turns.len(), {
        turns.sort_unstable();
        turns.dedup();
        turns.len()
    });
    if had != distinct {
        let what = format!("the shop was paid {had} times for {distinct} periods");
        found.push(Violation(Invariant::OutOfTurn, what));
    }
    found
}

#[test]
fn whatever_befalls_a_subscription_each_period_is_paid_once_in_order_and_in_time() {
    let outcome = Story::Years.live_through(SEEDS);
    assert!(outcome.failures.is_empty(), "{}", outcome.report());
    assert!(outcome.paid > 5 * outcome.seeds, "hardly anything is paid: {outcome:?}");
    assert!(2 * outcome.deaths > outcome.seeds, "hardly anybody dies any more: {outcome:?}");
}

/// Nothing goes wrong here: the calendar alone.
#[test]
fn two_years_from_the_last_of_january_are_paid_on_the_last_days_of_their_months() {
    let fate = in_a_thread(async {
        let trace = Trace::new(false);
        let mut town = Town::new(3, None, trace.clone()).await;
        to_january(&town);
        let monthly = Recurrence::every(1.try_into().unwrap(), TimeUnit::Months);
        let offer = recurring(&town, monthly).await;
        subscribe(&town, 1, &offer, Caps { max_periods: Some(26), ..Caps::default() }).await;
        for month in 0..26 {
            pass(31 * DAY).await;
            if month % 5 == 0 {
                town.restart(1);
            }
        }
        let alice = town.process(1);
        let known = subscription(alice).unwrap();
        assert!(matches!(known.state, SubscriptionState::Ended { .. }), "{known:?}");
        let base = known.basetime.unwrap();
        let due: Vec<_> = (0..26).map(|index| monthly.period_start(base, index).unwrap()).collect();
        let days = |index: usize| (due[index].0 - base.0) / DAY;
        assert_eq!([1, 2, 12, 13, 14, 25].map(days), [29, 60, 366, 394, 425, 759]);
        let paid = of_series(alice, known.payer_id);
        let late = paid.iter().zip(&due).map(|((_, payment), due)| payment.created_at.since(*due));
        assert!(late.clone().all(|late| late < Seconds(60)), "{:?}", late.collect::<Vec<_>>());
        assert!(paid.iter().zip(&due).all(|((_, payment), due)| payment.created_at >= *due));
        town.end_here().await;
        let found = violations(&town);
        fate(town, &trace, &found)
    });
    assert_eq!((fate.verdict, fate.paid), (Ok(()), 26));
}
