//! Registered clients: how they show who they are, and what they get.

use auth_runtime::Client;
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::support::{JOHN, Store, on_each_store, post_with, serve, serve_oauth, status, tokens};

// Characters that a form encodes, and a colon, which Basic cannot have in a name.
const ODD_ID: &str = "bil:ling+ö";
const ODD_SECRET: &str = "s3cret: with%odd+characters ö &=...";

/// RFC 6749 section 2.3.1: each half encoded as in a form, then both as Basic does.
fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
                b' ' => "+".to_owned(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    format!("authorization: Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

const CREDENTIALS: &str = "grant_type=client_credentials";

on_each_store! {
    async fn a_client_has_tokens_of_its_own(store: Store) {
        let client = Client::with_secret(ODD_ID, &ODD_SECRET.into()).unwrap().scopes(["items", "me"]).client_credentials();
        store.register_client(&client).await;
        for opaque in [false, true] {
            let builder = if opaque { store.unsigned().opaque_tokens() } else { store.signed() };
            let auth = builder.build().unwrap();
            let server = tests::server::TestServer::start(crate::support::router().with_state(auth)).await;
            let answer = post_with(&server, "/token", &[basic(ODD_ID, ODD_SECRET)], CREDENTIALS).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let body = answer.json();
            assert_eq!((body["scope"].as_str(), body.get("refresh_token")), (Some("items me"), None));
            let token = body["access_token"].as_str().unwrap();
            assert_eq!(status(&server, "/items", token).await, 200);
            assert_eq!(status(&server, "/me", token).await, 401, "there is no user behind it");
            assert_eq!(status(&server, "/sessions", token).await, 403);

            let narrow = format!("{CREDENTIALS}&scope=me");
            let narrow = post_with(&server, "/token", &[basic(ODD_ID, ODD_SECRET)], &narrow).await;
            assert_eq!(status(&server, "/items", narrow.json()["access_token"].as_str().unwrap()).await, 403);
            let wide = format!("{CREDENTIALS}&scope=me+admin");
            let wide = post_with(&server, "/token", &[basic(ODD_ID, ODD_SECRET)], &wide).await;
            assert_eq!((wide.status, wide.json()["error"].as_str()), (400, Some("invalid_scope")));
        }
    }

    async fn a_users_token_is_no_clients_of_the_same_name(store: Store) {
        store.register_client(&Client::public("john")).await;
        let server = serve(&store.signed().build().unwrap()).await;
        let answer = server.post_form("/token", &format!("{JOHN}&client_id=john")).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(server.post_form("/token", &format!("{JOHN}&client_id=%00")).await.status, 401);
        assert_eq!(server.post_form("/token", "username=%00&password=x").await.status, 400, "nobody's name is no outage");
    }

    async fn a_clients_token_is_no_users_of_the_same_name(store: Store) {
        let secret = "client-called-john-client-called-john";
        store.register_client(&Client::with_secret("john", &secret.into()).unwrap().client_credentials()).await;
        let server = serve(&store.signed().build().unwrap()).await;
        let form = format!("{CREDENTIALS}&client_id=john&client_secret={secret}");
        let token = server.post_form("/token", &form).await.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(status(&server, "/token-only", &token).await, 200);
        assert_eq!(status(&server, "/me", &token).await, 401);
        assert_eq!(crate::support::post_as(&server, "/logout/everywhere", &token, "").await.status, 403);
        assert_eq!(crate::support::post_as(&server, "/account/password", &token, "").await.status, 401);
    }

    async fn a_client_that_does_not_show_itself_is_refused(store: Store) {
        let secret = "confidential-confidential-confidential";
        store.register_client(&Client::with_secret("web", &secret.into()).unwrap()).await;
        store.register_client(&Client::public("app")).await;
        let mut gone = Client::public("gone");
        gone.disabled = true;
        store.register_client(&gone).await;
        let server = serve(&store.signed().build().unwrap()).await;
        let log_in = async |headers: &[String], form: &str| {
            let answer = post_with(&server, "/token", headers, &format!("{JOHN}{form}")).await;
            (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
        };
        let good = |error: &str| (200, error.to_owned());
        let refused = |error: &str| (401, error.to_owned());
        let bad = |error: &str| (400, error.to_owned());
        assert_eq!(log_in(&[], "").await, good(""), "the application's own form");
        assert_eq!(log_in(&[], "&client_id=app").await, good(""));
        assert_eq!(log_in(&[basic("web", secret)], "").await, good(""));
        assert_eq!(log_in(&[basic("web", secret)], "&client_id=web").await, good(""));
        assert_eq!(log_in(&[], &format!("&client_id=web&client_secret={secret}")).await, good(""));
        for form in ["&client_id=web", "&client_id=web&client_secret=wrong", "&client_id=unknown", "&client_id=gone", "&client_id=app&client_secret=any"] {
            assert_eq!(log_in(&[], form).await, refused("invalid_client"), "{form}");
        }
        assert_eq!(log_in(&[basic("web", "wrong")], "").await, refused("invalid_client"));
        assert_eq!(log_in(&["authorization: Basic %%%".to_owned()], "").await, refused("invalid_client"));
        assert_eq!(log_in(&[basic("web", secret)], "&client_id=app").await, bad("invalid_request"));
        assert_eq!(log_in(&[basic("web", secret)], &format!("&client_id=web&client_secret={secret}")).await, bad("invalid_request"));
        assert_eq!(log_in(&[], &format!("&client_secret={secret}")).await, bad("invalid_request"));

        let answer = post_with(&server, "/token", &[basic("web", "wrong")], JOHN).await;
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"api\""));

        // Neither a public client, nor one that is not registered for it, has tokens of its own.
        let own = async |form: &str| server.post_form("/token", &format!("{CREDENTIALS}{form}")).await.json()["error"].clone();
        assert_eq!(own("").await, "invalid_client");
        assert_eq!(own("&client_id=app").await, "unauthorized_client");
        assert_eq!(own(&format!("&client_id=web&client_secret={secret}")).await, "unauthorized_client");
    }

    async fn tokens_belong_to_their_client(store: Store) {
        let secret = "confidential-confidential-confidential";
        store.register_client(&Client::with_secret("web", &secret.into()).unwrap().scopes(["me"])).await;
        store.register_client(&Client::public("app")).await;
        let auth = store.signed().issuer("https://auth.example").build().unwrap();
        let server = serve_oauth(&auth).await;
        let web = format!("&client_id=web&client_secret={secret}");
        let answer = server.post_form("/token", &format!("{JOHN}{web}")).await;
        assert_eq!(answer.json()["scope"], "me", "no more than the client may have");
        let (access, token) = tokens(&answer);
        let renew = async |client: &str| {
            server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={token}{client}")).await.status
        };
        let revoke = async |token: &str, client: &str| server.post_form("/revoke", &format!("token={token}{client}")).await.status;
        assert_eq!(renew("").await, 400, "not the application's own form's");
        assert_eq!(renew("&client_id=app").await, 400, "not another's");
        assert_eq!(renew("&client_id=web").await, 401, "not without its secret");
        assert_eq!((revoke(&token, "").await, revoke(&access, "&client_id=app").await), (200, 200));
        assert_eq!(status(&server, "/token-only", &access).await, 200, "and nobody else took it away");
        assert_eq!(renew(&web).await, 200);
    }
}

#[tokio::test]
async fn metadata_and_keys_are_served() {
    use auth_runtime::{Secret, SigningKey, SigningKeys};
    let store = crate::support::memory().await;
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    let key = SigningKey::from_secret(&Secret::new(pem)).unwrap();
    let auth = store.unsigned().signing_keys(SigningKeys::new(key)).issuer("https://auth.example").build().unwrap();
    let server = serve_oauth(&auth).await;
    let keys = server.get("/.well-known/jwks.json").await;
    let key = &keys.json()["keys"][0];
    assert_eq!(
        (key["kty"].as_str(), key["alg"].as_str(), key["use"].as_str()),
        (Some("OKP"), Some("EdDSA"), Some("sig"))
    );
    assert!(key.get("d").is_none(), "{key}");
    assert!(keys.header("cache-control").unwrap().contains("max-age="));

    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    for (name, value) in [
        ("issuer", "https://auth.example"),
        ("token_endpoint", "https://auth.example/token"),
        ("jwks_uri", "https://auth.example/.well-known/jwks.json"),
        ("revocation_endpoint", "https://auth.example/revoke"),
        ("introspection_endpoint", "https://auth.example/introspect"),
    ] {
        assert_eq!(metadata[name], value);
    }
    assert_eq!(
        metadata["grant_types_supported"],
        serde_json::json!(["password", "refresh_token", "client_credentials"])
    );
    assert_eq!(metadata["scopes_supported"], serde_json::json!(["me", "items"]));
}

#[tokio::test]
async fn a_secret_is_never_served() {
    let auth = crate::support::memory().await.signed().issuer("https://auth.example").build().unwrap();
    let server = serve_oauth(&auth).await;
    assert_eq!(server.get("/.well-known/jwks.json").await.body, r#"{"keys":[]}"#);
}

#[tokio::test]
async fn metadata_without_an_issuer_is_an_error_that_says_so() {
    let auth = crate::support::memory().await.signed().build().unwrap();
    let error = crate::support::oauth_router().with_state::<()>(auth).into_router().unwrap_err().to_string();
    assert!(error.contains(".issuer(\"https://..\")"), "{error}");
}
