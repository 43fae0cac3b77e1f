//! Taking settings apart into types, each with its range.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use bitcoin::Network;
use bolt1::{CltvDelta, Msat, Seconds};
use offerd_api::layout::NETWORKS;
use offerd_core::Policy;
use offerd_core::amount::AmountSpec;

use super::settings::{Origin, Setting, Settings};
use super::{ConfigError, Log};
use crate::assemble::chain_hash;
use crate::instance::Told;

/// What must be written to run on the main chain.
const CONSENT: &str = "i accept the risk";
/// The greatest length of the log file, unless it is said otherwise.
const LOG_MIB: u64 = 100;
/// The longest alias that can be announced, in bytes.
const MAX_ALIAS: usize = 32;

/// Takes settings apart into types.
pub(super) struct Reader<'a>(pub(super) &'a Settings);

impl Reader<'_> {
    fn setting(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// What was set, and where, as Core Lightning says it.
    pub(super) fn values(&self, name: &str) -> Option<(&[String], String)> {
        let setting = self.setting(name)?;
        let source = match &setting.origin {
            Origin::Flag => "cmdline".to_owned(),
            origin @ (Origin::Variable(_) | Origin::File(..)) => origin.to_string(),
        };
        Some((&setting.values, source))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.setting(name)?.values.last().map(String::as_str)
    }

    pub(super) fn refuse(&self, name: &'static str, expected: impl Into<String>) -> ConfigError {
        let origin = self.setting(name).map(|setting| setting.origin.to_string());
        let origin = origin.unwrap_or_else(|| "default".to_owned());
        ConfigError::Value { origin, option: name, expected: expected.into() }
    }

    pub(super) fn parse<T: FromStr>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, ConfigError> {
        let text = self.text(name);
        text.map(|text| text.parse().map_err(|_| self.refuse(name, expected))).transpose()
    }

    pub(super) fn in_range(
        &self,
        name: &'static str,
        min: u64,
        max: u64,
    ) -> Result<Option<u64>, ConfigError> {
        let expected = format!("should be a whole number from {min} to {max}");
        match self.parse::<u64>(name, &expected)? {
            Some(number) if !(min..=max).contains(&number) => Err(self.refuse(name, expected)),
            number => Ok(number),
        }
    }

    fn in_range_u32(&self, name: &'static str, max: u32) -> Result<Option<u32>, ConfigError> {
        let number = self.in_range(name, 0, u64::from(max))?;
        Ok(number.and_then(|number| u32::try_from(number).ok()))
    }

    pub(super) fn amount(&self, name: &'static str) -> Result<Option<Msat>, ConfigError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(AmountSpec::Msat(amount)) => Ok(Some(amount)),
            Ok(AmountSpec::Any | AmountSpec::Fiat { .. }) | Err(_) => {
                Err(self.refuse(name, "should be an amount such as 10000sat or 5000msat"))
            }
        }
    }

    pub(super) fn network(&self) -> Result<Network, ConfigError> {
        let network = match self.text("network") {
            None => {
                let expected = "regtest, signet, testnet or bitcoin";
                return Err(ConfigError::Missing { option: "network", expected });
            }
            Some("regtest") => Network::Regtest,
            Some("signet") => Network::Signet,
            Some("testnet") => Network::Testnet,
            Some("bitcoin") => Network::Bitcoin,
            Some(_) => {
                let expected = format!("should be one of {}", NETWORKS.join(", "));
                return Err(self.refuse("network", expected));
            }
        };
        if network == Network::Bitcoin && self.text("mainnet-consent") != Some(CONSENT) {
            let expected =
                "`bitcoin` is real money; say mainnet-consent = \"i accept the risk\" as well";
            return Err(self.refuse("network", expected));
        }
        Ok(network)
    }

    /// All values of an option that may have several.
    pub(super) fn texts(&self, name: &str) -> &[String] {
        self.setting(name).map(|setting| setting.values.as_slice()).unwrap_or_default()
    }

    pub(super) fn addresses(&self, name: &'static str) -> Result<Vec<SocketAddr>, ConfigError> {
        let texts = self.texts(name);
        let parse = |text: &String| {
            let address = text.parse::<SocketAddr>().ok().filter(|address| address.port() != 0);
            address.ok_or_else(|| self.refuse(name, "should be IP:PORT"))
        };
        texts.iter().map(parse).collect()
    }

    pub(super) fn alias(&self) -> Result<String, ConfigError> {
        let alias = self.text("alias").unwrap_or("offerd");
        if alias.len() > MAX_ALIAS || alias.chars().any(char::is_control) {
            let expected = format!("should be at most {MAX_ALIAS} bytes of printable text");
            return Err(self.refuse("alias", expected));
        }
        Ok(alias.to_owned())
    }

    pub(super) fn policy(&self, network: Network) -> Result<Policy, ConfigError> {
        let mut policy = Policy::for_chain(chain_hash(network));
        let set = |value: Option<Msat>, target: &mut Msat| *target = value.unwrap_or(*target);
        set(self.amount("payout-any-max")?, &mut policy.payout_any_max);
        set(self.amount("payout-max")?, &mut policy.payout_max);
        set(self.amount("payout-max-per-day")?, &mut policy.payout_max_per_day);
        set(self.amount("payout-fee-floor")?, &mut policy.payout_fee_floor);
        set(self.amount("pay-fee-floor")?, &mut policy.pay_fee_floor);
        let set = |value: Option<u32>, target: &mut u32| *target = value.unwrap_or(*target);
        set(self.in_range_u32("payout-fee-ppm", 1_000_000)?, &mut policy.payout_fee_ppm);
        set(self.in_range_u32("pay-fee-ppm", 1_000_000)?, &mut policy.pay_fee_ppm);
        set(self.in_range_u32("payout-attempts", 1_000)?, &mut policy.claim_attempts);
        let blocks = |name| self.in_range_u32(name, 20_160);
        let set = |value: Option<u32>, target: &mut CltvDelta| {
            *target = value.map_or(*target, CltvDelta);
        };
        set(blocks("payout-max-delay")?, &mut policy.payout_max_delay);
        set(blocks("pay-max-delay")?, &mut policy.pay_max_delay);
        if let Some(seconds) = self.in_range("invoice-expiry", 60, 2_592_000)? {
            policy.invoice_expiry = Seconds(seconds);
        }
        if let Some(seconds) = self.in_range("subscription-reminder", 0, 31_536_000)? {
            policy.subscription_reminder = Seconds(seconds);
        }
        self.prices(&mut policy)?;
        Ok(policy)
    }

    /// What the operator says of the state, for this start.
    pub(super) fn told(&self) -> Result<Told, ConfigError> {
        let said = |name| Ok(self.parse(name, "should be true or false")?.unwrap_or(false));
        match (said("recover")?, said("moved")?) {
            (false, false) => Ok(Told::Nothing),
            (false, true) => Ok(Told::Moved),
            (true, false) => Ok(Told::Recover),
            (true, true) => Err(self.refuse("moved", "goes not with --recover")),
        }
    }

    pub(super) fn log(&self) -> Result<Log, ConfigError> {
        let level = self.text("log-level").unwrap_or("info").to_owned();
        if tracing_subscriber::EnvFilter::try_new(&level).is_err() {
            let expected = "should be error, warn, info, debug, trace or directives";
            return Err(self.refuse("log-level", expected));
        }
        let json = match self.text("log-format") {
            None | Some("text") => false,
            Some("json") => true,
            Some(_) => return Err(self.refuse("log-format", "should be text or json")),
        };
        let file = self.text("log-file").map(|path| super::absolute(PathBuf::from(path)));
        let most = self.in_range("log-max-mib", 0, 1_048_576)?.unwrap_or(LOG_MIB);
        let most_bytes = (most > 0).then(|| most.saturating_mul(1_048_576));
        Ok(Log { level, json, file, most_bytes })
    }
}
