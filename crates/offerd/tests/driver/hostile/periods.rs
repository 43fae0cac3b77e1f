//! Invoices for payouts that recur, or that count items.

use bolt1::Seconds;
use bolt12::{Recurrence, TimeUnit};
use offerd_core::invoice_book::OwnContent;
use offerd_core::payout::{Payout, PayoutArguments};
use offerd_core::port::{Destination, Page, Store as _};
use offerd_testkit::sample;

use super::invoices::{by_offer, changed, payee, sign};
use super::{SILENCE, blames, case, everything, meet, signed, with};
use crate::world::{Party, World, pass, payout_arguments, redemption, sat, settle};

/// `invreq_recurrence_counter`, as today's wallets number it, and what goes with it.
const COUNTER: u64 = 2_000_000_092;
const START: u64 = 2_000_000_093;
const CANCEL: u64 = 2_000_000_094;
const BASETIME: u64 = 3_000_000_177;

/// A minute for each of three payments, counted from now on.
async fn stipend(desk: &Party) -> Payout {
    let minute = Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds);
    let recurrence = Some(Recurrence { limit: 2.try_into().ok(), ..minute });
    let arguments = PayoutArguments { recurrence, ..payout_arguments(1_000) };
    desk.try_payout(arguments).await.unwrap().payout
}

/// An invoice for this period.
fn of_period(payout: &Payout, period: u32) -> bolt12::Invoice {
    sign(by_offer(payout).amount(sat(1_000)).period(period))
}

#[tokio::test(start_paused = true)]
async fn hostile_invoices_for_a_stipend_are_refused_or_ignored_and_change_nothing() {
    let world = World::new();
    let desk = world.announced();
    let payout = stipend(&desk).await;
    let (good, next) = (of_period(&payout, 0), of_period(&payout, 1));
    let opens = sample::NOW.plus(Seconds(60));
    let early = format!("too early: this period can be paid from {opens} on");
    let change = |typ, value: &[u8]| changed(&good, typ, Some(value));
    let cases = vec![
        case("no counter", changed(&good, COUNTER, None), SILENCE),
        case("no start", changed(&good, START, None), SILENCE),
        case("no base time", changed(&good, BASETIME, None), SILENCE),
        case("another base time", change(BASETIME, &[1]), SILENCE),
        case("a period after the last", change(COUNTER, &[3]), SILENCE),
        case("a start after the last", change(START, &[3]), SILENCE),
        case("counter and start beyond u32", change(START, &[0xff; 4]), SILENCE),
        case("an end of the series", change(CANCEL, &[]), SILENCE),
        case("the other numbering", change(92, &[]), SILENCE),
        case("a period to come", next.bytes().to_vec(), blames(early, COUNTER)),
        case(
            "two periods at once",
            change(170, &sat(2_000).as_u64().to_be_bytes()[5..]),
            blames("this amount cannot be paid for this code", 170),
        ),
    ];
    meet(&world, &desk, &Destination::Node(desk.node.id()), 66, cases).await;
}

#[tokio::test(start_paused = true)]
async fn hostile_invoices_for_the_rest_of_a_stipend_are_refused_and_change_nothing() {
    let world = World::new();
    let (desk, customer) = (world.announced(), world.announced());
    let payout = stipend(&desk).await;
    let code = payout.offer.as_ref().unwrap().to_string();
    customer.driver.send_invoice(redemption(&code, "mine")).await.unwrap();
    settle().await;
    let to = Destination::Node(desk.node.id());
    let [first, second] = [0, 1].map(|period| of_period(&payout, period).bytes().to_vec());
    let strange = || blames("invoice_node_id differs from the code", 176);
    let cases = vec![case("paid already, to another", first.clone(), strange())];
    meet(&world, &desk, &to, 66, cases).await;
    pass(60).await;
    let cases = vec![
        case("the next one, by another", second.clone(), strange()),
        case("over, and by another", first, strange()),
        case(
            "the next one, with a name that it does not sign for",
            signed("invoice", &with(&second, 176, Some(&owner(&customer))), &payee()),
            blames("bad signature", 240),
        ),
    ];
    meet(&world, &desk, &to, 66, cases).await;
    assert_eq!((everything(&desk).1, customer.gained()), (-1_000_000, 1_000_000));
}

/// By which key the customer has signed.
fn owner(customer: &Party) -> [u8; 33] {
    let own = customer.store.own_invoices(Page::ALL).unwrap().remove(0).row;
    let OwnContent::Redemption { invoice, .. } = own.content else { panic!("{own:?}") };
    invoice.node_id().serialize()
}

#[tokio::test(start_paused = true)]
async fn hostile_counts_of_a_payout_by_the_piece_are_refused_and_change_nothing() {
    let world = World::new();
    let desk = world.announced();
    let arguments = PayoutArguments { quantity_max: Some(3), ..payout_arguments(1_000) };
    let payout = desk.try_payout(arguments).await.unwrap().payout;
    let good = sign(by_offer(&payout).quantity(2.try_into().unwrap()));
    let change = |typ, value: &[u8]| changed(&good, typ, Some(value));
    let amount = |sat| change(170, &self::sat(sat).as_u64().to_be_bytes()[5..]);
    let unequal = || blames("invreq_quantity differs from the code", 86);
    let not_promised = || blames("this amount cannot be paid for this code", 170);
    let cases = vec![
        case("no count", changed(&good, 86, None), unequal()),
        case("none of them", change(86, &[]), unequal()),
        case("too many", change(86, &[4]), unequal()),
        case("more than there can be", change(86, &[0xff; 8]), unequal()),
        case("one, at the price of two", change(86, &[1]), not_promised()),
        case("two, at the price of three", amount(3_000), not_promised()),
        case("two, at the price of one", amount(1_000), not_promised()),
    ];
    meet(&world, &desk, &Destination::Node(desk.node.id()), 66, cases).await;
}
