//! What is left where a renewal breaks off: the old state or the new one, never neither.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use auth_runtime::{
    FoundToken, KeptToken, PostgresStore, Secret, Session, SessionStore, SqliteStore, StoreError, TokenDigest,
    TokenPurpose,
};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use crate::support::{Account, Scratch, Store, new_database, on_each_store};

type Auth = auth_runtime::Auth<Account>;

/// Fails at one call: before it is done, or after.
#[derive(Clone)]
struct Faulty<S> {
    inner: S,
    calls: Arc<AtomicUsize>,
    fails_at: Arc<AtomicUsize>,
    done_all_the_same: bool,
    kept: Arc<Mutex<Vec<TokenDigest>>>,
}

impl<S: SessionStore> Faulty<S> {
    fn new(inner: S, done_all_the_same: bool) -> Self {
        Self {
            inner,
            calls: Arc::default(),
            fails_at: Arc::new(AtomicUsize::new(usize::MAX)),
            done_all_the_same,
            kept: Arc::default(),
        }
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let fails = self.calls.fetch_add(1, Ordering::SeqCst) == self.fails_at.load(Ordering::SeqCst);
        if !fails {
            return call.await;
        }
        if self.done_all_the_same {
            call.await?;
        }
        Err(StoreError::new("the network broke"))
    }

    fn note(&self, tokens: &[KeptToken]) {
        let refresh = tokens.iter().filter(|token| token.purpose == TokenPurpose::Refresh);
        self.kept.lock().unwrap().extend(refresh.map(|token| token.digest));
    }

    /// How many of all refresh tokens are good.
    async fn good(&self) -> usize {
        let digests = self.kept.lock().unwrap().clone();
        let mut good = 0;
        for digest in digests {
            let found = self.inner.find(&digest).await.unwrap();
            good += usize::from(found.is_some_and(|FoundToken { token, session }| {
                token.used_at.is_none() && session.is_some_and(|session| session.ended_at.is_none())
            }));
        }
        good
    }
}

impl<S: SessionStore> SessionStore for Faulty<S> {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        self.note(tokens);
        self.call(self.inner.begin(session, tokens)).await
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        self.call(self.inner.keep(token)).await
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        self.call(self.inner.find(digest)).await
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        self.note(new);
        self.call(self.inner.exchange(digest, now, new)).await
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        self.call(self.inner.end_session(id, now)).await
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        self.call(self.inner.end_sessions(subject, now)).await
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        self.call(self.inner.sessions(subject, now)).await
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        self.inner.purge(now).await
    }
}

async fn every_call_of_a_rotation<S: SessionStore + Clone>(store: &Store, inner: S) {
    for done_all_the_same in [false, true] {
        for fails_at in 0.. {
            let faulty = Faulty::new(inner.clone(), done_all_the_same);
            let auth: Auth = store.signed().sessions(faulty.clone()).build().unwrap();
            let token = auth.start_session("john", &[], None).await.unwrap().refresh.unwrap();
            faulty.calls.store(0, Ordering::SeqCst);
            faulty.fails_at.store(fails_at, Ordering::SeqCst);
            let renewed = auth.refresh(&token, None, None).await;
            assert_eq!(faulty.good().await, 1, "call {fails_at}, done {done_all_the_same}: {renewed:?}");
            if renewed.is_ok() {
                assert!(fails_at >= 2, "a renewal asks its store twice at least");
                break;
            }
            assert_eq!(renewed.unwrap_err(), auth_runtime::Refusal::Unavailable);
        }
    }
}

async fn wherever_it_is_dropped<S: SessionStore + Clone>(store: &Store, inner: S) {
    let faulty = Faulty::new(inner, false);
    let auth: Auth = store.signed().sessions(faulty.clone()).build().unwrap();
    for polls in 0..200 {
        faulty.kept.lock().unwrap().clear();
        let token = auth.start_session("john", &[], None).await.unwrap().refresh.unwrap();
        // As a request is, whose client goes away.
        let mut renewal = Box::pin(auth.refresh(&token, None, None));
        let mut left = polls;
        let finished = std::future::poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(false);
            }
            left -= 1;
            renewal.as_mut().poll(context).map(|_| true)
        })
        .await;
        drop(renewal);
        // What was sent to a database may still be under way.
        let mut good = faulty.good().await;
        for _ in 0..100 {
            if good == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            good = faulty.good().await;
        }
        assert_eq!(good, 1, "dropped after {polls} steps");
        if finished {
            return;
        }
    }
    panic!("a renewal takes more than 200 steps");
}

on_each_store! {
    async fn a_fault_at_any_call_leaves_one_good_token(store: Store) {
        crate::support::add_john(&store.signed().build().unwrap()).await;
        match &store {
            Store::Memory(inner, _) => every_call_of_a_rotation(&store, inner.clone()).await,
            Store::Sqlite(inner, ..) => every_call_of_a_rotation(&store, inner.clone()).await,
            Store::Postgres(inner, _) | Store::Redis(inner, ..) => every_call_of_a_rotation(&store, inner.clone()).await,
        }
    }

    async fn a_renewal_that_is_dropped_leaves_one_good_token(store: Store) {
        crate::support::add_john(&store.signed().build().unwrap()).await;
        match &store {
            Store::Memory(inner, _) => wherever_it_is_dropped(&store, inner.clone()).await,
            Store::Sqlite(inner, ..) => wherever_it_is_dropped(&store, inner.clone()).await,
            Store::Postgres(inner, _) | Store::Redis(inner, ..) => wherever_it_is_dropped(&store, inner.clone()).await,
        }
    }
}

/// A new token that cannot be written leaves the old one unused, within the database itself.
async fn no_half_exchange(store: &impl SessionStore, now: u64) {
    let session = Session {
        id: "session".to_owned(),
        subject: "john".to_owned(),
        client: None,
        scopes: Vec::new(),
        started_at: now,
        expires_at: now + 600,
        ended_at: None,
    };
    let token = |name: &str| KeptToken {
        digest: TokenDigest::of(name),
        purpose: TokenPurpose::Refresh,
        session: Some(session.id.clone()),
        subject: session.subject.clone(),
        client: None,
        scopes: Vec::new(),
        detail: (name == "poison").then(|| "poison".to_owned()),
        issued_at: now,
        expires_at: now + 600,
        used_at: None,
    };
    store.begin(&session, &[token("old")]).await.unwrap();
    let new = [token("new"), token("poison")];
    assert!(store.exchange(&TokenDigest::of("old"), now, &new).await.is_err());
    assert_eq!(store.find(&TokenDigest::of("old")).await.unwrap().unwrap().token.used_at, None);
    assert!(store.find(&TokenDigest::of("new")).await.unwrap().is_none());
    assert!(store.exchange(&TokenDigest::of("old"), now, &[token("new")]).await.unwrap());
}

#[tokio::test]
async fn sqlite_does_both_or_neither() {
    let scratch = Scratch::new();
    let path = scratch.0.join("auth.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let trigger = "CREATE TRIGGER poison BEFORE INSERT ON auth_tokens WHEN NEW.detail = 'poison' \
                   BEGIN SELECT RAISE(ABORT, 'poison'); END";
    connection.execute(trigger).await.unwrap();
    no_half_exchange(&store, 1_000).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: use tests/run"]
async fn postgres_does_both_or_neither() {
    let url = new_database(&tests::services::postgres_url()).await;
    let store = PostgresStore::connect(&url).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("ALTER TABLE auth_tokens ADD CHECK (detail <> 'poison')").await.unwrap();
    no_half_exchange(&store, 1_000).await;
}

/// The secret of a token is what its holder has, and nothing that is stored.
#[tokio::test]
async fn no_token_is_stored_as_it_is() {
    let Store::Sqlite(store, users, scratch) = crate::support::sqlite().await else { unreachable!() };
    let store = Store::Sqlite(store, users, scratch.clone());
    let auth: Auth = store.unsigned().opaque_tokens().build().unwrap();
    crate::support::add_john(&auth).await;
    let issued = auth.start_session("john", &[], None).await.unwrap();
    let reset = auth.password_reset_token("john").await.unwrap().unwrap();
    let secrets: [&Secret; 3] = [&issued.access.token, issued.refresh.as_ref().unwrap(), &reset];
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(&scratch.0).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("john"), "these are the files");
    for secret in secrets {
        assert!(!holds(secret.expose()));
    }
}
