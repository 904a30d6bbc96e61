//! Stores that are down or slow: 503 with `Retry-After`, never an accepted request, and back to work without a restart.

use std::time::Duration;

use auth_runtime::{
    Auth, MemoryStore, PostgresStore, Randomness, RedisRevocations, SigningKey, StoreError, UserStore, prelude::*,
};
use tests::{
    server::{Answer, TestServer},
    services::Service,
};

use crate::support::{Account, Fast, JOHN, add_john, post_as, refresh, router, status, tokens};

fn is_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    let seconds: u64 = answer.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!(seconds > 0);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Asks until the answer is this one.
async fn until(expected: u16, mut ask: impl AsyncFnMut() -> u16) {
    for _ in 0..300 {
        let answer = ask().await;
        if answer == expected {
            return;
        }
        assert_eq!(answer, 503, "nothing but 503 while a store is down");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it does not come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and Redis: use tests/run"]
async fn databases_are_stopped_and_started_again() {
    let (mut postgres, mut redis) = (Service::postgres(), Service::redis());
    let mut store = PostgresStore::connect(&postgres.url()).await;
    for _ in 0..100 {
        if store.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        store = PostgresStore::connect(&postgres.url()).await;
    }
    let store = store.unwrap();
    let revocations = RedisRevocations::in_front_of(store.clone(), &redis.url()).await.unwrap();
    let auth = Auth::builder(store.users::<Account>().await.unwrap())
        .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
        .sessions(store.clone())
        .clients(store)
        .revocations(revocations)
        .password_hasher(Fast)
        .store_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    add_john(&auth).await;
    let server = TestServer::start(router().with_state(auth)).await;
    let (good, good_refresh) = tokens(&server.post_form("/token", JOHN).await);
    let (revoked, _) = tokens(&server.post_form("/token", JOHN).await);
    assert_eq!(post_as(&server, "/logout", &revoked, "").await.status, 204);
    assert_eq!(status(&server, "/token-only", &revoked).await, 401);

    redis.kill();
    is_unavailable(&server.get_as("/token-only", &good).await);
    is_unavailable(&server.get_as("/token-only", &revoked).await);
    is_unavailable(&server.get_as("/me", &good).await);
    is_unavailable(&post_as(&server, "/logout", &good, "").await);
    redis.start();
    until(200, async || server.get_once_as("/token-only", &good).await.status).await;
    assert_eq!(status(&server, "/token-only", &revoked).await, 401, "what Redis forgot is known elsewhere");

    postgres.kill();
    assert_eq!(status(&server, "/token-only", &good).await, 200, "Redis alone is asked");
    is_unavailable(&server.get_as("/me", &good).await);
    is_unavailable(&server.post_form("/token", JOHN).await);
    is_unavailable(&refresh(&server, &good_refresh).await);
    is_unavailable(&post_as(&server, "/logout", &good, "").await);
    postgres.start();
    until(200, async || server.get_once_as("/me", &good).await.status).await;
    until(200, async || server.post_form("/token", JOHN).await.status).await;
    // A renewal that was refused used nothing up.
    let (fresh, _) = tokens(&refresh(&server, &good_refresh).await);
    assert_eq!(status(&server, "/me", &fresh).await, 200);

    // Both at once, and neither answers before the other is filled again.
    redis.kill();
    postgres.kill();
    redis.start();
    is_unavailable(&server.get_as("/token-only", &revoked).await);
    is_unavailable(&server.get_as("/token-only", &good).await);
    postgres.start();
    until(200, async || server.get_once_as("/token-only", &good).await.status).await;
    assert_eq!(status(&server, "/token-only", &revoked).await, 401);
}

#[tokio::test]
#[ignore = "needs Redis: use tests/run"]
async fn a_redis_that_forgets_is_refused() {
    let redis = Service::redis();
    let set = |name: &str, value: &str| {
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd("CONFIG").arg("SET").arg(name).arg(value).exec(&mut connection).unwrap();
    };
    set("maxmemory", "100mb");
    set("maxmemory-policy", "allkeys-lru");
    let error = RedisRevocations::in_front_of(MemoryStore::new(), &redis.url()).await.unwrap_err().to_string();
    assert!(error.contains("allkeys-lru") && error.contains("noeviction"), "{error}");
    set("maxmemory-policy", "noeviction");
    assert!(RedisRevocations::in_front_of(MemoryStore::new(), &redis.url()).await.is_ok());
}

/// Users that are never found, nor not found.
struct Slow;

impl UserStore for Slow {
    type User = Account;

    async fn find(&self, _: &str) -> Result<Option<Account>, StoreError> {
        std::future::pending().await
    }

    async fn replace_password_hash(&self, _: &str, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_store_that_never_answers_is_given_up() {
    let auth = Auth::builder(Slow)
        .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
        .store_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let token = auth.issue_token(auth_runtime::TokenRequest::new("john", &[])).await.unwrap().token;
    let server = TestServer::start(router().with_state(auth)).await;
    is_unavailable(&server.get_as("/me", token.expose()).await);
    is_unavailable(&server.post_form("/token", JOHN).await);
    assert_eq!(status(&server, "/token-only", token.expose()).await, 200, "who needs no user waits for none");
}
