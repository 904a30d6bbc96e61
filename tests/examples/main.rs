//! The example programs, run as a user runs them: processes, sockets, a browser, foreign clients.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod auth_program;
mod authorization;
mod browser;
mod foreign;
mod foreign_oauth;
mod imported;
mod oauth2_scopes;
mod openid_provider;
mod others;
mod parity;
mod parity_schemes;
mod plain_axum;
mod process;
mod processes;
mod programs;
mod schemathesis;
mod simple_oauth2;
mod start;
