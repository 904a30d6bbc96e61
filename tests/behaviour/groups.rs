//! Policies of whole groups: of modules, and of routers.

use auth_runtime::prelude::*;
use axum::http::StatusCode;
use tests::server::TestServer;

use crate::{
    magazine::{Magazine, Role, Scope, User, auth},
    support::token_of_users,
};

#[policy(Role::Editor)]
struct Editors;

#[policy(active_user)]
struct Members;

#[get("/user")]
#[requires_user]
async fn user() {}

#[get("/token")]
#[requires_token]
async fn token() {}

#[get("/open")]
#[public]
#[overrides_group]
async fn open() {}

#[get("/closed")]
#[public]
async fn forgotten() {}

#[get("/only-admin")]
#[requires(Role::Admin)]
#[overrides_group]
async fn only_admin() {}

#[requires_active_user]
async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

#[requires(Role::Admin)]
async fn nothing_deep() -> StatusCode {
    StatusCode::GONE
}

#[auth_runtime::group(Role::Editor)]
mod desk {
    use auth_runtime::prelude::*;

    use crate::magazine::Role;

    /// No policy of its own.
    #[get("/desk")]
    pub(super) async fn inherits() {}

    #[get("/desk/token")]
    #[requires_token]
    pub(super) async fn adds_nothing() {}

    #[get("/desk/guest")]
    #[overrides_group]
    #[requires(Role::Guest)]
    pub(super) async fn overrides() {}

    #[get("/desk/open")]
    #[overrides_group]
    #[public]
    pub(super) async fn open() {}

    // Under another name, and by way of `cfg_attr`.
    use auth_runtime::get as fetch;

    #[fetch("/desk/fetched")]
    pub(super) async fn fetched() {}

    #[cfg_attr(all(), get("/desk/conditional"))]
    #[cfg_attr(all(), requires_user)]
    pub(super) async fn conditional() {}

    pub(super) async fn helper() -> u8 {
        1
    }

    pub(super) mod within {
        use auth_runtime::prelude::*;

        use crate::magazine::Role;

        #[get("/desk/within")]
        #[requires(!Role::Admin)]
        pub(in super::super) async fn within() {
            assert_eq!(super::helper().await, 1);
        }
    }
}

#[tokio::test]
async fn a_module_s_policy_reaches_every_handler_in_it() {
    let magazine = Magazine::of(
        SecureRouter::new()
            .mount(desk::inherits)
            .mount(desk::adds_nothing)
            .mount(desk::overrides)
            .mount(desk::open)
            .mount(desk::fetched)
            .mount(desk::conditional)
            .mount(desk::within::within),
    )
    .await;
    for path in ["/desk", "/desk/token", "/desk/fetched", "/desk/conditional"] {
        assert_eq!(magazine.server.get(path).await.status, 401, "{path}");
        assert_eq!(magazine.who_may(path).await, ["admin", "editor"], "{path}");
    }
    assert_eq!(magazine.who_may("/desk/within").await, ["editor"]);
    assert_eq!(magazine.who_may("/desk/guest").await, ["author"]);
    assert_eq!(magazine.server.get("/desk/open").await.status, 200);
    // In plain axum as well: it is in the policy of each.
    let app = axum::Router::new().route("/x", axum::routing::get(desk::inherits)).with_state(magazine.auth.clone());
    let server = TestServer::start_plain(app).await;
    assert_eq!(server.get_as("/x", &token_of_users(&magazine.auth, "reader", &[]).await).await.status, 403);
}

/// The same handlers, put together in every way there is.
#[tokio::test]
async fn a_router_s_policy_reaches_every_handler_in_it() {
    type Router = SecureRouter<Auth<User>>;
    let plain = || Router::new().mount(user).mount(token).mount(open).mount(only_admin);
    for (prefix, router) in [
        ("", plain().group::<Editors>()),
        ("", Router::new().group::<Editors>().mount(user).mount(token).mount(open).mount(only_admin)),
        ("", Router::new().group::<Editors>().merge(plain())),
        ("", Router::new().merge(plain()).group::<Editors>()),
        ("", Router::new().merge(plain().group::<Editors>())),
        ("/a/b", Router::new().nest("/a", Router::new().nest("/b", plain()).group::<Editors>())),
        ("/a", Router::new().nest("/a", plain().group::<Editors>()).group::<Members>().redirect_slashes()),
    ] {
        let rows =
            router.access_table().rows().iter().map(|row| (row.path.clone(), row.policy.clone())).collect::<Vec<_>>();
        let magazine = Magazine::of(router).await;
        for path in ["/user", "/token"] {
            let path = format!("{prefix}{path}");
            assert_eq!(magazine.server.get(&path).await.status, 401, "{path}");
            assert_eq!(magazine.server.request("HEAD", &path, &[]).await.status, 401, "{path}");
            assert_eq!(magazine.who_may(&path).await, ["admin", "editor"], "{path}");
            let policy = &rows.iter().find(|row| row.0 == path).unwrap().1;
            assert!(policy.contains("Editors (role editor) and "), "{policy}");
        }
        assert_eq!(magazine.server.get(&format!("{prefix}/open")).await.status, 200);
        assert_eq!(magazine.who_may(&format!("{prefix}/only-admin")).await, ["admin"]);
    }
}

#[test]
fn what_a_group_would_not_reach_is_an_error() {
    type Router = SecureRouter<Auth<User>>;
    let error = |router: SecureRouter| router.into_router().unwrap_err().to_string();
    let text = error(Router::new().group::<Members>().mount(forgotten).with_state(auth()));
    assert!(text.contains("GET /closed") && text.contains("write #[overrides_group] above it as well"), "{text}");
    let grouped = || Router::new().group::<Members>().mount(user).with_state::<()>(auth());
    let later = "is added after `.with_state(..)` to a router with a group policy";
    for router in
        [grouped().mount(open), grouped().merge(SecureRouter::new()), grouped().nest("/x", SecureRouter::new())]
    {
        let text = error(router);
        assert!(text.contains(later), "{text}");
    }
    // Into another router it may go.
    assert!(SecureRouter::<()>::new().merge(grouped()).mount(forgotten).into_router().is_ok());
}

#[tokio::test]
async fn a_fallback_refuses_strangers_wherever_nothing_is() {
    let deep = SecureRouter::new().mount(token).fallback(nothing_deep);
    let Magazine { server, auth } =
        Magazine::of(SecureRouter::new().mount(user).mount(open).nest("/deep", deep).fallback(nothing)).await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    let admin = token_of_users(&auth, "admin", &[]).await;
    for path in ["/", "/nothing", "/user/", "/user/x", "/open/x", "/%2e", "/dee"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
        assert_eq!(server.get_as(path, &reader).await.status, 404, "{path}");
    }
    for path in ["/deep", "/deep/", "/deep/x", "/deep/x/y"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
        assert_eq!(server.get_as(path, &reader).await.status, 403, "{path}");
        assert_eq!(server.get_as(path, &admin).await.status, 410, "{path}");
    }
    // Nor does a stranger learn which methods there are.
    for (path, answer) in [("/user", 401), ("/open", 401), ("/deep/token", 401)] {
        assert_eq!(server.request("DELETE", path, &[]).await.status, answer, "{path}");
    }
    assert_eq!(server.get("/open").await.status, 200);

    let two = SecureRouter::new().fallback(nothing).merge(SecureRouter::new().fallback(nothing_deep)).with_state(auth);
    let text = SecureRouter::into_router(two).unwrap_err().to_string();
    assert!(text.contains("the application has two fallbacks"), "{text}");
}

#[get("/scoped")]
#[requires_scopes(Scope::Other)]
async fn scoped() {}

/// Of two reasons to refuse, the first that counts is told, whoever asks for it.
#[tokio::test]
async fn a_group_and_its_handler_are_decided_together() {
    let Magazine { server, auth } = Magazine::of(SecureRouter::new().group::<Editors>().mount(scoped)).await;
    for (user, scopes, lacks_scope) in [("reader", &[][..], true), ("editor", &[], true), ("reader", &["other"], false)]
    {
        let answer = server.get_as("/scoped", &token_of_users(&auth, user, scopes).await).await;
        let told = answer.header("www-authenticate").is_some_and(|text| text.contains("insufficient_scope"));
        assert_eq!((answer.status, told), (403, lacks_scope), "{user} {scopes:?}");
    }
    assert_eq!(server.get_as("/scoped", &token_of_users(&auth, "editor", &["other"]).await).await.status, 200);
}

/// A group's policy holds for the fallback too.
#[tokio::test]
async fn a_fallback_is_in_the_group() {
    let Magazine { server, auth } =
        Magazine::of(SecureRouter::new().group::<Editors>().mount(user).fallback(nothing)).await;
    assert_eq!(server.get_as("/x", &token_of_users(&auth, "reader", &[]).await).await.status, 403);
    assert_eq!(server.get_as("/x", &token_of_users(&auth, "editor", &[]).await).await.status, 404);
}

#[get("/{id}")]
#[requires(Role::Admin)]
async fn parameter() {}

/// matchit cannot tell `/{id}` from the rest of a path, and need not.
#[tokio::test]
async fn a_fallback_stands_beside_a_parameter() {
    let deep = SecureRouter::new().mount(parameter).fallback(nothing_deep).redirect_slashes();
    let Magazine { server, auth } = Magazine::of(SecureRouter::new().nest("/deep", deep).fallback(nothing)).await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    for path in ["/deep", "/deep/a/b"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
        assert_eq!(server.get_as(path, &reader).await.status, 403, "{path}");
    }
    assert_eq!(server.get_as("/x", &reader).await.status, 404);
    assert_eq!(server.get("/deep/a/").await.status, 307, "what is redirected still is");
}

#[get("/tried")]
#[requires(Role::Admin)]
#[observe]
async fn tried() -> &'static str {
    "tried"
}

/// What is tried out is the handler's own policy alone.
#[tokio::test]
async fn a_group_s_policy_is_not_observed() {
    let Magazine { server, auth } = Magazine::of(SecureRouter::new().group::<Members>().mount(tried)).await;
    assert_eq!(server.get("/tried").await.status, 401);
    assert_eq!(server.get_as("/tried", "garbage").await.status, 401);
    assert_eq!(server.get_as("/tried", &token_of_users(&auth, "former", &[]).await).await.status, 403);
    assert_eq!(server.get_as("/tried", &token_of_users(&auth, "reader", &[]).await).await.body, "tried");
}

/// A policy about one kind of users has no meaning for another.
#[test]
fn a_group_does_not_cross_to_other_users() {
    let others: SecureRouter<Auth<User>> = SecureRouter::new()
        .mount(crate::support::active)
        .mount(crate::support::optional)
        .with_state(Auth::builder(crate::support::users()).signing_key(crate::support::key()).build().unwrap());
    let router: SecureRouter = SecureRouter::new().group::<Editors>().merge(others).with_state(auth());
    let text = router.into_router().unwrap_err().to_string();
    for path in ["/active", "/optional"] {
        let line = text.lines().find(|line| line.contains(&format!("GET {path}, "))).unwrap();
        assert!(line.contains("is about other users than the group policy"), "{text}");
    }
}
