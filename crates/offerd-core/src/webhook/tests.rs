//! What a receiver gets, and when.

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn away() -> Outcome {
    Outcome::Away("connection refused".into())
}

fn refused() -> Outcome {
    Outcome::Refused("it answered 422".into())
}

/// Sends the line at `place` until something changes, and says how often and how many seconds after the first time.
fn tries(delivery: &mut Delivery, place: u64, outcome: &Outcome, logged: u64) -> (u32, u64) {
    let (looks, mut now) = (delivery.looks(), NOW);
    for count in 1.. {
        delivery.sent(place, outcome.clone(), logged, now);
        if delivery.looks() != looks {
            return (count, now.since(NOW).0);
        }
        now = delivery.not_before.unwrap_or(now);
    }
    unreachable!("endless")
}

fn span(first: u64, last: u64) -> Span {
    Span { first, last }
}

fn aside(delivery: &Delivery) -> Vec<Span> {
    delivery.aside.iter().map(|aside| aside.span).collect()
}

#[test]
fn lines_are_taken_one_after_the_other_from_where_a_receiver_began() {
    let mut delivery = Delivery::beginning_after(7);
    assert_eq!(delivery.looks(), (7, None));
    delivery.sent(8, Outcome::Taken, 12, NOW);
    assert_eq!(delivery, Delivery::beginning_after(8));
    // A log may have gaps.
    delivery.sent(11, Outcome::Taken, 12, NOW);
    assert_eq!(delivery, Delivery::beginning_after(11));
}

#[test]
fn a_line_that_is_refused_five_times_is_put_aside_and_the_next_one_comes() {
    let mut delivery = Delivery::beginning_after(0);
    assert_eq!(tries(&mut delivery, 1, &refused(), 9), (5, 10 + 60 + 600 + 1_800));
    assert_eq!((delivery.looks(), delivery.not_before, delivery.failures), ((1, None), None, 0));
    assert_eq!(delivery.aside, [PutAside { span: span(1, 1), why: "it answered 422".into() }]);
}

#[test]
fn a_receiver_that_is_away_keeps_everything_waiting_for_three_days() {
    let mut delivery = Delivery::beginning_after(2);
    let (count, seconds) = tries(&mut delivery, 3, &away(), 40);
    assert!((PATIENCE.0..PATIENCE.0 + LONGEST_WAIT.0).contains(&seconds), "{seconds}");
    assert!(count > 100);
    assert_eq!((delivery.through, aside(&delivery)), (40, vec![span(3, 40)]));
    // It is asked again with what happens from now on, every half hour; what it does not take joins the others.
    let now = delivery.not_before.unwrap();
    delivery.sent(41, away(), 43, now);
    assert_eq!(delivery.not_before, Some(now.plus(LONGEST_WAIT)));
    assert_eq!((delivery.through, aside(&delivery)), (43, vec![span(3, 43)]));
    delivery.sent(44, Outcome::Taken, 44, now.plus(LONGEST_WAIT));
    assert_eq!((delivery.away_since, delivery.not_before, delivery.last_error), (None, None, None));
}

#[test]
fn one_answer_between_starts_the_patience_anew() {
    let mut delivery = Delivery::beginning_after(0);
    delivery.sent(1, away(), 5, NOW);
    delivery.sent(1, refused(), 5, NOW.plus(PATIENCE));
    delivery.sent(1, away(), 5, NOW.plus(PATIENCE));
    assert_eq!((delivery.looks(), aside(&delivery)), ((0, None), vec![]));
}

#[test]
fn what_was_put_aside_is_sent_again_before_what_is_new() {
    let put_aside = |first, last| PutAside { span: span(first, last), why: "gone".into() };
    let mut delivery = Delivery::beginning_after(9);
    delivery.aside = vec![put_aside(2, 4), put_aside(7, 7)];
    delivery.not_before = Some(NOW);
    assert_eq!(delivery.want_again(None), 4);
    assert_eq!((delivery.looks(), delivery.not_before), ((1, Some(4)), None));
    delivery.sent(2, Outcome::Taken, 12, NOW);
    delivery.sent(3, Outcome::Taken, 12, NOW);
    assert_eq!(delivery.looks(), (3, Some(4)));
    // Nothing is at 4 any more.
    delivery.found_none_again();
    assert_eq!(delivery.looks(), (6, Some(7)));
    assert_eq!(tries(&mut delivery, 7, &refused(), 12).0, 5);
    assert_eq!((delivery.looks(), aside(&delivery)), ((9, None), vec![span(7, 7)]));
}

#[test]
fn one_line_of_many_can_be_wanted_again() {
    let mut delivery = Delivery::beginning_after(9);
    delivery.aside = vec![PutAside { span: span(2, 6), why: "gone".into() }];
    assert_eq!(delivery.want_again(Some(9)), 0);
    assert_eq!(delivery.want_again(Some(4)), 1);
    assert_eq!((delivery.looks(), aside(&delivery)), ((3, Some(4)), vec![span(2, 3), span(5, 6)]));
    assert_eq!(delivery.want_again(Some(2)), 1);
    assert_eq!(delivery.want_again(Some(6)), 1);
    assert_eq!(aside(&delivery), [span(3, 3), span(5, 5)]);
    assert_eq!(delivery.again, [span(4, 4), span(2, 2), span(6, 6)]);
}

#[test]
fn what_waits_to_be_sent_again_is_put_aside_again_when_nobody_is_there() {
    let mut delivery = Delivery::beginning_after(5);
    delivery.aside = vec![PutAside { span: span(1, 2), why: "gone".into() }];
    delivery.want_again(None);
    tries(&mut delivery, 1, &away(), 8);
    assert_eq!((delivery.looks(), aside(&delivery)), ((8, None), vec![span(1, 2), span(6, 8)]));
}

#[test]
fn wanting_lines_again_while_a_new_one_is_sent_confuses_neither() {
    let mut delivery = Delivery::beginning_after(5);
    delivery.aside = vec![PutAside { span: span(2, 3), why: "gone".into() }];
    delivery.want_again(None);
    delivery.sent(6, Outcome::Taken, 6, NOW);
    assert_eq!((delivery.through, delivery.looks()), (6, (1, Some(3))));
}
