//! Which of our crates may use which other. ARCHITECTURE.md draws the same picture.

use crate::metadata::Package;

/// A crate and those of ours it may use.
struct Room {
    name: &'static str,
    uses: &'static [&'static str],
    /// Beyond those, in tests alone.
    tests_use: &'static [&'static str],
}

const fn room(
    name: &'static str,
    uses: &'static [&'static str],
    tests_use: &'static [&'static str],
) -> Room {
    Room { name, uses, tests_use }
}

const SPEC: &[&str] = &["bolt1", "bolt4", "bolt12"];
const ADAPTER: &[&str] = &["bolt1", "bolt4", "bolt12", "offerd-core"];

/// From the specification outwards. Adapters do not see each other; core sees no adapter.
const ROOMS: &[Room] = &[
    room("bench", SPEC, &["offerd", "offerd-core", "offerd-store-sqlite", "offerd-testkit"]),
    room("bolt1", &[], &[]),
    room("bolt4", &["bolt1"], &[]),
    room("bolt11", &["bolt1"], &[]),
    room("bolt12", &["bolt1", "bolt4"], &[]),
    room("offerd-core", SPEC, &["offerd-testkit"]),
    room("offerd-testkit", &["bolt1", "bolt4", "bolt12", "offerd-api", "offerd-core"], &[]),
    room("offerd-store-sqlite", ADAPTER, &["offerd-testkit"]),
    room("offerd-node-ldk", ADAPTER, &["offerd-regtest", "offerd-store-sqlite", "offerd-testkit"]),
    room("offerd-rates-http", ADAPTER, &["offerd-testkit"]),
    room("offerd-regtest", &[], &[]),
    room("offerd-api", &["bolt1", "bolt11", "bolt12"], &[]),
    room(
        "offerd",
        &[
            "bolt1",
            "bolt4",
            "bolt11",
            "bolt12",
            "offerd-api",
            "offerd-core",
            "offerd-node-ldk",
            "offerd-rates-http",
            "offerd-regtest",
            "offerd-store-sqlite",
        ],
        &["offerd-testkit"],
    ),
    room("offer-cli", &["bolt1", "bolt12", "offerd-api"], &[]),
    room("xtask", &[], &[]),
];

/// Used only behind a feature, so that a build without it carries none of it.
const OPTIONAL: &[(&str, &str)] = &[("offerd", "offerd-regtest")];

pub(super) fn check(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(|package| check_package(package, packages)).collect()
}

fn check_package(package: &Package, packages: &[Package]) -> Vec<String> {
    let name = &package.name;
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        return vec![format!("{name}: not in the list of crates in xtask/src/arch/edges.rs")];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        if !packages.iter().any(|package| package.name == used) {
            continue; // not ours
        }
        let in_tests = dependency.is_dev && room.tests_use.contains(&used);
        if !room.uses.contains(&used) && !in_tests {
            let place = if dependency.is_dev { " in its tests" } else { "" };
            findings.push(format!("{name}: may not use {used}{place}"));
        }
        let must_be_optional = OPTIONAL.contains(&(room.name, used)) && !dependency.is_dev;
        if must_be_optional && !dependency.is_optional {
            findings.push(format!("{name}: may use {used} only behind a feature"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn package(name: &str, dependencies: &[(&str, bool, bool)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, is_dev, is_optional)| Dependency {
                name: (*name).to_owned(),
                is_dev: *is_dev,
                is_optional: *is_optional,
            })
            .collect();
        Package { name: name.to_owned(), folder: name.into(), dependencies, features: Vec::new() }
    }

    fn findings(name: &str, dependency: (&str, bool, bool)) -> Vec<String> {
        check(&[package(name, &[dependency]), package(dependency.0, &[])])
    }

    #[test]
    fn core_may_not_use_an_adapter() {
        let found = findings("offerd-core", ("offerd-store-sqlite", false, false));
        assert_eq!(found, ["offerd-core: may not use offerd-store-sqlite"]);
    }

    #[test]
    fn the_testkit_is_for_tests_alone() {
        assert_eq!(findings("offerd-core", ("offerd-testkit", true, false)), [""; 0]);
        let found = findings("offerd-core", ("offerd-testkit", false, false));
        assert_eq!(found, ["offerd-core: may not use offerd-testkit"]);
    }

    #[test]
    fn the_daemon_uses_the_regtest_chain_behind_a_feature() {
        assert_eq!(findings("offerd", ("offerd-regtest", false, true)), [""; 0]);
        let found = findings("offerd", ("offerd-regtest", false, false));
        assert_eq!(found, ["offerd: may use offerd-regtest only behind a feature"]);
    }

    #[test]
    fn a_crate_nobody_has_placed_is_a_finding() {
        assert_eq!(check(&[package("newcomer", &[])]).len(), 1);
    }

    #[test]
    fn crates_of_others_are_no_business_of_this_check() {
        assert_eq!(check(&[package("bolt1", &[("secp256k1", false, false)])]), [""; 0]);
    }

    #[test]
    fn no_room_is_listed_twice() {
        let mut names: Vec<_> = ROOMS.iter().map(|room| room.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROOMS.len());
    }
}
