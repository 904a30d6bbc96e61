//! Who watches: every decision under its stable name, and nothing secret in any of them.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use auth_runtime::{
    Argon2id, AuditEvent, ClientAddress, GuessingLimits, MemoryStore, Pace, PasswordHasher, TokenRequest, prelude::*,
};
use tests::server::TestServer;

use crate::support::key;

#[derive(AuthUser, Clone)]
struct Member {
    #[auth(username)]
    name: String,
    #[auth(verified)]
    verified: bool,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: PasswordHash,
}

const PASSWORD: &str = "a password of some length";

fn member(name: &str, hash: PasswordHash) -> Member {
    Member { name: name.to_owned(), verified: false, disabled: false, hash }
}

#[token_endpoint("/token")]
async fn login(user: Member, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

#[token_endpoint("/page")]
async fn login_page(user: Member, _form: PasswordRequestForm) -> Grant {
    Grant::to(user).in_cookie(auth_runtime::Next::to("/"))
}

#[get("/me")]
#[requires_active_user]
async fn me() {}

#[get("/mine/{name}")]
#[requires_active_user]
#[authorize(name == user.name)]
async fn mine(user: Member, axum::extract::Path(name): axum::extract::Path<String>) {}

#[get("/observed")]
#[requires_active_user]
#[observe]
async fn observed() {}

#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<serde_json::Value>>>);

impl Journal {
    fn names(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }

    fn last(&self, event: &str) -> serde_json::Value {
        self.0.lock().unwrap().iter().rev().find(|one| one["event"] == event).cloned().unwrap_or_default()
    }
}

/// The names in the documentation of `AuditEvent`: what is in backquotes in the first column of its table.
fn documented() -> BTreeSet<String> {
    let source = include_str!("../../auth-runtime/src/watch.rs");
    let rows = source.lines().filter_map(|line| line.strip_prefix("/// | `"));
    let names = rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split(['`', ',', ' ']));
    names.filter(|name| name.contains('.')).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_decision_is_told_under_its_stable_name() {
    let journal = Journal::default();
    let sink = journal.clone();
    let store = MemoryStore::new();
    let users = MemoryUsers::new();
    let limits = GuessingLimits {
        account: Pace { free: u32::MAX, ..GuessingLimits::default().account },
        lock_after: 2,
        ..GuessingLimits::NONE
    };
    let auth = Auth::builder(users.clone())
        .signing_key(key())
        .sessions(store.clone())
        .revocations(store.clone())
        .clients(store.clone())
        .counters(store)
        .session_cookie()
        .guessing_limits(limits)
        .password_hasher(Argon2id::new(19_456, 3, 1).unwrap())
        .audit(move |event: &AuditEvent<'_>| sink.0.lock().unwrap().push(serde_json::to_value(event).unwrap()))
        .build()
        .unwrap();
    let app = SecureRouter::new()
        .mount(login)
        .mount(login_page)
        .mount(me)
        .mount(mine)
        .mount(observed)
        .with_state(auth.clone());
    let server = TestServer::start(app).await;
    // Of an earlier year, when two passes were enough.
    let outdated = Argon2id::default().hash(PASSWORD).unwrap();
    assert!(auth.register(&member("ann", outdated), ClientAddress::UNKNOWN).await.unwrap());

    // Logins, guards and rules.
    let form = format!("username=ann&password={PASSWORD}").replace(' ', "+");
    let answer = server.post_form("/token", &form).await.json();
    let (access, refresh) = (answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());
    assert_eq!(journal.last("login.granted")["user"], "ann");
    assert_eq!(journal.last("login.granted")["address"], "127.0.0.1");
    assert_eq!(server.post_form("/page", &form).await.status, 303);
    assert_eq!(server.get_as("/me", access).await.status, 200);
    let granted = journal.last("access.granted");
    assert_eq!((&granted["path"], &granted["user"]), (&"/me".into(), &"ann".into()));
    assert_eq!(server.get("/me").await.status, 401);
    assert_eq!(journal.last("access.refused")["reason"], "no_credentials");
    assert_eq!(server.get_as("/mine/bob", access).await.status, 403);
    assert_eq!(journal.last("access.refused")["path"], "/mine/bob");
    assert_eq!(server.get("/observed").await.status, 200);
    assert_eq!(server.post_form("/token", "username=ann&password=wrong").await.status, 400);
    assert_eq!(journal.last("login.refused")["reason"], "wrong_password");
    assert_eq!(server.post_form("/token", "username=ann").await.status, 400);
    let bad_form = journal.last("login.refused");
    assert_eq!((&bad_form["user"], &bad_form["address"]), (&serde_json::Value::Null, &"127.0.0.1".into()));
    let from = ClientAddress::UNKNOWN;
    for _ in 0..3 {
        assert!(auth.verify_login("nobody", &PASSWORD.into(), from).await.is_err());
    }
    assert_eq!(journal.last("login.refused")["reason"], "locked");
    assert_eq!(journal.last("login.refused")["user"], serde_json::Value::Null);

    // Tokens and sessions.
    assert_eq!(
        server.post_form("/token", "grant_type=password&client_id=nobody&username=a&password=b").await.status,
        401
    );
    assert_eq!(journal.last("client.refused")["client"], "nobody");
    let id = "n".repeat(255);
    let answer = server.post_form("/token", &format!("client_id={id}&username=a&password=b")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(journal.last("client.refused")["client"], serde_json::Value::Null, "what is longer than any name");
    let renewed = server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={refresh}")).await;
    assert_eq!(renewed.status, 200);
    for _ in 0..2 {
        server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={refresh}")).await;
    }
    let issued = auth.issue_token(TokenRequest::new("ann", &[])).await.unwrap().token;
    assert!(auth.revoke(&issued, None).await.is_ok());
    auth.end_session("some session").await.unwrap();

    // The life of a user.
    auth.change_password("ann", &PASSWORD.into(), "another long password".into(), from).await.unwrap();
    let reset = auth.password_reset_token("ann").await.unwrap().unwrap();
    auth.reset_password(&reset, PASSWORD.into(), from).await.unwrap();
    let shown = auth.email_token("ann", "ann@example.com").await.unwrap().unwrap();
    auth.verify_email(&shown).await.unwrap();
    auth.disable_user("ann").await.unwrap();
    assert!(auth.verify_login("ann", &PASSWORD.into(), from).await.is_err());
    assert_eq!(journal.last("login.refused")["reason"], "disabled");
    auth.enable_user("ann").await.unwrap();
    auth.set_password("ann", PASSWORD.into()).await.unwrap();
    auth.delete_user("ann").await.unwrap();
    let told = journal.names();
    let missing: Vec<_> = documented().difference(&told).cloned().collect();
    let unknown: Vec<_> = told.difference(&documented()).cloned().collect();
    assert_eq!((missing, unknown), (vec![], vec![]));
    let text = format!("{:?}", journal.0.lock().unwrap());
    for secret in [PASSWORD, access, refresh, reset.expose(), shown.expose(), "argon2id"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
