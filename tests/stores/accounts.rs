//! The life of a user, over HTTP.

use auth_runtime::{ClientAddress, Mail, endpoints::NewUser, prelude::*};

use crate::support::{Account, Hand, JOHN, Outbox, Store, on_each_store, post_as, refresh, serve, status, tokens};

#[predicate]
fn is_root(user: &Account) -> bool {
    user.name == "root"
}

#[policy(is_root)]
pub(crate) struct Admins;

fn reset_token(mail: Mail) -> String {
    let Mail::ResetPassword { username, token } = mail else { panic!("{mail:?}") };
    assert_eq!(username, "john");
    token.expose().to_owned()
}

on_each_store! {
    async fn from_registering_to_deleting(store: Store) {
        let outbox = Outbox::default();
        let auth = store.signed().mailer(outbox.clone()).build().unwrap();
        let server = serve(&auth).await;

        let register = async |form: &str| server.post_form("/register", form).await.status;
        assert_eq!(register("username=jane&password=short").await, 422);
        assert_eq!(register("username=john&password=long-enough").await, 409);
        assert_eq!(register("username=jane").await, 400);
        for name in ["jane%00", "jane%0A", "+jane", "%E2%80%AFjane", &"j".repeat(255)] {
            assert_eq!(register(&format!("username={name}&password=long-enough")).await, 400, "{name}");
        }
        assert_eq!(register("username=jane&password=long-enough").await, 201);
        let (access, token) = tokens(&server.post_form("/token", "username=jane&password=long-enough").await);

        assert_eq!(post_as(&server, "/account/email", &access, "email=jane%40mail.example").await.status, 202);
        let Mail::VerifyEmail { username, email, token: proof } = outbox.next().await else { panic!() };
        assert_eq!((username.as_str(), email.as_str()), ("jane", "jane@mail.example"));
        let verify = async |token: &str| server.post_form("/account/email/verify", &format!("token={token}")).await.status;
        assert_eq!(verify("unknown").await, 400);
        assert_eq!(verify(&token).await, 400, "a refresh token is no proof");
        assert_eq!(verify(proof.expose()).await, 204);
        assert_eq!(verify(proof.expose()).await, 400, "once");

        let change = async |access: &str, form: &str| post_as(&server, "/account/password", access, form).await.status;
        assert_eq!(change(&access, "password=wrong-one&new_password=another-one").await, 400);
        assert_eq!(change(&access, "password=long-enough&new_password=short").await, 422);
        assert_eq!(change(&access, "new_password=another-one").await, 400);
        assert_eq!(status(&server, "/me", &access).await, 200, "nothing has changed");
        assert_eq!(change(&access, "password=long-enough&new_password=another-one").await, 204);
        assert_eq!(status(&server, "/token-only", &access).await, 401);
        assert_eq!(refresh(&server, &token).await.status, 400);
        assert_eq!(server.post_form("/token", "username=jane&password=long-enough").await.status, 400);

        let (access, token) = tokens(&server.post_form("/token", "username=jane&password=another-one").await);
        assert_eq!(post_as(&server, "/account/delete", &access, "password=wrong").await.status, 400);
        assert_eq!(post_as(&server, "/account/delete", &access, "password=another-one").await.status, 204);
        assert_eq!(status(&server, "/token-only", &access).await, 401);
        assert_eq!(refresh(&server, &token).await.status, 400);
        assert_eq!(register("username=jane&password=long-enough").await, 201, "the name is free");
        assert_eq!(status(&server, "/token-only", &access).await, 401, "and its new owner's sessions are not the old one's");
        assert_eq!(server.post_form("/token", JOHN).await.status, 200);
    }

    async fn an_address_is_verified_for_whom_it_belongs_to(store: Store) {
        let outbox = Outbox::default();
        let auth = store.signed().mailer(outbox.clone()).build().unwrap();
        let server = serve(&auth).await;
        let form = "username=jane%40mail.example&password=long-enough";
        assert_eq!(server.post_form("/register", form).await.status, 201);
        let (access, _) = tokens(&server.post_form("/token", form).await);
        let ask = async |email: &str| post_as(&server, "/account/email", &access, &format!("email={email}")).await;
        let another = ask("john%40mail.example").await;
        assert_eq!(another.status, 400);
        assert!(another.body.contains("The field email is not the address of this account."), "{}", another.body);
        assert_eq!(outbox.count(), 0);
        assert_eq!(ask("jane%40mail.example").await.status, 202);
        let Mail::VerifyEmail { token, .. } = outbox.next().await else { panic!() };
        assert_eq!(server.post_form("/account/email/verify", &format!("token={}", token.expose())).await.status, 204);
        // A user type that does not know takes any.
        assert!(auth.email_token("john", "anything@mail.example").await.unwrap().is_some());
    }

    async fn administrators_and_nobody_else_rule_over_accounts(store: Store) {
        let auth = store.signed().build().unwrap();
        let app = crate::support::router().merge(auth_runtime::endpoints::administration::<Admins, _>());
        crate::support::add_john(&auth).await;
        let hash = auth.hash_password("password-of-root".into()).await.unwrap();
        assert!(auth.register(&NewUser::new_user("root".to_owned(), hash), ClientAddress::UNKNOWN).await.unwrap());
        let server = tests::server::TestServer::start(app.with_state(auth)).await;
        let (root, _) = tokens(&server.post_form("/token", "username=root&password=password-of-root").await);
        let (john, renewal) = tokens(&server.post_form("/token", JOHN).await);
        let rule = async |token: &str, what: &str| post_as(&server, &format!("/users/john/{what}"), token, "").await.status;
        for what in ["disable", "enable", "logout", "delete"] {
            assert_eq!(server.post_form(&format!("/users/john/{what}"), "").await.status, 401, "{what}");
            assert_eq!(rule(&john, what).await, 403, "{what}");
        }
        assert_eq!(rule(&root, "logout").await, 204);
        assert_eq!((status(&server, "/token-only", &john).await, refresh(&server, &renewal).await.status), (401, 400));
        assert_eq!(rule(&root, "disable").await, 204);
        assert_eq!(server.post_form("/token", JOHN).await.status, 400);
        assert_eq!(rule(&root, "enable").await, 204);
        let (john, _) = tokens(&server.post_form("/token", JOHN).await);
        assert_eq!(rule(&root, "delete").await, 204);
        assert_eq!(status(&server, "/token-only", &john).await, 401);
        assert_eq!(rule(&root, "delete").await, 404);
    }

    async fn a_forgotten_password_is_reset_once(store: Store) {
        let outbox = Outbox::default();
        let hand = Hand::new();
        let auth = store.signed().mailer(outbox.clone()).clock(hand.clock()).build().unwrap();
        let server = serve(&auth).await;
        let (access, token) = tokens(&server.post_form("/token", JOHN).await);
        let forgot = async |name: &str| {
            let answer = server.post_form("/account/password/forgot", &format!("username={name}")).await;
            (answer.status, answer.body)
        };
        let reset = async |token: &str, new: &str| {
            server.post_form("/account/password/reset", &format!("token={token}&new_password={new}")).await.status
        };
        assert_eq!(forgot("nobody").await, forgot("john").await);
        let proof = reset_token(outbox.next().await);
        assert_eq!(outbox.count(), 0, "nobody is sent nothing");
        assert_eq!(reset(&proof, "short").await, 422, "which does not use it up");
        assert_eq!(reset(&proof, "a-new-password").await, 204);
        assert_eq!(reset(&proof, "another-password").await, 400, "once");
        assert_eq!(status(&server, "/token-only", &access).await, 401);
        assert_eq!(refresh(&server, &token).await.status, 400);
        assert_eq!(server.post_form("/token", JOHN).await.status, 400);
        let (access, _) = tokens(&server.post_form("/token", "username=john&password=a-new-password").await);

        forgot("john").await;
        let late = reset_token(outbox.next().await);
        hand.forward(60 * 60);
        assert_eq!(reset(&late, "yet-another-one").await, 400, "within an hour");

        forgot("john").await;
        let older = reset_token(outbox.next().await);
        let (fresh, _) = tokens(&server.post_form("/token", "username=john&password=a-new-password").await);
        assert_eq!(post_as(&server, "/account/password", &fresh, "password=a-new-password&new_password=changed-anyway").await.status, 204);
        assert_eq!(reset(&older, "yet-another-one").await, 400, "a changed password takes it away");

        auth.disable_user("john").await.unwrap();
        forgot("john").await;
        assert_eq!(outbox.count(), 0, "a disabled user is sent nothing");
        assert_eq!(status(&server, "/me", &access).await, 401);
    }

    async fn of_many_resets_with_one_token_one_counts(store: Store) {
        let auth = store.signed().build().unwrap();
        crate::support::add_john(&auth).await;
        for _ in 0..5 {
            let token = auth.password_reset_token("john").await.unwrap().unwrap();
            let tries: Vec<_> = (0..8)
                .map(|number| {
                    let (auth, token) = (auth.clone(), token.clone());
                    let new = format!("new-password-{number}").into();
                    tokio::spawn(async move { auth.reset_password(&token, new, ClientAddress::UNKNOWN).await })
                })
                .collect();
            let mut done = 0;
            for one in tries {
                done += usize::from(one.await.unwrap().is_ok());
            }
            assert_eq!(done, 1);
        }
        assert!(auth.password_reset_token("john").await.unwrap().is_none(), "five in an hour are enough");
    }
}
