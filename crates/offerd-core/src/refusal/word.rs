//! What refusals are called where they are counted: a few words, none of them by anybody's choice but ours.

use super::{Ignored, Refusal};

impl Ignored {
    /// Its name, for figures: `wrong_path`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::UnknownFeatures => "unknown_features",
            Self::OtherChain => "other_chain",
            Self::NotOurs => "not_ours",
            Self::WrongPath => "wrong_path",
            Self::Unasked => "unasked",
            Self::OverLimit => "over_limit",
        }
    }
}

impl Refusal {
    /// Its name, for figures: `amount_below`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::NoLongerAvailable => "no_longer_available",
            Self::Expired => "expired",
            Self::QuantityMissing => "quantity_missing",
            Self::QuantityUnexpected => "quantity_unexpected",
            Self::QuantityZero => "quantity_zero",
            Self::QuantityAbove { .. } => "quantity_above",
            Self::AmountMissing => "amount_missing",
            Self::AmountBelow { .. } => "amount_below",
            Self::AmountFarAbove { .. } => "amount_far_above",
            Self::AmountOverflow => "amount_overflow",
            Self::NoRate { .. } => "no_rate",
            Self::AmountAbovePrice { .. } => "amount_above_price",
            Self::FieldInvalid { .. } => "field_invalid",
            Self::PeriodPaid { .. } => "period_paid",
            Self::PreviousUnpaid { .. } => "previous_unpaid",
            Self::StartDiffers { .. } => "start_differs",
            Self::SeriesCancelled { .. } => "series_cancelled",
            Self::TooEarly { .. } => "too_early",
            Self::TooLate { .. } => "too_late",
            Self::FieldDiffers { .. } => "field_differs",
            Self::AmountNotPromised => "amount_not_promised",
            Self::InvoiceExpired => "invoice_expired",
            Self::NoUsablePath => "no_usable_path",
            Self::PathsTooExpensive => "paths_too_expensive",
            Self::NotThePayer => "not_the_payer",
            Self::TooManyWaiting => "too_many_waiting",
            Self::NotApproved => "not_approved",
            Self::BeingRedeemed => "being_redeemed",
            Self::AlreadyRedeemed => "already_redeemed",
            Self::AlreadyPaid => "already_paid",
            Self::PaymentFailed => "payment_failed",
            Self::CannotReceive => "cannot_receive",
            Self::Unavailable => "unavailable",
        }
    }
}
