//! What a program says that cannot start.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
};

use crate::{process::Scratch, simple_oauth2::PROGRAM};

fn start(scratch: &Scratch, port: &str) -> Output {
    Command::new(PROGRAM).current_dir(&scratch.0).env("PORT", port).output().unwrap()
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.starts_with("Error: ") && !text.contains("panicked"), "{text}");
    text
}

#[test]
fn the_access_table_is_printed() {
    let programs = [(PROGRAM, 2), (crate::oauth2_scopes::PROGRAM, 4), (crate::parity::PROGRAM, 76)];
    for (program, rows) in programs.into_iter().chain(crate::others::PROGRAMS) {
        let scratch = Scratch::new();
        let output = Command::new(program).current_dir(&scratch.0).arg("--access-table").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), text.lines().count()), (Some(0), rows + 1), "{text}");
        if program == crate::oauth2_scopes::PROGRAM {
            assert!(include_str!("../../README.md").contains(&text), "README.md shows another table than\n\n{text}");
        }
    }
    let output = Command::new(PROGRAM).current_dir(&Scratch::new().0).arg("--acess-table").output().unwrap();
    assert!(refusal(&output).contains("the only argument is --access-table"));
    let output = Command::new(crate::others::ADOPT).env("PORT", "0").arg("--access-table").output().unwrap();
    assert!(refusal(&output).contains("plain axum, which knows no access table"));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let text = refusal(&start(&Scratch::new(), &port.to_string()));
    assert!(text.contains(&format!("127.0.0.1:{port} is in use")), "{text}");
}

#[test]
fn a_port_that_is_none_is_named() {
    for port in ["http", "65536", "-1", ""] {
        let text = refusal(&start(&Scratch::new(), port));
        assert!(text.contains("PORT is") && text.contains("number up to 65535"), "{text}");
    }
}

#[test]
fn a_short_key_is_named() {
    let scratch = Scratch::new();
    fs::write(scratch.0.join("simple_oauth2.key"), "secret\n").unwrap();
    let text = refusal(&start(&scratch, "0"));
    assert!(
        text.contains("simple_oauth2.key is too short: 6 bytes") && text.contains("openssl rand -hex 32"),
        "{text}"
    );
    assert_eq!(fs::read_to_string(scratch.0.join("simple_oauth2.key")).unwrap(), "secret\n", "and left as it was");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let scratch = Scratch::new();
    let notes = "notes, not a database\n".repeat(100);
    fs::write(scratch.0.join("simple_oauth2.db"), &notes).unwrap();
    let text = refusal(&start(&scratch, "0"));
    assert!(text.contains("simple_oauth2.db is not an SQLite database"), "{text}");
    assert_eq!(fs::read_to_string(scratch.0.join("simple_oauth2.db")).unwrap(), notes);
}
