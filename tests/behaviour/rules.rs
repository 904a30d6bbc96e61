//! Rules over a handler's arguments and its result, and proof of a policy.

use std::sync::atomic::{AtomicUsize, Ordering};

use auth_runtime::{Refusal, StoreError, prelude::*, testing};
use axum::{
    extract::{FromRequestParts, Path, Query},
    http::{StatusCode, request::Parts},
    response::IntoResponse,
};

use crate::{
    magazine::{Grown, Magazine, OlderThan, Role, User, auth},
    support::token_of_users,
};

static RUN: AtomicUsize = AtomicUsize::new(0);

#[derive(Deserialize, ToSchema)]
struct Item {
    owner: String,
}

/// Your own items, or anybody's if you are an editor.
#[post("/items/{id}")]
#[requires_active_user]
#[authorize(item.owner == user.name || user.is(Role::Editor))]
async fn write(user: User, Path(id): Path<u32>, Json(item): Json<Item>) -> Result<String, StatusCode> {
    RUN.fetch_add(1, Ordering::SeqCst);
    let name = Some(item.owner).filter(|_| id != 13).ok_or(StatusCode::GONE)?;
    if id == 14 {
        return Err(StatusCode::CONFLICT);
    }
    Ok(format!("{} wrote for {name}", user.name))
}

async fn owner_of(id: u32) -> Result<bool, StoreError> {
    if id == 503 { Err(StoreError::new("down")) } else { Ok(id == 1) }
}

#[get("/hidden/{id}")]
#[authorize(owner_of(*id).await, or = 404)]
#[requires_user]
async fn hidden(Path(ref id): Path<u32>) -> impl IntoResponse {
    id.to_string()
}

#[get("/result/{id}")]
#[requires_active_user]
#[post_authorize(|item: &Json<Secretive>| item.owner == user.name, or = 404)]
async fn result(user: User, Path(id): Path<u32>) -> Result<Json<Secretive>, StatusCode> {
    match id {
        1 => Ok(Json(Secretive { owner: "admin", text: "top secret" })),
        _ => Err(StatusCode::IM_A_TEAPOT),
    }
}

#[derive(Serialize, ToSchema)]
struct Secretive {
    owner: &'static str,
    text: &'static str,
}

#[get("/both/{id}")]
#[requires_active_user]
#[authorize(id < 100)]
#[post_authorize(|text| !text.contains("secret"))]
async fn both(Path(id): Path<u32>) -> String {
    if id == 1 { "secret".to_owned() } else { "plain".to_owned() }
}

/// Says what it counts, so that a test sees when it was asked.
struct Extracted;

impl<S: Sync> FromRequestParts<S> for Extracted {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::IM_A_TEAPOT)
    }
}

#[get("/phases/{id}")]
#[requires_active_user]
#[authorize(false)]
async fn phases(Path(_id): Path<u32>, _extracted: Extracted) {}

fn erase(_: &Authorized<Grown>) -> &'static str {
    "gone"
}

#[delete("/everything")]
#[requires(Grown)]
async fn erase_everything(proof: Authorized<Grown>) -> &'static str {
    erase(&proof)
}

/// No policy stands above it: the proof is its guard.
async fn plain(proof: Authorized<Grown>) -> &'static str {
    erase(&proof)
}

#[get("/query")]
#[requires_active_user]
#[authorize(page.first < 10)]
#[axum::debug_handler(state = Auth<User>)]
async fn query(Query(page): Query<Page>) -> String {
    page.first.to_string()
}

#[derive(Deserialize, ToSchema)]
struct Page {
    first: u32,
}

/// The arguments have names that an expansion could use for its own.
#[get("/alike/{value}")]
#[requires_active_user]
#[authorize(outcome.name != refusal.owner)]
#[post_authorize(|text| text.as_str() == value.as_str())]
async fn alike(outcome: User, Query(refusal): Query<Item>, Path(value): Path<String>) -> String {
    refusal.owner
}

fn router() -> SecureRouter<Auth<User>> {
    SecureRouter::new()
        .mount(write)
        .mount(hidden)
        .mount(result)
        .mount(both)
        .mount(phases)
        .mount(erase_everything)
        .mount(query)
        .mount(alike)
        .docs("/docs")
}

#[tokio::test]
async fn a_rule_is_about_the_arguments_whatever_they_are_called() {
    let magazine = Magazine::of(router()).await;
    for (path, status) in
        [("/alike/same?owner=same", 200), ("/alike/one?owner=another", 403), ("/alike/reader?owner=reader", 403)]
    {
        assert_eq!(magazine.status(path, "reader", &[]).await, status, "{path}");
    }
}

#[tokio::test]
async fn a_rule_is_asked_after_extraction_and_before_the_body() {
    let Magazine { server, auth } = Magazine::of(router()).await;
    let ask = async |user: &str, id: u32, owner: &str| {
        let token = token_of_users(&auth, user, &[]).await;
        let body = format!("{{\"owner\":\"{owner}\"}}");
        server
            .send(format!(
                "POST /items/{id} HTTP/1.1\r\nhost: t\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await
    };
    let runs = RUN.load(Ordering::SeqCst);
    let own = ask("reader", 1, "reader").await;
    assert_eq!((own.status, own.body.as_str()), (200, "reader wrote for reader"));
    assert_eq!(ask("admin", 1, "reader").await.body, "admin wrote for reader");
    assert_eq!(RUN.load(Ordering::SeqCst), runs + 2);
    let others = ask("reader", 1, "admin").await;
    assert_eq!((others.status, others.json()["detail"].as_str()), (403, Some("You may not do this.")));
    assert_eq!(others.header("cache-control"), Some("no-store"));
    assert_eq!(RUN.load(Ordering::SeqCst), runs + 2, "the body did not run");
    // `?` and `return` are the body's own.
    assert_eq!(ask("reader", 13, "reader").await.status, 410);
    assert_eq!(ask("reader", 14, "reader").await.status, 409);
    // The policy comes first, and extraction before the rule.
    assert_eq!(server.get("/phases/1").await.status, 401);
    assert_eq!(server.get_as("/phases/1", &token_of_users(&auth, "reader", &[]).await).await.status, 418);
    assert_eq!(ask("former", 1, "former").await.status, 403);
    assert_eq!(RUN.load(Ordering::SeqCst), runs + 4);
}

#[tokio::test]
async fn a_refusal_can_look_as_if_there_were_nothing() {
    let magazine = Magazine::of(router()).await;
    assert_eq!(magazine.status("/hidden/1", "reader", &[]).await, 200);
    assert_eq!(magazine.status("/hidden/2", "reader", &[]).await, 404);
    assert_eq!(magazine.status("/hidden/503", "reader", &[]).await, 503);
    assert_eq!(magazine.status("/query?first=3", "reader", &[]).await, 200);
    assert_eq!(magazine.status("/query?first=30", "reader", &[]).await, 403);
}

#[tokio::test]
async fn a_result_is_looked_at_before_it_leaves() {
    let Magazine { server, auth } = Magazine::of(router()).await;
    let admin = token_of_users(&auth, "admin", &[]).await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    assert_eq!(server.get_as("/result/1", &admin).await.json()["text"], "top secret");
    let refused = server.get_as("/result/1", &reader).await;
    assert!(refused.status == 404 && !refused.body.contains("secret"), "{refused:?}");
    assert_eq!(server.get_as("/result/2", &reader).await.status, 418, "an error leaves as it is");
    for (id, status) in [(2, 200), (1, 403), (100, 403)] {
        assert_eq!(server.get_as(&format!("/both/{id}"), &reader).await.status, status, "{id}");
    }
}

#[tokio::test]
async fn proof_comes_from_the_guard_of_its_policy() {
    let Magazine { server, auth } = Magazine::of(router()).await;
    let ask = async |user: &str| {
        let token = format!("authorization: Bearer {}", token_of_users(&auth, user, &[]).await);
        server.request("DELETE", "/everything", &[&token]).await.status
    };
    assert_eq!((ask("editor").await, ask("author").await, ask("former").await), (200, 403, 403));

    let app = axum::Router::new().route("/plain", axum::routing::get(plain)).with_state(auth.clone());
    let server = tests::server::TestServer::start_plain(app).await;
    assert_eq!(server.get("/plain").await.status, 401);
    assert_eq!(server.get_as("/plain", &token_of_users(&auth, "author", &[]).await).await.status, 403);
    assert_eq!(server.get_as("/plain", &token_of_users(&auth, "editor", &[]).await).await.body, "gone");
}

#[tokio::test]
async fn rules_are_documented_and_listed() {
    let Magazine { server, .. } = Magazine::of(router()).await;
    let document = server.get("/openapi.json").await.json();
    let responses = |path: &str, method: &str| document["paths"][path][method]["responses"].clone();
    assert!(responses("/hidden/{id}", "get")["404"].is_object());
    assert!(responses("/items/{id}", "post")["403"].is_object());
    assert_eq!(
        responses("/result/{id}", "get")["200"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/Secretive"
    );
    let table = router().access_table();
    let policy = |path: &str| table.rows().iter().find(|row| row.path == path).unwrap().policy.clone();
    assert_eq!(policy("/items/{id}"), "active user, if item.owner == user.name || user.is(Role::Editor)");
    assert_eq!(policy("/both/{id}"), r#"active user, if id < 100, then if !text.contains("secret")"#);
    assert_eq!(policy("/hidden/{id}"), "user, if owner_of(*id).await (else 404)");
}

/// As anybody, in one line; and the bodies alone.
#[tokio::test]
async fn the_test_kit_acts_as_anybody() {
    let router: SecureRouter = router().mount(crate::expressions::read).with_state(auth());
    let app = testing::TestApp::new(router).unwrap();
    let nobody_known = User { name: "zoe".to_owned(), disabled: false, roles: vec![Role::Editor], age: 30 };
    let item = serde_json::json!({"owner": "somebody"});
    let answer = app.post("/items/1").acting_as(nobody_known.clone()).json(&item).send().await;
    assert_eq!(answer.text(), "zoe wrote for somebody");
    let disabled = User { disabled: true, ..nobody_known.clone() };
    assert_eq!(app.post("/items/1").acting_as(disabled).json(&item).send().await.refusal(), Some(&Refusal::Inactive));
    let without_roles = User { roles: Vec::new(), ..nobody_known.clone() };
    let refused = app.post("/items/1").acting_as(without_roles).json(&item).send().await;
    assert_eq!((refused.status().as_u16(), refused.refusal()), (403, Some(&Refusal::Forbidden)));
    let scoped = app.get("/read").acting_as(nobody_known.clone()).scopes([crate::magazine::Scope::Write]).send().await;
    assert_eq!(scoped.status(), 200);
    assert_eq!(app.get("/read").acting_as(nobody_known).send().await.refusal(), Some(&Refusal::InsufficientScope));

    assert_eq!(erase_everything(testing::guard(), testing::authorized()).await, "gone");
    assert_eq!(both(testing::guard(), Path(2)).await.status(), 200);
    assert_eq!(both(testing::guard(), Path(1)).await.status(), 403);
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[predicate]
fn counted(_: &User) -> bool {
    ASKED.fetch_add(1, Ordering::SeqCst);
    true
}

#[policy(active_user && counted)]
struct Counted;

#[get("/counted")]
#[requires(Counted)]
async fn proven(_proof: Authorized<Counted>) {}

#[tokio::test]
async fn for_a_proof_the_policy_is_not_decided_again() {
    let magazine = Magazine::of(SecureRouter::new().mount(proven)).await;
    assert_eq!(magazine.status_once("/counted", "reader", &[]).await, 200);
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
}

/// Of one name, and with another parameter: the compiler takes them for the same, and the guard does not.
#[get("/other-parameter")]
#[requires(OlderThan<10>)]
async fn other_parameter(_proof: Authorized<OlderThan<45>>) {}

#[get("/either-parameter")]
#[requires(OlderThan<10> || OlderThan<45>)]
async fn either_parameter(_proof: Authorized<OlderThan<45>>) {}

#[tokio::test]
async fn proof_of_one_parameter_is_not_proof_of_another() {
    let magazine = Magazine::of(SecureRouter::new().mount(other_parameter).mount(either_parameter)).await;
    assert_eq!(magazine.who_may("/other-parameter").await, ["admin"]);
    assert_eq!(magazine.who_may("/either-parameter").await, ["admin"]);
}
