//! The parts of a request's way, each by itself and without a socket: what `time.rs` times and `count.rs` counts.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use auth_runtime::{Argon2id, PasswordHasher, Randomness, TokenRequest, prelude::*};
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use tokio::runtime::Runtime;
use tower_service::Service;

use crate::Error;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    /// Read information about the current user.
    #[scope("me")]
    Me,
}

#[derive(AuthUser, Clone)]
struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

async fn plain() -> &'static str {
    "Hello"
}

#[get("/token")]
#[requires_token]
async fn token_alone() -> &'static str {
    "Hello"
}

#[get("/guarded")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn guarded() -> &'static str {
    "Hello"
}

#[get("/user")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
async fn with_user(user: User) -> &'static str {
    if user.disabled { "Bye" } else { "Hello" }
}

/// What a route without a guard answers to a stranger, who is told the same.
async fn refusal() -> Response {
    const BODY: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"This operation needs an access token. Send it as: Authorization: Bearer TOKEN"}"#;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
        (header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="api""#)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::UNAUTHORIZED, headers, BODY).into_response()
}

type Run = Box<dyn FnMut() -> Result<(), Error>>;

/// Something that can be done again and again.
pub struct Part {
    /// What it is.
    pub name: &'static str,
    prepare: fn() -> Result<Run, Error>,
}

/// The parts, in the order in which a table lists them.
pub const PARTS: [Part; 17] = [
    Part::new("axum: a route without a guard", || House::new("HS256", SEEN)?.asks("/plain", OK)),
    Part::new("axum: a static 401", || House::new("HS256", SEEN)?.without_token().asks("/static401", UNAUTHORIZED)),
    Part::new("guard: 401 without a token", || {
        House::new("HS256", SEEN)?.without_token().asks("/guarded", UNAUTHORIZED)
    }),
    Part::new("guard: a token alone", || House::new("HS256", SEEN)?.asks("/token", OK)),
    Part::new("guard: an active user and a scope", || House::new("HS256", SEEN)?.asks("/guarded", OK)),
    Part::new("guard: the same, the user an argument", || House::new("HS256", SEEN)?.asks("/user", OK)),
    Part::new("guard: EdDSA, seen before", || House::new("EdDSA", SEEN)?.asks("/guarded", OK)),
    Part::new("guard: ES256, seen before", || House::new("ES256", SEEN)?.asks("/guarded", OK)),
    Part::new("guard: RS256, seen before", || House::new("RS256", SEEN)?.asks("/guarded", OK)),
    Part::new("guard: HS256, first seen", || House::new("HS256", FIRST_SEEN)?.asks("/guarded", OK)),
    Part::new("guard: EdDSA, first seen", || House::new("EdDSA", FIRST_SEEN)?.asks("/guarded", OK)),
    Part::new("guard: ES256, first seen", || House::new("ES256", FIRST_SEEN)?.asks("/guarded", OK)),
    Part::new("guard: RS256, first seen", || House::new("RS256", FIRST_SEEN)?.asks("/guarded", OK)),
    Part::new("token: issued, HS256", || Ok(House::new("HS256", SEEN)?.issues())),
    Part::new("argon2: memory allocated each time", || raw_hash(false)),
    Part::new("argon2: memory kept, not wiped", || raw_hash(true)),
    Part::new("argon2: memory kept and wiped, as here", own_hash),
];

const OK: StatusCode = StatusCode::OK;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
/// How many verified tokens are kept.
const SEEN: usize = 4_096;
const FIRST_SEEN: usize = 0;

impl Part {
    const fn new(name: &'static str, prepare: fn() -> Result<Run, Error>) -> Self {
        Self { name, prepare }
    }

    /// Makes ready what does it once.
    ///
    /// # Errors
    /// Says what cannot be set up.
    pub fn prepare(&self) -> Result<Run, Error> {
        (self.prepare)()
    }
}

struct House {
    router: Router,
    runtime: Runtime,
    auth: Auth<User>,
    token: Option<Secret>,
}

impl House {
    fn new(algorithm: &str, verified_tokens: usize) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let john = User {
            username: "johndoe".to_owned(),
            disabled: false,
            hashed_password: PasswordHash::from_stored("none"),
        };
        let auth = Auth::builder(MemoryUsers::from_iter([john]))
            .signing_key(key(algorithm)?)
            .verified_tokens(verified_tokens)
            .build()?;
        let token = runtime.block_on(auth.issue_token(TokenRequest::new("johndoe", &["me".to_owned()])))?.token;
        let token = Some(token);
        let guarded = SecureRouter::new().mount(token_alone).mount(guarded).mount(with_user);
        let guarded = guarded.with_state(auth.clone()).into_router()?;
        let router = guarded.route("/plain", routing::get(plain)).route("/static401", routing::get(refusal));
        Ok(Self { router, runtime, auth, token })
    }

    fn without_token(self) -> Self {
        Self { token: None, ..self }
    }

    fn asks(mut self, path: &'static str, status: StatusCode) -> Result<Run, Error> {
        let credential = self.token.as_ref().map(|token| format!("Bearer {}", token.expose()));
        let credential = credential.map(HeaderValue::try_from).transpose()?;
        let mut once = move || {
            let mut request = Request::get(path).body(Body::empty())?;
            if let Some(credential) = &credential {
                request.headers_mut().insert(header::AUTHORIZATION, credential.clone());
            }
            let answer = self.runtime.block_on(self.router.call(request))?;
            if answer.status() == status {
                Ok(())
            } else {
                Err(format!("GET {path} is answered {} where it should be {status}", answer.status()).into())
            }
        };
        once()?;
        Ok(Box::new(once))
    }

    fn issues(self) -> Run {
        let scopes = ["me".to_owned()];
        Box::new(move || {
            self.runtime.block_on(self.auth.issue_token(TokenRequest::new("johndoe", &scopes)))?;
            Ok(())
        })
    }
}

/// A key from the environment for the kinds that have to be made by openssl, and one of this process for the other.
fn key(algorithm: &str) -> Result<SigningKey, Error> {
    if algorithm == "HS256" {
        return Ok(SigningKey::generate(&Randomness::default())?);
    }
    let keys = std::env::var("BENCH_KEYS").map_err(|_| "BENCH_KEYS is not set: tests/bench/run makes the keys")?;
    Ok(SigningKey::from_file(std::path::Path::new(&keys).join(algorithm))?)
}

fn raw_hash(keep: bool) -> Result<Run, Error> {
    let params = Params::new(19_456, 2, 1, Some(32))?;
    let mut memory = vec![Block::new(); if keep { params.block_count() } else { 0 }];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(Box::new(move || {
        let mut output = [0; 32];
        if keep {
            argon2.hash_password_into_with_memory(b"correct horse", &[7; 16], &mut output, &mut memory)?;
        } else {
            argon2.hash_password_into(b"correct horse", &[7; 16], &mut output)?;
        }
        Ok(())
    }))
}

fn own_hash() -> Result<Run, Error> {
    let hasher = Argon2id::default();
    let hash = hasher.hash("correct horse")?;
    Ok(Box::new(move || {
        hasher.verify("correct horse", &hash)?;
        Ok(())
    }))
}
