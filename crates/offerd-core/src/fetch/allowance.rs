//! What a payer expects an offer to cost, and what may be asked of it.

use std::num::NonZeroU64;

use bolt1::Msat;
use bolt12::{Offer, Price};

use super::FetchArguments;
use crate::misuse::Misuse;
use crate::policy::Policy;
use crate::rates::{FiatAmount, NoRate, Priced, Rate, RateStamp};

/// What the caller says that he will accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Most that the invoice may ask.
    pub max_amount: Option<Msat>,
    /// By so many millionths the invoice may ask more than the price comes to by our own rate.
    pub max_rate_drift_ppm: Option<u32>,
}

/// What an invoice for an offer should ask, and may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The price in a currency, where the offer has one, and our own rate.
    pub priced: Option<Priced>,
    /// What should be asked, by our own rate where the price is in a currency; `None` where nobody can tell.
    pub expected: Option<Msat>,
    /// Most that may be asked; `None` where the caller has set no limit and nothing is expected.
    pub at_most: Option<Msat>,
    /// Why we have no rate, where the price is in a currency and we have none.
    no_rate: Option<String>,
}

/// What an invoice for this offer may ask. `own` is our own rate of the currency of its price, or why there is none.
///
/// # Errors
/// [`Misuse`] names the limit that has no meaning here, or cannot be kept.
pub fn allowance(
    offer: &Offer,
    arguments: &FetchArguments,
    limits: Limits,
    own: Option<&Result<Rate, NoRate>>,
    policy: &Policy,
) -> Result<Allowance, Misuse> {
    let quantity = arguments.quantity.and_then(NonZeroU64::new).unwrap_or(NonZeroU64::MIN);
    match (offer.price(), arguments.amount) {
        (Price::PayerDecides, amount) | (Price::Msat(_), amount @ Some(_)) => plain(amount, limits),
        (Price::Msat(each), None) => plain(each.times(quantity), limits),
        (Price::Fiat { currency, minor_units }, amount) => {
            let each = FiatAmount::new(currency, minor_units)
                .map_err(|error| Misuse::parameter("offer", error.to_string()))?;
            let price = each.times(quantity).ok_or_else(|| {
                Misuse::parameter("quantity", "price times quantity is too large")
            })?;
            let rate = own.and_then(|own| own.as_ref().ok()).filter(|own| own.currency == currency);
            let priced = Priced { price, rate: rate.map(RateStamp::from) };
            let expected = priced.expected();
            let drifted = |ppm| expected.and_then(|expected| expected.plus(expected.ppm(ppm)));
            let at_most = match (limits.max_amount, limits.max_rate_drift_ppm.map(drifted)) {
                (most, None) => most.or(amount).or_else(|| drifted(policy.pay_rate_drift_ppm)),
                (None, Some(drifted)) => drifted,
                (Some(most), Some(drifted)) => drifted.map(|drifted| drifted.min(most)),
            };
            let no_rate = match own {
                Some(Err(why)) => Some(why.to_string()),
                Some(Ok(_)) | None => None,
            };
            let allowance = Allowance { priced: Some(priced), expected, at_most, no_rate };
            // Whoever says how far it may drift wants that kept.
            if limits.max_rate_drift_ppm.is_some() { allowance.to_pay() } else { Ok(allowance) }
        }
    }
}

/// Where no currency is about.
fn plain(expected: Option<Msat>, limits: Limits) -> Result<Allowance, Misuse> {
    if limits.max_rate_drift_ppm.is_some() {
        let expected = "goes with an offer that is priced in a currency";
        return Err(Misuse::parameter("max_rate_drift_ppm", expected));
    }
    let at_most = limits.max_amount.or(expected);
    Ok(Allowance { priced: None, expected, at_most, no_rate: None })
}

impl Allowance {
    /// What a caller allows who knows what he will be asked.
    pub fn up_to(at_most: Option<Msat>) -> Self {
        Self { at_most, ..Self::default() }
    }

    /// The same, for something that has this price in a currency.
    #[must_use]
    pub fn for_price(self, priced: Option<Priced>) -> Self {
        Self { priced, ..self }
    }

    /// The same, for a payment: where the price is in a currency, there must be a limit.
    ///
    /// # Errors
    /// [`Misuse`] asks for `max_amount_msat` instead of guessing.
    pub fn to_pay(self) -> Result<Self, Misuse> {
        let Some(priced) = self.priced.as_ref().filter(|_| self.at_most.is_none()) else {
            return Ok(self);
        };
        let why = self.no_rate.as_deref().unwrap_or("what it comes to cannot be told");
        let expected = format!(
            "is required: the offer costs {}, and this node has no rate of its own ({why}); say the \
             most that its invoice may ask",
            priced.price
        );
        Err(Misuse::parameter("max_amount_msat", expected))
    }

    /// Whether an invoice of this amount is within what is allowed.
    ///
    /// # Errors
    /// [`Misuse::TooExpensive`] with both amounts.
    pub fn check(&self, asked: Msat) -> Result<(), Misuse> {
        match self.at_most {
            Some(allowed) if asked > allowed => Err(Misuse::TooExpensive { asked, allowed }),
            Some(_) | None => Ok(()),
        }
    }
}
