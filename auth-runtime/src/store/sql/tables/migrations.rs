//! The tables of this library, in versions. Each is applied once, by whichever process comes first.

use super::to_stored;
use crate::{ambient::Clock, store::StoreError};

/// What each version adds. What is here was released, and is never edited: a change is a version of its own.
///
/// `{bytes}` is the type of a column that holds bytes.
const VERSIONS: [&[&str]; 1] = [&[
    "CREATE TABLE auth_sessions (id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, client TEXT, scopes TEXT NOT NULL, \
     started_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT)",
    "CREATE INDEX auth_sessions_subject ON auth_sessions (subject)",
    "CREATE INDEX auth_sessions_expires_at ON auth_sessions (expires_at)",
    "CREATE TABLE auth_tokens (digest {bytes} NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, \
     session TEXT REFERENCES auth_sessions (id) ON DELETE CASCADE, subject TEXT NOT NULL, client TEXT, \
     scopes TEXT NOT NULL, detail TEXT, issued_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT)",
    "CREATE INDEX auth_tokens_session ON auth_tokens (session)",
    "CREATE INDEX auth_tokens_subject ON auth_tokens (subject)",
    "CREATE INDEX auth_tokens_expires_at ON auth_tokens (expires_at)",
    "CREATE TABLE auth_revocations (id TEXT NOT NULL PRIMARY KEY, ends_at BIGINT NOT NULL)",
    "CREATE INDEX auth_revocations_ends_at ON auth_revocations (ends_at)",
    "CREATE TABLE auth_clients (id TEXT NOT NULL PRIMARY KEY, secret {bytes}, scopes TEXT NOT NULL, \
     client_credentials BIGINT NOT NULL, introspection BIGINT NOT NULL, disabled BIGINT NOT NULL)",
]];

/// The table that says which versions are there.
pub(crate) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS auth_migrations (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)";

pub(crate) const PRESENT: &str = "SELECT COALESCE(MAX(version), 0) FROM auth_migrations";

pub(crate) const APPLIED: &str = "INSERT INTO auth_migrations (version, applied_at) VALUES ($1, $2)";

/// The time of [`APPLIED`].
pub(crate) fn now() -> i64 {
    to_stored(Clock::default().unix_seconds())
}

/// Tells the log of a version that was applied.
pub(crate) fn applied(version: i64) {
    tracing::info!(event = "store.migrated", version);
}

/// The versions after `present`, each with its statements.
///
/// # Errors
/// If the database is newer than this program.
pub(crate) fn missing(present: i64, bytes: &str) -> Result<Vec<(i64, Vec<String>)>, StoreError> {
    let newest = VERSIONS.len() as i64;
    if present > newest {
        return Err(StoreError::new(format!(
            "the tables are of version {present}, and this program knows versions up to {newest}: it is older than the one that made them"
        )));
    }
    let all = (1..).zip(VERSIONS);
    let missing = all.filter(|(version, _)| *version > present);
    Ok(missing
        .map(|(version, statements)| {
            (version, statements.iter().map(|statement| statement.replace("{bytes}", bytes)).collect())
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_database_is_left_alone() {
        assert_eq!(missing(0, "BLOB").unwrap().len(), VERSIONS.len());
        assert!(missing(VERSIONS.len() as i64, "BLOB").unwrap().is_empty());
        let error = missing(VERSIONS.len() as i64 + 1, "BLOB").unwrap_err().to_string();
        assert!(error.contains("older than the one that made them"), "{error}");
    }
}
