//! `Auth`: what an application's guards and logins share.

mod accounts;
mod attempts;
mod builder;
mod clients;
mod guessing;
mod introspection;
#[cfg(test)]
mod kept;
mod mail;
mod no_users;
mod passwords;
mod refresh;
mod revocation;
mod sessions;
mod single_use;

use std::{
    fmt,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Once},
    task::Poll,
    time::Duration,
};

use axum::http::request::Parts;
use tokio::sync::Semaphore;

pub(crate) use self::passwords::LoggedIn;
pub use self::{
    accounts::VerifiedEmail,
    builder::{AuthBuilder, ConfigError},
    guessing::GuessingLimits,
    introspection::Introspection,
    mail::{Mail, Mailer},
    no_users::NoUsers,
    sessions::{IssuedTokens, SessionLifetime},
};
use self::{mail::AnyMailer, sessions::Sessions};
use crate::{
    address::ClientAddress,
    ambient::{Clock, Randomness},
    endpoint::{Endpoint, Takes},
    error::{Answers, Refusal},
    password::{HashingPool, PasswordHash, PasswordRules},
    policy::{Requirement, Rules, TOO_MANY},
    scheme::Authenticators,
    store::{
        AnyClientStore, AnyCounterStore, AnyRevocationStore, AnyUserStore, Lookup, StoreError, TokenPurpose, UserStore,
    },
    token::{AccessClaims, AnyTokenFormat, Jwk, Jwt, TokenError, TokenFault},
    user::AuthUser,
    watch::AuditEvent,
};

/// Users, tokens and passwords of an application, and how it answers. Cloning it is cheap and shares everything.
///
/// ```
/// use auth_runtime::{Auth, AuthUser, MemoryUsers, PasswordHash, Randomness, SigningKey};
///
/// #[derive(AuthUser, Clone)]
/// struct User {
///     #[auth(username)]
///     username: String,
///     #[auth(disabled)]
///     disabled: bool,
///     #[auth(password_hash)]
///     hashed_password: PasswordHash,
/// }
///
/// let auth = Auth::builder(MemoryUsers::<User>::new())
///     .signing_key(SigningKey::generate(&Randomness::default())?)
///     .build()?;
/// # Ok::<(), auth_runtime::BoxError>(())
/// ```
pub struct Auth<U>(Arc<Inner<U>>);

struct Inner<U> {
    users: Box<dyn AnyUserStore<U>>,
    tokens: Tokens,
    pool: HashingPool,
    /// Verified where there is no hash to verify, so that an unknown user costs what a known one does.
    decoy: PasswordHash,
    answers: Arc<Answers>,
    authenticators: Authenticators,
    sessions: Option<Arc<Sessions>>,
    revocations: Option<Box<dyn AnyRevocationStore>>,
    clients: Option<Box<dyn AnyClientStore>>,
    counters: Box<dyn AnyCounterStore>,
    guessing: GuessingLimits,
    password_rules: PasswordRules,
    mailer: Option<Arc<dyn AnyMailer>>,
    /// How many more mails may be under way.
    mails: Arc<Semaphore>,
    store_timeout: Duration,
    /// Whether it was said that addresses are not known.
    said_no_address: Once,
    /// Whether it was said that there is a proxy which is not configured.
    said_proxy: Once,
    clock: Clock,
    randomness: Randomness,
}

enum Tokens {
    /// There are none: all credentials are those of security schemes.
    None,
    /// Kept with the sessions.
    Opaque {
        lifetime: Duration,
    },
    Jwt(Box<Jwt>),
    Custom(Box<dyn AnyTokenFormat>),
}

impl<U> Clone for Auth<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<U> fmt::Debug for Auth<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("answers", &self.0.answers).finish_non_exhaustive()
    }
}

/// A state that has an [`Auth`]: what a router's guarded handlers need of it.
///
/// `Auth<User>` is one itself. For a state of your own:
///
/// ```
/// # use auth_runtime::AuthUser;
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String }
/// use auth_runtime::{Auth, AuthState};
///
/// #[derive(Clone)]
/// struct AppState {
///     auth: Auth<User>,
///     greeting: &'static str,
/// }
///
/// impl AuthState for AppState {
///     type User = User;
///
///     fn auth(&self) -> &Auth<User> {
///         &self.auth
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` has no `Auth`",
    note = "give `.with_state(auth)` an `Auth<User>`, or implement `AuthState` for `{Self}`: `type User = User; fn auth(&self) -> &Auth<User> {{ &self.auth }}`"
)]
pub trait AuthState: Send + Sync {
    /// The user type of the application.
    type User: AuthUser;

    /// Its `Auth`.
    fn auth(&self) -> &Auth<Self::User>;
}

impl<U: AuthUser> AuthState for Auth<U> {
    type User = U;

    fn auth(&self) -> &Auth<U> {
        self
    }
}

impl<T: AuthState> AuthState for Arc<T> {
    type User = T::User;

    fn auth(&self) -> &Auth<T::User> {
        T::auth(self)
    }
}

/// An [`AuthState`] whose users are of type `U`.
#[diagnostic::on_unimplemented(
    message = "the users of the state `{Self}` are not of the type `{U}`",
    label = "this handler takes another user type than the state has",
    note = "take the user type of the router's `Auth<..>`, or mount this handler on a router whose state has users of type `{U}`"
)]
pub trait UsersOf<U: AuthUser>: Send + Sync {
    /// The `Auth` of these users.
    fn users_auth(&self) -> &Auth<U>;
}

impl<U: AuthUser, S: AuthState<User = U>> UsersOf<U> for S {
    fn users_auth(&self) -> &Auth<U> {
        self.auth()
    }
}

impl<U> Auth<U> {
    /// How this application answers.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// The same, to be kept.
    pub(crate) fn shared_answers(&self) -> Arc<Answers> {
        Arc::clone(&self.0.answers)
    }

    /// Where a request comes from, as its connection and the [trusted proxies](AuthBuilder::trusted_proxies) say.
    #[must_use]
    pub fn client_address(&self, parts: &Parts) -> ClientAddress {
        self.0.authenticators.client_address(parts)
    }

    /// Tells whoever watches.
    pub(crate) fn record(&self, event: &AuditEvent<'_>) {
        self.0.answers.watch.record(event);
    }

    pub(crate) fn authenticators(&self) -> &Authenticators {
        &self.0.authenticators
    }

    /// Why a handler cannot be served with this, if it cannot.
    pub(crate) fn problem<E: Endpoint>(&self, group: &[Requirement]) -> Option<String> {
        let rules = Rules { group, own: E::POLICY };
        let takes_token =
            |takes: &Takes| matches!(takes, Takes::User | Takes::OptionalUser | Takes::Token | Takes::OptionalToken);
        if matches!(self.0.tokens, Tokens::None) && (rules.needs_token() || E::TAKES.iter().any(takes_token)) {
            return Some(
                "it needs access tokens, and `Auth::without_users()` has none: begin with `Auth::builder(users)`"
                    .to_owned(),
            );
        }
        let taken = E::TAKES.iter().filter_map(|takes| match takes {
            Takes::Scheme(scheme) | Takes::OptionalScheme(scheme) => Some(*scheme),
            _ => None,
        });
        for scheme in rules.schemes().into_iter().chain(taken) {
            if !(scheme.has_authenticator)(&self.0.authenticators) {
                let name = scheme.name();
                return Some(format!(
                    "the security scheme {name} has no authenticator: add `.authenticator::<{name}>(function)` to the Auth"
                ));
            }
        }
        match rules.alternatives() {
            None => Some(TOO_MANY.to_owned()),
            Some(alternatives) if alternatives.is_empty() => {
                Some("its policy contradicts itself, so that nobody could ever call it".to_owned())
            }
            Some(_) => None,
        }
    }

    /// The public keys that access tokens are verified with: what is served as a JWK Set.
    pub(crate) fn public_keys(&self) -> Vec<Jwk> {
        match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.verifier.keys.current().public(self.0.clock.unix_seconds()),
            Tokens::None | Tokens::Opaque { .. } | Tokens::Custom(_) => Vec::new(),
        }
    }

    /// What a store says, within the time that it has.
    pub(crate) async fn within<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        // What is in memory answers at once, and needs no timer.
        let mut call = pin!(call);
        if let Poll::Ready(outcome) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
            return outcome;
        }
        let limit = self.0.store_timeout;
        let outcome = tokio::time::timeout(limit, call).await;
        outcome.unwrap_or_else(|_| Err(StoreError::new(format!("a store did not answer within {limit:?}"))))
    }

    /// The same, refused where it says nothing.
    pub(crate) async fn bounded<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, Refusal> {
        self.within(call).await.map_err(|error| unavailable("store.unavailable", &error))
    }
}

#[cfg(feature = "testing")]
impl<U> Auth<U> {
    /// A token that was good once; `None` for tokens that are not JWTs, whose format alone knows when they expire.
    pub(crate) fn issue_expired_token(&self, request: crate::token::TokenRequest<'_>) -> Option<crate::secret::Secret> {
        match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.issue_expired(request).ok().map(|issued| issued.token),
            Tokens::None | Tokens::Opaque { .. } | Tokens::Custom(_) => None,
        }
    }
}

impl<U: AuthUser> Auth<U> {
    /// Begins with the store of the users. A [`signing_key`](AuthBuilder::signing_key) or a
    /// [`token_format`](AuthBuilder::token_format) must follow.
    pub fn builder<S: UserStore<User = U>>(users: S) -> AuthBuilder<U> {
        AuthBuilder::new(Box::new(users))
    }

    pub(crate) async fn verify_token(&self, token: &str) -> Result<Arc<AccessClaims>, Refusal> {
        let claims = match &self.0.tokens {
            Tokens::None => return Err(Refusal::InvalidToken(TokenFault::Revoked)),
            Tokens::Opaque { .. } => return self.verify_kept(TokenPurpose::Access, token).await,
            Tokens::Jwt(jwt) => jwt.verifier.verify(token).await.map_err(Refusal::InvalidToken)?,
            Tokens::Custom(format) => self.verify_custom(format.as_ref(), token).await?,
        };
        self.unless_revoked(claims).await
    }

    /// What a token says that was verified before, whether or not it was revoked since; `None` where that takes more than a look.
    pub(crate) fn seen_before(&self, token: &[u8]) -> Option<Arc<AccessClaims>> {
        match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.verifier.seen_before(token),
            Tokens::None | Tokens::Opaque { .. } | Tokens::Custom(_) => None,
        }
    }

    /// Whether a token can have been revoked.
    pub(crate) fn asks_for_revocations(&self) -> bool {
        self.0.revocations.is_some()
    }

    /// The claims, unless they were revoked.
    pub(crate) async fn unless_revoked(&self, claims: Arc<AccessClaims>) -> Result<Arc<AccessClaims>, Refusal> {
        if self.asks_for_revocations() {
            self.check_revoked(&claims).await?;
        }
        Ok(claims)
    }

    async fn verify_custom(&self, format: &dyn AnyTokenFormat, token: &str) -> Result<Arc<AccessClaims>, Refusal> {
        let limit = self.0.store_timeout;
        let late = |_| Err(StoreError::new(format!("no token was verified within {limit:?}")).into());
        let verified = tokio::time::timeout(limit, format.verify(token)).await.unwrap_or_else(late);
        verified.map(Arc::new).map_err(|error| match error {
            TokenError::Invalid(fault) => Refusal::InvalidToken(fault),
            TokenError::Unavailable(error) => unavailable("token.verify_failed", &error),
        })
    }

    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<U>, Refusal> {
        self.bounded(self.0.users.find(username)).await
    }

    /// The same for the guard of a request: at once, or else to be [waited for](Self::bounded).
    pub(crate) fn find_shared(&self, username: &str) -> Lookup<'_, U> {
        self.0.users.find_shared(username)
    }
}

pub(crate) fn unavailable(event: &'static str, error: &StoreError) -> Refusal {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(event, %error, cause);
    Refusal::Unavailable
}
