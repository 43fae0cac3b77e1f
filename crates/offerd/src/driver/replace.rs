//! A payment that is pending, and a payee who is trusted to take one of two.
//!
//! While the payment of an invoice is pending, its money may still arrive. A second invoice of the same request is paid
//! only where the caller trusts the payee and the payee has signed that it takes one of them; anything else is waited
//! for.

use bolt12::Offer;
use offerd_core::Misuse;
use offerd_core::fetch::{Allowance, repeat};
use offerd_core::payment::OutgoingPayment;
use offerd_core::port::PortError;

use super::pay::{Course, PayCall, PayOutcome, ToPay};
use super::{Attempt, CallError, Driver, Step};

impl Driver {
    /// Asks for another invoice of the request that `pending` pays, and pays that one where it is fit to take the place
    /// of the first. Where it is not, or there is none, the first is waited for.
    pub(super) async fn pay_in_place_of(
        &self,
        pending: OutgoingPayment,
        offer: &Offer,
        call: PayCall,
        mut course: Course,
        is_same: impl Fn(&OutgoingPayment) -> bool,
    ) -> Result<PayOutcome, CallError> {
        let Some(first) = pending.invoice.bolt12() else {
            return Err(
                PortError::corrupt("an offer was paid without an invoice of BOLT 12").into()
            );
        };
        let again = || Ok(repeat(offer, first, &self.keys)?);
        let second = self.fetch_until(again, course.deadline).await;
        let fetched = match second {
            Ok(fetched) => fetched,
            Err(error) => return self.still_pending(pending, course, &error).await,
        };
        course.attempts = fetched.attempts;
        let at_most = call.max_amount.or(Some(pending.amount));
        let allowed = Allowance::up_to(at_most).for_price(pending.priced.clone());
        let (invoice, offer_id) = (ToPay::Bolt12(fetched.fetched.invoice), Some(offer.id()));
        let (deadline, attempts) = (course.deadline, course.attempts.clone());
        match self.order(invoice, offer_id, allowed, call, course, is_same).await {
            Err(CallError::Misuse(
                why @ (Misuse::NoEvidence { .. } | Misuse::TooExpensive { .. }),
            )) => self.still_pending(pending, Course { deadline, attempts }, &why.into()).await,
            Ok(same) if !same.begun_now => {
                self.outcome(same, Course { deadline, attempts }.left()).await
            }
            ordered => ordered,
        }
    }

    /// Waits for the payment that could not be replaced, and says why it was not.
    async fn still_pending(
        &self,
        payment: OutgoingPayment,
        mut course: Course,
        why: &CallError,
    ) -> Result<PayOutcome, CallError> {
        let (at, to) = (self.now(), format!("payee {}", payment.invoice.node_id()));
        if let CallError::Unreachable { attempts } | CallError::NoAnswer { attempts } = why {
            course.attempts.extend(attempts.iter().cloned());
        }
        let outcome = format!("no other invoice: {why}");
        course.attempts.push(Attempt { at, step: Step::Ask, to, outcome });
        let wait = course.left();
        let sofar = PayOutcome { payment, begun_now: false, attempts: course.attempts };
        self.outcome(sofar, wait).await
    }
}
