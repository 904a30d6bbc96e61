//! Tokens of a provider elsewhere, which a test makes, breaks and takes down.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth_runtime::{Auth, OidcOptions, OidcProvider, Secret, SigningKey, prelude::*};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::Signer;
use serde_json::{Value, json};
use tests::{Scope, User, server::TestServer};

use crate::support::users;

const AUDIENCE: &str = "https://api.example";

#[get("/items")]
#[requires_scopes(Scope::Items)]
async fn items() -> &'static str {
    "items"
}

#[get("/me")]
#[requires_active_user]
async fn me(user: User) -> String {
    user.username
}

/// A key of the provider's.
#[derive(Clone)]
struct Key {
    id: &'static str,
    key: ed25519_dalek::SigningKey,
}

impl Key {
    fn new(id: &'static str, seed: u8) -> Self {
        Self { id, key: ed25519_dalek::SigningKey::from_bytes(&[seed; 32]) }
    }

    fn public(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig", "alg": "EdDSA"})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()).to_bytes());
        format!("{signed}.{signature}")
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.id})
    }

    fn token(&self, issuer: &str) -> String {
        self.sign(&self.header(), &claims(issuer))
    }
}

fn claims(issuer: &str) -> Value {
    json!({"iss": issuer, "aud": AUDIENCE, "sub": "johndoe", "client_id": "app", "exp": 4_000_000_000_u64, "scope": "items"})
}

/// How the provider answers.
#[derive(Clone)]
enum Mood {
    Keys(Vec<Value>),
    Status(StatusCode),
    Redirect(String),
    Text(&'static str),
    Endless,
}

#[derive(Clone)]
struct Provider {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    claimed: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    async fn start(keys: &[&Key]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(Mutex::new(Mood::Keys(keys.iter().map(|key| key.public()).collect()))),
            claimed: Arc::default(),
            asked: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn now(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

async fn discovery(State(provider): State<Provider>) -> impl IntoResponse {
    let issuer = provider.claimed.lock().unwrap().clone().unwrap_or_else(|| provider.issuer());
    axum::Json(json!({"issuer": issuer, "jwks_uri": format!("{}/keys", provider.issuer())}))
}

async fn keys_of(State(provider): State<Provider>) -> axum::response::Response {
    provider.asked.fetch_add(1, Ordering::SeqCst);
    let mood = provider.mood.lock().unwrap().clone();
    match mood {
        Mood::Keys(keys) => axum::Json(json!({"keys": keys})).into_response(),
        Mood::Status(status) => status.into_response(),
        Mood::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Mood::Text(text) => text.into_response(),
        Mood::Endless => "x".repeat(1_000_000).into_response(),
    }
}

async fn serve(options: OidcOptions) -> TestServer {
    let auth = Auth::builder(users()).token_format(options.discover().await.unwrap()).build().unwrap();
    TestServer::start(SecureRouter::new().mount(items).mount(me).with_state(auth)).await
}

async fn status(server: &TestServer, token: &str) -> u16 {
    server.get_as("/items", token).await.status
}

#[tokio::test]
async fn only_this_issuers_tokens_for_this_api_are_taken() {
    let (key, foreign) = (Key::new("one", 1), Key::new("one", 2));
    let provider = Provider::start(&[&key]).await;
    let issuer = provider.issuer();
    let server = serve(OidcOptions::new(&issuer, AUDIENCE)).await;
    let token = key.token(&issuer);
    assert_eq!(status(&server, &token).await, 200);
    assert_eq!(server.get_as("/me", &token).await.body, "johndoe");
    assert_eq!(status(&server, &foreign.token(&issuer)).await, 401);

    let with = |name: &str, value: Value| {
        let mut changed = claims(&issuer);
        changed[name] = value;
        key.sign(&key.header(), &changed)
    };
    let attacker = Provider::start(&[&foreign]).await;
    for (name, value, expected) in [
        ("aud", json!([AUDIENCE, "https://other.example"]), 200),
        ("scope", json!("other"), 403),
        ("iss", json!(format!("{issuer}/")), 401),
        ("iss", json!(&issuer[..issuer.len() - 1]), 401),
        ("iss", json!(attacker.issuer()), 401),
        ("aud", json!("https://api.example.evil"), 401),
        ("aud", json!([]), 401),
        ("exp", json!(1), 401),
        ("exp", json!("4000000000"), 401),
        ("nbf", json!(3_999_999_999_u64), 401),
    ] {
        assert_eq!(status(&server, &with(name, value.clone())).await, expected, "{name} {value}");
    }
    // Scopes as a list, as some providers write them.
    let mut listed = claims(&issuer);
    (listed["scope"], listed["scp"]) = (json!(""), json!(["items"]));
    assert_eq!(status(&server, &key.sign(&key.header(), &listed)).await, 200);

    // An ID token, and a header that says where else a key is to be had: nobody is asked there.
    for (member, value) in
        [("typ", json!("JWT")), ("alg", json!("none")), ("alg", json!("HS256")), ("crit", json!(["exp"]))]
    {
        let mut header = key.header();
        header[member] = value.clone();
        assert_eq!(status(&server, &key.sign(&header, &claims(&issuer))).await, 401, "{member} {value}");
    }
    for (member, value) in [
        ("jku", json!(format!("{}/keys", attacker.issuer()))),
        ("x5u", json!(format!("{}/keys", attacker.issuer()))),
        ("jwk", foreign.public()),
    ] {
        let mut header = foreign.header();
        header[member] = value;
        assert_eq!(status(&server, &foreign.sign(&header, &claims(&issuer))).await, 401, "{member}");
        header["kid"] = json!("another");
        assert_eq!(status(&server, &foreign.sign(&header, &claims(&issuer))).await, 401, "{member}");
    }
    assert_eq!(attacker.asked.load(Ordering::SeqCst), 0, "nothing in a token says where to ask");

    let any = serve(OidcOptions::new(&issuer, AUDIENCE).any_jwt()).await;
    let mut header = key.header();
    header["typ"] = json!("JWT");
    assert_eq!(status(&any, &key.sign(&header, &claims(&issuer))).await, 200);
    header["typ"] = json!("logout+jwt");
    assert_eq!(status(&any, &key.sign(&header, &claims(&issuer))).await, 401);
}

/// The public key's text, taken for a secret.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let key = Key::new("one", 1);
    let provider = Provider::start(&[&key]).await;
    let issuer = provider.issuer();
    let server = serve(OidcOptions::new(&issuer, AUDIENCE)).await;
    let public = key.public()["x"].as_str().unwrap().to_owned();
    let forger = SigningKey::from_secret(&Secret::new(public)).unwrap();
    let auth = Auth::builder(users()).signing_key(forger).issuer(&issuer).audience(AUDIENCE).build().unwrap();
    let forged = auth.issue_token(auth_runtime::TokenRequest::new("johndoe", &["items".to_owned()])).await.unwrap();
    assert_eq!(status(&server, forged.token.expose()).await, 401);
    // A symmetric key in a set is nobody's public key.
    provider
        .now(Mood::Keys(vec![json!({"kty": "oct", "kid": "s", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"})]));
    let error = OidcProvider::discover(&issuer, AUDIENCE).await.unwrap_err().to_string();
    assert!(error.contains("has no key for EdDSA, ES256 or RS256"), "{error}");
}

#[tokio::test]
async fn new_keys_are_found_and_strangers_cannot_make_us_ask_often() {
    let (first, second) = (Key::new("one", 1), Key::new("two", 2));
    let provider = Provider::start(&[&first]).await;
    let issuer = provider.issuer();
    let server = serve(OidcOptions::new(&issuer, AUDIENCE)).await;
    assert_eq!(status(&server, &second.token(&issuer)).await, 401);
    provider.now(Mood::Keys(vec![first.public(), second.public()]));
    // Asked a moment ago: at most a second later it is asked again.
    let mut answer = 401;
    for _ in 0..100 {
        answer = server.get_once_as("/items", &second.token(&issuer)).await.status;
        if answer == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((answer, status(&server, &first.token(&issuer)).await), (200, 200));

    let before = provider.asked.load(Ordering::SeqCst);
    let begun = std::time::Instant::now();
    for number in 0..200 {
        let mut header = first.header();
        header["kid"] = json!(format!("unknown-{number}"));
        assert_eq!(status(&server, &first.sign(&header, &claims(&issuer))).await, 401);
    }
    let asked = provider.asked.load(Ordering::SeqCst) - before;
    assert!(asked as u64 <= begun.elapsed().as_secs() + 1, "asked {asked} times in {:?}", begun.elapsed());
}

#[tokio::test]
async fn known_keys_outlast_an_outage() {
    let (key, new) = (Key::new("one", 1), Key::new("two", 2));
    let provider = Provider::start(&[&key]).await;
    let issuer = provider.issuer();
    let server = serve(OidcOptions::new(&issuer, AUDIENCE).reload_every(Duration::from_millis(1))).await;
    let elsewhere = Provider::start(&[&new]).await;
    for mood in [
        Mood::Status(StatusCode::INTERNAL_SERVER_ERROR),
        Mood::Redirect(format!("{}/keys", elsewhere.issuer())),
        Mood::Text("<html>"),
        Mood::Text("{\"keys\": []}"),
        Mood::Endless,
    ] {
        provider.now(mood);
        let before = provider.asked.load(Ordering::SeqCst);
        for _ in 0..100 {
            assert_eq!(status(&server, &key.token(&issuer)).await, 200);
            if provider.asked.load(Ordering::SeqCst) > before + 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(provider.asked.load(Ordering::SeqCst) > before, "the keys are read again now and then");
        assert_eq!(status(&server, &new.token(&issuer)).await, 401, "and what is not known is refused");
    }
    assert_eq!(elsewhere.asked.load(Ordering::SeqCst), 0, "a redirect is not followed");
    // What the provider withdraws is gone.
    provider.now(Mood::Keys(vec![new.public()]));
    let mut answer = 200;
    for _ in 0..500 {
        answer = server.get_once_as("/items", &key.token(&issuer)).await.status;
        if answer == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((answer, status(&server, &new.token(&issuer)).await), (401, 200));
}

#[tokio::test]
async fn a_provider_that_is_not_the_one_is_refused() {
    let provider = Provider::start(&[&Key::new("one", 1)]).await;
    let issuer = provider.issuer();
    let discover = async |issuer: &str| OidcProvider::discover(issuer, AUDIENCE).await.unwrap_err().to_string();
    *provider.claimed.lock().unwrap() = Some(format!("{issuer}/"));
    assert!(discover(&issuer).await.contains("one letter more or less is another issuer"));
    *provider.claimed.lock().unwrap() = None;
    assert!(OidcProvider::discover(&issuer, AUDIENCE).await.is_ok());
    assert!(discover("http://login.example").await.contains("is not an https URL"));
    assert!(discover("ftp://127.0.0.1").await.contains("is not an https URL"));
    assert!(discover("http://127.0.0.1:9").await.contains("cannot be reached"));
    assert!(discover("https://127.0.0.1:9").await.contains("cannot be reached"));
    provider.now(Mood::Status(StatusCode::NOT_FOUND));
    assert!(discover(&issuer).await.contains("answers with 404"));
    assert!(OidcProvider::discover(&issuer, "").await.is_err());
}
