//! The connections to one file, each in a thread of its own: one writes, the others read, and no async worker waits for them.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::{
    DEFAULT_TIMEOUT,
    changes::{Changes, Generation},
    errors::Failed,
    prepared::Prepared,
    queue::{Queue, locked},
};
use crate::store::StoreError;

/// The longest time that SQLite takes for one, in whole seconds.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(i32::MAX as u64 / 1000);
/// They wait for disks more than they compute.
const READERS: usize = 4;

/// A handle on the connections. They are closed with the last one.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// How long a job waits for its turn.
    patience: Duration,
    readers: Arc<Queue>,
    writer: Arc<Queue>,
    changes: Changes,
    /// The one that writes, and then those that read.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Connections {
    /// Opens the file. A transaction waits for as long as `busy_timeout` for another process.
    pub(super) async fn open(path: &Path, create: bool, busy_timeout: Duration) -> Result<Self, StoreError> {
        let file = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || Self::open_now(&file, create, busy_timeout)).await;
        opened.map_err(|_| Failed::Lost.explain(path))?
    }

    fn open_now(path: &Path, create: bool, busy_timeout: Duration) -> Result<Self, StoreError> {
        if path == Path::new(":memory:") {
            return Err(StoreError::new("`:memory:` is no file: use `MemoryUsers` and `MemoryStore` instead"));
        }
        // Whole, since SQLite gives some names a meaning of their own.
        let file = std::path::absolute(path)
            .map_err(|error| StoreError::new(format!("{} is no file", path.display())).caused_by(error))?;
        if create {
            create_for_owner(&file);
        }
        let connect = || connect(&file, create, busy_timeout).map_err(|error| Failed::from(error).explain(path));
        let first = connect()?;
        // It exists now, and these do not wait for a lock.
        let changes = Changes::watch(|| self::connect(&file, false, Duration::ZERO));
        let connections = Self(Arc::new(Inner {
            path: path.to_owned(),
            patience: busy_timeout.saturating_add(DEFAULT_TIMEOUT),
            readers: Arc::default(),
            writer: Arc::default(),
            changes,
            threads: Mutex::default(),
        }));
        connections.add(first, &connections.0.writer)?;
        for _ in 0..READERS {
            connections.add(connect()?, &connections.0.readers)?;
        }
        Ok(connections)
    }

    /// A thread with this connection, which works off this queue.
    fn add(&self, connection: Connection, queue: &Arc<Queue>) -> Result<(), StoreError> {
        let queue = Arc::clone(queue);
        let thread = thread::Builder::new().name("auth-sqlite".to_owned()).spawn(move || {
            let mut prepared = Prepared::new(&connection);
            for job in queue.work() {
                // The connection is good for the next one: a transaction is rolled back where it is left.
                let _ = catch_unwind(AssertUnwindSafe(|| job(&mut prepared)));
            }
        });
        let no_thread = |error: io::Error| StoreError::new("there is no thread for a connection").caused_by(error);
        locked(&self.0.threads).push(thread.map_err(no_thread)?);
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// The state of the file at this moment; see [`Changes`].
    pub(super) fn generation(&self) -> Option<Generation> {
        self.0.changes.generation()
    }

    /// Does what changes nothing.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Prepared<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(&self.0.readers, work).await.map_err(|failed| self.explain(failed))
    }

    /// Does one thing that writes, after whatever else writes.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Prepared<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(&self.0.writer, work).await.map_err(|failed| self.explain(failed))
    }

    /// The same in a transaction.
    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Prepared<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write(move |prepared| prepared.transaction(work)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        queue: &Queue,
        work: impl FnOnce(&mut Prepared<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let (answer, answered) = oneshot::channel();
        let (asked_at, patience) = (Instant::now(), self.0.patience);
        queue.push(Box::new(move |prepared| {
            // Whoever asked has gone away. What was begun is finished, and this was not.
            if answer.is_closed() {
                return;
            }
            let outcome = if asked_at.elapsed() > patience { Err(Failed::Busy) } else { work(prepared) };
            let _ = answer.send(outcome);
        }))?;
        answered.await.unwrap_or(Err(Failed::Lost))
    }

    fn explain(&self, failed: Failed) -> StoreError {
        failed.explain(&self.0.path)
    }

    /// Does what was asked for, writes everything back and closes the file.
    pub(super) async fn close(&self) {
        let inner = Arc::clone(&self.0);
        let close = move || {
            // One after the other, and the writer last: of those that close at once, none may be the one that writes back.
            inner.readers.close();
            inner.changes.close();
            let mut threads = std::mem::take(&mut *locked(&inner.threads));
            while let Some(thread) = threads.pop() {
                if threads.is_empty() {
                    inner.writer.close();
                }
                drop(thread.join());
            }
        };
        let _ = tokio::task::spawn_blocking(close).await;
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.readers.close();
        self.changes.close();
        self.writer.close();
    }
}

fn connect(path: &Path, create: bool, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout.min(LONGEST_TIMEOUT))?;
    // Readers and the writer do not wait for each other.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Makes the file readable by its owner alone: it holds password hashes. What goes wrong here, opening it will report.
fn create_for_owner(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A file of one table, in a folder that ends with its test.
    struct Desk {
        folder: PathBuf,
        connections: Connections,
    }

    impl Desk {
        async fn new(patience: Duration) -> Self {
            let name = format!("auth-runtime-sqlite-{}-{:?}", std::process::id(), thread::current().id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            let mut connections = Connections::open(&folder.join("a.db"), true, DEFAULT_TIMEOUT).await.unwrap();
            Arc::get_mut(&mut connections.0).unwrap().patience = patience;
            connections.write(|prepared| prepared.once("CREATE TABLE marks (name TEXT PRIMARY KEY)")).await.unwrap();
            Self { folder, connections }
        }

        async fn mark(&self, name: &'static str) -> Result<usize, StoreError> {
            self.connections.write(move |prepared| prepared.execute("INSERT INTO marks VALUES ($1)", (name,))).await
        }

        async fn marks(&self) -> Vec<String> {
            let work = |prepared: &mut Prepared<'_>| prepared.all("SELECT name FROM marks", (), |row| row.get(0));
            self.connections.read(work).await.unwrap()
        }

        /// Keeps the writer from its queue, until the sender is dropped.
        async fn hold(&self) -> mpsc::Sender<()> {
            let ((release, released), (begun, began)) = (mpsc::channel::<()>(), oneshot::channel());
            let connections = self.connections.clone();
            let work = move |_: &mut Prepared<'_>| {
                let _ = (begun.send(()), released.recv());
                Ok(())
            };
            tokio::spawn(async move { connections.write(work).await });
            began.await.unwrap();
            release
        }
    }

    impl Drop for Desk {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    #[tokio::test]
    async fn what_is_dropped_before_its_turn_is_not_done() {
        let desk = Desk::new(DEFAULT_TIMEOUT).await;
        let release = desk.hold().await;
        assert!(tokio::time::timeout(Duration::from_millis(10), desk.mark("dropped")).await.is_err());
        drop(release);
        desk.mark("kept").await.unwrap();
        assert_eq!(desk.marks().await, ["kept"]);
    }

    #[tokio::test]
    async fn readers_do_not_wait_for_the_writer() {
        let desk = Desk::new(DEFAULT_TIMEOUT).await;
        let release = desk.hold().await;
        assert!(desk.marks().await.is_empty());
        drop(release);
    }

    #[tokio::test]
    async fn what_has_no_turn_in_time_is_not_done_and_says_so() {
        let desk = Desk::new(Duration::from_millis(500)).await;
        let release = desk.hold().await;
        let later = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            drop(release);
        };
        let (marked, ()) = tokio::join!(desk.mark("late"), later);
        let error = marked.unwrap_err().to_string();
        assert!(error.contains("is busy: no connection was free in time"), "{error}");
        assert!(desk.marks().await.is_empty());
    }

    #[tokio::test]
    async fn what_fails_or_panics_in_a_transaction_is_rolled_back_and_others_go_on() {
        let desk = Desk::new(DEFAULT_TIMEOUT).await;
        let insert = |prepared: &mut Prepared<'_>| prepared.execute("INSERT INTO marks VALUES ('half')", ());
        let twice = move |prepared: &mut Prepared<'_>| insert(prepared).and_then(|_| insert(prepared));
        assert!(desk.connections.transaction(twice).await.is_err());
        let panics = move |prepared: &mut Prepared<'_>| -> Result<(), Failed> {
            insert(prepared)?;
            panic!("as a fault in here would")
        };
        let error = desk.connections.transaction(panics).await.unwrap_err().to_string();
        assert!(error.contains("the connection broke off"), "{error}");
        desk.mark("whole").await.unwrap();
        assert_eq!(desk.marks().await, ["whole"]);
    }

    #[tokio::test]
    async fn a_closed_file_answers_nothing() {
        let desk = Desk::new(DEFAULT_TIMEOUT).await;
        desk.connections.close().await;
        let error = desk.mark("closed").await.unwrap_err().to_string();
        assert!(error.contains("was closed"), "{error}");
        assert!(!desk.folder.join("a.db-wal").exists(), "all is written back");
    }

    #[tokio::test]
    async fn who_would_wait_for_ever_waits_for_long() {
        let desk = Desk::new(DEFAULT_TIMEOUT).await;
        let patient = Connections::open(&desk.folder.join("a.db"), false, Duration::MAX).await.unwrap();
        patient.close().await;
    }

    #[tokio::test]
    async fn what_is_no_file_is_not_opened() {
        for name in [":memory:", ""] {
            let error = Connections::open(Path::new(name), true, DEFAULT_TIMEOUT).await.unwrap_err().to_string();
            assert!(error.contains("is no file"), "{error}");
        }
    }
}
