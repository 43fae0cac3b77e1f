//! What a peer is told, and what it is not.

mod word;

use bolt1::{Msat, Timestamp};
use bolt12::field;
use bolt12::{Currency, InvoiceError};

/// No answer at all: one would tell a stranger whose code it holds. Counted, never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The bytes do not decode.
    Undecodable,
    /// Even feature bits that we do not know.
    UnknownFeatures,
    /// Not on our chain.
    OtherChain,
    /// Not a promise or an offer of ours.
    NotOurs,
    /// It came by another way than the code names.
    WrongPath,
    /// An answer to nothing that we asked.
    Unasked,
    /// Too many of them.
    OverLimit,
}

/// Why a peer does not get what it asked for. Becomes an `invoice_error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The signature is missing or does not verify.
    BadSignature,
    /// The offer is disabled, or used up.
    NoLongerAvailable,
    /// The code has expired.
    Expired,
    /// `invreq_quantity` is missing.
    QuantityMissing,
    /// `invreq_quantity` on an offer that has none.
    QuantityUnexpected,
    /// Quantity zero.
    QuantityZero,
    /// Above `offer_quantity_max`.
    QuantityAbove {
        /// That maximum.
        max: u64,
    },
    /// No `invreq_amount` where the payer decides.
    AmountMissing,
    /// Below what the offer asks.
    AmountBelow {
        /// What it asks.
        least: Msat,
    },
    /// More than five times what the offer asks: surely a mistake.
    AmountFarAbove {
        /// What it asks.
        expected: Msat,
    },
    /// Price times quantity exceeds all bitcoin.
    AmountOverflow,
    /// The offer has its price in a currency of which we know no rate now.
    NoRate {
        /// That currency.
        currency: Currency,
    },
    /// More than a payout in a currency comes to now.
    AmountAbovePrice {
        /// What it comes to.
        most: Msat,
    },
    /// `invreq_bip_353_name` or another field holds what it may not.
    FieldInvalid {
        /// Its number.
        field: u64,
    },
    /// This payment of a series has been made.
    PeriodPaid {
        /// Its field for the counter.
        field: u64,
        /// The counter of the payment that may come.
        next: u32,
    },
    /// Payments of the series before this one have not been made.
    PreviousUnpaid {
        /// Its field for the counter.
        field: u64,
        /// The counter of the payment that may come.
        next: u32,
    },
    /// The series began with another period.
    StartDiffers {
        /// Its field for the start.
        field: u64,
        /// The period that it began with.
        start: u32,
    },
    /// The payer has ended the series.
    SeriesCancelled {
        /// Its field for that.
        field: u64,
    },
    /// The period cannot be paid yet.
    TooEarly {
        /// The field for the counter.
        field: u64,
        /// From then on it can.
        opens: Timestamp,
    },
    /// The period can no longer be paid.
    TooLate {
        /// The field for the counter.
        field: u64,
        /// Since then.
        closed: Timestamp,
    },
    /// A field of the invoice differs from our code.
    FieldDiffers {
        /// Its number.
        field: u64,
    },
    /// The invoice's amount is not what was promised (or above our cap or balance: one and the same answer).
    AmountNotPromised,
    /// The invoice has expired.
    InvoiceExpired,
    /// The invoice has no path that we could use.
    NoUsablePath,
    /// Fees or delay of its paths are above what the payout allows.
    PathsTooExpensive,
    /// The payout is a refund, and the invoice is not signed by whoever paid.
    NotThePayer,
    /// As many redemptions as may wait for approval wait.
    TooManyWaiting,
    /// The maker of the payout did not approve.
    NotApproved,
    /// Another invoice is being paid for this payout now.
    BeingRedeemed,
    /// This payout has been paid.
    AlreadyRedeemed,
    /// This very request has been paid.
    AlreadyPaid,
    /// A payment that was begun has failed for good.
    PaymentFailed,
    /// No payment can reach us now: we have no channel that is open.
    CannotReceive,
    /// Not now, for reasons that are ours.
    Unavailable,
}

impl Refusal {
    /// The field that is to blame, if one is.
    // req ER-01
    pub fn erroneous_field(&self) -> Option<u64> {
        match self {
            Self::BadSignature => Some(field::SIGNATURE),
            Self::Expired => Some(field::OFFER_ABSOLUTE_EXPIRY),
            Self::QuantityMissing
            | Self::QuantityUnexpected
            | Self::QuantityZero
            | Self::QuantityAbove { .. } => Some(field::INVREQ_QUANTITY),
            Self::AmountMissing | Self::AmountBelow { .. } | Self::AmountFarAbove { .. } => {
                Some(field::INVREQ_AMOUNT)
            }
            Self::FieldInvalid { field }
            | Self::FieldDiffers { field }
            | Self::PeriodPaid { field, .. }
            | Self::PreviousUnpaid { field, .. }
            | Self::StartDiffers { field, .. }
            | Self::SeriesCancelled { field }
            | Self::TooEarly { field, .. }
            | Self::TooLate { field, .. } => Some(*field),
            Self::NoRate { .. } => Some(field::OFFER_CURRENCY),
            Self::AmountNotPromised | Self::AmountAbovePrice { .. } => Some(field::INVOICE_AMOUNT),
            Self::InvoiceExpired => Some(field::INVOICE_RELATIVE_EXPIRY),
            Self::NoUsablePath | Self::PathsTooExpensive => Some(field::INVOICE_BLINDEDPAY),
            Self::NotThePayer => Some(field::REFUND_SIGNATURE),
            Self::NoLongerAvailable
            | Self::TooManyWaiting
            | Self::NotApproved
            | Self::AmountOverflow
            | Self::BeingRedeemed
            | Self::AlreadyRedeemed
            | Self::AlreadyPaid
            | Self::PaymentFailed
            | Self::CannotReceive
            | Self::Unavailable => None,
        }
    }

    /// A value that would do, encoded as that field is.
    // req ER-02
    fn suggested_value(&self) -> Option<Vec<u8>> {
        let number = if let Self::QuantityAbove { max } = self {
            *max
        } else if let Self::AmountBelow { least } = self {
            least.as_u64()
        } else if let Self::AmountAbovePrice { most } = self {
            most.as_u64()
        } else if let Self::PeriodPaid { next, .. } | Self::PreviousUnpaid { next, .. } = self {
            u64::from(*next)
        } else if let Self::StartDiffers { start, .. } = self {
            u64::from(*start)
        } else {
            return None;
        };
        let mut writer = bolt1::Writer::new();
        writer.write_tu64(number);
        Some(writer.into_bytes())
    }

    /// The message that tells the peer.
    pub fn to_invoice_error(&self) -> InvoiceError {
        let error = InvoiceError::new(self.to_string());
        match (self.erroneous_field(), self.suggested_value()) {
            (Some(field), Some(value)) => error.with_suggestion(field, value),
            (Some(field), None) => error.with_field(field),
            (None, _) => error,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadSignature => f.write_str("bad signature"),
            Self::NoLongerAvailable => f.write_str("offer no longer available"),
            Self::Expired => f.write_str("offer expired"),
            Self::QuantityMissing => f.write_str("missing invreq_quantity"),
            Self::QuantityUnexpected => f.write_str("unexpected invreq_quantity"),
            Self::QuantityZero => f.write_str("quantity zero is invalid"),
            Self::QuantityAbove { max } => write!(f, "quantity must be at most {max}"),
            Self::AmountMissing => f.write_str("missing invreq_amount"),
            Self::AmountBelow { least } => write!(f, "amount must be at least {least}"),
            Self::AmountFarAbove { expected } => write!(f, "amount vastly exceeds {expected}"),
            Self::AmountOverflow => f.write_str("quantity causes overflow"),
            Self::NoRate { currency } => {
                write!(f, "no current rate of {currency} is known here: try again later")
            }
            Self::AmountAbovePrice { most } => {
                write!(f, "at the current rate this code pays at most {most}")
            }
            Self::FieldInvalid { field } => {
                write!(f, "invalid {}", field::name(*field).unwrap_or("field"))
            }
            Self::PeriodPaid { next, .. } => {
                write!(f, "this period has been paid: the next counter is {next}")
            }
            Self::PreviousUnpaid { next, .. } => {
                write!(f, "the previous period has not been paid: the next counter is {next}")
            }
            Self::StartDiffers { start, .. } => {
                write!(f, "invreq_recurrence_start was {start} before")
            }
            Self::SeriesCancelled { .. } => f.write_str("this series was cancelled"),
            Self::TooEarly { opens, .. } => {
                write!(f, "too early: this period can be paid from {opens} on")
            }
            Self::TooLate { closed, .. } => {
                write!(f, "too late: this period could be paid until {closed}")
            }
            Self::FieldDiffers { field } => {
                write!(f, "{} differs from the code", field::name(*field).unwrap_or("a field"))
            }
            Self::AmountNotPromised => f.write_str("this amount cannot be paid for this code"),
            Self::InvoiceExpired => f.write_str("invoice expired"),
            Self::NoUsablePath => f.write_str("no usable payment path"),
            Self::PathsTooExpensive => {
                f.write_str("fees or delay of the payment paths are too high")
            }
            Self::NotThePayer => f.write_str("this refund is for the payer of the invoice alone"),
            Self::TooManyWaiting => f.write_str("too many redemptions wait for approval"),
            Self::NotApproved => f.write_str("not approved"),
            Self::BeingRedeemed => f.write_str("already being redeemed"),
            Self::AlreadyRedeemed => f.write_str("already redeemed"),
            Self::AlreadyPaid => f.write_str("already paid"),
            Self::PaymentFailed => f.write_str("pay attempt failed"),
            Self::CannotReceive => f.write_str("the payee cannot receive payments now"),
            Self::Unavailable => f.write_str("internal error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req ER-01, ER-02
    #[test]
    fn a_refusal_names_the_field_and_suggests_what_would_do() {
        let error = Refusal::QuantityAbove { max: 300 }.to_invoice_error();
        assert_eq!(error.erroneous_field, Some(86));
        assert_eq!(error.suggested_value, Some(vec![1, 44]));
    }

    #[test]
    fn too_much_and_too_little_balance_sound_the_same() {
        assert_eq!(
            Refusal::AmountNotPromised.to_string(),
            "this amount cannot be paid for this code"
        );
    }
}
