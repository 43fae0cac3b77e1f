//! The configuration in force, as `listconfigs` shows it.

use std::collections::BTreeMap;

use offerd_api::control::ConfigView;
use offerd_node_ldk::{BitcoindAuth, BitcoindConfig, ChainConfig, Timing};

use super::Config;
use super::option::{OPTIONS, OptionKind, OptionSpec};
use super::reader::Reader;
use crate::instance::Told;

/// Words for values that are numbers.
const NUMBERS: [&str; 6] = ["PORT", "MILLISECONDS", "SECONDS", "PPM", "BLOCKS", "NUMBER"];
/// Options whose values are secret.
const SECRETS: [&str; 3] = ["bitcoind-password", "lsp-token", "lsps2-token"];
/// What is shown of a secret.
const HIDDEN: &str = "…";

/// Every option that has a value, and where that was set.
pub(super) fn list(options: &Reader<'_>, config: &Config) -> BTreeMap<String, ConfigView> {
    let entries = OPTIONS.iter().filter_map(|option| {
        let set = options.values(option.name);
        let (values, source) = match set {
            Some((values, source)) => (values.to_vec(), source),
            None => (in_force(option, config)?, "default".to_owned()),
        };
        Some((option.name.to_owned(), view(option, values, source)))
    });
    entries.collect()
}

fn view(option: &OptionSpec, values: Vec<String>, source: String) -> ConfigView {
    let mut view = ConfigView { source, ..ConfigView::default() };
    let one = values.last().cloned().unwrap_or_default();
    let number = NUMBERS.contains(&option.value).then(|| one.parse().ok()).flatten();
    match (option.kind, number) {
        (OptionKind::List, _) => view.values_str = Some(values),
        (OptionKind::Switch | OptionKind::Once, _) => view.value_bool = Some(one == "true"),
        (OptionKind::Value | OptionKind::NotInFile, Some(number)) => view.value_int = Some(number),
        (OptionKind::Value | OptionKind::NotInFile, None) => view.value_str = Some(one),
    }
    if SECRETS.contains(&option.name) {
        view.value_str = Some(HIDDEN.to_owned());
    }
    view
}

/// How bitcoind is reached; `None` where the chain is seen otherwise.
fn bitcoind(config: &Config) -> Option<&BitcoindConfig> {
    match &config.chain {
        ChainConfig::Bitcoind(bitcoind) => Some(bitcoind),
        ChainConfig::Esplora(_) | ChainConfig::Electrum(_) => None,
    }
}

/// What is in force where nobody has said anything; `None` where nothing is.
fn in_force(option: &OptionSpec, config: &Config) -> Option<Vec<String>> {
    let value = match option.name {
        "dir" => config.dir.display().to_string(),
        "config" => config.file.as_ref()?.display().to_string(),
        "bitcoind-host" => bitcoind(config)?.host.clone(),
        "bitcoind-port" => bitcoind(config)?.port.to_string(),
        "bitcoind-cookie" => match &bitcoind(config)?.auth {
            BitcoindAuth::Cookie(path) => path.display().to_string(),
            BitcoindAuth::Password { .. } => return None,
        },
        "poll-interval" => {
            let usual = if config.fast_ticks { Timing::eager() } else { Timing::calm() };
            config.poll_interval.unwrap_or(usual.chain_poll).as_millis().to_string()
        }
        "fast-ticks" => config.fast_ticks.to_string(),
        "announce"
        | "payment-fronting-node"
        | "currencyrate-add-source"
        | "currencyrate-disable-source"
        | "currencyrate-fixed"
        | "webhook" => return Some(Vec::new()),
        "currencyrate-builtin" => (config.network != bitcoin::Network::Regtest).to_string(),
        "pages-url" => return None,
        "http-listen" => config.http.as_ref()?.address.to_string(),
        "log-file" => return None,
        "recover" => (config.told == Told::Recover).to_string(),
        "moved" => (config.told == Told::Moved).to_string(),
        "recovery-file" => config.recovery_file.as_ref()?.display().to_string(),
        _ => option.default?.to_owned(),
    };
    Some(vec![value])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Variables;

    fn listed(flags: &[(&'static str, &str)]) -> BTreeMap<String, ConfigView> {
        let flags = flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect();
        let variables = Variables::from([("OFFERD_ALIAS".to_owned(), "shop".to_owned())]);
        Config::load(&flags, &variables, Some("/nonexistent".into())).unwrap().listed
    }

    #[test]
    fn each_option_is_shown_with_its_type_and_its_place() {
        let listed = listed(&[("network", "regtest"), ("pay-fee-ppm", "7")]);
        let shown = |name: &str| listed.get(name).cloned().unwrap_or_default();
        assert_eq!(shown("alias").value_str.as_deref(), Some("shop"));
        assert_eq!(shown("alias").source, "OFFERD_ALIAS");
        assert_eq!(
            (shown("pay-fee-ppm").value_int, shown("pay-fee-ppm").source),
            (Some(7), "cmdline".into())
        );
        assert_eq!(
            (shown("fast-ticks").value_bool, shown("fast-ticks").source),
            (Some(true), "default".into())
        );
        assert_eq!(shown("poll-interval").value_int, Some(50));
        assert_eq!(shown("bitcoind-port").value_int, Some(18_443));
        assert_eq!(shown("announce").values_str, Some(Vec::new()));
        assert_eq!(shown("invoice-expiry").value_int, Some(7_200));
        assert!(!listed.contains_key("bitcoind-user"));
    }

    #[test]
    fn a_password_is_not_shown() {
        let secret = "correct horse";
        let flags = [("network", "regtest"), ("bitcoind-user", "u"), ("bitcoind-password", secret)];
        let listed = listed(&flags);
        assert!(listed.contains_key("bitcoind-password"));
        assert!(listed.values().all(|view| view.value_str.as_deref() != Some(secret)));
    }
}
