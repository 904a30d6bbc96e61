//! Grants: what a token endpoint hands out, and how it becomes a token response.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    auth::Auth,
    error::{Answers, Profile, no_store},
    policy::Policy,
    scope::RequestedScope,
    token::TokenRequest,
    user::AuthUser,
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
}

impl<S: RequestedScope> Grant<S> {
    /// A token for this user, without scopes.
    #[expect(clippy::needless_pass_by_value, reason = "a login has no further use for the user")]
    pub fn to<U: AuthUser>(user: U) -> Self {
        Self { subject: user.username().to_owned(), scopes: Vec::new() }
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
struct StandardBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    scope: &'a str,
}

#[derive(Serialize)]
struct FastApiBody<'a> {
    access_token: &'a str,
    token_type: &'static str,
}

/// The token response of a grant.
pub(crate) async fn respond<U>(auth: &Auth<U>, outcome: impl IntoGrant) -> Response {
    let grant = match outcome.into_grant() {
        Ok(grant) => grant,
        Err(mut response) => {
            no_store(&mut response);
            return *response;
        }
    };
    let mut scopes: Vec<String> = Vec::with_capacity(grant.scopes.len());
    for scope in &grant.scopes {
        if !scopes.iter().any(|present| present == scope.token()) {
            scopes.push(scope.token().to_owned());
        }
    }
    let issued = match auth.issue_token(TokenRequest { subject: &grant.subject, scopes: &scopes }).await {
        Ok(issued) => issued,
        Err(refusal) => return auth.answers().respond(&refusal, &Policy::PUBLIC),
    };
    tracing::info!(event = "token.issued", user = ?grant.subject, scopes = ?scopes);

    let access_token = issued.token.expose();
    let mut response = match auth.answers().profile() {
        Profile::Standard => Json(StandardBody {
            access_token,
            token_type: "Bearer",
            expires_in: issued.expires_in.map(|lifetime| lifetime.as_secs()),
            scope: &scopes.join(" "),
        })
        .into_response(),
        Profile::FastApi => Json(FastApiBody { access_token, token_type: "bearer" }).into_response(),
    };
    no_store(&mut response);
    response
}

/// The fields of a token response, for the document: name, whether it is a number.
pub(crate) fn response_fields(answers: &Answers) -> &'static [(&'static str, bool)] {
    match answers.profile() {
        Profile::Standard => &[("access_token", false), ("token_type", false), ("expires_in", true), ("scope", false)],
        Profile::FastApi => &[("access_token", false), ("token_type", false)],
    }
}
