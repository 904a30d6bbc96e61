//! A table of users whose columns are read off the user type.

use super::quoted;
use crate::store::record::{ColumnRole, ColumnSpec};

/// Written once: the names in them are the fields of the user type and the table of the options, never input.
#[derive(Clone)]
pub(super) struct Statements {
    pub(super) find: String,
    pub(super) insert: String,
    pub(super) count: String,
    pub(super) list: String,
    pub(super) remove: String,
    pub(super) replace_password_hash: Option<String>,
    pub(super) set_password_hash: Option<String>,
    pub(super) set_disabled: Option<String>,
    pub(super) set_verified: Option<String>,
}

impl Statements {
    pub(super) fn of(columns: &[ColumnSpec], table: &str) -> Self {
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

/// The table, if it does not exist: `types` are those of the database.
pub(super) fn create_statement(
    columns: &[ColumnSpec],
    table: &str,
    types: impl Fn(crate::store::ColumnKind) -> &'static str,
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

/// What a user store of either database does. `bind`, `value` and `holds` are the database's, and so is `explain`.
macro_rules! sql_users {
    ($users:ident, $database:ty) => {
        impl<U: AuthUser + Record<$database>> $users<U> {
            async fn try_insert(&self, user: &U) -> Result<bool, StoreError> {
                let mut query = sqlx::query(AssertSqlSafe(self.statements.insert.as_str()));
                for (value, column) in user.to_values().into_iter().zip(U::COLUMNS) {
                    query = bind(query, value, column.kind);
                }
                match query.execute(&self.pool).await {
                    Ok(_) => Ok(true),
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
                    Err(error) => Err(self.explain(error)),
                }
            }

            /// Adds a user.
            ///
            /// # Errors
            /// [`StoreError`] if there is a user of this name already, or the database cannot be written.
            pub async fn insert(&self, user: &U) -> Result<(), StoreError> {
                if self.try_insert(user).await? {
                    return Ok(());
                }
                Err(StoreError::new(format!("there is a user named {:?} already", user.username())))
            }

            fn user(&self, row: &<$database as sqlx::Database>::Row) -> Result<U, StoreError> {
                let unfit = |column: &str, expected: &str| {
                    let key = U::COLUMNS.iter().position(|column| column.role == ColumnRole::Username);
                    let name: String = key.and_then(|key| row.try_get(key).ok()).unwrap_or_default();
                    StoreError::new(format!(
                        "the column {column} of {name:?} in {} does not hold {expected}",
                        self.place()
                    ))
                };
                let mut values = Vec::with_capacity(U::COLUMNS.len());
                for (index, column) in U::COLUMNS.iter().enumerate() {
                    values.push(value(row, index, column.kind).map_err(|expected| unfit(column.name, expected))?);
                }
                U::from_values(&mut values.into_iter()).map_err(|(column, error)| unfit(column, error.expected))
            }

            async fn change(
                &self,
                statement: Option<&String>,
                (value, kind): (Value, ColumnKind),
                username: &str,
                what: &str,
            ) -> Result<bool, StoreError> {
                let Some(statement) = statement else {
                    return Err(StoreError::new(format!("no field of the user type is {what}")));
                };
                let query = bind(sqlx::query(AssertSqlSafe(statement.as_str())), value, kind).bind(username);
                let changed = query.execute(&self.pool).await.map_err(|error| self.explain(error))?;
                Ok(changed.rows_affected() > 0)
            }

            /// How many users there are.
            ///
            /// # Errors
            /// [`StoreError`] if the database cannot be read.
            pub async fn count(&self) -> Result<u64, StoreError> {
                let count: i64 = sqlx::query_scalar(AssertSqlSafe(self.statements.count.as_str()))
                    .fetch_one(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                Ok(u64::try_from(count).unwrap_or_default())
            }
        }

        impl<U: AuthUser + Record<$database>> UserStore for $users<U> {
            type User = U;

            async fn find(&self, username: &str) -> Result<Option<U>, StoreError> {
                if !holds(username) {
                    return Ok(None);
                }
                let row = sqlx::query(AssertSqlSafe(self.statements.find.as_str()))
                    .bind(username)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                row.map(|row| self.user(&row)).transpose()
            }

            async fn replace_password_hash(
                &self,
                username: &str,
                old: &PasswordHash,
                new: &PasswordHash,
            ) -> Result<(), StoreError> {
                let Some(statement) = &self.statements.replace_password_hash else { return Ok(()) };
                sqlx::query(AssertSqlSafe(statement.as_str()))
                    .bind(new.expose())
                    .bind(username)
                    .bind(old.expose())
                    .execute(&self.pool)
                    .await
                    .map(drop)
                    .map_err(|error| self.explain(error))
            }

            async fn add(&self, user: &U) -> Result<bool, StoreError> {
                self.try_insert(user).await
            }

            async fn set_password_hash(&self, username: &str, hash: &PasswordHash) -> Result<bool, StoreError> {
                let value = (Value::Text(hash.expose().to_owned()), ColumnKind::Text);
                self.change(self.statements.set_password_hash.as_ref(), value, username, "#[auth(password_hash)]").await
            }

            async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
                let value = (Value::Boolean(disabled), ColumnKind::Boolean);
                self.change(self.statements.set_disabled.as_ref(), value, username, "#[auth(disabled)]").await
            }

            async fn set_verified(&self, username: &str, verified: bool) -> Result<bool, StoreError> {
                let value = (Value::Boolean(verified), ColumnKind::Boolean);
                self.change(self.statements.set_verified.as_ref(), value, username, "#[auth(verified)]").await
            }

            async fn remove(&self, username: &str) -> Result<bool, StoreError> {
                let query = sqlx::query(AssertSqlSafe(self.statements.remove.as_str())).bind(username);
                let removed = query.execute(&self.pool).await.map_err(|error| self.explain(error))?;
                Ok(removed.rows_affected() > 0)
            }

            async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<U>, StoreError> {
                let rows = sqlx::query(AssertSqlSafe(self.statements.list.as_str()))
                    .bind(after.unwrap_or_default())
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                rows.iter().map(|row| self.user(row)).collect()
            }
        }
    };
}

pub(super) use sql_users;
