//! Declarative security for [axum]: above a handler, an attribute says who may call it. Enforcement, route, OpenAPI
//! `security` and the Authorize button follow from that one line, checked by the compiler.
//!
//! ```no_run
//! use auth_runtime::prelude::*;
//!
//! #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
//! enum Scope {
//!     /// Read information about the current user.
//!     #[scope("me")]
//!     Me,
//! }
//!
//! #[derive(AuthUser, Clone, Serialize, ToSchema)]
//! struct User {
//!     #[auth(username)]
//!     username: String,
//!     #[auth(disabled)]
//!     disabled: bool,
//!     #[auth(password_hash)]
//!     #[serde(skip)]
//!     hashed_password: PasswordHash,
//! }
//!
//! /// Log in. By now the form is parsed, the user looked up and the password verified.
//! #[token_endpoint("/token")]
//! async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
//!     Grant::to(user).scopes(form.scopes)
//! }
//!
//! /// Your own profile.
//! #[get("/users/me")]
//! #[requires_active_user]
//! #[requires_scopes(Scope::Me)]
//! async fn read_users_me(user: User) -> Json<User> {
//!     Json(user)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), BoxError> {
//!     let auth = Auth::builder(SqliteUsers::<User>::open("users.db").await?)
//!         .signing_key(SigningKey::from_env("AUTH_SECRET")?)
//!         .build()?;
//!     let app = SecureRouter::new().mount(login).mount(read_users_me).docs("/docs").with_state(auth);
//!     Ok(serve("127.0.0.1:8000", app).await?)
//! }
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `serve` | yes | [`serve`], which binds an address and stops on Ctrl-C or SIGTERM |
//! | `sqlite` | yes | [`SqliteUsers`] and [`SqliteStore`]: everything in one SQLite file |
//! | `postgres` | no | `PostgresUsers` and `PostgresStore` |
//! | `sqlx` | no | `SqlxUsers`: a table of your own in any database of sqlx 0.9; `postgres` enables it |
//! | `redis` | no | `RedisRevocations` and `RedisCounters`: what is hot and shared, in Redis or Valkey |
//! | `eddsa`, `es256`, `rs256` | no | keys for Ed25519, for ECDSA with P-256, and for RSA |
//! | `ring` | no | verifies signatures of Ed25519, P-256 and RSA by ring rather than portable Rust: of P-256 and RSA several times as fast |
//! | `imported-passwords` | no | verifies hashes of bcrypt, PBKDF2 and scrypt; weaker and foreign hashes are replaced at the next login, except a plain bcrypt hash when the password is longer than 72 bytes |
//! | `metrics` | no | counts decisions through the `metrics` facade |
//! | `oidc` | no | `OidcProvider`: tokens of an OpenID Connect provider elsewhere |
//! | `testing` | no | [`testing`]: act as any user; for `[dev-dependencies]`, and refused in a build with optimisations |
//! | `swagger-ui` | yes | Swagger UI, embedded in the binary, for [`SecureRouter::docs`] |

// The derives name this crate by its name, in here too.
extern crate self as auth_runtime;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod address;
mod ambient;
mod auth;
mod boxed;
mod endpoint;
pub mod endpoints;
mod error;
mod extract;
mod form;
mod grant;
mod guard;
mod login;
#[cfg(feature = "oidc")]
mod oidc;
mod openapi;
mod password;
pub mod policy;
mod proof;
mod role;
mod router;
mod rules;
mod scheme;
mod scope;
mod secret;
#[cfg(feature = "serve")]
mod serve;
mod session_cookie;
mod shared;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod user;
mod watch;

pub use auth_macros::{
    AuthUser, Role, Scope, SecurityScheme, accept, authorize, delete, get, group, head, observe, options,
    overrides_group, patch, policy, post, post_authorize, predicate, public, put, requires, requires_active_user,
    requires_role, requires_scopes, requires_token, requires_user, token_endpoint, websocket,
};

#[cfg(feature = "oidc")]
pub use self::oidc::{OidcOptions, OidcProvider};
#[cfg(feature = "serve")]
pub use self::serve::{ServeError, Server, serve};
#[cfg(feature = "sqlx")]
pub use self::store::SqlxUsers;
#[cfg(feature = "postgres")]
pub use self::store::{PostgresOptions, PostgresStore, PostgresUsers};
#[cfg(feature = "redis")]
pub use self::store::{RedisCounters, RedisRevocations};
#[cfg(feature = "sqlite")]
pub use self::store::{Sqlite, SqliteStore, SqliteUsers, SqliteUsersOptions};
pub use self::{
    address::{ClientAddress, ForwardedHeader},
    ambient::{Clock, Randomness, RandomnessUnavailable},
    auth::{
        Auth, AuthBuilder, AuthState, ConfigError, GuessingLimits, Introspection, IssuedTokens, Mail, Mailer, NoUsers,
        SessionLifetime, VerifiedEmail,
    },
    boxed::BoxError,
    endpoint::Lint,
    error::{Answers, GrantFault, Profile, Refusal, Refuse, Refused, Rejection},
    extract::AccessToken,
    form::{FieldFault, FormFault, LoginForm, PasswordRequestForm, PasswordRequestFormStrict, Wrong},
    grant::{Grant, IntoGrant},
    password::{
        Argon2id, HashError, ParameterError, PasswordFault, PasswordHash, PasswordHasher, PasswordRules, PoolSize,
        Verdict,
    },
    proof::Authorized,
    role::{Role, RolesField},
    router::{AccessRow, AccessTable, RouterError, SecureRouter},
    scheme::{
        Authenticate, AuthorizationHeader, BasicCredentials, Credential, CredentialFault, Granted, HttpCredentials,
        IntoAuthenticated, Scheme, SecurityScheme,
    },
    scope::{RequestedScope, Scope},
    secret::Secret,
    session_cookie::Next,
    shared::Shared,
    store::{
        Client, ClientStore, Column, ColumnError, ColumnKind, ColumnRole, ColumnSpec, Counter, CounterStore,
        FoundToken, KeptToken, Lookup, MOST_REMEMBERED, MemoryStore, MemoryUsers, Pace, Record, RevocationStore,
        Session, SessionStore, StoreError, Taken, TokenDigest, TokenPurpose, UserStore, Value, WeakSecret,
    },
    token::{
        AccessClaims, Algorithm, IssuedToken, KeyError, KeyFile, KeyInfo, NewKey, SigningKey, SigningKeys, TokenError,
        TokenFault, TokenFormat, TokenRequest,
    },
    user::AuthUser,
    watch::{AuditEvent, AuditSink},
};

/// The programs in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What a program that declares its security has at hand: `use auth_runtime::prelude::*;`.
///
/// Nothing in it is insecure: a token format, a hasher or a store of your own is named in full.
pub mod prelude {
    pub use axum::Json;
    pub use serde::{Deserialize, Serialize};
    pub use utoipa::ToSchema;

    #[cfg(feature = "sqlite")]
    pub use crate::SqliteUsers;
    // An application's own `Scope` or `Role` hides the trait of that name, and must not hide its methods.
    pub use crate::{
        AccessToken, Auth, AuthState, AuthUser, Authorized, BasicCredentials, BoxError, Grant, HttpCredentials,
        MemoryUsers, PasswordHash, PasswordRequestForm, PasswordRequestFormStrict, Profile, Role, Scope, Secret,
        SecureRouter, SecurityScheme, SigningKey, accept, authorize, delete, get, group, head, observe, options,
        overrides_group, patch, policy, post, post_authorize, predicate, public, put, requires, requires_active_user,
        requires_role, requires_scopes, requires_token, requires_user, token_endpoint, websocket,
    };
    #[cfg(feature = "serve")]
    pub use crate::{ServeError, Server, serve};
    pub use crate::{role::Role as _, scope::Scope as _};
}
