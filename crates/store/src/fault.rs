use std::io;
use std::path::Path;

use journal::JournalError;
use rusqlite::ErrorCode;

/// What an error of the database means for whoever reads it.
pub(crate) fn of_database(place: &Path, error: rusqlite::Error) -> JournalError {
    let shown = place.display().to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full { place: shown },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            JournalError::ReadOnly { place: shown }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            JournalError::Locked { place: shown }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Damaged {
            place: shown,
            what: "the database",
        },
        // The rest has no sentence of its own.
        _ => JournalError::Failed {
            place: shown,
            cause: Box::new(error),
        },
    }
}

/// What an error of a file means for whoever reads it.
pub(crate) fn of_file(place: &Path, error: io::Error) -> JournalError {
    let shown = place.display().to_string();
    let kind = error.kind();
    if [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&kind) {
        return JournalError::Full { place: shown };
    }
    if [
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::ReadOnlyFilesystem,
    ]
    .contains(&kind)
    {
        return JournalError::ReadOnly { place: shown };
    }
    JournalError::Failed {
        place: shown,
        cause: Box::new(error),
    }
}
