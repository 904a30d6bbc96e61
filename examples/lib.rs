//! What the example programs share: where they listen, and their only argument.

use std::env::{self, VarError};

use auth_runtime::{BoxError, SecureRouter};

/// `127.0.0.1` and the port in `PORT`, 8000 unless it is set.
///
/// # Errors
/// If `PORT` is not a port.
pub fn address() -> Result<String, BoxError> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse::<u16>().map_err(|_| format!("PORT is {port:?}, and a port is a number up to 65535"))?,
        Err(VarError::NotPresent) => 8000,
        Err(VarError::NotUnicode(_)) => return Err("PORT is not text, and a port is a number up to 65535".into()),
    };
    Ok(format!("127.0.0.1:{port}"))
}

/// Prints the access table and gives `true`, if the program was started with `--access-table`.
///
/// # Errors
/// If it was started with anything else.
#[expect(clippy::print_stdout, reason = "this is what it was started for")]
pub fn prints_access_table(app: &SecureRouter) -> Result<bool, BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        ["--access-table"] => {
            println!("{}", app.access_table());
            Ok(true)
        }
        _ => Err("the only argument is --access-table, which prints who may call what; the port is set by PORT".into()),
    }
}

/// For a program whose router is that of plain axum, which knows no access table.
///
/// # Errors
/// If it was started with an argument.
pub fn takes_no_arguments() -> Result<(), BoxError> {
    match env::args_os().nth(1) {
        None => Ok(()),
        Some(_) => Err("there are no arguments here: the router is that of plain axum, which knows no access table, and the port is set by PORT".into()),
    }
}
