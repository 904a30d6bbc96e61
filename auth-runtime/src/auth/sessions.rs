//! What lasts longer than one access token: logging in, renewing, logging out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    Auth, Tokens,
    builder::{LONGEST_LIFETIME, MAX_LEEWAY},
    unavailable,
};
use crate::{
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{AnySessionStore, Client, FoundToken, KeptToken, Session, StoreError, TokenDigest, TokenPurpose},
    token::{AccessClaims, IssuedToken, TokenFault, TokenRequest, random_text},
    user::AuthUser,
};

/// 256 bits for a token that is kept, 128 for a name that is no secret.
const TOKEN_BYTES: usize = 32;
const ID_BYTES: usize = 16;
/// How often what has expired is forgotten, in seconds.
const PURGE_EVERY: u64 = 10 * 60;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetime {
    /// A session that is not renewed for this long ends: 14 days unless said.
    pub idle: Duration,
    /// However often it is renewed, a session ends after this: 90 days unless said.
    pub absolute: Duration,
    /// A refresh token that is used again ends its session, since somebody else may have it; within this time after its first
    /// use it is only refused. Not at all unless said, a minute at most.
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
        Ok((token, sessions.lifetime.idle.as_secs()))
    }

    /// The tokens of one step of a session, and what is to be kept of them.
    async fn new_tokens(
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
    pub(crate) async fn verify_cookie(&self, token: &Secret) -> Result<AccessClaims, Refusal> {
        self.verify_kept(TokenPurpose::Cookie, token.expose()).await
    }

    /// What an opaque access token says, or a cookie.
    pub(super) async fn verify_kept(&self, purpose: TokenPurpose, token: &str) -> Result<AccessClaims, Refusal> {
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
        Ok(AccessClaims {
            subject: token.subject,
            scopes: token.scopes,
            id: None,
            session: token.session,
            client: token.client,
            issued_at: Some(token.issued_at),
            expires_at: Some(token.expires_at),
        })
    }

    /// Whether a signed token or its session is revoked, where that is kept.
    pub(super) async fn check_revoked(&self, claims: &AccessClaims) -> Result<(), Refusal> {
        let Some(revocations) = &self.0.revocations else { return Ok(()) };
        let mut ids = Vec::with_capacity(2);
        ids.extend(claims.id.as_deref().map(revoked_token));
        ids.extend(claims.session.as_deref().map(revoked_session));
        let now = self.0.clock.unix_seconds();
        if self.bounded(revocations.is_any_revoked(&ids, now)).await? {
            return Err(Refusal::InvalidToken(TokenFault::Revoked));
        }
        Ok(())
    }

    /// Revokes one access token; its session goes on.
    ///
    /// Without [`revocations`](super::AuthBuilder::revocations), a signed token stays good until it expires.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: the token is then not revoked.
    pub async fn revoke_token(&self, token: &Secret, claims: &AccessClaims) -> Result<(), Refusal> {
        let now = self.0.clock.unix_seconds();
        if let (Some(revocations), Some(id)) = (&self.0.revocations, &claims.id) {
            let until = claims.expires_at.unwrap_or(now).saturating_add(self.longest_token());
            self.bounded(revocations.revoke(&[revoked_token(id)], until)).await?;
        }
        if let (Tokens::Opaque { .. }, Some(sessions)) = (&self.0.tokens, &self.0.sessions) {
            self.bounded(sessions.store.exchange(&TokenDigest::of(token.expose()), now, &[])).await?;
        }
        tracing::info!(event = "token.revoked", user = ?claims.subject);
        Ok(())
    }

    /// Logs out this session: its refresh tokens end, and its access tokens as soon as that is checked.
    ///
    /// An opaque token is refused from the answer on, and so is a signed one with
    /// [`revocations`](super::AuthBuilder::revocations); without them, a signed one stays good until it expires.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn end_session(&self, id: &str) -> Result<(), Refusal> {
        let now = self.0.clock.unix_seconds();
        if let Some(sessions) = &self.0.sessions {
            self.bounded(sessions.store.end_session(id, now)).await?;
        }
        self.revoke_sessions(&[id.to_owned()], now).await?;
        tracing::info!(event = "session.ended", session = id);
        Ok(())
    }

    /// Logs out everywhere: every session of a user ends, as [`end_session`](Self::end_session) says, and the user's tokens of
    /// single use are taken away.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if a store is down: try again.
    pub async fn end_sessions(&self, username: &str) -> Result<(), Refusal> {
        let Some(sessions) = &self.0.sessions else { return Ok(()) };
        let now = self.0.clock.unix_seconds();
        let ended = self.bounded(sessions.store.end_sessions(username, now)).await?;
        self.revoke_sessions(&ended, now).await?;
        tracing::info!(event = "sessions.ended", user = ?username, count = ended.len());
        Ok(())
    }

    async fn revoke_sessions(&self, ids: &[String], now: u64) -> Result<(), Refusal> {
        let Some(revocations) = self.0.revocations.as_ref().filter(|_| !ids.is_empty()) else { return Ok(()) };
        let ids: Vec<String> = ids.iter().map(|id| revoked_session(id)).collect();
        self.bounded(revocations.revoke(&ids, now.saturating_add(self.longest_token()))).await
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

    /// A token of single use, kept for this long.
    pub(super) async fn keep_single_use(
        &self,
        purpose: TokenPurpose,
        subject: &str,
        detail: Option<&str>,
        lifetime: Duration,
    ) -> Result<Secret, Refusal> {
        let sessions = self.kept()?;
        let token = self.random::<TOKEN_BYTES>()?;
        let now = self.0.clock.unix_seconds();
        let kept = KeptToken {
            digest: TokenDigest::of(token.expose()),
            purpose,
            session: None,
            subject: subject.to_owned(),
            client: None,
            scopes: Vec::new(),
            detail: detail.map(str::to_owned),
            issued_at: now,
            expires_at: now.saturating_add(lifetime.as_secs()),
            used_at: None,
        };
        self.bounded(sessions.store.keep(&kept)).await?;
        Ok(token)
    }

    /// What a token of single use is good for, if it is. It stays good until it is [used](Self::use_single_use).
    pub(super) async fn find_single_use(&self, purpose: TokenPurpose, token: &Secret) -> Result<KeptToken, Refusal> {
        let sessions = self.kept()?;
        let found = self.bounded(sessions.store.find(&TokenDigest::of(token.expose()))).await?;
        let now = self.0.clock.unix_seconds();
        let good = |token: &KeptToken| token.purpose == purpose && token.used_at.is_none() && now < token.expires_at;
        found.map(|found| found.token).filter(good).ok_or(Refusal::BadGrant(GrantFault::InvalidGrant))
    }

    /// Uses it up. Of any number of callers, one gets past.
    pub(super) async fn use_single_use(&self, token: &KeptToken) -> Result<(), Refusal> {
        let sessions = self.kept()?;
        let used = sessions.store.exchange(&token.digest, self.0.clock.unix_seconds(), &[]);
        if self.bounded(used).await? { Ok(()) } else { Err(Refusal::BadGrant(GrantFault::InvalidGrant)) }
    }

    fn kept(&self) -> Result<&Sessions, Refusal> {
        let missing =
            || StoreError::new("cookies and tokens of single use are kept: add `.sessions(store)` to the Auth");
        self.0.sessions.as_deref().ok_or_else(|| unavailable("token.issue_failed", &missing()))
    }

    fn random<const BYTES: usize>(&self) -> Result<Secret, Refusal> {
        random_text::<BYTES>(&self.0.randomness)
            .map_err(|error| unavailable("token.issue_failed", &StoreError::new("no token was made").caused_by(error)))
    }

    /// How long a revocation has to be kept, in seconds: no token that is out now is good for longer. Nor is one that is
    /// issued in this very moment, by a renewal that began before the end of its session.
    fn longest_token(&self) -> u64 {
        const UNDER_WAY: Duration = Duration::from_secs(60);
        let longest = match &self.0.tokens {
            Tokens::Jwt(jwt) => jwt.lifetime + jwt.verifier.leeway,
            // Whoever verifies the tokens of this store's other applications may have a leeway.
            _ => LONGEST_LIFETIME + MAX_LEEWAY,
        };
        (longest + self.0.store_timeout.min(UNDER_WAY) + UNDER_WAY).as_secs()
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

impl<U: AuthUser> Auth<U> {
    /// Renews a session (RFC 6749 section 6): the refresh token is used up, and new tokens come in its place.
    ///
    /// Of any number of callers with one token, one is given tokens. A token that was used before ends its whole session,
    /// since either its holder or whoever used it has stolen it (RFC 9700 section 4.14.2). `scopes` may ask for less than was
    /// granted, for this access token.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] if the token is not good for this client, the session is over, or the user is gone or disabled,
    /// and for a scope beyond those granted; [`Refusal::Unavailable`] if a store is down. A token is then either used up, or
    /// as good as before.
    pub async fn refresh(
        &self,
        token: &Secret,
        client: Option<&Client>,
        scopes: Option<&[String]>,
    ) -> Result<IssuedTokens, Refusal> {
        let outcome = self.try_refresh(token, client, scopes).await;
        match &outcome {
            Ok(issued) => tracing::info!(event = "token.refreshed", session = issued.session),
            Err(refusal) => tracing::info!(event = "refresh.refused", reason = refusal.event()),
        }
        outcome
    }

    async fn try_refresh(
        &self,
        token: &Secret,
        client: Option<&Client>,
        scopes: Option<&[String]>,
    ) -> Result<IssuedTokens, Refusal> {
        const REFUSED: Refusal = Refusal::BadGrant(GrantFault::InvalidGrant);
        let Some(sessions) = &self.0.sessions else { return Err(REFUSED) };
        let digest = TokenDigest::of(token.expose());
        let Some(FoundToken { token, session: Some(session) }) = self.bounded(sessions.store.find(&digest)).await?
        else {
            return Err(REFUSED);
        };
        let now = self.0.clock.unix_seconds();
        if token.purpose != TokenPurpose::Refresh
            || session.client.as_deref() != client.map(|client| client.id.as_str())
        {
            return Err(REFUSED);
        }
        if let Some(used_at) = token.used_at {
            self.replayed(sessions, &session, used_at, now).await?;
            return Err(REFUSED);
        }
        if token.expires_at <= now || session.expires_at <= now || session.ended_at.is_some() {
            return Err(REFUSED);
        }
        let user = self.find_user(&session.subject).await?;
        if user.is_none_or(|user| user.is_disabled()) {
            self.end_session(&session.id).await?;
            return Err(REFUSED);
        }
        let granted = match scopes {
            None => &session.scopes,
            Some(wanted) if wanted.iter().all(|scope| session.scopes.contains(scope)) => wanted,
            Some(_) => return Err(Refusal::BadGrant(GrantFault::InvalidScope)),
        };
        let (issued, kept) = self.new_tokens(sessions, &session, granted, now).await?;
        if self.bounded(sessions.store.exchange(&digest, now, &kept)).await? {
            return Ok(issued);
        }
        // Somebody was faster.
        self.replayed(sessions, &session, now, now).await?;
        Err(REFUSED)
    }

    async fn replayed(&self, sessions: &Sessions, session: &Session, used_at: u64, now: u64) -> Result<(), Refusal> {
        let grace = sessions.lifetime.reuse_grace.as_secs();
        if grace > 0 && now.saturating_sub(used_at) < grace {
            return Ok(());
        }
        tracing::warn!(event = "refresh.replayed", user = ?session.subject, session = session.id, "a refresh token was used twice");
        self.end_session(&session.id).await
    }
}

fn revoked_token(id: &str) -> String {
    format!("token:{id}")
}

fn revoked_session(id: &str) -> String {
    format!("session:{id}")
}
