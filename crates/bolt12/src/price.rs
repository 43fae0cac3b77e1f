//! What one item of an offer costs.

use core::fmt;
use core::num::NonZeroU64;

use bolt1::{DecodeError, DecodeErrorKind, Msat};

use crate::error::{Bolt12Error, InvalidReason};
use crate::field;
use crate::records::Records;
use crate::value;

/// An ISO 4217 code: three ASCII capital letters. Whether such a currency exists is not checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency with this code, or `None` when it is not three ASCII capital letters.
    pub fn new(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        // req OW-05
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("three ASCII letters")
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let code = core::str::from_utf8(bytes).map_err(|_| DecodeErrorKind::InvalidUtf8)?;
        Self::new(code).ok_or(DecodeErrorKind::InvalidValue.into())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one item of an offer costs, from `offer_amount` and `offer_currency`. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Price {
    /// No price: the payer says how much in `invreq_amount`.
    PayerDecides,
    /// An amount of bitcoin.
    Msat(Msat),
    /// An amount of another currency.
    Fiat {
        /// That currency.
        currency: Currency,
        /// The amount in its minor units, such as cents.
        minor_units: NonZeroU64,
    },
}

impl Price {
    /// The price that `offer_amount` and `offer_currency` say together.
    pub(crate) fn read(records: &Records<'_>) -> Result<Self, Bolt12Error> {
        let currency = records.optional(field::OFFER_CURRENCY, Currency::decode)?;
        let Some(amount) = records.optional(field::OFFER_AMOUNT, value::tu64)? else {
            return match currency {
                // req OW-07
                Some(_) => {
                    Err(Bolt12Error::invalid(field::OFFER_AMOUNT, InvalidReason::Missing)
                        .req("OR-06"))
                }
                None => Ok(Self::PayerDecides),
            };
        };
        // req OW-03
        let minor_units = NonZeroU64::new(amount)
            .ok_or(Bolt12Error::invalid(field::OFFER_AMOUNT, InvalidReason::Zero).req("OR-05"))?;
        match currency {
            Some(currency) => Ok(Self::Fiat { currency, minor_units }),
            None => Msat::new(amount).map(Self::Msat).ok_or_else(|| {
                DecodeError::in_field(DecodeErrorKind::TooLarge, field::OFFER_AMOUNT).into()
            }),
        }
    }
}
