//! Where Rust files name requirements: in comments, behind `req`, and as whole string literals.

use std::path::Path;

use super::table::is_id;

/// One mention of a requirement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The id that stands there.
    pub(super) id: String,
    /// Who names it.
    pub(super) place: Place,
    /// File and line, for a finding.
    pub(super) location: String,
}

/// The two kinds of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Code,
    Tests,
}

/// All mentions in one file. What stands in a folder or file called `tests`, or below the first `#[cfg(test)]` of a
/// file, is a test.
pub(super) fn in_file(path: &Path, source: &str) -> Vec<Name> {
    let is_test_file = path.components().any(|part| {
        part.as_os_str().to_str().is_some_and(|name| name.trim_end_matches(".rs") == "tests")
    });
    let mut place = if is_test_file { Place::Tests } else { Place::Code };
    let mut names = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        if line.trim() == "#[cfg(test)]" {
            place = Place::Tests;
        }
        let location = format!("{}:{number}", path.display());
        let in_line = behind_req(line).chain(literals(line)).map(|id| Name {
            id: id.to_owned(),
            place,
            location: location.clone(),
        });
        names.extend(in_line);
    }
    names
}

/// The ids of a comment `// req IR-01, IR-02`, also where it is documentation or stands behind code.
fn behind_req(line: &str) -> impl Iterator<Item = &str> {
    let list = line.split_once("//").and_then(|(_, comment)| comment.split_once("req "));
    let list = list.map_or("", |(before, list)| match before.trim_matches(['/', '!', ' ']) {
        "" => list,
        _ => "",
    });
    list.split(',').map(|id| id.trim().trim_end_matches('.')).take_while(|id| is_id(id))
}

/// The string literals of a line that are ids and nothing else.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|literal| is_id(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(source: &str) -> Vec<(String, Place)> {
        let names = in_file(Path::new("src/a.rs"), source);
        names.into_iter().map(|name| (name.id, name.place)).collect()
    }

    #[test]
    fn comments_and_literals_name_requirements() {
        let source =
            "// req IR-01, IR-02\nlet x = 1; // req OR-05\n/// req OR-06.\n    \"RCO-W1\",\n";
        let found: Vec<String> = ids(source).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, ["IR-01", "IR-02", "OR-05", "OR-06", "RCO-W1"]);
    }

    #[test]
    fn other_text_names_none() {
        assert_eq!(
            ids("// SHA-25 is no requirement\n// see req IR-01\nlet s = \"IR-01 and\";"),
            []
        );
    }

    #[test]
    fn tests_are_told_from_code() {
        let found = ids("// req IR-01\n#[cfg(test)]\nmod tests {\n    // req IR-02\n}\n");
        assert_eq!(found, [("IR-01".into(), Place::Code), ("IR-02".into(), Place::Tests)]);
        let file = in_file(Path::new("crates/bolt12/tests/a.rs"), "// req IR-03\n");
        assert_eq!(file.first().map(|name| name.place), Some(Place::Tests));
    }
}
