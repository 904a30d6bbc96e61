//! The access table: who may call what, as it is enforced.

use std::fmt;

use serde::Serialize;

use crate::{
    endpoint::Takes,
    openapi::{Describe, Listed, scheme_names},
};

/// Who may call what: one row for each handler of a router, by path and method.
///
/// Printed, it is aligned text; [`to_markdown`](Self::to_markdown) and [`to_json`](Self::to_json) are for documents and tools.
///
/// ```
/// # use auth_runtime::prelude::*;
/// #[get("/health")]
/// #[public]
/// async fn health() -> &'static str {
///     "ok"
/// }
///
/// let table = SecureRouter::<()>::new().mount(health).access_table();
/// assert_eq!(table.rows()[0].policy, "public");
/// assert!(table.to_string().contains("/health"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AccessTable {
    rows: Vec<AccessRow>,
}

/// Who may call one handler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct AccessRow {
    /// The whole path, with those of the routers that it is nested in.
    pub path: String,
    /// The method, in capitals.
    pub method: &'static str,
    /// Who may call, in words.
    pub policy: String,
    /// The security schemes, as the document names them.
    pub schemes: String,
    /// The function, with its module.
    pub handler: String,
    /// The source file.
    pub file: &'static str,
    /// The line of its first attribute.
    pub line: u32,
}

const HEADINGS: [&str; 6] = ["method", "path", "policy", "schemes", "handler", "source"];

impl AccessTable {
    pub(super) fn of(endpoints: &[Listed]) -> Self {
        let mut rows: Vec<AccessRow> = endpoints.iter().map(row).collect();
        rows.sort();
        Self { rows }
    }

    /// The rows, by path and then method.
    #[must_use]
    pub fn rows(&self) -> &[AccessRow] {
        &self.rows
    }

    /// As a table of Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&HEADINGS.map(str::to_owned)) + &line(&HEADINGS.map(|_| "---".to_owned()));
        for row in &self.rows {
            // A bar would end the cell.
            text += &line(&row.cells().map(|cell| cell.replace('|', "\\|")));
        }
        text
    }

    /// As a list of JSON objects.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers under fixed names: there is nothing that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl AccessRow {
    fn cells(&self) -> [String; HEADINGS.len()] {
        let source = format!("{}:{}", self.file, self.line);
        [
            self.method.to_owned(),
            self.path.clone(),
            self.policy.clone(),
            self.schemes.clone(),
            self.handler.clone(),
            source,
        ]
    }
}

fn row(listed: &Listed) -> AccessRow {
    let mut description = Describe::default();
    (listed.route.describe)(&mut description);
    let rules = listed.rules();
    let mut policy = if description.login.is_some() {
        "login: username and password".to_owned()
    } else if rules.is_public() && listed.takes.contains(&Takes::OptionalUser) {
        "public, user if there is one".to_owned()
    } else {
        rules.to_string()
    };
    for (rule, about) in [(listed.options.before, ", if "), (listed.options.after, ", then if ")] {
        if let Some(rule) = rule {
            policy += &format!("{about}{}{}", as_written(rule.text), if rule.hides { " (else 404)" } else { "" });
        }
    }
    if listed.options.observed {
        policy = format!("observed only, refuses nobody: {policy}");
    }
    let websocket = if listed.route.websocket { "WEBSOCKET" } else { listed.route.method };
    AccessRow {
        path: listed.path.clone(),
        method: websocket,
        policy,
        schemes: scheme_names(listed),
        handler: format!("{}::{}", listed.source.module, listed.source.name),
        file: listed.source.file,
        line: listed.source.line,
    }
}

/// The compiler puts blanks around `::` and after what stands before a value, and keeps line breaks.
fn as_written(rule: &str) -> String {
    rule.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" :: ", "::")
        .replace("! ", "!")
        .replace("(* ", "(*")
        .replace("(& ", "(&")
}

impl fmt::Display for AccessTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<[String; HEADINGS.len()]> =
            std::iter::once(HEADINGS.map(str::to_owned)).chain(self.rows.iter().map(AccessRow::cells)).collect();
        let mut widths = [0; HEADINGS.len()];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
