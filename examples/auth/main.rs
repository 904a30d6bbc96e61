//! Users, clients and keys on the command line, for an administrator.
//!
//! ```console
//! $ export DATABASE_URL=sqlite:users.db
//! $ cargo run --bin auth -- users add johndoe --email johndoe@example.com     # asks for the password, and shows nothing of it
//! $ cargo run --bin auth -- users disable johndoe                             # whatever tokens are out are refused
//! $ cargo run --bin auth -- clients add billing --scope invoices --client-credentials > billing.secret
//! $ cargo run --bin auth -- keys rotate keys.json                             # `SigningKeys::from_file` reads it
//! $ cargo run --bin auth -- help users add
//! ```
//!
//! To have it for your own users, copy this folder and write your user type into `user.rs`: nothing else knows its fields. TLS
//! to PostgreSQL or Redis needs a `tls-..` feature of `sqlx` or `redis` in your `Cargo.toml`.
//!
//! What was asked for is on stdout, what there is to say about it on stderr. It ends with 0 if it was done, 1 if not, 2 if the
//! arguments are wrong, and 130 after Ctrl-C.

mod clients;
mod database;
mod keys;
mod output;
mod password;
mod user;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{
    clients::ClientsCommand,
    database::{Beside, Place},
    keys::KeysCommand,
    users::UsersCommand,
};

/// Users, clients and keys of an application that runs on auth-runtime.
#[derive(Parser)]
#[command(name = "auth", version)]
struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand)]
enum Subject {
    /// Who may log in.
    Users {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        beside: Beside,
        #[command(subcommand)]
        command: UsersCommand,
    },
    /// Which programs may ask for tokens.
    Clients {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        command: ClientsCommand,
    },
    /// What tokens are signed with.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Why a store did not answer is in the log of the runtime, and nowhere else.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
    let outcome = match arguments.subject {
        Subject::Users { place, beside, command } => database::run_users(&place, &beside, command).await,
        Subject::Clients { place, command } => database::run_clients(&place, command).await,
        Subject::Keys { command } => keys::run(command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
