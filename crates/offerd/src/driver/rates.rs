//! What bitcoin costs, as the business goes by it.

use std::collections::BTreeSet;

use bolt1::Msat;
use bolt12::{Currency, Offer, Price};
use offerd_core::Misuse;
use offerd_core::fetch::{Allowance, FetchArguments, Limits, allowance};
use offerd_core::port::{PortError, Rates};
use offerd_core::rates::{FiatAmount, PerBitcoin, Rate, minor_digits};
use tracing::{info, warn};

use super::{CallError, Driver};

/// Where rates that were fixed by a call are kept, by currency.
const FIXED: (&str, &str) = ("rates", "fixed");
/// Where it is kept which currencies something of ours was ever priced in: a start must not look through a million offers.
const PRICED_IN: (&str, &str) = ("rates", "priced_in");

impl Driver {
    /// What bitcoin costs.
    pub fn rates(&self) -> &dyn Rates {
        &*self.ports.rates
    }

    /// Takes up what was set by calls before the last start, and keeps fresh whatever offers and payouts are priced in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn begin_with_rates(&self) -> Result<(), PortError> {
        let store = &self.ports.store;
        for code in store.list(FIXED.0, FIXED.1)? {
            let Some(currency) = Currency::new(&code) else { continue };
            let price = store.read(FIXED.0, FIXED.1, &code)?;
            let price = price.and_then(|bytes| String::from_utf8(bytes).ok());
            let price = price.and_then(|text| text.parse().ok());
            match price.and_then(|price| PerBitcoin::from_price(price).ok()) {
                Some(price) => self.ports.rates.fix(currency, Some(price)),
                None => warn!(%currency, "the fixed rate on record cannot be read"),
            }
        }
        self.currencies()?.into_iter().for_each(|currency| self.ports.rates.watch(currency));
        Ok(())
    }

    /// The currencies that anything of ours was ever priced in, and that of our accounts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn currencies(&self) -> Result<BTreeSet<Currency>, PortError> {
        let priced_in = self.ports.store.list(PRICED_IN.0, PRICED_IN.1)?;
        let currencies = priced_in.iter().filter_map(|code| Currency::new(code));
        Ok(currencies.chain(self.policy.accounting_currency).collect())
    }

    /// Takes down that something of ours is priced in this currency.
    fn remember(&self, currency: Currency) -> Result<(), PortError> {
        let (store, code) = (&self.ports.store, currency.as_str());
        match store.read(PRICED_IN.0, PRICED_IN.1, code)? {
            Some(_) => Ok(()),
            None => store.write(PRICED_IN.0, PRICED_IN.1, code, b""),
        }
    }

    /// Fixes a rate whatever the sources say, across restarts; `None` gives it back to the configuration.
    ///
    /// # Errors
    /// When it could not be made durable; then nothing has changed.
    pub fn set_rate(&self, currency: Currency, price: Option<PerBitcoin>) -> Result<(), CallError> {
        let (store, code) = (&self.ports.store, currency.as_str());
        match price {
            Some(price) => store.write(FIXED.0, FIXED.1, code, price.to_string().as_bytes())?,
            None => store.remove(FIXED.0, FIXED.1, code)?,
        }
        info!(%currency, ?price, "the rate was set by hand");
        self.ports.rates.fix(currency, price);
        Ok(())
    }

    /// The current rate of a currency that something of ours is priced in, for decisions that cannot wait.
    pub(super) fn rate_now(&self, currency: Currency) -> Option<Rate> {
        self.ports.rates.watch(currency);
        let rate = self.ports.rates.rate(currency);
        rate.inspect_err(|why| warn!(%currency, %why, "no rate to go by")).ok()
    }

    /// The rate by which the worth of a payment is noted: that of the currency of its price, else of our accounts.
    pub(super) fn rate_for_record(&self, currency: Option<Currency>) -> Option<Rate> {
        currency.or(self.policy.accounting_currency).and_then(|currency| self.rate_now(currency))
    }

    /// What an amount is worth in the currency of our accounts, for people to read; `None` where there is none, or no
    /// rate is known.
    pub fn worth_now(&self, amount: Msat) -> Option<FiatAmount> {
        self.rate_for_record(None)?.worth(amount)
    }

    /// The rate of a currency that something of ours is to be priced in; asks the sources first where none is known.
    ///
    /// # Errors
    /// [`Misuse`] in `amount`.
    pub(super) async fn rate_to_price_by(&self, currency: Currency) -> Result<Rate, CallError> {
        if minor_digits(currency).is_none() {
            let expected = format!("unknown currency {currency}: should be an ISO 4217 code");
            return Err(Misuse::parameter("amount", expected).into());
        }
        let rate = self.ports.rates.ask(currency).await;
        let rate = rate.map_err(|why| Misuse::parameter("amount", why.to_string()))?;
        self.remember(currency)?;
        Ok(rate)
    }

    /// What an invoice for this offer should ask and may, by what the caller says and by our own rate.
    ///
    /// # Errors
    /// [`Misuse`] names the limit that cannot be kept.
    pub async fn allowance(
        &self,
        offer: &Offer,
        arguments: &FetchArguments,
        limits: Limits,
    ) -> Result<Allowance, CallError> {
        let own = match offer.price() {
            Price::Fiat { currency, .. } => Some(match limits {
                // Nothing hangs on our own rate then: it is for the record.
                Limits { max_amount: Some(_), max_rate_drift_ppm: None } => {
                    self.ports.rates.watch(currency);
                    self.ports.rates.rate(currency)
                }
                Limits { .. } => self.ports.rates.ask(currency).await,
            }),
            Price::Msat(_) | Price::PayerDecides => None,
        };
        Ok(allowance(offer, arguments, limits, own.as_ref(), &self.policy)?)
    }
}
