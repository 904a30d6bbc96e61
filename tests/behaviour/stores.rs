//! The SQLite store: it survives a restart, and says what is wrong with a file that it cannot use.

use std::{fs, path::PathBuf, time::Duration};

use auth_runtime::{BoxError, SqliteStore, SqliteUsersOptions, StoreError, UserStore, prelude::*};
use sqlx::{Connection, Executor, SqliteConnection};
use tests::{User, server::TestServer};

use crate::support::{JOHN, key, router, user};

/// A directory that is gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auth-tests-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(AuthUser, Clone, Debug, PartialEq)]
struct Full {
    #[auth(username)]
    r#type: String,
    email: Option<String>,
    age: u32,
    height: f64,
    picture: Vec<u8>,
    #[auth(disabled)]
    disabled: Option<bool>,
    #[auth(password_hash)]
    hash: Option<PasswordHash>,
}

fn full(name: &str) -> Full {
    Full {
        r#type: name.to_owned(),
        email: Some("o'neil@example.com".to_owned()),
        age: u32::MAX,
        height: 1.5,
        picture: vec![0, 255],
        disabled: None,
        hash: None,
    }
}

#[tokio::test]
async fn users_survive_a_restart_and_log_in() {
    let scratch = Scratch::new("restart");
    let path = scratch.file("users.db");
    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    users.insert(&user("johndoe", "secret", false)).await.unwrap();
    users.close().await;

    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    assert_eq!(users.count().await.unwrap(), 1);
    let auth = Auth::builder(users).signing_key(key()).build().unwrap();
    let server = TestServer::start(router().with_state(auth)).await;
    let token = server.log_in("/token", JOHN).await;
    assert_eq!(server.get_as("/active", &token).await.status, 200);
    assert_eq!(server.post_form("/token", "username=johndoe'--&password=secret").await.status, 400);
    assert_eq!(server.post_form("/token", "username=JohnDoe&password=secret").await.status, 400);
}

#[tokio::test]
async fn users_and_sessions_of_one_file_share_its_connections() {
    let scratch = Scratch::new("shared");
    let store = SqliteStore::open(scratch.file("all.db")).await.unwrap();
    let users = store.users::<User>().await.unwrap();
    users.insert(&user("johndoe", "secret", false)).await.unwrap();
    let elsewhere = SqliteUsers::<User>::open(scratch.file("all.db")).await.unwrap();
    assert_eq!(elsewhere.count().await.unwrap(), 1);
    store.close().await;
    let error = users.count().await.unwrap_err().to_string();
    assert!(error.contains("was closed"), "{error}");
    assert_eq!(elsewhere.count().await.unwrap(), 1);
}

#[tokio::test]
async fn every_field_comes_back() {
    let scratch = Scratch::new("fields");
    let users = SqliteUsers::<Full>::open(scratch.file("users.db")).await.unwrap();
    let hostile = "Robert'); DROP TABLE users;--\0\u{1F980}";
    users.insert(&full(hostile)).await.unwrap();
    assert_eq!(users.find(hostile).await.unwrap(), Some(full(hostile)));
    assert_eq!(users.find("nobody").await.unwrap(), None);
    let hash = PasswordHash::from_stored("new");
    let old = PasswordHash::from_stored("old");
    users.insert(&Full { hash: Some(old.clone()), ..full("with a hash") }).await.unwrap();
    users.replace_password_hash("with a hash", &hash, &hash).await.unwrap();
    assert_eq!(users.find("with a hash").await.unwrap().unwrap().hash.as_ref(), Some(&old), "it is another by now");
    users.replace_password_hash("with a hash", &old, &hash).await.unwrap();
    assert_eq!(users.find("with a hash").await.unwrap().unwrap().hash, Some(hash));
    assert_eq!(users.find(hostile).await.unwrap().unwrap().hash, None, "and nobody else's");
    let error = users.insert(&full(hostile)).await.unwrap_err().to_string();
    assert!(error.contains("already") && error.contains("Robert"), "{error}");
    assert_eq!(users.count().await.unwrap(), 2);
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(scratch.file("users.db")).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "it holds password hashes");
    }
}

async fn refused(path: &PathBuf) -> String {
    let options = SqliteUsersOptions::default().busy_timeout(Duration::from_millis(10));
    let error: StoreError = options.open::<User>(path).await.unwrap_err();
    format!("{:?}", BoxError::from(error))
}

#[tokio::test]
async fn a_file_of_another_kind_is_named_and_left_alone() {
    let scratch = Scratch::new("other");
    let path = scratch.file("notes.txt");
    let notes = "These are notes, not a database.\n".repeat(100);
    fs::write(&path, &notes).unwrap();
    let error = refused(&path).await;
    assert!(error.contains("notes.txt is not an SQLite database"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let scratch = Scratch::new("damaged");
    let path = scratch.file("users.db");
    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    for number in 0..200 {
        users.insert(&User { username: format!("user{number}"), ..user("x", "secret", false) }).await.unwrap();
    }
    users.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xA5);
    fs::write(&path, &bytes).unwrap();
    let error = match SqliteUsers::<User>::open(&path).await {
        Err(error) => error,
        Ok(users) => users.find("user7").await.unwrap_err(),
    };
    assert!(error.to_string().contains("is damaged"), "{error}");
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_named() {
    let scratch = Scratch::new("locked");
    let path = scratch.file("users.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
    other.execute("CREATE TABLE other (x); BEGIN EXCLUSIVE").await.unwrap();
    let error = refused(&path).await;
    assert!(error.contains("is locked by another process"), "{error}");
    other.execute("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    assert!(SqliteUsers::<User>::open(&path).await.is_ok(), "and can be used once it is free");
}

#[tokio::test]
async fn a_table_without_the_columns_is_named_and_left_alone() {
    let scratch = Scratch::new("columns");
    let path = scratch.file("users.db");
    let mut other = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
    other.execute("CREATE TABLE users (username TEXT, shoe_size INTEGER)").await.unwrap();
    other.close().await.unwrap();
    let error = refused(&path).await;
    assert!(error.contains("lacks the columns disabled, hashed_password"), "{error}");

    for (table, allowed) in [
        ("plain (username TEXT, disabled INTEGER, hashed_password TEXT)", false),
        ("both (username TEXT, disabled INTEGER, hashed_password TEXT, PRIMARY KEY (username, disabled))", false),
        ("alone (username TEXT UNIQUE, disabled INTEGER, hashed_password TEXT)", true),
    ] {
        let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        other.execute(sqlx::AssertSqlSafe(format!("CREATE TABLE {table}"))).await.unwrap();
        other.close().await.unwrap();
        let name = table.split(' ').next().unwrap();
        let opened = SqliteUsersOptions::default().table(name).open::<User>(&path).await;
        assert_eq!(opened.is_ok(), allowed, "{table}");
        if let Err(error) = opened {
            assert!(error.to_string().contains("is not unique"), "{error}");
        }
    }

    let elsewhere = SqliteUsersOptions::default().table("accounts").open::<User>(&path).await.unwrap();
    assert_eq!(elsewhere.count().await.unwrap(), 0);
    let error = SqliteUsersOptions::default().table("x; DROP").open::<User>(&path).await.unwrap_err().to_string();
    assert!(error.contains("cannot be the name of a table"), "{error}");
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let scratch = Scratch::new("nowhere");
    let error = refused(&scratch.file("no/such/directory/users.db")).await;
    assert!(error.contains("cannot be opened: does its directory exist"), "{error}");
    let error =
        SqliteUsersOptions::default().existing().open::<User>(scratch.file("new.db")).await.unwrap_err().to_string();
    assert!(error.contains("cannot be opened"), "{error}");
    assert!(!scratch.file("new.db").exists());
}

/// Root may write everything, so that the file system itself has to be read-only: an immutable one, or a directory of
/// another user's. Where neither can be had, SQLite's own switch stands in.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let scratch = Scratch::new("readonly");
    let path = scratch.file("users.db");
    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    users.insert(&user("johndoe", "secret", false)).await.unwrap();
    users.close().await;
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::OpenOptions::new().append(true).open(&path).is_ok() {
        // This user may write it all the same: nothing to see here.
        return;
    }
    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    let error = users.insert(&user("alice", "secret", false)).await.unwrap_err().to_string();
    assert!(error.contains("read-only"), "{error}");
}

#[tokio::test]
async fn a_value_of_a_wrong_kind_is_an_error_and_never_a_user() {
    let scratch = Scratch::new("kind");
    let path = scratch.file("users.db");
    let users = SqliteUsers::<User>::open(&path).await.unwrap();
    users.insert(&user("johndoe", "secret", true)).await.unwrap();
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    other.execute("UPDATE users SET disabled = 'no'").await.unwrap();
    let error = users.find("johndoe").await.unwrap_err().to_string();
    assert!(error.contains("the column disabled") && error.contains("0 or 1"), "{error}");
    other.execute("UPDATE users SET disabled = 2").await.unwrap();
    let error = users.find("johndoe").await.unwrap_err().to_string();
    assert!(error.contains("the column disabled") && error.contains("0 or 1"), "{error}");

    // Where a field may be empty, too: what cannot be read is not taken for absent.
    let path = scratch.file("full.db");
    let users = SqliteUsers::<Full>::open(&path).await.unwrap();
    users.insert(&full("johndoe")).await.unwrap();
    let mut other = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    other.execute("UPDATE users SET disabled = 'yes'").await.unwrap();
    let error = users.find("johndoe").await.unwrap_err().to_string();
    assert!(error.contains("the column disabled"), "{error}");
}
