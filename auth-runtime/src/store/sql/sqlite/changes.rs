//! Whether a file has changed, asked without waiting for a thread.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rusqlite::{Connection, config::DbConfig};

use super::queue::locked;

/// Each has the file open once more.
const MOST_WATCHERS: usize = 8;

/// Counts the times at which the file was found to have changed, by whichever connection of whichever process.
///
/// SQLite says of each connection whether another one has committed anything since it last looked
/// (<https://sqlite.org/pragma.html#pragma_data_version>). With a write-ahead log, it reads that from memory which all processes
/// share, in a microsecond or two, and after a change the one page again that every change writes. Without such a log it would
/// have to ask the file system each time, and so nobody watches. Where another process stops in the middle of a commit, SQLite waits
/// for it by itself, for ten seconds at most, whatever the connection's own limit is.
pub(super) struct Changes {
    /// One for each core, so that one of them is free for whoever asks. None is left once the file is closed.
    watchers: Box<[Mutex<Option<Watcher>>]>,
    found: AtomicU64,
}

struct Watcher {
    connection: Connection,
    version: i64,
}

/// A state of the file: as long as it is the same, so is all that the file says. A later one is greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(pub(super) u64);

impl Changes {
    /// Watches through connections like these, which should not wait for a lock. Where they fail, nobody watches.
    pub(super) fn watch(connect: impl Fn() -> rusqlite::Result<Connection>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let watchers = (0..cores.min(MOST_WATCHERS))
            .filter_map(|_| Watcher::over(connect().ok()?))
            .map(|watcher| Mutex::new(Some(watcher)))
            .collect();
        Self { watchers, found: AtomicU64::new(0) }
    }

    /// The state of the file at this moment. What is read from it afterwards is of this state, or of a later one. `None` where
    /// that is not known at once.
    pub(super) fn generation(&self) -> Option<Generation> {
        let mut watcher = self.watchers.iter().find_map(try_locked)?;
        if watcher.as_mut()?.finds_a_change().ok()? {
            // Each watcher finds a change for itself, and counts it once more. What counts is that nobody misses one: what was
            // committed before this call has been counted when it returns, by this watcher, now or when it last looked.
            self.found.fetch_add(1, Ordering::SeqCst);
        }
        Some(Generation(self.found.load(Ordering::SeqCst)))
    }

    pub(super) fn close(&self) {
        for watcher in &self.watchers {
            drop(locked(watcher).take());
        }
    }
}

impl Watcher {
    fn over(connection: Connection) -> Option<Self> {
        let mode: String = connection.query_row("PRAGMA journal_mode", (), |row| row.get(0)).ok()?;
        // To write back what others have committed is not for whoever closes a watcher.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).ok()?;
        let version = version(&connection).ok()?;
        (mode == "wal").then_some(Self { connection, version })
    }

    fn finds_a_change(&mut self) -> rusqlite::Result<bool> {
        let last = std::mem::replace(&mut self.version, version(&self.connection)?);
        Ok(last != self.version)
    }
}

fn try_locked(watcher: &Mutex<Option<Watcher>>) -> Option<MutexGuard<'_, Option<Watcher>>> {
    match watcher.try_lock() {
        Ok(free) => Some(free),
        Err(TryLockError::Poisoned(poisoned)) => Some(PoisonError::into_inner(poisoned)),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    // To prepare it each time costs half of a microsecond more than to keep it, which would take a thread of its own.
    connection.query_row("PRAGMA data_version", (), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in a folder that ends with its test, and the connection that writes to it.
    struct Desk {
        folder: std::path::PathBuf,
        writer: Connection,
        changes: Changes,
    }

    impl Desk {
        fn new() -> Self {
            let name = format!("auth-runtime-changes-{}-{:?}", std::process::id(), thread::current().id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            let connect = || Connection::open(folder.join("a.db"));
            let writer = connect().unwrap();
            writer.pragma_update(None, "journal_mode", "wal").unwrap();
            writer.execute_batch("CREATE TABLE marks (name TEXT)").unwrap();
            let mut changes = Changes::watch(connect);
            // Two at least, on a machine of one core too.
            changes.watchers = changes.watchers.into_iter().chain(Changes::watch(connect).watchers).collect();
            Self { folder, writer, changes }
        }

        fn mark(&self) {
            self.writer.execute("INSERT INTO marks VALUES ('x')", ()).unwrap();
        }
    }

    impl Drop for Desk {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn a_file_is_in_the_same_state_until_something_is_committed() {
        let desk = Desk::new();
        let first = desk.changes.generation().unwrap();
        assert_eq!(desk.changes.generation(), Some(first));
        desk.mark();
        let second = desk.changes.generation().unwrap();
        assert!(second > first);
        assert_eq!(desk.changes.generation(), Some(second));
    }

    #[test]
    fn no_change_is_missed_whichever_watcher_is_free() {
        let desk = Desk::new();
        let first = &desk.changes.watchers[0];
        let mut last = desk.changes.generation().unwrap();
        let mut is_later = |by: &str| {
            desk.mark();
            let now = desk.changes.generation().unwrap();
            assert!(now > last, "{by}");
            last = now;
        };
        for _ in 0..3 {
            // The first one has seen more changes than the other one ever will.
            for _ in 0..5 {
                is_later("by the one that looks each time");
            }
            let taken = locked(first);
            is_later("by one that has not looked for long");
            is_later("by the same one again");
            drop(taken);
        }
        let _all: Vec<_> = desk.changes.watchers.iter().map(locked).collect();
        assert_eq!(desk.changes.generation(), None, "nobody waits for a watcher");
    }

    #[test]
    fn a_closed_file_has_no_state() {
        let desk = Desk::new();
        desk.changes.close();
        assert_eq!(desk.changes.generation(), None);
    }

    #[test]
    fn nobody_watches_a_file_without_a_log_or_one_that_cannot_be_opened() {
        let desk = Desk::new();
        let other = || Connection::open(desk.folder.join("other.db"));
        other().unwrap().execute_batch("CREATE TABLE marks (name TEXT)").unwrap();
        assert_eq!(Changes::watch(other).generation(), None);
        assert_eq!(Changes::watch(|| Connection::open(desk.folder.join("no/such/folder.db"))).generation(), None);
    }
}
