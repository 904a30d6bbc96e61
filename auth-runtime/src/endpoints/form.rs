//! The forms of the endpoints.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};

use crate::{
    auth::AuthState,
    error::{Refusal, Rejection},
    form::{Fields, FormFault, read},
    policy::Policy,
    secret::Secret,
    store::Client,
};

/// The fields of a form, and the client that sent it, if it is one's.
pub(super) struct Form {
    pub(super) fields: Fields,
    pub(super) client: Option<Client>,
}

impl Form {
    /// A field that has to be there.
    pub(super) fn secret(field: &'static str, value: Option<Secret>) -> Result<Secret, Refusal> {
        value.ok_or(Refusal::BadForm(FormFault::missing(field)))
    }

    /// A field that has to be there.
    pub(super) fn text(field: &'static str, value: Option<String>) -> Result<String, Refusal> {
        value.ok_or(Refusal::BadForm(FormFault::missing(field)))
    }
}

impl<S: AuthState> FromRequest<S> for Form {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let auth = state.auth();
        let (parts, body) = request.into_parts();
        let headers = parts.headers.clone();
        let form = async {
            let fields = read(Request::from_parts(parts, body), &[]).await.map_err(Refusal::BadForm)?;
            let client = auth.client_of(&headers, &fields).await?;
            Ok(Self { fields, client })
        };
        form.await.map_err(|refusal| refused(state, refusal))
    }
}

/// A refusal as this application answers it.
pub(super) fn refused<S: AuthState>(state: &S, refusal: Refusal) -> Rejection {
    let response = state.auth().answers().respond(&refusal, &Policy::PUBLIC);
    Rejection::new(refusal, response)
}

/// The response of an endpoint.
pub(super) fn answer<S: AuthState>(state: &S, outcome: Result<Response, Refusal>) -> Response {
    outcome.unwrap_or_else(|refusal| refused(state, refusal).into_response())
}
