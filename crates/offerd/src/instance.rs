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

/// What the operator says of the state, for one start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing: it must be the one that ran here last.
    #[default]
    Nothing,
    /// The whole directory was moved here, and ran nowhere else since.
    Moved,
    /// It may be old. Whoever accepts this must not go on with its channels.
    Recover,
}

/// Why the state is not gone on with.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// It was copied or moved, or is older than one that ran here.
    #[error(
        "{} looks like a copy or an older state: {why}. Going on with an old state can lose the money in the \
         channels. Start once with --recover to have the peers close all channels and get the money back (see \
         docs/restore.md). Only if you have moved the whole directory here while the daemon was stopped, and it ran \
         nowhere since: start once with --moved",
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

/// A state that may be gone on with. It counts as ours only after [`Checked::claim`].
#[derive(Debug)]
#[must_use = "a state that is not claimed is refused at the next start"]
pub struct Checked {
    counter: PathBuf,
    file: String,
    starts: u64,
}

/// Checks that the state is the one that ran last in this place, or what the operator says it is. Writes nothing.
///
/// # Errors
/// [`InstanceError::Copy`] when it is not.
pub fn check_state(
    store: &dyn KeyValueStore,
    database: &Path,
    told: Told,
) -> Result<Checked, InstanceError> {
    let metadata = fs::metadata(database).map_err(at(database))?;
    let file = format!("{}:{}", metadata.dev(), metadata.ino());
    let counter = database.with_file_name(COUNTER);
    let counted = match fs::read_to_string(&counter) {
        Ok(text) => Some(text.trim().parse::<u64>().unwrap_or(u64::MAX)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(at(&counter)(error)),
    };
    let kept = store.read(SPACE.0, SPACE.1, KEY)?;
    let kept = kept.and_then(|bytes| String::from_utf8(bytes).ok());
    let (known_file, starts) = match kept.as_deref().and_then(|kept| kept.split_once(' ')) {
        Some((file, starts)) => (Some(file), starts.parse().unwrap_or(0)),
        None => (None, 0),
    };
    let copy = |why| InstanceError::Copy { path: database.to_owned(), why };
    let is_behind = counted.is_some_and(|counted| starts < counted);
    match told {
        Told::Recover => {}
        Told::Nothing | Told::Moved if is_behind => {
            return Err(copy("it was opened fewer times than the one that ran here"));
        }
        // The file's inode alone proves nothing: a file system may give a copy the one of the file that was removed.
        Told::Nothing | Told::Moved if known_file.is_some() && counted.is_none() => {
            return Err(copy(
                "the file `starts` did not come with it, so it is not the whole directory",
            ));
        }
        Told::Nothing if known_file.is_some_and(|known| known != file) => {
            return Err(copy("it is not the file that was written here"));
        }
        Told::Nothing | Told::Moved => {}
    }
    let counted = counted.filter(|counted| *counted < u64::MAX).unwrap_or(0);
    Ok(Checked { counter, file, starts: starts.max(counted).saturating_add(1) })
}

impl Checked {
    /// Makes the state the one of this place, and counts this start.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn claim(self, store: &dyn KeyValueStore) -> Result<(), InstanceError> {
        let Self { counter, file, starts } = self;
        if !counter.exists() {
            // Before the database knows of any start: a crash in between must not look like a copy.
            count(&counter, 0)?;
        }
        store.write(SPACE.0, SPACE.1, KEY, format!("{file} {starts}").as_bytes())?;
        count(&counter, starts)
    }
}

fn count(counter: &Path, starts: u64) -> Result<(), InstanceError> {
    let fresh = counter.with_extension("new");
    fs::write(&fresh, format!("{starts}\n")).map_err(at(&fresh))?;
    fs::rename(&fresh, counter).map_err(at(counter))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> InstanceError {
    let path = path.to_owned();
    move |source| InstanceError::File { path, source }
}

#[cfg(test)]
mod tests {
    use offerd_store_sqlite::SqliteStore;

    use super::*;

    fn start(database: &Path, told: Told) -> Result<(), InstanceError> {
        let store = SqliteStore::open(database).unwrap();
        check_state(&store, database, told)?.claim(&store)
    }

    /// A state that has run once, and its directory.
    fn one() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("offerd.sqlite3");
        start(&database, Told::Nothing).unwrap();
        (dir, database)
    }

    fn is_copy(started: Result<(), InstanceError>) -> bool {
        matches!(started, Err(InstanceError::Copy { .. }))
    }

    #[test]
    fn a_state_that_never_left_starts_again_and_again() {
        let (_dir, database) = one();
        for _ in 0..3 {
            start(&database, Told::Nothing).unwrap();
        }
    }

    #[test]
    fn a_copied_state_starts_only_when_told_to_recover() {
        let (dir, database) = one();
        let elsewhere = dir.path().join("copy");
        fs::create_dir(&elsewhere).unwrap();
        let copied = elsewhere.join("offerd.sqlite3");
        fs::copy(&database, &copied).unwrap();
        assert!(is_copy(start(&copied, Told::Nothing)));
        assert!(is_copy(start(&copied, Told::Moved)), "without the file beside it");
        start(&copied, Told::Recover).unwrap();
        start(&copied, Told::Nothing).unwrap();
    }

    #[test]
    fn a_copy_that_got_the_inode_of_the_removed_file_is_noticed_all_the_same() {
        let (dir, database) = one();
        fs::remove_file(dir.path().join(COUNTER)).unwrap();
        assert!(is_copy(start(&database, Told::Nothing)), "the same file, but nothing counts it");
        start(&database, Told::Recover).unwrap();
        start(&database, Told::Nothing).unwrap();
    }

    #[test]
    fn a_first_start_that_was_cut_short_is_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("offerd.sqlite3");
        drop(SqliteStore::open(&database).unwrap());
        count(&dir.path().join(COUNTER), 0).unwrap();
        start(&database, Told::Nothing).unwrap();
        count(&dir.path().join(COUNTER), 0).unwrap();
        start(&database, Told::Nothing).unwrap();
    }

    #[test]
    fn a_check_alone_does_not_make_a_copy_ours() {
        let (dir, database) = one();
        let copied = dir.path().join("copy.sqlite3");
        fs::copy(&database, &copied).unwrap();
        let store = SqliteStore::open(&copied).unwrap();
        drop(check_state(&store, &copied, Told::Recover).unwrap());
        drop(store);
        assert!(is_copy(start(&copied, Told::Nothing)));
    }

    #[test]
    fn an_older_state_put_back_in_place_is_noticed_and_has_not_been_moved() {
        let (_dir, database) = one();
        let old = fs::read(&database).unwrap();
        start(&database, Told::Nothing).unwrap();
        fs::write(&database, old).unwrap();
        assert!(is_copy(start(&database, Told::Nothing)));
        assert!(is_copy(start(&database, Told::Moved)));
        start(&database, Told::Recover).unwrap();
    }

    #[test]
    fn a_directory_that_was_moved_as_a_whole_starts_when_told_so() {
        let (dir, database) = one();
        let elsewhere = dir.path().join("moved");
        fs::create_dir(&elsewhere).unwrap();
        for name in ["offerd.sqlite3", COUNTER] {
            fs::copy(dir.path().join(name), elsewhere.join(name)).unwrap();
        }
        fs::remove_file(&database).unwrap();
        let moved = elsewhere.join("offerd.sqlite3");
        assert!(is_copy(start(&moved, Told::Nothing)));
        start(&moved, Told::Moved).unwrap();
        start(&moved, Told::Nothing).unwrap();
    }
}
