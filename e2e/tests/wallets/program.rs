//! The program under test, as a process.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::until::until;

/// Names the program where it is not the one that the main workspace has built.
const VARIABLE: &str = "OFFERD_BIN";

/// Where the program is.
///
/// # Errors
/// What to do when it is not there.
pub(crate) fn find() -> Result<PathBuf, String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/offerd");
    let path = env::var_os(VARIABLE).map_or(built, PathBuf::from);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "there is no program {}: build it with `cargo build -p offerd` in the main workspace, or name another one in \
         {VARIABLE}",
        path.display()
    ))
}

/// A running `offerd`, which ends when this is dropped, or when we end.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    _lifeline: Option<ChildStdin>,
}

impl Process {
    /// Starts it; what it says is added to the file `log`.
    pub(crate) fn start<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(find().unwrap());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("OFFERD_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let lifeline = child.stdin.take();
        Self { child, _lifeline: lifeline }
    }

    /// Fails the test when it has ended.
    pub(crate) fn assert_running(&mut self, name: &str) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{name} has ended by itself: {ended:?}");
    }

    /// Ends it without warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        until("the killed process is gone", || self.child.try_wait().unwrap());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
