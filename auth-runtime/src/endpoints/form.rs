//! The forms of the endpoints.

use std::marker::PhantomData;

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    auth::AuthState,
    error::{GrantFault, Refusal, Rejection},
    form::{Fields, FormFault, Wrong, read},
    password::PasswordFault,
    policy::Policy,
    secret::Secret,
    store::Client,
    user::is_too_long_a_name,
};

/// The fields of a form, and the client that sent it, if it is one's.
pub(crate) struct Form<F> {
    pub(super) fields: Fields,
    pub(super) client: Option<Client>,
    form: PhantomData<fn() -> F>,
}

/// Which form it is, for the document.
pub(crate) trait FormFields {
    /// The fields that it requires.
    const REQUIRED: &'static [&'static str];

    /// The status of the endpoint that has done what it was asked for.
    const DONE: StatusCode;

    /// Why that endpoint refuses, beside what is wrong with a form, and beside its policy.
    const REFUSALS: &'static [Refusal];
}

macro_rules! forms {
    ($($name:ident: $($field:literal),+ => $done:ident $(, $refusal:expr)*;)*) => {$(
        pub(super) struct $name;

        impl FormFields for $name {
            const REQUIRED: &'static [&'static str] = &[$($field),+];
            const DONE: StatusCode = StatusCode::$done;
            const REFUSALS: &'static [Refusal] = &[$($refusal),*];
        }
    )*};
}

const INVALID_GRANT: Refusal = Refusal::BadGrant(GrantFault::InvalidGrant);
const INVALID_CLIENT: Refusal = Refusal::BadGrant(GrantFault::InvalidClient);
const WEAK_PASSWORD: Refusal = Refusal::WeakPassword(PasswordFault::Common);
const TOO_MANY: Refusal = Refusal::TooManyAttempts(1);

forms! {
    OfRevoked: "token" => OK;
    OfIntrospected: "token" => OK, INVALID_CLIENT;
    OfEmailToken: "token" => NO_CONTENT, INVALID_GRANT, Refusal::NoSuchUser;
    OfName: "username" => ACCEPTED;
    OfNewUser: "username", "password" => CREATED, Refusal::UsernameTaken, WEAK_PASSWORD, TOO_MANY;
    OfChange: "password", "new_password" => NO_CONTENT, Refusal::BadLogin, WEAK_PASSWORD, TOO_MANY, Refusal::NoSuchUser;
    OfReset: "token", "new_password" => NO_CONTENT, INVALID_GRANT, WEAK_PASSWORD, Refusal::NoSuchUser;
    OfEmail: "email" => ACCEPTED;
    OfPassword: "password" => NO_CONTENT, Refusal::BadLogin, TOO_MANY, Refusal::NoSuchUser;
}

/// What is in a form.
pub(super) struct Field;

impl Field {
    /// A field that has to be there.
    pub(super) fn secret(field: &'static str, value: Option<Secret>) -> Result<Secret, Refusal> {
        value.ok_or(Refusal::BadForm(FormFault::missing(field)))
    }

    /// The same for a name that is to be kept: short, and of characters that can be seen.
    pub(super) fn name(field: &'static str, value: Option<String>) -> Result<String, Refusal> {
        let name = Self::text(field, value)?;
        let is_fit = !is_too_long_a_name(&name) && !name.contains(char::is_control) && name.trim() == name;
        if is_fit { Ok(name) } else { Err(Refusal::BadForm(FormFault::field(field, Wrong::Unfit))) }
    }

    /// A field that has to be there.
    pub(super) fn text(field: &'static str, value: Option<String>) -> Result<String, Refusal> {
        value.ok_or(Refusal::BadForm(FormFault::missing(field)))
    }
}

impl<S: AuthState, F: FormFields> FromRequest<S> for Form<F> {
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let auth = state.auth();
        let (parts, body) = request.into_parts();
        let headers = parts.headers.clone();
        let form = async {
            let fields = read(Request::from_parts(parts, body), F::REQUIRED).await.map_err(Refusal::BadForm)?;
            let client = auth.client_of(&headers, &fields).await?;
            Ok(Self { fields, client, form: PhantomData })
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
