//! Forged tokens, and genuine ones in the wrong place. Every forgery here is signed as well as its attacker can: where a test
//! is about the claims, with the right key.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use auth_runtime::{
    Auth, AuthBuilder, ClientAddress, Clock, MemoryStore, Randomness, SigningKeys, TokenRequest, endpoints, prelude::*,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signer, SigningKey as Ed25519};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tests::{
    Scope, User,
    server::{Answer, TestServer},
};

use crate::support::{Fast, PrivateFile, users};

const NOW: u64 = 1_800_000_000;
const SEED: [u8; 32] = [7; 32];
const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";

/// How often the guarded handler ran.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

#[derive(Clone)]
struct State {
    auth: Auth<User>,
    runs: Runs,
}

impl AuthState for State {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

#[get("/secret")]
#[requires_user]
async fn secret(axum::extract::State(state): axum::extract::State<State>) -> &'static str {
    state.runs.0.fetch_add(1, Ordering::SeqCst);
    "the secret"
}

#[token_endpoint("/token")]
async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

/// The same application twice: one keeps the tokens that it has verified, and the other verifies each of them each time.
struct House {
    server: TestServer,
    without_cache: TestServer,
    auth: Auth<User>,
    runs: Runs,
    _keys: Option<PrivateFile>,
}

impl House {
    /// With the Ed25519 key that this test knows.
    async fn new() -> Self {
        let public = Ed25519::from_bytes(&SEED).verifying_key();
        let (x, d) = (BASE64.encode(public.as_bytes()), BASE64.encode(SEED));
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "d": d, "kid": "ours", "alg": "EdDSA"}]});
        let file = PrivateFile::new("keys.json", &keys.to_string());
        let keys = SigningKeys::from_file(file.path()).unwrap();
        let house = Self::of(|| Auth::builder(users()).signing_keys(keys.clone()).audience(AUDIENCE)).await;
        Self { _keys: Some(file), ..house }
    }

    async fn of(builder: impl Fn() -> AuthBuilder<User>) -> Self {
        let (store, runs) = (MemoryStore::new(), Runs::default());
        let application = async |cache: fn(AuthBuilder<User>) -> AuthBuilder<User>| {
            let builder = builder()
                .issuer(ISSUER)
                .sessions(store.clone())
                .revocations(store.clone())
                .clients(store.clone())
                .password_hasher(Fast)
                .clock(Clock::from_fn(|| UNIX_EPOCH + Duration::from_secs(NOW)));
            let auth = cache(builder).build().unwrap();
            let state = State { auth: auth.clone(), runs: runs.clone() };
            let app = SecureRouter::new().mount(secret).mount(login).merge(endpoints::oauth()).with_state(state);
            (TestServer::start(app).await, auth)
        };
        let (server, auth) = application(|builder| builder.verified_tokens(64)).await;
        let (without_cache, _) = application(|builder| builder.verified_tokens(0)).await;
        Self { server, without_cache, auth, runs, _keys: None }
    }

    /// Asks both, each of them twice, and tells what they answer.
    async fn ask(&self, token: &str) -> Answer {
        let verified = self.without_cache.get_as("/secret", token).await;
        let answer = self.server.get_as("/secret", token).await;
        assert_eq!((answer.status, &answer.body), (verified.status, &verified.body));
        assert_eq!(answer.header("www-authenticate"), verified.header("www-authenticate"));
        verified
    }

    async fn lets_in(&self, token: &str) {
        let answer = self.ask(token).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "the secret"), "a genuine token");
        self.runs.0.store(0, Ordering::SeqCst);
    }

    async fn refuses(&self, token: &str, what: &str) {
        let answer = self.ask(token).await;
        assert_eq!(answer.status, 401, "{what}");
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{what}");
        assert_eq!(self.runs.0.load(Ordering::SeqCst), 0, "{what}: the handler ran");
    }
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ours"})
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "johndoe", "jti": "1", "iat": NOW, "exp": NOW + 60, "scope": ""})
}

/// One object with the members of another, of which `null` removes.
fn with(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => base.as_object_mut().unwrap().remove(name),
            value => base.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    base
}

fn signed_by(sign: impl Fn(&[u8]) -> Vec<u8>, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    let signature = BASE64.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Signed with the server's own key.
fn signed(header: &str, claims: &str) -> String {
    signed_by(|message| Ed25519::from_bytes(&SEED).sign(message).to_bytes().to_vec(), header, claims)
}

fn hmac(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = key.to_vec();
    move |message| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }
}

fn good() -> String {
    signed(&header().to_string(), &claims().to_string())
}

#[tokio::test]
async fn algorithm_none() {
    let house = House::new().await;
    house.lets_in(&good()).await;
    for name in ["none", "None", "NONE", "nOnE", "", " none", "none\u{0}"] {
        let header = with(header(), &json!({"alg": name})).to_string();
        let unsigned = signed_by(|_| Vec::new(), &header, &claims().to_string());
        house.refuses(&unsigned, name).await;
        house.refuses(unsigned.trim_end_matches('.'), name).await;
        house.refuses(&signed(&header, &claims().to_string()), name).await;
    }
    house.refuses(&signed_by(|_| Vec::new(), &header().to_string(), &claims().to_string()), "no signature").await;
}

#[tokio::test]
async fn algorithm_confusion_with_a_public_key_as_secret() {
    let house = House::new().await;
    house.lets_in(&good()).await;
    let keys = house.server.get("/.well-known/jwks.json").await;
    let x = keys.json()["keys"][0]["x"].as_str().expect("the public key is published").to_owned();
    let raw = BASE64.decode(&x).unwrap();
    let spki = [&hex("302a300506032b6570032100")[..], &raw].concat();
    let pem = |label: &str| {
        let body = base64::engine::general_purpose::STANDARD.encode(&spki);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let secrets: [(&str, Vec<u8>); 6] = [
        ("raw", raw.clone()),
        ("base64url", x.into_bytes()),
        ("spki", spki.clone()),
        ("pem", pem("PUBLIC KEY").into_bytes()),
        ("pem without its last line break", pem("PUBLIC KEY").trim_end().as_bytes().to_vec()),
        ("the key set", keys.body.clone().into_bytes()),
    ];
    for (what, key) in secrets {
        for alg in ["HS256", "HS384", "HS512", "EdDSA", "Ed25519"] {
            let header = with(header(), &json!({"alg": alg})).to_string();
            house.refuses(&signed_by(hmac(&key), &header, &claims().to_string()), what).await;
        }
    }
}

#[tokio::test]
async fn algorithm_confusion_between_signatures() {
    let house = House::new().await;
    for alg in ["ES256", "RS256", "PS256", "HS256", "ES256K", "EdDSA ", "eddsa", "Ed448"] {
        let header = with(header(), &json!({"alg": alg})).to_string();
        house.refuses(&signed(&header, &claims().to_string()), alg).await;
    }
    // A secret's own application takes no other algorithm either.
    let secret: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 37 % 251).unwrap());
    let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = SigningKey::from_secret(&Secret::new(text.clone())).unwrap();
    let id = key.id().to_owned();
    let house = House::of(|| Auth::builder(users()).signing_key(key.clone()).audience(AUDIENCE)).await;
    let header = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": id}).to_string();
    let own = [hmac(&secret)(b""), hmac(text.as_bytes())(b"")];
    assert_ne!(own[0], own[1]);
    let honest = [hmac_token(&secret, &header("HS256")), hmac_token(text.as_bytes(), &header("HS256"))];
    let mut taken = 0;
    for token in &honest {
        taken += usize::from(house.ask(token).await.status == 200);
    }
    assert_eq!(taken, 1, "one of the readings of the secret is the right one");
    house.runs.0.store(0, Ordering::SeqCst);
    for alg in ["none", "HS384", "HS512", "EdDSA", "ES256", "RS256", "hs256"] {
        for secret in [&secret[..], text.as_bytes()] {
            house.refuses(&hmac_token(secret, &header(alg)), alg).await;
        }
    }
}

fn hmac_token(secret: &[u8], header: &str) -> String {
    signed_by(hmac(secret), header, &claims().to_string())
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn key_injection_by_header_fields() {
    let house = House::new().await;
    let attacker = Ed25519::from_bytes(&[66; 32]);
    let x = BASE64.encode(attacker.verifying_key().as_bytes());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ours"});
    // Whoever asked it would be noticed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    for more in [
        json!({"jwk": jwk}),
        json!({"jku": url}),
        json!({"x5u": url}),
        json!({"x5c": [BASE64.encode(b"a certificate")]}),
        json!({"x5t": "AAAA", "x5t#S256": "AAAA"}),
        json!({"jwk": jwk, "kid": null}),
        json!({"kid": "../../../../dev/null"}),
        json!({"kid": "/proc/self/environ"}),
        json!({"kid": "ours' OR '1'='1"}),
        json!({"kid": "ours\u{0}"}),
        json!({"kid": url}),
        json!({"kid": ""}),
        json!({"kid": ["ours"]}),
        json!({"kid": {"ours": 1}}),
    ] {
        let header = with(header(), &more).to_string();
        let forged = signed_by(|message| attacker.sign(message).to_bytes().to_vec(), &header, &claims().to_string());
        house.refuses(&forged, &header).await;
    }
    // Signed with an empty secret, or one of zeros, which is what a file that is not there would be.
    for key in [&[][..], &[0; 32], &[0; 1]] {
        let header = with(header(), &json!({"alg": "HS256", "kid": "../../dev/null"})).to_string();
        house.refuses(&signed_by(hmac(key), &header, &claims().to_string()), "an empty key").await;
    }
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody was asked for keys");
}

#[tokio::test]
async fn unknown_critical_header_fields() {
    let house = House::new().await;
    for more in [
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"crit": ["b64"], "b64": true}),
        json!({"crit": "b64"}),
        json!({"crit": ["http://attacker.example"], "http://attacker.example": true}),
        json!({"crit": [7]}),
    ] {
        house.refuses(&signed(&with(header(), &more).to_string(), &claims().to_string()), &more.to_string()).await;
    }
}

#[tokio::test]
async fn an_issuer_or_an_audience_that_only_looks_like_the_right_one() {
    let house = House::new().await;
    for more in [
        json!({"iss": "https://issuer.example.attacker.example"}),
        json!({"iss": "https://attacker.example/https://issuer.example"}),
        json!({"iss": "https://issuer.exampl"}),
        json!({"iss": "https://issuer.example/"}),
        json!({"iss": "https://issuer.example "}),
        json!({"iss": "HTTPS://ISSUER.EXAMPLE"}),
        json!({"iss": [ISSUER]}),
        json!({"iss": ""}),
        json!({"iss": {}}),
        json!({"iss": null}),
        json!({"aud": "https://api.example.attacker.example"}),
        json!({"aud": "https://api.exampl"}),
        json!({"aud": ["https://other.example", "https://api.example/"]}),
        json!({"aud": [["https://api.example"]]}),
        json!({"aud": []}),
        json!({"aud": {"https://api.example": true}}),
        json!({"aud": "*"}),
        json!({"aud": null}),
    ] {
        house.refuses(&signed(&header().to_string(), &with(claims(), &more).to_string()), &more.to_string()).await;
    }
}

#[tokio::test]
async fn times_that_are_over_or_are_none() {
    let house = House::new().await;
    for more in [
        json!({"exp": NOW}),
        json!({"exp": NOW - 1}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": (NOW + 60).to_string()}),
        json!({"exp": [NOW + 60]}),
        json!({"exp": true}),
        json!({"exp": 1e300}),
        json!({"exp": u64::MAX}),
        json!({"exp": null}),
        json!({"nbf": NOW + 1}),
        json!({"nbf": "0"}),
        json!({"nbf": -1}),
    ] {
        house.refuses(&signed(&header().to_string(), &with(claims(), &more).to_string()), &more.to_string()).await;
    }
    for text in ["NaN", "Infinity", "1e999", "0x7fffffffffffffff", "9999999999999999999999999999"] {
        let claims = claims().to_string().replace(&(NOW + 60).to_string(), text);
        house.refuses(&signed(&header().to_string(), &claims), text).await;
    }
}

#[tokio::test]
async fn members_that_come_twice_or_that_are_no_object() {
    let house = House::new().await;
    for (header, claims) in [
        (r#"{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"ours"}"#.to_owned(), claims().to_string()),
        (r#"{"alg":"EdDSA","alg":"none","typ":"at+jwt","kid":"ours"}"#.to_owned(), claims().to_string()),
        (header().to_string(), claims().to_string().replacen('{', r#"{"sub":"alice","#, 1)),
        (header().to_string(), claims().to_string().replacen('{', r#"{"exp":9999999999,"#, 1)),
        (header().to_string(), claims().to_string().replacen('{', r#"{"aud":"https://other.example","#, 1)),
        (header().to_string(), format!("[{}]", claims())),
        (header().to_string(), format!("{} {{}}", claims())),
        (header().to_string(), "null".to_owned()),
        (header().to_string(), String::new()),
        (header().to_string(), "\u{feff}".to_owned() + &claims().to_string()),
    ] {
        house.refuses(&signed(&header, &claims), &format!("{header} {claims}")).await;
    }
}

#[tokio::test]
async fn a_bomb_of_nested_json() {
    let house = House::new().await;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let bomb = format!("{}1{}", open.repeat(1_000), close.repeat(1_000));
        for member in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", "client_id"] {
            let claims = with(claims(), &json!({member: null})).to_string();
            let claims = claims.replacen('{', &format!(r#"{{"{member}":{bomb},"#), 1);
            house.refuses(&signed(&header().to_string(), &claims), member).await;
        }
        let header = header().to_string().replacen('{', &format!(r#"{{"jwk":{bomb},"#), 1);
        house.refuses(&signed_by(|_| vec![0; 64], &header, &claims().to_string()), "header").await;
    }
    house.lets_in(&good()).await;
}

#[tokio::test]
async fn every_character_that_is_changed_removed_or_added() {
    let house = House::new().await;
    let good = good();
    for at in (0..good.len()).step_by(7) {
        let (before, after) = good.split_at(at);
        let flipped = if after.starts_with('A') { "B" } else { "A" };
        house.refuses(&format!("{before}{flipped}{}", &after[1..]), &format!("changed at {at}")).await;
        house.refuses(&format!("{before}{}", &after[1..]), &format!("removed at {at}")).await;
        house.refuses(&format!("{before}A{after}"), &format!("added at {at}")).await;
    }
    for more in ["=", "==", ".", ".AAAA", "\u{0}"] {
        let answer = house.ask(&format!("{good}{more}")).await;
        assert!(matches!(answer.status, 400 | 401), "{more:?}");
    }
    house.lets_in(&good).await;
}

/// With a key of its own, or without one.
fn tokens(opaque: bool) -> impl Fn() -> AuthBuilder<User> {
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    let users = users();
    move || {
        let builder = Auth::builder(users.clone());
        if opaque { builder.opaque_tokens() } else { builder.signing_key(key.clone()) }
    }
}

#[tokio::test]
async fn a_refresh_token_used_as_an_access_token() {
    for opaque in [false, true] {
        let house = House::of(tokens(opaque)).await;
        let answer = house.server.post_form("/token", "username=johndoe&password=secret").await.json();
        let (access, refresh) = (answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());
        house.lets_in(access).await;
        house.refuses(refresh, "a refresh token").await;
        let renewal = format!("grant_type=refresh_token&refresh_token={access}");
        assert_eq!(house.server.post_form("/token", &renewal).await.status, 400, "an access token renews nothing");
        house.lets_in(access).await;
    }
}

#[tokio::test]
async fn a_token_of_another_purpose() {
    for opaque in [false, true] {
        let house = House::of(tokens(opaque)).await;
        let reset = house.auth.password_reset_token("johndoe").await.unwrap().unwrap();
        let email = house.auth.email_token("johndoe", "john@example.com").await.unwrap().unwrap();
        let (cookie, _) = house.auth.start_cookie_session("johndoe", &[]).await.unwrap();
        let of_client = TokenRequest::new("johndoe", &[]).client(Some("johndoe"));
        let of_client = house.auth.issue_token(of_client).await.unwrap().token;
        for (token, what) in [(&reset, "reset"), (&email, "email"), (&cookie, "cookie"), (&of_client, "a client's own")]
        {
            house.refuses(token.expose(), what).await;
        }
        let new = || Secret::new("a password of some length");
        for token in [&email, &cookie, &of_client] {
            assert!(house.auth.reset_password(token, new(), ClientAddress::UNKNOWN).await.is_err());
        }
        for token in [&reset, &cookie, &of_client] {
            assert!(house.auth.verify_email(token).await.is_err());
            assert!(house.auth.refresh(token, None, None).await.is_err());
        }
    }
    // An identity token, or any other JWT of the same issuer and key.
    let house = House::new().await;
    for typ in [json!("JWT"), json!("id+jwt"), json!("logout+jwt"), json!("dpop+jwt"), json!(null), json!(["at+jwt"])] {
        house.refuses(&signed(&with(header(), &json!({"typ": typ})).to_string(), &claims().to_string()), "typ").await;
    }
}

#[tokio::test]
async fn a_token_of_another_application() {
    let house = House::new().await;
    let other = SigningKey::generate(&Randomness::default()).unwrap();
    let other = House::of(|| Auth::builder(users()).signing_key(other.clone()).audience(AUDIENCE)).await;
    let token = other.auth.issue_token(TokenRequest::new("johndoe", &[])).await.unwrap().token;
    other.lets_in(token.expose()).await;
    house.refuses(token.expose(), "another application's").await;
    house
        .refuses(&signed(&header().to_string(), &with(claims(), &json!({"sub": "nobody"})).to_string()), "no user")
        .await;
    house.refuses(&signed(&header().to_string(), &with(claims(), &json!({"sub": ""})).to_string()), "no name").await;
}
