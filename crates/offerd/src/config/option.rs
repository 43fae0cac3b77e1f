//! The options: one table, from which flags, environment variables, the file's keys, help and the annotated sample
//! are made.

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name: the flag without `--` and the file's key. A part before the first `-` may be a section of the file
    /// where [`SECTIONS`] has it.
    pub name: &'static str,
    /// What its value is, in a word.
    pub value: &'static str,
    /// What it is when nobody says; for people where it depends on something.
    pub default: Option<&'static str>,
    /// What it does.
    pub about: &'static str,
    /// What kind of option it is.
    pub kind: OptionKind,
}

/// Kinds of options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// One value.
    Value,
    /// Any number of values; separated by commas in the environment.
    List,
    /// True or false; as a flag, true without a value.
    Switch,
    /// One value that says where the file is, so it cannot be in it.
    NotInFile,
    /// True as a flag, for one start; neither in the file nor in the environment.
    Once,
}

/// Prefixes of options that are sections in the file: `bitcoind-host` is `host` in `[bitcoind]`.
pub const SECTIONS: [&str; 5] = ["bitcoind", "currencyrate", "http", "log", "pages"];

const fn value(
    name: &'static str,
    value: &'static str,
    default: Option<&'static str>,
    about: &'static str,
) -> OptionSpec {
    OptionSpec { name, value, default, about, kind: OptionKind::Value }
}

const fn of_kind(kind: OptionKind, mut option: OptionSpec) -> OptionSpec {
    option.kind = kind;
    option
}

/// All options.
pub const OPTIONS: &[OptionSpec] = &[
    of_kind(
        OptionKind::NotInFile,
        value(
            "dir",
            "DIR",
            Some("~/.offerd/NETWORK"),
            "The data directory. Given by hand, everything is directly in it.",
        ),
    ),
    of_kind(
        OptionKind::NotInFile,
        value(
            "config",
            "FILE",
            Some("offerd.toml in the data directory"),
            "The configuration file.",
        ),
    ),
    value("network", "NETWORK", None, "regtest, signet, testnet or bitcoin. Must be said."),
    value(
        "mainnet-consent",
        "SENTENCE",
        None,
        "Needed with network = bitcoin: the words `i accept the risk`.",
    ),
    value(
        "listen",
        "ADDRESS",
        Some("127.0.0.1:9735"),
        "Where other nodes may connect, IP:PORT; `none` for nowhere.",
    ),
    of_kind(
        OptionKind::List,
        value(
            "announce",
            "ADDRESS",
            None,
            "Where we tell other nodes to connect, IP:PORT; may be given more than once.",
        ),
    ),
    value(
        "http-listen",
        "ADDRESS",
        Some("127.0.0.1:9737; regtest any free port"),
        "Where programs may call over HTTP, with a rune: IP:PORT, or a port of this machine; `none` for nowhere. \
         Elsewhere than on this machine it takes a certificate.",
    ),
    value(
        "http-tls-cert",
        "FILE",
        None,
        "The certificate for http-listen in PEM, with those that vouch for it behind it.",
    ),
    value("http-tls-key", "FILE", None, "The private key of that certificate in PEM."),
    value(
        "pages-listen",
        "ADDRESS",
        Some("none"),
        "Where people see the pages of offers, orders and payouts, IP:PORT; `none` for nowhere. Elsewhere than on this \
         machine it takes an https:// address in pages-url.",
    ),
    value(
        "pages-url",
        "URL",
        Some("the address of pages-listen"),
        "How visitors reach the pages: the address of the proxy in front of them, such as https://pay.example.com.",
    ),
    of_kind(
        OptionKind::List,
        value(
            "payment-fronting-node",
            "NODEID",
            None,
            "A peer over which payers reach us and pay us: codes and invoices lead over it, and over no peer that is not \
             named, whether or not we are announced. May be given more than once.",
        ),
    ),
    value(
        "onion-path-hops",
        "NUMBER",
        Some("1"),
        "Nodes before us in a path that others use to reach us, 1 to 3: with more than our peer alone, the path does \
         not show who our peer is, and breaks more easily.",
    ),
    value(
        "payment-path-hops",
        "NUMBER",
        Some("1"),
        "Nodes before us in a path over which others pay us, 1 to 3, when our node is not announced: with more than our \
         peer alone, an invoice does not show who our peer is; each is paid for forwarding.",
    ),
    value(
        "onion-path-dummy-hops",
        "NUMBER",
        Some("0"),
        "Hops at the end of such a path that are ourselves again, 0 to 7: its length then does not show how far away we \
         are.",
    ),
    of_kind(
        OptionKind::Switch,
        value(
            "fetchinvoice-noconnect",
            "BOOLEAN",
            Some("false"),
            "Do not connect to the node that is to be asked when no route leads there.",
        ),
    ),
    of_kind(
        OptionKind::List,
        value(
            "webhook",
            "URL",
            None,
            "Where everything that happens is sent, signed with the secret in the file webhook-secret of the data \
             directory; may be given more than once. https://…, or http://… on this machine.",
        ),
    ),
    value(
        "lsp",
        "NODEID@HOST:PORT",
        None,
        "The provider that channels are bought of for payments to come (bLIP-52) or ordered of for money (bLIP-51), where a \
         call names no other.",
    ),
    value("lsp-token", "TEXT", None, "What that provider is shown, where it asks for something."),
    value(
        "lsp-max-fee",
        "AMOUNT",
        Some("10000sat"),
        "The most that a provider may keep of a payment for opening a channel, or ask for one that is ordered, unless the \
         call says otherwise.",
    ),
    of_kind(
        OptionKind::Switch,
        value(
            "lsps2-service",
            "BOOLEAN",
            Some("false"),
            "Be such a provider: open channels to those who ask, with coins of the wallet, when a payment for them comes.",
        ),
    ),
    value("lsps2-min-fee", "AMOUNT", Some("3000sat"), "The least that is kept of such a payment."),
    value(
        "lsps2-fee-ppm",
        "PPM",
        Some("10000"),
        "Above that: what is kept of such a payment, in millionths of it.",
    ),
    value("lsps2-token", "TEXT", None, "What a client must show; without it, nothing."),
    value("alias", "NAME", Some("offerd"), "The name we are announced under, at most 32 bytes."),
    value("bitcoind-host", "HOST", Some("127.0.0.1"), "Where bitcoind's JSON-RPC is."),
    value("bitcoind-port", "PORT", Some("the network's own"), "Its port."),
    value("bitcoind-user", "USER", None, "Its user, with bitcoind-password."),
    value("bitcoind-password", "PASSWORD", None, "Its password."),
    value(
        "bitcoind-cookie",
        "FILE",
        Some("~/.bitcoin/…/.cookie"),
        "Its cookie file, instead of user and password.",
    ),
    value(
        "esplora-url",
        "URL",
        None,
        "An Esplora server to ask about the chain, instead of bitcoind: https://…, or http://… on this machine. It \
         learns which addresses and channels are ours, and is believed.",
    ),
    value(
        "electrum-url",
        "URL",
        None,
        "An Electrum server to ask about the chain, instead of bitcoind: ssl://HOST:PORT, or tcp://HOST:PORT on this \
         machine. It learns which addresses and channels are ours, and is believed.",
    ),
    value(
        "rapid-gossip-url",
        "URL",
        None,
        "A server of snapshots of the network, so that routes are known before peers have told of them: https://…, or \
         http://… on this machine. It is believed.",
    ),
    value(
        "poll-interval",
        "MILLISECONDS",
        Some("5000; regtest 50"),
        "How often to look for new blocks.",
    ),
    of_kind(
        OptionKind::Switch,
        value(
            "fast-ticks",
            "BOOLEAN",
            Some("false; regtest true"),
            "Do at once what is otherwise put off for privacy and economy. On regtest only.",
        ),
    ),
    value(
        "anchor-reserve",
        "AMOUNT",
        Some("25000sat"),
        "What must stay in the wallet for each channel.",
    ),
    value("invoice-expiry", "SECONDS", Some("7200"), "How long an invoice of ours may be paid."),
    value(
        "payout-any-max",
        "AMOUNT",
        Some("10000sat"),
        "Most that a payout of amount `any` pays, unless its maker says otherwise.",
    ),
    value("payout-max", "AMOUNT", Some("10000000sat"), "Most that one payout may promise."),
    value(
        "payout-max-per-day",
        "AMOUNT",
        Some("100000000sat"),
        "Most that all payouts together may pay in 24 hours, fees included.",
    ),
    value(
        "payout-fee-floor",
        "AMOUNT",
        Some("5sat"),
        "Routing fee that is always fine for a payout.",
    ),
    value(
        "payout-fee-ppm",
        "PPM",
        Some("5000"),
        "Above that floor: most routing fee, in millionths of the amount.",
    ),
    value("payout-max-delay", "BLOCKS", Some("1008"), "Most blocks a payout may be locked for."),
    value(
        "payout-attempts",
        "NUMBER",
        Some("20"),
        "Attempts at paying a redemption, after which it fails.",
    ),
    value(
        "pay-fee-floor",
        "AMOUNT",
        Some("5sat"),
        "Routing fee that is always fine for a payment.",
    ),
    value(
        "pay-fee-ppm",
        "PPM",
        Some("10000"),
        "Above that floor: most routing fee, in millionths of the amount.",
    ),
    value("pay-max-delay", "BLOCKS", Some("2016"), "Most blocks a payment may be locked for."),
    value(
        "pay-rate-drift-ppm",
        "PPM",
        Some("50000"),
        "An invoice for an offer priced in a currency may ask so many millionths more than by our own rate, unless the \
         call says otherwise.",
    ),
    value(
        "subscription-reminder",
        "SECONDS",
        Some("86400"),
        "So long before each payment of a subscription the event subscription.reminder tells of it, unless the call \
         says otherwise.",
    ),
    value(
        "priced-invoice-expiry",
        "SECONDS",
        Some("600"),
        "How long an invoice of ours may be paid whose price is in a currency.",
    ),
    value(
        "price-tolerance-ppm",
        "PPM",
        Some("10000"),
        "A payment of such an invoice is sent back when the price has come to more by so many millionths.",
    ),
    value(
        "payout-rate-margin-ppm",
        "PPM",
        Some("200000"),
        "A payout in a currency pays at most what it comes to when it is made and so many millionths more, unless its \
         maker says otherwise.",
    ),
    value(
        "bkpr-currency",
        "CURRENCY",
        None,
        "The currency in which the worth of each payment is noted, such as EUR.",
    ),
    of_kind(
        OptionKind::Switch,
        value(
            "currencyrate-builtin",
            "BOOLEAN",
            Some("true; regtest false"),
            "Ask well-known public sources what bitcoin costs, when something is priced in a currency.",
        ),
    ),
    of_kind(
        OptionKind::List,
        value(
            "currencyrate-add-source",
            "SOURCE",
            None,
            "One more source: `NAME ADDRESS POINTER`, with `inverted` behind it if the number is bitcoin for one unit. \
             The address is https://, http:// or file:///; {currency} and {currency_lc} in it and in the JSON pointer \
             stand for the currency.",
        ),
    ),
    of_kind(
        OptionKind::List,
        value("currencyrate-disable-source", "NAME", None, "A source that is not to be asked."),
    ),
    of_kind(
        OptionKind::List,
        value(
            "currencyrate-fixed",
            "RATE",
            None,
            "What a bitcoin costs whatever the sources say, such as USD=67321.45. For closed networks.",
        ),
    ),
    value(
        "currencyrate-proxy",
        "PROXY",
        None,
        "Through what to ask the sources, such as socks5h://127.0.0.1:9050.",
    ),
    value(
        "currencyrate-interval",
        "SECONDS",
        Some("60"),
        "How often each source is asked about a currency that is in use.",
    ),
    value("currencyrate-timeout", "SECONDS", Some("10"), "How long a source may take to answer."),
    value("currencyrate-max-age", "SECONDS", Some("600"), "What a source has said counts so long."),
    value(
        "currencyrate-max-deviation-ppm",
        "PPM",
        Some("50000"),
        "A source farther than so many millionths from the median of all is left out.",
    ),
    value(
        "currencyrate-jump-ppm",
        "PPM",
        Some("30000"),
        "A change of the median by so many millionths is worth a line in the log.",
    ),
    value(
        "log-level",
        "LEVEL",
        Some("info"),
        "error, warn, info, debug or trace; or directives such as `info,offerd=debug`.",
    ),
    value("log-format", "FORMAT", Some("text"), "text or json."),
    value(
        "recovery-file",
        "FILE",
        Some("recovery.json in the data directory"),
        "Where the recovery file is kept up to date, with the seed words in it; `none` for nowhere. Better on another \
         disk.",
    ),
    value(
        "log-file",
        "FILE",
        Some("the standard error"),
        "Where the log goes. SIGHUP makes a new file after the old one was moved away.",
    ),
    value(
        "log-max-mib",
        "MIB",
        Some("100"),
        "Longer than so many MiB the log file does not get: it is put aside with `.1` behind its name, in the place of what was \
         put aside before, and begun anew; 0 for no bound, where something else sees to it.",
    ),
    of_kind(
        OptionKind::Switch,
        value(
            "exit-with-parent",
            "BOOLEAN",
            Some("false"),
            "End when the standard input is closed.",
        ),
    ),
    of_kind(
        OptionKind::Once,
        value(
            "recover",
            "BOOLEAN",
            None,
            "The state is old, or a copy: start, let the peers close all channels, and get their funds back.",
        ),
    ),
    of_kind(
        OptionKind::Once,
        value(
            "moved",
            "BOOLEAN",
            None,
            "The whole directory was moved here while the daemon was stopped, and ran nowhere since: go on with it.",
        ),
    ),
    of_kind(
        OptionKind::Once,
        value(
            "check",
            "BOOLEAN",
            None,
            "Do not start: look whether configuration, folder, database and chain are as they should be, and say \
             what is not.",
        ),
    ),
];

/// Options that may stand in the file.
pub(super) fn in_file() -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(|option| !matches!(option.kind, OptionKind::NotInFile | OptionKind::Once))
}

/// The option of this name.
pub fn find(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name)
}

impl OptionSpec {
    /// The environment variable that sets it: `OFFERD_PAYOUT_ANY_MAX`.
    pub fn variable(&self) -> String {
        format!("OFFERD_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// Its section in the file and its key there, where it has one.
    pub fn section(&self) -> Option<(&'static str, &'static str)> {
        let (section, key) = self.name.split_once('-')?;
        SECTIONS.contains(&section).then_some((section, key))
    }
}

/// A configuration file with every option, each explained and commented out.
pub fn sample() -> String {
    let mut text = "# offerd.toml: every option, with its default.\n\
         # A flag (--alias) goes before an environment variable (OFFERD_ALIAS), which goes before this file.\n"
        .to_owned();
    for option in in_file().filter(|option| option.section().is_none()) {
        text.push_str(&sample_lines(option, option.name));
    }
    for section in SECTIONS {
        text.push_str(&format!("\n[{section}]\n"));
        for option in in_file() {
            if let Some((_, key)) = option.section().filter(|(own, _)| *own == section) {
                text.push_str(&sample_lines(option, key));
            }
        }
    }
    text
}

fn sample_lines(option: &OptionSpec, key: &str) -> String {
    let default = option.default.unwrap_or("none");
    // What can be taken as it is; else the word for what is wanted.
    let value = option.default.filter(|default| !default.contains([' ', '~']));
    let value = match option.kind {
        OptionKind::List => "[]".to_owned(),
        OptionKind::Switch => "false".to_owned(),
        OptionKind::Value | OptionKind::NotInFile | OptionKind::Once => {
            format!("\"{}\"", value.unwrap_or(option.value))
        }
    };
    let flag = format!("--{}, {}", option.name, option.variable());
    format!("\n# {}\n# Default: {default}. Also {flag}.\n#{key} = {value}\n", option.about)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_option_has_one_name_and_one_variable() {
        let names: BTreeSet<_> = OPTIONS.iter().map(|option| option.name).collect();
        let variables: BTreeSet<_> = OPTIONS.iter().map(OptionSpec::variable).collect();
        assert_eq!((names.len(), variables.len()), (OPTIONS.len(), OPTIONS.len()));
    }

    #[test]
    fn the_sample_explains_every_option_and_is_a_file_that_can_be_read() {
        let sample = sample();
        for option in in_file() {
            assert!(sample.contains(option.about), "{}", option.name);
        }
        assert!(sample.parse::<toml::Table>().is_ok());
    }

    #[test]
    fn the_sample_in_the_repository_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/offerd.toml");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == sample(), "packaging/offerd.toml is stale: run `make docs`");
    }
}
