//! Options about liquidity: bought, and sold.

use bolt1::Msat;
use offerd_node_ldk::ServiceTerms;

use super::ConfigError;
use super::reader::Reader;
use crate::rpc::liquidity::Providers;
use crate::rpc::peer;

/// The most that a provider may keep of a payment, unless the operator says otherwise, in sat.
const USUAL_MAX_FEE: u64 = 10_000;
/// The least that we keep, unless the operator says otherwise, in sat.
const USUAL_MIN_FEE: u64 = 3_000;
/// What we keep in millionths of the payment, unless the operator says otherwise.
const USUAL_FEE_PPM: u64 = 10_000;

impl Reader<'_> {
    /// Whom to buy of.
    pub(super) fn providers(&self) -> Result<Providers, ConfigError> {
        let expected = "should be NODEID@HOST:PORT";
        let usual = self.text("lsp").map(|text| {
            let read = peer::read(text).filter(|(_, address)| address.is_some());
            read.ok_or_else(|| self.refuse("lsp", expected))
        });
        let token = self.text("lsp-token").map(str::to_owned);
        let max_fee = self.amount("lsp-max-fee")?;
        let max_fee = max_fee.or_else(|| Msat::from_sat(USUAL_MAX_FEE)).unwrap_or_default();
        Ok(Providers { usual: usual.transpose()?, token, max_fee })
    }

    /// On which terms we sell; `None` where we do not.
    pub(super) fn lsp_service(&self) -> Result<Option<ServiceTerms>, ConfigError> {
        let on = self.parse("lsps2-service", "should be true or false")?;
        let min_fee = self.amount("lsps2-min-fee")?;
        let ppm = self.in_range("lsps2-fee-ppm", 0, 1_000_000)?.unwrap_or(USUAL_FEE_PPM);
        let terms = ServiceTerms {
            min_fee: min_fee.or_else(|| Msat::from_sat(USUAL_MIN_FEE)).unwrap_or_default(),
            proportional_ppm: u32::try_from(ppm).unwrap_or(u32::MAX),
            token: self.text("lsps2-token").map(str::to_owned),
        };
        Ok((on == Some(true)).then_some(terms))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Config;

    const GENERATOR: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    fn read(flags: &[(&'static str, &str)]) -> Result<Config, String> {
        let given = flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()]));
        let flags = [("network", vec!["regtest".to_owned()])].into_iter().chain(given).collect();
        let config = Config::load(&flags, &BTreeMap::new(), Some("/nonexistent".into()));
        config.map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_bought_or_sold_without_a_word() {
        let config = read(&[]).unwrap();
        assert_eq!((config.providers.usual, config.lsp_service), (None, None));
        assert_eq!(config.providers.max_fee, Msat::from_sat(10_000).unwrap());
    }

    #[test]
    fn a_provider_and_a_service_are_read_and_tokens_are_not_shown() {
        let lsp = format!("{GENERATOR}@lsp.example:9736");
        let config = read(&[
            ("lsp", lsp.as_str()),
            ("lsp-token", "spring sale"),
            ("lsp-max-fee", "1sat"),
            ("lsps2-service", "true"),
            ("lsps2-fee-ppm", "7"),
            ("lsps2-token", "autumn sale"),
        ])
        .unwrap();
        let (node, address) = config.providers.usual.clone().unwrap();
        assert_eq!((node.to_string(), address.unwrap().port), (GENERATOR.to_owned(), 9_736));
        assert_eq!(config.providers.max_fee, Msat::from_sat(1).unwrap());
        assert_eq!(config.lsp_service.as_ref().unwrap().proportional_ppm, 7);
        assert!(!format!("{config:?}{:?}", config.listed).contains(" sale"));
    }

    #[test]
    fn what_is_no_provider_or_out_of_range_is_refused_by_name() {
        for (name, value) in [
            ("lsp", GENERATOR),
            ("lsp", "lsp.example"),
            ("lsp-max-fee", "much"),
            ("lsps2-service", "perhaps"),
            ("lsps2-min-fee", "any"),
            ("lsps2-fee-ppm", "1000001"),
        ] {
            let refused = read(&[(name, value)]).unwrap_err();
            assert!(refused.contains(name), "{name}={value}: {refused}");
        }
    }
}
