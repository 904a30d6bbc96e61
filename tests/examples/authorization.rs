//! Every route of every example answers every kind of caller as it is declared to; and a hole that is made on purpose is
//! found.

use auth_runtime::{
    Auth, Randomness, SigningKey, SqliteStore,
    endpoints::NewUser,
    prelude::*,
    testing::{AuthorizationTest, Report, assert_access_table},
};
use axum::Router;

use crate::{
    process::Scratch,
    programs::{
        api_keys, basic, fastapi_parity, login_page, oauth2_scopes, ownership, roles, simple_oauth2, token_server,
        watching, websocket,
    },
};

/// An `Auth` on a SQLite file with the users that the example begins with.
macro_rules! seeded {
    ($example:ident, $scratch:expr) => {{
        let users = SqliteUsers::<$example::User>::open($scratch.0.join("users.db")).await.unwrap();
        let key = SigningKey::generate(&Randomness::default()).unwrap();
        let auth = Auth::builder(users.clone()).signing_key(key).build().unwrap();
        $example::seed(&users, &auth).await.unwrap();
        auth
    }};
}

fn holds(report: &Report, routes: usize) {
    report.assert();
    assert_eq!(report.routes(), routes, "{report}");
    // Nobody, somebody with garbage, and some more for each route that asks for something.
    assert!(report.requests() >= 2 * routes, "{report}");
}

#[tokio::test]
async fn simple_oauth2_answers_as_declared() {
    let scratch = Scratch::new();
    let auth = seeded!(simple_oauth2, scratch);
    let app = simple_oauth2::app(auth.clone());
    let report = AuthorizationTest::new(&auth, app).unwrap().user("johndoe").user("alice").run().await;
    holds(&report, 1);
}

#[tokio::test]
async fn oauth2_scopes_answers_as_declared() {
    let scratch = Scratch::new();
    let auth = seeded!(oauth2_scopes, scratch);
    let app = oauth2_scopes::app(auth.clone());
    let report = AuthorizationTest::new(&auth, app).unwrap().user("johndoe").user("alice").run().await;
    holds(&report, 3);
}

#[tokio::test]
async fn roles_answers_as_declared() {
    let auth = roles::auth().await.unwrap();
    let app = roles::app(auth.clone());
    let mut test = AuthorizationTest::new(&auth, app).unwrap();
    for user in ["paula", "edgar", "anna", "august", "reader", "former"] {
        test = test.user(user);
    }
    let report = test.run().await;
    holds(&report, 6);
    assert_eq!(report.requests(), 5 * 10 + 2, "{report}");
}

#[tokio::test]
async fn ownership_answers_as_declared() {
    let state = ownership::state().await.unwrap();
    let app = ownership::app(state.clone());
    let test = AuthorizationTest::new(&state.auth, app).unwrap().user("johndoe").user("alice").user("mona");
    holds(&test.run().await, 4);
}

#[tokio::test]
async fn websocket_answers_as_declared() {
    let auth = websocket::auth().await.unwrap();
    let app = websocket::app(auth.clone());
    holds(&AuthorizationTest::new(&auth, app).unwrap().user("johndoe").user("alice").run().await, 1);
}

#[tokio::test]
async fn api_keys_answers_as_declared() {
    for (key, routes) in [("display-7e0d51b9", 2), ("roof-c41f8a20", 2)] {
        let auth = api_keys::auth().unwrap();
        let app = api_keys::app(auth.clone());
        let test = AuthorizationTest::new(&auth, app).unwrap().credential::<api_keys::ApiKey>(key);
        holds(&test.run().await, routes);
    }
}

#[tokio::test]
async fn basic_answers_as_declared() {
    let auth = basic::auth().await.unwrap();
    let app = basic::app(auth.clone());
    holds(&AuthorizationTest::new(&auth, app).unwrap().credential::<basic::Member>("stanley:swordfish").run().await, 1);
}

#[tokio::test]
async fn watching_answers_as_declared() {
    let (journal, _events) = std::sync::mpsc::channel();
    let state = watching::state(journal).await.unwrap();
    let app = watching::app(state.clone());
    holds(&AuthorizationTest::new(state.auth(), app).unwrap().user("johndoe").run().await, 2);
}

/// The parity server as it is served: the chapters with users of their own, and then all applications that have none, each with
/// a credential of its scheme. The first two chapters take any token for genuine, so that there is nothing to tell apart.
#[tokio::test]
async fn the_parity_server_answers_as_declared() {
    use crate::programs::fastapi_parity::{
        answers, api_keys, http_schemes, oauth2, openid, router, tutorial003, tutorial004, tutorial005, tutorial006,
        tutorial007, websockets,
    };

    let auth = tutorial003::auth().unwrap();
    let app = tutorial003::app(auth.clone());
    holds(&AuthorizationTest::new(&auth, app).unwrap().user("johndoe").user("alice").run().await, 1);
    let auth = tutorial004::auth().unwrap();
    let app = tutorial004::app(auth.clone());
    holds(&AuthorizationTest::new(&auth, app).unwrap().user("johndoe").run().await, 2);
    let auth = tutorial005::auth().unwrap();
    let app = tutorial005::app(auth.clone());
    holds(&AuthorizationTest::new(&auth, app).unwrap().user("johndoe").user("alice").run().await, 3);

    let test = AuthorizationTest::new(&answers::auth().unwrap(), router().unwrap())
        .unwrap()
        .credential::<api_keys::cookie::APIKeyCookie>("credential")
        .credential::<api_keys::cookie_description::APIKeyCookie>("credential")
        .credential::<api_keys::cookie_optional::APIKeyCookie>("credential")
        .credential::<api_keys::header::APIKeyHeader>("credential")
        .credential::<api_keys::header_description::APIKeyHeader>("credential")
        .credential::<api_keys::header_optional::APIKeyHeader>("credential")
        .credential::<api_keys::query::APIKeyQuery>("credential")
        .credential::<api_keys::query_description::APIKeyQuery>("credential")
        .credential::<api_keys::query_optional::APIKeyQuery>("credential")
        .credential::<http_schemes::base::HTTPBase>("credential")
        .credential::<http_schemes::base_description::HTTPBase>("credential")
        .credential::<http_schemes::base_optional::HTTPBase>("credential")
        .credential::<http_schemes::basic_optional::HTTPBasic>("name:password")
        .credential::<http_schemes::basic_realm::HTTPBasic>("name:password")
        .credential::<http_schemes::basic_realm_description::HTTPBasic>("name:password")
        .credential::<http_schemes::bearer::HTTPBearer>("credential")
        .credential::<http_schemes::bearer_description::HTTPBearer>("credential")
        .credential::<http_schemes::bearer_optional::HTTPBearer>("credential")
        .credential::<http_schemes::digest::HTTPDigest>("credential")
        .credential::<http_schemes::digest_description::HTTPDigest>("credential")
        .credential::<http_schemes::digest_optional::HTTPDigest>("credential")
        .credential::<openid::connect::OpenIdConnect>("credential")
        .credential::<openid::connect_description::OpenIdConnect>("credential")
        .credential::<openid::connect_optional::OpenIdConnect>("credential")
        .credential::<oauth2::password::OAuth2>("credential")
        .credential::<oauth2::password_optional::OAuth2>("credential")
        .credential::<oauth2::password_optional_description::OAuth2>("credential")
        .credential::<oauth2::authorization_code_bearer::OAuth2AuthorizationCodeBearer>("credential")
        .credential::<oauth2::authorization_code_bearer_description::OAuth2AuthorizationCodeBearer>("credential")
        .credential::<oauth2::authorization_code_bearer_scopes::OAuth2AuthorizationCodeBearer>("credential")
        .credential::<oauth2::authorization_code_bearer_scopes_simple::OAuth2AuthorizationCodeBearer>("credential")
        .credential::<oauth2::password_bearer_optional::OAuth2PasswordBearer>("credential")
        .credential::<oauth2::password_bearer_optional_description::OAuth2PasswordBearer>("credential")
        .credential::<tutorial006::HTTPBasic>("name:password")
        .credential::<websockets::http_base::HTTPBase>("credential")
        .credential::<websockets::http_basic::HTTPBasic>("name:password")
        .credential::<websockets::http_bearer::HTTPBearer>("credential")
        .credential::<websockets::http_digest::HTTPDigest>("credential")
        .credential::<websockets::api_key_query::APIKeyQuery>("credential")
        .credential::<websockets::api_key_header::APIKeyHeader>("credential")
        .credential::<websockets::api_key_cookie::APIKeyCookie>("credential")
        .credential::<websockets::oauth2::OAuth2>("credential")
        .credential::<websockets::openid_connect::OpenIdConnect>("credential")
        .credential::<websockets::oauth2_password_bearer::OAuth2PasswordBearer>("credential")
        .credential::<websockets::oauth2_authorization_code_bearer::OAuth2AuthorizationCodeBearer>("credential")
        .credential::<tutorial007::HTTPBasic>("stanleyjobson:swordfish");
    let report = test.run().await;
    report.assert();
    assert_eq!(report.routes(), 65, "{report}");
}

async fn login_page_auth(scratch: &Scratch) -> Auth<login_page::User> {
    let path = scratch.0.join("login_page.db");
    let users = SqliteUsers::<login_page::User>::open(&path).await.unwrap();
    let auth = Auth::builder(users.clone())
        .opaque_tokens()
        .sessions(SqliteStore::open(&path).await.unwrap())
        .session_cookie()
        .login_page("/login")
        .build()
        .unwrap();
    login_page::seed(&users, &auth).await.unwrap();
    auth
}

#[tokio::test]
async fn login_page_answers_as_declared() {
    let scratch = Scratch::new();
    let auth = login_page_auth(&scratch).await;
    let report = AuthorizationTest::new(&auth, login_page::app(auth.clone())).unwrap().user("johndoe").run().await;
    holds(&report, 7);
}

async fn token_server_auth(scratch: &Scratch) -> Auth<token_server::User> {
    let path = scratch.0.join("token_server.db");
    let users = SqliteUsers::<token_server::User>::open(&path).await.unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    let auth = Auth::builder(users)
        .signing_key(SigningKey::generate(&Randomness::default()).unwrap())
        .issuer("https://auth.example")
        .sessions(store.clone())
        .clients(store.clone())
        .revocations(store)
        .build()
        .unwrap();
    let hash = auth.hash_password("correct-horse".into()).await.unwrap();
    auth.register(&NewUser::new_user("johndoe".to_owned(), hash), auth_runtime::ClientAddress::UNKNOWN).await.unwrap();
    auth
}

#[tokio::test]
async fn token_server_answers_as_declared() {
    let scratch = Scratch::new();
    let auth = token_server_auth(&scratch).await;
    let report = AuthorizationTest::new(&auth, token_server::app(auth.clone())).unwrap().user("johndoe").run().await;
    holds(&report, 15);
}

/// A handler beside the guard, at a path that is declared.
#[tokio::test]
async fn a_route_around_the_guard_is_found() {
    let scratch = Scratch::new();
    let auth = seeded!(oauth2_scopes, scratch);
    let declared = oauth2_scopes::app(auth.clone());
    let served = Router::new()
        .route("/users/me", axum::routing::get(async || "everything"))
        .fallback_service(oauth2_scopes::app(auth.clone()).into_router().unwrap());
    let report = AuthorizationTest::new(&auth, declared).unwrap().served_by(served).user("johndoe").run().await;
    let found = report.to_string();
    assert!(found.contains("- GET /users/me, which asks for active user and scope me: nobody is LET IN"), "{found}");
    assert!(report.surprises().iter().all(|surprise| surprise.starts_with("GET /users/me")), "{found}");
}

/// As `read_own_items`, with one of its scopes forgotten.
#[get("/users/me/items")]
#[requires_active_user]
#[requires_scopes(oauth2_scopes::Scope::Me)]
async fn read_own_items(user: oauth2_scopes::User) -> String {
    let _ = user;
    "items".to_owned()
}

#[tokio::test]
async fn a_dropped_scope_is_found() {
    let scratch = Scratch::new();
    let auth = seeded!(oauth2_scopes, scratch);
    let declared = oauth2_scopes::app(auth.clone());
    let served = SecureRouter::new()
        .mount(oauth2_scopes::read_users_me)
        .mount(read_own_items)
        .mount(oauth2_scopes::read_system_status)
        .with_state(auth.clone());
    // By the requests, where what is served is not what is declared,
    let test = AuthorizationTest::new(&auth, declared).unwrap().served_by(served.into_router().unwrap());
    let found = test.user("johndoe").run().await.to_string();
    assert!(found.contains("johndoe with me is LET IN"), "{found}");

    // and by the table that is kept, where both have changed.
    let changed: SecureRouter = SecureRouter::new().mount(read_own_items).with_state(auth);
    let table = changed.access_table();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/examples/access/oauth2_scopes.txt");
    let difference = std::panic::catch_unwind(|| assert_access_table(&table, kept)).unwrap_err();
    let difference = difference.downcast_ref::<String>().unwrap();
    let was = "- GET /users/me/items: active user and scopes me, items [OAuth2PasswordBearer]";
    let is = "+ GET /users/me/items: active user and scope me [OAuth2PasswordBearer]";
    assert!(difference.contains(was) && difference.contains(is), "{difference}");
}

/// Who may call what in each example, kept beside this test.
#[tokio::test]
async fn access_tables_are_kept() {
    let file = |name: &str| format!("{}/../tests/examples/access/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let scratch = Scratch::new();
    assert_access_table(&oauth2_scopes::app(seeded!(oauth2_scopes, scratch)).access_table(), file("oauth2_scopes"));
    assert_access_table(&roles::app(roles::auth().await.unwrap()).access_table(), file("roles"));
    assert_access_table(&ownership::app(ownership::state().await.unwrap()).access_table(), file("ownership"));
    assert_access_table(&api_keys::app(api_keys::auth().unwrap()).access_table(), file("api_keys"));
    assert_access_table(&login_page::app(login_page_auth(&scratch).await).access_table(), file("login_page"));
    assert_access_table(&token_server::app(token_server_auth(&scratch).await).access_table(), file("token_server"));
    assert_access_table(&fastapi_parity::router().unwrap().access_table(), file("fastapi_parity"));
}
