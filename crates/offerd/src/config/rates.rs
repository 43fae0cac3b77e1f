//! Options about currencies: whom to ask what bitcoin costs, and what is done with the answers.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use bitcoin::Network;
use bolt1::Seconds;
use bolt12::Currency;
use offerd_core::Policy;
use offerd_core::rates::{PerBitcoin, minor_digits};
use offerd_rates_http::{Settings, Source, builtin_sources};

use super::ConfigError;
use super::reader::Reader;

impl Reader<'_> {
    /// Where rates come from. On regtest nobody outside is asked unless the operator names them.
    pub(super) fn rates(&self, network: Network) -> Result<Settings, ConfigError> {
        let mut settings = Settings { sources: self.sources(network)?, ..Settings::default() };
        settings.fixed = self.fixed_rates()?;
        settings.proxy = match self.text("currencyrate-proxy") {
            Some(text) => {
                let proxy = text.parse();
                Some(proxy.map_err(|_| {
                    self.refuse("currencyrate-proxy", "should be like socks5h://127.0.0.1:9050")
                })?)
            }
            None => None,
        };
        if let Some(seconds) = self.in_range("currencyrate-interval", 1, 86_400)? {
            settings.pace.every = Duration::from_secs(seconds);
        }
        if let Some(seconds) = self.in_range("currencyrate-timeout", 1, 600)? {
            settings.timeout = Duration::from_secs(seconds);
        }
        if let Some(seconds) = self.in_range("currencyrate-max-age", 1, 604_800)? {
            settings.bounds.max_age = Seconds(seconds);
        }
        if let Some(ppm) = self.ppm("currencyrate-max-deviation-ppm")? {
            settings.bounds.max_deviation_ppm = ppm;
        }
        if let Some(ppm) = self.ppm("currencyrate-jump-ppm")? {
            settings.jump_ppm = ppm;
        }
        Ok(settings)
    }

    fn sources(&self, network: Network) -> Result<Vec<Source>, ConfigError> {
        let builtin = self.parse("currencyrate-builtin", "should be true or false")?;
        let builtin = builtin.unwrap_or(network != Network::Regtest);
        let mut sources = if builtin { builtin_sources() } else { Vec::new() };
        for line in self.texts("currencyrate-add-source") {
            let source = Source::from_str(line)
                .map_err(|error| self.refuse("currencyrate-add-source", error.to_string()))?;
            if sources.iter().any(|other| other.name() == source.name()) {
                let expected = format!("there is a source {} already", source.name());
                return Err(self.refuse("currencyrate-add-source", expected));
            }
            sources.push(source);
        }
        for name in self.texts("currencyrate-disable-source") {
            let count = sources.len();
            sources.retain(|source| source.name() != name);
            let was_builtin = || builtin_sources().iter().any(|source| source.name() == name);
            if sources.len() == count && !was_builtin() {
                let expected = format!("there is no source {name:?}");
                return Err(self.refuse("currencyrate-disable-source", expected));
            }
        }
        Ok(sources)
    }

    fn fixed_rates(&self) -> Result<BTreeMap<Currency, PerBitcoin>, ConfigError> {
        let name = "currencyrate-fixed";
        let read = |text: &String| {
            let refuse = |why: &str| {
                self.refuse(name, format!("{text:?}: {why}; should be like USD=67321.45"))
            };
            let (code, price) = text.split_once('=').ok_or_else(|| refuse("no `=` in it"))?;
            let currency = known(code).ok_or_else(|| refuse("unknown currency"))?;
            let price = price.parse().map_err(|error| refuse(&format!("the rate {error}")))?;
            let price = PerBitcoin::from_price(price);
            Ok((currency, price.map_err(|error| refuse(&format!("the rate {error}")))?))
        };
        self.texts(name).iter().map(read).collect()
    }

    /// What is done with prices in currencies.
    pub(super) fn prices(&self, policy: &mut Policy) -> Result<(), ConfigError> {
        if let Some(seconds) = self.in_range("priced-invoice-expiry", 30, 7_200)? {
            policy.priced_invoice_expiry = Seconds(seconds);
        }
        let set = |value: Option<u32>, target: &mut u32| *target = value.unwrap_or(*target);
        set(self.ppm("price-tolerance-ppm")?, &mut policy.price_tolerance_ppm);
        set(self.ppm("pay-rate-drift-ppm")?, &mut policy.pay_rate_drift_ppm);
        set(self.ppm("payout-rate-margin-ppm")?, &mut policy.payout_rate_margin_ppm);
        if let Some(code) = self.text("bkpr-currency") {
            let expected = "should be an ISO 4217 code such as USD or EUR";
            let currency = known(code).ok_or_else(|| self.refuse("bkpr-currency", expected))?;
            policy.accounting_currency = Some(currency);
        }
        Ok(())
    }

    fn ppm(&self, name: &'static str) -> Result<Option<u32>, ConfigError> {
        let ppm = self.in_range(name, 0, 1_000_000)?;
        Ok(ppm.and_then(|ppm| u32::try_from(ppm).ok()))
    }
}

/// The currency of this code, if ISO 4217 has it.
fn known(code: &str) -> Option<Currency> {
    Currency::new(code).filter(|currency| minor_digits(*currency).is_some())
}
