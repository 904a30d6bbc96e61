//! The token server, as OAuth clients see it that were written elsewhere.

use auth_runtime::{Algorithm, Client, ClientStore, KeyFile, NewKey, Randomness, Secret, SqliteStore};
use base64::{Engine, prelude::BASE64_STANDARD};
use tests::server::{Answer, TestServer};

use crate::{
    foreign,
    process::{Example, Scratch, free_port},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_token_server");

const USERNAME: &str = "johndoe";
const PASSWORD: &str = "correct-horse-battery";
const PUBLIC: &str = "app";
const PLAIN: &str = "billing";
// Characters that a form encodes, and a colon, which Basic cannot have in a name.
const ODD: &str = "bil:ling+ö";
const ODD_SECRET: &str = "s3cret: with%odd+characters ö &=...";

/// A running token server under a URL that it knows, with a user and three clients.
struct TokenServer {
    example: Example,
    plain_secret: Secret,
    // Dropped last: the program writes into it.
    _scratch: Scratch,
}

impl TokenServer {
    async fn start(algorithm: Algorithm) -> Self {
        let scratch = Scratch::new();
        let keys = KeyFile::at(scratch.0.join("token_server.keys.json"));
        keys.rotate(&NewKey { algorithm, ..NewKey::default() }).unwrap();
        let port = free_port().to_string();
        let issuer = format!("http://127.0.0.1:{port}");
        let environment = [("PORT", port), ("ISSUER", issuer.clone())];
        let example = Example::start_with(PROGRAM, &scratch.0, &environment);
        assert_eq!(example.server.url(""), issuer);

        let registered = format!("username={USERNAME}&password={PASSWORD}");
        assert_eq!(example.server.post_form("/register", &registered).await.status, 201);
        let store = SqliteStore::open(scratch.0.join("token_server.db")).await.unwrap();
        let (plain, plain_secret) = Client::confidential(PLAIN, &Randomness::default()).unwrap();
        let odd = Client::with_secret(ODD, &ODD_SECRET.into()).unwrap();
        for client in [plain, odd] {
            store.register(&client.scopes(["me", "items"]).client_credentials().introspection()).await.unwrap();
        }
        store.register(&Client::public(PUBLIC)).await.unwrap();
        store.close().await;
        Self { example, plain_secret, _scratch: scratch }
    }

    /// What each script is told.
    fn arguments(&self) -> [String; 8] {
        let secret = self.plain_secret.expose();
        [&self.example.server.url(""), USERNAME, PASSWORD, PUBLIC, PLAIN, secret, ODD, ODD_SECRET].map(str::to_owned)
    }
}

async fn runs(script: impl Fn(&[&str])) {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let server = TokenServer::start(algorithm).await;
        script(&server.arguments().each_ref().map(String::as_str));
    }
}

#[tokio::test]
#[ignore = "needs Python packages: tests/run"]
async fn authlib_is_served() {
    runs(|arguments| foreign::python("authlib_client.py", arguments)).await;
}

#[tokio::test]
#[ignore = "needs Node packages: tests/run"]
async fn openid_client_is_served() {
    assert!(std::env::var_os("AUTH_TESTS_NODE").is_some(), "AUTH_TESTS_NODE names their directory: use tests/run");
    runs(|arguments| foreign::run("node", "openid_client.mjs", arguments)).await;
}

async fn post(server: &TestServer, path: &str, headers: &[&str], form: &str) -> Answer {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
        form.len()
    );
    for header in headers {
        request += &format!("{header}\r\n");
    }
    server.send(request + "\r\n" + form).await
}

/// RFC 6749 sections 5.1 and 5.2: what is said of tokens and credentials is kept by nobody.
#[tokio::test]
async fn no_answer_of_the_token_server_is_stored() {
    let started = TokenServer::start(Algorithm::EdDsa).await;
    let server = &started.example.server;
    let basic = |secret: &str| {
        let credentials = BASE64_STANDARD.encode(format!("{PLAIN}:{secret}"));
        format!("authorization: Basic {credentials}")
    };
    let (good, wrong) = (basic(started.plain_secret.expose()), basic("wrong"));
    let (good, wrong) = ([good.as_str()], [wrong.as_str()]);
    let log_in = format!("username={USERNAME}&password={PASSWORD}");

    let kept = |answer: &Answer| {
        (answer.header("cache-control").map(str::to_owned), answer.header("pragma").map(str::to_owned))
    };
    let by_nobody = (Some("no-store".to_owned()), Some("no-cache".to_owned()));

    let errors: [(&str, &[&str], &str, u16, &str); 20] = [
        ("/token", &[], "", 400, "invalid_request"),
        ("/token", &[], "username=johndoe", 400, "invalid_request"),
        ("/token", &[], "username=johndoe&password=%FF", 400, "invalid_request"),
        ("/token", &[], "username=johndoe&password=a&password=b", 400, "invalid_request"),
        ("/token", &[], "username=johndoe&password=wrong", 400, "invalid_grant"),
        ("/token", &[], &format!("{log_in}&scope=admin"), 400, "invalid_scope"),
        ("/token", &[], &format!("{log_in}&client_id=nobody"), 401, "invalid_client"),
        ("/token", &[], &format!("{log_in}&client_id={PLAIN}&client_secret=wrong"), 401, "invalid_client"),
        ("/token", &wrong, &log_in, 401, "invalid_client"),
        ("/token", &["authorization: Basic %%%"], &log_in, 401, "invalid_client"),
        ("/token", &good, &format!("{log_in}&client_secret=another"), 400, "invalid_request"),
        ("/token", &[], "grant_type=refresh_token", 400, "invalid_request"),
        ("/token", &[], "grant_type=refresh_token&refresh_token=unknown", 400, "invalid_grant"),
        ("/token", &[], "grant_type=client_credentials", 401, "invalid_client"),
        ("/token", &[], "grant_type=client_credentials&client_id=app", 400, "unauthorized_client"),
        ("/token", &good, "grant_type=urn:example:own", 400, "unsupported_grant_type"),
        ("/revoke", &wrong, "token=any", 401, "invalid_client"),
        ("/revoke", &good, "", 400, "invalid_request"),
        ("/introspect", &[], "token=any", 401, "invalid_client"),
        ("/introspect", &good, "", 400, "invalid_request"),
    ];
    for (path, headers, form, status, error) in errors {
        let answer = post(server, path, headers, form).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{path} {form}");
        assert_eq!(kept(&answer), by_nobody, "{path} {form}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path} {form}");
        // RFC 9110 section 15.5.2.
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{path} {form}");
    }
    let large = format!("username={}", "a".repeat(64 * 1024));
    let answers = [
        post(server, "/token", &[], &large).await,
        server.post("/token", "application/json", b"{}").await,
        server.get("/users/me").await,
        server.get_as("/users/me", "no-token").await,
        server.get_as("/sessions", "no-token").await,
    ];
    for (answer, status) in answers.iter().zip([413, 400, 401, 401, 401]) {
        assert_eq!((answer.status, kept(answer)), (status, by_nobody.clone()), "{}", answer.body);
    }

    let answers = [
        post(server, "/token", &[], &log_in).await,
        post(server, "/token", &good, "grant_type=client_credentials").await,
        post(server, "/introspect", &good, "token=any").await,
    ];
    for answer in answers {
        assert_eq!((answer.status, kept(&answer)), (200, by_nobody.clone()), "{}", answer.body);
    }
}
