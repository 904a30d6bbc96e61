//! The token endpoint's argument: by the time the body runs, the form is parsed and the password verified.

use std::future::Future;

use axum::{
    extract::{FromRequest, Request},
    http::{Uri, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    address::ClientAddress,
    auth::{Auth, LoggedIn, UsersOf},
    error::{Refusal, Rejection},
    form::{Fields, LoginForm, read, requested_scopes, unknown_scopes},
    grant::{self, GrantFor, IntoGrant},
    guard::is_forgeable,
    policy::Policy,
    scope::RequestedScope,
    session_cookie::Next,
    store::Client,
    user::AuthUser,
    watch::AuditEvent,
};

/// A request to a token endpoint. One for a login has a user whose password was right, the form, and what issues the tokens;
/// any other is answered already.
pub struct Login<U, F>(Result<Verified<U, F>, Box<Response>>);

struct Verified<U, F> {
    issuer: Issuer<U>,
    user: U,
    form: F,
}

/// Issues the tokens of a grant.
pub struct Issuer<U> {
    auth: Auth<U>,
    logged_in: LoggedIn,
    client: Option<Client>,
    /// Whether a page of another site may have sent the form.
    forgeable: bool,
}

impl<U, F> Login<U, F> {
    /// The three parts.
    ///
    /// # Errors
    /// The response to a request for something else than a login: the renewal of a session, or a client's own token.
    pub fn into_parts(self) -> Result<(Issuer<U>, U, F), Box<Response>> {
        self.0.map(|Verified { issuer, user, form }| (issuer, user, form))
    }
}

impl<U: AuthUser> Issuer<U> {
    /// The token response of what the body returns.
    #[expect(clippy::manual_async_fn, reason = "the signature promises `Send`, as in `extract`")]
    pub fn respond<G: IntoGrant>(
        self,
        outcome: impl Future<Output = G> + Send,
    ) -> impl Future<Output = Response> + Send {
        async move {
            let Self { logged_in, client, forgeable, .. } = &self;
            let granted_to = GrantFor { logged_in, client: client.as_ref(), forgeable: *forgeable };
            grant::respond(&self.auth, outcome.await, &granted_to).await
        }
    }
}

impl<S, U, F> FromRequest<S> for Login<U, F>
where
    U: AuthUser,
    S: UsersOf<U>,
    F: LoginForm,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let auth = state.users_auth();
        let (parts, body) = request.into_parts();
        let head = Head::of(&parts, auth);
        match log_in(auth, &head, Request::from_parts(parts, body)).await {
            Ok(login) => Ok(login),
            Err(refusal) => {
                let answers = auth.answers();
                let to_page = answers.back_to_login(&refusal, &head.headers, &Next::of_query(&head.uri));
                let response = to_page.unwrap_or_else(|| answers.respond(&refusal, &Policy::PUBLIC));
                Err(Rejection::new(refusal, response))
            }
        }
    }
}

/// What of the request is needed beside its body.
struct Head {
    headers: axum::http::HeaderMap,
    uri: Uri,
    forgeable: bool,
    address: ClientAddress,
}

impl Head {
    fn of<U>(parts: &Parts, auth: &Auth<U>) -> Self {
        Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            forgeable: is_forgeable(auth, parts),
            address: auth.client_address(parts),
        }
    }
}

async fn log_in<U: AuthUser, F: LoginForm>(
    auth: &Auth<U>,
    head: &Head,
    request: Request,
) -> Result<Login<U, F>, Refusal> {
    let bad_form = |fault| {
        let refusal = Refusal::BadForm(fault);
        let address = head.address.ip();
        auth.record(&AuditEvent { address, ..AuditEvent::new("login.refused").because(&refusal) });
        refusal
    };
    let fields = read(request, F::REQUIRED).await.map_err(bad_form)?;
    let client = auth.client_of(&head.headers, &fields).await?;
    let answered = match fields.grant_type.as_deref() {
        Some("refresh_token") if auth.keeps_sessions() => Some(refresh::<U, F>(auth, client.as_ref(), &fields).await?),
        Some("client_credentials") if auth.knows_clients() => {
            Some(grant::respond_to_client(auth, client.as_ref(), fields.scope.as_deref()).await?)
        }
        _ => None,
    };
    if let Some(response) = answered {
        return Ok(Login(Err(Box::new(response))));
    }
    let form = F::from_fields(fields, unknown_scopes(auth.answers().profile())).map_err(bad_form)?;
    let (username, password) = form.credentials();
    let user = auth.verify_login(username, password, head.address).await?;
    let issuer = Issuer { auth: auth.clone(), logged_in: LoggedIn::of(&user), client, forgeable: head.forgeable };
    Ok(Login(Ok(Verified { issuer, user, form })))
}

async fn refresh<U: AuthUser, F: LoginForm>(
    auth: &Auth<U>,
    client: Option<&Client>,
    fields: &Fields,
) -> Result<Response, Refusal> {
    let missing = || Refusal::BadForm(crate::form::FormFault::missing("refresh_token"));
    let token = fields.refresh_token.as_ref().ok_or_else(missing)?;
    let unknown = unknown_scopes(auth.answers().profile());
    let wanted: Option<Vec<String>> = match fields.scope.as_deref() {
        None => None,
        Some(scope) => {
            let scopes: Vec<F::Scope> = requested_scopes(Some(scope), unknown).map_err(Refusal::BadForm)?;
            Some(scopes.iter().map(|scope| scope.token().to_owned()).collect())
        }
    };
    let issued = auth.refresh(token, client, wanted.as_deref()).await?;
    Ok(grant::token_response(auth.answers(), &issued).into_response())
}
