//! How cost grows: with the routes of a router, the scopes of a policy, the users in a store, the tokens that are revoked, and
//! the clients that ask at the same time. It is started by `tests/bench/run growth`.
//!
//! All but the last is measured in this process, on one core and without sockets, which would only add noise.

#![expect(clippy::print_stdout, reason = "this is what it is started for")]

mod app;
mod clients;
mod measure;
mod revoked;
mod routes;
mod scopes;
mod users;

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use bench::{
    Error,
    hand::Tokens,
    measure::{machine::Machine, table},
};
use serde::Serialize;

/// How cost grows with one thing.
#[derive(Debug, Serialize)]
struct Growth {
    /// With what.
    with: &'static str,
    /// What the figures of a line are.
    columns: &'static [&'static str],
    lines: Vec<Line>,
    /// How it scales, and why.
    why: &'static str,
}

#[derive(Debug, Serialize)]
struct Line {
    size: String,
    figures: Vec<String>,
}

/// Where things are, and what all of it needs.
struct Place {
    directory: PathBuf,
    tokens: Tokens,
}

impl Place {
    /// A file of this name that is not there yet.
    fn fresh(&self, name: &str) -> PathBuf {
        for suffix in ["", "-shm", "-wal"] {
            let _ = fs::remove_file(self.directory.join(format!("{name}{suffix}")));
        }
        self.directory.join(name)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let directory = PathBuf::from(env::var_os("BENCH_DIRECTORY").ok_or("start this by tests/bench/run growth")?);
    fs::create_dir_all(directory.join("log"))?;
    let tokens = Tokens::from_key_file(&directory.join("keys/HS256"))?;
    let place = Place { directory, tokens };
    let machine = Machine::here(None);
    // Server and clients have a core each; what is measured in this process has one for all.
    let clients = clients::measure(&place)?;
    measure::stay_on_one_core()?;
    // Before anything has left memory that it would take again.
    let revoked = revoked::measure(&place).await?;
    let all = [
        routes::measure(&place).await?,
        scopes::measure(&place).await?,
        users::measure(&place).await?,
        revoked,
        clients,
    ];
    let json = serde_json::json!({ "machine": machine, "growth": all });
    fs::write(place.directory.join("growth.json"), serde_json::to_string_pretty(&json)? + "\n")?;
    let text = machine.markdown() + &markdown(&all)?;
    table::put_between_marks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), "growth", &text)?;
    println!("{text}");
    Ok(())
}

fn markdown(all: &[Growth]) -> Result<String, Error> {
    let mut text = String::new();
    for Growth { with, columns, lines, why } in all {
        writeln!(text, "\n| {with} | {} |", columns.join(" | "))?;
        writeln!(text, "| --- |{}", " ---: |".repeat(columns.len()))?;
        for Line { size, figures } in lines {
            writeln!(text, "| {size} | {} |", figures.join(" | "))?;
        }
        writeln!(text, "\n{why}")?;
    }
    Ok(text)
}
