//! The open file.

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use offerd_core::port::PortError;
use rusqlite::{Connection, OpenFlags};

use crate::error::Doing;
use crate::schema;

/// How long a lock of another process is waited for: long enough for one that is just closing.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);

/// Readable and writable by its owner alone.
pub(crate) const FILE_MODE: u32 = 0o600;

/// A store in one SQLite file, or in memory. See the crate's documentation for how it is kept.
pub struct SqliteStore {
    db: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the store at `path`, which is made when it is not there, brings its schema up to date and keeps it
    /// locked until it is dropped. The directory must exist.
    ///
    /// # Errors
    /// * `Unavailable` when the file cannot be opened, or another process has it open.
    /// * `Rejected` when it was written by a newer version, by an unreleased one, or by another program.
    /// * `Corrupt` when it is no database.
    pub fn open(path: &Path) -> Result<Self, PortError> {
        let what = format!("open {}", path.display());
        make_private(path).map_err(|error| {
            PortError::unavailable(format!("cannot {what}: {error}")).because(error)
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).doing(&what)?;
        db.busy_timeout(BUSY_TIMEOUT).doing(&what)?;
        // Exclusive locking comes before the first access: the log's index is then kept in memory, and no other
        // process gets in between.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE").doing(&what)?;
        db.pragma_update(None, "journal_mode", "WAL").doing(&what)?;
        db.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024).doing(&what)?;
        Self::set_up(db, &what)
    }

    /// Opens the store at `path` without changing anything in it: it is not made, and its schema stays what it is.
    /// `None` when nothing was written into it yet. For looking at it only: what a newer schema has is missing.
    ///
    /// # Errors
    /// As [`SqliteStore::open`]; and `Corrupt` when SQLite finds the file damaged.
    pub fn inspect(path: &Path) -> Result<Option<Self>, PortError> {
        let what = format!("open {}", path.display());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(path, flags).doing(&what)?;
        db.busy_timeout(BUSY_TIMEOUT).doing(&what)?;
        db.pragma_update(None, "locking_mode", "EXCLUSIVE").doing(&what)?;
        if !schema::is_known(&mut db)? {
            return Ok(None);
        }
        let verdict: String =
            db.pragma_query_value(None, "quick_check", |row| row.get(0)).doing(&what)?;
        if verdict != "ok" {
            return Err(PortError::corrupt(format!("{}: {verdict}", path.display())));
        }
        Ok(Some(Self { db: Mutex::new(db) }))
    }

    /// An empty store that is gone when it is dropped.
    ///
    /// # Errors
    /// When SQLite cannot be used at all.
    pub fn open_in_memory() -> Result<Self, PortError> {
        let what = "open a store in memory";
        Self::set_up(Connection::open_in_memory().doing(what)?, what)
    }

    fn set_up(mut db: Connection, what: &str) -> Result<Self, PortError> {
        db.pragma_update(None, "synchronous", "FULL").doing(what)?;
        db.pragma_update(None, "fullfsync", true).doing(what)?;
        db.pragma_update(None, "foreign_keys", true).doing(what)?;
        db.pragma_update(None, "trusted_schema", false).doing(what)?;
        db.set_prepared_statement_cache_capacity(128);
        schema::migrate(&mut db)?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// The connection, for one caller at a time. A caller that panicked leaves nothing half done: its transaction
    /// was rolled back while it unwound.
    pub(crate) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

/// Makes the file where there is none, and takes everybody else's rights to it. SQLite gives its log the same.
/// A file that is there is not opened: closing it would give up the locks that this process has on it.
fn make_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => {
            made?.sync_all()?;
            // The name of the file is in its directory, which is written by itself.
            let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        }
    }
    fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
}

#[cfg(test)]
mod tests;
