//! A disk that loses, when the power goes, what was not on it yet.
//!
//! The store is the shipped one on a file. It writes each transaction into its log and calls `fsync` before it says
//! that it is done; so the length of the log at that moment is what a disk has for certain. When the power goes
//! within a write, any part of the bytes after that may be there or not: the log is cut at a place that the seed
//! chooses, and a new store is opened on a copy of what is left. Nothing is synchronised for real, the file lies in
//! memory where the system has such a place.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use offerd_store_sqlite::SqliteStore;
use tempfile::TempDir;

/// Where files need no disk.
const IN_MEMORY: &str = "/dev/shm";

thread_local! {
    static IN_USE: Cell<usize> = const { Cell::new(0) };
}

/// How many of this thread's disks somebody still holds.
pub(crate) fn in_use() -> usize {
    IN_USE.get()
}

/// The files of one daemon.
#[derive(Debug)]
pub(crate) struct Disk {
    dir: TempDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The store's files are numbered: one for each start.
    number: u32,
    /// Up to where the log is certain, when the power went within a write.
    torn_at: Option<u64>,
    /// Where the log ended before each of the writes of this start.
    ends: Vec<u64>,
}

impl Disk {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let place = Path::new(IN_MEMORY);
        let dir = if place.is_dir() { tempfile::tempdir_in(place) } else { tempfile::tempdir() };
        let disk = Self { dir: dir.unwrap(), state: Mutex::default() };
        fs::write(disk.file(0), empty_store()).unwrap();
        IN_USE.set(IN_USE.get() + 1);
        disk
    }

    /// The store on what the disk has. After a death `part` chooses how much of a torn write there is, and `lost` is
    /// the number of finished writes that a disk which lies about them loses.
    pub(crate) fn open(&self, part: u64, lost: usize) -> SqliteStore {
        let mut state = self.state.lock().unwrap();
        let (old, new) = (self.file(state.number), self.file(state.number + 1));
        fs::copy(&old, &new).unwrap();
        let mut log = fs::read(log_of(&old)).unwrap_or_default();
        let length = log.len() as u64;
        let certain = state.torn_at.unwrap_or(length);
        let mut end = certain + part % (length - certain + 1);
        if lost > 0 {
            let index = state.ends.len().saturating_sub(lost);
            end = state.ends.get(index).copied().unwrap_or(end).min(end);
        }
        log.truncate(usize::try_from(end).unwrap());
        fs::write(log_of(&new), log).unwrap();
        fs::remove_file(&old).unwrap();
        *state = State { number: state.number + 1, ..State::default() };
        SqliteStore::open(&new).unwrap()
    }

    /// A write begins: up to here the log is certain.
    pub(crate) fn begin(&self) -> u64 {
        let mut state = self.state.lock().unwrap();
        let end = fs::metadata(log_of(&self.file(state.number))).map_or(0, |log| log.len());
        state.ends.push(end);
        end
    }

    /// The power goes within the write that began there.
    pub(crate) fn tear(&self, began: u64) {
        self.state.lock().unwrap().torn_at = Some(began);
    }

    fn file(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("{number}.sqlite"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        IN_USE.set(IN_USE.get() - 1);
    }
}

fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// The bytes of a store in which nothing is yet: making one takes longer than all the rest of a short life.
fn empty_store() -> &'static [u8] {
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("empty.sqlite");
        drop(SqliteStore::open(&file).unwrap());
        fs::read(file).unwrap()
    })
}
