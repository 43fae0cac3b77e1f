//! Each promise is really watched: with a deliberate mistake in the town, the right one is found broken.

use crate::bug::Bug;
use crate::check::Invariant;
use crate::run::{Story, any_seed};

/// Seeds within which a mistake must show.
const SEEDS: u64 = 1_500;

/// Whether the mistake breaks this promise within the seeds.
fn breaks(bug: Bug, invariant: Invariant) -> bool {
    let story = if bug == Bug::CancelIgnored { Story::Years } else { Story::Town };
    story_breaks(story, bug, invariant)
}

fn story_breaks(story: Story, bug: Bug, invariant: Invariant) -> bool {
    any_seed(0..SEEDS, |seed| story.live(seed, Some(bug), false).broken.contains(&invariant))
}

macro_rules! noticed {
    ($($test:ident: $bug:ident breaks $invariant:ident;)*) => {
        $(#[test]
        fn $test() {
            assert!(breaks(Bug::$bug, Invariant::$invariant));
        })*
        /// Those that are tested, and what each of them breaks.
        const TESTED: &[(Bug, Invariant)] = &[$((Bug::$bug, Invariant::$invariant)),*];
    };
}

noticed! {
    ids_that_mean_nothing_pay_twice: IdsMeanNothing breaks PaidTwice;
    forgotten_claims_pay_twice: ClaimsForgotten breaks PaidTwice;
    a_disk_that_lies_leaves_payments_unrecorded: DiskLies breaks Unrecorded;
    a_wrong_amount_is_above_the_limit: AmountIgnored breaks AboveLimit;
    fees_without_bounds_are_above_the_limit: FeesIgnored breaks AboveLimit;
    a_day_without_bounds_is_above_the_limit: DayIgnored breaks AboveLimit;
    a_withdrawn_promise_is_retired: WithdrawalIgnored breaks RetiredPaid;
    an_expired_promise_is_retired: ExpiryIgnored breaks RetiredPaid;
    a_dropped_receipt_is_unrecorded: ReceiptDropped breaks Unrecorded;
    what_is_taken_unasked_is_unrecorded: AcceptsUnasked breaks Unrecorded;
    a_forgotten_refusal_burns_the_label: RefusalForgotten breaks LabelBurned;
    hidden_fees_are_lost_money: FeesHidden breaks MoneyLost;
    a_payment_thought_to_have_failed_is_unrecorded: SentIsFailed breaks Unrecorded;
    a_drift_without_bounds_is_above_the_limit: DriftIgnored breaks AboveLimit;
    a_rate_that_was_misread_is_underpaid: RateMisread breaks Underpaid;
    a_cancellation_that_is_ignored_is_out_of_turn: CancelIgnored breaks OutOfTurn;
    a_forgotten_outcome_is_a_payment_without_end: OutcomeForgotten breaks NeverEnds;
    deeds_that_nobody_notes_are_never_all_done: DeedsUnnoted breaks NeverEnds;
}

#[test]
fn forgotten_claims_pay_a_period_of_a_stipend_twice() {
    assert!(story_breaks(Story::Stipends, Bug::ClaimsForgotten, Invariant::OutOfTurn));
}

#[test]
fn every_mistake_is_tried() {
    let tried: Vec<_> = TESTED.iter().map(|(bug, _)| *bug).collect();
    assert_eq!(tried, Bug::ALL);
}

#[test]
fn every_promise_is_broken_by_some_mistake() {
    let is_broken = |invariant| TESTED.iter().any(|(_, broken)| *broken == invariant);
    let unwatched: Vec<_> = Invariant::ALL.iter().filter(|one| !is_broken(**one)).collect();
    assert!(unwatched.is_empty(), "no mistake breaks {unwatched:?}");
}
