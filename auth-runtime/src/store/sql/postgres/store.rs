//! Sessions, revocations and clients in PostgreSQL.

use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

use super::{DEFAULT_TABLE, Database, LOCK, PostgresOptions, PostgresUsers};
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
    database: Database,
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
        let database = Database::of(pool);
        let (transaction, present) = database.explained(begin_migration(&database.pool)).await?;
        let missing = migrations::missing(present, "BYTEA")?;
        database.explained(migrate(transaction, missing)).await?;
        Ok(Self { database })
    }

    /// Users in the table `users` of the same database, which is made if it does not exist.
    ///
    /// # Errors
    /// As [`PostgresUsers::connect`].
    pub async fn users<U: AuthUser + Record<Postgres>>(&self) -> Result<PostgresUsers<U>, StoreError> {
        PostgresUsers::from_pool(self.database.pool.clone(), DEFAULT_TABLE).await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.database.pool.close().await;
    }
}

/// A transaction in which no other process brings the tables up to date, and the version that they have.
async fn begin_migration(pool: &PgPool) -> Result<(Transaction<'static, Postgres>, i64), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::query(LOCK).execute(&mut *transaction).await?;
    sqlx::query(migrations::TABLE).execute(&mut *transaction).await?;
    let present = sqlx::query_scalar(migrations::PRESENT).fetch_one(&mut *transaction).await?;
    Ok((transaction, present))
}

async fn migrate(
    mut transaction: Transaction<'static, Postgres>,
    missing: Vec<(i64, Vec<String>)>,
) -> Result<(), sqlx::Error> {
    for (version, statements) in missing {
        for statement in statements {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
        }
        let applied = sqlx::query(migrations::APPLIED).bind(version).bind(migrations::now());
        applied.execute(&mut *transaction).await?;
        migrations::applied(version);
    }
    transaction.commit().await
}

async fn insert_session(
    transaction: &mut Transaction<'static, Postgres>,
    session: &Session,
) -> Result<(), sqlx::Error> {
    sqlx::query(statements::INSERT_SESSION)
        .bind(session.id.as_str())
        .bind(session.subject.as_str())
        .bind(session.client.as_deref())
        .bind(session.scopes.join(" "))
        .bind(to_stored(session.started_at))
        .bind(to_stored(session.expires_at))
        .bind(session.ended_at.map(to_stored))
        .execute(&mut **transaction)
        .await
        .map(drop)
}

async fn insert_tokens(
    transaction: &mut Transaction<'static, Postgres>,
    tokens: &[KeptToken],
) -> Result<(), sqlx::Error> {
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
            .await?;
    }
    Ok(())
}

/// Each gives what the database says, which [`Database::explained`] puts into words.
impl PostgresStore {
    async fn try_begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.pool.begin().await?;
        insert_session(&mut transaction, session).await?;
        insert_tokens(&mut transaction, tokens).await?;
        transaction.commit().await
    }

    async fn try_keep(&self, token: &KeptToken) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.pool.begin().await?;
        insert_tokens(&mut transaction, std::slice::from_ref(token)).await?;
        transaction.commit().await
    }

    async fn try_exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, sqlx::Error> {
        let mut transaction = self.database.pool.begin().await?;
        let query = sqlx::query(statements::USE_TOKEN).bind(to_stored(now)).bind(digest.as_bytes());
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        insert_tokens(&mut transaction, new).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn try_end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, sqlx::Error> {
        let mut transaction = self.database.pool.begin().await?;
        let query = sqlx::query_scalar(statements::END_SESSIONS).bind(to_stored(now)).bind(subject);
        let ended = query.fetch_all(&mut *transaction).await?;
        sqlx::query(statements::TAKE_SINGLE_USE).bind(subject).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    async fn try_purge(&self, now: u64) -> Result<u64, sqlx::Error> {
        let mut purged = 0;
        for statement in statements::PURGE {
            let query = sqlx::query(statement).bind(to_stored(now));
            purged += query.execute(&self.database.pool).await?.rows_affected();
        }
        Ok(purged)
    }

    async fn try_revoke(&self, ids: &[String], until: u64) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.pool.begin().await?;
        for id in ids {
            let query = sqlx::query(statements::REVOKE).bind(id.as_str()).bind(to_stored(until));
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

impl SessionStore for PostgresStore {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        self.database.explained(self.try_begin(session, tokens)).await
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        self.database.explained(self.try_keep(token)).await
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        let query = sqlx::query_as(statements::FIND_TOKEN).bind(digest.as_bytes());
        let row: Option<statements::TokenRow> =
            self.database.explained(query.fetch_optional(&self.database.pool)).await?;
        row.map(|row| statements::found(*digest, row)).transpose()
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        self.database.explained(self.try_exchange(digest, now, new)).await
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        let query = sqlx::query(statements::END_SESSION).bind(to_stored(now)).bind(id);
        self.database.explained(query.execute(&self.database.pool)).await.map(drop)
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        self.database.explained(self.try_end_sessions(subject, now)).await
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query_as(statements::LIVE_SESSIONS).bind(subject).bind(to_stored(now));
        let rows: Vec<statements::SessionRow> = self.database.explained(query.fetch_all(&self.database.pool)).await?;
        Ok(rows.into_iter().map(statements::session).collect())
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        self.database.explained(self.try_purge(now)).await
    }
}

impl RevocationStore for PostgresStore {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        self.database.explained(self.try_revoke(ids, until)).await
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        if ids.is_empty() {
            return Ok(false);
        }
        let mut query = sqlx::query_scalar(AssertSqlSafe(statements::is_any_revoked(ids.len()))).bind(to_stored(now));
        for id in ids {
            query = query.bind(id.as_str());
        }
        self.database.explained(query.fetch_one(&self.database.pool)).await
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let query = sqlx::query_as(statements::REVOKED).bind(to_stored(now));
        let rows: Vec<(String, i64)> = self.database.explained(query.fetch_all(&self.database.pool)).await?;
        Ok(rows.into_iter().map(|(id, ends)| (id, from_stored(ends))).collect())
    }
}

impl ClientStore for PostgresStore {
    async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if !super::holds(id) {
            return Ok(None);
        }
        let query = sqlx::query_as(statements::FIND_CLIENT).bind(id);
        let row: Option<statements::ClientRow> =
            self.database.explained(query.fetch_optional(&self.database.pool)).await?;
        row.map(statements::client).transpose()
    }

    async fn register(&self, client: &Client) -> Result<(), StoreError> {
        let query = sqlx::query(statements::REGISTER)
            .bind(client.id.as_str())
            .bind(client.secret.as_ref().map(TokenDigest::as_bytes))
            .bind(client.scopes.join(" "))
            .bind(i64::from(client.client_credentials))
            .bind(i64::from(client.introspection))
            .bind(i64::from(client.disabled));
        self.database.explained(query.execute(&self.database.pool)).await.map(drop)
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(statements::REMOVE_CLIENT).bind(id);
        let removed = self.database.explained(query.execute(&self.database.pool)).await?;
        Ok(removed.rows_affected() > 0)
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let query = sqlx::query_as(statements::CLIENTS);
        let rows: Vec<statements::ClientRow> = self.database.explained(query.fetch_all(&self.database.pool)).await?;
        rows.into_iter().map(statements::client).collect()
    }
}
