//! Which of our crates may use which crates of others, where that matters.

use crate::metadata::Package;

/// Crates whose types stay in the rooms named, tests left out.
const QUARANTINE: &[(&str, &[&str])] = &[
    ("axum", &["offerd", "offerd-regtest"]),
    ("bdk_wallet", &["offerd-node-ldk"]),
    ("bip39", &["offerd-node-ldk"]),
    ("bitcoinkernel", &["offerd-regtest"]),
    ("clap", &["offer-cli", "offerd"]),
    ("lightning", &["offerd-node-ldk"]),
    ("lightning-background-processor", &["offerd-node-ldk"]),
    ("lightning-block-sync", &["offerd-node-ldk"]),
    ("lightning-invoice", &["offerd-node-ldk"]),
    ("lightning-net-tokio", &["offerd-node-ldk"]),
    ("lightning-rapid-gossip-sync", &["offerd-node-ldk"]),
    ("rusqlite", &["offerd-store-sqlite"]),
];

/// Rooms without clock, chance, files, sockets, runtime and JSON.
const PURE: &[&str] = &["bolt1", "bolt4", "bolt12", "offerd-core"];

/// What would bring those in.
const IMPURE: &[&str] =
    &["getrandom", "rand", "reqwest", "serde_json", "tempfile", "tokio", "toml", "tracing"];

pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            let used = dependency.name.as_str();
            let quarantined = QUARANTINE
                .iter()
                .any(|(foreign, rooms)| *foreign == used && !rooms.contains(&name));
            if quarantined {
                findings.push(format!("{name}: {used} does not belong here"));
            }
            if PURE.contains(&name) && IMPURE.contains(&used) {
                findings.push(format!("{name}: is pure and may not use {used}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn findings(name: &str, used: &str, is_dev: bool) -> Vec<String> {
        let dependency = Dependency { name: used.to_owned(), is_dev, is_optional: false };
        let dependencies = vec![dependency];
        check(&[Package {
            name: name.to_owned(),
            folder: name.into(),
            dependencies,
            features: Vec::new(),
        }])
    }

    #[test]
    fn foreign_types_stay_in_their_room() {
        assert_eq!(findings("offerd-node-ldk", "lightning", false), [""; 0]);
        assert_eq!(findings("offerd", "lightning", false).len(), 1);
    }

    #[test]
    fn tests_may_ask_an_oracle() {
        assert_eq!(findings("bolt12", "lightning", true), [""; 0]);
    }

    #[test]
    fn pure_rooms_have_no_runtime() {
        assert_eq!(findings("offerd-core", "tokio", false).len(), 1);
        assert_eq!(findings("offerd", "tokio", false), [""; 0]);
    }
}
