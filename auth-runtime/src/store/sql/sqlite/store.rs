//! Sessions, revocations and clients in SQLite.

use std::path::Path;

use rusqlite::{Row, params_from_iter, types::Value as Parameter};

use super::{
    DEFAULT_TABLE, DEFAULT_TIMEOUT, Sqlite, SqliteUsers, connections::Connections, errors::Failed, prepared::Prepared,
};
use crate::{
    store::{
        Client, ClientStore, FoundToken, KeptToken, Record, RevocationStore, Session, SessionStore, StoreError,
        TokenDigest,
        sql::tables::{from_stored, migrations, store as statements, to_stored},
    },
    user::AuthUser,
};

/// Sessions, revocations and clients in one SQLite file, which may also be that of the users. Its tables are called
/// `auth_..`, and are made and brought up to date when it is opened.
///
/// ```no_run
/// # use auth_runtime::{AuthUser, PasswordHash};
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// use auth_runtime::{Auth, SigningKey, SqliteStore};
///
/// # async fn build() -> Result<(), auth_runtime::BoxError> {
/// let store = SqliteStore::open("users.db").await?;
/// let auth = Auth::builder(store.users::<User>().await?)
///     .signing_key(SigningKey::from_env("AUTH_SECRET")?)
///     .sessions(store.clone())
///     .revocations(store)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connections: Connections,
}

impl SqliteStore {
    /// Opens the file, and makes it and its tables if they do not exist.
    ///
    /// # Errors
    /// [`StoreError`] says whether the file is locked, read-only, not a database or damaged, or was made by a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let connections = Connections::open(path.as_ref(), true, DEFAULT_TIMEOUT).await?;
        connections.transaction(migrate).await?;
        Ok(Self { connections })
    }

    /// Users in the table `users` of the same file, which is made if it does not exist. They share the threads of this store.
    ///
    /// # Errors
    /// As [`SqliteUsers::open`].
    pub async fn users<U: AuthUser + Record<Sqlite>>(&self) -> Result<SqliteUsers<U>, StoreError> {
        SqliteUsers::over(self.connections.clone(), DEFAULT_TABLE.to_owned(), true).await
    }

    /// Writes everything back and closes the file, for every clone of this handle, and for its [`users`](Self::users).
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

/// Brings the tables up to date, inside of a transaction in which no other process can.
fn migrate(prepared: &mut Prepared<'_>) -> Result<(), Failed> {
    prepared.once(migrations::TABLE)?;
    let present: i64 = prepared.first(migrations::PRESENT, (), |row| row.get(0))?.unwrap_or_default();
    for (version, statements) in migrations::missing(present, "BLOB")? {
        for statement in statements {
            prepared.once(&statement)?;
        }
        prepared.execute(migrations::APPLIED, (version, migrations::now()))?;
        migrations::applied(version);
    }
    Ok(())
}

fn insert_session(prepared: &mut Prepared<'_>, session: &Session) -> Result<(), Failed> {
    let row = (
        &session.id,
        &session.subject,
        &session.client,
        session.scopes.join(" "),
        to_stored(session.started_at),
        to_stored(session.expires_at),
        session.ended_at.map(to_stored),
    );
    prepared.execute(statements::INSERT_SESSION, row).map(drop)
}

fn insert_tokens(prepared: &mut Prepared<'_>, tokens: &[KeptToken]) -> Result<(), Failed> {
    for token in tokens {
        let row = (
            token.digest.as_bytes(),
            token.purpose.as_str(),
            &token.session,
            &token.subject,
            &token.client,
            token.scopes.join(" "),
            &token.detail,
            to_stored(token.issued_at),
            to_stored(token.expires_at),
            token.used_at.map(to_stored),
        );
        prepared.execute(statements::INSERT_TOKEN, row)?;
    }
    Ok(())
}

/// A row as the tuple that it is.
fn tuple<T: for<'r> TryFrom<&'r Row<'r>, Error = rusqlite::Error>>(row: &Row<'_>) -> rusqlite::Result<T> {
    T::try_from(row)
}

impl SessionStore for SqliteStore {
    async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
        let (session, tokens) = (session.clone(), tokens.to_vec());
        self.connections
            .transaction(move |prepared| {
                insert_session(prepared, &session)?;
                insert_tokens(prepared, &tokens)
            })
            .await
    }

    async fn keep(&self, token: &KeptToken) -> Result<(), StoreError> {
        let token = token.clone();
        self.connections.write(move |prepared| insert_tokens(prepared, std::slice::from_ref(&token))).await
    }

    async fn find(&self, digest: &TokenDigest) -> Result<Option<FoundToken>, StoreError> {
        let digest = *digest;
        let work = move |prepared: &mut Prepared<'_>| {
            prepared.first(statements::FIND_TOKEN, (digest.as_bytes(),), tuple::<statements::TokenRow>)
        };
        self.connections.read(work).await?.map(|row| statements::found(digest, row)).transpose()
    }

    async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
        let (digest, new) = (*digest, new.to_vec());
        self.connections
            .transaction(move |prepared| {
                if prepared.execute(statements::USE_TOKEN, (to_stored(now), digest.as_bytes()))? == 0 {
                    return Ok(false);
                }
                insert_tokens(prepared, &new)?;
                Ok(true)
            })
            .await
    }

    async fn end_session(&self, id: &str, now: u64) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.connections
            .write(move |prepared| prepared.execute(statements::END_SESSION, (to_stored(now), id)).map(drop))
            .await
    }

    async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
        let subject = subject.to_owned();
        self.connections
            .transaction(move |prepared| {
                let ended = prepared.all(statements::END_SESSIONS, (to_stored(now), &subject), |row| row.get(0))?;
                prepared.execute(statements::TAKE_SINGLE_USE, (&subject,))?;
                Ok(ended)
            })
            .await
    }

    async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
        let subject = subject.to_owned();
        let work = move |prepared: &mut Prepared<'_>| {
            prepared.all(statements::LIVE_SESSIONS, (subject, to_stored(now)), tuple::<statements::SessionRow>)
        };
        Ok(self.connections.read(work).await?.into_iter().map(statements::session).collect())
    }

    async fn purge(&self, now: u64) -> Result<u64, StoreError> {
        let mut purged = 0;
        // One after the other, so that what else writes has its turn between them.
        for statement in statements::PURGE {
            let work = move |prepared: &mut Prepared<'_>| prepared.execute(statement, (to_stored(now),));
            purged += self.connections.write(work).await? as u64;
        }
        Ok(purged)
    }
}

impl RevocationStore for SqliteStore {
    async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.connections
            .transaction(move |prepared| {
                for id in ids {
                    prepared.execute(statements::REVOKE, (id, to_stored(until)))?;
                }
                Ok(())
            })
            .await
    }

    async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
        if ids.is_empty() {
            return Ok(false);
        }
        let statement = statements::is_any_revoked(ids.len());
        let mut parameters = vec![Parameter::from(to_stored(now))];
        parameters.extend(ids.iter().cloned().map(Parameter::from));
        let revoked = self
            .connections
            .read(move |prepared| prepared.first(&statement, params_from_iter(parameters), |row| row.get(0)))
            .await?;
        revoked.ok_or_else(|| StoreError::new("the database did not say whether a token is revoked"))
    }

    async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
        let work = move |prepared: &mut Prepared<'_>| {
            prepared.all(statements::REVOKED, (to_stored(now),), tuple::<(String, i64)>)
        };
        Ok(self.connections.read(work).await?.into_iter().map(|(id, ends)| (id, from_stored(ends))).collect())
    }
}

impl ClientStore for SqliteStore {
    async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        let id = id.to_owned();
        let work = move |prepared: &mut Prepared<'_>| {
            prepared.first(statements::FIND_CLIENT, (id,), tuple::<statements::ClientRow>)
        };
        self.connections.read(work).await?.map(statements::client).transpose()
    }

    async fn register(&self, client: &Client) -> Result<(), StoreError> {
        let client = client.clone();
        self.connections
            .write(move |prepared| {
                let row = (
                    &client.id,
                    client.secret.as_ref().map(TokenDigest::as_bytes),
                    client.scopes.join(" "),
                    i64::from(client.client_credentials),
                    i64::from(client.introspection),
                    i64::from(client.disabled),
                );
                prepared.execute(statements::REGISTER, row).map(drop)
            })
            .await
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        Ok(self.connections.write(move |prepared| prepared.execute(statements::REMOVE_CLIENT, (id,))).await? > 0)
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let work = |prepared: &mut Prepared<'_>| prepared.all(statements::CLIENTS, (), tuple::<statements::ClientRow>);
        self.connections.read(work).await?.into_iter().map(statements::client).collect()
    }
}
