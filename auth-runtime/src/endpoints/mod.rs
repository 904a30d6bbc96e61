//! Ready endpoints: OAuth's own, those of sessions, and those of accounts. Each is a router, to be merged or nested.
//!
//! ```
//! # use auth_runtime::{MemoryStore, Randomness, prelude::*};
//! # #[derive(AuthUser, Clone)]
//! # #[auth(always_active)]
//! # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
//! use auth_runtime::endpoints;
//!
//! # #[token_endpoint("/token")]
//! # async fn login(user: User, _form: PasswordRequestForm) -> Grant { Grant::to(user) }
//! # let store = MemoryStore::new();
//! let auth = Auth::builder(MemoryUsers::<User>::new())
//!     .signing_key(SigningKey::generate(&Randomness::default())?)
//!     .issuer("https://auth.example")
//!     .sessions(store.clone())
//!     .revocations(store.clone())
//!     .clients(store)
//!     .build()?;
//! let app: SecureRouter = SecureRouter::new()
//!     .mount(login)
//!     .merge(endpoints::oauth())
//!     .merge(endpoints::sessions())
//!     .nest("/account", endpoints::account())
//!     .with_state(auth);
//! let app: axum::Router = app.into_router()?;
//! # Ok::<(), BoxError>(())
//! ```

mod account;
mod administration;
mod form;
mod metadata;
mod oauth;
mod sessions;

pub use self::account::NewUser;
pub(crate) use self::{
    form::{Form, FormFields},
    metadata::metadata,
};
use crate::{
    auth::AuthState,
    guard::{Enforce, Protected},
    policy::NamedPolicy,
    router::SecureRouter,
};

/// The name under which the document lists them.
const MODULE: &str = module_path!();

/// OAuth's endpoints beside the token endpoint: `POST /revoke` (RFC 7009), `POST /introspect` (RFC 7662),
/// `GET /.well-known/jwks.json` (RFC 7517) and `GET /.well-known/oauth-authorization-server` (RFC 8414).
///
/// The metadata needs [`issuer`](crate::AuthBuilder::issuer) to be the URL under which all of this is reached. A client may
/// introspect tokens if it is registered for that ([`Client::introspection`](crate::Client::introspection)).
pub fn oauth<S: AuthState + Clone + 'static>() -> SecureRouter<S> {
    SecureRouter::new().mount(oauth::revoke::<S>).mount(oauth::introspect::<S>).mount(oauth::jwks::<S>).oauth_metadata()
}

/// `POST /logout`, `POST /logout/everywhere` and `GET /sessions`, for whoever has a token or a session's cookie.
pub fn sessions<S: AuthState + Clone + 'static>() -> SecureRouter<S> {
    SecureRouter::new().mount(sessions::logout::<S>).mount(sessions::logout_everywhere::<S>).mount(sessions::list::<S>)
}

/// What users do with their own accounts, each with a form: `POST /password` changes it, `POST /password/forgot` and
/// `POST /password/reset` replace one that is forgotten, `POST /email` and `POST /email/verify` show that an email
/// address is one's own, `POST /delete` removes the account.
///
/// Mails are sent by the application's [`Mailer`](crate::Mailer).
pub fn account<S: AuthState + Clone + 'static>() -> SecureRouter<S> {
    SecureRouter::new()
        .mount(account::change_password::<S>)
        .mount(account::forgot_password::<S>)
        .mount(account::reset_password::<S>)
        .mount(account::send_email_token::<S>)
        .mount(account::verify_email::<S>)
        .mount(account::delete::<S>)
}

/// What administrators do with the accounts of others: `POST /users/{username}/disable`, `/enable`, `/logout` and `/delete`.
/// `P` says who they are; there is no such router without it.
///
/// ```
/// # use auth_runtime::prelude::*;
/// # #[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
/// # enum Role { #[role("admin")] Admin }
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password)]
/// # struct User { #[auth(username)] name: String, #[auth(disabled)] disabled: bool, #[auth(roles)] role: Role }
/// #[policy(Role::Admin)]
/// struct Admins;
///
/// let router: SecureRouter<Auth<User>> = auth_runtime::endpoints::administration::<Admins, _>();
/// ```
pub fn administration<P: NamedPolicy, S>() -> SecureRouter<S>
where
    S: AuthState + Clone + 'static,
    Protected<(P,)>: Enforce<S>,
{
    SecureRouter::new()
        .group::<P>()
        .mount(administration::disable::<S>)
        .mount(administration::enable::<S>)
        .mount(administration::logout::<S>)
        .mount(administration::delete::<S>)
}

/// `POST /register`: anyone becomes a user, by a name that nobody has and a password. Whether a name is taken can be found out
/// here, as often as [`GuessingLimits::registration`](crate::GuessingLimits::registration) lets an address ask.
pub fn registration<S: AuthState<User: NewUser> + Clone + 'static>() -> SecureRouter<S> {
    SecureRouter::new().mount(account::register::<S>)
}
