//! One daemon for one directory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use offerd_api::layout::LOCK;

/// Why a directory was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error("{} is used by another offerd (process {pid})", dir.display())]
    Taken {
        /// The directory.
        dir: PathBuf,
        /// The other's process id, as far as it is known.
        pid: String,
    },
    /// The lock file cannot be made.
    #[error("{}: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// A directory that is ours until this is dropped, or the process ends, however it ends.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the directory, which exists.
    ///
    /// # Errors
    /// [`LockError`]; it names the process that has it.
    pub fn take(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join(LOCK);
        let unusable = |source| LockError::Unusable { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Taken { dir: dir.to_owned(), pid: pid_in(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let write = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        write.map_err(unusable)?;
        Ok(Self { _file: file })
    }

    /// The process that has the directory, `None` when nobody has it. Takes nothing.
    ///
    /// # Errors
    /// [`LockError::Unusable`]
    pub fn holder(dir: &Path) -> Result<Option<String>, LockError> {
        let path = dir.join(LOCK);
        let unusable = |source| LockError::Unusable { path: path.clone(), source };
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error)),
        };
        // What is locked here is unlocked with the file, at once.
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(pid_in(&mut file))),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

/// The process id in a lock file, as far as it is known.
fn pid_in(file: &mut File) -> String {
    let mut pid = String::new();
    let read = file.read_to_string(&mut pid);
    let known = read.is_ok() && pid.trim().parse::<u32>().is_ok();
    if known { pid.trim().to_owned() } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_has_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::take(dir.path()).unwrap();
        let refused = DirLock::take(dir.path()).unwrap_err().to_string();
        let pid = std::process::id().to_string();
        assert!(refused.contains(&format!("(process {pid})")), "{refused}");
        assert_eq!(DirLock::holder(dir.path()).unwrap(), Some(pid));
        drop(first);
        assert_eq!(DirLock::holder(dir.path()).unwrap(), None);
        DirLock::take(dir.path()).unwrap();
    }
}
