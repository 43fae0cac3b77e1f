//! When a payment came to which point on its way.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The points on the way, in the order in which a payment comes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The payer's node gets the request for an invoice.
    Asked,
    /// The payee's driver gets it.
    RequestHeard,
    /// The payee's node gets the invoice.
    Answered,
    /// The payer's driver gets it.
    InvoiceHeard,
    /// The payer's node is told to pay.
    Ordered,
    /// It has sent the HTLC, or will as soon as that is written.
    Sent,
    /// The payee's driver hears of a payment that it may take.
    Arrived,
    /// The payee's node is told to take it.
    Accepting,
    /// It has released the preimage, or will as soon as that is written.
    Accepted,
    /// The payer's driver has the preimage.
    Proven,
    /// The caller has it.
    Returned,
}

impl Mark {
    /// All there are.
    pub(crate) const ALL: [Self; 11] = [
        Self::Asked,
        Self::RequestHeard,
        Self::Answered,
        Self::InvoiceHeard,
        Self::Ordered,
        Self::Sent,
        Self::Arrived,
        Self::Accepting,
        Self::Accepted,
        Self::Proven,
        Self::Returned,
    ];

    /// What goes on before it.
    pub(crate) fn stage(self) -> &'static str {
        match self {
            Self::Asked => "payer: the offer read, the request signed",
            Self::RequestHeard => "the request on its way, its onion made and peeled",
            Self::Answered => "payee: the request checked, the invoice made and signed",
            Self::InvoiceHeard => "the invoice on its way, its onion made and peeled",
            Self::Ordered => "payer: the invoice checked, the payment committed",
            Self::Sent => "payer's node: route, onion, HTLC",
            Self::Arrived => "HTLC committed by both nodes, and handled",
            Self::Accepting => "payee: the receipt committed",
            Self::Accepted => "payee's node: the claim noted, the preimage released",
            Self::Proven => "the preimage written and on its way",
            Self::Returned => "payer: the proof committed",
        }
    }
}

/// Notes when one payment came to which mark first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(Arc<Mutex<[Option<Instant>; Mark::ALL.len()]>>);

impl Stopwatch {
    /// Forgets the last payment.
    pub(crate) fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }

    pub(crate) fn note(&self, mark: Mark) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times[mark as usize].get_or_insert_with(Instant::now);
    }

    /// How long each mark took since `began`.
    pub(crate) fn since(&self, began: Instant) -> [Duration; Mark::ALL.len()] {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.map(|time| time.unwrap().saturating_duration_since(began))
    }

    /// What is noted where the payer's driver and node meet.
    pub(crate) fn as_payer(&self) -> Marks {
        let (stopwatch, said) = (self.clone(), Mark::Asked);
        Marks { stopwatch, said, heard: Mark::InvoiceHeard }
    }

    /// What is noted where those of the payee do.
    pub(crate) fn as_payee(&self) -> Marks {
        let (stopwatch, said) = (self.clone(), Mark::Answered);
        Marks { stopwatch, said, heard: Mark::RequestHeard }
    }
}

/// The stopwatch of one side: which marks its messages are.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    pub(crate) stopwatch: Stopwatch,
    pub(crate) said: Mark,
    pub(crate) heard: Mark,
}
