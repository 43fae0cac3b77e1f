//! A series that has gone further than our records know: a database was lost, or an old copy of it was gone on with.
//!
//! The payer's key of a series is never lost, so its issuer knows it, and refuses a payment that was made with the
//! counter of the next one. We go forward to that and never back: what an issuer says can make us pay later or less, but
//! no period twice. Where period 0 started without a base is told by the next invoice; until then
//! [`Subscription::is_unsure`], and only the issuer knows when to pay.

use std::num::NonZeroU64;

use bolt1::{Msat, Reader, Seconds, Timestamp};
use bolt12::{Invoice, InvoiceError};

use super::step::changed;
use super::{Setback, Subscription, SubscriptionChange};
use crate::event::Batch;

impl Subscription {
    /// Whether payments were made of which we only know how many: when the next is due is not known.
    pub fn is_unsure(&self) -> bool {
        self.basetime.is_none() && self.next_counter > 0
    }

    /// How long its first period is: as long as any, or nearly.
    pub(super) fn length(&self) -> Option<Seconds> {
        let period = self.offer.recurrence()?.period_at(self.created_at, 0)?;
        Some(period.end.since(period.start))
    }

    /// The same, as far as its issuer says that it is: `refusal` was the answer when the next payment was asked for.
    /// `each` is what one payment comes to; every one that we do not know of counts so much. `None` where the refusal
    /// is about something else, or would lead back.
    pub fn caught_up(&self, refusal: &InvoiceError, each: Option<Msat>) -> Option<Self> {
        let schedule = self.offer.recurrence()?;
        let (field, value) = (refusal.erroneous_field?, refusal.suggested_value.as_deref()?);
        let mut reader = Reader::new(value);
        let said = reader.read_tu32().ok()?;
        if field == schedule.numbering.counter_field() {
            let missed = said.checked_sub(self.next_counter).filter(|missed| *missed > 0)?;
            let spent = NonZeroU64::new(missed.into()).zip(each);
            let spent = spent.map_or(Some(Msat::ZERO), |(missed, each)| each.times(missed));
            let spent = spent.and_then(|spent| self.paid.plus(spent));
            let caught_up = Self { paid: spent.unwrap_or(Msat::MAX), ..self.clone() };
            return Some(Self {
                next_counter: said,
                // Whoever has paid so often began so many periods earlier.
                start: self.start.map(|start| start.saturating_sub(missed)),
                ..caught_up
            });
        }
        // The start of a series that we have paid ourselves is on record.
        let begins = field == schedule.numbering.start_field() && self.start.is_some();
        let other = begins && self.next_counter > 0 && self.paid_at.is_none();
        (other && self.start != Some(said)).then(|| Self { start: Some(said), ..self.clone() })
    }

    /// Whether `invoice` says when period 0 started in a way that makes the next payment due now, where we do not know
    /// ourselves.
    pub(super) fn check_basetime(&self, invoice: &Invoice, now: Timestamp) -> Result<(), Setback> {
        if !self.is_unsure() {
            return Ok(());
        }
        let schedule = self.offer.recurrence().zip(invoice.recurrence_basetime());
        let window = schedule.and_then(|(schedule, basetime)| {
            schedule.window_at(basetime, self.start.unwrap_or(0).checked_add(self.next_counter)?)
        });
        match window {
            Some(window) if window.contains(now) => Ok(()),
            Some(_) | None => {
                Err(Setback::passing("by its own invoice the next payment is not due now"))
            }
        }
    }
}

/// A subscription has turned out to be further than was on record: `caught_up` is what it is now.
pub fn on_caught_up(caught_up: &Subscription) -> Batch {
    changed(SubscriptionChange::CaughtUp, caught_up.clone())
}

#[cfg(test)]
mod tests {
    use bolt12::{Recurrence, TimeUnit};

    use super::*;

    fn known(next_counter: u32, start: Option<u32>) -> Subscription {
        let every = Recurrence::every(60.try_into().expect("a number"), TimeUnit::Seconds);
        let key = bolt1::PublicKey::from_slice(&[2; 33]).expect("a point");
        let offer = bolt12::OfferBuilder::new().description("paper").issuer_id(&key);
        let offer = offer.recurrence(every).build().expect("an offer");
        Subscription {
            row: crate::SubscriptionRow(1),
            label: "paper".to_owned(),
            offer,
            payer_id: key,
            start,
            amount: None,
            quantity: None,
            payer_note: None,
            caps: super::super::Caps::default(),
            remind_before: Seconds(0),
            created_at: Timestamp(0),
            basetime: None,
            next_counter,
            paid: Msat::ZERO,
            paid_at: None,
            paying: None,
            reminded: false,
            trouble: None,
            state: super::super::SubscriptionState::Active,
        }
    }

    fn refusal(known: &Subscription, start: bool, value: &[u8]) -> InvoiceError {
        let numbering = known.offer.recurrence().expect("it recurs").numbering;
        let field = if start { numbering.start_field() } else { numbering.counter_field() };
        InvoiceError::new("no").with_suggestion(field, value)
    }

    #[test]
    fn it_goes_forward_to_the_issuers_counter_and_never_back() {
        let (each, three) = (Msat::new(1_000), known(3, None));
        let ahead = three.caught_up(&refusal(&three, false, &[5]), each).expect("ahead");
        assert_eq!((ahead.next_counter, ahead.paid), (5, Msat::new(2_000).expect("little")));
        assert!(ahead.is_unsure());
        for value in [&[3][..], &[2], &[], &[0, 5], &[1, 0, 0, 0, 0]] {
            assert_eq!(three.caught_up(&refusal(&three, false, value), each), None, "{value:?}");
        }
        assert_eq!(three.caught_up(&InvoiceError::new("no"), each), None);
    }

    #[test]
    fn the_start_is_the_issuers_to_say_only_where_nothing_paid_is_on_record() {
        let fresh = known(0, Some(7));
        assert_eq!(fresh.caught_up(&refusal(&fresh, true, &[4]), None), None);
        let ahead = fresh.caught_up(&refusal(&fresh, false, &[2]), None).expect("ahead");
        assert_eq!((ahead.next_counter, ahead.start), (2, Some(5)));
        let begun = ahead.caught_up(&refusal(&ahead, true, &[4]), None).expect("it says when");
        assert_eq!((begun.next_counter, begun.start), (2, Some(4)));
        assert_eq!(begun.caught_up(&refusal(&begun, true, &[4]), None), None);
        let ours = Subscription { paid_at: Some(Timestamp(9)), ..begun };
        assert_eq!(ours.caught_up(&refusal(&ours, true, &[3]), None), None);
    }
}
