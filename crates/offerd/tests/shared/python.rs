//! Python with packages from PyPI in an environment of its own, which is made once and kept under `target`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Python that has the packages of `tests/NAME/requirements.txt`, each with its hashes and with all it stands on; or
/// why there is none.
pub(crate) fn with_packages(name: &str) -> Result<PathBuf, String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let requirements = tests.join(name).join("requirements.txt");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace('/', "-"));
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(&requirements).map_err(|error| error.to_string())?;
    // Tests run side by side, and one of them makes it.
    let lock = std::fs::File::create(folder.with_extension("lock"));
    let lock =
        lock.and_then(|file| file.lock().map(|()| file)).map_err(|error| error.to_string())?;
    // What was installed last, written when it was complete.
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
        .arg(&requirements))?;
    std::fs::write(&installed, wanted).map_err(|error| error.to_string())?;
    drop(lock);
    Ok(python)
}

/// Whether a test may be left out for want of Python or a registry. With the variable set, that is a failure: as in
/// continuous integration.
pub(crate) fn may_be_missing(required: &str) -> bool {
    std::env::var_os(required).is_none_or(|value| value.is_empty())
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
