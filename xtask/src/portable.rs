//! The crates of the specification build wherever somebody may want them: with every choice of features, and for
//! WebAssembly, which has neither an operating system nor `std`.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::process::Command;

use crate::metadata::{Package, workspace};

/// The crates.
const CRATES: &[&str] = &["bolt1", "bolt4", "bolt12"];
/// A target without an operating system.
const BARE: &str = "wasm32-unknown-unknown";

/// All findings, one sentence each. What cannot be tried here is said, and no finding.
pub(crate) fn check() -> Result<Vec<String>, Box<dyn Error>> {
    let packages = workspace()?;
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| CRATES.contains(&package.name.as_str())) {
        for features in subsets(&package.features) {
            let list = features.into_iter().collect::<Vec<_>>().join(",");
            let arguments = ["check", "--locked", "--quiet", "--no-default-features"];
            if !cargo(package, &arguments, &["--features", list.as_str()])? {
                findings.push(format!("{}: does not build with features {list:?}", package.name));
            }
        }
    }
    if let Some(missing) = missing()? {
        println!("{BARE}: skipped, {missing}");
        return Ok(findings);
    }
    for package in packages.iter().filter(|package| CRATES.contains(&package.name.as_str())) {
        if !cargo(package, &["build", "--locked", "--quiet"], &["--target", BARE])? {
            findings.push(format!("{}: does not build for {BARE}", package.name));
        }
    }
    Ok(findings)
}

/// What is needed for the bare target, and is not here.
fn missing() -> Result<Option<String>, Box<dyn Error>> {
    let found =
        Command::new("rustc").args(["--print", "target-libdir", "--target", BARE]).output()?;
    let folder = String::from_utf8(found.stdout)?;
    if !std::path::Path::new(folder.trim()).is_dir() {
        return Ok(Some(format!("it is not installed (rustup target add {BARE})")));
    }
    // libsecp256k1 is C.
    let clang = Command::new("clang").arg("--version").output();
    Ok(clang
        .err()
        .map(|_| "clang, which compiles libsecp256k1 for it, is not installed".to_owned()))
}

fn cargo(package: &Package, first: &[&str], rest: &[&str]) -> Result<bool, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(first).args(["--package", &package.name]).args(rest);
    Ok(command.status()?.success())
}

/// Every choice of features, none and all included.
fn subsets(features: &[String]) -> Vec<BTreeSet<&str>> {
    let mut subsets = vec![BTreeSet::new()];
    for feature in features {
        let with: Vec<BTreeSet<&str>> = subsets
            .iter()
            .map(|subset| subset.iter().copied().chain([feature.as_str()]).collect())
            .collect();
        subsets.extend(with);
    }
    subsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_of_them_once() {
        assert_eq!(subsets(&[]).len(), 1);
        let features = ["a", "b", "c"].map(str::to_owned);
        let subsets: BTreeSet<_> = subsets(&features).into_iter().collect();
        assert_eq!(subsets.len(), 8);
    }
}
