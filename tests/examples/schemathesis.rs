//! What the documents promise, held against what the examples answer, by requests that schemathesis makes up.

use std::{path::Path, process::Command};

use crate::{
    oauth2_scopes,
    others::{API_KEYS, BASIC, OWNERSHIP, ROLES, TOKEN_SERVER, WATCHING},
    process::{Example, Scratch},
    simple_oauth2,
};

/// How a genuine caller of a program shows who it is.
enum Caller {
    Header(&'static str),
    Login(&'static str),
}

/// Every check of schemathesis, on every operation: no 5xx, no answer that the document does not have, no route that forgets
/// who may call it. A fixed seed, so that it is the same each time.
fn holds(program: &str, header: Option<&str>, example: &Example) {
    let python = std::env::var("AUTH_TESTS_PYTHON").expect("AUTH_TESTS_PYTHON names the interpreter: use tests/run");
    let mut command = Command::new(Path::new(&python).with_file_name("st"));
    let scratch = Scratch::new();
    command
        .current_dir(&scratch.0)
        .env("NO_PROXY", "*")
        .arg("--config-file")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/foreign/schemathesis.toml"))
        .args(["run", &example.server.url("/openapi.json"), "--seed", "1", "-n", "30", "--continue-on-failure"])
        .args(header.map(|header| format!("--header={header}")));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{program}, {header:?}:\n{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
#[ignore = "needs Python packages: tests/run"]
async fn the_documents_keep_their_promises() {
    for (program, caller) in [
        (simple_oauth2::PROGRAM, Caller::Login("username=johndoe&password=secret")),
        (oauth2_scopes::PROGRAM, Caller::Login("username=johndoe&password=secret&scope=me+items")),
        (API_KEYS, Caller::Header("x-api-key: roof-c41f8a20")),
        (BASIC, Caller::Header("Authorization: Basic c3RhbmxleTpzd29yZGZpc2g=")),
        (ROLES, Caller::Login("username=paula&password=secret")),
        (OWNERSHIP, Caller::Login("username=johndoe&password=secret")),
        (WATCHING, Caller::Login("username=johndoe&password=secret")),
        (TOKEN_SERVER, Caller::Login("username=johndoe&password=correct-horse-battery")),
    ] {
        // Each with a directory of its own: what was done to the first is not done to the next.
        let scratches = [Scratch::new(), Scratch::new()];
        holds(program, None, &Example::start(program, &scratches[0]));
        let example = Example::start(program, &scratches[1]);
        let header = match caller {
            Caller::Header(header) => header.to_owned(),
            Caller::Login(form) => {
                if program == TOKEN_SERVER {
                    assert_eq!(example.server.post_form("/register", form).await.status, 201);
                }
                format!("Authorization: Bearer {}", example.server.log_in("/token", form).await)
            }
        };
        holds(program, Some(&header), &example);
    }
}
