//! A user's row in SQLite, as one queries it by hand: a thread for each core, which has a connection and a prepared statement
//! of its own. This file alone knows the driver, which has to be that of auth-runtime.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use bench::{Error, hand::User};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use tokio::sync::oneshot;

const QUERY: &str = "SELECT username, email, full_name, disabled, hashed_password FROM users WHERE username = ?1";

/// The threads.
pub(crate) struct Rows {
    threads: Vec<mpsc::Sender<Job>>,
    next: AtomicUsize,
}

struct Job {
    username: String,
    answer: oneshot::Sender<rusqlite::Result<Option<User>>>,
}

impl Rows {
    /// Opens the file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut threads = Vec::new();
        for _ in 0..thread::available_parallelism().map_or(1, NonZeroUsize::get) {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            let (sender, jobs) = mpsc::channel();
            thread::Builder::new().name("sqlite".to_owned()).spawn(move || work(&connection, &jobs))?;
            threads.push(sender);
        }
        Ok(Self { threads, next: AtomicUsize::new(0) })
    }

    /// The user of this name.
    pub(crate) async fn find(&self, username: &str) -> Result<Option<User>, Error> {
        let (answer, answered) = oneshot::channel();
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.threads.len();
        let thread = self.threads.get(next).ok_or("there is no thread")?;
        thread.send(Job { username: username.to_owned(), answer }).map_err(|_| "the thread has ended")?;
        Ok(answered.await??)
    }
}

fn work(connection: &Connection, jobs: &mpsc::Receiver<Job>) {
    let Ok(mut statement) = connection.prepare(QUERY) else { return };
    for Job { username, answer } in jobs {
        // Nobody may wait for it any more.
        let _ = answer.send(statement.query_row([username], user).optional());
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        username: row.get(0)?,
        email: row.get(1)?,
        full_name: row.get(2)?,
        disabled: row.get(3)?,
        hashed_password: row.get(4)?,
    })
}
