//! A copy of the store while it is in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use offerd_core::port::PortError;

use crate::error::Doing;
use crate::store::{FILE_MODE, SqliteStore};

impl SqliteStore {
    /// Writes a copy of everything that is committed to `path`, where no file may be. It is one file without a log,
    /// readable and writable by its owner alone, and on disk when this returns. The store waits meanwhile.
    ///
    /// # Errors
    /// * `Rejected` when there is a file at `path`, which is left alone, or its name is no UTF-8.
    /// * `Unavailable` when the copy cannot be written; nothing is left of it.
    pub fn back_up(&self, path: &Path) -> Result<(), PortError> {
        let what = format!("copy the store to {}", path.display());
        let failed = |error: io::Error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                return PortError::rejected(format!("cannot {what}: there is a file already"));
            }
            PortError::unavailable(format!("cannot {what}: {error}")).because(error)
        };
        let name = path
            .to_str()
            .ok_or_else(|| PortError::rejected(format!("cannot {what}: not a UTF-8 name")))?;
        // SQLite fills an empty file; made by itself, others could read it.
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)
            .map_err(failed)?;
        let copied = self
            .db()
            .execute("VACUUM INTO ?1", [name])
            .doing(&what)
            .and_then(|_| sync(path).map_err(failed));
        if copied.is_err() {
            // The error of before is the one to tell.
            let _ = fs::remove_file(path);
        }
        copied
    }
}

/// SQLite does not wait for the disk when it writes such a copy.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use offerd_core::port::PortErrorKind;
    use offerd_testkit::contract::store::{Snapshot, fill};

    use super::*;

    #[test]
    fn a_copy_holds_what_the_store_holds_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = SqliteStore::open(&dir.path().join("store")).expect("open");
        fill(&store);
        let path = dir.path().join("copy");
        store.back_up(&path).expect("copy");
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, FILE_MODE);
        let copy = SqliteStore::open(&path).expect("open the copy, with the store still in use");
        assert_eq!(Snapshot::of(&copy), Snapshot::of(&store));
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over_and_a_failure_leaves_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = SqliteStore::open(&dir.path().join("store")).expect("open");
        let path = dir.path().join("copy");
        fs::write(&path, "precious").expect("write");
        let error = store.back_up(&path).expect_err("it is there");
        assert_eq!(error.kind, PortErrorKind::Rejected);
        assert_eq!(fs::read(&path).expect("read"), b"precious");
        let error = store.back_up(&dir.path().join("no/such/folder")).expect_err("no folder");
        assert_eq!(error.kind, PortErrorKind::Unavailable);
    }
}
