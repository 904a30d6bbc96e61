//! The access table as a file beside the tests, so that a change of who may call what is seen in a review.

use std::{env, fmt::Write, fs, path::Path};

use crate::router::AccessTable;

/// Compares an access table with the file in which it is kept, without the places in the source.
///
/// `UPDATE_SNAPSHOTS=1 cargo test` writes the file.
///
/// ```no_run
/// # use auth_runtime::prelude::*;
/// # fn app() -> SecureRouter { SecureRouter::new() }
/// #[test]
/// fn who_may_call_what() {
///     auth_runtime::testing::assert_access_table(&app().access_table(), "tests/access.txt");
/// }
/// ```
///
/// # Panics
/// If they differ: with the lines that are gone and those that are new. If the file cannot be written, where it is to be.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by it")]
pub fn assert_access_table(table: &AccessTable, file: impl AsRef<Path>) {
    let file = file.as_ref();
    let actual = text(table);
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        if let Err(error) = fs::write(file, &actual) {
            panic!("{} cannot be written: {error}", file.display());
        }
        return;
    }
    let expected = match fs::read_to_string(file) {
        Ok(expected) => expected.replace("\r\n", "\n"),
        Err(error) => panic!(
            "{} cannot be read: {error}\nUPDATE_SNAPSHOTS=1 cargo test writes it; it would be\n\n{actual}",
            file.display()
        ),
    };
    if expected != actual {
        panic!(
            "who may call what is no longer as in {}:\n\n{}\nIf that is meant, run UPDATE_SNAPSHOTS=1 cargo test, and commit the file.",
            file.display(),
            difference(&expected, &actual)
        );
    }
}

/// A line for each handler: aligned tables change in every line as soon as one cell gets wider.
fn text(table: &AccessTable) -> String {
    let mut text = String::new();
    for row in table.rows() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}: {} [{}] {}", row.method, row.path, row.policy, row.schemes, row.handler);
    }
    text
}

/// The lines that only one of the two has, those of one route beside each other.
fn difference(expected: &str, actual: &str) -> String {
    let only = |of: &str, not_in: &str, sign: char| -> Vec<(String, char)> {
        of.lines()
            .filter(|line| !not_in.lines().any(|other| other == *line))
            .map(|line| (line.to_owned(), sign))
            .collect()
    };
    let mut lines = only(expected, actual, '-');
    lines.extend(only(actual, expected, '+'));
    let route = |line: &str| line.split(": ").next().unwrap_or_default().to_owned();
    // The sort keeps what was before what is.
    lines.sort_by_key(|(line, _)| route(line));
    lines.iter().map(|(line, sign)| format!("{sign} {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_was_and_what_is() {
        let expected = "GET /a: public [none] x::a\nGET /b: token [T] x::b\nGET /c: user [T] x::c\n";
        let actual = "GET /a: public [none] x::a\nGET /b: public [none] x::b\nGET /d: user [T] x::d\n";
        assert_eq!(
            difference(expected, actual),
            "- GET /b: token [T] x::b\n+ GET /b: public [none] x::b\n- GET /c: user [T] x::c\n+ GET /d: user [T] x::d\n"
        );
    }
}
