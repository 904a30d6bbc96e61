//! Building an `Auth`: everything is checked before the first request.

use std::{
    fmt,
    sync::{Arc, Once, atomic::AtomicU64},
    time::Duration,
};

use axum::{http::StatusCode, response::Response};
use tokio::sync::Semaphore;

use super::{
    Auth, GuessingLimits, Inner, Mailer, SessionLifetime, Tokens,
    mail::{AnyMailer, MOST_MAILS_AT_ONCE},
    sessions::Sessions,
};
use crate::{
    address::{ForwardedHeader, TrustedProxies},
    ambient::{Clock, Randomness},
    error::{Answers, OwnAnswer, Profile, Refused, is_quotable},
    password::{Argon2id, HashError, HashingPool, PasswordHasher, PasswordRules, PoolSize},
    scheme::{Authenticate, Authenticates, Authenticators, cross_site::is_origin},
    store::{
        AnyClientStore, AnyCounterStore, AnyRevocationStore, AnySessionStore, AnyUserStore, ClientStore, CounterStore,
        MemoryStore, RevocationStore, SessionStore,
    },
    token::{
        ACCESS_TOKEN, AnyTokenFormat, Jwt, JwtSettings, JwtVerifier, SigningKey, SigningKeys, TokenFormat,
        VerifiedTokens,
    },
    user::AuthUser,
    watch::{AuditSink, Watch},
};

pub(super) const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(120);
const MAX_GRACE: Duration = Duration::from_secs(60);
/// Longer than those of the stores here, whose own errors say more.
const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds an [`Auth`].
#[must_use = "nothing is checked before `.build()`"]
pub struct AuthBuilder<U> {
    users: Box<dyn AnyUserStore<U>>,
    format: Option<Box<dyn AnyTokenFormat>>,
    keys: Option<SigningKeys>,
    opaque: bool,
    sessions: Option<Box<dyn AnySessionStore>>,
    session_lifetime: SessionLifetime,
    revocations: Option<Box<dyn AnyRevocationStore>>,
    clients: Option<Box<dyn AnyClientStore>>,
    counters: Box<dyn AnyCounterStore>,
    guessing: Option<GuessingLimits>,
    proxies: Option<Result<TrustedProxies, String>>,
    password_rules: PasswordRules,
    audit: Option<Arc<dyn AuditSink>>,
    mailer: Option<Arc<dyn AnyMailer>>,
    store_timeout: Duration,
    jwt: JwtSettings,
    hasher: Option<Arc<dyn PasswordHasher>>,
    pool: PoolSize,
    without_tokens: bool,
    authenticators: Authenticators,
    answers: Answers,
    clock: Clock,
    randomness: Randomness,
    verified_tokens: usize,
}

impl<U: AuthUser> AuthBuilder<U> {
    pub(super) fn new(users: Box<dyn AnyUserStore<U>>) -> Self {
        Self {
            users,
            format: None,
            keys: None,
            opaque: false,
            sessions: None,
            session_lifetime: SessionLifetime::default(),
            revocations: None,
            clients: None,
            counters: Box::new(MemoryStore::new()),
            guessing: None,
            proxies: None,
            password_rules: PasswordRules::default(),
            audit: None,
            mailer: None,
            store_timeout: DEFAULT_STORE_TIMEOUT,
            jwt: JwtSettings::default(),
            hasher: None,
            pool: PoolSize::default(),
            without_tokens: false,
            authenticators: Authenticators::default(),
            answers: Answers::default(),
            clock: Clock::default(),
            randomness: Randomness::default(),
            verified_tokens: VerifiedTokens::default_room(),
        }
    }

    pub(super) fn without_tokens(mut self) -> Self {
        self.without_tokens = true;
        self
    }

    /// How the credentials of a security scheme are checked, for one that is declared with `authenticate` and no function;
    /// for one with a function, instead of that.
    ///
    /// ```
    /// use auth_runtime::prelude::*;
    /// use std::{collections::HashMap, sync::Arc};
    ///
    /// #[derive(SecurityScheme, Clone)]
    /// #[security(api_key(header = "x-api-key"), authenticate)]
    /// struct Service(String);
    ///
    /// let names = Arc::new(HashMap::from([("s3cret", "billing")]));
    /// let auth = Auth::without_users()
    ///     .authenticator::<Service>(move |key: Secret| {
    ///         let name = names.get(key.expose()).map(|name| name.to_string());
    ///         async move { name }
    ///     })
    ///     .build()?;
    /// # Ok::<(), BoxError>(())
    /// ```
    pub fn authenticator<K: Authenticates>(mut self, function: impl Authenticate<K>) -> Self {
        self.authenticators.add::<K>(function.into_call());
        self
    }

    /// The name of the access token's scheme in documents, `OAuth2PasswordBearer` by default. Two kinds of users in one
    /// document need two names.
    pub fn token_scheme_name(mut self, name: impl Into<String>) -> Self {
        self.answers.token_scheme = name.into();
        self
    }

    /// Where people log in: a browser that opens a page without being logged in is sent there (303), with the way back in
    /// the parameter `next`, which is a path of this host.
    pub fn login_page(mut self, path: impl Into<String>) -> Self {
        self.answers.login_page = Some(path.into());
        self
    }

    /// How refused requests are answered where the profile's answer will not do; `None` leaves it to the profile. The
    /// statuses are those that the document lists.
    ///
    /// A policy's own answer, `#[policy(.., refuse_with = ..)]`, comes before it. Token endpoints answer as RFC 6749 says.
    pub fn refuse_with(
        mut self,
        statuses: &'static [StatusCode],
        refuse: impl Fn(&Refused<'_>) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        self.answers.refuse = Some(OwnAnswer { statuses, refuse: Arc::new(refuse) });
        self
    }

    /// The key that signs and verifies access tokens, which are then JWTs.
    pub fn signing_key(self, key: SigningKey) -> Self {
        self.signing_keys(SigningKeys::new(key))
    }

    /// Several keys, which can be replaced while the program runs: one signs, and all of them verify.
    pub fn signing_keys(mut self, keys: SigningKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Access tokens are random texts that mean nothing by themselves, instead of JWTs. They are kept with the sessions, hashed,
    /// and looked up with each request: what is revoked is refused at once.
    pub fn opaque_tokens(mut self) -> Self {
        self.opaque = true;
        self
    }

    /// Where sessions are kept: a login is then answered with a refresh token too, and can be renewed, listed and ended.
    pub fn sessions(mut self, store: impl SessionStore) -> Self {
        self.sessions = Some(Box::new(store));
        self
    }

    /// How long sessions last.
    pub fn session_lifetime(mut self, lifetime: SessionLifetime) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// Where it is kept which tokens and sessions are revoked. Each signed token is then looked up there, and a revocation, a
    /// logout, a changed password or a disabled user holds for it from the answer on. Without this, a signed token that is
    /// out stays good until it expires: for as long as [`token_lifetime`](Self::token_lifetime) at most.
    pub fn revocations(mut self, store: impl RevocationStore) -> Self {
        self.revocations = Some(Box::new(store));
        self
    }

    /// Registered clients: a request to a token endpoint that names a client has to be of one of them. One that names none is
    /// the application's own login form.
    pub fn clients(mut self, store: impl ClientStore) -> Self {
        self.clients = Some(Box::new(store));
        self
    }

    /// Where it is counted how often something is tried, in this process alone by default: passwords, within the
    /// [limits on guessing](Self::guessing_limits), and mails, of which no user is sent more than five of a kind in an hour.
    pub fn counters(mut self, store: impl CounterStore) -> Self {
        self.counters = Box::new(store);
        self
    }

    /// How often passwords may be tried in vain. What is written here holds; without it, the limits are those of
    /// [`GuessingLimits::default`], with room for the logins that [`hashing_pool`](Self::hashing_pool) lets run at once.
    pub fn guessing_limits(mut self, limits: GuessingLimits) -> Self {
        self.guessing = Some(limits);
        self
    }

    /// The proxies in front of this application, as addresses (`192.0.2.7`) or networks (`10.0.0.0/8`), and the header in which
    /// they say for whom they ask. The word of anybody else is not taken. By default there are none, and the address of a
    /// request is that of its connection. A forwarded request then shares its address with everybody: no user is known there, and
    /// the event `login.unconfigured_proxy` is logged once.
    ///
    /// ```
    /// # use auth_runtime::prelude::*;
    /// # #[derive(AuthUser, Clone)]
    /// # #[auth(no_password, always_active)]
    /// # struct User { #[auth(username)] name: String }
    /// # let key = SigningKey::generate(&auth_runtime::Randomness::default())?;
    /// use auth_runtime::ForwardedHeader;
    ///
    /// let auth = Auth::builder(MemoryUsers::<User>::new())
    ///     .signing_key(key)
    ///     .trusted_proxies(ForwardedHeader::XForwardedFor, ["10.0.0.0/8", "::1"])
    ///     .build()?;
    /// # Ok::<(), BoxError>(())
    /// ```
    pub fn trusted_proxies<T: AsRef<str>>(
        mut self,
        header: ForwardedHeader,
        networks: impl IntoIterator<Item = T>,
    ) -> Self {
        self.proxies = Some(TrustedProxies::new(header, networks));
        self
    }

    /// What may be chosen as a password.
    pub fn password_rules(mut self, rules: PasswordRules) -> Self {
        self.password_rules = rules;
        self
    }

    /// Where decisions are kept, beside the log: an [`AuditSink`], or any function of an [`AuditEvent`](crate::AuditEvent).
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.audit = Some(Arc::new(sink));
        self
    }

    /// What sends mail, for the endpoints that reset passwords and verify email addresses.
    pub fn mailer(mut self, mailer: impl Mailer) -> Self {
        self.mailer = Some(Arc::new(mailer));
        self
    }

    /// A browser's session may be in a cookie: `__Host-session`, out of reach of scripts, sent over TLS (and to localhost) and not
    /// by the forms of other sites. A login that ends with [`Grant::in_cookie`](crate::Grant::in_cookie) sets it, and every
    /// guard takes it where there is no `Authorization`.
    ///
    /// A request that may change something, or that opens a WebSocket, is refused with 403 if it comes from a page of another
    /// site. It needs [`sessions`](Self::sessions).
    pub fn session_cookie(mut self) -> Self {
        self.answers.session_cookie = true;
        self
    }

    /// Other origins whose pages may make requests with the cookies of this one: `https://admin.example`, say. Also where a
    /// proxy changes the `Host` that the browser asked for.
    pub fn trusted_origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.authenticators.trust(origins.into_iter().map(Into::into).collect());
        self
    }

    /// How long a store may take to answer, ten seconds by default; then the request is refused with 503.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.store_timeout = timeout;
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

    /// How requests are refused and logins answered; [`Profile::Standard`] by default.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.answers.profile = profile;
        self
    }

    /// The realm of challenges; `api` by default.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.answers.realm = realm.into();
        self
    }

    /// `iss` of the tokens: the URL of this authorization server. Tokens of another issuer are refused.
    ///
    /// Two applications that share a key and set neither this nor the [`audience`](Self::audience) accept each other's
    /// tokens.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.jwt.issuer = issuer.into();
        self
    }

    /// `aud` of the tokens: the URL of this API. Tokens for another audience are refused.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.jwt.audience = audience.into();
        self
    }

    /// How long a token is good for: 30 minutes by default, 24 hours at most.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.jwt.lifetime = lifetime;
        self
    }

    /// How far the clocks of several servers may differ: not at all by default, two minutes at most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.jwt.leeway = leeway;
        self
    }

    /// [`Profile::FastApi`] only: the status of a wrong username or password, 400 by default. FastAPI's tutorial has 400
    /// in some chapters and 401 in others.
    pub fn fastapi_bad_login_status(mut self, status: StatusCode) -> Self {
        self.answers.bad_login = status;
        self
    }

    /// [`Profile::FastApi`] only: the `detail` that a bad token is answered with, `Could not validate credentials` by
    /// default.
    pub fn fastapi_invalid_token_detail(mut self, detail: impl Into<String>) -> Self {
        self.answers.invalid_token = detail.into();
        self
    }

    /// How many signed tokens are kept after they were verified, so that their next requests need not verify them again: 4,096
    /// by default, and none with 0.
    ///
    /// They are kept by a keyed digest, and what they say takes about half a KiB each, 10 KiB at most; tokens over 2 KiB are
    /// not kept. A token that is kept is refused as soon as any other: when it expires, when it, its session or its user is
    /// taken back, and when its key is no longer there.
    pub fn verified_tokens(mut self, most: usize) -> Self {
        self.verified_tokens = most;
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
    pub fn build(mut self) -> Result<Auth<U>, ConfigError> {
        if !is_quotable(&self.answers.realm) {
            return Err(ConfigError::new("the realm holds a quote, a backslash or a character beyond printable ASCII"));
        }
        if !matches!(self.answers.bad_login, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
            return Err(ConfigError::new("a bad login is answered with 400 or 401, nothing else"));
        }
        if !is_scheme_name(&self.answers.token_scheme) {
            return Err(ConfigError::new("the name of a security scheme is made of letters, digits, `.`, `-` and `_`"));
        }
        if self.answers.login_page.as_ref().is_some_and(|page| !is_location(page)) {
            return Err(ConfigError::new(
                "the login page is a path such as `/login` or an https URL, in printable ASCII without spaces",
            ));
        }
        if let Some(origin) = self.authenticators.trusted_origins().iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::new(format!(
                "{origin:?} is no origin: it looks like https://app.example, without a slash at its end"
            )));
        }
        if self.answers.session_cookie && self.sessions.is_none() {
            return Err(ConfigError::new("the session in a cookie is kept in a store: add `.sessions(store)`"));
        }
        if self.session_lifetime.reuse_grace > MAX_GRACE {
            return Err(ConfigError::new(
                "a used refresh token is only refused, rather than taken for stolen, for a minute at most",
            ));
        }
        if self.session_lifetime.idle.as_secs() == 0 || self.session_lifetime.absolute < self.session_lifetime.idle {
            return Err(ConfigError::new(
                "a session lasts at least as long as it may be idle, and that is at least a second",
            ));
        }
        if self.store_timeout.is_zero() {
            return Err(ConfigError::new("no store answers in no time: the store timeout is zero"));
        }
        let permits = self.pool.permits;
        let guessing = self.guessing.unwrap_or_else(|| GuessingLimits::default().with_room_for(permits));
        if let Some(problem) = guessing.problem() {
            return Err(ConfigError::new(problem));
        }
        if let Some(problem) = self.password_rules.problem() {
            return Err(ConfigError::new(problem));
        }
        let proxies = self.proxies.take().transpose().map_err(|text| {
            ConfigError::new(format!(
                "trusted_proxies: {text:?} is not an address such as 192.0.2.7 or a network such as 10.0.0.0/8 (bits after the prefix must be zero)"
            ))
        })?;
        self.authenticators.trust_proxies(proxies);
        let JwtSettings { issuer, audience, lifetime, leeway } = &self.jwt;
        if lifetime.as_secs() == 0 || *lifetime > LONGEST_LIFETIME {
            return Err(ConfigError::new("the lifetime of tokens is between one second and 24 hours"));
        }
        let only_lifetime = JwtSettings { lifetime: *lifetime, ..JwtSettings::default() };
        let tokens = match (self.format, self.keys) {
            (format, keys) if self.opaque => {
                if format.is_some() || keys.is_some() {
                    return Err(ConfigError::new(
                        "opaque tokens are not signed, and have no other format: remove `.opaque_tokens()`, or the key and the format",
                    ));
                }
                if (JwtSettings { issuer: JwtSettings::default().issuer, ..self.jwt.clone() }) != only_lifetime {
                    return Err(ConfigError::new("audience and leeway are those of signed tokens"));
                }
                if self.sessions.is_none() || self.without_tokens {
                    return Err(ConfigError::new("opaque tokens are kept in a store: add `.sessions(store)`"));
                }
                Tokens::Opaque { lifetime: *lifetime }
            }
            (None, None) if self.without_tokens => Tokens::None,
            _ if self.without_tokens => {
                return Err(ConfigError::new(
                    "`Auth::without_users()` has no tokens, and so neither a signing key nor a token format: begin with `Auth::builder(users)`",
                ));
            }
            (Some(_), None) if self.jwt != JwtSettings::default() => {
                return Err(ConfigError::new(
                    "issuer, audience, lifetime and leeway are those of signed tokens; a token format of your own has its own",
                ));
            }
            (Some(format), None) => Tokens::Custom(format),
            (None, Some(keys)) => {
                if issuer.is_empty() || audience.is_empty() {
                    return Err(ConfigError::new("the issuer or the audience is empty"));
                }
                if *leeway > MAX_LEEWAY {
                    return Err(ConfigError::new(
                        "the leeway is at most two minutes: a larger one revives expired tokens",
                    ));
                }
                Tokens::Jwt(Box::new(Jwt {
                    verifier: JwtVerifier {
                        keys: Arc::clone(keys.cached()),
                        issuer: issuer.clone(),
                        audience: audience.clone(),
                        leeway: *leeway,
                        clock: self.clock.clone(),
                        types: ACCESS_TOKEN,
                        needs_id: true,
                        verified: VerifiedTokens::new(self.verified_tokens, &self.randomness),
                    },
                    lifetime: *lifetime,
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
        let issuer = match &tokens {
            Tokens::Jwt(_) | Tokens::Opaque { .. } => Some(self.jwt.issuer.clone()),
            Tokens::None | Tokens::Custom(_) => None,
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
            answers: Arc::new(Answers {
                refresh_tokens: self.sessions.is_some(),
                has_clients: self.clients.is_some(),
                least_password: self.password_rules.min_length,
                issuer,
                watch: Watch::new(self.audit, self.clock.clone()),
                ..self.answers
            }),
            authenticators: self.authenticators,
            sessions: self.sessions.map(|store| {
                Arc::new(Sessions { store, lifetime: self.session_lifetime, purged_at: AtomicU64::new(0) })
            }),
            revocations: self.revocations,
            clients: self.clients,
            counters: self.counters,
            guessing,
            password_rules: self.password_rules,
            mailer: self.mailer,
            mails: Arc::new(Semaphore::new(MOST_MAILS_AT_ONCE)),
            store_timeout: self.store_timeout,
            said_no_address: Once::new(),
            said_proxy: Once::new(),
            clock: self.clock,
            randomness: self.randomness,
        })))
    }
}

impl<U> fmt::Debug for AuthBuilder<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthBuilder").field("answers", &self.answers).field("jwt", &self.jwt).finish_non_exhaustive()
    }
}

/// What OpenAPI takes for the name of a component.
fn is_scheme_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// What can stand in `Location` as it is.
fn is_location(page: &str) -> bool {
    let path = page.starts_with('/') && !page.starts_with("//");
    (path || page.starts_with("https://")) && page.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
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
