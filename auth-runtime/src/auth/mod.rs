//! `Auth`: what an application's guards and logins share.

mod builder;
mod no_users;

use std::{fmt, sync::Arc};

pub use self::{
    builder::{AuthBuilder, ConfigError},
    no_users::NoUsers,
};
use crate::{
    endpoint::{Endpoint, Takes},
    error::{Answers, Profile, Refusal},
    password::{HashingPool, PasswordHash, PoolError, Verdict},
    policy::{Requirement, Rules, TOO_MANY},
    scheme::Authenticators,
    secret::Secret,
    store::{AnyUserStore, StoreError, UserStore},
    token::{AccessClaims, AnyTokenFormat, IssuedToken, Jwt, TokenError, TokenFault, TokenRequest},
    user::AuthUser,
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
}

enum Tokens {
    /// There are none: all credentials are those of security schemes.
    None,
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

    /// An access token, as a token endpoint issues it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if none can be made.
    pub async fn issue_token(&self, request: TokenRequest<'_>) -> Result<IssuedToken, Refusal> {
        let issued = match &self.0.tokens {
            Tokens::None => Err(StoreError::new("this application has no tokens")),
            Tokens::Jwt(jwt) => jwt.issue(request),
            Tokens::Custom(format) => format.issue(request).await,
        };
        issued.map_err(|error| unavailable("token.issue_failed", &error))
    }
}

#[cfg(feature = "testing")]
impl<U> Auth<U> {
    /// A token that was good once; `None` for tokens that are not JWTs, whose format alone knows when they expire.
    pub(crate) fn issue_expired_token(&self, request: TokenRequest<'_>) -> Option<Secret> {
        match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.issue_expired(request).ok().map(|issued| issued.token),
            Tokens::None | Tokens::Custom(_) => None,
        }
    }
}

impl<U: AuthUser> Auth<U> {
    /// Begins with the store of the users. A [`signing_key`](AuthBuilder::signing_key) or a
    /// [`token_format`](AuthBuilder::token_format) must follow.
    pub fn builder<S: UserStore<User = U>>(users: S) -> AuthBuilder<U> {
        AuthBuilder::new(Box::new(users))
    }

    /// The user whose password this is.
    ///
    /// Costs exactly one hash, whether the user exists or not. A stored hash with outdated parameters is replaced
    /// once its password is known to be right.
    ///
    /// # Errors
    /// [`Refusal::BadLogin`] for an unknown user, a wrong password or an unreadable hash, and for a disabled user in
    /// [`Profile::Standard`]; [`Refusal::Unavailable`] if the store is down or too many logins wait.
    pub async fn verify_login(&self, username: &str, password: &Secret) -> Result<U, Refusal> {
        let found = self.find_user(username).await;
        let known = matches!(found, Ok(Some(_)));
        let outcome = match found {
            Ok(user) => self.verify_user(user, password).await,
            Err(refusal) => Err(refusal),
        };
        match &outcome {
            Ok(user) => tracing::info!(event = "login.granted", user = ?user.username()),
            Err(refusal) if known => {
                tracing::info!(event = "login.refused", user = ?username, reason = refusal.event());
            }
            // Who is unknown is not named: people type passwords into the field for the username.
            Err(refusal) => tracing::info!(event = "login.refused", reason = refusal.event()),
        }
        outcome
    }

    async fn verify_user(&self, user: Option<U>, password: &Secret) -> Result<U, Refusal> {
        let stored = user.as_ref().and_then(AuthUser::password_hash).cloned();
        let verdict = match &stored {
            Some(hash) => self.verify_hash(password, hash).await?,
            None => None,
        };
        let Some(verdict) = verdict else {
            // Nothing was computed, for want of a hash that can be read: what it would have cost is spent on another.
            self.verify_hash(password, &self.0.decoy).await?;
            return Err(Refusal::BadLogin);
        };
        let (Some(user), Some(stored)) = (user, stored) else { return Err(Refusal::BadLogin) };
        if verdict == Verdict::Mismatch || (user.is_disabled() && self.0.answers.profile == Profile::Standard) {
            return Err(Refusal::BadLogin);
        }
        if verdict == Verdict::MatchOutdated {
            self.upgrade_hash(user.username(), &stored, password).await;
        }
        Ok(user)
    }

    /// `None` for a hash that cannot be read.
    async fn verify_hash(&self, password: &Secret, hash: &PasswordHash) -> Result<Option<Verdict>, Refusal> {
        match self.0.pool.verify(password.clone(), hash.clone()).await {
            Ok(verdict) => Ok(Some(verdict)),
            Err(PoolError::Busy) => {
                tracing::warn!(event = "login.busy", "too many logins wait for a hash");
                Err(Refusal::Unavailable)
            }
            Err(PoolError::Hash(error)) => {
                tracing::error!(event = "login.unreadable_hash", %error);
                Ok(None)
            }
        }
    }

    /// Failing to replace an outdated hash is no reason to refuse the login: it will be tried again at the next.
    async fn upgrade_hash(&self, username: &str, outdated: &PasswordHash, password: &Secret) {
        match self.0.pool.hash(password.clone()).await {
            Ok(hash) => match self.0.users.replace_password_hash(username, outdated, &hash).await {
                Ok(()) => tracing::info!(event = "password.upgraded", user = ?username),
                Err(error) => tracing::warn!(event = "password.upgrade_failed", user = ?username, %error),
            },
            Err(error) => tracing::warn!(event = "password.upgrade_failed", user = ?username, ?error),
        }
    }

    /// A hash of a new password, made on the pool, to be stored.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if too many logins wait, or without memory or randomness.
    pub async fn hash_password(&self, password: Secret) -> Result<PasswordHash, Refusal> {
        self.0.pool.hash(password).await.map_err(|error| {
            tracing::warn!(event = "password.hash_failed", ?error);
            Refusal::Unavailable
        })
    }

    pub(crate) async fn verify_token(&self, token: &str) -> Result<AccessClaims, Refusal> {
        let verified = match &self.0.tokens {
            Tokens::None => Err(TokenFault::Revoked.into()),
            Tokens::Jwt(jwt) => jwt.verify(token).map_err(TokenError::Invalid),
            Tokens::Custom(format) => format.verify(token).await,
        };
        verified.map_err(|error| match error {
            TokenError::Invalid(fault) => Refusal::InvalidToken(fault),
            TokenError::Unavailable(error) => unavailable("token.verify_failed", &error),
        })
    }

    pub(crate) async fn find_user(&self, username: &str) -> Result<Option<U>, Refusal> {
        self.0.users.find(username).await.map_err(|error| unavailable("store.unavailable", &error))
    }
}

pub(crate) fn unavailable(event: &'static str, error: &StoreError) -> Refusal {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(event, %error, cause);
    Refusal::Unavailable
}
