//! The application that the tests of the policy language ask: users with roles, and what each of them may do.

use auth_runtime::prelude::*;
use axum::http::request::Parts;
use tests::server::TestServer;

use crate::support::{key, token_of_users};

/// What a token may be used for.
#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Read.
    #[scope("items:read")]
    Read,
    /// Write, and read.
    #[scope("items:write", implies(Read))]
    Write,
    /// Everything about items.
    #[scope("items:*")]
    Everything,
    /// Something else.
    #[scope("other")]
    Other,
}

/// What a user is.
#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    #[role("admin", includes(Editor))]
    Admin,
    #[role("editor", includes(Author))]
    Editor,
    #[role("author")]
    Author,
    #[role("guest")]
    Guest,
}

#[derive(AuthUser, Clone)]
#[auth(no_password)]
pub(crate) struct User {
    #[auth(username)]
    pub(crate) name: String,
    #[auth(disabled)]
    pub(crate) disabled: bool,
    #[auth(roles)]
    pub(crate) roles: Vec<Role>,
    pub(crate) age: u8,
}

/// A key that is handed on.
#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
pub(crate) struct Key(pub(crate) Secret);

/// A service, known by name and password.
#[derive(SecurityScheme, Clone)]
#[security(basic, authenticate = check)]
pub(crate) struct Service(pub(crate) String);

pub(crate) async fn check(credentials: BasicCredentials) -> Result<String, &'static str> {
    if credentials.password == Secret::new("right") { Ok(credentials.username) } else { Err("No such service.") }
}

#[predicate]
pub(crate) fn older_than(user: &User, years: u8) -> bool {
    user.age > years
}

#[predicate]
pub(crate) async fn from_inside(request: &Parts) -> bool {
    request.headers.contains_key("x-inside")
}

#[policy(Role::Author && older_than(17))]
pub(crate) struct Grown;

#[policy(active_user && older_than(YEARS))]
pub(crate) struct OlderThan<const YEARS: u8>;

pub(crate) fn users() -> MemoryUsers<User> {
    let user = |name: &str, roles: &[Role], age, disabled| User {
        name: name.to_owned(),
        disabled,
        roles: roles.to_vec(),
        age,
    };
    MemoryUsers::from_iter([
        user("admin", &[Role::Admin], 50, false),
        user("editor", &[Role::Editor], 40, false),
        user("author", &[Role::Author, Role::Guest], 16, false),
        user("reader", &[], 30, false),
        user("former", &[Role::Admin], 60, true),
    ])
}

pub(crate) fn auth() -> Auth<User> {
    Auth::builder(users()).signing_key(key()).build().unwrap()
}

/// A server, and the header lines of its users.
pub(crate) struct Magazine {
    pub(crate) server: TestServer,
    pub(crate) auth: Auth<User>,
}

impl Magazine {
    pub(crate) async fn of(router: SecureRouter<Auth<User>>) -> Self {
        let auth = auth();
        Self { server: TestServer::start(router.with_state(auth.clone())).await, auth }
    }

    /// The status of a GET by this user.
    pub(crate) async fn status(&self, path: &str, user: &str, scopes: &[&str]) -> u16 {
        let token = token_of_users(&self.auth, user, scopes).await;
        self.server.get_as(path, &token).await.status
    }

    /// The same, asked once.
    pub(crate) async fn status_once(&self, path: &str, user: &str, scopes: &[&str]) -> u16 {
        let token = token_of_users(&self.auth, user, scopes).await;
        self.server.get_once_as(path, &token).await.status
    }

    /// Those of the users who may, by name.
    pub(crate) async fn who_may(&self, path: &str) -> Vec<&'static str> {
        let mut may = Vec::new();
        for user in ["admin", "editor", "author", "reader", "former"] {
            match self.status(path, user, &["items:read"]).await {
                200 => may.push(user),
                status => assert_eq!(status, 403, "{path} as {user}"),
            }
        }
        may
    }
}
