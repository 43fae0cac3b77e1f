//! Payouts that recur, through months: outages on either side, restarts, a maker who approves or does not, and two
//! who want the same stipend.

use std::collections::BTreeMap;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use offerd_core::PaymentId;
use offerd_core::amount::AmountSpec;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::payment::OutgoingPayment;
use offerd_core::payout::{Payout, PayoutArguments, Uses, redeem_window};
use offerd_testkit::{CarriedEnd, Trace, Weather};

use crate::bug::Bug;
use crate::call::{Call, CallEnd, CallKind};
use crate::check::{Invariant, Violation, violations};
use crate::run::{Fate, Story, fate, in_a_thread};
use crate::town::{NAMES, Town, pass, settle};
use crate::years::to_january;

/// How many seeds are run where nobody says otherwise.
const SEEDS: u64 = 24;
const DAY: u64 = 86_400;
/// The last period of each stipend.
const LAST: u32 = 5;

/// Lives through one seed.
pub(crate) fn live(seed: u64, bug: Option<Bug>, prints: bool) -> Fate {
    in_a_thread(async {
        let trace = Trace::new(prints);
        let mut town = Town::new(seed, bug, trace.clone()).await;
        let began = to_january(&town);
        let (schedule, days) = schedule(&town, began);
        let payout = promise(&town, schedule).await;
        let code = payout.offer.as_ref().unwrap().to_string();
        for _ in 0..days * 2 {
            happens(&mut town, &code).await;
        }
        town.network.set_weather(Weather::default());
        town.end_here().await;
        let mut found = violations(&town);
        found.extend(out_of_turn(&town, &payout, &schedule));
        fate(town, &trace, &found)
    })
}

/// How often is paid out, and days until all of it is over.
fn schedule(town: &Town, began: Timestamp) -> (Recurrence, u64) {
    let (unit, period, days) = match town.below(6) {
        0 => (TimeUnit::Months, 1, 31 * 6),
        1 | 2 => (TimeUnit::Days, 3, 20),
        _ => (TimeUnit::Days, 1, 8),
    };
    let basetime = Timestamp(began.0 - 3_600 * town.below(20) as u64);
    let base = Some(RecurrenceBase { basetime, proportional: false });
    let window = Paywindow { seconds_before: 7_200, seconds_after: 60_000 };
    let paywindow = (town.below(2) == 0).then_some(window);
    let every = Recurrence::every(period.try_into().unwrap(), unit);
    (Recurrence { base, paywindow, limit: LAST.try_into().ok(), ..every }, days)
}

/// The shop promises a stipend: with its approval or without, in sat or in dollars.
async fn promise(town: &Town, schedule: Recurrence) -> Payout {
    let dollars = town.below(3) == 0;
    let hundred = Msat::from_sat(100).unwrap();
    let amount = if dollars { "0.05USD".parse().unwrap() } else { AmountSpec::Msat(hundred) };
    let arguments = PayoutArguments {
        amount,
        description: "stipend".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: dollars.then(|| Msat::from_sat(150).unwrap()),
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: town.below(3) == 0,
        recurrence: Some(schedule),
        with_offer: true,
    };
    town.shop().driver.create_payout(arguments).await.unwrap().payout
}

/// Half a day, and what befalls somebody in it.
async fn happens(town: &mut Town, code: &str) {
    for _ in 0..1 + town.below(3) {
        redeem(town, code);
    }
    let who = town.below(NAMES.len());
    match town.below(30) {
        0 | 1 => town.change_weather(),
        2..=5 => town.process(who).life.ends_in(1 + town.below(30) as u64),
        6 => town.restart(who),
        7 | 8 => town.trouble(),
        9 => town.network.replay_a_message(),
        10 => town.hold_or_release(),
        11 => town.walk(),
        _ => {}
    }
    settle().await;
    decide(town).await;
    pass(DAY / 2 - 600 + town.below(1_200) as u64).await;
    town.network.deliver_late_messages();
    settle().await;
    town.restart_some_dead();
}

/// Somebody redeems the period that runs, or any other, perhaps once more.
fn redeem(town: &mut Town, code: &str) {
    // Bob comes late, so that Alice often is the one.
    let customer = if town.below(4) == 0 { 2 } else { 1 };
    let any = town.below(LAST as usize + 2);
    let period = (town.below(3) == 0).then(|| u32::try_from(any).unwrap());
    let label = format!("stipend {period:?} {}", town.below(3));
    let arguments = RedeemArguments {
        string: code.to_owned(),
        label: label.clone(),
        amount: None,
        quantity: None,
        period,
        timeout: Seconds(90),
    };
    let driver = town.process(customer).driver.clone();
    let end = tokio::spawn(async move {
        let result = driver.send_invoice(arguments).await;
        let words = result.as_ref().map_or_else(ToString::to_string, |_| "paid".to_owned());
        (CallEnd::of(CallKind::Redeem, &result), words)
    });
    town.calls[customer].push(Call { kind: CallKind::Redeem, label, end });
}

/// The shop approves of what waits, mostly.
async fn decide(town: &Town) {
    let (driver, payouts) = (town.shop().driver.clone(), town.shop().payouts());
    for claim in town.shop().payments().iter().filter(|claim| claim.is_awaiting()) {
        let of = payouts.iter().find(|payout| Some(payout.row) == claim.payout());
        let Some(id) = of.and_then(|payout| Some(payout.offer_id()?.0)) else { continue };
        // It may be too late, and the shop may die of it.
        let _ = match town.below(5) {
            0 => driver.deny_payout(id, claim.payment_hash()).await,
            _ => driver.approve_payout(id, claim.payment_hash()).await,
        };
    }
}

/// The period that a claim is for.
fn period(claim: &OutgoingPayment) -> Option<u32> {
    claim.invoice.bolt12()?.recurring_payment().map(|payment| payment.index)
}

/// Whatever is wrong with the order, the number, the time and the receivers of what was paid out.
fn out_of_turn(town: &Town, payout: &Payout, schedule: &Recurrence) -> Vec<Violation> {
    let claims: BTreeMap<_, _> = town
        .shop()
        .payments()
        .into_iter()
        .filter_map(|claim| Some((claim.id, (period(&claim)?, claim.clone()))))
        .filter(|(_, (_, claim))| belongs(claim, payout))
        .collect();
    let mut found = Vec::new();
    let mut note = |what: String| found.push(Violation(Invariant::OutOfTurn, what));
    let (mut paid, mut receivers) = (Vec::new(), Vec::new());
    for carried in town.network.payments() {
        let Some((period, claim)) = claims.get(&PaymentId(carried.outgoing_id)) else { continue };
        if carried.end != CarriedEnd::Arrived {
            continue;
        }
        let window = redeem_window(schedule, *period).unwrap();
        if !window.contains(claim.created_at) {
            note(format!("period {period} was claimed at {}: {window:?}", claim.created_at));
        }
        paid.push((claim.created_at, *period));
        receivers.push(carried.payee);
    }
    paid.sort_unstable();
    let periods: Vec<_> = paid.iter().map(|(_, period)| *period).collect();
    // Where a window reaches into the next period, the one before may be claimed after it, and each once.
    let distinct = |periods: &[u32]| {
        let mut sorted = periods.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        sorted.len() == periods.len()
    };
    let ordered = schedule.paywindow.is_some() || periods.is_sorted();
    if !distinct(&periods) || !ordered || periods.iter().any(|period| *period > LAST) {
        note(format!("these periods were paid: {periods:?}"));
    }
    receivers.dedup();
    if receivers.len() > 1 {
        note(format!("paid to {receivers:?}"));
    }
    found
}

/// Whether a claim is on this promise, whatever the records say that it is for.
fn belongs(claim: &OutgoingPayment, payout: &Payout) -> bool {
    let invoice = claim.invoice.bolt12();
    invoice.is_some_and(|invoice| invoice.offer_view().metadata() == Some(&payout.nonce[..]))
}

#[test]
fn whatever_befalls_a_stipend_each_period_is_paid_once_in_its_time_to_the_same_receiver() {
    let outcome = Story::Stipends.live_through(SEEDS);
    assert!(outcome.failures.is_empty(), "{}", outcome.report());
    assert!(outcome.paid > 2 * outcome.seeds, "hardly anything is paid: {outcome:?}");
    assert!(2 * outcome.deaths > outcome.seeds, "hardly anybody dies any more: {outcome:?}");
}
