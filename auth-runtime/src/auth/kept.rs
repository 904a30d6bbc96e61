//! Sessions and the tokens that are kept, to the second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use super::{Auth, AuthBuilder, Introspection, SessionLifetime};
use crate::{
    AuthUser, Clock, MemoryStore, MemoryUsers, SigningKey,
    error::{GrantFault, Refusal},
    secret::Secret,
    store::{Client, RevocationStore, TokenPurpose, UserStore},
    token::TokenRequest,
};

const NOW: u64 = 1_800_000_000;
const REFUSED: Refusal = Refusal::BadGrant(GrantFault::InvalidGrant);

#[derive(AuthUser, Clone)]
#[auth(no_password)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
}

struct Desk {
    auth: Auth<User>,
    store: MemoryStore,
    users: MemoryUsers<User>,
    clock: Arc<AtomicU64>,
}

impl Desk {
    /// Tokens are good for 100 seconds, sessions for 1000, and for 500 where they are not renewed.
    fn of(change: impl FnOnce(AuthBuilder<User>, MemoryStore) -> AuthBuilder<User>) -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(AtomicU64::new(NOW)));
        let users = MemoryUsers::from_iter([User { name: "john".to_owned(), disabled: false }]);
        let seconds = Arc::clone(&clock);
        let lifetime = SessionLifetime {
            idle: Duration::from_secs(500),
            absolute: Duration::from_secs(1000),
            ..SessionLifetime::default()
        };
        let builder = Auth::builder(users.clone())
            .sessions(store.clone())
            .session_lifetime(lifetime)
            .token_lifetime(Duration::from_secs(100))
            .clock(Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst))));
        Self { auth: change(builder, store.clone()).build().unwrap(), store, users, clock }
    }

    fn signed() -> Self {
        Self::of(|builder, store| builder.signing_key(key()).revocations(store))
    }

    fn opaque() -> Self {
        Self::of(|builder, _| builder.opaque_tokens())
    }

    fn at(&self, second: u64) {
        self.clock.store(NOW + second, Ordering::SeqCst);
    }

    /// Access token and refresh token of a new session, and its identifier.
    async fn log_in(&self, client: Option<&Client>) -> (Secret, Secret, String) {
        let issued = self.auth.start_session("john", &["me".to_owned()], client).await.unwrap();
        (issued.access.token, issued.refresh.unwrap(), issued.session.unwrap())
    }

    async fn refresh(&self, token: &Secret) -> Result<Secret, Refusal> {
        self.auth.refresh(token, None, None).await.map(|issued| issued.refresh.unwrap())
    }

    async fn is_good(&self, token: &Secret) -> bool {
        self.auth.verify_token(token.expose()).await.is_ok()
    }

    async fn introspect(&self, token: &Secret) -> Introspection {
        self.auth.introspect(token).await.unwrap()
    }
}

fn key() -> SigningKey {
    SigningKey::from_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap()
}

#[tokio::test]
async fn a_refresh_token_is_good_until_its_second() {
    let desk = Desk::signed();
    let (_, idle, _) = desk.log_in(None).await;
    let (_, busy, _) = desk.log_in(None).await;
    desk.at(499);
    let busy = desk.refresh(&busy).await.unwrap();
    desk.at(500);
    assert_eq!(desk.refresh(&idle).await.err(), Some(REFUSED));
    desk.at(998);
    let busy = desk.refresh(&busy).await.unwrap();
    desk.at(999);
    let busy = desk.refresh(&busy).await.unwrap();
    desk.at(1000);
    assert_eq!(desk.refresh(&busy).await.err(), Some(REFUSED));
}

#[tokio::test]
async fn a_token_used_again_within_the_grace_is_refused_and_ends_nothing() {
    let grace = SessionLifetime { reuse_grace: Duration::from_secs(30), ..SessionLifetime::default() };
    let desk = Desk::of(|builder, _| builder.signing_key(key()).session_lifetime(grace));
    let (_, first, _) = desk.log_in(None).await;
    let second = desk.refresh(&first).await.unwrap();
    for second_of_use in [0, 29] {
        desk.at(second_of_use);
        assert_eq!(desk.refresh(&first).await.err(), Some(REFUSED), "{second_of_use}");
    }
    let third = desk.refresh(&second).await.unwrap();
    desk.at(30);
    assert_eq!(desk.refresh(&first).await.err(), Some(REFUSED));
    assert_eq!(desk.refresh(&third).await.err(), Some(REFUSED), "the session has ended");

    let desk = Desk::signed();
    let (_, first, _) = desk.log_in(None).await;
    let second = desk.refresh(&first).await.unwrap();
    assert_eq!(desk.refresh(&first).await.err(), Some(REFUSED));
    assert_eq!(desk.refresh(&second).await.err(), Some(REFUSED), "without a grace it ends at once");
}

#[tokio::test]
async fn a_refresh_token_is_its_clients() {
    let desk = Desk::opaque();
    let (app, other) = (Client::public("app"), Client::public("other"));
    let (access, token, session) = desk.log_in(Some(&app)).await;
    for (token, client) in [(&token, None), (&token, Some(&other)), (&access, Some(&app)), (&access, None)] {
        assert_eq!(desk.auth.refresh(token, client, None).await.err(), Some(REFUSED), "{client:?}");
    }
    let renewed = desk.auth.refresh(&token, Some(&app), None).await.unwrap();
    assert_eq!((renewed.session, renewed.scopes), (Some(session), vec!["me".to_owned()]));
    let (_, own, _) = desk.log_in(None).await;
    assert_eq!(desk.auth.refresh(&own, Some(&app), None).await.err(), Some(REFUSED));
    assert!(desk.refresh(&own).await.is_ok());
}

#[tokio::test]
async fn scopes_can_be_fewer_and_not_more() {
    let desk = Desk::signed();
    let (_, token, _) = desk.log_in(None).await;
    for more in [&["admin"][..], &["me", "admin"]] {
        let more: Vec<String> = more.iter().map(|&scope| scope.to_owned()).collect();
        let refused = desk.auth.refresh(&token, None, Some(&more)).await;
        assert_eq!(refused.err(), Some(Refusal::BadGrant(GrantFault::InvalidScope)));
    }
    let fewer = desk.auth.refresh(&token, None, Some(&[])).await.unwrap();
    assert!(fewer.scopes.is_empty(), "and the token was not used up");
    let same = desk.auth.refresh(&fewer.refresh.unwrap(), None, Some(&["me".to_owned()])).await.unwrap();
    assert_eq!(same.scopes, ["me"]);
}

#[tokio::test]
async fn what_has_ended_renews_nothing() {
    let desk = Desk::signed();
    let (_, token, session) = desk.log_in(None).await;
    desk.auth.end_session(&session).await.unwrap();
    assert_eq!(desk.refresh(&token).await.err(), Some(REFUSED));
    let more = ["admin".to_owned()];
    assert_eq!(desk.auth.refresh(&token, None, Some(&more)).await.err(), Some(REFUSED), "nor is more told of it");
    for gone in [true, false] {
        let (access, token, _) = desk.log_in(None).await;
        if gone {
            desk.users.remove("john").await.unwrap();
        } else {
            desk.users.insert(User { name: "john".to_owned(), disabled: true });
        }
        assert_eq!(desk.refresh(&token).await.err(), Some(REFUSED));
        desk.users.insert(User { name: "john".to_owned(), disabled: false });
        assert_eq!(desk.refresh(&token).await.err(), Some(REFUSED), "the session has ended");
        assert!(!desk.is_good(&access).await);
    }
}

#[tokio::test]
async fn a_revocation_is_kept_for_as_long_as_any_token_can_last() {
    let seconds = Duration::from_secs;
    for (timeout, leeway, kept_for) in [(5, 0, 100 + 5 + 60), (5, 10, 110 + 5 + 60), (300, 10, 110 + 60 + 60)] {
        let desk = Desk::of(|builder, store| {
            builder.signing_key(key()).revocations(store).store_timeout(seconds(timeout)).leeway(seconds(leeway))
        });
        let (access, _, session) = desk.log_in(None).await;
        desk.auth.end_session(&session).await.unwrap();
        assert_eq!(desk.store.revoked(NOW).await.unwrap(), [(format!("session:{session}"), NOW + kept_for)]);
        assert!(!desk.is_good(&access).await);

        let (access, token, _) = desk.log_in(None).await;
        let claims = desk.auth.verify_token(access.expose()).await.unwrap();
        desk.auth.revoke_token(&access, &claims).await.unwrap();
        let id = format!("token:{}", claims.id.as_ref().unwrap());
        let revoked = desk.store.revoked(NOW).await.unwrap();
        assert!(revoked.contains(&(id, NOW + 100 + kept_for)), "{revoked:?}");
        assert!(!desk.is_good(&access).await);
        assert!(desk.refresh(&token).await.is_ok(), "the session goes on");
    }

    // Other applications of this store may sign theirs.
    let desk = Desk::of(|builder, store| builder.opaque_tokens().revocations(store).store_timeout(seconds(5)));
    let (_, _, session) = desk.log_in(None).await;
    desk.auth.end_session(&session).await.unwrap();
    let until = NOW + 24 * 60 * 60 + 120 + 5 + 60;
    assert_eq!(desk.store.revoked(NOW).await.unwrap(), [(format!("session:{session}"), until)]);
}

#[tokio::test]
async fn every_session_of_a_user_ends_and_nobody_elses() {
    let desk = Desk::signed();
    let (first, second) = (desk.log_in(None).await, desk.log_in(None).await);
    desk.auth.end_sessions("alice").await.unwrap();
    assert_eq!(desk.store.revoked(NOW).await.unwrap(), []);
    assert!(desk.is_good(&first.0).await);
    desk.auth.end_sessions("john").await.unwrap();
    for (access, token, _) in [first, second] {
        assert!(!desk.is_good(&access).await);
        assert_eq!(desk.refresh(&token).await.err(), Some(REFUSED));
    }
    assert_eq!(desk.store.revoked(NOW).await.unwrap().len(), 2);
}

#[tokio::test]
async fn introspection_says_what_there_is_of_a_token_and_no_more() {
    let text = |text: &str| Some(text.to_owned());
    let app = Client::public("app");
    for (desk, signed) in [(Desk::signed(), true), (Desk::opaque(), false)] {
        let (access, token, _) = desk.log_in(Some(&app)).await;
        let found = desk.introspect(&access).await;
        let expected = Introspection {
            active: true,
            scope: text("me"),
            client_id: text("app"),
            username: text("john"),
            token_type: Some("Bearer"),
            exp: Some(NOW + 100),
            iat: Some(NOW),
            sub: text("john"),
            aud: signed.then(|| "urn:auth-runtime".to_owned()),
            iss: signed.then(|| "urn:auth-runtime".to_owned()),
            jti: found.jti.clone(),
        };
        assert_eq!(found, expected);
        assert_eq!(found.jti.is_some(), signed);
        let of_refresh = desk.introspect(&token).await;
        let exp = Some(NOW + 500);
        assert_eq!(of_refresh, Introspection { token_type: None, exp, aud: None, iss: None, jti: None, ..expected });

        let own = TokenRequest::new("app", &[]).client(Some("app"));
        let own = desk.auth.issue_token(own).await.unwrap().token;
        let found = desk.introspect(&own).await;
        assert_eq!((found.active, found.username, found.sub), (true, None, text("app")), "no user stands behind it");
    }
}

#[tokio::test]
async fn of_a_token_that_is_not_good_nothing_is_said() {
    let nothing = serde_json::json!({"active": false});
    let inactive = async |desk: &Desk, token: &Secret| {
        let found = desk.introspect(token).await;
        serde_json::to_value(found).unwrap() == nothing
    };
    for desk in [Desk::signed(), Desk::opaque()] {
        assert!(inactive(&desk, &Secret::new("unknown")).await);
        let (cookie, _) = desk.auth.start_cookie_session("john", &[]).await.unwrap();
        assert!(inactive(&desk, &cookie).await, "a cookie is no token");
        let (access, token, _) = desk.log_in(None).await;
        assert!(desk.introspect(&token).await.active);
        desk.refresh(&token).await.unwrap();
        assert!(inactive(&desk, &token).await, "it is used up");
        desk.at(99);
        assert!(desk.introspect(&access).await.active);
        desk.at(100);
        assert!(inactive(&desk, &access).await);
        desk.at(0);
        let (access, token, session) = desk.log_in(None).await;
        desk.auth.end_session(&session).await.unwrap();
        assert!(inactive(&desk, &token).await && inactive(&desk, &access).await, "logged out");
        let (access, token, _) = desk.log_in(None).await;
        desk.at(499);
        assert!(desk.introspect(&token).await.active);
        desk.at(500);
        assert!(inactive(&desk, &token).await);
        desk.at(0);
        desk.users.insert(User { name: "john".to_owned(), disabled: true });
        assert!(inactive(&desk, &token).await && inactive(&desk, &access).await, "disabled");
        desk.users.remove("john").await.unwrap();
        assert!(inactive(&desk, &token).await && inactive(&desk, &access).await, "gone");
    }
}

#[tokio::test]
async fn a_client_takes_back_what_is_its_own() {
    let (app, other) = (Client::public("app"), Client::public("other"));
    for desk in [Desk::signed(), Desk::opaque()] {
        let (access, token, _) = desk.log_in(Some(&app)).await;
        desk.auth.revoke(&Secret::new("unknown"), Some(&app)).await.unwrap();
        for foreign in [None, Some(&other)] {
            desk.auth.revoke(&access, foreign).await.unwrap();
            desk.auth.revoke(&token, foreign).await.unwrap();
            assert!(desk.is_good(&access).await && desk.introspect(&token).await.active, "it is another's");
        }
        desk.auth.revoke(&access, Some(&app)).await.unwrap();
        assert!(!desk.is_good(&access).await);
        assert!(desk.introspect(&token).await.active, "an access token alone");
        let (access, token, _) = desk.log_in(Some(&app)).await;
        desk.auth.revoke(&token, Some(&app)).await.unwrap();
        assert!(!desk.is_good(&access).await && !desk.introspect(&token).await.active, "a session as a whole");
    }
    let unkept = Desk::of(|builder, _| builder.signing_key(key()));
    let (access, ..) = unkept.log_in(Some(&app)).await;
    let refused = unkept.auth.revoke(&access, Some(&app)).await;
    assert_eq!(refused, Err(Refusal::BadGrant(GrantFault::UnsupportedTokenType)));
    assert!(unkept.auth.revoke(&access, Some(&other)).await.is_ok(), "it is another's");
}

#[tokio::test]
async fn a_token_of_single_use_is_good_for_one_thing_once_and_for_its_time() {
    let desk = Desk::signed();
    let (reset, verify) = (TokenPurpose::ResetPassword, TokenPurpose::VerifyEmail);
    let keep = async || desk.auth.keep_single_use(reset, "john", Some("x"), Duration::from_secs(60)).await.unwrap();
    let token = keep().await;
    assert_ne!(token.expose(), keep().await.expose());
    let found = desk.auth.find_single_use(reset, &token).await.unwrap();
    assert_eq!((found.subject.as_str(), found.detail.as_deref()), ("john", Some("x")));
    assert_eq!(desk.auth.find_single_use(verify, &token).await.err(), Some(REFUSED));
    assert_eq!(desk.auth.find_single_use(reset, &Secret::new("unknown")).await.err(), Some(REFUSED));
    desk.at(59);
    assert!(desk.auth.find_single_use(reset, &token).await.is_ok());
    desk.at(60);
    assert_eq!(desk.auth.find_single_use(reset, &token).await.err(), Some(REFUSED));
    desk.at(0);
    desk.auth.use_single_use(&found).await.unwrap();
    assert_eq!(desk.auth.use_single_use(&found).await.err(), Some(REFUSED));
    assert_eq!(desk.auth.find_single_use(reset, &token).await.err(), Some(REFUSED));
}
