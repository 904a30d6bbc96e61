//! Users in PostgreSQL.

use std::{fmt, marker::PhantomData};

use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Row, Transaction,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{DEFAULT_TABLE, Database, LOCK, PostgresOptions};
use crate::{
    password::PasswordHash,
    store::{
        ColumnKind, ColumnRole, Record, StoreError, UserStore, Value,
        sql::tables::users::{
            Statements, check_table, create_statement, duplicate, missing_columns, no_field, not_unique, quoted, unfit,
        },
    },
    user::AuthUser,
};

/// Users in a table of PostgreSQL: one row a user, one column a field of the user type.
pub struct PostgresUsers<U> {
    database: Database,
    statements: Statements,
    users: PhantomData<fn() -> U>,
}

impl<U> Clone for PostgresUsers<U> {
    /// Another handle on the same connections.
    fn clone(&self) -> Self {
        Self { database: self.database.clone(), statements: self.statements.clone(), users: PhantomData }
    }
}

impl<U> fmt::Debug for PostgresUsers<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUsers").finish_non_exhaustive()
    }
}

impl<U: AuthUser> PostgresUsers<U> {
    /// Connects to the table `users`, and makes it if it does not exist.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached or refuses, or if the table lacks a column that the user type needs, or
    /// its username is not unique.
    pub async fn connect(url: &str) -> Result<Self, StoreError>
    where
        U: Record<Postgres>,
    {
        Self::from_pool(PostgresOptions::new(url)?.pool().await?, DEFAULT_TABLE).await
    }

    /// The same over connections that the application has already, with another table.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool, table: &str) -> Result<Self, StoreError>
    where
        U: Record<Postgres>,
    {
        check_table(table)?;
        let database = Database::of(pool);
        let Found { transaction, present, ambiguous } = database.explained(find::<U>(&database.pool, table)).await?;
        missing_columns(U::COLUMNS, |name| present.iter().any(|one| one == name), table, &database.place)?;
        if let Some(column) = ambiguous {
            return Err(not_unique(column, table, &database.place));
        }
        database.explained(transaction.commit()).await?;
        Ok(Self { database, statements: Statements::of(U::COLUMNS, table), users: PhantomData })
    }
}

impl<U: AuthUser + Record<Postgres>> PostgresUsers<U> {
    async fn try_insert(&self, user: &U) -> Result<bool, sqlx::Error> {
        let mut query = sqlx::query(AssertSqlSafe(self.statements.insert.as_str()));
        for (value, column) in user.to_values().into_iter().zip(U::COLUMNS) {
            query = bind(query, value, column.kind);
        }
        match query.execute(&self.database.pool).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError`] if there is a user of this name already, or the database cannot be written.
    pub async fn insert(&self, user: &U) -> Result<(), StoreError> {
        if self.add(user).await? { Ok(()) } else { Err(duplicate(user.username())) }
    }

    fn user(&self, row: &PgRow) -> Result<U, StoreError> {
        let unfit = |column: &str, expected: &str| {
            let key = U::COLUMNS.iter().position(|column| column.role == ColumnRole::Username);
            let name: String = key.and_then(|key| row.try_get(key).ok()).unwrap_or_default();
            unfit(column, &name, &self.database.place, expected)
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
        marker: &str,
    ) -> Result<bool, StoreError> {
        let statement = statement.ok_or_else(|| no_field(marker))?;
        let query = bind(sqlx::query(AssertSqlSafe(statement.as_str())), value, kind).bind(username);
        let changed = self.database.explained(query.execute(&self.database.pool)).await?;
        Ok(changed.rows_affected() > 0)
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar(AssertSqlSafe(self.statements.count.as_str()));
        let count: i64 = self.database.explained(query.fetch_one(&self.database.pool)).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

impl<U: AuthUser + Record<Postgres>> UserStore for PostgresUsers<U> {
    type User = U;

    async fn find(&self, username: &str) -> Result<Option<U>, StoreError> {
        if !super::holds(username) {
            return Ok(None);
        }
        let query = sqlx::query(AssertSqlSafe(self.statements.find.as_str())).bind(username);
        let row = self.database.explained(query.fetch_optional(&self.database.pool)).await?;
        row.map(|row| self.user(&row)).transpose()
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let Some(statement) = &self.statements.replace_password_hash else { return Ok(()) };
        let query = sqlx::query(AssertSqlSafe(statement.as_str()));
        let query = query.bind(new.expose()).bind(username).bind(old.expose());
        self.database.explained(query.execute(&self.database.pool)).await.map(drop)
    }

    async fn add(&self, user: &U) -> Result<bool, StoreError> {
        self.database.explained(self.try_insert(user)).await
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
        let removed = self.database.explained(query.execute(&self.database.pool)).await?;
        Ok(removed.rows_affected() > 0)
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<U>, StoreError> {
        let query = sqlx::query(AssertSqlSafe(self.statements.list.as_str()))
            .bind(after.unwrap_or_default())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.database.explained(query.fetch_all(&self.database.pool)).await?;
        rows.iter().map(|row| self.user(row)).collect()
    }
}

/// A table, in a transaction in which no other process changes tables.
struct Found {
    transaction: Transaction<'static, Postgres>,
    /// The columns that it has.
    present: Vec<String>,
    /// The column of the username, where it is not unique.
    ambiguous: Option<&'static str>,
}

/// The table, which is made where it does not exist.
async fn find<R: Record<Postgres>>(pool: &PgPool, table: &str) -> Result<Found, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(LOCK).execute(&mut *transaction).await?;
    let mut present = columns(&mut transaction, table).await?;
    if present.is_empty() {
        let create = create_statement(R::COLUMNS, table, type_name);
        sqlx::query(AssertSqlSafe(create)).execute(&mut *transaction).await?;
        present = columns(&mut transaction, table).await?;
    }
    let mut ambiguous = R::COLUMNS.iter().find(|column| column.role == ColumnRole::Username).map(|column| column.name);
    if let Some(column) = ambiguous {
        let query = sqlx::query_scalar(IS_UNIQUE).bind(quoted(table)).bind(column);
        if query.fetch_one(&mut *transaction).await? {
            ambiguous = None;
        }
    }
    Ok(Found { transaction, present, ambiguous })
}

/// The columns that the table has where an unqualified name finds it.
async fn columns(transaction: &mut Transaction<'static, Postgres>, table: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
    )
    .bind(quoted(table))
    .fetch_all(&mut **transaction)
    .await
}

/// Whether a column alone has a unique index over all rows.
const IS_UNIQUE: &str = "SELECT EXISTS (SELECT 1 FROM pg_index i \
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
    WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 \
    AND i.indpred IS NULL)";

fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Boolean => "BOOLEAN",
        ColumnKind::Integer => "BIGINT",
        ColumnKind::Real => "DOUBLE PRECISION",
        ColumnKind::Text => "TEXT",
        ColumnKind::Blob => "BYTEA",
    }
}

fn bind<'q>(
    query: Query<'q, Postgres, PgArguments>,
    value: Value,
    kind: ColumnKind,
) -> Query<'q, Postgres, PgArguments> {
    match (value, kind) {
        (Value::Boolean(flag), _) => query.bind(flag),
        (Value::Integer(number), _) => query.bind(number),
        (Value::Real(number), _) => query.bind(number),
        (Value::Text(text), _) => query.bind(text),
        (Value::Blob(bytes), _) => query.bind(bytes),
        // Nothing has a type, too.
        (Value::Null, ColumnKind::Boolean) => query.bind(None::<bool>),
        (Value::Null, ColumnKind::Integer) => query.bind(None::<i64>),
        (Value::Null, ColumnKind::Real) => query.bind(None::<f64>),
        (Value::Null, ColumnKind::Text) => query.bind(None::<String>),
        (Value::Null, ColumnKind::Blob) => query.bind(None::<Vec<u8>>),
    }
}

/// The value, or what it should be. Smaller types of the same kind will do.
fn value(row: &PgRow, index: usize, kind: ColumnKind) -> Result<Value, &'static str> {
    let integer = || -> Result<Option<i64>, sqlx::Error> {
        row.try_get(index)
            .or_else(|_| row.try_get::<Option<i32>, _>(index).map(|number| number.map(i64::from)))
            .or_else(|_| row.try_get::<Option<i16>, _>(index).map(|number| number.map(i64::from)))
    };
    let real = || -> Result<Option<f64>, sqlx::Error> {
        row.try_get(index).or_else(|_| row.try_get::<Option<f32>, _>(index).map(|number| number.map(f64::from)))
    };
    let (value, expected) = match kind {
        ColumnKind::Boolean => {
            (row.try_get(index).map(|found: Option<bool>| found.map(Value::Boolean)), "true or false")
        }
        ColumnKind::Integer => (integer().map(|found| found.map(Value::Integer)), "a whole number"),
        ColumnKind::Real => (real().map(|found| found.map(Value::Real)), "a number"),
        ColumnKind::Text => (row.try_get(index).map(|found: Option<String>| found.map(Value::Text)), "text"),
        ColumnKind::Blob => (row.try_get(index).map(|found: Option<Vec<u8>>| found.map(Value::Blob)), "bytes"),
    };
    value.map(|found| found.unwrap_or(Value::Null)).map_err(|_| expected)
}
