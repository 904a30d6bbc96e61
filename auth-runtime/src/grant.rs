//! Grants: what a token endpoint hands out, and how it becomes a token response.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    auth::{Auth, IssuedTokens, LoggedIn},
    error::{Answers, GrantFault, Profile, Refusal, no_store},
    policy::Policy,
    scope::RequestedScope,
    session_cookie::{self, Next},
    store::Client,
    token::TokenRequest,
    user::AuthUser,
    watch::AuditEvent,
};

/// A token to be issued: what a [`#[token_endpoint]`](crate::token_endpoint) returns.
///
/// ```
/// # use auth_runtime::prelude::*;
/// # #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
/// # enum Scope { #[scope("me")] Me }
/// # #[derive(AuthUser, Clone)]
/// # #[auth(always_active)]
/// # struct User { #[auth(username)] name: String, #[auth(password_hash)] hash: PasswordHash }
/// #[token_endpoint("/token")]
/// async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
///     Grant::to(user).scopes(form.scopes)
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a grant becomes a token when a token endpoint returns it"]
pub struct Grant<S = String> {
    subject: String,
    scopes: Vec<S>,
    cookie: Option<Next>,
}

impl<S: RequestedScope> Grant<S> {
    /// A token for this user, without scopes.
    #[expect(clippy::needless_pass_by_value, reason = "a login has no further use for the user")]
    pub fn to<U: AuthUser>(user: U) -> Self {
        Self { subject: user.username().to_owned(), scopes: Vec::new(), cookie: None }
    }

    /// The scopes that the token is good for.
    ///
    /// What the form asks for is a client's wish: where not every user may have every scope, this is where to leave out
    /// what this one may not have (RFC 6749 section 3.3).
    ///
    /// ```
    /// # use auth_runtime::prelude::*;
    /// # #[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
    /// # enum Scope { #[scope("items")] Items, #[scope("admin")] Admin }
    /// #[derive(AuthUser, Clone)]
    /// #[auth(always_active)]
    /// struct User {
    ///     #[auth(username)]
    ///     name: String,
    ///     is_admin: bool,
    ///     #[auth(password_hash)]
    ///     hash: PasswordHash,
    /// }
    ///
    /// #[token_endpoint("/token")]
    /// async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    ///     let is_admin = user.is_admin;
    ///     Grant::to(user).scopes(form.scopes.into_iter().filter(|scope| *scope != Scope::Admin || is_admin))
    /// }
    /// ```
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// Begins a session in a cookie instead, and sends the browser on. It needs
    /// [`session_cookie`](crate::AuthBuilder::session_cookie), and a form that a page of this site sent.
    pub fn in_cookie(mut self, next: Next) -> Self {
        self.cookie = Some(next);
        self
    }
}

/// What the body of a token endpoint may return: a [`Grant`], or a `Result` of one whose error is a response.
#[diagnostic::on_unimplemented(
    message = "a token endpoint returns a grant, and this one returns `{Self}`",
    label = "not a `Grant`",
    note = "write `-> Grant<Scope>` and end with `Grant::to(user).scopes(form.scopes)`, or return a `Result` of it"
)]
pub trait IntoGrant: Send {
    /// The scopes of the grant.
    type Scope: RequestedScope;

    /// The grant, or the response that refuses it.
    ///
    /// # Errors
    /// The response.
    // Boxed, as a refusal is elsewhere.
    fn into_grant(self) -> Result<Grant<Self::Scope>, Box<Response>>;
}

impl<S: RequestedScope> IntoGrant for Grant<S> {
    type Scope = S;

    fn into_grant(self) -> Result<Self, Box<Response>> {
        Ok(self)
    }
}

impl<S: RequestedScope, E: IntoResponse + Send> IntoGrant for Result<Grant<S>, E> {
    type Scope = S;

    fn into_grant(self) -> Result<Grant<S>, Box<Response>> {
        self.map_err(|error| Box::new(error.into_response()))
    }
}

/// RFC 6749 section 5.1.
#[derive(Serialize)]
struct TokenBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// Who asked for a grant.
pub(crate) struct GrantFor<'a> {
    pub(crate) logged_in: &'a LoggedIn,
    pub(crate) client: Option<&'a Client>,
    /// Whether a page of another site may have.
    pub(crate) forgeable: bool,
}

/// The token response of a grant.
pub(crate) async fn respond<U: AuthUser>(
    auth: &Auth<U>,
    outcome: impl IntoGrant,
    granted_to: &GrantFor<'_>,
) -> Response {
    let grant = match outcome.into_grant() {
        Ok(grant) => grant,
        Err(mut response) => {
            no_store(response.headers_mut());
            return *response;
        }
    };
    issue(auth, grant, granted_to).await.unwrap_or_else(|refusal| auth.answers().respond(&refusal, &Policy::PUBLIC))
}

async fn issue<U: AuthUser, S: RequestedScope>(
    auth: &Auth<U>,
    grant: Grant<S>,
    granted_to: &GrantFor<'_>,
) -> Result<Response, Refusal> {
    let mut scopes: Vec<String> = Vec::with_capacity(grant.scopes.len());
    let permitted = |scope: &str| match granted_to.client {
        Some(client) if !client.scopes.is_empty() => client.scopes.iter().any(|one| one == scope),
        _ => true,
    };
    for scope in grant.scopes.iter().map(RequestedScope::token) {
        if permitted(scope) && !scopes.iter().any(|present| present == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if let Some(next) = &grant.cookie {
        if granted_to.forgeable {
            return Err(Refusal::CrossSite);
        }
        let (session, token, seconds) = auth.begin_cookie_session(&grant.subject, &scopes).await?;
        end_unless_good(auth, Some(&session), granted_to).await?;
        auth.record(&AuditEvent::of("session.started", &grant.subject));
        let mut response = session_cookie::set(&token, seconds, next);
        no_store(response.headers_mut());
        return Ok(response);
    }
    let issued = auth.start_session(&grant.subject, &scopes, granted_to.client).await?;
    end_unless_good(auth, issued.session.as_deref(), granted_to).await?;
    auth.record(&AuditEvent {
        client: granted_to.client.map(|client| client.id.as_str()),
        session: issued.session.as_deref(),
        ..AuditEvent::of("token.issued", &grant.subject)
    });
    Ok(token_response(auth.answers(), &issued))
}

/// Ends a session whose user has got another password since it was verified, or may not log in any more.
async fn end_unless_good<U: AuthUser>(
    auth: &Auth<U>,
    session: Option<&str>,
    granted_to: &GrantFor<'_>,
) -> Result<(), Refusal> {
    if auth.is_still_good(granted_to.logged_in).await? {
        return Ok(());
    }
    if let Some(session) = session {
        auth.end_session(session).await?;
    }
    Err(Refusal::BadLogin)
}

/// A client's own token (RFC 6749 section 4.4).
pub(crate) async fn respond_to_client<U>(
    auth: &Auth<U>,
    client: Option<&Client>,
    scope: Option<&str>,
) -> Result<Response, Refusal> {
    let client = client.ok_or(Refusal::BadGrant(GrantFault::InvalidClient))?;
    if !client.client_credentials || client.secret.is_none() {
        return Err(Refusal::BadGrant(GrantFault::UnauthorizedClient));
    }
    let scopes: Vec<String> = match scope {
        None => client.scopes.clone(),
        Some(scope) => scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
    };
    if !scopes.iter().all(|scope| client.scopes.contains(scope)) {
        return Err(Refusal::BadGrant(GrantFault::InvalidScope));
    }
    let access = auth.issue_token(TokenRequest::new(&client.id, &scopes).client(Some(&client.id))).await?;
    auth.record(&AuditEvent { client: Some(&client.id), ..AuditEvent::new("token.issued") });
    Ok(token_response(auth.answers(), &IssuedTokens::of_client(access, scopes)))
}

/// RFC 6749 section 5.1; FastAPI's clients know two fields of it.
pub(crate) fn token_response(answers: &Answers, issued: &IssuedTokens) -> Response {
    let standard = answers.profile() == Profile::Standard;
    let expires_in = issued.access.expires_in.map(|lifetime| lifetime.as_secs());
    let body = TokenBody {
        access_token: issued.access.token.expose(),
        token_type: if standard { "Bearer" } else { "bearer" },
        expires_in: expires_in.filter(|_| standard),
        refresh_token: issued.refresh.as_ref().map(crate::secret::Secret::expose),
        scope: standard.then(|| issued.scopes.join(" ")),
    };
    let mut response = Json(body).into_response();
    no_store(response.headers_mut());
    response
}

/// The fields of a token response, for the document.
pub(crate) fn response_fields(answers: &Answers) -> Vec<ResponseField> {
    let field = |name, number, always| ResponseField { name, number, always };
    let mut fields = vec![field("access_token", false, true), field("token_type", false, true)];
    if answers.profile() == Profile::Standard {
        fields.push(field("expires_in", true, true));
    }
    if answers.refresh_tokens {
        // A client's own token has none (RFC 6749 section 4.4.3).
        fields.push(field("refresh_token", false, false));
    }
    if answers.profile() == Profile::Standard {
        fields.push(field("scope", false, true));
    }
    fields
}

/// One of them: whether it is a number, and whether it is always there.
pub(crate) struct ResponseField {
    pub(crate) name: &'static str,
    pub(crate) number: bool,
    pub(crate) always: bool,
}
