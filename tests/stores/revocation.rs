//! Taking tokens back: logging out, revocation, introspection, and what follows for tokens that are out.

use auth_runtime::Client;

use crate::support::{
    Hand, JOHN, Store, on_each_store, post_as, post_with, refresh, serve, serve_oauth, status, tokens,
};

const RS_SECRET: &str = "resource-server-resource-server-1";

fn introspector() -> Client {
    Client::with_secret("rs", &RS_SECRET.into()).unwrap().introspection()
}

on_each_store! {
    async fn logging_out_here_leaves_the_other_session(store: Store) {
        for opaque in [false, true] {
            let builder = if opaque { store.unsigned().opaque_tokens() } else { store.signed() };
            let auth = builder.build().unwrap();
            let server = if opaque {
                tests::server::TestServer::start(crate::support::router().with_state(auth.clone())).await
            } else {
                serve(&auth).await
            };
            let (here, here_refresh) = tokens(&server.post_form("/token", JOHN).await);
            let (there, there_refresh) = tokens(&server.post_form("/token", JOHN).await);
            assert_eq!(post_as(&server, "/logout", &here, "").await.status, 204);
            assert_eq!(status(&server, "/me", &here).await, 401);
            assert_eq!(status(&server, "/token-only", &here).await, 401);
            assert_eq!(refresh(&server, &here_refresh).await.status, 400);
            assert_eq!(status(&server, "/me", &there).await, 200);

            let listed = server.get_as("/sessions", &there).await.json();
            assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
            assert_eq!(listed[0]["current"], true);
            assert_eq!(post_as(&server, "/logout/everywhere", &there, "").await.status, 204);
            assert_eq!(status(&server, "/token-only", &there).await, 401);
            assert_eq!(refresh(&server, &there_refresh).await.status, 400);
        }
    }

    async fn disabling_ends_every_token(store: Store) {
        for opaque in [false, true] {
            let builder = if opaque { store.unsigned().opaque_tokens() } else { store.signed() };
            let auth = builder.build().unwrap();
            let server = if opaque {
                auth.enable_user("john").await.unwrap();
                tests::server::TestServer::start(crate::support::router().with_state(auth.clone())).await
            } else {
                serve(&auth).await
            };
            let (access, token) = tokens(&server.post_form("/token", JOHN).await);
            assert_eq!(status(&server, "/token-only", &access).await, 200);
            auth.disable_user("john").await.unwrap();
            assert_eq!(status(&server, "/token-only", &access).await, 401, "where no user is looked up, too");
            assert_eq!(refresh(&server, &token).await.status, 400);
        }
    }

    async fn a_revoked_token_is_refused_and_an_unknown_one_is_no_error(store: Store) {
        let auth = store.signed().issuer("https://auth.example").build().unwrap();
        let server = serve_oauth(&auth).await;
        let (access, token) = tokens(&server.post_form("/token", JOHN).await);
        let revoke = async |token: &str| server.post_form("/revoke", &format!("token={token}")).await.status;
        assert_eq!(revoke("unknown").await, 200);
        assert_eq!(server.post_form("/revoke", "").await.status, 400);
        assert_eq!(revoke(&access).await, 200);
        assert_eq!(status(&server, "/token-only", &access).await, 401);
        let (second, token) = tokens(&refresh(&server, &token).await);
        assert_eq!(status(&server, "/token-only", &second).await, 200, "the session goes on");
        assert_eq!(revoke(&token).await, 200);
        assert_eq!(refresh(&server, &token).await.status, 400);
        assert_eq!(status(&server, "/token-only", &second).await, 401, "RFC 7009 section 2.1: its access tokens end too");
    }

    async fn introspection_is_for_clients_that_may(store: Store) {
        store.register_client(&introspector()).await;
        let mut nosy = Client::with_secret("nosy", &RS_SECRET.into()).unwrap();
        nosy.introspection = false;
        store.register_client(&nosy).await;
        store.register_client(&Client::public("open").introspection()).await;
        let hand = Hand::new();
        let auth = store.signed().issuer("https://auth.example").clock(hand.clock()).build().unwrap();
        let server = serve_oauth(&auth).await;
        let (access, token) = tokens(&server.post_form("/token", JOHN).await);
        let ask = async |credentials: &str, token: &str| {
            server.post_form("/introspect", &format!("token={token}{credentials}")).await
        };
        let rs = format!("&client_id=rs&client_secret={RS_SECRET}");

        for (credentials, expected, error) in [
            ("", 401, "invalid_client"),
            ("&client_id=rs", 401, "invalid_client"),
            ("&client_id=rs&client_secret=wrong", 401, "invalid_client"),
            ("&client_id=unknown&client_secret=wrong", 401, "invalid_client"),
            ("&client_id=open", 400, "unauthorized_client"),
            (format!("&client_id=nosy&client_secret={RS_SECRET}").as_str(), 400, "unauthorized_client"),
        ] {
            let answer = ask(credentials, &access).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (expected, Some(error)), "{credentials}");
        }

        let found = ask(&rs, &access).await.json();
        assert_eq!(found["active"], true);
        assert_eq!((found["username"].as_str(), found["scope"].as_str()), (Some("john"), Some("me items")));
        assert_eq!((found["iss"].as_str(), found["token_type"].as_str()), (Some("https://auth.example"), Some("Bearer")));
        assert_eq!(ask(&rs, &token).await.json()["active"], true, "a refresh token, too");
        assert_eq!(ask(&rs, "unknown").await.body, r#"{"active":false}"#);
        assert_eq!(server.post_form("/introspect", rs.trim_start_matches('&')).await.status, 400, "without a token");

        hand.forward(31 * 60);
        assert_eq!(ask(&rs, &access).await.body, r#"{"active":false}"#, "expired");
        let (access, token) = tokens(&refresh(&server, &token).await);
        assert_eq!(ask(&rs, &access).await.json()["active"], true);
        auth.disable_user("john").await.unwrap();
        assert_eq!(ask(&rs, &access).await.body, r#"{"active":false}"#, "disabled");
        assert_eq!(ask(&rs, &token).await.body, r#"{"active":false}"#);
    }

    async fn a_revocation_holds_for_the_rest_of_a_tokens_life(store: Store) {
        let hand = Hand::new();
        let lifetime = std::time::Duration::from_secs(600);
        let auth = store.signed().clock(hand.clock()).token_lifetime(lifetime).build().unwrap();
        let server = serve(&auth).await;
        let (access, _) = tokens(&server.post_form("/token", JOHN).await);
        assert_eq!(post_with(&server, "/logout", &[format!("authorization: Bearer {access}")], "").await.status, 204);
        for _ in 0..6 {
            assert_eq!(status(&server, "/token-only", &access).await, 401);
            hand.forward(100);
        }
    }
}

/// The bound that is stated for tokens that nobody checks.
#[tokio::test]
async fn without_revocations_a_signed_token_lasts_until_it_expires() {
    use auth_runtime::{Auth, MemoryStore, MemoryUsers, Randomness, SigningKey};
    let hand = Hand::new();
    let store = MemoryStore::new();
    let auth: Auth<crate::support::Account> = Auth::builder(MemoryUsers::new())
        .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
        .sessions(store)
        .issuer("https://auth.example")
        .password_hasher(crate::support::Fast)
        .clock(hand.clock())
        .build()
        .unwrap();
    let server = serve_oauth(&auth).await;
    let (access, token) = tokens(&server.post_form("/token", JOHN).await);
    let refused = server.post_form("/revoke", &format!("token={access}")).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("unsupported_token_type")));
    auth.disable_user("john").await.unwrap();
    assert_eq!(status(&server, "/me", &access).await, 403, "who looks the user up sees it at once");
    assert_eq!(status(&server, "/token-only", &access).await, 200);
    assert_eq!(refresh(&server, &token).await.status, 400);
    hand.forward(30 * 60 - 1);
    assert_eq!(status(&server, "/token-only", &access).await, 200);
    hand.forward(1);
    assert_eq!(status(&server, "/token-only", &access).await, 401);
}
