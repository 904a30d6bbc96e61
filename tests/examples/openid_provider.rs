//! Tokens of an OpenID provider that was written elsewhere.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use auth_runtime::{OidcProvider, prelude::*};
use tests::{Scope, User, server::TestServer};

const API: &str = "https://api.example";

#[get("/items")]
#[requires_scopes(Scope::Items)]
async fn items(token: AccessToken) -> String {
    token.subject.clone()
}

#[get("/me")]
#[requires_scopes(Scope::Me)]
async fn me() -> &'static str {
    "me"
}

/// The provider in a process of its own; it is stopped when dropped.
struct Provider {
    child: Child,
    issuer: String,
}

impl Provider {
    fn start(port: &str, algorithm: &str) -> Self {
        let packages = std::env::var("AUTH_TESTS_NODE").expect("AUTH_TESTS_NODE names the packages: use tests/run");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/foreign/openid_provider.mjs");
        let mut child = Command::new("node")
            .args([script, port, algorithm])
            .env("AUTH_TESTS_NODE", packages)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let issuer = lines.find_map(|line| line.strip_prefix("the issuer is ").map(str::to_owned));
        let issuer = issuer.expect("the provider did not start");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, issuer }
    }

    /// An access token of its client, for this API.
    async fn token(&self, resource: &str, scope: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", resource), ("scope", scope)];
        let request = reqwest::Client::new().post(format!("{}/token", self.issuer));
        let answer =
            request.basic_auth("robot", Some("a+secret+of+thirty-two+characters")).form(&form).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs Node packages: tests/run"]
async fn tokens_of_another_implementation_are_accepted() {
    let provider = Provider::start("0", "RS256");
    let tokens = OidcProvider::discover(&provider.issuer, API).await.unwrap();
    let auth: Auth<User> = Auth::builder(MemoryUsers::new()).token_format(tokens).build().unwrap();
    let app = TestServer::start(SecureRouter::new().mount(items).mount(me).with_state(auth)).await;

    let token = provider.token(API, "items").await;
    let answer = app.get_as("/items", &token).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "robot"));
    assert_eq!(app.get_as("/me", &token).await.status, 403, "without the scope");
    let other = provider.token("https://other.example", "items").await;
    assert_eq!(app.get_as("/items", &other).await.status, 401, "for another API");

    // The same provider, with other keys and another algorithm.
    let port = provider.issuer.rsplit(':').next().unwrap().to_owned();
    drop(provider);
    assert_eq!(app.get_as("/items", &token).await.status, 200, "while the provider is down");
    let provider = Provider::start(&port, "ES256");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let renewed = provider.token(API, "me items").await;
    assert_eq!(app.get_as("/me", &renewed).await.status, 200, "signed by a new key");
    assert_eq!(app.get_as("/items", &token).await.status, 401, "signed by a key that was withdrawn");
}
