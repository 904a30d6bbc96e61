//! The program `auth`, as an administrator or a script runs it.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use auth_runtime::{
    Auth, AuthBuilder, ClientStore, RedisRevocations, RevocationStore, Secret, SecureRouter, SigningKey, SigningKeys,
    SqliteStore, prelude::*,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::server::TestServer;

use crate::{process::Scratch, programs::simple_oauth2};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_auth");
const LONGEST_TOKEN: u64 = 24 * 60 * 60 + 120;

/// Where it runs, and on which database.
struct Desk {
    scratch: Scratch,
    database: String,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        Self { scratch: Scratch::new(), database: "sqlite:users.db".to_owned() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&self.scratch.0).args(arguments).env("DATABASE_URL", &self.database);
        command.env_remove("REDIS_URL").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it, with this on stdin.
    fn run_with(&self, stdin: &[u8], arguments: &[&str]) -> Said {
        said(self.command(arguments), stdin)
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(b"", arguments)
    }

    /// What it prints when it works.
    fn done(&self, arguments: &[&str]) -> String {
        self.run(arguments).done()
    }

    fn add(&self, name: &str) {
        self.run_with(b"shoal-of-swordfish\n", &["users", "add", name]).done();
    }

    fn list(&self, subject: &str) -> Vec<Value> {
        let text = self.done(&[subject, "list", "--json"]);
        serde_json::from_str(&text).unwrap()
    }

    fn user(&self, name: &str) -> Option<Value> {
        self.list("users").into_iter().find(|user| user["username"] == name)
    }

    async fn store(&self) -> SqliteStore {
        SqliteStore::open(self.scratch.0.join("users.db")).await.unwrap()
    }

    /// The builder of an application on the same file.
    async fn app(&self) -> AuthBuilder<simple_oauth2::User> {
        let store = self.store().await;
        let users = SqliteUsers::open(self.scratch.0.join("users.db")).await.unwrap();
        Auth::builder(users).sessions(store.clone()).clients(store)
    }
}

fn said(mut command: Command, stdin: &[u8]) -> Said {
    let mut child = command.spawn().unwrap();
    // It may have ended without reading.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(!err.contains("panicked"), "{err}");
    for secret in ["shoal-of-swordfish", "field-of-sunflowers", "$argon2"] {
        assert!(!out.contains(secret) && !err.contains(secret), "{out}{err}");
    }
    Said { code: status.code(), out, err }
}

impl Said {
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// It said this, and nothing on stdout.
    fn refused(self, code: i32, text: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(self.err.starts_with("error: ") && self.err.contains(text), "{}", self.err);
    }
}

async fn serve(auth: Auth<simple_oauth2::User>) -> TestServer {
    let app: SecureRouter = simple_oauth2::app(auth);
    TestServer::start(app).await
}

fn signing_key() -> SigningKey {
    SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn life_of_a_user(desk: &Desk, name: &str) {
    let details = ["users", "add", name, "--email", "john@example.com", "--full-name", "John Doe", "--password-stdin"];
    let added = desk.run_with(b"shoal-of-swordfish\nanother line\n", &details);
    assert!(added.err.contains(&format!("Added the user {name}.")), "{}", added.err);
    assert_eq!(added.done(), "");
    let mut user = json!({"username": name, "email": "john@example.com", "full_name": "John Doe", "disabled": false});
    assert_eq!(desk.user(name), Some(user.clone()), "and the hash is not listed");

    desk.run_with(b"shoal-of-swordfish\n", &["users", "add", name]).refused(1, "already: choose another name");
    desk.done(&["users", "disable", name]);
    user["disabled"] = true.into();
    assert_eq!(desk.user(name), Some(user));
    let listed = desk.done(&["users", "list"]);
    let line = listed.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    assert!(line.ends_with("John Doe   john@example.com  disabled"), "{listed}");
    desk.done(&["users", "enable", name]);
    assert_eq!(desk.user(name).unwrap()["disabled"], false);
    desk.run_with(b"field-of-sunflowers", &["users", "password", name]).done();
    desk.done(&["users", "logout", name]);
    desk.done(&["users", "delete", name]);
    assert_eq!(desk.user(name), None);

    for command in ["disable", "enable", "password", "logout", "delete"] {
        desk.run_with(b"field-of-sunflowers\n", &["users", command, name])
            .refused(1, &format!("there is no user named {name}"));
    }
}

fn life_of_a_client(desk: &Desk, id: &str) {
    let add = ["clients", "add", id, "--scope", "invoices", "--scope", "items:read", "--client-credentials"];
    let added = desk.run(&add);
    assert!(added.err.contains("it is not shown again") && !added.err.contains(added.out.trim()), "{}", added.err);
    let secret = added.done();
    assert!(secret.len() == 44 && secret.ends_with('\n'), "the secret and nothing else: {secret:?}");
    desk.run(&add).refused(1, &format!("there is a client {id} already"));
    let find = || desk.list("clients").into_iter().find(|client| client["id"] == id);
    let client = |disabled: bool| {
        json!({"id": id, "public": false, "scopes": ["invoices", "items:read"], "client_credentials": true,
            "introspection": false, "disabled": disabled})
    };
    assert_eq!(find(), Some(client(false)));
    desk.done(&["clients", "disable", id]);
    assert_eq!(find(), Some(client(true)));
    let listed = desk.done(&["clients", "list"]);
    assert!(listed.contains("  confidential, client credentials  disabled  invoices items:read\n"), "{listed}");
    desk.done(&["clients", "enable", id]);
    assert_eq!(find(), Some(client(false)));
    desk.done(&["clients", "delete", id]);
    assert_eq!(find(), None);
    for command in ["disable", "enable", "delete"] {
        desk.run(&["clients", command, id]).refused(1, &format!("there is no client {id}"));
    }
}

#[test]
fn the_life_of_a_user_in_sqlite() {
    let desk = Desk::new();
    let added = desk.run_with(b"shoal-of-swordfish\n", &["users", "add", "alice", "--disabled"]);
    assert!(added.err.starts_with("users.db is a new database.\nAdded the user alice, disabled:"), "{}", added.err);
    life_of_a_user(&desk, "johndoe");
    let names: Vec<Value> = desk.list("users").into_iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["alice"]);
    assert_eq!(desk.done(&["users", "list"]), "NAME   FULL NAME  EMAIL  STATE\nalice                    disabled\n");
    #[cfg(unix)]
    assert_eq!(mode(&desk, "users.db"), 0o600, "it holds password hashes");
}

#[test]
fn the_life_of_a_client_in_sqlite() {
    let desk = Desk::new();
    desk.done(&["clients", "add", "app", "--public"]);
    life_of_a_client(&desk, "billing");
    assert_eq!(desk.done(&["clients", "list"]), "ID   KIND    STATE   SCOPES\napp  public  active\n");
    desk.run(&["clients", "add", "app2", "--public", "--client-credentials"]).refused(2, "cannot be used with");
    for scope in ["a b", "", "\"", "ä"] {
        desk.run(&["clients", "add", "app2", "--scope", scope]).refused(2, "a scope has letters");
    }
    desk.run(&["clients", "add", "my app"]).refused(2, "an identifier has letters");
    assert_eq!(desk.list("clients").len(), 1);
}

/// Runs where `DATABASE_URL` names a PostgreSQL.
#[test]
fn both_lives_in_postgres() {
    let Some(database) = std::env::var("DATABASE_URL").ok().filter(|url| url.starts_with("postgres")) else { return };
    let desk = Desk { scratch: Scratch::new(), database };
    life_of_a_user(&desk, &format!("johndoe-{}", std::process::id()));
    life_of_a_client(&desk, &format!("billing-{}", std::process::id()));
}

#[test]
fn lists_of_nobody_and_of_many() {
    let desk = Desk::new();
    desk.add("johndoe");
    desk.done(&["users", "delete", "johndoe"]);
    let empty = desk.run(&["users", "list"]);
    assert!(empty.err.contains("There are no users: `auth users add NAME`"), "{}", empty.err);
    assert_eq!(empty.done(), "");
    assert_eq!((desk.list("users").len(), desk.list("clients").len()), (0, 0));
}

/// The columns of the program's users.
#[derive(AuthUser, Clone)]
struct Row {
    #[auth(username)]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

/// More users than are read at once, and one who chose a name for the administrator's terminal.
#[tokio::test]
async fn many_users_are_listed_and_none_commands_the_terminal() {
    let desk = Desk::new();
    desk.add("a-first");
    let users = SqliteUsers::<Row>::open(desk.scratch.0.join("users.db")).await.unwrap();
    let row = |username: String| Row {
        username,
        email: None,
        full_name: Some("\u{1b}]0;title\u{7}".to_owned()),
        disabled: false,
        hashed_password: PasswordHash::from_stored("unused"),
    };
    for number in 0..1000 {
        users.insert(&row(format!("user-{number:04}"))).await.unwrap();
    }
    users.insert(&row("z\u{1b}[2Jadmin".to_owned())).await.unwrap();
    let listed = desk.done(&["users", "list"]);
    assert_eq!(listed.lines().count(), 1 + 1002);
    assert!(listed.chars().all(|c| c == '\n' || !c.is_control()) && listed.contains(r"z\u{1b}[2Jadmin"));
    assert_eq!(desk.list("users").len(), 1002);
}

#[test]
fn passwords_that_cannot_be_set_change_nothing() {
    let desk = Desk::new();
    desk.add("johndoe");
    let long = "x".repeat(1025);
    let endless = "x".repeat(1 << 20);
    for (stdin, text) in [
        (b"".as_slice(), "there is no password on stdin"),
        (b"\n", "15 characters or more"),
        (b"short\n", "15 characters or more"),
        (b"7 signs\r\n", "15 characters or more"),
        (long.as_bytes(), "1024 bytes at most"),
        (endless.as_bytes(), "1024 bytes at most"),
        (b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\n", "no text in UTF-8"),
    ] {
        desk.run_with(stdin, &["users", "add", "alice"]).refused(1, text);
        desk.run_with(stdin, &["users", "password", "johndoe"]).refused(1, text);
    }
    assert_eq!(desk.list("users").len(), 1);
    desk.run(&["users", "add", "alice", "correct horse"]).refused(2, "unexpected argument");
    for name in ["", " alice", "ali\nce", "\u{202e}alice"] {
        desk.run_with(b"shoal-of-swordfish\n", &["users", "add", name]).refused(2, "a name is not empty");
    }
}

#[test]
fn databases_that_cannot_be_used_are_named() {
    let mut desk = Desk::new();
    desk.run(&["users", "list"]).refused(1, "there is no file users.db: is the path right?");
    desk.run(&["clients", "list"]).refused(1, "`auth clients add` makes a new one");
    assert!(!desk.scratch.0.join("users.db").exists(), "and none is made");
    for (database, code, text) in [
        ("", 2, "which database?"),
        ("mysql://root:hunter22@db/app", 2, "of no database that is known"),
        ("users.txt", 2, "of no database that is known"),
        ("sqlite:", 2, "is a file"),
        ("sqlite::memory:", 2, "is a file"),
        ("sqlite://users.db?mode=rwc", 2, "is a file"),
        ("sqlite:missing/users.db", 1, "there is no file missing/users.db"),
        ("postgres://app:hunter22@db:port/app", 1, "it looks like postgres://"),
        ("postgres://app:hunter22@127.0.0.1:1/app", 1, "127.0.0.1:1 is"),
    ] {
        database.clone_into(&mut desk.database);
        let said = desk.run(&["users", "list"]);
        assert!(!said.err.contains("hunter22"), "{}", said.err);
        said.refused(code, text);
    }
    let help = desk.done(&["users", "list", "--help"]);
    assert!(help.contains("DATABASE_URL") && !help.contains("hunter22"), "{help}");

    // An argument comes before the environment.
    desk.run_with(b"shoal-of-swordfish\n", &["users", "--database", "sqlite://other.db", "add", "alice"]).done();
    assert!(desk.done(&["users", "list", "--database", "other.db"]).contains("alice"));

    let mut unset = desk.command(&["users", "list"]);
    unset.env_remove("DATABASE_URL");
    said(unset, b"").refused(2, "which database?");

    let notes = "notes, not a database\n".repeat(100);
    fs::write(desk.scratch.0.join("notes.db"), &notes).unwrap();
    desk.database = "notes.db".to_owned();
    for command in [["users", "list"].as_slice(), &["clients", "list"], &["users", "add", "alice"]] {
        desk.run_with(b"shoal-of-swordfish\n", command).refused(1, "notes.db is not an SQLite database");
    }
    assert_eq!(fs::read_to_string(desk.scratch.0.join("notes.db")).unwrap(), notes);

    // A database of clients alone is not given a table of users by a question about them.
    desk.database = "clients.db".to_owned();
    desk.done(&["clients", "add", "app", "--public"]);
    desk.run(&["users", "list"]).refused(1, "clients.db has no table users");
}

/// The servers would go on letting in whom they do not see revoked.
#[test]
fn without_its_redis_nothing_is_changed() {
    let desk = Desk::new();
    desk.add("johndoe");
    let redis = ["--redis", "redis://127.0.0.1:1"];
    let disable = desk.run(&[["users", "disable", "johndoe"].as_slice(), &redis].concat());
    disable.refused(1, "Redis cannot be reached");
    assert_eq!(desk.user("johndoe").unwrap()["disabled"], false);
    assert!(desk.done(&[["users", "list"].as_slice(), &redis].concat()).contains("johndoe"), "a list needs none");
}

#[tokio::test]
async fn who_is_shut_out_is_refused_with_the_token_that_is_out() {
    let desk = Desk::new();
    desk.add("johndoe");
    let store = desk.store().await;
    let signed = desk.app().await.signing_key(signing_key()).revocations(store.clone()).build().unwrap();
    let kept = desk.app().await.opaque_tokens().build().unwrap();
    for server in [serve(signed).await, serve(kept).await] {
        let form = |password: &str| format!("username=johndoe&password={password}");
        let log_in = async |password: &str| {
            let answer = server.post_form("/token", &form(password)).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let token = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
            (token("access_token"), token("refresh_token"))
        };
        let status = async |token: &str| server.get_as("/users/me", token).await.status;
        let can_log_in = async |password: &str| server.post_form("/token", &form(password)).await.status == 200;
        let is_renewed = async |token: &str| {
            let form = format!("grant_type=refresh_token&refresh_token={token}");
            server.post_form("/token", &form).await.status == 200
        };

        let (access, refresh) = log_in("shoal-of-swordfish").await;
        assert_eq!(status(&access).await, 200);
        desk.done(&["users", "logout", "johndoe"]);
        assert_eq!((status(&access).await, is_renewed(&refresh).await), (401, false), "logged out");

        let (access, refresh) = log_in("shoal-of-swordfish").await;
        desk.run_with(b"field-of-sunflowers\n", &["users", "password", "johndoe"]).done();
        assert_eq!((status(&access).await, is_renewed(&refresh).await), (401, false), "another password");
        assert!(!can_log_in("shoal-of-swordfish").await);

        let (access, refresh) = log_in("field-of-sunflowers").await;
        desk.done(&["users", "disable", "johndoe"]);
        assert_eq!((status(&access).await, is_renewed(&refresh).await), (401, false), "disabled");
        assert!(!can_log_in("field-of-sunflowers").await);
        desk.done(&["users", "enable", "johndoe"]);
        assert_eq!(status(&access).await, 401, "what was out before stays refused");

        let (access, refresh) = log_in("field-of-sunflowers").await;
        desk.done(&["users", "delete", "johndoe"]);
        desk.add("johndoe");
        assert_eq!((status(&access).await, is_renewed(&refresh).await), (401, false), "another user of this name");
        assert_eq!(status(&log_in("shoal-of-swordfish").await.0).await, 200);
    }
    // Whatever lifetime and leeway a server has.
    let revoked = store.revoked(0).await.unwrap();
    assert!(revoked.len() >= 4 && revoked.iter().all(|(_, until)| *until > now() - 60 + LONGEST_TOKEN), "{revoked:?}");
}

/// Runs where `REDIS_URL` names a Redis.
#[tokio::test]
async fn servers_that_ask_redis_are_told() {
    let Ok(redis) = std::env::var("REDIS_URL") else { return };
    let desk = Desk::new();
    desk.add("johndoe");
    let revocations = RedisRevocations::in_front_of(desk.store().await, &redis).await.unwrap();
    let server = serve(desk.app().await.signing_key(signing_key()).revocations(revocations).build().unwrap()).await;
    for command in ["logout", "disable"] {
        let access = server.log_in("/token", "username=johndoe&password=shoal-of-swordfish").await;
        assert_eq!(server.get_as("/users/me", &access).await.status, 200);
        desk.done(&["users", command, "johndoe", "--redis", &redis]);
        assert_eq!(server.get_as("/users/me", &access).await.status, 401, "{command}");
    }
}

#[tokio::test]
async fn a_client_uses_the_secret_that_was_printed() {
    let desk = Desk::new();
    desk.add("johndoe");
    let secret = desk.done(&["clients", "add", "billing", "--scope", "invoices", "--client-credentials"]);
    let client = desk.store().await.find_client("billing").await.unwrap().unwrap();
    assert!(client.has_secret(&Secret::new(secret.trim_end())));
    let server = serve(desk.app().await.signing_key(signing_key()).build().unwrap()).await;
    let form = format!("grant_type=client_credentials&client_id=billing&client_secret={}", secret.trim_end());
    let ask = async || server.post_form("/token", &form).await;
    assert_eq!(ask().await.json()["scope"], "invoices");
    desk.done(&["clients", "disable", "billing"]);
    assert_eq!(ask().await.status, 401);
    desk.done(&["clients", "enable", "billing"]);
    assert_eq!(ask().await.status, 200, "with the same secret");
    desk.done(&["clients", "delete", "billing"]);
    assert_eq!(ask().await.status, 401);
}

/// A secret that went nowhere, and a list that somebody reads the beginning of.
#[cfg(target_os = "linux")]
#[test]
fn what_nobody_can_read() {
    let desk = Desk::new();
    desk.add("johndoe");
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let into = |arguments: &[&str], stdout: Stdio| {
        let mut command = desk.command(arguments);
        command.stdout(stdout);
        said(command, b"")
    };
    into(&["clients", "add", "billing"], full().into()).refused(1, "cannot be written to stdout");
    into(&["users", "list"], full().into()).refused(1, "cannot be written to stdout");
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    into(&["clients", "add", "billing"], closed().into()).refused(1, "nobody read the client's secret");
    assert!(desk.list("clients").is_empty());
    let list = into(&["users", "list"], closed().into());
    assert_eq!((list.code, list.err.as_str()), (Some(0), ""));
}

#[cfg(unix)]
fn mode(desk: &Desk, file: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(desk.scratch.0.join(file)).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn keys_are_rotated_under_a_running_server() {
    let desk = Desk::new();
    desk.add("johndoe");
    let path = desk.scratch.0.join("keys.json");
    let first = desk.done(&["keys", "rotate", "keys.json"]);
    #[cfg(unix)]
    assert_eq!(mode(&desk, "keys.json"), 0o600);
    let server = async || {
        let keys = SigningKeys::from_file(&path).unwrap();
        serve(desk.app().await.signing_keys(keys).build().unwrap()).await
    };
    let log_in =
        async |server: &TestServer| server.log_in("/token", "username=johndoe&password=shoal-of-swordfish").await;
    let status = async |server: &TestServer, token: &str| server.get_as("/users/me", token).await.status;
    let running = server().await;
    let before = log_in(&running).await;
    assert_eq!(format!("{}\n", kid(&before)), first);

    let second = desk.done(&["keys", "rotate", "keys.json", "--algorithm", "es256", "--begins-in", "0s"]);
    let started = server().await;
    let after = log_in(&started).await;
    assert_eq!(format!("{}\n", kid(&after)), second);
    assert_eq!((status(&started, &before).await, status(&started, &after).await), (200, 200));
    // A server that has not read the new key does so when it meets it, though not more than once a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!((status(&running, &before).await, status(&running, &after).await), (200, 200));

    desk.done(&["keys", "remove", "keys.json", first.trim_end()]);
    let restarted = server().await;
    assert_eq!((status(&restarted, &before).await, status(&restarted, &after).await), (401, 200));
    #[cfg(unix)]
    assert_eq!(mode(&desk, "keys.json"), 0o600);
}

fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_file_is_listed_and_is_never_left_without_a_key_that_signs() {
    let desk = Desk::new();
    let list = || -> Vec<Value> { serde_json::from_str(&desk.done(&["keys", "list", "keys.json", "--json"])).unwrap() };
    let rotate = |arguments: &[&str]| {
        let said = desk.run(&[["keys", "rotate", "keys.json"].as_slice(), arguments].concat());
        (said.err.clone(), said.done().trim_end().to_owned())
    };
    let (note, first) = rotate(&["--algorithm", "HS256"]);
    assert_eq!(note, "Made keys.json with this HS256 key, which signs from now on.\n");
    desk.run(&["keys", "remove", "keys.json", &first]).refused(1, "has no other key that signs now: rotate first");

    let (note, second) = rotate(&["--begins-in", "10m", "--keeps-others-for", "2d"]);
    assert!(note.contains("signs in 10m; tokens of the other keys are accepted for 2d after that"), "{note}");
    let listed = desk.done(&["keys", "list", "keys.json"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[1].starts_with(&first) && lines[1].contains("  HS256      signs, and ends in 2d"), "{listed}");
    assert!(lines[2].starts_with(&second) && lines[2].contains("  EdDSA      signs in "), "{listed}");
    let begins = list()[1]["begins_at"].as_u64().unwrap();
    let [of_first, of_second] = <[Value; 2]>::try_from(list()).unwrap();
    let ends = json!(begins + 2 * 86_400);
    assert_eq!((&of_first["kid"], &of_first["algorithm"]), (&json!(first), &json!("HS256")));
    assert_eq!((&of_first["ends_at"], &of_first["signs"]), (&ends, &json!(true)));
    assert_eq!((&of_second["ends_at"], &of_second["signs"]), (&Value::Null, &json!(false)));
    desk.run(&["keys", "remove", "keys.json", &first]).refused(1, "has no other key that signs now: rotate first");
    assert_eq!(list().len(), 2);

    let (note, third) = rotate(&["--begins-in", "0s"]);
    assert!(note.contains("It signs from now on;"), "{note}");
    desk.done(&["keys", "remove", "keys.json", &first]);
    let kids: Vec<Value> = list().into_iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [third], "the second had signed nothing, and would have taken over from the third");
    assert_ne!(kids[0], json!(second));
    desk.run(&["keys", "remove", "keys.json", "-unknown"]).refused(1, "has no key \"-unknown\"");
    for arguments in [["--begins-in", "60"], ["--begins-in", "-1s"], ["--keeps-others-for", "soon"]] {
        let rotate = [["keys", "rotate", "keys.json"].as_slice(), &arguments].concat();
        let said = desk.run(&rotate);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
    }
    desk.run(&["keys", "rotate", "keys.json", "--algorithm", "RS256"]).refused(2, "it is EdDSA, ES256 or HS256");
    assert_eq!(list().len(), 1);
}

#[test]
fn key_files_that_cannot_be_used_are_named() {
    let desk = Desk::new();
    for command in [["keys", "list", "keys.json"].as_slice(), &["keys", "remove", "keys.json", "kid"]] {
        desk.run(command).refused(1, "there is no key file keys.json: is the path right?");
    }
    desk.run(&["keys", "rotate", "missing/keys.json"]).refused(1, "missing/keys.json cannot be written");
    let notes = "a note: field-of-sunflowers";
    fs::write(desk.scratch.0.join("notes.json"), notes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let set = |mode| {
            fs::set_permissions(desk.scratch.0.join("notes.json"), fs::Permissions::from_mode(mode)).unwrap();
        };
        set(0o644);
        desk.run(&["keys", "list", "notes.json"]).refused(1, "can be read by everyone on this machine: `chmod o=");
        set(0o600);
    }
    for command in ["list", "rotate"] {
        desk.run(&["keys", command, "notes.json"]).refused(1, "notes.json is no JWK Set");
    }
    assert_eq!(fs::read_to_string(desk.scratch.0.join("notes.json")).unwrap(), notes);
}

#[test]
fn each_command_explains_itself() {
    let mut desk = Desk::new();
    desk.database = "postgres://app:hunter22@db/app".to_owned();
    for (subject, commands) in [
        ("users", ["add", "list", "disable", "enable", "password", "delete", "logout"].as_slice()),
        ("clients", &["add", "list", "disable", "enable", "delete"]),
        ("keys", &["list", "rotate", "remove"]),
    ] {
        let overview = desk.done(&[subject, "--help"]);
        for command in commands {
            let help = desk.done(&[subject, command, "--help"]);
            assert!(overview.contains(&format!("  {command} ")), "{overview}");
            assert!(help.contains("Usage: ") && !help.contains("hunter22"), "{help}");
            assert_eq!(help.contains("--database"), subject != "keys", "{help}");
            assert_eq!(help.contains("--redis"), subject == "users", "{help}");
        }
        let said = desk.run(&[subject, "lst"]);
        assert!(said.code == Some(2) && said.err.contains("a similar subcommand exists: 'list'"), "{}", said.err);
    }
    assert_eq!(desk.run(&[]).code, Some(2));
    assert!(desk.done(&["--version"]).starts_with("auth "));
}
