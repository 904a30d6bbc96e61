//! What went wrong with a file, in words that say what to do.

use std::path::Path;

use rusqlite::ffi;

use crate::store::StoreError;

/// Why a job has no outcome.
#[derive(Debug)]
pub(super) enum Failed {
    Sqlite(rusqlite::Error),
    /// Too many jobs were before it.
    Busy,
    /// The file was closed.
    Closed,
    /// It broke off.
    Lost,
    /// It says so itself.
    Store(StoreError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failed {
    /// Whether there is such a row already.
    pub(super) fn is_duplicate(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        error.sqlite_error().is_some_and(|error| {
            [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY].contains(&error.extended_code)
        })
    }

    pub(super) fn explain(self, path: &Path) -> StoreError {
        let file = path.display();
        match self {
            Self::Sqlite(error) => explain(path, error),
            Self::Busy => StoreError::new(format!("{file} is busy: no connection was free in time")),
            Self::Closed => StoreError::new(format!("{file} was closed")),
            Self::Lost => StoreError::new(format!("{file} cannot be used: the connection broke off")),
            Self::Store(error) => error,
        }
    }
}

fn explain(path: &Path, error: rusqlite::Error) -> StoreError {
    let file = path.display();
    // The low byte is the primary result code, <https://sqlite.org/rescode.html>.
    let message = match error.sqlite_error().map(|error| error.extended_code & 0xff) {
        Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED) => {
            format!("{file} is locked by another process: stop it, or wait until it is done")
        }
        Some(ffi::SQLITE_READONLY) => format!("{file} cannot be written: it, or its directory, is read-only"),
        Some(ffi::SQLITE_CORRUPT) => {
            format!("{file} is damaged: restore it from a backup, or recover it with `sqlite3 {file} .recover`")
        }
        Some(ffi::SQLITE_FULL) => format!("{file} cannot be written: the disk is full"),
        Some(ffi::SQLITE_CANTOPEN) => {
            format!("{file} cannot be opened: does its directory exist, and may this program read and write there?")
        }
        Some(ffi::SQLITE_NOTADB) => format!("{file} is not an SQLite database: is it another program's file?"),
        _ => format!("{file} cannot be used"),
    };
    StoreError::new(message).caused_by(error)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A read-only file cannot be had where the tests run as root; a read-only connection gives the same code.
    #[test]
    fn a_read_only_database_is_named() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE users (name TEXT); PRAGMA query_only = ON").unwrap();
        let error = connection.execute("INSERT INTO users VALUES ('x')", ()).unwrap_err();
        let text = explain(Path::new("users.db"), error).to_string();
        assert_eq!(text, "users.db cannot be written: it, or its directory, is read-only");
    }
}
