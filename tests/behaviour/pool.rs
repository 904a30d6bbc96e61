//! Logins, and the pool that their hashes run on.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use auth_runtime::{HashError, PasswordHasher, PoolSize, Verdict, prelude::*};
use tests::server::TestServer;

use crate::support::{JOHN, key, router, users};

/// Verifies while the gate is open, and panics over one password.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    inside: AtomicUsize,
}

#[derive(Clone, Default)]
struct Gated(Arc<Gate>);

impl Gated {
    fn open(&self) {
        *self.0.open.lock().unwrap() = true;
        self.0.opened.notify_all();
    }
}

impl PasswordHasher for Gated {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(password))
    }

    fn verify(&self, password: &str, _: &PasswordHash) -> Result<Verdict, HashError> {
        assert_ne!(password, "panic", "says the test");
        self.0.inside.fetch_add(1, Ordering::SeqCst);
        let mut open = self.0.open.lock().unwrap();
        while !*open {
            open = self.0.opened.wait(open).unwrap();
        }
        Ok(Verdict::Match)
    }
}

#[tokio::test]
async fn logins_beyond_the_queue_are_503_with_retry_after() {
    let (gate, size) = (Gated::default(), PoolSize { permits: NonZeroUsize::MIN, waiting: 1, nice: 0 });
    let auth = Auth::builder(users()).signing_key(key()).password_hasher(gate.clone()).hashing_pool(size).build();
    let server = Arc::new(TestServer::start(router().with_state(auth.unwrap())).await);
    let log_in = || {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.post_form("/token", JOHN).await.status })
    };
    let first = log_in();
    while gate.0.inside.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // One hashes. Of two more, one waits, and the other is one too many, whichever it is.
    let (second, third) = (log_in(), log_in());
    let mut rest = [second, third];
    let refused = loop {
        if let Some(refused) = rest.iter().position(tokio::task::JoinHandle::is_finished) {
            break refused;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&mut rest[refused]).await.unwrap(), 503);
    for _ in 0..16 {
        let answer = server.post_form("/token", JOHN).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    }
    gate.open();
    assert_eq!((first.await.unwrap(), (&mut rest[1 - refused]).await.unwrap()), (200, 200));
    assert_eq!(server.post_form("/token", JOHN).await.status, 200);
}

#[tokio::test]
async fn a_hasher_that_panics_lets_nobody_in_and_keeps_no_place() {
    let (gate, size) = (Gated::default(), PoolSize { permits: NonZeroUsize::MIN, waiting: 0, nice: 0 });
    gate.open();
    let auth = Auth::builder(users()).signing_key(key()).password_hasher(gate).hashing_pool(size).build().unwrap();
    let server = TestServer::start(router().with_state(auth)).await;
    for name in ["johndoe", "nobody", "johndoe"] {
        let answer = server.post_form("/token", &format!("username={name}&password=panic")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{name}");
    }
    assert_eq!(server.post_form("/token", JOHN).await.status, 200);
}
