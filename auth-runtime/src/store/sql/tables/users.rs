//! A table of users whose columns are read off the user type.

use crate::store::{
    StoreError,
    record::{ColumnKind, ColumnRole, ColumnSpec},
};

/// Written once: the names in them are the fields of the user type and the table of the options, never input.
#[derive(Clone)]
pub(crate) struct Statements {
    pub(crate) find: String,
    pub(crate) insert: String,
    pub(crate) count: String,
    pub(crate) list: String,
    pub(crate) remove: String,
    pub(crate) replace_password_hash: Option<String>,
    pub(crate) set_password_hash: Option<String>,
    pub(crate) set_disabled: Option<String>,
    pub(crate) set_verified: Option<String>,
}

impl Statements {
    pub(crate) fn of(columns: &[ColumnSpec], table: &str) -> Self {
        let names: Vec<String> = columns.iter().map(|column| quoted(column.name)).collect();
        let marks: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
        let (names, marks) = (names.join(", "), marks.join(", "));
        let table = quoted(table);
        let column = |role| columns.iter().find(|column| column.role == role).map(|column| quoted(column.name));
        // With its table's name: alone, SQLite would take a name that no column has for a text.
        let key = column(ColumnRole::Username).map_or_else(|| "NULL".to_owned(), |key| format!("{table}.{key}"));
        let set = |role| column(role).map(|name| format!("UPDATE {table} SET {name} = $1 WHERE {key} = $2"));
        let replace_password_hash = column(ColumnRole::PasswordHash)
            .map(|hash| format!("UPDATE {table} SET {hash} = $1 WHERE {key} = $2 AND {table}.{hash} = $3"));
        Self {
            find: format!("SELECT {names} FROM {table} WHERE {key} = $1"),
            insert: format!("INSERT INTO {table} ({names}) VALUES ({marks})"),
            count: format!("SELECT COUNT(*) FROM {table}"),
            list: format!("SELECT {names} FROM {table} WHERE {key} > $1 ORDER BY {key} LIMIT $2"),
            remove: format!("DELETE FROM {table} WHERE {key} = $1"),
            replace_password_hash,
            set_password_hash: set(ColumnRole::PasswordHash),
            set_disabled: set(ColumnRole::Disabled),
            set_verified: set(ColumnRole::Verified),
        }
    }
}

/// A table that can be named between quotes.
pub(crate) fn check_table(table: &str) -> Result<(), StoreError> {
    let plain = !table.is_empty()
        && !table.starts_with(|first: char| first.is_ascii_digit())
        && table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain {
        return Ok(());
    }
    Err(StoreError::new(format!(
        "{table:?} cannot be the name of a table here: use letters, digits and _, and no digit first"
    )))
}

/// Whether the table has every column that the user type needs; `is_present` is asked for each.
pub(crate) fn missing_columns(
    columns: &[ColumnSpec],
    is_present: impl Fn(&str) -> bool,
    table: &str,
    place: &str,
) -> Result<(), StoreError> {
    let missing: Vec<&str> = columns.iter().map(|column| column.name).filter(|name| !is_present(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::new(format!(
        "the table {table} in {place} lacks the columns {}: add them with ALTER TABLE, or choose another table",
        missing.join(", ")
    )))
}

pub(crate) fn not_unique(column: &str, table: &str, place: &str) -> StoreError {
    StoreError::new(format!(
        "the column {column} of the table {table} in {place} is not unique, so that two users could share a name: make it the primary key, or CREATE UNIQUE INDEX on it"
    ))
}

pub(crate) fn duplicate(username: &str) -> StoreError {
    StoreError::new(format!("there is a user named {username:?} already"))
}

/// What is stored for a user is not what the user type can hold.
pub(crate) fn unfit(column: &str, username: &str, place: &str, expected: &str) -> StoreError {
    StoreError::new(format!("the column {column} of {username:?} in {place} does not hold {expected}"))
}

/// What has no column cannot be changed.
pub(crate) fn no_field(marker: &str) -> StoreError {
    StoreError::new(format!("no field of the user type is {marker}"))
}

/// A name between quotes: fields of a struct may be words of SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The table, if it does not exist: `types` are those of the database.
pub(crate) fn create_statement(
    columns: &[ColumnSpec],
    table: &str,
    types: impl Fn(ColumnKind) -> &'static str,
) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|ColumnSpec { name, kind, nullable, role }| {
            let null = if *nullable { "" } else { " NOT NULL" };
            let key = if *role == ColumnRole::Username { " PRIMARY KEY" } else { "" };
            format!("{} {}{null}{key}", quoted(name), types(*kind))
        })
        .collect();
    format!("CREATE TABLE IF NOT EXISTS {} ({})", quoted(table), columns.join(", "))
}
