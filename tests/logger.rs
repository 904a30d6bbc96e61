//! Where there is no subscriber of `tracing`, the `log` crate's logger is told of each decision.

use std::sync::Mutex;

use ::log::{Level, LevelFilter, Metadata, Record};
use auth_runtime::{Randomness, TokenRequest, prelude::*};
use axum::{body::Body, http::Request};
use tests::User;
use tower_service::Service;

#[get("/guarded")]
#[requires_active_user]
async fn guarded() -> &'static str {
    "Hello"
}

/// Keeps what is logged.
struct Lines(Mutex<Vec<(Level, String)>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl ::log::Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn who_was_let_in_and_who_was_not() {
    ::log::set_logger(&LINES).unwrap();
    ::log::set_max_level(LevelFilter::Debug);
    let john =
        User { username: "johndoe".to_owned(), disabled: false, hashed_password: PasswordHash::from_stored("none") };
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    let auth = Auth::builder(MemoryUsers::from_iter([john])).signing_key(key).build().unwrap();
    let token = auth.issue_token(TokenRequest::new("johndoe", &[])).await.unwrap().token;
    let mut router = SecureRouter::new().mount(guarded).with_state(auth).into_router().unwrap();
    for (token, status) in [(token.expose(), 200), ("of nobody", 401)] {
        let request = Request::get("/guarded").header("authorization", format!("Bearer {token}"));
        let answer = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status);
    }
    let lines = LINES.0.lock().unwrap();
    for (level, event, about) in [
        (Level::Debug, "access.granted", "user=\"johndoe\""),
        (Level::Info, "access.refused", "reason=\"invalid_token\""),
    ] {
        let is_told = |(at, line): &&(Level, String)| *at == level && line.contains(event) && line.contains(about);
        assert_eq!(lines.iter().filter(is_told).count(), 1, "{event} in {lines:?}");
    }
}
