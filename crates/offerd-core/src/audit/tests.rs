use bolt1::Msat;

use super::*;
use crate::id::PaymentHash;

fn msat(amount: u64) -> Msat {
    Msat::new(amount).unwrap()
}

fn channel(opened_by_us: bool, pushed: u64, standing: Standing) -> ChannelBook {
    ChannelBook { channel_id: [1; 32], opened_by_us, pushed: msat(pushed), standing }
}

fn htlc(amount: u64, incoming: bool, settled: bool) -> PendingHtlc {
    let payment_hash = PaymentHash([7; 32]);
    let amount = msat(amount);
    PendingHtlc { payment_hash, amount, incoming, settled, ends_with_payment: true }
}

/// A node that got 20 000 sat, put 10 000 of them into a channel for a fee of 200, pushed 3 000 to the other side, and
/// was paid 1 000 000 and has paid 400 000 for a fee of 7 msat.
fn node(standing: Standing) -> (NodeBooks, PaymentBook) {
    let wallet = WalletBook {
        confirmed: msat(9_800_000),
        deposits: msat(20_000_000),
        ..WalletBook::default()
    };
    let books = NodeBooks {
        channels: vec![channel(true, 3_000_000, standing)],
        forwards: ForwardBook::default(),
        wallet: wallet.costing(200),
    };
    let payments = PaymentBook {
        received: msat(1_000_000),
        paid: msat(400_000),
        fees: msat(7),
        ..PaymentBook::default()
    };
    (books, payments)
}

/// What is in the channel of [`node`].
const OURS: u64 = 7_599_993;

fn open(ours: u64, htlcs: Vec<PendingHtlc>) -> Standing {
    Standing::Open { ours: msat(ours), htlcs }
}

#[test]
fn what_we_have_is_what_came_in_less_what_went_out() {
    let (node, payments) = node(open(OURS, Vec::new()));
    let audit = Audit::of(&node, &payments);
    assert_eq!(audit.difference_msat(), 0, "{audit:?}");
    assert_eq!(audit.have_msat(), 17_399_993);
}

#[test]
fn a_record_that_is_missing_is_the_difference() {
    let (node, payments) = node(open(OURS, Vec::new()));
    let cooked = PaymentBook { received: Msat::ZERO, ..payments };
    assert_eq!(Audit::of(&node, &cooked).difference_msat(), 1_000_000);
    let cooked = PaymentBook { fees: Msat::ZERO, ..payments };
    assert_eq!(Audit::of(&node, &cooked).difference_msat(), -7);
    let mut cooked = node;
    cooked.forwards.fees = msat(1);
    assert_eq!(Audit::of(&cooked, &payments).difference_msat(), -1);
}

#[test]
fn htlcs_count_by_what_is_known_of_them_and_not_by_what_the_channel_has_removed() {
    // The 400 007 that were paid are not removed yet, nor are the 1 000 000 that came.
    let ours = OURS + 400_007 - 1_000_000;
    let pending =
        vec![htlc(400_007, false, true), htlc(1_000_000, true, true), htlc(5, true, false)];
    let (node, payments) = node(open(ours, pending));
    let audit = Audit::of(&node, &payments);
    assert_eq!(audit.difference_msat(), 0, "{audit:?}");
    assert_eq!((audit.htlcs_in_msat, audit.htlcs_out_msat), (5, 0));
}

#[test]
fn an_end_that_is_not_over_is_a_position_and_adds_up() {
    let ended = |arrived, unswept, is_over| Standing::Ended {
        ours: msat(OURS),
        arrived: msat(arrived),
        unswept: msat(unswept),
        htlcs: Vec::new(),
        in_unknown_htlcs: msat(3),
        is_over,
    };
    let (books, payments) = node(ended(0, 0, false));
    let audit = Audit::of(&books, &payments);
    assert_eq!(audit.difference_msat(), 0, "{audit:?}");
    let position = Position {
        channel_id: [1; 32],
        why: Uncertainty::Closing,
        amount_msat: i64::try_from(OURS).unwrap(),
    };
    assert_eq!(audit.positions, [position]);

    let (books, payments) = node(ended(7_500_000, 7_500_000, true));
    let audit = Audit::of(&books, &payments);
    assert_eq!(audit.difference_msat(), 0, "{audit:?}");
    assert!(audit.positions.is_empty());
    assert_eq!(audit.ended_htlcs_msat, 3);
    let cost = audit.went_out.iter().find(|line| line.name == "closing_costs").unwrap();
    assert_eq!(cost.amount_msat, 99_993);
}

#[test]
fn htlcs_that_the_chain_settles_count_as_in_a_channel_and_what_is_lost_of_them_is_a_cost() {
    // As in a channel: what was paid is not removed when it ends, nor is what came.
    let ours = OURS + 400_007 - 1_000_000;
    let ended = |arrived, is_over| Standing::Ended {
        ours: msat(ours),
        htlcs: vec![htlc(400_007, false, true), htlc(1_000_000, true, true), htlc(9, false, false)],
        arrived: msat(arrived),
        unswept: msat(arrived),
        in_unknown_htlcs: Msat::ZERO,
        is_over,
    };
    let (books, payments) = node(ended(0, false));
    let audit = Audit::of(&books, &payments);
    assert_eq!((audit.difference_msat(), audit.htlcs_out_msat), (0, 9), "{audit:?}");
    let amounts: Vec<i64> = audit.positions.iter().map(|position| position.amount_msat).collect();
    assert_eq!(amounts, [i64::try_from(OURS).unwrap()]);

    let (books, payments) = node(ended(7_000_000, true));
    let audit = Audit::of(&books, &payments);
    assert_eq!((audit.difference_msat(), audit.htlcs_out_msat), (0, 0), "{audit:?}");
    let cost = audit.went_out.iter().find(|line| line.name == "closing_costs").unwrap();
    assert_eq!(cost.amount_msat, 599_993);
}

#[test]
fn only_htlcs_that_the_store_may_know_of_are_asked_about() {
    let of_others = PendingHtlc { ends_with_payment: false, ..htlc(3, false, false) };
    let htlcs = vec![htlc(1, false, false), htlc(2, true, true), of_others];
    let (mut books, _) = node(open(OURS, htlcs.clone()));
    assert_eq!(books.open_htlcs().map(|it| it.amount).collect::<Vec<_>>(), [msat(1)]);
    let (mut books, _) = node(Standing::Ended {
        ours: msat(OURS),
        htlcs,
        arrived: Msat::ZERO,
        unswept: Msat::ZERO,
        in_unknown_htlcs: Msat::ZERO,
        is_over: true,
    });
    assert_eq!(books.open_htlcs().map(|it| it.amount).collect::<Vec<_>>(), [msat(1)]);
}

#[test]
fn what_a_stranger_pushed_to_us_came_in() {
    let books = NodeBooks {
        channels: vec![channel(false, 2_000, open(2_000, Vec::new()))],
        ..NodeBooks::default()
    };
    assert_eq!(Audit::of(&books, &PaymentBook::default()).difference_msat(), 0);
}

#[test]
fn a_channel_without_a_record_is_named() {
    let standing = Standing::NotInTheBooks { ours: msat(9), htlcs: Vec::new() };
    let books = NodeBooks { channels: vec![channel(true, 0, standing)], ..NodeBooks::default() };
    let audit = Audit::of(&books, &PaymentBook::default());
    assert_eq!(audit.difference_msat(), 9);
    assert_eq!(audit.positions.len(), 1);
    let books =
        NodeBooks { channels: vec![channel(true, 0, Standing::Vanished)], ..NodeBooks::default() };
    let audit = Audit::of(&books, &PaymentBook::default());
    let why = audit.positions.first().map(|position| position.why);
    assert_eq!(why, Some(Uncertainty::Vanished));
}
