//! `docs/requirements.md` held against code and tests: no unknown id, and none that nobody names.

mod names;
mod table;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use crate::metadata::workspace;
use names::{Name, Place};
use table::Requirement;

/// Where the requirements stand, below the root of the repository.
const TABLE: &str = "docs/requirements.md";

/// All findings, one sentence each.
pub(crate) fn check() -> Result<Vec<String>, Box<dyn Error>> {
    let requirements = table::read(&fs::read_to_string(TABLE)?)?;
    let mut named = Vec::new();
    let packages = workspace()?;
    // Its own tests have ids of their own.
    for package in packages.iter().filter(|package| package.name != "xtask") {
        for folder in ["src", "tests"] {
            collect(&package.folder.join(folder), &mut named)?;
        }
    }
    let counted = named.len();
    let findings = judge(&requirements, &named);
    println!("{} requirements, named {counted} times", requirements.len());
    Ok(findings)
}

/// Adds the names in all Rust files below `folder`, if there is such a folder.
fn collect(folder: &Path, named: &mut Vec<Name>) -> Result<(), Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, named)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            named.extend(names::in_file(&path, &fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

fn judge(requirements: &[Requirement], named: &[Name]) -> Vec<String> {
    let known: BTreeSet<&str> = requirements.iter().map(|known| known.id.as_str()).collect();
    let unknown = named.iter().filter(|name| !known.contains(name.id.as_str()));
    let unknown = unknown.map(|name| format!("{}: {} is not in {TABLE}", name.location, name.id));
    let by = |place: Place| -> BTreeSet<&str> {
        let there = named.iter().filter(|name| name.place == place);
        there.map(|name| name.id.as_str()).collect()
    };
    let (code, tests) = (by(Place::Code), by(Place::Tests));
    let missing = requirements.iter().filter_map(|requirement| {
        let id = requirement.id.as_str();
        match (requirement.is_kept, code.contains(id), tests.contains(id)) {
            (true, true, true) | (false, false, false) => None,
            (true, false, true) => Some(format!("{id}: no code names it")),
            (true, true, false) => Some(format!("{id}: no test names it")),
            (true, false, false) => Some(format!("{id}: neither code nor test names it")),
            (false, _, _) => {
                Some(format!("{id}: named, although {TABLE} says that nobody keeps it"))
            }
        }
    });
    unknown.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(id: &str, is_kept: bool) -> Requirement {
        Requirement { id: id.to_owned(), is_kept }
    }

    fn name(id: &str, place: Place) -> Name {
        Name { id: id.to_owned(), place, location: "a.rs:1".to_owned() }
    }

    #[test]
    fn an_unknown_id_is_a_finding() {
        let found = judge(&[], &[name("IR-99", Place::Code)]);
        assert_eq!(found, ["a.rs:1: IR-99 is not in docs/requirements.md"]);
    }

    #[test]
    fn code_and_a_test_must_name_each_requirement() {
        let both = [name("IR-01", Place::Code), name("IR-01", Place::Tests)];
        assert_eq!(judge(&[requirement("IR-01", true)], &both), [""; 0]);
        assert_eq!(judge(&[requirement("IR-01", true)], &both[..1]), ["IR-01: no test names it"]);
        assert_eq!(judge(&[requirement("IR-01", true)], &both[1..]), ["IR-01: no code names it"]);
        let found = judge(&[requirement("IR-01", true)], &[]);
        assert_eq!(found, ["IR-01: neither code nor test names it"]);
    }

    #[test]
    fn what_nobody_keeps_is_named_by_nobody() {
        assert_eq!(judge(&[requirement("OD-03", false)], &[]), [""; 0]);
        let found = judge(&[requirement("OD-03", false)], &[name("OD-03", Place::Tests)]);
        assert_eq!(found.len(), 1);
    }
}
