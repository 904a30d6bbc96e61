//! Sessions, revocations and clients in PostgreSQL.

use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

use super::{DEFAULT_TABLE, LOCK, PostgresOptions, PostgresUsers, explain, place};
use crate::{
    store::{
        Client, ClientStore, FoundToken, KeptToken, Record, RevocationStore, Session, SessionStore, StoreError,
        TokenDigest,
        sql::tables::{from_stored, migrations, store as statements, to_stored},
    },
    user::AuthUser,
};

/// Sessions, revocations and clients in PostgreSQL. Its tables are called `auth_..`, and are made and brought up to date when
/// it connects, by whichever process comes first.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, PasswordHash};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// use auth_runtime::{Auth, PostgresStore, SigningKeys};
///
/// # async fn build() -> Result<(), auth_runtime::BoxError> {
/// let store = PostgresStore::connect(&std::env::var("DATABASE_URL")?).await?;
/// let auth = Auth::builder(store.users::<User>().await?)
///     .signing_keys(SigningKeys::from_file("keys.json")?)
///     .sessions(store.clone())
///     .revocations(store)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects, and makes its tables if they do not exist.
    ///
    /// # Errors
    /// [`StoreError`] if the server cannot be reached, refuses, or holds tables of a newer version.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new(url)?.store().await
    }

    /// The same over connections that the application has already: a pool of sqlx 0.9. Its timeouts are the application's.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        let store = Self { pool };
        let mut transaction = store.transaction().await?;
        sqlx::query(LOCK).execute(&mut *transaction).await.map_err(|error| store.explain(error))?;
        store.migrate(&mut transaction).await?;
        transaction.commit().await.map_err(|error| store.explain(error))?;
        Ok(store)
    }

    /// Brings the tables up to date, inside of a transaction in which no other process can.
    async fn migrate(&self, transaction: &mut Transaction<'static, Postgres>) -> Result<(), StoreError> {
        let explain = |error| self.explain(error);
        sqlx::query(migrations::TABLE).execute(&mut **transaction).await.map_err(explain)?;
        let present: i64 =
            sqlx::query_scalar(migrations::PRESENT).fetch_one(&mut **transaction).await.map_err(explain)?;
        for (version, statements) in migrations::missing(present, "BYTEA")? {
            for statement in statements {
                sqlx::query(AssertSqlSafe(statement)).execute(&mut **transaction).await.map_err(explain)?;
            }
            let applied = sqlx::query(migrations::APPLIED).bind(version).bind(migrations::now());
            applied.execute(&mut **transaction).await.map_err(explain)?;
            migrations::applied(version);
        }
        Ok(())
    }

    /// Users in the table `users` of the same database, which is made if it does not exist.
    ///
    /// # Errors
    /// As [`PostgresUsers::connect`].
    pub async fn users<U: AuthUser + Record<Postgres>>(&self) -> Result<PostgresUsers<U>, StoreError> {
        PostgresUsers::from_pool(self.pool.clone(), DEFAULT_TABLE).await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn transaction(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin().await.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&place(&self.pool.connect_options()), error)
    }
}

impl PostgresStore {
    async fn insert_tokens(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        tokens: &[KeptToken],
    ) -> Result<(), StoreError> {
        for token in tokens {
            sqlx::query(statements::INSERT_TOKEN)
                .bind(token.digest.as_bytes())
                .bind(token.purpose.as_str())
                .bind(token.session.as_deref())
                .bind(token.subject.as_str())
                .bind(token.client.as_deref())
                .bind(token.scopes.join(" "))
                .bind(token.detail.as_deref())
                .bind(to_stored(token.issued_at))
                .bind(to_stored(token.expires_at))
                .bind(token.used_at.map(to_stored))
                .execute(&mut **transaction)
                .await
                .map_err(|error| self.explain(error))?;
        }
        Ok(())
    }
}

impl SessionStore for PostgresStore {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        sqlx::query(statements::INSERT_SESSION)
            .bind(session.id.as_str())
            .bind(session.subject.as_str())
            .bind(session.client.as_deref())
            .bind(session.scopes.join(" "))
            .bind(to_stored(session.started_at))
            .bind(to_stored(session.expires_at))
            .bind(session.ended_at.map(to_stored))
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.explain(error))?;
        self.insert_tokens(&mut transaction, tokens).await?;
        transaction.commit().await.map_err(|error| self.explain(error))
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        self.insert_tokens(&mut transaction, std::slice::from_ref(token)).await?;
        transaction.commit().await.map_err(|error| self.explain(error))
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        let row: Option<statements::TokenRow> = sqlx::query_as(statements::FIND_TOKEN)
            .bind(digest.as_bytes())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.explain(error))?;
        row.map(|row| statements::found(*digest, row)).transpose()
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        let mut transaction = self.transaction().await?;
        let used = sqlx::query(statements::USE_TOKEN)
            .bind(to_stored(now))
            .bind(digest.as_bytes())
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.explain(error))?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        self.insert_tokens(&mut transaction, new).await?;
        transaction.commit().await.map_err(|error| self.explain(error))?;
        Ok(true)
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        let query = sqlx::query(statements::END_SESSION).bind(to_stored(now)).bind(id);
        query.execute(&self.pool).await.map(drop).map_err(|error| self.explain(error))
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        let mut transaction = self.transaction().await?;
        let ended: Vec<String> = sqlx::query_scalar(statements::END_SESSIONS)
            .bind(to_stored(now))
            .bind(subject)
            .fetch_all(&mut *transaction)
            .await
            .map_err(|error| self.explain(error))?;
        let taken = sqlx::query(statements::TAKE_SINGLE_USE).bind(subject).execute(&mut *transaction).await;
        taken.map_err(|error| self.explain(error))?;
        transaction.commit().await.map_err(|error| self.explain(error))?;
        Ok(ended)
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<statements::SessionRow> = sqlx::query_as(statements::LIVE_SESSIONS)
            .bind(subject)
            .bind(to_stored(now))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.explain(error))?;
        Ok(rows.into_iter().map(statements::session).collect())
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        let mut purged = 0;
        for statement in statements::PURGE {
            let query = sqlx::query(statement).bind(to_stored(now));
            purged += query.execute(&self.pool).await.map_err(|error| self.explain(error))?.rows_affected();
        }
        Ok(purged)
    }
}

impl RevocationStore for PostgresStore {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        for id in ids {
            let query = sqlx::query(statements::REVOKE).bind(id.as_str()).bind(to_stored(until));
            query.execute(&mut *transaction).await.map_err(|error| self.explain(error))?;
        }
        transaction.commit().await.map_err(|error| self.explain(error))
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        if ids.is_empty() {
            return Ok(false);
        }
        let mut query = sqlx::query_scalar(AssertSqlSafe(statements::is_any_revoked(ids.len()))).bind(to_stored(now));
        for id in ids {
            query = query.bind(id.as_str());
        }
        query.fetch_one(&self.pool).await.map_err(|error| self.explain(error))
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(statements::REVOKED)
            .bind(to_stored(now))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.explain(error))?;
        Ok(rows.into_iter().map(|(id, ends)| (id, from_stored(ends))).collect())
    }
}

impl ClientStore for PostgresStore {
    async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if !super::holds(id) {
            return Ok(None);
        }
        let row: Option<statements::ClientRow> = sqlx::query_as(statements::FIND_CLIENT)
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.explain(error))?;
        row.map(statements::client).transpose()
    }

    async fn register(&self, client: &Client) -> Result<(), StoreError> {
        sqlx::query(statements::REGISTER)
            .bind(client.id.as_str())
            .bind(client.secret.as_ref().map(TokenDigest::as_bytes))
            .bind(client.scopes.join(" "))
            .bind(i64::from(client.client_credentials))
            .bind(i64::from(client.introspection))
            .bind(i64::from(client.disabled))
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| self.explain(error))
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(statements::REMOVE_CLIENT).bind(id);
        let removed = query.execute(&self.pool).await.map_err(|error| self.explain(error))?;
        Ok(removed.rows_affected() > 0)
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let rows: Vec<statements::ClientRow> =
            sqlx::query_as(statements::CLIENTS).fetch_all(&self.pool).await.map_err(|error| self.explain(error))?;
        rows.into_iter().map(statements::client).collect()
    }
}
