//! Nothing secret in a log, an error or a debug form.

use std::{panic::AssertUnwindSafe, time::Duration};

use auth_runtime::{
    AccessClaims, Argon2id, Client, ClientStore, IssuedToken, MemoryStore, PasswordHasher, Randomness, StoreError,
    TokenError, TokenFault, TokenFormat, TokenRequest, Verdict, endpoints, prelude::*,
};
use serde_json::Value;
use tests::{log::Log, server::TestServer};

#[path = "behaviour/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod support;

use support::{key, router, user, users};

const PASSWORD: &str = "correct-horse-battery-staple";
const KEY: &str = "8f1c03b5a9d2467e8f1c03b5a9d2467e8f1c03b5a9d2467e8f1c03b5a9d2467e";

#[tokio::test]
async fn every_decision_is_logged_and_no_secret_is() {
    let log = Log::start();
    let users = users();
    let account = user("johndoe", PASSWORD, false);
    let hash = account.hashed_password.expose().to_owned();
    users.insert(account);
    let auth = Auth::builder(users).signing_key(key()).build().unwrap();
    let server = TestServer::start(router().with_state(auth.clone())).await;

    let token = server.log_in("/token", &format!("username=johndoe&password={PASSWORD}&scope=me")).await;
    server
        .post_form("/token", &format!("username=john%0Adoe%1B[31m&password={PASSWORD}x&client_secret={PASSWORD}"))
        .await;
    server.post_form("/token", &format!("username=johndoe&password={PASSWORD}&password={PASSWORD}")).await;
    server.get_as("/both", &token).await;
    server.get_as("/scoped", &token).await;
    server.get_as("/active", &format!("{token}x")).await;
    server.get("/active").await;

    let text = log.text();
    for event in ["login.granted", "login.refused", "token.issued", "access.granted", "access.refused"] {
        assert!(text.contains(event), "{event} is missing:\n{text}");
    }
    for reason in ["unknown_user", "bad_form", "insufficient_scope", "invalid_token", "no_credentials"] {
        assert!(text.contains(reason), "{reason} is missing:\n{text}");
    }
    for secret in [PASSWORD, token.as_str(), token.rsplit('.').next().unwrap(), hash.as_str()] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(!text.contains("[31m"), "a name that nobody has is not logged, since it may be a password:\n{text}");
    assert!(!format!("{auth:?}").contains(&hash));
}

#[test]
fn forms_print_without_their_secrets() {
    let form: PasswordRequestForm = PasswordRequestForm {
        grant_type: None,
        username: "johndoe".into(),
        password: PASSWORD.into(),
        scopes: Vec::new(),
        client_id: None,
        client_secret: Some(PASSWORD.into()),
    };
    let printed = format!("{form:?}");
    assert!(!printed.contains(PASSWORD) && printed.contains("[redacted]"), "{printed}");
    assert!(!format!("{:?}", user("johndoe", PASSWORD, false)).contains("argon2"));
}

struct NoTokens;

impl TokenFormat for NoTokens {
    async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Err(StoreError::new("none"))
    }

    async fn verify(&self, _: &str) -> Result<AccessClaims, TokenError> {
        Err(TokenFault::Malformed.into())
    }
}

#[test]
fn what_is_wrong_with_a_configuration_is_said() {
    let build = |change: fn(auth_runtime::AuthBuilder<tests::User>) -> auth_runtime::AuthBuilder<tests::User>| {
        change(Auth::builder(users())).build().unwrap_err().to_string()
    };
    assert!(build(|builder| builder).contains("SigningKey::from_env"));
    assert!(build(|builder| builder.signing_key(key()).realm("a\"b")).contains("realm"));
    assert!(build(|builder| builder.signing_key(key()).leeway(Duration::from_secs(121))).contains("two minutes"));
    assert!(build(|builder| builder.signing_key(key()).token_lifetime(Duration::ZERO)).contains("lifetime"));
    assert!(build(|builder| builder.signing_key(key()).issuer("")).contains("issuer"));
    assert!(build(|builder| builder.token_format(NoTokens).issuer("x")).contains("has its own"));
    assert!(build(|builder| builder.token_format(NoTokens).signing_key(key())).contains("choose one"));
}

#[derive(SecurityScheme, Clone)]
#[security(api_key(query = "key"), authenticate = find)]
struct ApiKey(u8);

async fn find(key: Secret) -> Result<u8, &'static str> {
    if key == Secret::new(PASSWORD) { Ok(1) } else { Err("Unknown key.") }
}

#[derive(SecurityScheme, Clone)]
#[security(basic)]
struct Member(BasicCredentials);

#[get("/key")]
#[requires(ApiKey)]
async fn by_key(_key: ApiKey) {}

#[get("/member")]
#[requires(Member)]
async fn by_name(Member(credentials): Member) -> String {
    format!("{credentials:?}")
}

#[get("/tried")]
#[requires(ApiKey)]
#[observe]
async fn tried() {}

/// Keys and passwords of security schemes are in no log; and a route whose policy is only observed is named loudly, when the
/// router is built and at each request that it would have refused.
#[tokio::test]
async fn schemes_log_no_secret_and_observed_routes_are_loud() {
    let log = Log::start();
    let auth = Auth::without_users().login_page("/login").build().unwrap();
    let server =
        TestServer::start(SecureRouter::new().mount(by_key).mount(by_name).mount(tried).with_state(auth)).await;
    let built = log.text();
    assert!(
        built.contains("access.observed_route") && built.contains("/tried") && built.contains("REFUSES NOBODY"),
        "{built}"
    );

    assert_eq!(server.get(&format!("/key?key={PASSWORD}")).await.status, 200);
    assert_eq!(server.get(&format!("/key?key={PASSWORD}x")).await.status, 401);
    let browser = server.request("GET", &format!("/key?key={PASSWORD}x"), &["accept: text/html"]).await;
    assert_eq!(browser.header("location"), Some("/login?next=/key"));
    // johndoe and the password.
    let basic = "authorization: Basic am9obmRvZTpjb3JyZWN0LWhvcnNlLWJhdHRlcnktc3RhcGxl";
    let shown = server.request("GET", "/member", &[basic]).await;
    assert!(shown.status == 200 && !shown.body.contains("horse"), "{shown:?}");
    assert_eq!(server.request("GET", "/member", &["authorization: Basic horse"]).await.status, 401);
    assert_eq!(server.get(&format!("/tried?key={PASSWORD}x")).await.status, 200);

    let log = log.text();
    assert!(log.contains("invalid_credentials") && log.contains("access.observed\""), "{log}");
    assert!(!log.contains("horse") && !log.contains("am9obmRvZ"), "{log}");
}

/// What a program panics over, by `unwrap`, `assert_eq!` or its own words, is read by whoever reads its log.
#[test]
fn panics_say_no_secret() {
    const SHORT: &str = "swordfish";
    let account = user("johndoe", PASSWORD, false);
    let hash = account.hashed_password.expose().to_owned();
    let form: PasswordRequestForm = PasswordRequestForm {
        grant_type: None,
        username: "johndoe".into(),
        password: PASSWORD.into(),
        scopes: Vec::new(),
        client_id: None,
        client_secret: Some(PASSWORD.into()),
    };
    let credentials = HttpCredentials { scheme: "Digest".into(), credentials: PASSWORD.into() };
    let auth = Auth::builder(users()).signing_key(SigningKey::from_secret(&KEY.into()).unwrap()).build().unwrap();
    let garbled = PasswordHash::from_stored(format!("{hash}{PASSWORD}"));
    let panics: [Box<dyn FnOnce()>; 7] = [
        Box::new(move || panic!("{account:?} {form:?} {credentials:?}")),
        Box::new(move || panic!("{auth:?} {:?}", SigningKey::from_secret(&KEY.into()))),
        Box::new(|| assert_eq!(Secret::new(PASSWORD), Secret::new(SHORT))),
        Box::new(|| assert_eq!(PasswordHash::from_stored(PASSWORD), PasswordHash::from_stored(SHORT))),
        Box::new(move || assert_eq!(Argon2id::default().verify(PASSWORD, &garbled), Ok(Verdict::Match))),
        Box::new(|| drop(SigningKey::from_secret(&SHORT.into()).unwrap())),
        Box::new(|| drop(Client::with_secret("app", &SHORT.into()).unwrap())),
    ];
    for (number, panics) in panics.into_iter().enumerate() {
        let payload = std::panic::catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
        let message = payload.downcast::<String>().unwrap();
        assert!(!message.is_empty(), "{number}");
        for secret in [PASSWORD, SHORT, KEY, &hash] {
            assert!(!message.contains(secret), "{number}: {message}");
        }
    }
}

/// An example in a document is sent by whoever tries it out, and what is shown there is everybody's.
#[tokio::test]
async fn documents_give_no_secret_and_no_example_of_one() {
    fn check(value: &Value, within: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let is_secret = ["password", "new_password", "client_secret", "token", "refresh_token"];
                    if is_secret.contains(&name.as_str()) && value.is_object() {
                        let shown = ["example", "examples", "default", "const", "enum"];
                        assert!(shown.iter().all(|key| value.get(key).is_none()), "{within}.{name}: {value}");
                    }
                    check(value, &format!("{within}.{name}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, within)),
            _ => {}
        }
    }
    let store = MemoryStore::new();
    let (client, secret) = Client::confidential("app", &Randomness::default()).unwrap();
    store.register(&client).await.unwrap();
    let users = users();
    let account = user("johndoe", PASSWORD, false);
    let hash = account.hashed_password.expose().to_owned();
    users.insert(account);
    let auth = Auth::builder(users)
        .signing_key(SigningKey::from_secret(&KEY.into()).unwrap())
        .sessions(store.clone())
        .clients(store)
        .build()
        .unwrap();
    let app = router().nest("/account", endpoints::account()).merge(endpoints::sessions());
    let server = TestServer::start(app.with_state(auth)).await;
    let token = server.log_in("/token", &format!("username=johndoe&password={PASSWORD}")).await;
    let document = server.get("/openapi.json").await;
    assert!(document.body.contains("new_password"));
    check(&document.json(), "");
    for secret in [PASSWORD, KEY, &hash, secret.expose(), &token] {
        assert!(!document.body.contains(secret));
    }
}
