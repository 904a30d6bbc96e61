//! Which client makes a request (RFC 6749 section 2.3).

use axum::http::HeaderMap;

use super::Auth;
use crate::{
    error::{GrantFault, Refusal},
    form::{Fields, FormFault, Wrong},
    scheme::client_credentials,
    secret::Secret,
    store::Client,
    user::is_too_long_a_name,
    watch::AuditEvent,
};

impl<U> Auth<U> {
    /// Whether clients are registered.
    pub(crate) fn knows_clients(&self) -> bool {
        self.0.clients.is_some()
    }

    /// The client that this request shows itself to be; `None` for one that names none, or where clients are not registered.
    ///
    /// A confidential client shows its secret in `Authorization: Basic` or in the form, and not in both; a public one has
    /// none to show.
    pub(crate) async fn client_of(&self, headers: &HeaderMap, fields: &Fields) -> Result<Option<Client>, Refusal> {
        let Some(clients) = &self.0.clients else { return Ok(None) };
        let by_header = client_credentials(headers).map_err(|_| Refusal::BadGrant(GrantFault::InvalidClient))?;
        let (id, secret) = match (by_header, &fields.client_id) {
            (None, None) if fields.client_secret.is_some() => {
                return Err(Refusal::BadForm(FormFault::missing("client_id")));
            }
            (None, None) => return Ok(None),
            (None, Some(id)) => (id.clone(), fields.client_secret.clone()),
            // More than one method of authentication (RFC 6749 section 2.3), or two clients.
            (Some((id, _)), named)
                if fields.client_secret.is_some() || named.as_ref().is_some_and(|named| *named != id) =>
            {
                return Err(Refusal::BadForm(FormFault::field("client_secret", Wrong::Repeated)));
            }
            (Some((id, secret)), _) => (id, Some(secret)),
        };
        let found = self.bounded(clients.find_client(&id)).await?;
        let client = found.filter(|client| !client.disabled && shows_itself(client, secret.as_ref()));
        if client.is_none() {
            // What anybody may send fills no log.
            let named = Some(id.as_str()).filter(|id| !is_too_long_a_name(id));
            self.record(&AuditEvent { client: named, ..AuditEvent::new("client.refused") });
        }
        client.map(Some).ok_or(Refusal::BadGrant(GrantFault::InvalidClient))
    }
}

fn shows_itself(client: &Client, secret: Option<&Secret>) -> bool {
    match secret {
        Some(secret) => client.has_secret(secret),
        None => client.secret.is_none(),
    }
}
