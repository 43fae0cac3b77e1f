//! Whether what came back for a payment is within what was allowed, and what becomes of it where it is not.

use bolt1::{Seconds, Timestamp};
use bolt12::Invoice;

use super::Subscription;
use crate::fetch::Allowance;
use crate::misuse::Misuse;

/// How far the clocks of two nodes may be apart: where period 0 starts with the first invoice, its time says when all
/// others are due.
const CLOCKS_APART: Seconds = Seconds(600);

/// Why a payment was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// In words; what came from the issuer in it is peer text, escaped.
    pub why: String,
    /// Whether trying again cannot help: somebody must decide.
    pub lasting: bool,
}

impl Setback {
    /// One that may be over at the next try.
    pub fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), lasting: false }
    }

    /// One that stays.
    pub fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), lasting: true }
    }
}

impl From<Misuse> for Setback {
    fn from(misuse: Misuse) -> Self {
        let lasting = match &misuse {
            Misuse::OfferExpired
            | Misuse::PaysOurselves
            | Misuse::TooExpensive { .. }
            | Misuse::WrongString(_) => true,
            Misuse::Parameter { .. }
            | Misuse::NotYet { .. }
            | Misuse::LabelTaken { .. }
            | Misuse::InvoiceLabelTaken
            | Misuse::InvoicePreimageTaken
            | Misuse::PaymentLabelTaken
            | Misuse::ExistsInactive
            | Misuse::Unknown { .. }
            | Misuse::AlreadyDisabled
            | Misuse::AlreadyEnabled
            | Misuse::UsedSingleUse
            | Misuse::InvoiceExpired
            | Misuse::WrongInvoice { .. }
            | Misuse::BadReply(_)
            | Misuse::AlreadyPaid
            | Misuse::BeingPaid
            | Misuse::NoEvidence { .. }
            | Misuse::CannotApprove { .. } => false,
        };
        Self { why: misuse.to_string(), lasting }
    }
}

/// Holds the invoice of the next payment against what its owner has allowed. `allowed` is what the price comes to.
///
/// # Errors
/// [`Setback`]: it is not paid.
pub fn judge_invoice(
    subscription: &Subscription,
    invoice: &Invoice,
    allowed: &Allowance,
    now: Timestamp,
) -> Result<(), Setback> {
    let (asked, caps) = (invoice.amount(), &subscription.caps);
    // req RCI-R4, RCI-R5
    if let Some(most) = caps.max_per_period.filter(|most| asked > *most) {
        let why = format!("its invoice asks {asked}, more than the max_per_period_msat of {most}");
        return Err(Setback::lasting(why));
    }
    let left = caps.max_total.map(|most| most.minus(subscription.paid).unwrap_or_default());
    if let Some(left) = left.filter(|left| asked > *left) {
        let why = format!("its invoice asks {asked}, and max_total_msat leaves {left}");
        return Err(Setback::lasting(why));
    }
    allowed.check(asked)?;
    subscription.check_basetime(invoice, now)?;
    let starts_series = subscription.basetime.is_none()
        && subscription.next_counter == 0
        && invoice.offer_view().recurrence().is_some_and(|schedule| schedule.base.is_none());
    let apart = invoice.created_at().since(now).max(now.since(invoice.created_at()));
    if starts_series && apart > CLOCKS_APART {
        let at = invoice.created_at();
        return Err(Setback::passing(format!(
            "its invoice says that it was made at {at}, and now is {now}: the clocks are apart"
        )));
    }
    Ok(())
}
