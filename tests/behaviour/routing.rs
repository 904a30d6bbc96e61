//! No variant of a request slips past a guard: methods, slashes, encodings, nesting, merging, the fallback.

use auth_runtime::prelude::*;
use axum::{Router, extract::Path};
use tests::{User, server::TestServer};

use crate::support::{JOHN, active, any_user, key, login, open, scoped, serve, users};

fn auth() -> Auth<User> {
    Auth::builder(users()).signing_key(key()).build().unwrap()
}

#[tokio::test]
async fn head_is_guarded_as_get_is() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.request("HEAD", "/active", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
    let token = server.log_in("/token", JOHN).await;
    let bearer = format!("authorization: Bearer {token}");
    let answer = server.request("HEAD", "/active", &[&bearer]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn other_methods_reach_no_handler() {
    let (server, _) = serve(Profile::Standard).await;
    let token = server.log_in("/token", JOHN).await;
    let bearer = format!("authorization: Bearer {token}");
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"] {
        for headers in [&[][..], &[bearer.as_str()]] {
            let answer = server.request(method, "/active", headers).await;
            assert!(matches!(answer.status, 400 | 401 | 404 | 405), "{method}: {}", answer.status);
            assert!(!answer.body.contains("johndoe"), "{method}");
        }
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_slips_past_a_guard() {
    let (server, _) = serve(Profile::Standard).await;
    for path in [
        "/active/",
        "//active",
        "/active//",
        "/./active",
        "/x/../active",
        "/%61ctive",
        "/active%2F",
        "%2Factive",
        "/active%00",
        "/Active",
        "/active?",
        "/active?access_token=x",
        "/active;x",
        "/active#x",
        "/active%20",
        "/active.",
        "/public/../active",
        "/public%2F..%2Factive",
        "http://test/active",
    ] {
        let answer = server.get(path).await;
        assert!(matches!(answer.status, 400 | 401 | 404), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_token_in_the_query_or_the_body_is_not_read() {
    let (server, _) = serve(Profile::Standard).await;
    let token = server.log_in("/token", JOHN).await;
    assert_eq!(server.get(&format!("/active?access_token={token}")).await.status, 401);
    assert_eq!(server.post_form("/notes", &format!("access_token={token}")).await.status, 401);
    assert_eq!(server.request("GET", "/active", &[&format!("cookie: access_token={token}")]).await.status, 401);
}

#[get("/files/{name}")]
#[accept(unchecked_parameter)]
#[requires_user]
async fn file(Path(name): Path<String>) -> String {
    name
}

#[get("/")]
#[requires_user]
async fn root() -> &'static str {
    "root"
}

#[tokio::test]
async fn an_encoded_slash_stays_within_its_segment() {
    let server = TestServer::start(SecureRouter::new().mount(login).mount(file).with_state(auth())).await;
    assert_eq!(server.get("/files/a%2Fb").await.status, 401);
    let token = server.log_in("/token", JOHN).await;
    assert_eq!(server.get_as("/files/a%2Fb", &token).await.body, "a/b");
    assert_eq!(server.get_as("/files/a/b", &token).await.status, 404);
}

#[tokio::test]
async fn nested_and_merged_handlers_keep_their_guards() {
    let inner = SecureRouter::new().mount(active).mount(root).merge(SecureRouter::new().mount(scoped));
    let app = SecureRouter::new().mount(login).nest("/v1", SecureRouter::new().mount(any_user).nest("/deep", inner));
    let server = TestServer::start(app.with_state(auth())).await;
    let token = server.log_in("/token", JOHN).await;
    for path in ["/v1/user", "/v1/deep/active", "/v1/deep/scoped", "/v1/deep"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
    }
    for path in ["/v1/user", "/v1/deep/active", "/v1/deep"] {
        assert_eq!(server.get_as(path, &token).await.status, 200, "{path}");
    }
    assert_eq!(server.get_as("/v1/deep/scoped", &token).await.status, 403);
    for path in ["/active", "/user", "/deep/active", "/v1/active", "/v1", "/v1/deep/"] {
        assert_eq!(server.get_as(path, &token).await.status, 404, "{path}");
    }
}

#[get("/report")]
#[accept(unchecked_parameter)]
#[requires_user]
async fn report(Path(tenant): Path<String>) -> String {
    tenant
}

#[tokio::test]
async fn a_nested_path_may_have_parameters() {
    let app = SecureRouter::new().mount(login).nest("/tenants/{tenant}", SecureRouter::new().mount(report));
    let server = TestServer::start(app.with_state(auth())).await;
    let token = server.log_in("/token", JOHN).await;
    assert_eq!(server.get("/tenants/acme/report").await.status, 401);
    assert_eq!(server.get_as("/tenants/acme/report", &token).await.body, "acme");
    for prefix in ["tenants", "/tenants/", "/", "", "/{}", "/{*rest}", "/a{b}", "/:a", "/a b", "/{a"] {
        let app: SecureRouter<Auth<User>> = SecureRouter::new().nest(prefix, SecureRouter::new().mount(report));
        let error = app.with_state(auth()).into_router().map(drop).unwrap_err().to_string();
        assert!(error.contains("cannot be nested"), "{prefix}: {error}");
    }
}

#[tokio::test]
async fn the_fallback_tells_nothing() {
    let (server, _) = serve(Profile::Standard).await;
    let answer = server.get("/nowhere").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
}

#[tokio::test]
async fn guards_hold_within_a_plain_axum_router() {
    let secured =
        SecureRouter::new().mount(login).mount(active).docs("/docs").with_state(auth()).into_router().unwrap();
    let app = Router::new().nest("/api", secured).route("/", axum::routing::get(|| async { "home" }));
    let server = TestServer::start_plain(app).await;
    assert_eq!(server.get("/").await.body, "home");
    assert_eq!(server.get("/api/active").await.status, 401);
    let token = server.log_in("/api/token", JOHN).await;
    assert_eq!(server.get_as("/api/active", &token).await.status, 200);
    assert_eq!(server.get("/api/openapi.json").await.json()["servers"][0]["url"], "/api");
    assert!(server.get("/api/docs").await.body.contains("docs/swagger-ui-bundle.js"));
}

#[tokio::test]
async fn a_slash_too_many_or_too_few_is_redirected_where_asked_for() {
    #[get("/items/")]
    #[requires_user]
    async fn items() {}

    let routes = || SecureRouter::new().mount(items).mount(active).mount(file);
    let server = TestServer::start(routes().redirect_slashes().with_state(auth())).await;
    for (from, to) in
        [("/items", "/items/"), ("/active/", "/active"), ("/items?a=b", "/items/?a=b"), ("/files/x/", "/files/x")]
    {
        let answer = server.get(from).await;
        assert_eq!((answer.status, answer.header("location")), (307, Some(to)), "{from}");
    }
    assert_eq!(server.request("POST", "/items", &[]).await.status, 307);
    assert_eq!(server.get("/items/").await.status, 401);
    assert_eq!(server.get("//items").await.status, 404);

    let nested = SecureRouter::new().nest("/v1", SecureRouter::new().mount(root).redirect_slashes());
    let server = TestServer::start(nested.with_state(auth())).await;
    assert_eq!(server.get("/v1/").await.status, 401);
    assert_eq!(server.get("/v1").await.header("location"), Some("/v1/"));

    let server = TestServer::start(routes().with_state(auth())).await;
    assert_eq!(server.get("/items").await.status, 404);
}

#[get("/open")]
#[public]
async fn same_path() {}

#[get("/files/{other}")]
#[public]
async fn other_name() {}

#[test]
fn conflicts_are_reported_all_at_once_and_never_a_panic() {
    #[get("/open")]
    #[public]
    async fn first() {}

    let error = SecureRouter::<()>::new()
        .mount(first)
        .mount(same_path)
        .nest("api", SecureRouter::new().mount(open))
        .docs("docs")
        .into_router()
        .unwrap_err()
        .to_string();
    for part in ["GET /open is mounted twice", "first", "same_path", "routing.rs", "\"api\"", "\"docs\""] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let error =
        SecureRouter::new().mount(file).mount(other_name).with_state(auth()).into_router().unwrap_err().to_string();
    assert!(error.contains("/files/{other}") && error.contains("/files/{name}"), "{error}");
}
