//! The log file.
//!
//! A disk may be full, and a log must not fill it: the file is put aside when it has its length, and a line that cannot be
//! written is lost, counted, and told of once on the standard error. Nothing waits for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Readable and writable by its owner alone: it names peers and amounts.
const FILE_MODE: u32 = 0o600;

/// A log file that can be moved away by whoever rotates logs, and is then made anew.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Longer it does not get, where it is a file that can be put aside.
    most_bytes: Option<u64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
    /// Lines that could not be written since the last one that was.
    lost: u64,
}

/// The log file could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("log-file: {}: {source}", path.display())]
pub struct LogError {
    /// Which.
    path: PathBuf,
    /// The system's reason.
    source: io::Error,
}

impl LogFile {
    /// Opens it, or makes it; `most_bytes` is its greatest length. With that, it is put aside as `PATH.1`, in the place of
    /// what was there before, and begun anew.
    ///
    /// # Errors
    /// [`LogError`]
    pub(super) fn open(path: &Path, most_bytes: Option<u64>) -> Result<Self, LogError> {
        let state =
            State::open(path).map_err(|source| LogError { path: path.to_owned(), source })?;
        let can_move = state.file.metadata().is_ok_and(|file| file.is_file());
        let most_bytes = most_bytes.filter(|_| can_move);
        Ok(Self { path: path.to_owned(), most_bytes, state: Mutex::new(state) })
    }

    /// Goes on in the file that has the path now, which is made where there is none.
    ///
    /// # Errors
    /// [`LogError`]; then the old file is written on.
    pub fn reopen(&self) -> Result<(), LogError> {
        let fresh = State::open(&self.path);
        let fresh = fresh.map_err(|source| LogError { path: self.path.clone(), source })?;
        let mut state = self.state();
        *state = State { lost: state.lost, ..fresh };
        Ok(())
    }

    /// Writes a line, or loses it. What there is to tell of that, once for each time that it begins and ends.
    fn line(&self, line: &[u8]) -> Option<String> {
        let mut state = self.state();
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let is_full = |most| state.bytes > 0 && state.bytes.saturating_add(length) > most;
        let aside =
            if self.most_bytes.is_some_and(is_full) { self.put_aside(&mut state) } else { Ok(()) };
        let named = |what: String| format!("offerd: log-file: {}: {what}", self.path.display());
        match aside.and_then(|()| state.append(line)) {
            Ok(()) => {
                let lost = std::mem::take(&mut state.lost);
                (lost > 0).then(|| named(format!("written again; lines lost: {lost}")))
            }
            Err(error) => {
                state.lost = state.lost.saturating_add(1);
                let told = format!(
                    "{error}: the node goes on, and lines are lost until it can be written"
                );
                (state.lost == 1).then(|| named(told))
            }
        }
    }

    fn put_aside(&self, state: &mut State) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        match fs::rename(&self.path, aside) {
            // Somebody has moved it away, or the last try ended here.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        *state = State { lost: state.lost, ..State::open(&self.path)? };
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, lost: 0 })
    }

    /// After a loss there may be half a line: the next one begins below it.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.lost > 0 {
            self.file.write_all(b"\n")?;
        }
        self.file.write_all(line)?;
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        Ok(())
    }
}

/// A whole line at a time. It never fails: there is nobody who could do anything about it.
impl Write for &LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(told) = self.line(line) {
            // Where that cannot be written either, nobody can be told.
            let _ = writeln!(io::stderr(), "{told}");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.state().file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> LogFile {
        LogFile::open(path, None).unwrap()
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn after_it_was_moved_away_the_log_goes_on_in_a_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let (path, moved) = (dir.path().join("log"), dir.path().join("log.1"));
        let log = open(&path);
        (&log).write_all(b"first\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        (&log).write_all(b"second\n").unwrap();
        log.reopen().unwrap();
        (&log).write_all(b"third\n").unwrap();
        assert_eq!(read(&moved), "first\nsecond\n");
        assert_eq!(read(&path), "third\n");
    }

    #[test]
    fn when_it_cannot_be_opened_anew_the_old_file_is_written_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/log");
        fs::create_dir(dir.path().join("logs")).unwrap();
        let log = open(&path);
        fs::rename(dir.path().join("logs"), dir.path().join("away")).unwrap();
        let refused = log.reopen().unwrap_err().to_string();
        assert!(refused.starts_with("log-file: ") && refused.contains("logs/log"), "{refused}");
        (&log).write_all(b"still here\n").unwrap();
        assert_eq!(read(&dir.path().join("away/log")), "still here\n");
    }

    #[test]
    fn it_never_gets_longer_than_it_may_and_one_before_it_is_kept() {
        const MOST: u64 = 100;
        let dir = tempfile::tempdir().unwrap();
        let (path, aside) = (dir.path().join("log"), dir.path().join("log.1"));
        let log = LogFile::open(&path, Some(MOST)).unwrap();
        for number in 0..1_000 {
            assert_eq!(log.line(format!("line {number:04}\n").as_bytes()), None);
            assert!(fs::metadata(&path).unwrap().len() <= MOST);
        }
        assert!(fs::metadata(&aside).unwrap().len() <= MOST);
        assert!(read(&path).ends_with("line 0999\n"), "{}", read(&path));
        let both = [read(&aside), read(&path)].concat();
        let numbers: Vec<usize> = both.lines().map(|line| line[5..].parse().unwrap()).collect();
        assert!(numbers.len() >= 10 && numbers.is_sorted(), "{numbers:?}");
        assert_eq!(numbers.last().unwrap() - numbers[0] + 1, numbers.len(), "{numbers:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        drop(log);
        let log = LogFile::open(&path, Some(MOST)).unwrap();
        assert_eq!(log.line(&[b'x'; 99]), None, "what was there before counts too");
        assert_eq!(fs::metadata(&path).unwrap().len(), 99);
    }

    #[test]
    fn a_full_disk_is_told_of_once_by_name_and_once_when_there_is_room_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let log = LogFile::open(&path, Some(100)).unwrap();
        let told = log.line(b"first\n").unwrap();
        let name = path.display();
        assert_eq!(
            told,
            format!(
                "offerd: log-file: {name}: No space left on device (os error 28): the node goes on, and lines are lost \
                 until it can be written"
            )
        );
        assert_eq!([log.line(b"second\n"), log.line(b"third\n")], [None, None]);
        fs::remove_file(&path).unwrap();
        log.reopen().unwrap();
        let told = log.line(b"fourth\n").unwrap();
        assert_eq!(told, format!("offerd: log-file: {name}: written again; lines lost: 3"));
        assert_eq!(log.line(b"fifth\n"), None);
        assert_eq!(read(&path), "\nfourth\nfifth\n");
    }
}
