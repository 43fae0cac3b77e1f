//! Is this state the one that we left, or a copy of it?
//!
//! Going on with an old state of a channel can cost all that is in it, and two daemons on one seed cost it surely.
//! So the database remembers the file that it is (device and inode) and how often it was opened; a small file
//! beside it remembers the latter too. A restored copy is another file, or is behind the count.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use offerd_core::port::{KeyValueStore, PortError};

const SPACE: (&str, &str) = ("daemon", "instance");
const KEY: &str = "file";
/// The file beside the database that counts its openings.
const COUNTER: &str = "starts";

/// Why the state is not gone on with.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// It was copied or moved, or is older than one that ran here.
    #[error(
        "{} looks like a copy or an older state: {why}. Going on with an old state can lose the money in the \
         channels. If you are sure that no other copy runs or ran since, start once with --recover",
        path.display()
    )]
    Copy {
        /// The database.
        path: PathBuf,
        /// What gave it away.
        why: &'static str,
    },
    /// The file cannot be looked at or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Checks that the state is the one that ran last in this place, and counts this start.
///
/// # Errors
/// [`InstanceError::Copy`] when it is not and `recover` is not set.
pub fn claim_state(
    store: &dyn KeyValueStore,
    database: &Path,
    recover: bool,
) -> Result<(), InstanceError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| InstanceError::File { path, source }
    };
    let metadata = fs::metadata(database).map_err(at(database))?;
    let file = format!("{}:{}", metadata.dev(), metadata.ino());
    let counter = database.with_file_name(COUNTER);
    let counted = match fs::read_to_string(&counter) {
        Ok(text) => text.trim().parse::<u64>().unwrap_or(u64::MAX),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(at(&counter)(error)),
    };
    let kept = store.read(SPACE.0, SPACE.1, KEY)?;
    let kept = kept.and_then(|bytes| String::from_utf8(bytes).ok());
    let (known_file, starts) = match kept.as_deref().and_then(|kept| kept.split_once(' ')) {
        Some((file, starts)) => (Some(file.to_owned()), starts.parse().unwrap_or(0)),
        None => (None, 0),
    };
    let copy = |why| InstanceError::Copy { path: database.to_owned(), why };
    if !recover {
        if known_file.is_some_and(|known| known != file) {
            return Err(copy("it is not the file that was written here"));
        }
        if starts < counted {
            return Err(copy("it was opened fewer times than the one that ran here"));
        }
    }
    let starts = starts.max(if recover && counted < u64::MAX { counted } else { 0 }) + 1;
    store.write(SPACE.0, SPACE.1, KEY, format!("{file} {starts}").as_bytes())?;
    let fresh = counter.with_extension("new");
    fs::write(&fresh, format!("{starts}\n")).map_err(at(&fresh))?;
    fs::rename(&fresh, &counter).map_err(at(&counter))
}

#[cfg(test)]
mod tests {
    use offerd_store_sqlite::SqliteStore;

    use super::*;

    fn start(database: &Path, recover: bool) -> Result<(), InstanceError> {
        claim_state(&SqliteStore::open(database).unwrap(), database, recover)
    }

    #[test]
    fn a_state_that_never_left_starts_again_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("offerd.sqlite3");
        for _ in 0..3 {
            start(&database, false).unwrap();
        }
    }

    #[test]
    fn a_copied_state_starts_only_when_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("offerd.sqlite3");
        start(&database, false).unwrap();
        let elsewhere = dir.path().join("copy");
        fs::create_dir(&elsewhere).unwrap();
        let copied = elsewhere.join("offerd.sqlite3");
        fs::copy(&database, &copied).unwrap();
        assert!(matches!(start(&copied, false), Err(InstanceError::Copy { .. })));
        start(&copied, true).unwrap();
        start(&copied, false).unwrap();
    }

    #[test]
    fn an_older_state_put_back_in_place_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("offerd.sqlite3");
        start(&database, false).unwrap();
        let old = fs::read(&database).unwrap();
        start(&database, false).unwrap();
        fs::write(&database, old).unwrap();
        assert!(matches!(start(&database, false), Err(InstanceError::Copy { .. })));
    }
}
