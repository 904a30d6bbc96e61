//! Clients, validators and hashers that were written elsewhere.

use std::process::Command;

use oauth2::{
    AuthUrl, ClientId, ResourceOwnerPassword, ResourceOwnerUsername, Scope, TokenResponse, TokenUrl, basic::BasicClient,
};
use tests::server::TestServer;

use crate::{
    oauth2_scopes, parity,
    process::{Example, Scratch},
    simple_oauth2,
};

#[tokio::test]
async fn the_oauth2_crate_logs_in() {
    let example = Example::start(oauth2_scopes::PROGRAM, &Scratch::new());
    let server = &example.server;
    let client = BasicClient::new(ClientId::new("tests".into()))
        .set_auth_uri(AuthUrl::new(server.url("/unused")).unwrap())
        .set_token_uri(TokenUrl::new(server.url("/token")).unwrap());
    let http = reqwest::Client::new();
    let (username, password) =
        (ResourceOwnerUsername::new("johndoe".into()), ResourceOwnerPassword::new("secret".into()));
    let token = client
        .exchange_password(&username, &password)
        .add_scope(Scope::new("me".into()))
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(token.expires_in().map(|lifetime| lifetime.as_secs()), Some(1800));
    assert_eq!(token.scopes().unwrap().as_slice(), [Scope::new("me".into())]);
    let answer = http.get(server.url("/users/me")).bearer_auth(token.access_token().secret()).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    let wrong = ResourceOwnerPassword::new("wrong".into());
    let refused = client.exchange_password(&username, &wrong).request_async(&http).await.unwrap_err();
    assert!(
        matches!(&refused, oauth2::RequestTokenError::ServerResponse(answer)
            if *answer.error() == oauth2::basic::BasicErrorResponseType::InvalidGrant),
        "{refused:?}"
    );
}

/// Runs a script with the packages of `tests/foreign/requirements.txt`, as `tests/run` installs them.
pub(crate) fn python(script: &str, arguments: &[&str]) {
    let python = std::env::var("AUTH_TESTS_PYTHON").expect("AUTH_TESTS_PYTHON names the interpreter: use tests/run");
    run(&python, script, arguments);
}

/// Runs a script of `tests/foreign`.
pub(crate) fn run(interpreter: &str, script: &str, arguments: &[&str]) {
    let script = format!("{}/../tests/foreign/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(interpreter).arg(script).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

fn base(server: &TestServer) -> String {
    server.url("")
}

#[test]
#[ignore = "needs Python packages: tests/run"]
fn requests_oauthlib_logs_in() {
    let standard = Example::start(oauth2_scopes::PROGRAM, &Scratch::new());
    let fastapi = Example::start(simple_oauth2::PROGRAM, &Scratch::new());
    python("oauth_client.py", &[&base(&standard.server), &base(&fastapi.server)]);
}

#[test]
#[ignore = "needs Python packages: tests/run"]
fn the_documents_are_valid() {
    let scopes = Example::start(oauth2_scopes::PROGRAM, &Scratch::new());
    let simple = Example::start(simple_oauth2::PROGRAM, &Scratch::new());
    let parity = Example::start(parity::PROGRAM, &Scratch::new());
    // The last one has pages for people, and no document.
    let [others @ .., _] = crate::others::PROGRAMS.map(|(program, _)| Example::start(program, &Scratch::new()));
    let mut urls = vec![scopes.server.url("/openapi.json"), simple.server.url("/openapi.json")];
    urls.extend(others.iter().map(|example| example.server.url("/openapi.json")));
    urls.extend(parity::documents().map(|document| parity.server.url(&document)));
    assert_eq!(urls.len(), 71);
    python("validate_document.py", &urls.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
#[ignore = "needs Python packages: tests/run"]
fn hashes_are_exchanged_with_other_implementations() {
    let scratch = Scratch::new();
    let example = Example::start(simple_oauth2::PROGRAM, &scratch);
    let database = scratch.0.join("simple_oauth2.db");
    python("hashes.py", &[&base(&example.server), database.to_str().unwrap()]);
}

#[test]
#[ignore = "needs Python packages: tests/run"]
fn tokens_are_exchanged_with_another_implementation() {
    let scratch = Scratch::new();
    let key = scratch.0.join("oauth2_scopes.key");
    let secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
    std::fs::write(&key, secret).unwrap();
    let hmac = Example::start(oauth2_scopes::PROGRAM, &scratch);
    python("tokens.py", &[&base(&hmac.server), key.to_str().unwrap()]);
    drop(hmac);

    // RFC 8410 section 10.3.
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    std::fs::write(&key, pem).unwrap();
    let ed25519 = Example::start(oauth2_scopes::PROGRAM, &scratch);
    python("tokens.py", &[&base(&ed25519.server), key.to_str().unwrap()]);
}

#[test]
#[ignore = "needs Python packages: tests/run"]
fn no_password_is_shown_where_it_is_typed() {
    let scratch = Scratch::new();
    let database = format!("sqlite:{}", scratch.0.join("users.db").display());
    python("prompt.py", &[crate::auth_program::PROGRAM, &database]);
}
