//! Python with `pyln-client` from PyPI in an environment of its own, which is made once and kept under `target`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The client and all it stands on, each with its hashes.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyln/requirements.txt");
/// With this set, a missing Python or registry is a failure: as in continuous integration.
const REQUIRED: &str = "OFFERD_TESTS_REQUIRE_PYLN";

/// The Python that has the client; or why there is none.
pub(crate) fn with_client() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pyln");
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(REQUIREMENTS).map_err(|error| error.to_string())?;
    // What was installed last, written when it was complete.
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--only-binary", ":all:", "--requirement", REQUIREMENTS]))?;
    std::fs::write(&installed, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Whether a test may be left out for want of Python.
pub(crate) fn may_be_missing() -> bool {
    std::env::var_os(REQUIRED).is_none_or(|value| value.is_empty())
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&told).trim_end()))
}
