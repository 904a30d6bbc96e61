//! Sessions, revocations and clients in a database.

use super::from_stored;
use crate::store::{Client, FoundToken, KeptToken, Session, StoreError, TokenDigest, TokenPurpose};

pub(crate) const INSERT_SESSION: &str = "INSERT INTO auth_sessions (id, subject, client, scopes, started_at, expires_at, \
    ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const INSERT_TOKEN: &str = "INSERT INTO auth_tokens (digest, purpose, session, subject, client, scopes, detail, \
    issued_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(crate) const FIND_TOKEN: &str = "SELECT t.purpose, t.session, t.subject, t.client, t.scopes, t.detail, t.issued_at, \
    t.expires_at, t.used_at, s.subject, s.client, s.scopes, s.started_at, s.expires_at, s.ended_at \
    FROM auth_tokens t LEFT JOIN auth_sessions s ON s.id = t.session WHERE t.digest = $1";

/// One statement decides who wins: of those that wait for the row, the others find it used.
pub(crate) const USE_TOKEN: &str = "UPDATE auth_tokens SET used_at = $1 WHERE digest = $2 AND used_at IS NULL \
    AND (session IS NULL OR EXISTS (SELECT 1 FROM auth_sessions s WHERE s.id = auth_tokens.session AND s.ended_at IS NULL))";

pub(crate) const END_SESSION: &str = "UPDATE auth_sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL";

pub(crate) const END_SESSIONS: &str = "UPDATE auth_sessions SET ended_at = COALESCE(ended_at, $1) \
    WHERE subject = $2 AND expires_at > $1 RETURNING id";

pub(crate) const TAKE_SINGLE_USE: &str = "DELETE FROM auth_tokens WHERE subject = $1 AND session IS NULL";

pub(crate) const LIVE_SESSIONS: &str = "SELECT id, subject, client, scopes, started_at, expires_at, ended_at \
    FROM auth_sessions WHERE subject = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY started_at DESC, id DESC";

pub(crate) const PURGE: [&str; 3] = [
    // Their tokens go with them.
    "DELETE FROM auth_sessions WHERE expires_at <= $1",
    "DELETE FROM auth_tokens WHERE expires_at <= $1 AND (session IS NULL OR purpose <> 'refresh')",
    "DELETE FROM auth_revocations WHERE ends_at <= $1",
];

pub(crate) const REVOKE: &str = "INSERT INTO auth_revocations (id, ends_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET \
    ends_at = CASE WHEN excluded.ends_at > auth_revocations.ends_at THEN excluded.ends_at \
    ELSE auth_revocations.ends_at END";

pub(crate) const REVOKED: &str = "SELECT id, ends_at FROM auth_revocations WHERE ends_at > $1";

pub(crate) const FIND_CLIENT: &str =
    "SELECT id, secret, scopes, client_credentials, introspection, disabled FROM auth_clients WHERE id = $1";

pub(crate) const CLIENTS: &str =
    "SELECT id, secret, scopes, client_credentials, introspection, disabled FROM auth_clients ORDER BY id";

pub(crate) const REGISTER: &str = "INSERT INTO auth_clients (id, secret, scopes, client_credentials, introspection, \
    disabled) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, \
    scopes = excluded.scopes, client_credentials = excluded.client_credentials, \
    introspection = excluded.introspection, disabled = excluded.disabled";

pub(crate) const REMOVE_CLIENT: &str = "DELETE FROM auth_clients WHERE id = $1";

/// Whether one of `count` identifiers is revoked at the time that is the first parameter.
pub(crate) fn is_any_revoked(count: usize) -> String {
    let marks: Vec<String> = (2..count + 2).map(|number| format!("${number}")).collect();
    format!("SELECT EXISTS (SELECT 1 FROM auth_revocations WHERE ends_at > $1 AND id IN ({}))", marks.join(", "))
}

/// Scopes hold no blanks (RFC 6749 section 3.3).
pub(crate) fn scopes_of(text: &str) -> Vec<String> {
    text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

pub(crate) type SessionRow = (String, String, Option<String>, String, i64, i64, Option<i64>);

pub(crate) fn session((id, subject, client, scopes, started_at, expires_at, ended_at): SessionRow) -> Session {
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
pub(crate) type TokenRow = (
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

pub(crate) fn found(digest: TokenDigest, row: TokenRow) -> Result<FoundToken, StoreError> {
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
        session_subject,
        session_client,
        session_scopes,
        session_started_at,
        session_expires_at,
        session_ended_at,
    ) = row;
    let purpose = TokenPurpose::of_name(&purpose)
        .ok_or_else(|| StoreError::new("a stored token is for a purpose that this program does not know"))?;
    let session = match (&id, session_subject, session_scopes, session_started_at, session_expires_at) {
        (Some(id), Some(subject), Some(scopes), Some(started_at), Some(expires_at)) => {
            Some(session((id.clone(), subject, session_client, scopes, started_at, expires_at, session_ended_at)))
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

pub(crate) type ClientRow = (String, Option<Vec<u8>>, String, i64, i64, i64);

pub(crate) fn client(
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
