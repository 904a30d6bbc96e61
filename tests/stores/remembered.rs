//! Users whom a store has in memory are those of its file, at every moment.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use auth_runtime::{Lookup, PasswordHash, SqliteStore, SqliteUsers, UserStore, endpoints::NewUser};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::support::{Account, Scratch};

/// A file with one user in it.
async fn with_jane() -> (Scratch, PathBuf, SqliteUsers<Account>) {
    let scratch = Scratch::new();
    let path = scratch.0.join("auth.db");
    let users = SqliteUsers::open(&path).await.unwrap();
    users.insert(&account("jane")).await.unwrap();
    (scratch, path, users)
}

fn account(name: &str) -> Account {
    Account::new_user(name.to_owned(), PasswordHash::from_stored("x"))
}

/// The user, where nothing has to be read for it.
fn in_memory(users: &SqliteUsers<Account>, name: &str) -> Option<Account> {
    match users.find_shared(name) {
        Lookup::Known(user) => user.map(Arc::unwrap_or_clone),
        Lookup::Read(_) => None,
    }
}

/// The user, read if that is needed, as for a request.
async fn shared(users: &SqliteUsers<Account>, name: &str) -> Option<Account> {
    let user = match users.find_shared(name) {
        Lookup::Known(user) => user,
        Lookup::Read(user) => user.await.unwrap(),
    };
    user.map(Arc::unwrap_or_clone)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_in_memory_until_anything_is_committed() {
    let scratch = Scratch::new();
    let store = SqliteStore::open(scratch.0.join("auth.db")).await.unwrap();
    let users = store.users::<Account>().await.unwrap();
    users.insert(&account("jane")).await.unwrap();
    users.find("jane").await.unwrap();
    assert!(in_memory(&users, "jane").is_none(), "a login does not keep her");
    shared(&users, "jane").await;
    for _ in 0..3 {
        assert!(in_memory(&users, "jane").is_some(), "nothing has changed");
    }
    assert!(in_memory(&users.clone(), "jane").is_some(), "clones share it");
    assert!(shared(&users, "nobody").await.is_none());
    assert!(in_memory(&users, "nobody").is_none(), "only those who exist are kept");

    users.set_disabled("jane", true).await.unwrap();
    assert!(in_memory(&users, "jane").is_none());
    shared(&users, "jane").await;
    assert!(in_memory(&users, "jane").unwrap().disabled);

    store.close().await;
    assert!(in_memory(&users, "jane").is_none(), "a closed file says nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_in_memory_is_older_than_the_file() {
    let scratch = Scratch::new();
    let path = scratch.0.join("auth.db");
    let users = SqliteUsers::<Account>::open(&path).await.unwrap();
    users.insert(&Account { age: Some(0), ..account("jane") }).await.unwrap();

    let committed = Arc::new(AtomicI64::new(0));
    let ended = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (users, committed, ended) = (users.clone(), Arc::clone(&committed), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut from_memory = 0;
                while !ended.load(Ordering::SeqCst) {
                    let at_least = committed.load(Ordering::SeqCst);
                    let seen = match in_memory(&users, "jane") {
                        Some(user) => {
                            from_memory += 1;
                            user
                        }
                        None => shared(&users, "jane").await.unwrap(),
                    };
                    let age = seen.age.unwrap();
                    assert!(age >= at_least, "{age} is shown after {at_least} was committed");
                    tokio::task::yield_now().await;
                }
                from_memory
            })
        })
        .collect();
    // Another connection, as another process has it.
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    for age in 1..=1_000 {
        sqlx::query("UPDATE users SET age = ?1 WHERE email = 'jane'").bind(age).execute(&mut other).await.unwrap();
        committed.store(age, Ordering::SeqCst);
        if age % 10 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    ended.store(true, Ordering::SeqCst);
    let mut from_memory = 0;
    for reader in readers {
        from_memory += reader.await.unwrap();
    }
    assert!(from_memory > 0, "some are read from memory");
}

#[tokio::test]
async fn what_is_rolled_back_is_no_change() {
    let (_scratch, path, users) = with_jane().await;
    shared(&users, "jane").await;
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    other.execute("UPDATE users SET is_blocked = 1").await.unwrap();
    assert!(!in_memory(&users, "jane").unwrap().disabled, "not committed yet");
    other.execute("ROLLBACK").await.unwrap();
    assert!(!in_memory(&users, "jane").unwrap().disabled);
    other.execute("UPDATE users SET is_blocked = 1").await.unwrap();
    assert!(in_memory(&users, "jane").is_none());
}

#[tokio::test]
async fn a_change_after_the_log_began_anew_is_seen() {
    let (_scratch, path, users) = with_jane().await;
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    other.execute("UPDATE users SET is_blocked = 1").await.unwrap();
    assert!(shared(&users, "jane").await.unwrap().disabled);
    // The log is as long as it was when she was read.
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    other.execute("UPDATE users SET is_blocked = 0").await.unwrap();
    assert!(in_memory(&users, "jane").is_none());
    assert!(!shared(&users, "jane").await.unwrap().disabled);
}

#[tokio::test]
#[ignore = "needs Python: use tests/run"]
async fn a_change_by_another_program_is_seen_at_once() {
    let (_scratch, path, users) = with_jane().await;
    for blocked in [true, false, true] {
        shared(&users, "jane").await;
        assert!(in_memory(&users, "jane").is_some());
        let program = format!(
            "import sqlite3; c = sqlite3.connect({path:?}); c.execute('UPDATE users SET is_blocked = ?', ({},)); c.commit()",
            u8::from(blocked)
        );
        let done = std::process::Command::new("python3").args(["-c", &program]).status().unwrap();
        assert!(done.success());
        assert!(in_memory(&users, "jane").is_none());
        assert_eq!(users.find("jane").await.unwrap().unwrap().disabled, blocked);
    }
}
