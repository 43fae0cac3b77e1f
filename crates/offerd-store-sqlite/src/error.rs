//! What an error of SQLite means to a caller of the port.

use offerd_core::port::PortError;
use rusqlite::{ErrorCode, ffi};

/// Names what was being done when SQLite failed.
pub(crate) trait Doing<T> {
    /// `what` completes "cannot …".
    fn doing(self, what: &str) -> Result<T, PortError>;
}

impl<T> Doing<T> for Result<T, rusqlite::Error> {
    fn doing(self, what: &str) -> Result<T, PortError> {
        self.map_err(|error| {
            let (kind, advice) = meaning(&error);
            kind(format!("cannot {what}: {error}{advice}")).because(error)
        })
    }
}

/// The sort of failure, and what an operator can do about it.
#[expect(clippy::wildcard_enum_match_arm, reason = "SQLite's codes are many, and more may come")]
fn meaning(error: &rusqlite::Error) -> (fn(String) -> PortError, &'static str) {
    let Some(failure) = error.sqlite_error() else {
        return (PortError::corrupt, "");
    };
    match failure.code {
        ErrorCode::ConstraintViolation if is_uniqueness(failure.extended_code) => {
            (PortError::conflict, "")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            (PortError::unavailable, "; another process has the file open: stop it first")
        }
        ErrorCode::DiskFull => {
            (PortError::unavailable, "; nothing was written: free some space and try again")
        }
        ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed => (
            PortError::unavailable,
            "; nothing was written: see the system's log for errors of the disk",
        ),
        ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => (
            PortError::unavailable,
            "; check owner and permissions of the file and of its directory",
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => (
            PortError::corrupt,
            "; the file is damaged or was never a database: restore it from a backup",
        ),
        ErrorCode::OutOfMemory => (PortError::unavailable, ""),
        _ => (PortError::rejected, ""),
    }
}

/// Unique indexes and the schema's triggers, which say the same of rows in some states only.
fn is_uniqueness(extended_code: i32) -> bool {
    let codes = [
        ffi::SQLITE_CONSTRAINT_UNIQUE,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_TRIGGER,
    ];
    codes.contains(&extended_code)
}
