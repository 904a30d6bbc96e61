//! The example programs as modules, whose handlers are asked one by one.

#![expect(dead_code, reason = "their `main` is run elsewhere, as a process")]

#[path = "../../examples/adopt.rs"]
pub(crate) mod adopt;
#[path = "../../examples/api_keys.rs"]
pub(crate) mod api_keys;
#[path = "../../examples/basic.rs"]
pub(crate) mod basic;
#[path = "../../examples/fastapi_parity/main.rs"]
pub(crate) mod fastapi_parity;
#[path = "../../examples/login_page.rs"]
pub(crate) mod login_page;
#[path = "../../examples/oauth2_scopes.rs"]
pub(crate) mod oauth2_scopes;
#[path = "../../examples/ownership.rs"]
pub(crate) mod ownership;
#[path = "../../examples/roles.rs"]
pub(crate) mod roles;
#[path = "../../examples/simple_oauth2.rs"]
pub(crate) mod simple_oauth2;
#[path = "../../examples/token_server.rs"]
pub(crate) mod token_server;
#[path = "../../examples/watching.rs"]
pub(crate) mod watching;
#[path = "../../examples/websocket.rs"]
pub(crate) mod websocket;
