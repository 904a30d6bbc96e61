//! The token endpoint's argument: by the time the body runs, the form is parsed and the password verified.

use std::future::Future;

use axum::{
    extract::{FromRequest, Request},
    response::Response,
};

use crate::{
    auth::{Auth, UsersOf},
    error::{Refusal, Rejection},
    form::{LoginForm, read, unknown_scopes},
    grant::{self, IntoGrant},
    policy::Policy,
    user::AuthUser,
};

/// A login whose password was right: the user, the form, and what issues the token.
pub struct Login<U, F> {
    auth: Auth<U>,
    user: U,
    form: F,
}

/// Issues the token of a grant.
pub struct Issuer<U>(Auth<U>);

impl<U, F> Login<U, F> {
    /// The three parts.
    pub fn into_parts(self) -> (Issuer<U>, U, F) {
        (Issuer(self.auth), self.user, self.form)
    }
}

impl<U> Issuer<U> {
    /// The token response of what the body returns.
    pub async fn respond<G: IntoGrant>(self, outcome: impl Future<Output = G> + Send) -> Response {
        grant::respond(&self.0, outcome.await).await
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
        log_in(auth, request)
            .await
            .map(|(user, form)| Self { auth: auth.clone(), user, form })
            .map_err(|refusal| Rejection::new(refusal.clone(), auth.answers().respond(&refusal, &Policy::PUBLIC)))
    }
}

async fn log_in<U: AuthUser, F: LoginForm>(auth: &Auth<U>, request: Request) -> Result<(U, F), Refusal> {
    let unknown_scopes = unknown_scopes(auth.answers().profile());
    let form = match read(request, F::REQUIRED).await.and_then(|fields| F::from_fields(fields, unknown_scopes)) {
        Ok(form) => form,
        Err(fault) => {
            tracing::info!(event = "login.refused", reason = "bad_form", %fault);
            return Err(Refusal::BadForm(fault));
        }
    };
    let (username, password) = form.credentials();
    let user = auth.verify_login(username, password).await?;
    Ok((user, form))
}
