//! Sessions and the tokens that are kept for them: what lasts longer than an access token.

use std::{fmt, future::Future, sync::Arc};

use sha2::{Digest, Sha256};

use super::{Boxed, StoreError};

/// What a kept token is found by: its SHA-256. The token itself is nowhere but with its holder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// As it is stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it was stored; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "TokenDigest({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// What a kept token is for. One for another purpose is no token at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPurpose {
    /// An opaque access token.
    Access,
    /// A refresh token.
    Refresh,
    /// The cookie of a browser's session.
    Cookie,
    /// Setting a new password, once.
    ResetPassword,
    /// Showing that an email address is one's own, once.
    VerifyEmail,
}

impl TokenPurpose {
    const ALL: [Self; 5] = [Self::Access, Self::Refresh, Self::Cookie, Self::ResetPassword, Self::VerifyEmail];

    /// The name that it is stored under.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Cookie => "cookie",
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
        }
    }

    /// The purpose of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// A login, for as long as it can be renewed. Its refresh tokens are one family: they end together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier: 128 bits of randomness, the `sid` of access tokens.
    pub id: String,
    /// Whose it is: the username.
    pub subject: String,
    /// The client that logged in; `None` for the application's own login form.
    pub client: Option<String>,
    /// The scopes that were granted at the login.
    pub scopes: Vec<String>,
    /// When it began, in seconds since 1970.
    pub started_at: u64,
    /// When it ends, however often it is renewed.
    pub expires_at: u64,
    /// When it was ended before that.
    pub ended_at: Option<u64>,
}

/// A token that is kept by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptToken {
    /// The digest.
    pub digest: TokenDigest,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// The session that it belongs to; tokens of single use have none.
    pub session: Option<String>,
    /// Whose it is: the username, or the client's identifier.
    pub subject: String,
    /// The client that it was issued to.
    pub client: Option<String>,
    /// What an access token may be used for.
    pub scopes: Vec<String>,
    /// What else belongs to it: the address that is to be verified.
    pub detail: Option<String>,
    /// When it was issued, in seconds since 1970.
    pub issued_at: u64,
    /// When it expires.
    pub expires_at: u64,
    /// When it was used or revoked.
    pub used_at: Option<u64>,
}

/// A token that was found, and its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundToken {
    /// The token.
    pub token: KeptToken,
    /// Its session, if it has one.
    pub session: Option<Session>,
}

/// Where sessions, their refresh tokens, opaque access tokens and tokens of single use are kept.
///
/// [`MemoryStore`](super::MemoryStore), `SqliteStore` and `PostgresStore` are here; `auth_runtime::testing::contract` tests
/// one of your own. A store keeps and finds; what may be done with a token is decided elsewhere, from what it finds.
pub trait SessionStore: Send + Sync + 'static {
    /// Begins a session, with its first tokens: all of it or nothing.
    fn begin(&self, session: &Session, tokens: &[KeptToken]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a token that belongs to no session.
    fn keep(&self, token: &KeptToken) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The token of this digest, whatever has become of it, and its session.
    fn find(&self, digest: &TokenDigest) -> impl Future<Output = Result<Option<FoundToken>, StoreError>> + Send;

    /// Marks a token as used, and keeps `new` in its place: both or neither.
    ///
    /// False, and nothing is done, if there is no such token, if it was used before, or if its session has ended. Of any
    /// number of callers at once, in however many processes, one gets true.
    fn exchange(
        &self,
        digest: &TokenDigest,
        now: u64,
        new: &[KeptToken],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a session, and with it all of its tokens. One that has ended, or never began, stays as it is.
    fn end_session(&self, id: &str, now: u64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends every session of a user and takes away the user's tokens of single use.
    ///
    /// Gives the identifiers of all sessions that have not expired, those that had ended before among them: what follows
    /// from their end may not have been done.
    fn end_sessions(&self, subject: &str, now: u64) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// The sessions of a user that have neither ended nor expired, the latest first.
    fn sessions(&self, subject: &str, now: u64) -> impl Future<Output = Result<Vec<Session>, StoreError>> + Send;

    /// Forgets what has expired, and says how many sessions and tokens that were. A used token is kept for as long as its
    /// session, so that using it again is noticed.
    fn purge(&self, now: u64) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// [`SessionStore`] as an object.
pub(crate) trait AnySessionStore: Send + Sync {
    fn begin<'a>(&'a self, session: &'a Session, tokens: &'a [KeptToken]) -> Boxed<'a, Result<(), StoreError>>;
    fn keep<'a>(&'a self, token: &'a KeptToken) -> Boxed<'a, Result<(), StoreError>>;
    fn find<'a>(&'a self, digest: &'a TokenDigest) -> Boxed<'a, Result<Option<FoundToken>, StoreError>>;
    fn exchange<'a>(
        &'a self,
        digest: &'a TokenDigest,
        now: u64,
        new: &'a [KeptToken],
    ) -> Boxed<'a, Result<bool, StoreError>>;
    fn end_session<'a>(&'a self, id: &'a str, now: u64) -> Boxed<'a, Result<(), StoreError>>;
    fn end_sessions<'a>(&'a self, subject: &'a str, now: u64) -> Boxed<'a, Result<Vec<String>, StoreError>>;
    fn sessions<'a>(&'a self, subject: &'a str, now: u64) -> Boxed<'a, Result<Vec<Session>, StoreError>>;
    fn purge(&self, now: u64) -> Boxed<'_, Result<u64, StoreError>>;
}

impl<T: SessionStore> AnySessionStore for T {
    fn begin<'a>(&'a self, session: &'a Session, tokens: &'a [KeptToken]) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(SessionStore::begin(self, session, tokens))
    }

    fn keep<'a>(&'a self, token: &'a KeptToken) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(SessionStore::keep(self, token))
    }

    fn find<'a>(&'a self, digest: &'a TokenDigest) -> Boxed<'a, Result<Option<FoundToken>, StoreError>> {
        Box::pin(SessionStore::find(self, digest))
    }

    fn exchange<'a>(
        &'a self,
        digest: &'a TokenDigest,
        now: u64,
        new: &'a [KeptToken],
    ) -> Boxed<'a, Result<bool, StoreError>> {
        Box::pin(SessionStore::exchange(self, digest, now, new))
    }

    fn end_session<'a>(&'a self, id: &'a str, now: u64) -> Boxed<'a, Result<(), StoreError>> {
        Box::pin(SessionStore::end_session(self, id, now))
    }

    fn end_sessions<'a>(&'a self, subject: &'a str, now: u64) -> Boxed<'a, Result<Vec<String>, StoreError>> {
        Box::pin(SessionStore::end_sessions(self, subject, now))
    }

    fn sessions<'a>(&'a self, subject: &'a str, now: u64) -> Boxed<'a, Result<Vec<Session>, StoreError>> {
        Box::pin(SessionStore::sessions(self, subject, now))
    }

    fn purge(&self, now: u64) -> Boxed<'_, Result<u64, StoreError>> {
        Box::pin(SessionStore::purge(self, now))
    }
}

/// A store that is also used elsewhere.
impl<T: SessionStore> SessionStore for Arc<T> {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        T::begin(self, session, tokens).await
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        T::keep(self, token).await
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        T::find(self, digest).await
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        T::exchange(self, digest, now, new).await
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        T::end_session(self, id, now).await
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        T::end_sessions(self, subject, now).await
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        T::sessions(self, subject, now).await
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        T::purge(self, now).await
    }
}
