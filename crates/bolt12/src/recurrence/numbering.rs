//! The two sets of type numbers that the fields of recurrence have.

use crate::field;

/// How the fields of recurrence are numbered. A message never mixes the two, and what answers an offer follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Numbering {
    /// The numbers of the proposal: 24 to 29, 92 to 94, 177.
    Plain,
    /// The same in the experimental ranges: 1 000 000 024 and on, 2 000 000 092 and on, 3 000 000 177. Core
    /// Lightning uses them since 25.12.
    Experimental,
}

/// The type numbers of all fields in one numbering.
pub(crate) struct Numbers {
    pub(crate) compulsory: u64,
    pub(crate) optional: u64,
    pub(crate) base: u64,
    pub(crate) paywindow: u64,
    pub(crate) limit: u64,
    pub(crate) counter: u64,
    pub(crate) start: u64,
    pub(crate) cancel: u64,
    pub(crate) basetime: u64,
}

impl Numbering {
    /// The number of `invreq_recurrence_counter`.
    pub const fn counter_field(self) -> u64 {
        self.numbers().counter
    }

    /// The number of `invreq_recurrence_start`.
    pub const fn start_field(self) -> u64 {
        self.numbers().start
    }

    /// The number of `invreq_recurrence_cancel`.
    pub const fn cancel_field(self) -> u64 {
        self.numbers().cancel
    }

    pub(crate) const fn numbers(self) -> Numbers {
        match self {
            Self::Plain => Numbers {
                compulsory: field::OFFER_RECURRENCE_COMPULSORY,
                optional: field::OFFER_RECURRENCE_OPTIONAL,
                base: field::OFFER_RECURRENCE_BASE,
                paywindow: field::OFFER_RECURRENCE_PAYWINDOW,
                limit: field::OFFER_RECURRENCE_LIMIT,
                counter: field::INVREQ_RECURRENCE_COUNTER,
                start: field::INVREQ_RECURRENCE_START,
                cancel: field::INVREQ_RECURRENCE_CANCEL,
                basetime: field::INVOICE_RECURRENCE_BASETIME,
            },
            Self::Experimental => Numbers {
                compulsory: field::EXPERIMENTAL_OFFER_RECURRENCE_COMPULSORY,
                optional: field::EXPERIMENTAL_OFFER_RECURRENCE_OPTIONAL,
                base: field::EXPERIMENTAL_OFFER_RECURRENCE_BASE,
                paywindow: field::EXPERIMENTAL_OFFER_RECURRENCE_PAYWINDOW,
                limit: field::EXPERIMENTAL_OFFER_RECURRENCE_LIMIT,
                counter: field::EXPERIMENTAL_INVREQ_RECURRENCE_COUNTER,
                start: field::EXPERIMENTAL_INVREQ_RECURRENCE_START,
                cancel: field::EXPERIMENTAL_INVREQ_RECURRENCE_CANCEL,
                basetime: field::EXPERIMENTAL_INVOICE_RECURRENCE_BASETIME,
            },
        }
    }
}
