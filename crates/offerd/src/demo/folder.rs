//! Where a demo keeps its files.

use std::fs;
use std::path::{Path, PathBuf};

use offerd_api::layout::SOCKET;
use tempfile::TempDir;

use super::error::DemoError;

/// Says what the folder is, to people and to the next demo.
const MARK: &str = "demo.txt";
const MARK_TEXT: &str = "A demo of offerd wrote this folder.

shop, atm and customer each hold one node: its configuration offerd.toml, its log, and while the demo runs its socket
offerd-rpc. The chain lived in the demo and ended with it, so these nodes cannot be started again. Nothing in here is
worth money.
";
/// Room for a socket's path: 108 bytes on Linux, 104 elsewhere, and a zero at the end.
const LONGEST_SOCKET: usize = 103;
/// A little more than what is added to a socket's name while it is bound.
const SOCKET_SUFFIX: usize = 4;

/// The folder of one demo.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Removes the folder when dropped; `None` where the caller chose it.
    temporary: Option<TempDir>,
}

impl Folder {
    /// Takes the folder given, which must be empty or not be there yet, or else makes one for the time of the demo.
    ///
    /// # Errors
    /// When it holds something, or its name is too long for sockets in it.
    pub(super) fn open(given: Option<PathBuf>) -> Result<Self, DemoError> {
        let (path, temporary) = match given {
            Some(path) => {
                refuse_used(&path)?;
                fs::create_dir_all(&path).map_err(DemoError::file(&path))?;
                (path, None)
            }
            None => {
                let temporary = tempfile::Builder::new()
                    .prefix("offerd-demo-")
                    .tempdir()
                    .map_err(DemoError::system("making a folder"))?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let folder = Self { path, temporary };
        folder.refuse_long_path()?;
        let mark = folder.path.join(MARK);
        fs::write(&mark, MARK_TEXT).map_err(DemoError::file(mark))?;
        Ok(folder)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it.
    pub(super) fn subfolder(&self, name: &str) -> Result<PathBuf, DemoError> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).map_err(DemoError::file(&path))?;
        Ok(path)
    }

    /// Whether it goes with the demo.
    pub(super) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Leaves it where it is.
    pub(super) fn keep(mut self) -> PathBuf {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
        self.path
    }

    fn refuse_long_path(&self) -> Result<(), DemoError> {
        let socket = self.path.join("customer").join(SOCKET);
        if socket.as_os_str().len() + SOCKET_SUFFIX > LONGEST_SOCKET {
            return Err(DemoError::PathTooLong(socket));
        }
        Ok(())
    }
}

fn refuse_used(path: &Path) -> Result<(), DemoError> {
    match fs::read_dir(path) {
        Ok(mut entries) => {
            if path.join(MARK).exists() {
                Err(DemoError::EarlierDemo(path.to_owned()))
            } else if entries.next().is_some() {
                Err(DemoError::NotEmpty(path.to_owned()))
            } else {
                Ok(())
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DemoError::file(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "x").unwrap();
        let refused = Folder::open(Some(dir.path().to_owned()));
        assert!(matches!(refused, Err(DemoError::NotEmpty(_))), "{refused:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_folder_of_an_earlier_demo_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d");
        Folder::open(Some(path.clone())).unwrap();
        let refused = Folder::open(Some(path));
        assert!(matches!(refused, Err(DemoError::EarlierDemo(_))), "{refused:?}");
    }

    #[test]
    fn a_folder_of_ones_own_choice_stays_and_a_temporary_one_goes() {
        let dir = tempfile::tempdir().unwrap();
        drop(Folder::open(Some(dir.path().to_owned())).unwrap());
        assert!(dir.path().join(MARK).exists());
        let temporary = Folder::open(None).unwrap();
        let path = temporary.path().to_owned();
        drop(temporary);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_too_deep_for_sockets_is_refused_before_anything_starts() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Folder::open(Some(dir.path().join("x".repeat(100))));
        assert!(matches!(refused, Err(DemoError::PathTooLong(_))), "{refused:?}");
    }
}
