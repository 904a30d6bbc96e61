//! Every annotated handler of the examples, by its name alone on a plain `axum::Router`, refuses a stranger.

#[path = "../../examples/fastapi_parity/main.rs"]
#[expect(dead_code, reason = "the handlers are what is asked")]
mod fastapi_parity;
#[path = "../../examples/oauth2_scopes.rs"]
#[expect(dead_code, reason = "the handlers are what is asked")]
mod oauth2_scopes;
#[path = "../../examples/simple_oauth2.rs"]
#[expect(dead_code, reason = "the handlers are what is asked")]
mod simple_oauth2;

use std::{fs, path::Path};

use auth_runtime::{Auth, AuthUser, MemoryUsers, Randomness, SigningKey};
use axum::{Router, routing::any};
use fastapi_parity::{tutorial001, tutorial002, tutorial003, tutorial004, tutorial005};
use tests::server::TestServer;

fn auth<U: AuthUser>() -> Auth<U> {
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    Auth::builder(MemoryUsers::<U>::new()).signing_key(key).build().unwrap()
}

/// Counts the handlers of a source that ask for something.
fn guarded_handlers(source: &str) -> usize {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(source)).unwrap();
    let mut guarded = false;
    let mut count = 0;
    for line in text.lines() {
        guarded |= line.starts_with("#[requires_");
        if line.contains("async fn ") {
            count += usize::from(guarded);
            guarded = false;
        }
    }
    count
}

#[tokio::test]
async fn refuses_strangers() {
    let mut asked = 0;
    macro_rules! refuse {
        ($source:literal: $module:ident [$($handler:ident),*]) => {{
            let names = [$(stringify!($handler)),*];
            assert_eq!(names.len(), guarded_handlers($source), "a handler of {} is not asked here", $source);
            let app = Router::new()$(.route(concat!("/", stringify!($handler)), any($module::$handler)))*;
            let server = TestServer::start_plain(app.with_state(auth::<$module::User>())).await;
            for name in names {
                for method in ["GET", "POST", "HEAD", "PUT"] {
                    assert_eq!(server.request(method, &format!("/{name}"), &[]).await.status, 401, "{name}");
                }
                assert_eq!(server.get_as(&format!("/{name}"), "garbage").await.status, 401, "{name}");
                asked += 1;
            }
        }};
    }
    refuse!("simple_oauth2.rs": simple_oauth2[read_users_me]);
    refuse!("oauth2_scopes.rs": oauth2_scopes[read_users_me, read_own_items, read_system_status]);
    refuse!("fastapi_parity/tutorial001.rs": tutorial001[read_items]);
    refuse!("fastapi_parity/tutorial002.rs": tutorial002[read_users_me]);
    refuse!("fastapi_parity/tutorial003.rs": tutorial003[read_users_me]);
    refuse!("fastapi_parity/tutorial004.rs": tutorial004[read_users_me, read_own_items]);
    refuse!("fastapi_parity/tutorial005.rs": tutorial005[read_users_me, read_own_items, read_system_status]);
    assert_eq!(asked, 12);
}
