//! Sessions, revocations and clients in a database.

use super::from_stored;
use crate::store::{Client, FoundToken, KeptToken, Session, StoreError, TokenDigest, TokenPurpose};

pub(super) const INSERT_SESSION: &str = "INSERT INTO auth_sessions (id, subject, client, scopes, started_at, expires_at, \
    ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const INSERT_TOKEN: &str = "INSERT INTO auth_tokens (digest, purpose, session, subject, client, scopes, detail, \
    issued_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(super) const FIND_TOKEN: &str = "SELECT t.purpose, t.session, t.subject, t.client, t.scopes, t.detail, t.issued_at, \
    t.expires_at, t.used_at, s.subject, s.client, s.scopes, s.started_at, s.expires_at, s.ended_at \
    FROM auth_tokens t LEFT JOIN auth_sessions s ON s.id = t.session WHERE t.digest = $1";

/// One statement decides who wins: of those that wait for the row, the others find it used.
pub(super) const USE_TOKEN: &str = "UPDATE auth_tokens SET used_at = $1 WHERE digest = $2 AND used_at IS NULL \
    AND (session IS NULL OR EXISTS (SELECT 1 FROM auth_sessions s WHERE s.id = auth_tokens.session AND s.ended_at IS NULL))";

pub(super) const END_SESSION: &str = "UPDATE auth_sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL";

pub(super) const END_SESSIONS: &str = "UPDATE auth_sessions SET ended_at = COALESCE(ended_at, $1) \
    WHERE subject = $2 AND expires_at > $1 RETURNING id";

pub(super) const TAKE_SINGLE_USE: &str = "DELETE FROM auth_tokens WHERE subject = $1 AND session IS NULL";

pub(super) const LIVE_SESSIONS: &str = "SELECT id, subject, client, scopes, started_at, expires_at, ended_at \
    FROM auth_sessions WHERE subject = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY started_at DESC, id DESC";

pub(super) const PURGE: [&str; 3] = [
    // Their tokens go with them.
    "DELETE FROM auth_sessions WHERE expires_at <= $1",
    "DELETE FROM auth_tokens WHERE expires_at <= $1 AND (session IS NULL OR purpose <> 'refresh')",
    "DELETE FROM auth_revocations WHERE ends_at <= $1",
];

pub(super) const REVOKE: &str = "INSERT INTO auth_revocations (id, ends_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET \
    ends_at = CASE WHEN excluded.ends_at > auth_revocations.ends_at THEN excluded.ends_at \
    ELSE auth_revocations.ends_at END";

pub(super) const REVOKED: &str = "SELECT id, ends_at FROM auth_revocations WHERE ends_at > $1";

pub(super) const FIND_CLIENT: &str =
    "SELECT id, secret, scopes, client_credentials, introspection, disabled FROM auth_clients WHERE id = $1";

pub(super) const CLIENTS: &str =
    "SELECT id, secret, scopes, client_credentials, introspection, disabled FROM auth_clients ORDER BY id";

pub(super) const REGISTER: &str = "INSERT INTO auth_clients (id, secret, scopes, client_credentials, introspection, \
    disabled) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, \
    scopes = excluded.scopes, client_credentials = excluded.client_credentials, \
    introspection = excluded.introspection, disabled = excluded.disabled";

pub(super) const REMOVE_CLIENT: &str = "DELETE FROM auth_clients WHERE id = $1";

/// Whether one of `count` identifiers is revoked at the time that is the first parameter.
pub(super) fn is_any_revoked(count: usize) -> String {
    let marks: Vec<String> = (2..count + 2).map(|number| format!("${number}")).collect();
    format!("SELECT EXISTS (SELECT 1 FROM auth_revocations WHERE ends_at > $1 AND id IN ({}))", marks.join(", "))
}

/// Scopes hold no blanks (RFC 6749 section 3.3).
pub(super) fn scopes_of(text: &str) -> Vec<String> {
    text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

pub(super) type SessionRow = (String, String, Option<String>, String, i64, i64, Option<i64>);

pub(super) fn session((id, subject, client, scopes, started_at, expires_at, ended_at): SessionRow) -> Session {
    Session {
        id,
        subject,
        client,
        scopes: scopes_of(&scopes),
        started_at: from_stored(started_at),
        expires_at: from_stored(expires_at),
        ended_at: ended_at.map(from_stored),
    }
}

/// [`FIND_TOKEN`]'s.
pub(super) type TokenRow = (
    String,
    Option<String>,
    String,
    Option<String>,
    String,
    Option<String>,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

pub(super) fn found(digest: TokenDigest, row: TokenRow) -> Result<FoundToken, StoreError> {
    let (
        purpose,
        id,
        subject,
        client,
        scopes,
        detail,
        issued_at,
        expires_at,
        used_at,
        of,
        by,
        granted,
        began,
        ends,
        ended,
    ) = row;
    let purpose = TokenPurpose::of_name(&purpose)
        .ok_or_else(|| StoreError::new("a stored token is for a purpose that this program does not know"))?;
    let session = match (&id, of, granted, began, ends) {
        (Some(id), Some(of), Some(granted), Some(began), Some(ends)) => {
            Some(session((id.clone(), of, by, granted, began, ends, ended)))
        }
        _ => None,
    };
    let token = KeptToken {
        digest,
        purpose,
        session: id,
        subject,
        client,
        scopes: scopes_of(&scopes),
        detail,
        issued_at: from_stored(issued_at),
        expires_at: from_stored(expires_at),
        used_at: used_at.map(from_stored),
    };
    Ok(FoundToken { token, session })
}

pub(super) type ClientRow = (String, Option<Vec<u8>>, String, i64, i64, i64);

pub(super) fn client(
    (id, secret, scopes, client_credentials, introspection, disabled): ClientRow,
) -> Result<Client, StoreError> {
    let secret = match secret {
        // A digest that cannot be read is not taken for a client without a secret.
        Some(bytes) => Some(
            TokenDigest::from_bytes(&bytes)
                .ok_or_else(|| StoreError::new(format!("the secret of the client {id:?} is damaged")))?,
        ),
        None => None,
    };
    let mut client = Client::public(id).scopes(scopes_of(&scopes));
    client.secret = secret;
    client.client_credentials = client_credentials != 0;
    client.introspection = introspection != 0;
    client.disabled = disabled != 0;
    Ok(client)
}

/// What a store of either database does. `begin` is the database's: it begins a transaction that will write.
macro_rules! sql_store {
    ($store:ident) => {
        impl $store {
            async fn insert_tokens(
                &self,
                transaction: &mut sqlx::Transaction<'static, Database>,
                tokens: &[KeptToken],
            ) -> Result<(), StoreError> {
                for token in tokens {
                    sqlx::query(store::INSERT_TOKEN)
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

        impl SessionStore for $store {
            async fn begin(&self, session: &Session, tokens: &[KeptToken]) -> Result<(), StoreError> {
                let mut transaction = self.transaction().await?;
                sqlx::query(store::INSERT_SESSION)
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
                let row: Option<store::TokenRow> = sqlx::query_as(store::FIND_TOKEN)
                    .bind(digest.as_bytes())
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                row.map(|row| store::found(*digest, row)).transpose()
            }

            async fn exchange(&self, digest: &TokenDigest, now: u64, new: &[KeptToken]) -> Result<bool, StoreError> {
                let mut transaction = self.transaction().await?;
                let used = sqlx::query(store::USE_TOKEN)
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
                let query = sqlx::query(store::END_SESSION).bind(to_stored(now)).bind(id);
                query.execute(&self.pool).await.map(drop).map_err(|error| self.explain(error))
            }

            async fn end_sessions(&self, subject: &str, now: u64) -> Result<Vec<String>, StoreError> {
                let mut transaction = self.transaction().await?;
                let ended: Vec<String> = sqlx::query_scalar(store::END_SESSIONS)
                    .bind(to_stored(now))
                    .bind(subject)
                    .fetch_all(&mut *transaction)
                    .await
                    .map_err(|error| self.explain(error))?;
                let taken = sqlx::query(store::TAKE_SINGLE_USE).bind(subject).execute(&mut *transaction).await;
                taken.map_err(|error| self.explain(error))?;
                transaction.commit().await.map_err(|error| self.explain(error))?;
                Ok(ended)
            }

            async fn sessions(&self, subject: &str, now: u64) -> Result<Vec<Session>, StoreError> {
                let rows: Vec<store::SessionRow> = sqlx::query_as(store::LIVE_SESSIONS)
                    .bind(subject)
                    .bind(to_stored(now))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                Ok(rows.into_iter().map(store::session).collect())
            }

            async fn purge(&self, now: u64) -> Result<u64, StoreError> {
                let mut purged = 0;
                for statement in store::PURGE {
                    let query = sqlx::query(statement).bind(to_stored(now));
                    purged += query.execute(&self.pool).await.map_err(|error| self.explain(error))?.rows_affected();
                }
                Ok(purged)
            }
        }

        impl RevocationStore for $store {
            async fn revoke(&self, ids: &[String], until: u64) -> Result<(), StoreError> {
                let mut transaction = self.transaction().await?;
                for id in ids {
                    let query = sqlx::query(store::REVOKE).bind(id.as_str()).bind(to_stored(until));
                    query.execute(&mut *transaction).await.map_err(|error| self.explain(error))?;
                }
                transaction.commit().await.map_err(|error| self.explain(error))
            }

            async fn is_any_revoked(&self, ids: &[String], now: u64) -> Result<bool, StoreError> {
                if ids.is_empty() {
                    return Ok(false);
                }
                let mut query =
                    sqlx::query_scalar(AssertSqlSafe(store::is_any_revoked(ids.len()))).bind(to_stored(now));
                for id in ids {
                    query = query.bind(id.as_str());
                }
                query.fetch_one(&self.pool).await.map_err(|error| self.explain(error))
            }

            async fn revoked(&self, now: u64) -> Result<Vec<(String, u64)>, StoreError> {
                let rows: Vec<(String, i64)> = sqlx::query_as(store::REVOKED)
                    .bind(to_stored(now))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                Ok(rows.into_iter().map(|(id, ends)| (id, from_stored(ends))).collect())
            }
        }

        impl ClientStore for $store {
            async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
                if !holds(id) {
                    return Ok(None);
                }
                let row: Option<store::ClientRow> = sqlx::query_as(store::FIND_CLIENT)
                    .bind(id)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.explain(error))?;
                row.map(store::client).transpose()
            }

            async fn register(&self, client: &Client) -> Result<(), StoreError> {
                sqlx::query(store::REGISTER)
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
                let query = sqlx::query(store::REMOVE_CLIENT).bind(id);
                let removed = query.execute(&self.pool).await.map_err(|error| self.explain(error))?;
                Ok(removed.rows_affected() > 0)
            }

            async fn clients(&self) -> Result<Vec<Client>, StoreError> {
                let rows: Vec<store::ClientRow> =
                    sqlx::query_as(store::CLIENTS).fetch_all(&self.pool).await.map_err(|error| self.explain(error))?;
                rows.into_iter().map(store::client).collect()
            }
        }
    };
}

pub(super) use sql_store;
