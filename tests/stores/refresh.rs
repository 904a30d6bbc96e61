//! Renewing a session: rotation, replay, parallel use, expiry, scopes.

use std::{sync::Arc, time::Duration};

use auth_runtime::{Secret, SessionLifetime};

use crate::support::{Account, Hand, JOHN, Store, on_each_store, refresh, serve, status, tokens};

type Auth = auth_runtime::Auth<Account>;

const DAY: u64 = 24 * 60 * 60;

/// How many renewals at once, and how often. In debug builds each round is a few dozen statements.
const ROUNDS: usize = 1_000;
const AT_ONCE: usize = 32;

on_each_store! {
    async fn each_use_gives_a_new_token(store: Store) {
        let server = serve(&store.signed().build().unwrap()).await;
        let (access, first) = tokens(&server.post_form("/token", JOHN).await);
        assert_eq!(status(&server, "/me", &access).await, 200);
        let mut last = first;
        for _ in 0..5 {
            let (access, next) = tokens(&refresh(&server, &last).await);
            assert_eq!(status(&server, "/me", &access).await, 200);
            assert_ne!(next, last);
            last = next;
        }
        assert_eq!(server.get_as("/me", &last).await.status, 401, "a refresh token is no access token");
    }

    async fn a_token_that_is_used_again_ends_its_whole_session(store: Store) {
        let server = serve(&store.signed().build().unwrap()).await;
        let (_, stolen) = tokens(&server.post_form("/token", JOHN).await);
        let (_, other_session) = tokens(&server.post_form("/token", JOHN).await);
        let (access, second) = tokens(&refresh(&server, &stolen).await);
        let (_, third) = tokens(&refresh(&server, &second).await);
        assert_eq!(status(&server, "/me", &access).await, 200);

        let replayed = refresh(&server, &stolen).await;
        assert_eq!(replayed.status, 400);
        assert_eq!(replayed.json()["error"], "invalid_grant");
        assert_eq!(refresh(&server, &third).await.status, 400, "the family is dead");
        assert_eq!(status(&server, "/me", &access).await, 401, "and so are its access tokens");
        assert_eq!(refresh(&server, &other_session).await.status, 200, "no other session is");
    }

    async fn of_many_at_once_one_wins(store: Store) {
        let lifetime = SessionLifetime { reuse_grace: Duration::from_secs(60), ..SessionLifetime::default() };
        let auth: Auth = store.signed().session_lifetime(lifetime).build().unwrap();
        crate::support::add_john(&auth).await;
        let scopes = ["me".to_owned()];
        let mut token = auth.start_session("john", &scopes, None).await.unwrap().refresh.unwrap();
        for round in 0..ROUNDS {
            let uses: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    let (auth, token) = (auth.clone(), token.clone());
                    tokio::spawn(async move { auth.refresh(&token, None, None).await })
                })
                .collect();
            let mut won: Vec<Secret> = Vec::new();
            for one in uses {
                match one.await.unwrap() {
                    Ok(issued) => won.push(issued.refresh.unwrap()),
                    Err(refusal) => assert_eq!(refusal.to_string(), "The token is not valid, or no longer."),
                }
            }
            assert_eq!(won.len(), 1, "round {round}");
            token = won.remove(0);
        }
    }

    async fn of_many_at_once_none_lasts_where_reuse_is_theft(store: Store) {
        let auth: Auth = store.signed().build().unwrap();
        crate::support::add_john(&auth).await;
        for _ in 0..20 {
            let token = auth.start_session("john", &[], None).await.unwrap().refresh.unwrap();
            let uses: Vec<_> = (0..8)
                .map(|_| {
                    let (auth, token) = (auth.clone(), token.clone());
                    tokio::spawn(async move { auth.refresh(&token, None, None).await })
                })
                .collect();
            let mut won = Vec::new();
            for one in uses {
                won.extend(one.await.unwrap());
            }
            assert_eq!(won.len(), 1);
            assert!(auth.refresh(won[0].refresh.as_ref().unwrap(), None, None).await.is_err());
        }
    }

    async fn scopes_can_be_narrowed_and_not_widened(store: Store) {
        let server = serve(&store.signed().build().unwrap()).await;
        let (_, token) = tokens(&server.post_form("/token", "username=john&password=password-of-john&scope=me").await);
        let with = |token: &str, scope: &str| format!("grant_type=refresh_token&refresh_token={token}&scope={scope}");
        let wider = server.post_form("/token", &with(&token, "me+items")).await;
        assert_eq!((wider.status, wider.json()["error"].as_str()), (400, Some("invalid_scope")));
        let unknown = server.post_form("/token", &with(&token, "nothing")).await;
        assert_eq!((unknown.status, unknown.json()["error"].as_str()), (400, Some("invalid_scope")));

        let (_, token) = tokens(&server.post_form("/token", JOHN).await);
        let narrow = server.post_form("/token", &with(&token, "me")).await;
        assert_eq!(narrow.json()["scope"], "me");
        let (access, token) = tokens(&narrow);
        assert_eq!(status(&server, "/items", &access).await, 403);
        // RFC 6749 section 6: what was granted stays what can be asked for.
        let (access, _) = tokens(&refresh(&server, &token).await);
        assert_eq!(status(&server, "/items", &access).await, 200);
    }

    async fn sessions_expire_when_idle_and_at_last(store: Store) {
        let hand = Hand::new();
        let auth = store.signed().clock(hand.clock()).build().unwrap();
        let server = serve(&auth).await;
        let (_, idle) = tokens(&server.post_form("/token", JOHN).await);
        let (_, mut busy) = tokens(&server.post_form("/token", JOHN).await);
        let mut days = 0;
        loop {
            hand.forward(13 * DAY);
            days += 13;
            let answer = refresh(&server, &busy).await;
            if days >= 90 {
                assert_eq!(answer.status, 400, "after {days} days");
                break;
            }
            busy = tokens(&answer).1;
        }
        assert_eq!(refresh(&server, &idle).await.status, 400);

        let (_, fresh) = tokens(&server.post_form("/token", JOHN).await);
        hand.forward(14 * DAY - 1);
        let (_, fresh) = tokens(&refresh(&server, &fresh).await);
        hand.forward(14 * DAY);
        assert_eq!(refresh(&server, &fresh).await.status, 400);
    }

    async fn what_is_no_refresh_token_renews_nothing(store: Store) {
        let server = serve(&store.unsigned().opaque_tokens().build().unwrap()).await;
        let (access, good) = tokens(&server.post_form("/token", JOHN).await);
        for token in [access.as_str(), "unknown", &good[1..], &format!("{good}x")] {
            let answer = refresh(&server, token).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")), "{token}");
        }
        assert_eq!(status(&server, "/me", &good).await, 401, "nor is a refresh token an access token");
        let missing = server.post_form("/token", "grant_type=refresh_token").await;
        assert_eq!((missing.status, missing.json()["error"].as_str()), (400, Some("invalid_request")));
        let twice = server.post_form("/token", &format!("grant_type=refresh_token&refresh_token={good}&refresh_token=x")).await;
        assert_eq!((twice.status, twice.json()["error"].as_str()), (400, Some("invalid_request")));
        assert_eq!(refresh(&server, &good).await.status, 200, "and nothing of it used the good one up");
    }

    async fn a_user_who_was_disabled_elsewhere_renews_nothing(store: Store) {
        let server = serve(&store.signed().build().unwrap()).await;
        let (_, token) = tokens(&server.post_form("/token", JOHN).await);
        store.users_alone().disable_user("john").await.unwrap();
        assert_eq!(refresh(&server, &token).await.status, 400);
        store.users_alone().enable_user("john").await.unwrap();
        assert_eq!(refresh(&server, &token).await.status, 400, "the session has ended");
    }

    async fn a_disabled_user_renews_nothing(store: Store) {
        let auth = Arc::new(store.signed().build().unwrap());
        let server = serve(&auth).await;
        let (_, token) = tokens(&server.post_form("/token", JOHN).await);
        auth.disable_user("john").await.unwrap();
        assert_eq!(refresh(&server, &token).await.status, 400);
        auth.enable_user("john").await.unwrap();
        assert_eq!(refresh(&server, &token).await.status, 400, "what ended stays ended");
    }
}
