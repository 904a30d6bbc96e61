//! What lasts longer than one access token: sessions, and the tokens that they begin with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Auth, Tokens, unavailable};
use crate::{
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{AnySessionStore, Client, FoundToken, KeptToken, Session, StoreError, TokenDigest, TokenPurpose},
    token::{AccessClaims, IssuedToken, TokenFault, TokenRequest, random_text},
};

/// 256 bits for a token that is kept, 128 for a name that is no secret.
pub(super) const TOKEN_BYTES: usize = 32;
const ID_BYTES: usize = 16;
/// How often what has expired is forgotten, in seconds.
const PURGE_EVERY: u64 = 10 * 60;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetime {
    /// A session that is not renewed for this long ends: 14 days by default.
    pub idle: Duration,
    /// However often it is renewed, a session ends after this: 90 days by default.
    pub absolute: Duration,
    /// A refresh token that is used again ends its session, since somebody else may have it; within this time after its first
    /// use it is only refused. Not at all by default, a minute at most.
    ///
    /// For clients that renew twice at once, or lose an answer: each gives a thief the same time.
    pub reuse_grace: Duration,
}

impl Default for SessionLifetime {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            idle: Duration::from_secs(14 * DAY),
            absolute: Duration::from_secs(90 * DAY),
            reuse_grace: Duration::ZERO,
        }
    }
}

/// Where sessions are kept, and for how long.
pub(super) struct Sessions {
    pub(super) store: Box<dyn AnySessionStore>,
    pub(super) lifetime: SessionLifetime,
    pub(super) purged_at: AtomicU64,
}

/// The tokens of a login, or of its renewal.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IssuedTokens {
    /// The access token.
    pub access: IssuedToken,
    /// What it is renewed with; `None` where sessions are not kept.
    pub refresh: Option<Secret>,
    /// What the access token may be used for.
    pub scopes: Vec<String>,
    /// The session, where sessions are kept.
    pub session: Option<String>,
    /// When the session ends at the latest, in seconds since 1970.
    pub session_expires_at: Option<u64>,
}

impl IssuedTokens {
    /// A client's own, which belong to no session.
    pub(crate) fn of_client(access: IssuedToken, scopes: Vec<String>) -> Self {
        Self { access, refresh: None, scopes, session: None, session_expires_at: None }
    }
}

impl<U> Auth<U> {
    /// Begins a session for a user who has shown who it is, and issues its tokens. Without
    /// [`sessions`](super::AuthBuilder::sessions), it is an access token alone.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] for a user with the name of the client; [`Refusal::Unavailable`] if no token can be made or kept.
    pub async fn start_session(
        &self,
        subject: &str,
        scopes: &[String],
        client: Option<&Client>,
    ) -> Result<IssuedTokens, Refusal> {
        let request = TokenRequest::new(subject, scopes).client(client.map(|client| client.id.as_str()));
        // Such a token would be taken for the client's own (RFC 9068 section 5).
        if request.client == Some(subject) {
            return Err(Refusal::BadGrant(GrantFault::InvalidGrant));
        }
        let Some(sessions) = &self.0.sessions else {
            let (access, _) = self.new_access_token(request).await?;
            return Ok(IssuedTokens {
                access,
                refresh: None,
                scopes: scopes.to_vec(),
                session: None,
                session_expires_at: None,
            });
        };
        let now = self.0.clock.unix_seconds();
        let session = self.new_session(subject, scopes, request.client, sessions.lifetime.absolute, now)?;
        let (issued, kept) = self.new_tokens(sessions, &session, scopes, now).await?;
        self.bounded(sessions.store.begin(&session, &kept)).await?;
        self.purge_now_and_then(now);
        Ok(issued)
    }

    fn new_session(
        &self,
        subject: &str,
        scopes: &[String],
        client: Option<&str>,
        lifetime: Duration,
        now: u64,
    ) -> Result<Session, Refusal> {
        Ok(Session {
            id: self.random::<ID_BYTES>()?.expose().to_owned(),
            subject: subject.to_owned(),
            client: client.map(str::to_owned),
            scopes: scopes.to_vec(),
            started_at: now,
            expires_at: now.saturating_add(lifetime.as_secs()),
            ended_at: None,
        })
    }

    /// Begins a session in a cookie: its value, and for how many seconds it is good. It is not renewed, and lasts as long as a
    /// session may be idle.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store is down, or there is none.
    pub async fn start_cookie_session(&self, subject: &str, scopes: &[String]) -> Result<(Secret, u64), Refusal> {
        let (_, token, seconds) = self.begin_cookie_session(subject, scopes).await?;
        Ok((token, seconds))
    }

    /// The same, and the session.
    pub(crate) async fn begin_cookie_session(
        &self,
        subject: &str,
        scopes: &[String],
    ) -> Result<(String, Secret, u64), Refusal> {
        let sessions = self.kept()?;
        let now = self.0.clock.unix_seconds();
        let session = self.new_session(subject, scopes, None, sessions.lifetime.idle, now)?;
        let token = self.random::<TOKEN_BYTES>()?;
        let kept = KeptToken {
            digest: TokenDigest::of(token.expose()),
            purpose: TokenPurpose::Cookie,
            session: Some(session.id.clone()),
            subject: subject.to_owned(),
            client: None,
            scopes: scopes.to_vec(),
            detail: None,
            issued_at: now,
            expires_at: session.expires_at,
            used_at: None,
        };
        self.bounded(sessions.store.begin(&session, &[kept])).await?;
        self.purge_now_and_then(now);
        Ok((session.id, token, sessions.lifetime.idle.as_secs()))
    }

    /// The tokens of one step of a session, and what is to be kept of them.
    pub(super) async fn new_tokens(
        &self,
        sessions: &Sessions,
        session: &Session,
        scopes: &[String],
        now: u64,
    ) -> Result<(IssuedTokens, Vec<KeptToken>), Refusal> {
        let refresh = self.random::<TOKEN_BYTES>()?;
        let idle = now.saturating_add(sessions.lifetime.idle.as_secs());
        let mut kept = vec![KeptToken {
            digest: TokenDigest::of(refresh.expose()),
            purpose: TokenPurpose::Refresh,
            session: Some(session.id.clone()),
            subject: session.subject.clone(),
            client: session.client.clone(),
            scopes: session.scopes.clone(),
            detail: None,
            issued_at: now,
            expires_at: idle.min(session.expires_at),
            used_at: None,
        }];
        let request =
            TokenRequest::new(&session.subject, scopes).client(session.client.as_deref()).session(Some(&session.id));
        let (access, opaque) = self.new_access_token(request).await?;
        kept.extend(opaque);
        let issued = IssuedTokens {
            access,
            refresh: Some(refresh),
            scopes: scopes.to_vec(),
            session: Some(session.id.clone()),
            session_expires_at: Some(session.expires_at),
        };
        Ok((issued, kept))
    }

    /// An access token, and what is to be kept of an opaque one.
    async fn new_access_token(&self, request: TokenRequest<'_>) -> Result<(IssuedToken, Option<KeptToken>), Refusal> {
        let issued = match &self.0.tokens {
            Tokens::None => Err(StoreError::new("this application has no tokens")),
            Tokens::Jwt(jwt) => jwt.issue(request).map(|issued| (issued, None)),
            Tokens::Custom(format) => self.within(format.issue(request)).await.map(|issued| (issued, None)),
            Tokens::Opaque { lifetime } => {
                let token = self.random::<TOKEN_BYTES>()?;
                let now = self.0.clock.unix_seconds();
                let kept = KeptToken {
                    digest: TokenDigest::of(token.expose()),
                    purpose: TokenPurpose::Access,
                    session: request.session.map(str::to_owned),
                    subject: request.subject.to_owned(),
                    client: request.client.map(str::to_owned),
                    scopes: request.scopes.to_vec(),
                    detail: None,
                    issued_at: now,
                    expires_at: now.saturating_add(lifetime.as_secs()),
                    used_at: None,
                };
                Ok((IssuedToken::new(token).expires_in(*lifetime), Some(kept)))
            }
        };
        issued.map_err(|error| unavailable("token.issue_failed", &error))
    }

    /// An access token of no session: a client's own, say.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if none can be made or kept.
    pub async fn issue_token(&self, request: TokenRequest<'_>) -> Result<IssuedToken, Refusal> {
        let (issued, kept) = self.new_access_token(request).await?;
        if let (Some(kept), Some(sessions)) = (kept, &self.0.sessions) {
            self.bounded(sessions.store.keep(&kept)).await?;
        }
        Ok(issued)
    }

    /// What the cookie of a session says.
    pub(crate) async fn verify_cookie(&self, token: &Secret) -> Result<Arc<AccessClaims>, Refusal> {
        self.verify_kept(TokenPurpose::Cookie, token.expose()).await
    }

    /// What an opaque access token says, or a cookie.
    pub(super) async fn verify_kept(&self, purpose: TokenPurpose, token: &str) -> Result<Arc<AccessClaims>, Refusal> {
        let revoked = Refusal::InvalidToken(TokenFault::Revoked);
        let Some(sessions) = &self.0.sessions else { return Err(revoked) };
        let found = self.bounded(sessions.store.find(&TokenDigest::of(token))).await?;
        let Some(FoundToken { token, session }) = found else { return Err(revoked) };
        let now = self.0.clock.unix_seconds();
        if token.purpose != purpose {
            return Err(Refusal::InvalidToken(TokenFault::WrongType));
        }
        let session_is_over = match (&token.session, &session) {
            (None, _) => false,
            (Some(_), Some(session)) => session.ended_at.is_some() || session.expires_at <= now,
            (Some(_), None) => true,
        };
        if token.used_at.is_some() || session_is_over {
            return Err(revoked);
        }
        if token.expires_at <= now {
            return Err(Refusal::InvalidToken(TokenFault::Expired));
        }
        Ok(Arc::new(AccessClaims {
            subject: token.subject,
            scopes: token.scopes,
            id: None,
            session: token.session,
            client: token.client,
            issued_at: Some(token.issued_at),
            expires_at: Some(token.expires_at),
        }))
    }

    /// The sessions of a user, the latest first.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store is down.
    pub async fn sessions(&self, username: &str) -> Result<Vec<Session>, Refusal> {
        let Some(sessions) = &self.0.sessions else { return Ok(Vec::new()) };
        self.bounded(sessions.store.sessions(username, self.0.clock.unix_seconds())).await
    }

    /// Whether sessions are kept.
    pub(crate) fn keeps_sessions(&self) -> bool {
        self.0.sessions.is_some()
    }

    pub(super) fn kept(&self) -> Result<&Sessions, Refusal> {
        let missing =
            || StoreError::new("cookies and tokens of single use are kept: add `.sessions(store)` to the Auth");
        self.0.sessions.as_deref().ok_or_else(|| unavailable("token.issue_failed", &missing()))
    }

    pub(super) fn random<const BYTES: usize>(&self) -> Result<Secret, Refusal> {
        random_text::<BYTES>(&self.0.randomness)
            .map_err(|error| unavailable("token.issue_failed", &StoreError::new("no token was made").caused_by(error)))
    }

    /// Nobody waits for it, and one process is enough.
    fn purge_now_and_then(&self, now: u64) {
        let Some(sessions) = &self.0.sessions else { return };
        let due = |last: u64| (now >= last.saturating_add(PURGE_EVERY)).then_some(now);
        if sessions.purged_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_err() {
            return;
        }
        let sessions = Arc::clone(sessions);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                match sessions.store.purge(now).await {
                    Ok(purged) => tracing::debug!(event = "sessions.purged", purged),
                    Err(error) => tracing::warn!(event = "sessions.purge_failed", %error),
                }
            });
        }
    }
}
