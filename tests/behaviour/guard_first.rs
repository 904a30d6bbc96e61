//! The policy is decided before any other extractor, and before one byte of the body is read.

use std::sync::atomic::{AtomicUsize, Ordering};

use auth_runtime::prelude::*;
use axum::{extract::FromRequestParts, http::request::Parts};
use tests::{User, server::TestServer};

use crate::support::{JOHN, key, login, serve, users};

#[tokio::test]
async fn an_endless_body_is_refused_at_once() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let (server, _) = serve(profile).await;
        assert_eq!(server.post_endless("/notes", &[]).await.status, 401);
        assert_eq!(server.post_endless("/notes", &["authorization: Bearer garbage"]).await.status, 401);
    }
}

#[tokio::test]
async fn a_refused_request_with_expect_is_not_told_to_continue() {
    let (server, _) = serve(Profile::Standard).await;
    let request = "POST /notes HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 1000000000\r\n\r\n";
    assert_eq!(server.send(request).await.status, 401, "100 would ask for the body");
}

static EXTRACTED: AtomicUsize = AtomicUsize::new(0);

/// Counts how often it is asked.
struct Counted;

impl<S: Sync> FromRequestParts<S> for Counted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        EXTRACTED.fetch_add(1, Ordering::SeqCst);
        Ok(Self)
    }
}

#[get("/counted")]
#[requires_user]
async fn counted(_counted: Counted, _user: User) {}

#[tokio::test]
async fn no_other_extractor_runs_for_a_stranger() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let server = TestServer::start(SecureRouter::new().mount(login).mount(counted).with_state(auth)).await;
    assert_eq!(server.get("/counted").await.status, 401);
    assert_eq!(EXTRACTED.load(Ordering::SeqCst), 0);
    let token = server.log_in("/token", JOHN).await;
    assert_eq!(server.get_once_as("/counted", &token).await.status, 200);
    assert_eq!(EXTRACTED.load(Ordering::SeqCst), 1);
}
