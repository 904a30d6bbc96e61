//! Answers of the application's own to refused requests, and policies that are only observed.

use auth_runtime::{Refusal, Refused, prelude::*};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tests::server::TestServer;

use crate::{
    magazine::{Role, User, users},
    support::{key, token_of_users},
};

fn teapot(refused: &Refused<'_>) -> Option<Response> {
    match refused.refusal() {
        Refusal::Forbidden => Some((StatusCode::IM_A_TEAPOT, "only coffee").into_response()),
        _ => None,
    }
}

fn sorry(refused: &Refused<'_>) -> Option<Response> {
    let page = || (StatusCode::FORBIDDEN, [(header::CACHE_CONTROL, "public")], Html("<h1>Sorry</h1>")).into_response();
    (*refused.refusal() == Refusal::Forbidden && refused.wants_html()).then(page)
}

#[policy(Role::Admin, refuse_with = teapot, status = StatusCode::IM_A_TEAPOT)]
struct Brewers;

#[get("/brew")]
#[requires(Brewers)]
async fn brew() {}

#[get("/edit")]
#[requires(Role::Editor)]
async fn edit() {}

#[get("/rule")]
#[requires_active_user]
#[authorize(false)]
async fn rule() {}

#[get("/observed")]
#[requires(Role::Admin)]
#[observe]
async fn observed() -> &'static str {
    "observed"
}

#[get("/observed-user")]
#[requires_active_user]
#[authorize(user.age > 200)]
#[observe]
async fn observed_user(user: User) -> String {
    user.name
}

async fn server() -> (TestServer, Auth<User>) {
    let auth = Auth::builder(users())
        .signing_key(key())
        .login_page("/login")
        .refuse_with(&[StatusCode::FORBIDDEN], sorry)
        .build()
        .unwrap();
    let app = SecureRouter::new()
        .mount(brew)
        .mount(edit)
        .mount(rule)
        .mount(observed)
        .mount(observed_user)
        .docs("/docs")
        .with_state(auth.clone());
    (TestServer::start(app).await, auth)
}

const BROWSER: &str = "accept: text/html,*/*;q=0.8";

#[tokio::test]
async fn a_policy_and_an_application_answer_in_their_own_way() {
    let (server, auth) = server().await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    let bearer = format!("authorization: Bearer {reader}");
    let answer = server.get_as("/brew", &reader).await;
    assert_eq!((answer.status, answer.body.as_str()), (418, "only coffee"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(server.get_as("/edit", &reader).await.json()["status"], 403);
    for path in ["/edit", "/rule"] {
        let answer = server.request("GET", path, &[&bearer, BROWSER]).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, "<h1>Sorry</h1>"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "a refusal is nobody's to keep");
    }
    // What the policy does not answer, the application does.
    assert_eq!(server.request("GET", "/brew", &[BROWSER]).await.status, 303);
    assert_eq!(server.get("/brew").await.status, 401);
    let document = server.get("/openapi.json").await.json();
    let responses = document["paths"]["/brew"]["get"]["responses"].as_object().unwrap();
    assert_eq!(responses.keys().collect::<Vec<_>>(), ["200", "303", "401", "403", "418", "503"]);
}

#[tokio::test]
async fn browsers_are_sent_to_the_login_page() {
    let (server, _) = server().await;
    let to = async |path: &str, headers: &[&str]| {
        let answer = server.request("GET", path, headers).await;
        (answer.status, answer.header("location").map(str::to_owned))
    };
    assert_eq!(to("/edit?a=b&c", &[BROWSER]).await, (303, Some("/login?next=/edit%3Fa%3Db%26c".to_owned())));
    assert_eq!(to("/edit", &[BROWSER, "authorization: Bearer garbage"]).await.0, 303);
    assert_eq!(to("/edit", &["accept: application/json"]).await, (401, None));
    assert_eq!(server.request("POST", "/edit", &[BROWSER]).await.status, 405);
}

#[tokio::test]
async fn an_observed_policy_refuses_nobody() {
    let (server, auth) = server().await;
    assert_eq!(server.get("/observed").await.body, "observed");
    assert_eq!(server.get_as("/observed", "garbage").await.body, "observed");
    let reader = token_of_users(&auth, "reader", &[]).await;
    assert_eq!(server.get_as("/observed", &reader).await.body, "observed");
    assert_eq!(server.get_as("/observed-user", &reader).await.body, "reader");
    // Nobody can be handed a user whom there is not.
    assert_eq!(server.get("/observed-user").await.status, 401);
    let document = server.get("/openapi.json").await.json();
    let security = serde_json::json!([{}, {"OAuth2PasswordBearer": []}]);
    assert_eq!(document["paths"]["/observed"]["get"]["security"], security);
    let table: SecureRouter<Auth<User>> = SecureRouter::new().mount(observed);
    assert_eq!(table.access_table().rows()[0].policy, "observed only, refuses nobody: role admin");
}

#[test]
fn what_is_no_place_to_log_in_is_refused() {
    for page in ["login", "//evil.example", "http://example.com/login", "/lo gin", "/\\evil.example", ""] {
        let error = Auth::builder(users()).signing_key(key()).login_page(page).build().unwrap_err();
        assert!(error.to_string().contains("the login page is a path"), "{page}");
    }
    let named = Auth::builder(users()).signing_key(key()).token_scheme_name("a b").build();
    assert!(named.unwrap_err().to_string().contains("letters, digits"));
}

#[post("/public")]
#[public]
async fn mutation() {}

#[get("/users/{name}/notes")]
#[requires_active_user]
async fn parameter() {}

#[delete("/strangers")]
#[requires(!token)]
async fn strangers() {}

#[post("/accepted")]
#[public]
#[accept(public_mutation)]
async fn accepted() {}

#[get("/accepted/{name}")]
#[requires_active_user]
#[accept(unchecked_parameter)]
async fn accepted_parameter() {}

#[get("/ruled/{name}")]
#[requires_active_user]
#[authorize(true)]
async fn ruled() {}

#[get("/staff/{name}")]
#[requires_role(Role::Admin)]
async fn staff() {}

#[get("/catalogue/{name}")]
#[public]
async fn catalogue() {}

#[test]
fn what_can_only_be_a_mistake_is_an_error_until_it_is_accepted() {
    type Router = SecureRouter<Auth<User>>;
    let auth = || crate::magazine::auth();
    let build = |router: Router| SecureRouter::into_router(router.with_state(auth()));
    let fine = Router::new().mount(accepted).mount(accepted_parameter).mount(ruled).mount(staff).mount(catalogue);
    assert!(build(fine).is_ok());
    let text = build(Router::new().mount(mutation).mount(strangers).mount(parameter)).unwrap_err().to_string();
    assert_eq!(
        text.matches("lets anyone change something: ask for a caller, or write #[accept(public_mutation)] above it")
            .count(),
        2,
        "{text}"
    );
    assert!(
        text.contains("GET /users/{name}/notes, of behaviour::answers::parameter (tests/behaviour/answers.rs:"),
        "{text}"
    );
    assert!(
        text.contains("takes `name` from the path") && text.contains("or #[accept(unchecked_parameter)]"),
        "{text}"
    );
}

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Raw(Secret);

#[get("/raw")]
#[requires(Raw)]
async fn raw() {}

#[get("/raw-scopes")]
#[requires(Raw[tests::Scope::Me] || Role::Admin)]
async fn raw_scopes(raw: Option<Raw>) -> String {
    format!("{}", raw.is_some())
}

#[get("/raw-taken")]
#[requires(Raw)]
async fn raw_taken(Raw(_token): Raw) {}

/// What is handed on unread is anybody's.
#[test]
fn a_credential_that_nobody_looks_at_is_a_mistake() {
    type Router = SecureRouter<Auth<User>>;
    let build = |router: Router| SecureRouter::into_router(router.with_state(crate::magazine::auth()));
    let text = build(Router::new().mount(raw)).unwrap_err().to_string();
    assert!(text.contains("is satisfied by any Raw") && text.contains("#[accept(unchecked_credential)]"), "{text}");
    let text = build(Router::new().mount(raw_scopes)).unwrap_err().to_string();
    assert!(text.contains("names scopes of Raw") && text.contains("#[accept(unchecked_scopes)]"), "{text}");
    assert!(build(Router::new().mount(raw_taken)).is_ok());
    assert_eq!(Router::new().mount(raw_taken).access_table().rows()[0].policy, "any Raw");
}

#[predicate]
async fn asks_a_store(request: &axum::http::request::Parts) -> Result<bool, auth_runtime::StoreError> {
    match request.uri.query() {
        Some("down") => Err(auth_runtime::StoreError::new("down")),
        query => Ok(query == Some("yes")),
    }
}

#[get("/asked")]
#[requires(active_user && !asks_a_store)]
async fn asked() {}

#[get("/public-rule")]
#[public]
#[authorize(false)]
async fn public_rule() {}

#[policy(active_user, refuse_with = teapot)]
struct Drinkers;

#[get("/grouped-rule")]
#[requires_active_user]
#[authorize(false)]
async fn grouped_rule() {}

#[tokio::test]
async fn what_cannot_be_found_out_is_neither_yes_nor_no() {
    let auth = crate::magazine::auth();
    let app = SecureRouter::new().mount(asked).with_state(auth.clone());
    let server = TestServer::start(app).await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    for (query, status) in [("", 200), ("?yes", 403), ("?down", 503)] {
        assert_eq!(server.get_as(&format!("/asked{query}"), &reader).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn a_rule_refuses_as_its_application_and_its_group_do() {
    let auth = Auth::builder(users()).signing_key(key()).profile(Profile::FastApi).build().unwrap();
    let app = SecureRouter::new()
        .mount(public_rule)
        .nest("/bar", SecureRouter::new().group::<Drinkers>().mount(grouped_rule))
        .with_state(auth.clone());
    let server = TestServer::start(app).await;
    let answer = server.get("/public-rule").await;
    assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"detail":"Not enough permissions"}"#));
    let reader = token_of_users(&auth, "reader", &[]).await;
    assert_eq!(server.get_as("/bar/grouped-rule", &reader).await.status, 418);
}
