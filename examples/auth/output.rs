//! What the program says, and how it ends.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use auth_runtime::{ConfigError, KeyError, StoreError};
use serde::Serialize;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments are wrong.
    Usage(String),
    /// Anything else.
    Failed(String),
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads any more: `auth users list | head`.
    Unread,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// Says it, and gives the status to end with.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                note(format_args!("error: {message}\n\nFor more information, try 'auth --help'."));
                ExitCode::from(2)
            }
            Self::Failed(message) => {
                note(format_args!("error: {message}"));
                ExitCode::FAILURE
            }
            Self::Interrupted => {
                note("Interrupted: nothing was changed.");
                ExitCode::from(130)
            }
            Self::Unread => ExitCode::SUCCESS,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.source() {
            Some(cause) => Self::failed(format!("{error} ({cause})")),
            None => Self::failed(error.to_string()),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::failed(format!("what was asked for cannot be written to stdout: {error}")),
        }
    }
}

/// What was asked for.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

/// What there is to say about it. If nobody can read it, that is no failure.
pub(crate) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value);
    print(&text.map_err(|error| Failure::failed(format!("the list cannot be written as JSON: {error}")))?)
}

/// Lines of columns, of which the last is as long as it is.
pub(crate) fn print_table<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) -> Result<(), Failure> {
    let head = head.map(str::to_owned);
    let rows: Vec<[String; N]> =
        std::iter::once(head).chain(rows.into_iter().map(|row| row.map(|cell| visible(&cell)))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    print(&rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// A name may have been chosen by a stranger: what a terminal would obey is written out, and so is what turns its text around.
pub(crate) fn visible(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if obeyed(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(visible("\u{1b}[2J\r\u{9b}m\u{202e}eve"), r"\u{1b}[2J\u{d}\u{9b}m\u{202e}eve");
        assert_eq!(visible("Zoë 山田"), "Zoë 山田");
    }
}
