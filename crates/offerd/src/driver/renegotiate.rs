//! A price in a currency that has moved between invoice and payment: asked again, without a person.

use bolt1::Msat;
use offerd_core::payment::FailureKind;
use tracing::info;

use super::{Attempt, CallError};

/// Invoices that are fetched for one call.
const MOST_ROUNDS: u32 = 3;

/// How often the price was asked, and what became of the payment before.
#[derive(Debug)]
pub(super) struct Round {
    number: u32,
    /// The last failure, and what was asked then, where a new invoice is of use only if it asks something else.
    failed: Option<(CallError, Msat)>,
    /// What was tried before.
    attempts: Vec<Attempt>,
}

impl Round {
    pub(super) fn first() -> Self {
        Self { number: 1, failed: None, attempts: Vec::new() }
    }

    /// What was tried before.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.clone()
    }

    /// The failure of before, where the new invoice asks the same: the price was not what was wrong.
    pub(super) fn given_up(&mut self, asked: Msat) -> Option<CallError> {
        let (failed, before) = self.failed.take()?;
        (before == asked).then_some(failed)
    }

    /// Lets a new invoice be fetched after a payment that has failed for good, with nothing in flight, where that may
    /// be because its invoice was too old.
    ///
    /// # Errors
    /// The failure, where that cannot be why or it was tried often enough.
    pub(super) fn go_on_after(&mut self, failed: CallError, asked: Msat) -> Result<(), CallError> {
        let CallError::PaymentFailed { reason, attempts } = &failed else { return Err(failed) };
        let kind = reason.kind;
        self.attempts.clone_from(attempts);
        if self.number >= MOST_ROUNDS {
            return Err(failed);
        }
        self.number += 1;
        info!(error = %failed, "the price may have moved: asking for a new invoice");
        self.failed = match kind {
            FailureKind::InvoiceExpired | FailureKind::RefusedByPayee => None,
            // Who refused is not told over a blinded path: it looks like no way at all.
            FailureKind::NoRoute | FailureKind::Other => Some((failed, asked)),
            FailureKind::TooExpensive
            | FailureKind::Abandoned
            | FailureKind::Denied
            | FailureKind::TakenByAnother
            | FailureKind::Withdrawn => {
                return Err(failed);
            }
        };
        Ok(())
    }
}
