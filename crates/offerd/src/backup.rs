//! `backup`: a copy of everything that cannot be had again, in a folder of its own.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use offerd_api::layout::{DATABASE, RECOVERY_FILE};
use offerd_api::recovery::BackupMade;
use offerd_core::port::PortError;
use offerd_node_ldk::{Node, NodeError, RecoveryFileError};
use offerd_store_sqlite::SqliteStore;

use crate::instance::{InstanceError, Told, check_state};

/// Why there is no copy, or not a whole one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is not said from where on.
    #[error("destination: should be an absolute path, such as /mnt/stick/offerd-2026-01-31")]
    Relative,
    /// The folder cannot be made.
    #[error("destination: {0}")]
    Folder(#[source] io::Error),
    /// The database could not be copied.
    #[error("destination: {0}")]
    Database(#[source] PortError),
    /// The copy could not be told from the state that goes on.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The recovery file could not be made.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The recovery file could not be written.
    #[error("destination: {0}")]
    File(#[source] RecoveryFileError),
}

/// Writes a copy of the database and a recovery file into `folder`, which is made where it is not there. Files that
/// are there already are never written over. The recovery file comes last: with it the copy is whole. `live` is the
/// database that is copied: a backup counts as a start of it, so that the copy is behind from then on, wherever it is
/// put.
///
/// # Errors
/// [`BackupError`]; then there is no recovery file in the folder, or the one of before.
pub fn back_up(
    folder: &Path,
    live: &Path,
    store: &SqliteStore,
    node: &Node,
) -> Result<BackupMade, BackupError> {
    if !folder.is_absolute() {
        return Err(BackupError::Relative);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(BackupError::Folder)?;
    let (database, recovery_file) = (folder.join(DATABASE), folder.join(RECOVERY_FILE));
    if recovery_file.exists() {
        let there = io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is there already: choose a new folder", recovery_file.display()),
        );
        return Err(BackupError::Folder(there));
    }
    store.back_up(&database).map_err(BackupError::Database)?;
    check_state(store, live, Told::Nothing)?.claim(store)?;
    let content = node.recovery_file()?;
    content.write_new(&recovery_file).map_err(BackupError::File)?;
    Ok(BackupMade {
        folder: folder.display().to_string(),
        database_bytes: fs::metadata(&database).map_err(BackupError::Folder)?.len(),
        database: database.display().to_string(),
        recovery_file: recovery_file.display().to_string(),
        num_channels: u64::try_from(content.channels.len()).unwrap_or(u64::MAX),
    })
}
