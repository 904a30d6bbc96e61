//! The example programs, run as a user runs them: processes, sockets, a browser, foreign clients.

mod browser;
mod foreign;
mod oauth2_scopes;
mod parity;
mod plain_axum;
mod process;
mod simple_oauth2;
mod start;
