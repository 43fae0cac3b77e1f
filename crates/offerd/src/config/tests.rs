use bolt1::ChainHash;

use offerd_node_ldk::{BitcoindAuth, BitcoindConfig};

use super::*;

fn load(flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Result<Config, String> {
    load_at(flags, variables, None)
}

fn load_at(
    flags: &[(&'static str, &str)],
    variables: &[(&str, &str)],
    home: Option<&Path>,
) -> Result<Config, String> {
    let flags = flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect();
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let home = home.unwrap_or(Path::new("/nonexistent")).to_owned();
    Config::load(&flags, &pairs.collect(), Some(home)).map_err(|error| error.to_string())
}

/// What a file with this text leads to, besides these flags and variables.
fn with_file(
    text: &str,
    flags: &[(&'static str, &str)],
    variables: &[(&str, &str)],
) -> Result<Config, String> {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".offerd")).unwrap();
    std::fs::write(home.path().join(".offerd/offerd.toml"), text).unwrap();
    load_at(flags, variables, Some(home.path()))
        .map_err(|error| error.replace(home.path().to_str().unwrap(), "~"))
}

#[test]
fn the_network_must_be_said_and_mainnet_twice() {
    assert_eq!(
        load(&[], &[]).unwrap_err(),
        "network: must be set: regtest, signet, testnet or bitcoin"
    );
    assert!(load(&[("network", "moon")], &[]).unwrap_err().starts_with("command line: network: "));
    let refused = load(&[("network", "bitcoin")], &[]).unwrap_err();
    assert!(refused.contains("mainnet-consent"), "{refused}");
    let consented = [("network", "bitcoin"), ("mainnet-consent", "i accept the risk")];
    assert_eq!(load(&consented, &[]).unwrap().network, Network::Bitcoin);
    assert_eq!(load(&consented, &[]).unwrap().policy.chain, ChainHash::BITCOIN);
}

#[test]
fn a_flag_goes_before_the_environment_and_that_before_the_file() {
    let file = "network = \"regtest\"\nalias = \"file\"\n";
    let variable = [("OFFERD_ALIAS", "variable")];
    assert_eq!(with_file(file, &[], &[]).unwrap().alias, "file");
    assert_eq!(with_file(file, &[], &variable).unwrap().alias, "variable");
    assert_eq!(with_file(file, &[("alias", "flag")], &variable).unwrap().alias, "flag");
    assert_eq!(with_file(file, &[], &[("OFFERD_ALIAS", "")]).unwrap().alias, "file");
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line() {
    for (text, expected) in [
        (
            "network = \"regtest\"\n\nnonsense = 1\n",
            "~/.offerd/offerd.toml:3: nonsense: unknown option",
        ),
        (
            "[bitcoind]\nhost = \"a\"\nhots = \"b\"\n",
            "~/.offerd/offerd.toml:3: bitcoind-hots: unknown option",
        ),
        ("[shop]\na = 1\n", "~/.offerd/offerd.toml:1: shop: unknown option"),
        (
            "dir = \"x\"\n",
            "~/.offerd/offerd.toml:1: dir: says where this file is, so it cannot be in it",
        ),
        (
            "alias = 1.5\n",
            "~/.offerd/offerd.toml:1: alias: should be a string, a whole number, true or false",
        ),
        (
            "bitcoind-port = 1\n[bitcoind]\nport = 2\n",
            "~/.offerd/offerd.toml:1: bitcoind-port: set already on line 3",
        ),
        (
            "network = \"regtest\"\npayout-any-max = \"lots\"\n",
            "~/.offerd/offerd.toml:2: payout-any-max: should be an amount such as 10000sat or 5000msat",
        ),
    ] {
        assert_eq!(with_file(text, &[], &[]).unwrap_err(), expected);
    }
    let refused = with_file("network = \"regtest\"\nalias = \n", &[], &[]).unwrap_err();
    assert!(refused.starts_with("~/.offerd/offerd.toml:2: "), "{refused}");
    assert!(!refused.contains('\n'), "{refused}");
}

#[test]
fn values_out_of_range_are_refused_with_their_origin() {
    for (name, value) in [
        ("listen", "localhost"),
        ("http-listen", "localhost"),
        ("http-listen", "0.0.0.0:80"),
        ("http-listen", "[::]:80"),
        ("http-tls-cert", "without.key"),
        ("pages-listen", "localhost"),
        ("pages-url", "pay.example.com"),
        ("pages-url", "https://"),
        ("pages-url", "https://pay.example.com/?a=b"),
        ("http-tls-key", "without.cert"),
        ("announce", "127.0.0.1"),
        ("alias", "a name that is longer than 32 bytes"),
        ("bitcoind-port", "0"),
        ("bitcoind-port", "65536"),
        ("bitcoind-user", "without a password"),
        ("bitcoind-password", "without a user"),
        ("esplora-url", "esplora.example.com"),
        ("esplora-url", "http://esplora.example.com"),
        ("esplora-url", "https://user:secret@esplora.example.com/api"),
        ("esplora-url", "https://esplora.example.com/api?key=1"),
        ("electrum-url", "electrum.example.com:50002"),
        ("electrum-url", "tcp://electrum.example.com:50001"),
        ("electrum-url", "ssl://electrum.example.com"),
        ("electrum-url", "ssl://electrum.example.com:50002/path"),
        ("rapid-gossip-url", "http://rapidsync.example.com/snapshot"),
        ("poll-interval", "0"),
        ("fast-ticks", "yes"),
        ("anchor-reserve", "-1"),
        ("invoice-expiry", "1"),
        ("payout-fee-ppm", "1000001"),
        ("payout-max-delay", "99999"),
        ("payout-attempts", "1001"),
        ("log-level", "=,="),
        ("log-format", "xml"),
        ("exit-with-parent", "1"),
    ] {
        let refused = load(&[("network", "regtest"), (name, value)], &[]).unwrap_err();
        assert!(refused.starts_with(&format!("command line: {name}: ")), "{refused}");
        let variable = option::find(name).unwrap().variable();
        let refused = load(&[("network", "regtest")], &[(&variable, value)]).unwrap_err();
        assert!(refused.starts_with(&format!("{variable}: {name}: ")), "{refused}");
    }
    let signet = [("network", "signet"), ("fast-ticks", "true")];
    assert!(load(&signet, &[]).unwrap_err().contains("only on regtest"));
}

#[test]
fn sections_and_lists_of_the_file_are_understood() {
    let text = "network = \"regtest\"\nannounce = [\"1.2.3.4:5\", \"[::1]:6\"]\nlisten = \"none\"\n\
                payout-fee-ppm = 7\nfast-ticks = false\n[bitcoind]\nhost = \"h\"\nport = 1\ncookie = \"/c\"\n\
                [log]\nlevel = \"debug\"\nformat = \"json\"\n";
    let config = with_file(text, &[], &[]).unwrap();
    assert_eq!(config.announce.len(), 2);
    assert_eq!(config.listen, None);
    assert_eq!(config.policy.payout_fee_ppm, 7);
    assert!(!config.fast_ticks);
    assert!(matches!(&config.chain, ChainConfig::Bitcoind(BitcoindConfig { host, port: 1, auth })
        if host == "h" && matches!(auth, BitcoindAuth::Cookie(path) if path == Path::new("/c"))));
    assert_eq!(
        config.log,
        Log { level: "debug".to_owned(), json: true, file: None, most_bytes: Some(104_857_600) }
    );
}

#[test]
fn the_chain_is_seen_by_one_source() {
    let esplora = ("esplora-url", "https://esplora.example.com/api/");
    let config = load(&[("network", "signet"), esplora], &[]).unwrap();
    assert!(
        matches!(&config.chain, ChainConfig::Esplora(url) if url == "https://esplora.example.com/api")
    );
    assert!(!config.listed.contains_key("bitcoind-port"), "what is not used is not listed");
    let here = [("network", "regtest"), ("esplora-url", "http://127.0.0.1:3002")];
    assert!(matches!(load(&here, &[]).unwrap().chain, ChainConfig::Esplora(_)));
    let electrum = ("electrum-url", "ssl://electrum.example.com:50002");
    let config = load(&[("network", "signet"), electrum], &[]).unwrap();
    assert!(matches!(&config.chain, ChainConfig::Electrum(url) if url == electrum.1));
    let refused = load(&[("network", "signet"), esplora, electrum], &[]).unwrap_err();
    assert!(refused.starts_with("command line: electrum-url: goes not with esplora-url"));
    let both = [("network", "signet"), esplora, ("bitcoind-port", "1")];
    assert_eq!(
        load(&both, &[]).unwrap_err(),
        "command line: esplora-url: goes not with bitcoind-port: the chain is seen by one source, so leave one out"
    );
}

#[test]
fn a_directory_given_by_hand_holds_everything_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    std::fs::write(dir.path().join("offerd.toml"), "network = \"regtest\"\n").unwrap();
    let config = load(&[("dir", path)], &[]).unwrap();
    assert_eq!(config.dir, dir.path());
    assert_eq!(load(&[], &[("OFFERD_DIR", path)]).unwrap().dir, dir.path());
    let default = load(&[("network", "signet")], &[]).unwrap();
    assert_eq!(default.dir, Path::new("/nonexistent/.offerd/signet"));
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let refused = load(&[("network", "regtest"), ("config", "/nonexistent/x.toml")], &[]);
    assert!(refused.unwrap_err().starts_with("/nonexistent/x.toml: "));
}

#[test]
fn passwords_are_not_shown() {
    let flags = [("network", "regtest"), ("bitcoind-user", "u"), ("bitcoind-password", "hunter2")];
    assert!(!format!("{:?}", load(&flags, &[]).unwrap()).contains("hunter2"));
}

#[test]
fn every_line_of_the_sample_sets_the_option_that_it_explains() {
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    let file: String = option::sample().lines().map(uncommented).collect();
    let mut settings = Settings::default();
    settings.add_file(Path::new("offerd.toml"), &file).unwrap();
    for option in option::in_file() {
        assert!(settings.get(option.name).is_some(), "{}", option.name);
    }
}

#[test]
fn on_regtest_nobody_outside_is_asked_unless_the_operator_names_him() {
    let names = |text: &str| -> Vec<String> {
        let config = with_file(text, &[], &[]).unwrap();
        config.rates.sources.iter().map(|source| source.name().to_owned()).collect()
    };
    assert_eq!(names("network = \"regtest\""), [""; 0]);
    assert_eq!(names("network = \"signet\"").len(), 7);
    let own = "add-source = [\"mine http://127.0.0.1:1/x /p\", \"theirs,https://x.y/z,last\"]";
    let own = format!("network = \"regtest\"\n[currencyrate]\n{own}\n");
    assert_eq!(names(&own), ["mine", "theirs"]);
    let fewer =
        "network = \"signet\"\n[currencyrate]\ndisable-source = [\"kraken\", \"binance\"]\n";
    assert_eq!(names(fewer).len(), 5);
    assert_eq!(names("network = \"signet\"\n[currencyrate]\nbuiltin = false\n"), [""; 0]);
}

#[test]
fn rates_and_their_bounds_are_read_and_what_is_wrong_is_named() {
    let text = "network = \"regtest\"\nbkpr-currency = \"EUR\"\nprice-tolerance-ppm = 7\n\
        [currencyrate]\nfixed = [\"USD=67321.45\"]\nmax-age = 30\nproxy = \"socks5h://127.0.0.1:9\"\n";
    let config = with_file(text, &[], &[]).unwrap();
    let usd = bolt12::Currency::new("USD").unwrap();
    assert_eq!(config.rates.fixed.get(&usd).map(ToString::to_string), Some("67321.450000".into()));
    assert_eq!((config.rates.bounds.max_age.0, config.policy.price_tolerance_ppm), (30, 7));
    assert!(config.rates.proxy.is_some() && config.policy.accounting_currency.is_some());
    for (option, value, why) in [
        ("currencyrate-fixed", "usd=5", "unknown currency"),
        ("currencyrate-fixed", "USD", "no `=` in it"),
        ("currencyrate-fixed", "USD=0", "the rate is zero"),
        ("currencyrate-fixed", "USD=-5", "the rate is negative"),
        ("currencyrate-fixed", "USD=5e4", "the rate has an exponent"),
        ("currencyrate-fixed", "USD=NaN", "the rate is not a decimal number"),
        ("currencyrate-add-source", "mine", "should be `NAME ADDRESS POINTER`"),
        ("currencyrate-add-source", "mine ftp://x /p", "should begin with https://"),
        ("currencyrate-disable-source", "nobody", "there is no source \"nobody\""),
        ("currencyrate-proxy", "localhost", "should be like socks5h://127.0.0.1:9050"),
        ("currencyrate-max-age", "0", "should be a whole number from 1 to 604800"),
        ("bkpr-currency", "eur", "should be an ISO 4217 code"),
        ("priced-invoice-expiry", "7201", "should be a whole number from 30 to 7200"),
    ] {
        let refused = load(&[("network", "regtest"), (option, value)], &[]).unwrap_err();
        let named = format!("command line: {option}: ");
        assert!(refused.starts_with(&named) && refused.contains(why), "{refused}");
    }
}

#[test]
fn http_is_served_to_this_machine_and_elsewhere_with_a_certificate() {
    let door = |flags: &[(&'static str, &str)]| load(flags, &[]).unwrap().http;
    let address = |flags: &[(&'static str, &str)]| door(flags).unwrap().address.to_string();
    assert_eq!(address(&[("network", "signet")]), "127.0.0.1:9737");
    assert_eq!(address(&[("network", "regtest")]), "127.0.0.1:0");
    assert_eq!(address(&[("network", "signet"), ("http-listen", "80")]), "127.0.0.1:80");
    assert_eq!(door(&[("network", "signet"), ("http-listen", "none")]), None);
    let elsewhere = [
        ("network", "signet"),
        ("http-listen", "0.0.0.0:443"),
        ("http-tls-cert", "cert.pem"),
        ("http-tls-key", "/elsewhere/key.pem"),
    ];
    let tls = door(&elsewhere).unwrap().tls.unwrap();
    assert_eq!(tls.certificate, Path::new("/nonexistent/.offerd/signet/cert.pem"));
    assert_eq!(tls.key, Path::new("/elsewhere/key.pem"));
}

#[test]
fn pages_are_off_or_on_this_machine_or_behind_https() {
    let signet = [("network", "signet")];
    assert_eq!(load(&signet, &[]).unwrap().pages, None);
    let here = [("network", "signet"), ("pages-listen", "127.0.0.1:8080")];
    let door = load(&here, &[]).unwrap().pages.unwrap();
    assert_eq!((door.address.to_string().as_str(), door.url), ("127.0.0.1:8080", None));
    let open = [("network", "signet"), ("pages-listen", "0.0.0.0:8080")];
    let refused = load(&open, &[]).unwrap_err().to_string();
    assert!(refused.contains("pages-url"), "{refused}");
    let mut behind = open.to_vec();
    behind.push(("pages-url", "https://pay.example.com/shop/"));
    assert!(load(&behind, &[]).unwrap().pages.is_some());
}
