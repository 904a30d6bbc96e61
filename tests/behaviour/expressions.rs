//! `#[requires(..)]`: words, and what joins them.

use auth_runtime::prelude::*;

use crate::{
    magazine::{Grown, Key, Magazine, OlderThan, Role, Scope, Service, User, from_inside, older_than},
    support::token_of_users,
};

#[get("/role")]
#[requires_role(Role::Editor)]
async fn role() {}

#[get("/roles")]
#[requires(Role::Admin || Role::Guest)]
async fn roles() {}

#[get("/not-guest")]
#[requires(Role::Author && !Role::Guest)]
async fn not_guest() {}

#[get("/older")]
#[requires(older_than(35))]
async fn older() {}

#[get("/grown")]
#[requires(Grown)]
async fn grown() {}

#[get("/parameter")]
#[requires(OlderThan<39>)]
async fn parameter() {}

#[get("/any-user")]
#[requires(user)]
async fn any_user(user: User) -> String {
    user.name
}

#[get("/parentheses")]
#[requires(user && !(active_user && Role::Author))]
async fn parentheses() {}

#[get("/inside")]
#[requires(active_user && (Role::Admin || from_inside))]
async fn inside() {}

#[get("/stacked")]
#[requires_active_user]
#[requires(!Role::Admin)]
#[requires_scopes(Scope::Read)]
async fn stacked() {}

#[get("/key-or-editor")]
#[requires(Key || Role::Editor)]
async fn key_or_editor(key: Option<Key>, user: Option<User>, token: Option<AccessToken>) -> String {
    assert_eq!(user.is_some(), token.is_some());
    format!("{}{}", key.map_or("", |_| "key "), user.map_or(String::new(), |user| user.name))
}

#[get("/service-or-user")]
#[requires(Service || user)]
async fn service_or_user() {}

#[get("/key-and-service")]
#[requires(Key && Service)]
async fn key_and_service(Key(key): Key, Service(name): Service) -> String {
    format!("{} {name}", key.expose())
}

#[get("/service-or-token")]
#[requires(Service || token)]
async fn service_or_token() {}

#[get("/read")]
#[requires(Scope::Read)]
pub(crate) async fn read() {}

#[get("/stranger")]
#[requires(!token)]
async fn stranger() {}

fn router() -> SecureRouter<Auth<User>> {
    SecureRouter::new()
        .mount(role)
        .mount(roles)
        .mount(not_guest)
        .mount(older)
        .mount(grown)
        .mount(parameter)
        .mount(any_user)
        .mount(parentheses)
        .mount(inside)
        .mount(stacked)
        .mount(key_or_editor)
        .mount(service_or_user)
        .mount(key_and_service)
        .mount(service_or_token)
        .mount(read)
        .mount(stranger)
        .docs("/docs")
}

#[tokio::test]
async fn roles_include_others_and_belong_to_active_users() {
    let magazine = Magazine::of(router()).await;
    assert_eq!(magazine.who_may("/role").await, ["admin", "editor"]);
    assert_eq!(magazine.who_may("/roles").await, ["admin", "author"]);
    assert_eq!(magazine.who_may("/not-guest").await, ["admin", "editor"]);
}

#[tokio::test]
async fn predicates_and_policies_with_parameters() {
    let magazine = Magazine::of(router()).await;
    assert_eq!(magazine.who_may("/older").await, ["admin", "editor"]);
    assert_eq!(magazine.who_may("/grown").await, ["admin", "editor"]);
    assert_eq!(magazine.who_may("/parameter").await, ["admin", "editor"]);
    assert_eq!(magazine.who_may("/inside").await, ["admin"]);
    let token = crate::support::token_of_users(&magazine.auth, "reader", &[]).await;
    let inside = ["x-inside: yes".to_owned(), format!("authorization: Bearer {token}")];
    let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
    assert_eq!(magazine.server.request("GET", "/inside", &inside).await.status, 200);
    // A predicate about the request alone lets nobody in whom the rest does not.
    assert_eq!(magazine.server.request("GET", "/inside", &["x-inside: yes"]).await.status, 401);
}

#[tokio::test]
async fn expressions_keep_their_parentheses() {
    let magazine = Magazine::of(router()).await;
    assert_eq!(magazine.who_may("/any-user").await, ["admin", "editor", "author", "reader", "former"]);
    // The former one is no active user, so that nothing is left of what is not to be.
    assert_eq!(magazine.who_may("/parentheses").await, ["reader", "former"]);
    assert_eq!(magazine.who_may("/stacked").await, ["editor", "author", "reader"]);
    assert_eq!(magazine.status("/stacked", "reader", &["other"]).await, 403);
}

#[tokio::test]
async fn scopes_imply_others() {
    let magazine = Magazine::of(router()).await;
    for (scope, status) in [
        ("items:read", 200),
        ("items:write", 200),
        ("items:*", 200),
        ("other", 403),
        ("items", 403),
        ("*", 403),
        ("items:readers", 403),
        ("items:rea", 403),
    ] {
        assert_eq!(magazine.status("/read", "reader", &[scope]).await, status, "{scope}");
    }
}

#[tokio::test]
async fn any_of_and_all_of_several_schemes() {
    let Magazine { server, auth } = Magazine::of(router()).await;
    let ask = async |path: &str, headers: &[&str]| server.request("GET", path, headers).await;
    let token =
        async |user: &str| format!("authorization: Bearer {}", crate::support::token_of_users(&auth, user, &[]).await);
    let (editor, reader, former) = (token("editor").await, token("reader").await, token("former").await);
    let service = "authorization: Basic c2hvcDpyaWdodA==";
    let wrong_service = "authorization: Basic c2hvcDp3cm9uZw==";

    let answer = ask("/key-or-editor", &["x-key: k"]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "key "));
    let answer = ask("/key-or-editor", &[&editor]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "editor"));
    let answer = ask("/key-or-editor", &["x-key: k", &reader]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "key reader"));
    assert_eq!(ask("/key-or-editor", &[&reader]).await.status, 403);
    // Nobody asked for this user, and who is disabled is nobody.
    assert_eq!(ask("/key-or-editor", &["x-key: k", &former]).await.status, 403);
    // Here the policy asks for a user, and a disabled one is a user.
    assert_eq!(ask("/service-or-user", &[&former]).await.status, 200);
    // What is wrong is refused, whatever else would be enough.
    assert_eq!(ask("/key-or-editor", &["x-key: k", "authorization: Bearer garbage"]).await.status, 401);
    assert_eq!(ask("/key-or-editor", &["x-key: ", &editor]).await.status, 401);

    assert_eq!(ask("/key-and-service", &["x-key: k", service]).await.body, "k shop");
    for lacking in [&["x-key: k"][..], &[service], &[], &["x-key: k", wrong_service], &["x-key: ", service]] {
        assert_eq!(ask("/key-and-service", lacking).await.status, 401, "{lacking:?}");
    }
    assert_eq!(ask("/service-or-token", &[service]).await.status, 200);
    assert_eq!(ask("/service-or-token", &[&reader]).await.status, 200);
    assert_eq!(ask("/service-or-token", &[wrong_service]).await.status, 401);
    assert_eq!(ask("/service-or-token", &[service, &reader]).await.status, 401, "two credentials in one header");
    assert_eq!(ask("/stranger", &[]).await.status, 200);
    assert_eq!(ask("/stranger", &[&reader]).await.status, 403);
    assert_eq!(ask("/stranger", &["authorization: Bearer garbage"]).await.status, 401);
}

/// Refuses everybody, so that a test sees who was asked first.
struct Teapot;

impl<S: Sync> axum::extract::FromRequestParts<S> for Teapot {
    type Rejection = axum::http::StatusCode;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        if parts.headers.contains_key("x-tea") { Err(axum::http::StatusCode::IM_A_TEAPOT) } else { Ok(Self) }
    }
}

#[get("/optional-key")]
#[public]
async fn optional_key(_teapot: Teapot, key: Option<Key>, service: Option<Service>) -> String {
    format!("{} {}", key.is_some(), service.is_some())
}

#[tokio::test]
async fn an_optional_credential_is_none_right_or_refused_before_anything_else() {
    let Magazine { server, .. } = Magazine::of(SecureRouter::new().mount(optional_key)).await;
    let ask = async |headers: &[&str]| {
        let answer = server.request("GET", "/optional-key", headers).await;
        (answer.status, answer.body)
    };
    let service = "authorization: Basic c2hvcDpyaWdodA==";
    assert_eq!(ask(&[]).await, (200, "false false".to_owned()));
    assert_eq!(ask(&["x-key: k"]).await, (200, "true false".to_owned()));
    assert_eq!(ask(&["x-key: k", service]).await, (200, "true true".to_owned()));
    assert_eq!(ask(&["authorization: Bearer other"]).await.1, "false false", "another scheme's");
    assert_eq!(ask(&["x-tea: yes"]).await.0, 418);
    for wrong in ["x-key: ", "authorization: Basic c2hvcDp3cm9uZw==", "authorization: Basic !"] {
        assert_eq!(ask(&[wrong, "x-tea: yes"]).await.0, 401, "{wrong}");
    }
}

/// The macro takes this for axum's extractor, and the other for a type that has nothing to do with the guard.
mod misnamed {
    use std::option::Option as Query;

    use auth_runtime::{Rejection, prelude::*};

    use crate::magazine::{Key, User};

    fn name(user: Option<User>) -> String {
        user.map_or_else(|| "nobody".to_owned(), |user| user.name)
    }

    #[get("/alias")]
    #[public]
    pub(super) async fn alias(me: Query<User>, _key: Option<Key>) -> String {
        name(me)
    }

    #[get("/result")]
    #[public]
    pub(super) async fn result(me: Result<Option<User>, Rejection>, _key: Option<Key>) -> String {
        me.map_or_else(|_| "refused".to_owned(), name)
    }

    #[get("/beside")]
    #[requires_token]
    pub(super) async fn beside(me: Query<User>, token: AccessToken) -> String {
        assert_eq!(me.as_ref().map(|user| &user.name), Some(&token.subject));
        name(me)
    }
}

#[tokio::test]
async fn an_argument_that_the_guard_was_not_asked_for_is_authenticated_by_itself() {
    let router = SecureRouter::new().mount(misnamed::alias).mount(misnamed::result).mount(misnamed::beside);
    let Magazine { server, auth } = Magazine::of(router).await;
    let reader = token_of_users(&auth, "reader", &[]).await;
    let ask = async |path, token: &str| {
        let answer = server.get_as(path, token).await;
        (answer.status, answer.body)
    };
    for path in ["/alias", "/result", "/beside"] {
        assert_eq!(ask(path, &reader).await, (200, "reader".to_owned()), "{path}");
    }
    assert_eq!(server.get("/alias").await.body, "nobody");
    assert_eq!(ask("/alias", "wrong").await.0, 401);
    assert_eq!(ask("/result", "wrong").await.1, "refused");
}

/// A service whose key says what it is good for.
#[derive(SecurityScheme, Clone)]
#[security(bearer, authenticate = scoped_service)]
struct Scoped(u8);

async fn scoped_service(token: Secret) -> Option<auth_runtime::Granted<u8>> {
    let granted = auth_runtime::Granted::to(1);
    match token.expose() {
        "reads" => Some(granted.scopes([Scope::Read])),
        "writes" => Some(granted.scopes([Scope::Write])),
        "nothing" => Some(granted),
        _ => None,
    }
}

#[get("/scoped-service")]
#[requires(Scoped[Scope::Read])]
async fn scoped_handler() {}

#[tokio::test]
async fn scopes_of_a_scheme_are_those_that_its_authenticator_grants() {
    let Magazine { server, .. } = Magazine::of(SecureRouter::new().mount(scoped_handler)).await;
    for (token, status) in [("reads", 200), ("writes", 200), ("nothing", 403), ("unknown", 401)] {
        assert_eq!(server.get_as("/scoped-service", token).await.status, status, "{token}");
    }
}

fn challenges(answer: &tests::server::Answer) -> Vec<&str> {
    let challenges = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
    challenges.map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn a_challenge_for_each_scheme_that_would_do() {
    let Magazine { server, .. } = Magazine::of(router()).await;
    let basic = r#"Basic realm="api", charset="UTF-8""#;
    let (key, bearer) = (r#"APIKey realm="api""#, r#"Bearer realm="api""#);
    assert_eq!(challenges(&server.get("/key-or-editor").await), [bearer, key]);
    assert_eq!(challenges(&server.get("/key-and-service").await), [key, basic]);
    let absent = server.get("/service-or-token").await;
    assert_eq!(challenges(&absent), [bearer, basic]);
    assert_eq!(
        absent.json()["detail"],
        "This operation needs credentials: an access token, as Authorization: Bearer TOKEN; Service, as Authorization: Basic."
    );
    let wrong = server.request("GET", "/service-or-token", &["authorization: Basic c2hvcDp3cm9uZw=="]).await;
    assert_eq!((challenges(&wrong), &wrong.json()["detail"]), (vec![basic], &"No such service.".into()));
}

#[tokio::test]
async fn the_document_says_the_same() {
    let Magazine { server, .. } = Magazine::of(router()).await;
    let document = server.get("/openapi.json").await.json();
    let security = |path: &str| document["paths"][path]["get"]["security"].clone();
    let token = "OAuth2PasswordBearer";
    assert_eq!(security("/key-or-editor"), serde_json::json!([{"Key": []}, {token: []}]));
    assert_eq!(security("/key-and-service"), serde_json::json!([{"Key": [], "Service": []}]));
    assert_eq!(security("/service-or-token"), serde_json::json!([{"Service": []}, {token: []}]));
    assert_eq!(security("/inside"), serde_json::json!([{token: []}]));
    assert_eq!(security("/read"), serde_json::json!([{token: ["items:read"]}]));
    assert_eq!(security("/stranger"), serde_json::Value::Null);
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(
        schemes["Key"],
        serde_json::json!({"type": "apiKey", "in": "header", "name": "x-key", "description": "A key that is handed on."})
    );
    assert_eq!(schemes["Service"]["scheme"], "basic");
    let responses = |path: &str| {
        let responses = document["paths"][path]["get"]["responses"].as_object().unwrap();
        responses.keys().filter(|status| *status != "200").map(String::as_str).collect::<Vec<_>>()
    };
    assert_eq!(responses("/key-and-service"), ["401", "503"]);
    assert_eq!(responses("/role"), ["401", "403", "503"]);
}

/// A handler of one kind of principal, and one of another, in one application.
#[tokio::test]
async fn two_kinds_of_users() {
    let staff = auth_of("staff");
    let customers = crate::magazine::auth();
    let app = SecureRouter::new()
        .nest("/staff", SecureRouter::new().mount(crate::support::active).with_state(staff.clone()))
        .nest("/shop", SecureRouter::new().mount(any_user).mount(key_or_editor).with_state(customers.clone()))
        .docs("/docs");
    let server = tests::server::TestServer::start(app).await;
    let john = crate::support::token_of(&staff, "johndoe", &[]).await;
    let reader = crate::support::token_of_users(&customers, "reader", &[]).await;
    assert_eq!(server.get_as("/staff/active", &john).await.status, 200);
    assert_eq!(server.get_as("/shop/any-user", &reader).await.body, "reader");
    assert_eq!(server.get_as("/staff/active", &reader).await.status, 401);
    assert_eq!(server.get_as("/shop/any-user", &john).await.status, 401);
    let document = server.get("/openapi.json").await.json();
    let security = |path: &str| document["paths"][path]["get"]["security"].clone();
    assert_eq!(security("/staff/active"), serde_json::json!([{"staff": []}]));
    assert_eq!(security("/shop/any-user"), serde_json::json!([{"OAuth2PasswordBearer": []}]));

    let unnamed = SecureRouter::new()
        .merge(SecureRouter::new().mount(crate::support::active).with_state(auth_of("OAuth2PasswordBearer")))
        .merge(SecureRouter::new().mount(any_user).with_state(customers))
        .docs("/docs");
    let error = unnamed.into_router().unwrap_err().to_string();
    assert!(error.contains("give one of them a `.token_scheme_name(..)`"), "{error}");
}

fn auth_of(name: &str) -> Auth<tests::User> {
    Auth::builder(crate::support::users()).signing_key(crate::support::key()).token_scheme_name(name).build().unwrap()
}

#[get("/contradiction")]
#[requires(token && !token)]
async fn contradiction() {}

#[derive(SecurityScheme, Clone)]
#[security(bearer, authenticate)]
struct Unknown(String);

#[get("/unknown")]
#[requires(Unknown)]
async fn unknown() {}

#[get("/maybe-unknown")]
#[public]
async fn maybe_unknown(_unknown: Option<Unknown>) {}

#[test]
fn what_cannot_be_served_is_an_error_of_the_router() {
    let error = |router: SecureRouter<Auth<User>>| {
        let router: SecureRouter = router.with_state(crate::magazine::auth());
        router.into_router().unwrap_err().to_string()
    };
    let text = error(SecureRouter::new().mount(contradiction));
    assert!(text.contains("GET /contradiction") && text.contains("nobody could ever call it"), "{text}");
    for router in [SecureRouter::new().mount(unknown), SecureRouter::new().mount(maybe_unknown)] {
        let text = error(router);
        assert!(
            text.contains("the security scheme Unknown has no authenticator: add `.authenticator::<Unknown>(function)"),
            "{text}"
        );
    }

    let none: SecureRouter =
        SecureRouter::new().mount(service_or_token).with_state(Auth::without_users().build().unwrap());
    let text = none.into_router().unwrap_err().to_string();
    assert!(text.contains("`Auth::without_users()` has none: begin with `Auth::builder(users)`"), "{text}");
}
