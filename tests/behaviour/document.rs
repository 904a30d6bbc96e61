//! The document tells the truth: it is compared with what the server does.

use auth_runtime::prelude::*;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::IntoResponse,
};
use serde_json::{Value, json};
use tests::{Scope, User, server::TestServer};

use crate::support::{key, login, router, serve, users};

#[tokio::test]
async fn every_operation_answers_as_documented() {
    for profile in [Profile::Standard, Profile::FastApi] {
        let (server, _) = serve(profile).await;
        let document = server.get("/openapi.json").await.json();
        assert_eq!(document["openapi"], "3.1.0");
        let mut operations = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                operations += 1;
                let method = method.to_uppercase();
                let bare = server.request(&method, path, &[]).await;
                let garbage = server.request(&method, path, &["authorization: Bearer garbage"]).await;
                let security = &operation["security"];
                let optional = security.as_array().is_some_and(|all| all.contains(&json!({})));
                assert_eq!(bare.status == 401, security.is_array() && !optional, "{method} {path}");
                assert_eq!(garbage.status == 401, security.is_array(), "{method} {path}");
                for answer in [bare, garbage] {
                    let documented = &operation["responses"][answer.status.to_string()];
                    let default = &operation["responses"]["default"];
                    assert!(documented.is_object() || default.is_object(), "{method} {path} {}", answer.status);
                    if answer.status == 401 {
                        assert!(documented["headers"]["WWW-Authenticate"].is_object(), "{method} {path}");
                        let media_type = answer.header("content-type").unwrap();
                        assert!(documented["content"][media_type].is_object(), "{method} {path} {media_type}");
                    }
                }
            }
        }
        assert_eq!(operations, 9, "every mounted handler is there");
    }
}

#[tokio::test]
async fn security_is_the_policy() {
    let (server, _) = serve(Profile::Standard).await;
    let document = server.get("/openapi.json").await.json();
    let security = |path: &str| document["paths"][path]["get"]["security"].clone();
    assert_eq!(security("/both"), json!([{"OAuth2PasswordBearer": ["me"]}]));
    assert_eq!(security("/scoped"), json!([{"OAuth2PasswordBearer": ["me", "items"]}]));
    assert_eq!(security("/user"), json!([{"OAuth2PasswordBearer": []}]));
    assert_eq!(security("/optional"), json!([{}, {"OAuth2PasswordBearer": []}]));
    assert_eq!(security("/public"), Value::Null);
    assert_eq!(document["paths"]["/token"]["post"]["security"], Value::Null);
    assert_eq!(
        document["components"]["securitySchemes"],
        json!({"OAuth2PasswordBearer": {"type": "oauth2", "flows": {"password": {
            "tokenUrl": "token",
            "scopes": {"me": "Read information about the current user.", "items": "Read items."},
        }}}})
    );
}

#[tokio::test]
async fn refusals_are_those_of_the_profile() {
    let (server, _) = serve(Profile::Standard).await;
    let statuses = |document: &Value, path: &str| -> Vec<String> {
        document["paths"][path]["get"]["responses"].as_object().unwrap().keys().cloned().collect()
    };
    let document = server.get("/openapi.json").await.json();
    assert_eq!(statuses(&document, "/user"), ["200", "401", "503"]);
    assert_eq!(statuses(&document, "/active"), ["200", "401", "403", "503"]);
    assert_eq!(statuses(&document, "/both"), ["200", "401", "403", "503"]);
    assert_eq!(statuses(&document, "/public"), ["200"]);
    let (server, _) = serve(Profile::FastApi).await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(statuses(&document, "/active"), ["200", "400", "401", "503"]);
    assert_eq!(statuses(&document, "/scoped"), ["200", "401", "503"]);
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Item {
    name: String,
    price: Option<f64>,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "described, not read")]
struct Page {
    limit: u32,
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "described, not read")]
struct Position {
    shelf: u8,
    row: String,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    name: String,
}

/// Replace an item.
///
/// The old one is gone.
#[put("/items/{id}", tag = "items", operation_id = "replace")]
#[requires_scopes(Scope::Items)]
async fn replace_item(Path(_id): Path<u32>, Json(item): Json<Item>) -> Json<Item> {
    Json(item)
}

#[get("/items")]
#[requires_user]
async fn list_items(State(_auth): State<Auth<User>>, Query(_page): Query<Page>) -> Result<Json<Vec<Item>>, StatusCode> {
    Ok(Json(Vec::new()))
}

#[get("/shelves/{shelf}/{row}")]
#[public]
async fn shelf(Path(_position): Path<Position>) -> (StatusCode, Json<Item>) {
    (StatusCode::OK, Json(Item { name: String::new(), price: None }))
}

#[get("/pairs/{first}/{second}/{*rest}")]
#[public]
async fn pair(Path(_pair): Path<(u8, String, String)>) -> impl IntoResponse {}

#[post("/plain")]
#[accept(public_mutation)]
#[public]
async fn plain(Json(plain): Json<Plain>) -> Json<Plain> {
    Json(plain)
}

fn items() -> SecureRouter<Auth<User>> {
    SecureRouter::new().mount(login).mount(replace_item).mount(list_items).mount(shelf).mount(pair).mount(plain)
}

fn document(router: SecureRouter<Auth<User>>) -> Value {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let router: SecureRouter = router.with_state(auth);
    serde_json::to_value(router.document()).unwrap()
}

#[test]
fn signatures_are_described() {
    let document = document(items());
    let replace = &document["paths"]["/items/{id}"]["put"];
    assert_eq!(replace["operationId"], "replace");
    assert_eq!(replace["tags"], json!(["items"]));
    assert_eq!(replace["summary"], "Replace an item.");
    assert_eq!(replace["description"], "The old one is gone.");
    assert_eq!(replace["parameters"][0]["name"], "id");
    assert_eq!(replace["parameters"][0]["in"], "path");
    assert_eq!(replace["parameters"][0]["schema"]["type"], "integer");
    let item = json!({"$ref": "#/components/schemas/Item"});
    assert_eq!(replace["requestBody"]["content"]["application/json"]["schema"], item);
    assert_eq!(replace["responses"]["200"]["content"]["application/json"]["schema"], item);
    assert_eq!(document["components"]["schemas"]["Item"]["required"], json!(["name"]));

    let list = &document["paths"]["/items"]["get"];
    let parameters: Vec<_> = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].clone(), one["in"].clone(), one["required"].clone()))
        .collect();
    assert_eq!(
        parameters,
        [(json!("after"), json!("query"), json!(false)), (json!("limit"), json!("query"), json!(true))]
    );
    assert_eq!(list["responses"]["200"]["content"]["application/json"]["schema"]["type"], "array");

    let shelf = &document["paths"]["/shelves/{shelf}/{row}"]["get"];
    assert_eq!(
        (&shelf["parameters"][0]["name"], &shelf["parameters"][0]["schema"]["type"]),
        (&json!("shelf"), &json!("integer"))
    );
    assert_eq!(shelf["parameters"][1]["schema"]["type"], "string");
    assert_eq!(shelf["responses"]["default"]["content"]["application/json"]["schema"], item);

    let pair = &document["paths"]["/pairs/{first}/{second}/{rest}"]["get"];
    assert_eq!(pair["parameters"][0]["schema"]["type"], "integer");
    assert_eq!(pair["parameters"][2]["name"], "rest");

    let plain = &document["paths"]["/plain"]["post"];
    assert_eq!(plain["requestBody"]["content"]["application/json"]["schema"], json!({}), "unconstrained");
    assert_eq!(plain["responses"]["200"]["content"]["application/json"]["schema"], json!({}));
}

#[test]
fn a_document_of_ones_own_is_merged_and_does_not_override() {
    use utoipa::openapi::{
        InfoBuilder, OpenApiBuilder, PathItem, PathsBuilder,
        path::{HttpMethod, OperationBuilder},
    };
    let operation = || PathItem::new(HttpMethod::Get, OperationBuilder::new().summary(Some("mine")));
    let mine = OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Mine").version("9").build())
        .paths(PathsBuilder::new().path("/mine", operation()).path("/items", operation()))
        .build();
    let document = document(items().merge_document(mine));
    assert_eq!(document["paths"]["/mine"]["get"]["summary"], "mine");
    assert_eq!(document["paths"]["/items"]["get"]["operationId"], "list_items");
    assert!(document["paths"]["/items"]["get"]["security"].is_array(), "what is enforced is what is documented");
}

#[tokio::test]
async fn documents_follow_their_routers() {
    let auth = || Auth::builder(users()).signing_key(key()).build().unwrap();
    let one = SecureRouter::new().mount(login).mount(list_items).docs("/docs").with_state(auth());
    let two = SecureRouter::new().mount(plain).openapi_path("/api.json").info("Two", "2").with_state(auth());
    let all = SecureRouter::new().nest("/one", one).nest("/two", two).openapi_path("/openapi.json");
    let server = TestServer::start(all).await;

    let paths = |document: &Value| -> Vec<String> { document["paths"].as_object().unwrap().keys().cloned().collect() };
    let one = server.get("/one/openapi.json").await.json();
    assert_eq!((paths(&one), &one["servers"][0]["url"]), (vec!["/items".into(), "/token".into()], &json!("/one")));
    let two = server.get("/two/api.json").await.json();
    assert_eq!(
        (paths(&two), &two["info"]["title"], &two["info"]["version"]),
        (vec!["/plain".into()], &json!("Two"), &json!("2"))
    );
    assert_eq!(server.get("/openapi.json").await.json()["paths"].as_object().unwrap().len(), 3);
    assert_eq!(server.get("/one/docs").await.status, 200);
    assert_eq!(server.get("/docs").await.status, 404);
    assert_eq!(server.get("/two/docs").await.status, 404);
}

/// A document lists its own router's handlers, whatever else is under the same path.
#[tokio::test]
async fn a_document_does_not_tell_of_its_neighbours() {
    let auth = || Auth::builder(users()).signing_key(key()).build().unwrap();
    let api = SecureRouter::new().mount(list_items).docs("/docs").with_state(auth());
    let admin = SecureRouter::new().mount(replace_item).with_state(auth());
    let merged = SecureRouter::new().mount(plain).openapi_path("/plain.json").with_state(auth());
    let app = SecureRouter::new().nest("/v1", api).nest("/v1/admin", admin).merge(merged);
    let server = TestServer::start(app).await;
    let paths = |document: Value| -> Vec<String> { document["paths"].as_object().unwrap().keys().cloned().collect() };
    assert_eq!(paths(server.get("/v1/openapi.json").await.json()), ["/items"]);
    assert_eq!(paths(server.get("/plain.json").await.json()), ["/plain"]);
}

#[token_endpoint("/{tenant}/token")]
async fn tenant_login(
    user: User,
    Path(_tenant): Path<String>,
    Query(_page): Query<Page>,
    _form: PasswordRequestForm,
) -> Grant {
    Grant::to(user)
}

#[test]
fn extractors_of_a_token_endpoint_are_described() {
    let document = document(SecureRouter::new().mount(tenant_login));
    let names: Vec<_> = document["paths"]["/{tenant}/token"]["post"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].clone())
        .collect();
    assert_eq!(names, ["tenant", "after", "limit"]);
}

/// Generic in something else, and public to whoever is there.
#[get("/generic")]
#[public]
async fn generic<T: Default + Send + 'static>(user: Option<User>, State(_auth): State<Auth<User>>) -> String {
    let _ = T::default();
    user.map_or_else(String::new, |user| user.username)
}

#[tokio::test]
async fn a_generic_public_handler_knows_its_user() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let server = TestServer::start(SecureRouter::new().mount(generic::<u8>).docs("/docs").with_state(auth)).await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(document["paths"]["/generic"]["get"]["security"], json!([{}, {"OAuth2PasswordBearer": []}]));
    assert!(document["paths"]["/generic"]["get"]["responses"]["401"].is_object());
    assert_eq!(server.get_as("/generic", "garbage").await.status, 401);
    assert_eq!(server.get("/generic").await.status, 200);
}

#[tokio::test]
async fn documentation_is_off_unless_asked_for() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let server = TestServer::start(SecureRouter::new().mount(login).with_state(auth)).await;
    assert_eq!(server.get("/docs").await.status, 404);
    assert_eq!(server.get("/openapi.json").await.status, 404);
}

#[tokio::test]
async fn the_page_can_be_elsewhere() {
    let auth = Auth::builder(users()).signing_key(key()).build().unwrap();
    let app = SecureRouter::new().mount(login).docs("/internal/reference").openapi_path("/v3.json").with_state(auth);
    let server = TestServer::start(app).await;
    assert!(server.get("/internal/reference").await.body.contains("src=\"reference/init.js\""));
    assert!(server.get("/internal/reference/init.js").await.body.contains("\"../v3.json\""));
    assert_eq!(server.get("/v3.json").await.status, 200);
    assert_eq!(server.get("/docs").await.status, 404);
}

#[tokio::test]
async fn swagger_ui_comes_from_the_binary() {
    let (server, _) = serve(Profile::Standard).await;
    for path in [
        "/docs",
        "/docs/init.js",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
        "/docs/favicon.png",
        "/docs/oauth2-redirect.html",
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"), "{path}");
    }
    let page = server.get("/docs").await.body;
    assert!(!page.contains("http"), "{page}");
}

#[test]
fn two_schemas_of_one_name_are_both_told() {
    mod other {
        use auth_runtime::prelude::*;

        #[derive(Serialize, ToSchema)]
        pub(super) struct Item {
            weight: u32,
        }

        #[get("/other")]
        #[public]
        pub(super) async fn other() -> Json<Item> {
            Json(Item { weight: 1 })
        }
    }
    let document = document(items().mount(other::other));
    let schema = &document["paths"]["/other"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let resolved = match schema["$ref"].as_str() {
        Some(reference) => &document["components"]["schemas"][reference.rsplit('/').next().unwrap()],
        None => schema,
    };
    assert!(resolved["properties"]["weight"].is_object(), "{resolved}");
    assert!(document["components"]["schemas"]["Item"]["properties"]["name"].is_object());
}

#[test]
fn the_router_prints_its_policies() {
    let printed = format!("{:?}", router());
    assert!(printed.contains("GET /both (active user and scope me)"), "{printed}");
}
