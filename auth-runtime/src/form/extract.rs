//! The login form as an extractor, for handlers that do with it as they like.

use axum::extract::{FromRequest, Request};

use super::{LoginForm, PasswordRequestForm, PasswordRequestFormStrict, UnknownScopes, read};
use crate::{
    auth::AuthState,
    error::{Profile, Refusal, Rejection},
    policy::Policy,
    scope::RequestedScope,
};

/// What becomes of unknown scopes in an application of this profile.
pub(crate) fn unknown_scopes(profile: Profile) -> UnknownScopes {
    match profile {
        Profile::Standard => UnknownScopes::Refuse,
        Profile::FastApi => UnknownScopes::LeaveOut,
    }
}

async fn extract<F: LoginForm, S: AuthState>(request: Request, state: &S) -> Result<F, Rejection> {
    let answers = state.auth().answers();
    let unknown = unknown_scopes(answers.profile());
    let form = read(request, F::REQUIRED).await.and_then(|fields| F::from_fields(fields, unknown));
    form.map_err(|fault| {
        let refusal = Refusal::BadForm(fault);
        let response = answers.respond(&refusal, &Policy::PUBLIC);
        Rejection::new(refusal, response)
    })
}

impl<S: AuthState, P: RequestedScope> FromRequest<S> for PasswordRequestForm<P> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        extract(request, state).await
    }
}

impl<S: AuthState, P: RequestedScope> FromRequest<S> for PasswordRequestFormStrict<P> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        extract(request, state).await
    }
}
