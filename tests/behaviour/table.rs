//! The access table says what is enforced.

use auth_runtime::prelude::*;
use serde_json::Value;
use tests::User;

use crate::support::{router, serve};

fn nested() -> SecureRouter<Auth<User>> {
    SecureRouter::new().nest("/v1", router())
}

#[test]
fn every_handler_has_a_row() {
    let table = nested().access_table();
    let rows: Vec<_> = table.rows().iter().map(|row| (row.method, row.path.as_str(), row.policy.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("GET", "/v1/active", "active user"),
            ("GET", "/v1/both", "active user and scope me"),
            ("POST", "/v1/notes", "active user"),
            ("GET", "/v1/optional", "public, user if there is one"),
            ("GET", "/v1/public", "public"),
            ("GET", "/v1/scoped", "scopes me, items"),
            ("POST", "/v1/token", "login: username and password"),
            ("GET", "/v1/token-only", "token"),
            ("GET", "/v1/user", "user"),
        ]
    );
    let both = &table.rows()[1];
    assert!(both.handler.ends_with("support::both") && both.file.ends_with("support.rs") && both.line > 0, "{both:?}");
}

#[test]
fn it_can_be_printed_and_read() {
    let table = nested().access_table();
    let text = table.to_string();
    let starts: Vec<_> = text.lines().map(|line| line.find("/v1").unwrap_or(8)).collect();
    assert_eq!(starts, [8; 10], "aligned:\n{text}");
    let markdown = table.to_markdown();
    assert!(
        markdown.starts_with("| method | path | policy | schemes | handler | source |\n| --- | --- |"),
        "{markdown}"
    );
    assert_eq!(markdown.lines().count(), 11);
    let json: Value = serde_json::from_str(&table.to_json()).unwrap();
    assert_eq!(json[1]["policy"], "active user and scope me");
}

/// Strangers are answered as the table says.
#[tokio::test]
async fn it_is_true() {
    let (server, _) = serve(Profile::Standard).await;
    for row in router().access_table().rows() {
        let open = row.policy.starts_with("public") || row.policy.starts_with("login");
        let answer = server.request(row.method, &row.path, &[]).await;
        assert_eq!(answer.status == 401, !open, "{row:?}");
    }
}
