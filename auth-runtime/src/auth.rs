//! `Auth`: what an application's guards and logins share.

use std::{fmt, sync::Arc, time::Duration};

use axum::http::StatusCode;

use crate::{
    ambient::{Clock, Randomness},
    error::{Answers, Profile, Refusal, is_quotable},
    password::{Argon2id, HashError, HashingPool, PasswordHash, PasswordHasher, PoolError, PoolSize, Verdict},
    secret::Secret,
    store::{AnyUserStore, StoreError, UserStore},
    token::{
        AccessClaims, AnyTokenFormat, IssuedToken, Jwt, JwtSettings, SigningKey, TokenError, TokenFormat, TokenRequest,
    },
    user::AuthUser,
};

const DEFAULT_NAME: &str = "urn:auth-runtime";
const DEFAULT_LIFETIME: Duration = Duration::from_secs(30 * 60);
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const MOST_LEEWAY: Duration = Duration::from_secs(120);

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
    answers: Answers,
}

enum Tokens {
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

    /// An access token, as a token endpoint issues it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if none can be made.
    pub async fn issue_token(&self, request: TokenRequest<'_>) -> Result<IssuedToken, Refusal> {
        let issued = match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.issue(request),
            Tokens::Custom(format) => format.issue(request).await,
        };
        issued.map_err(|error| unavailable("token.issue_failed", &error))
    }
}

impl<U: AuthUser> Auth<U> {
    /// Begins with the store of the users. A [`signing_key`](AuthBuilder::signing_key) or a
    /// [`token_format`](AuthBuilder::token_format) must follow.
    pub fn builder<S: UserStore<User = U>>(users: S) -> AuthBuilder<U> {
        AuthBuilder {
            users: Box::new(users),
            format: None,
            key: None,
            jwt: JwtSettings {
                issuer: DEFAULT_NAME.to_owned(),
                audience: DEFAULT_NAME.to_owned(),
                lifetime: DEFAULT_LIFETIME,
                leeway: Duration::ZERO,
            },
            hasher: None,
            pool: PoolSize::default(),
            answers: Answers::default(),
            clock: Clock::default(),
            randomness: Randomness::default(),
        }
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
        let outcome = self.try_verify_login(username, password).await;
        match &outcome {
            Ok(user) => tracing::info!(event = "login.granted", user = ?user.username()),
            Err(refusal) => tracing::info!(event = "login.refused", user = ?username, reason = refusal.event()),
        }
        outcome
    }

    async fn try_verify_login(&self, username: &str, password: &Secret) -> Result<U, Refusal> {
        let user = self.find_user(username).await?;
        let stored = user.as_ref().and_then(AuthUser::password_hash);
        let has_password = stored.is_some();
        let hash = stored.unwrap_or(&self.0.decoy).clone();
        let verdict = match self.0.pool.verify(password.clone(), hash).await {
            Ok(verdict) => verdict,
            Err(PoolError::Busy) => {
                tracing::warn!(event = "login.busy", "too many logins wait for a hash");
                return Err(Refusal::Unavailable);
            }
            Err(PoolError::Hash(error)) => {
                tracing::error!(event = "login.unreadable_hash", user = ?username, %error);
                Verdict::Mismatch
            }
        };
        let user = match user {
            Some(user) if has_password && verdict != Verdict::Mismatch => user,
            _ => return Err(Refusal::BadLogin),
        };
        if user.is_disabled() && self.0.answers.profile == Profile::Standard {
            return Err(Refusal::BadLogin);
        }
        if verdict == Verdict::MatchOutdated {
            self.upgrade_hash(user.username(), password).await;
        }
        Ok(user)
    }

    /// Failing to replace an outdated hash is no reason to refuse the login: it will be tried again at the next.
    async fn upgrade_hash(&self, username: &str, password: &Secret) {
        match self.0.pool.hash(password.clone()).await {
            Ok(hash) => match self.0.users.set_password_hash(username, &hash).await {
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

fn unavailable(event: &'static str, error: &StoreError) -> Refusal {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(event, %error, cause);
    Refusal::Unavailable
}

/// Builds an [`Auth`].
#[must_use = "nothing is checked before `.build()`"]
pub struct AuthBuilder<U> {
    users: Box<dyn AnyUserStore<U>>,
    format: Option<Box<dyn AnyTokenFormat>>,
    key: Option<SigningKey>,
    jwt: JwtSettings,
    hasher: Option<Arc<dyn PasswordHasher>>,
    pool: PoolSize,
    answers: Answers,
    clock: Clock,
    randomness: Randomness,
}

impl<U: AuthUser> AuthBuilder<U> {
    /// The key that signs and verifies access tokens, which are then JWTs.
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.key = Some(key);
        self
    }

    /// A token format of the application's own, instead of JWTs.
    pub fn token_format(mut self, format: impl TokenFormat) -> Self {
        self.format = Some(Box::new(format));
        self
    }

    /// A password hasher of the application's own, instead of [`Argon2id`].
    pub fn password_hasher(mut self, hasher: impl PasswordHasher) -> Self {
        self.hasher = Some(Arc::new(hasher));
        self
    }

    /// How much hashing runs at once, and how much may wait.
    pub fn hashing_pool(mut self, size: PoolSize) -> Self {
        self.pool = size;
        self
    }

    /// How requests are refused and logins answered; [`Profile::Standard`] unless said.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.answers.profile = profile;
        self
    }

    /// The realm of challenges; `api` unless said.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.answers.realm = realm.into();
        self
    }

    /// `iss` of the tokens: the URL of this authorization server. Tokens of another issuer are refused.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.jwt.issuer = issuer.into();
        self
    }

    /// `aud` of the tokens: the URL of this API. Tokens for another audience are refused.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.jwt.audience = audience.into();
        self
    }

    /// How long a token is good for: 30 minutes unless said, 24 hours at most.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.jwt.lifetime = lifetime;
        self
    }

    /// How far the clocks of several servers may differ: not at all unless said, two minutes at most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.jwt.leeway = leeway;
        self
    }

    /// [`Profile::FastApi`] only: the status of a wrong username or password, 400 unless said. FastAPI's tutorial has 400
    /// in some chapters and 401 in others.
    pub fn fastapi_bad_login_status(mut self, status: StatusCode) -> Self {
        self.answers.bad_login = status;
        self
    }

    /// [`Profile::FastApi`] only: the `detail` that a bad token is answered with, `Could not validate credentials` unless
    /// said.
    pub fn fastapi_invalid_token_detail(mut self, detail: impl Into<String>) -> Self {
        self.answers.invalid_token = detail.into();
        self
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of randomness than the operating system, for tokens and salts.
    pub fn randomness(mut self, randomness: Randomness) -> Self {
        self.randomness = randomness;
        self
    }

    /// Checks everything, and makes one hash.
    ///
    /// # Errors
    /// [`ConfigError`] names what is missing or out of range.
    pub fn build(self) -> Result<Auth<U>, ConfigError> {
        if !is_quotable(&self.answers.realm) {
            return Err(ConfigError::new("the realm holds a quote, a backslash or a character beyond printable ASCII"));
        }
        if !matches!(self.answers.bad_login, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
            return Err(ConfigError::new("a bad login is answered with 400 or 401, nothing else"));
        }
        let tokens = match (self.format, self.key) {
            (Some(format), None) => Tokens::Custom(format),
            (None, Some(key)) => {
                let JwtSettings { issuer, audience, lifetime, leeway } = &self.jwt;
                if issuer.is_empty() || audience.is_empty() {
                    return Err(ConfigError::new("the issuer or the audience is empty"));
                }
                if lifetime.as_secs() == 0 || *lifetime > LONGEST_LIFETIME {
                    return Err(ConfigError::new("the lifetime of tokens is between one second and 24 hours"));
                }
                if *leeway > MOST_LEEWAY {
                    return Err(ConfigError::new(
                        "the leeway is at most two minutes: a larger one revives expired tokens",
                    ));
                }
                Tokens::Jwt(Box::new(Jwt {
                    key,
                    settings: self.jwt,
                    clock: self.clock,
                    randomness: self.randomness.clone(),
                }))
            }
            (None, None) => {
                return Err(ConfigError::new(
                    "there is no way to make tokens: add `.signing_key(SigningKey::from_env(\"AUTH_SECRET\")?)`",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(ConfigError::new("both a signing key and a token format are given: choose one"));
            }
        };
        let hasher = self.hasher.unwrap_or_else(|| Arc::new(Argon2id::default().randomness(self.randomness.clone())));
        let mut unguessable = [0; 16];
        self.randomness.fill(&mut unguessable).map_err(|error| ConfigError::new(error.to_string()))?;
        let decoy = hasher
            .hash(&format!("{unguessable:02x?}"))
            .map_err(|HashError { .. }| ConfigError::new("the password hasher cannot make a hash"))?;
        Ok(Auth(Arc::new(Inner {
            users: self.users,
            tokens,
            pool: HashingPool::new(hasher, self.pool),
            decoy,
            answers: self.answers,
        })))
    }
}

impl<U> fmt::Debug for AuthBuilder<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthBuilder").field("answers", &self.answers).field("jwt", &self.jwt).finish_non_exhaustive()
    }
}

/// An [`Auth`] cannot be built. The text says what to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
