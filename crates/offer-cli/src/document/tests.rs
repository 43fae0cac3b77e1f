use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn assert_in_step(made: &Path, committed: &Path) {
    let made = fs::read_to_string(made).unwrap();
    let found = fs::read_to_string(committed).unwrap_or_default();
    assert!(made == found, "{} is stale: run `make docs`", committed.display());
}

#[test]
fn the_reference_and_the_schemas_are_in_step_with_the_table() {
    let dir = tempfile::tempdir().unwrap();
    write_reference(dir.path()).unwrap();
    assert_in_step(&dir.path().join(REFERENCE), &root().join("docs/reference.md"));
    assert_in_step(&dir.path().join(OPENAPI), &root().join("docs/openapi.json"));
    let (made, committed) = (dir.path().join(SCHEMAS), root().join("crates/offerd-api/schemas"));
    for name in names_in(&made) {
        assert_in_step(&made.join(&name), &committed.join(&name));
    }
    assert_eq!(names_in(&made), names_in(&committed), "run `make docs`");
}

#[test]
fn every_method_has_a_manual_page_with_its_parameters_and_results() {
    let dir = tempfile::tempdir().unwrap();
    write_manual(dir.path()).unwrap();
    let man1 = dir.path().join("man1");
    assert_eq!(names_in(&man1).len(), method::all().count() + 1);
    for method in method::all() {
        let page = fs::read_to_string(man1.join(format!("offer-cli-{}.1", method.name))).unwrap();
        let plain = page.replace("\\-", "-");
        for param in method.params {
            assert!(plain.contains(param.name), "{}: {}", method.name, param.name);
        }
        for line in schema::outline(&method.returns.schema()) {
            assert!(plain.contains(&line.name), "{}: {}", method.name, line.name);
        }
    }
    let program = fs::read_to_string(man1.join("offer-cli.1")).unwrap().replace("\\-", "-");
    for wanted in ["--network", "EXIT STATUS", "offer-cli-fetchinvoice(1)"] {
        assert!(program.contains(wanted), "{wanted}: {program}");
    }
}

#[test]
fn the_manual_pages_are_what_a_formatter_takes_without_complaint() {
    let dir = tempfile::tempdir().unwrap();
    write_manual(dir.path()).unwrap();
    for name in names_in(&dir.path().join("man1")) {
        let page = dir.path().join("man1").join(name);
        let formatted = Command::new("groff")
            .args(["-man", "-Tutf8", "-K", "utf8", "-ww", "-z"])
            .arg(&page)
            .stdin(Stdio::null())
            .output();
        let Ok(formatted) = formatted else {
            eprintln!("manual pages: SKIPPED, there is no groff to format them");
            return;
        };
        let told = String::from_utf8_lossy(&formatted.stderr).into_owned();
        assert!(formatted.status.success() && told.is_empty(), "{}: {told}", page.display());
    }
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let words = ["offer-cli", "completion", shell].map(std::ffi::OsString::from);
        let read = crate::args::read(words).unwrap();
        let crate::args::Task::Completion(shell) = read.task else { unreachable!() };
        let mut script = Vec::new();
        crate::args::write_completion(shell, &mut script);
        let script = String::from_utf8(script).unwrap();
        for method in method::all() {
            assert!(script.contains(method.name), "{}: {shell}", method.name);
        }
        assert!(script.contains("export"), "{shell}");
    }
}
