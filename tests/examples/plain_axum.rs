//! Every annotated handler of the examples, by its name alone on a plain `axum::Router`, refuses a stranger.

use std::{fs, path::Path};

use crate::programs::fastapi_parity::{
    api_keys, http_schemes, oauth2, openid, tutorial001, tutorial002, tutorial003, tutorial004, tutorial005,
    tutorial006, tutorial007, websockets,
};
use crate::programs::{
    adopt, api_keys as api_key_program, basic, oauth2_scopes, ownership, roles, simple_oauth2, watching, websocket,
};
use auth_runtime::{Auth, AuthUser, MemoryUsers, Randomness, SigningKey};
use axum::{Router, routing::any};
use tests::server::TestServer;

fn auth<U: AuthUser>() -> Auth<U> {
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    Auth::builder(MemoryUsers::<U>::new()).signing_key(key).build().unwrap()
}

/// Counts the handlers of a source that ask for something.
fn guarded_handlers(source: &str) -> usize {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(source)).unwrap();
    let (mut handler, mut public) = (false, false);
    let mut count = 0;
    for line in text.lines().map(str::trim_start) {
        handler |= ["get", "post", "put", "patch", "delete", "websocket"]
            .iter()
            .any(|method| line.starts_with(&format!("#[{method}(")))
            || line.starts_with("#[requires");
        public |= line.starts_with("#[public]") || line.starts_with("#[observe]");
        if line.contains("async fn ") {
            count += usize::from(handler && !public);
            (handler, public) = (false, false);
        }
    }
    count
}

/// A request as nobody, and one with credentials that no scheme can read.
async fn refuses(server: &TestServer, name: &str) {
    for method in ["GET", "POST", "HEAD", "PUT"] {
        assert_eq!(server.request(method, &format!("/{name}"), &[]).await.status, 401, "{name}");
    }
    let garbage = ["authorization: ", "key: ", "cookie: key="];
    assert_eq!(server.request("GET", &format!("/{name}?key="), &garbage).await.status, 401, "{name}");
}

#[tokio::test]
async fn refuses_strangers() {
    let mut asked = 0;
    macro_rules! refuse {
        ($auth:expr, $source:literal: $($($module:ident)::+ [$($handler:ident),*]),* $(,)?) => {{
            let mut names: Vec<&str> = Vec::new();
            $({
                use $($module)::+ as module;
                let here = [$(stringify!($handler)),*];
                names.extend(here);
                let app = Router::new()$(.route(concat!("/", stringify!($handler)), any(module::$handler)))*;
                let server = TestServer::start_plain(app.with_state($auth)).await;
                for name in here {
                    refuses(&server, name).await;
                    asked += 1;
                }
            })*
            assert_eq!(names.len(), guarded_handlers($source), "a handler of {} is not asked here", $source);
        }};
    }
    refuse!(auth::<simple_oauth2::User>(), "simple_oauth2.rs": simple_oauth2[read_users_me]);
    refuse!(auth::<oauth2_scopes::User>(), "oauth2_scopes.rs": oauth2_scopes[read_users_me, read_own_items, read_system_status]);
    refuse!(auth::<tutorial001::User>(), "fastapi_parity/tutorial001.rs": tutorial001[read_items]);
    refuse!(auth::<tutorial002::User>(), "fastapi_parity/tutorial002.rs": tutorial002[read_users_me]);
    refuse!(auth::<tutorial003::User>(), "fastapi_parity/tutorial003.rs": tutorial003[read_users_me]);
    refuse!(auth::<tutorial004::User>(), "fastapi_parity/tutorial004.rs": tutorial004[read_users_me, read_own_items]);
    refuse!(
        auth::<tutorial005::User>(),
        "fastapi_parity/tutorial005.rs": tutorial005[read_users_me, read_own_items, read_system_status]
    );
    refuse!(
        auth::<roles::User>(), "roles.rs": roles[me, archive, nothing_here], roles::desk[drafts, stop_the_press]
    );
    refuse!(auth::<websocket::User>(), "websocket.rs": websocket[news]);
    let app = ownership::App { auth: auth::<ownership::User>(), wall: ownership::Wall::default() };
    refuse!(app.clone(), "ownership.rs": ownership[read_note, write_note, random_note, clear_wall]);
    refuse!(api_key_program::auth().unwrap(), "api_keys.rs": api_key_program[read_measurements, add_measurement]);
    refuse!(basic::auth().await.unwrap(), "basic.rs": basic[shelf]);
    let (journal, _events) = std::sync::mpsc::channel();
    refuse!(watching::state(journal).await.unwrap(), "watching.rs": watching[read_users_me, read_metrics]);
    // The other one is observed.
    refuse!(adopt::state().await.unwrap(), "adopt.rs": adopt[report]);
    let none = || Auth::without_users().build().unwrap();
    refuse!(none(), "fastapi_parity/tutorial006.rs": tutorial006[read_current_user]);
    refuse!(none(), "fastapi_parity/tutorial007.rs": tutorial007[read_current_user]);
    refuse!(
        none(), "fastapi_parity/api_keys.rs":
        api_keys::cookie[read_current_user], api_keys::cookie_description[read_current_user],
        api_keys::header[read_current_user], api_keys::header_description[read_current_user],
        api_keys::query[read_current_user], api_keys::query_description[read_current_user],
    );
    refuse!(
        none(), "fastapi_parity/http_schemes.rs":
        http_schemes::base[read_current_user], http_schemes::base_description[read_current_user],
        http_schemes::basic_realm[read_current_user], http_schemes::basic_realm_description[read_current_user],
        http_schemes::bearer[read_current_user], http_schemes::bearer_description[read_current_user],
        http_schemes::digest[read_current_user], http_schemes::digest_description[read_current_user],
    );
    refuse!(
        none(), "fastapi_parity/openid.rs":
        openid::connect[read_current_user], openid::connect_description[read_current_user],
    );
    refuse!(
        none(), "fastapi_parity/oauth2.rs":
        oauth2::password[read_current_user],
        oauth2::authorization_code_bearer[read_items],
        oauth2::authorization_code_bearer_description[read_items],
        oauth2::authorization_code_bearer_scopes[
            root, read_with_oauth2_scheme, read_with_get_token, read_items, create_item
        ],
        oauth2::authorization_code_bearer_scopes_simple[read_admin],
    );
    // Written once, by a macro, for eleven schemes, of which this is one.
    refuse!(none(), "fastapi_parity/websockets.rs": websockets::api_key_query[required]);
    assert_eq!(asked, 56);
}
