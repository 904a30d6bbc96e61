//! Asking for a password, without showing what is typed. It is never an argument: those are seen by everyone on the machine.

use std::io::{self, BufRead, IsTerminal, Read};

use auth_runtime::Secret;

use crate::output::Failure;

/// More than any password may have, so that what is cut off is refused.
const MOST_BYTES: u64 = 8192;

/// A new password: typed twice on a terminal, or one line of stdin where that is none.
pub(crate) async fn new_password(
    from_stdin: bool,
    check: impl Fn(&Secret) -> Result<(), Failure>,
) -> Result<Secret, Failure> {
    match (io::stdin().is_terminal(), from_stdin) {
        (true, true) => Err(Failure::usage(
            "--password-stdin takes the password from a pipe, and here is a terminal: leave it out to be asked",
        )),
        (true, false) => typed(check).await,
        (false, _) => {
            let password = piped()?;
            check(&password)?;
            Ok(password)
        }
    }
}

async fn typed(check: impl Fn(&Secret) -> Result<(), Failure>) -> Result<Secret, Failure> {
    // From here on, Ctrl-C does not end the program: it ends the prompt, which puts the terminal in order first.
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => return Err(Failure::Interrupted),
        () = std::future::ready(()) => {}
    }
    let password = ask("New password: ")?;
    check(&password)?;
    if ask("The same again: ")? != password {
        return Err(Failure::failed("the two passwords differ, and nothing was changed: try again"));
    }
    Ok(password)
}

fn ask(prompt: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(prompt).map(Secret::new).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::Interrupted,
        io::ErrorKind::UnexpectedEof => Failure::failed("no password was typed, and nothing was changed"),
        _ => Failure::failed(format!(
            "no password can be asked for here ({error}): pipe it, `.. --password-stdin < FILE`"
        )),
    })
}

fn piped() -> Result<Secret, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().take(MOST_BYTES).read_line(&mut line).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Failure::failed("the password on stdin is no text in UTF-8"),
        _ => Failure::failed(format!("the password cannot be read from stdin: {error}")),
    })?;
    if read == 0 {
        return Err(Failure::failed(
            "there is no password on stdin: pipe it, or run this on a terminal to be asked for it",
        ));
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Secret::new(line))
}
