//! Everything in memory: for tests, examples and programs of one process that may forget.

mod counters;
mod users;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::counters::Counters;
pub use self::users::MemoryUsers;
use super::{
    Client, ClientStore, FoundToken, KeptToken, RevocationStore, Session, SessionStore, StoreError, TokenDigest,
};

/// Sessions, revocations, clients and counters in memory. They are gone when the program ends. Clones share them.
///
/// ```
/// use auth_runtime::{Auth, AuthUser, MemoryStore, MemoryUsers, Randomness, SigningKey};
///
/// # #[derive(AuthUser, Clone)]
/// # #[auth(no_password, always_active)]
/// # struct User { #[auth(username)] name: String }
/// let store = MemoryStore::new();
/// let auth = Auth::builder(MemoryUsers::<User>::new())
///     .signing_key(SigningKey::generate(&Randomness::default())?)
///     .sessions(store.clone())
///     .revocations(store)
///     .build()?;
/// # Ok::<(), auth_runtime::BoxError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    sessions: HashMap<String, Session>,
    tokens: HashMap<TokenDigest, KeptToken>,
    revoked: HashMap<String, u64>,
    clients: BTreeMap<String, Client>,
    counters: Counters,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionStore for MemoryStore {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        let mut memory = self.memory();
        memory.sessions.insert(session.id.clone(), session.clone());
        memory.tokens.extend(tokens.iter().map(|token| (token.digest, token.clone())));
        Ok(())
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        self.memory().tokens.insert(token.digest, token.clone());
        Ok(())
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        let memory = self.memory();
        Ok(memory.tokens.get(digest).map(|token| FoundToken {
            token: token.clone(),
            session: token.session.as_ref().and_then(|id| memory.sessions.get(id)).cloned(),
        }))
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        let mut memory = self.memory();
        let Memory { sessions, tokens, .. } = &mut *memory;
        let Some(token) = tokens.get_mut(digest).filter(|token| token.used_at.is_none()) else { return Ok(false) };
        let ended = |id: &String| sessions.get(id).is_none_or(|session| session.ended_at.is_some());
        if token.session.as_ref().is_some_and(ended) {
            return Ok(false);
        }
        token.used_at = Some(now);
        tokens.extend(new.iter().map(|token| (token.digest, token.clone())));
        Ok(true)
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        if let Some(session) = self.memory().sessions.get_mut(id) {
            session.ended_at.get_or_insert(now);
        }
        Ok(())
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        let mut memory = self.memory();
        memory.tokens.retain(|_, token| token.session.is_some() || token.subject != subject);
        let live = memory.sessions.values_mut().filter(|one| one.subject == subject && now < one.expires_at);
        Ok(live
            .map(|session| {
                session.ended_at.get_or_insert(now);
                session.id.clone()
            })
            .collect())
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        let is_live =
            |session: &&Session| session.subject == subject && session.ended_at.is_none() && now < session.expires_at;
        let mut sessions: Vec<Session> = self.memory().sessions.values().filter(is_live).cloned().collect();
        sessions.sort_by(|one, other| (other.started_at, &other.id).cmp(&(one.started_at, &one.id)));
        Ok(sessions)
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        let mut memory = self.memory();
        let Memory { sessions, tokens, revoked, .. } = &mut *memory;
        let before = sessions.len() + tokens.len();
        sessions.retain(|_, session| now < session.expires_at);
        tokens.retain(|_, token| match &token.session {
            Some(id) if token.purpose == super::TokenPurpose::Refresh => sessions.contains_key(id),
            _ => now < token.expires_at,
        });
        revoked.retain(|_, until| now < *until);
        Ok((before - sessions.len() - tokens.len()) as u64)
    }
}

impl RevocationStore for MemoryStore {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        let mut memory = self.memory();
        for id in ids {
            let kept = memory.revoked.entry(id.clone()).or_insert(until);
            *kept = until.max(*kept);
        }
        Ok(())
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        let memory = self.memory();
        Ok(ids.iter().any(|id| memory.revoked.get(id).is_some_and(|until| now < *until)))
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let memory = self.memory();
        let live = memory.revoked.iter().filter(|(_, until)| now < **until);
        Ok(live.map(|(id, until)| (id.clone(), *until)).collect())
    }
}

impl ClientStore for MemoryStore {
    async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        Ok(self.memory().clients.get(id).cloned())
    }

    async fn register(&self, client: &Client) -> Result<(), StoreError> {
        self.memory().clients.insert(client.id.clone(), client.clone());
        Ok(())
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.memory().clients.remove(id).is_some())
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        Ok(self.memory().clients.values().cloned().collect())
    }
}
