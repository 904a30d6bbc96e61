//! The application that is fuzzed: each parser behind a guard, called in process, with secrets that the corpus knows.

use std::{
    cell::RefCell,
    net::SocketAddr,
    time::{Duration, UNIX_EPOCH},
};

use auth_runtime::{
    Auth, AuthorizationHeader, ClientAddress, Clock, ForwardedHeader, HashError, MemoryStore, PasswordHasher,
    Randomness, TokenRequest, Verdict, prelude::*,
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, Method, Request},
};
use http_body_util::BodyExt;
use tokio::runtime::Runtime;
use tower_service::Service;

/// When it is.
pub const NOW: u64 = 1_800_000_000;
/// The key of access tokens.
pub const SECRET: &str = "8f1c03b5a9d2467e8f1c03b5a9d2467e8f1c03b5a9d2467e8f1c03b5a9d2467e";
/// `iss` and `aud` of its tokens.
pub const ISSUER: &str = "https://issuer.example";
/// See [`ISSUER`].
pub const AUDIENCE: &str = "https://api.example";

#[derive(AuthUser, Clone)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: PasswordHash,
}

/// Hashes in no time: it is the way to it that is fuzzed.
struct Plain;

impl PasswordHasher for Plain {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(password))
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        Ok(if hash.expose() == password { Verdict::Match } else { Verdict::Mismatch })
    }
}

/// As it came.
#[derive(SecurityScheme, Clone)]
#[security(open_id_connect = "https://login.example/.well-known/openid-configuration")]
struct Whole(AuthorizationHeader);

/// As it came.
#[derive(SecurityScheme, Clone)]
#[security(basic)]
struct Basic(BasicCredentials);

/// As it came.
#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Bearer(Secret);

/// As it came.
#[derive(SecurityScheme, Clone)]
#[security(api_key(cookie = "key"))]
struct CookieKey(Secret);

#[get("/whole")]
#[requires(Whole)]
async fn whole(Whole(header): Whole) -> String {
    header.expose().to_owned()
}

#[get("/basic")]
#[requires(Basic)]
async fn basic(Basic(credentials): Basic) -> Json<(String, String)> {
    Json((credentials.username, credentials.password.expose().to_owned()))
}

#[get("/bearer")]
#[requires(Bearer)]
async fn bearer(Bearer(token): Bearer) -> String {
    token.expose().to_owned()
}

#[get("/cookie")]
#[requires(CookieKey)]
async fn cookie(CookieKey(key): CookieKey) -> String {
    key.expose().to_owned()
}

#[get("/me")]
#[requires_token]
async fn me(token: AccessToken) -> String {
    token.subject.clone()
}

#[get("/sender")]
#[public]
async fn sender(address: ClientAddress) -> String {
    address.ip().map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())
}

/// Behind a proxy at 127.0.0.1, which speaks in this header.
fn proxied(header: ForwardedHeader) -> RefCell<Router> {
    let auth = Auth::builder(MemoryUsers::<User>::new())
        .signing_key(SigningKey::from_secret(&Secret::new(SECRET)).unwrap())
        .password_hasher(Plain)
        .trusted_proxies(header, ["127.0.0.1"])
        .build()
        .unwrap();
    RefCell::new(SecureRouter::new().mount(sender).with_state(auth).into_router().unwrap())
}

/// What a form is read as.
#[derive(Serialize, Deserialize, ToSchema, Debug)]
pub struct Form {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The scopes.
    pub scopes: Vec<String>,
}

#[post("/form")]
#[public]
#[accept(public_mutation)]
async fn form(form: PasswordRequestForm) -> Json<Form> {
    Json(Form { username: form.username, password: form.password.expose().to_owned(), scopes: form.scopes })
}

#[token_endpoint("/token")]
async fn login(user: User, form: PasswordRequestForm) -> Grant {
    Grant::to(user).scopes(form.scopes)
}

/// The application, and a credential of each kind that is good.
pub struct App {
    runtime: Runtime,
    router: RefCell<Router>,
    proxied: [(&'static str, RefCell<Router>); 2],
    /// A good access token.
    pub token: String,
    /// The token of a session in a cookie.
    pub session: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl App {
    /// Built once for each process.
    #[must_use]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let user = User { name: "johndoe".to_owned(), disabled: false, hash: PasswordHash::from_stored("secret") };
        let auth = Auth::builder(MemoryUsers::from_iter([user]))
            .signing_key(SigningKey::from_secret(&Secret::new(SECRET)).unwrap())
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .sessions(MemoryStore::new())
            .session_cookie()
            .password_hasher(Plain)
            // The same tokens in each run, so that a corpus can hold them.
            .randomness(Randomness::from_fn(|bytes| {
                bytes.fill(7);
                Ok(())
            }))
            .clock(Clock::from_fn(|| UNIX_EPOCH + Duration::from_secs(NOW)))
            .build()
            .unwrap();
        let (token, session) = runtime.block_on(async {
            let token = auth.issue_token(TokenRequest::new("johndoe", &[])).await.unwrap().token;
            let (session, _) = auth.start_cookie_session("johndoe", &[]).await.unwrap();
            (token.expose().to_owned(), session.expose().to_owned())
        });
        let router = SecureRouter::new()
            .mount(whole)
            .mount(basic)
            .mount(bearer)
            .mount(cookie)
            .mount(me)
            .mount(form)
            .mount(login)
            .with_state(auth)
            .into_router()
            .unwrap();
        let proxied = [
            ("x-forwarded-for", proxied(ForwardedHeader::XForwardedFor)),
            ("forwarded", proxied(ForwardedHeader::Forwarded)),
        ];
        Self { runtime, router: RefCell::new(router), proxied, token, session }
    }

    /// A GET with these headers, each on a line of its own; `None` for bytes that no server would take for a header.
    pub fn get(&self, path: &str, name: &'static str, values: &[u8]) -> Option<Answer> {
        Some(self.send(&self.router, get(path, name, values)?))
    }

    /// From whom a request of a proxy is taken to be.
    pub fn forwarded(&self, name: &'static str, values: &[u8]) -> Option<String> {
        let (_, router) = self.proxied.iter().find(|(header, _)| *header == name)?;
        let mut request = get("/sender", name, values)?;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        Some(self.send(router, request).body)
    }

    /// A POST of a body.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let request = Request::builder().method(Method::POST).uri(path).header("content-type", content_type);
        self.send(&self.router, request.body(Body::from(body.to_vec())).unwrap())
    }

    fn send(&self, router: &RefCell<Router>, request: Request<Body>) -> Answer {
        let answer = self.runtime.block_on(async {
            let response = router.borrow_mut().call(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            Answer { status, body: String::from_utf8(body.to_vec()).unwrap() }
        });
        assert!(answer.status < 500, "{answer:?}");
        answer
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

/// A request with these headers.
fn get(path: &str, name: &'static str, values: &[u8]) -> Option<Request<Body>> {
    let mut request = Request::get(path);
    let headers = request.headers_mut()?;
    for value in values.split(|byte| *byte == b'\n') {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?);
    }
    request.body(Body::empty()).ok()
}

/// What is before and after it in a header belongs to the header, not to the value.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The scheme and the rest of an `Authorization` header (RFC 9110 section 11.4), read plainly.
#[must_use]
pub fn scheme_and_rest(value: &str) -> (&str, &str) {
    let value = trimmed(value);
    value.split_once([' ', '\t']).map_or((value, ""), |(scheme, rest)| (scheme, trimmed(rest)))
}
