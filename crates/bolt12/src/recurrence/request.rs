//! What a request, or the invoice that mirrors it, asks of a recurring offer.

use crate::error::{Bolt12Error, InvalidReason};
use crate::records::Records;
use crate::value;
use bolt1::{DecodeError, DecodeErrorKind};

use super::{Numbering, Recurrence};

/// One payment of a series, as a request asks for it; the offer allows it, as far as that needs no memory of the
/// series.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 92 | `invreq_recurrence_counter` | `tu32` | payments before this one |
/// | 93 | `invreq_recurrence_start` | `tu32` | the period of the first payment |
/// | 94 | `invreq_recurrence_cancel` | empty | there will be none |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecurringRequest {
    /// How many payments of the series came before: 0 for the first.
    pub counter: u32,
    /// The period that the first payment was for; only, and always, where the offer has a base.
    pub start: Option<u32>,
    /// The period that this payment is for: `start` and `counter` together.
    pub index: u32,
    /// Whether the payer ends the series instead of paying. It gets no answer.
    pub cancel: bool,
}

impl RecurringRequest {
    /// Whether it begins a series.
    pub const fn is_initial(&self) -> bool {
        self.counter == 0
    }
}

/// The fields of recurrence in a request, not yet held against the offer: a breach is to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestRecurrence {
    plain: Marks,
    experimental: Marks,
}

/// The fields in one numbering.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Marks {
    numbering: Numbering,
    counter: Option<u32>,
    start: Option<u32>,
    cancel: bool,
}

impl RequestRecurrence {
    pub(crate) fn read(records: &Records<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            plain: Marks::read(records, Numbering::Plain)?,
            experimental: Marks::read(records, Numbering::Experimental)?,
        })
    }

    /// Refuses all of the fields.
    pub(crate) fn refuse_any(&self) -> Result<(), Bolt12Error> {
        self.plain.refuse_any().and(self.experimental.refuse_any())
    }

    /// What is asked of the offer with the schedule `offer`; `None` where it is not recurring, or where it need not be
    /// for this payer, who says nothing of it.
    pub(crate) fn check(
        &self,
        offer: Option<&Recurrence>,
    ) -> Result<Option<RecurringRequest>, Bolt12Error> {
        let Some(offer) = offer else { return self.refuse_any().map(|()| None) };
        let (marks, foreign) = match offer.numbering {
            Numbering::Plain => (&self.plain, &self.experimental),
            Numbering::Experimental => (&self.experimental, &self.plain),
        };
        foreign.refuse_any()?;
        if !offer.compulsory && marks.is_empty() {
            return Ok(None);
        }
        marks.check(offer).map(Some)
    }
}

impl Marks {
    fn read(records: &Records<'_>, numbering: Numbering) -> Result<Self, DecodeError> {
        let numbers = numbering.numbers();
        Ok(Self {
            numbering,
            counter: records.optional(numbers.counter, value::tu32)?,
            start: records.optional(numbers.start, value::tu32)?,
            cancel: records.optional(numbers.cancel, value::empty)?.is_some(),
        })
    }

    fn is_empty(&self) -> bool {
        self.counter.is_none() && self.start.is_none() && !self.cancel
    }

    fn refuse_any(&self) -> Result<(), Bolt12Error> {
        let numbers = self.numbering.numbers();
        let present = [
            self.counter.map(|_| numbers.counter),
            self.start.map(|_| numbers.start),
            self.cancel.then_some(numbers.cancel),
        ];
        match present.into_iter().flatten().next() {
            // req RCR-W9
            Some(field) => {
                Err(Bolt12Error::invalid(field, InvalidReason::NotAllowed).req("RCR-R12"))
            }
            None => Ok(()),
        }
    }

    fn check(&self, offer: &Recurrence) -> Result<RecurringRequest, Bolt12Error> {
        let numbers = self.numbering.numbers();
        let refuse = |field, reason, id| Err(Bolt12Error::invalid(field, reason).req(id));
        let Some(counter) = self.counter else {
            return refuse(numbers.counter, InvalidReason::Missing, "RCR-R5");
        };
        match (offer.base, self.start) {
            (Some(_), None) => return refuse(numbers.start, InvalidReason::Missing, "RCR-R5"),
            (None, Some(_)) => {
                return refuse(numbers.start, InvalidReason::NotAllowed, "RCR-R5");
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let start = self.start.unwrap_or(0);
        let index = start
            .checked_add(counter)
            .ok_or(DecodeError::in_field(DecodeErrorKind::TooLarge, numbers.counter))?;
        if let Some(limit) = offer.limit.filter(|limit| index > limit.get()) {
            let limit = limit.get();
            return match limit.checked_sub(start) {
                Some(left) => {
                    let most = InvalidReason::Above { max: u64::from(left) };
                    refuse(numbers.counter, most, "RCR-R6")
                }
                None => {
                    let most = InvalidReason::Above { max: u64::from(limit) };
                    refuse(numbers.start, most, "RCR-R6")
                }
            };
        }
        if self.cancel && counter == 0 {
            return refuse(numbers.cancel, InvalidReason::NotAllowed, "RCR-R8");
        }
        Ok(RecurringRequest { counter, start: self.start, index, cancel: self.cancel })
    }
}
