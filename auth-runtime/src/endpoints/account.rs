//! What users do with their own accounts.

use auth_macros::{accept, post, public, requires_active_user};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::form::{Field, Form, OfChange, OfEmail, OfEmailToken, OfName, OfNewUser, OfPassword, OfReset, answer};
use crate::{
    address::ClientAddress,
    auth::{Auth, AuthState, Mail},
    error::Refusal,
    extract::AccessToken,
    password::PasswordHash,
    user::AuthUser,
};

/// A user type of which `POST /register` can make one.
///
/// ```
/// # use auth_runtime::prelude::*;
/// use auth_runtime::endpoints::NewUser;
///
/// #[derive(AuthUser, Clone)]
/// struct User {
///     #[auth(username)]
///     email: String,
///     #[auth(verified)]
///     verified: bool,
///     #[auth(disabled)]
///     disabled: bool,
///     #[auth(password_hash)]
///     hash: PasswordHash,
/// }
///
/// impl NewUser for User {
///     fn new_user(username: String, password: PasswordHash) -> Self {
///         Self { email: username, verified: false, disabled: false, hash: password }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how a new user is made",
    note = "implement `auth_runtime::endpoints::NewUser` for it, or register users in an endpoint of your own: `auth.register(&user, address)`"
)]
pub trait NewUser: AuthUser {
    /// A user of this name, who may do what strangers may be given.
    fn new_user(username: String, password: PasswordHash) -> Self;
}

const DONE: StatusCode = StatusCode::NO_CONTENT;

/// Become a user: `username` and `password`.
#[post("/register", tag = "account")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn register<S: AuthState<User: NewUser> + Clone + 'static>(
    State(state): State<S>,
    address: ClientAddress,
    form: Form<OfNewUser>,
) -> Response {
    answer(&state, try_register(state.auth(), address, form).await)
}

async fn try_register<U: NewUser>(
    auth: &Auth<U>,
    address: ClientAddress,
    form: Form<OfNewUser>,
) -> Result<Response, Refusal> {
    let username = Field::name("username", form.fields.username)?;
    let password = Field::secret("password", form.fields.password)?;
    auth.count_registration(address).await?;
    auth.check_password(&username, &password)?;
    // Asked before, so that a name which is taken costs no hash; decided by the store.
    if auth.find_user(&username).await?.is_some() {
        return Err(Refusal::UsernameTaken);
    }
    let hash = auth.hash_password(password).await?;
    match auth.register(&U::new_user(username, hash), address).await? {
        true => Ok(StatusCode::CREATED.into_response()),
        false => Err(Refusal::UsernameTaken),
    }
}

/// Change your password: `password` is the current one, `new_password` the next. It logs you out everywhere.
#[post("/password", tag = "account")]
#[requires_active_user]
pub(crate) async fn change_password<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    token: AccessToken,
    address: ClientAddress,
    form: Form<OfChange>,
) -> Response {
    let change = async {
        let current = Field::secret("password", form.fields.password)?;
        let new = Field::secret("new_password", form.fields.new_password)?;
        state.auth().change_password(&token.subject, &current, new, address).await?;
        Ok(DONE.into_response())
    };
    answer(&state, change.await)
}

/// Ask for a way to set a new password: `username`. It is the same answer for every name.
#[post("/password/forgot", tag = "account")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn forgot_password<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    form: Form<OfName>,
) -> Response {
    let ask = async {
        let username = Field::text("username", form.fields.username)?;
        state.auth().send_password_reset(username)?;
        Ok(StatusCode::ACCEPTED.into_response())
    };
    answer(&state, ask.await)
}

/// Set a new password with the token that was sent: `token` and `new_password`. It logs you out everywhere.
#[post("/password/reset", tag = "account")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn reset_password<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    address: ClientAddress,
    form: Form<OfReset>,
) -> Response {
    let reset = async {
        let token = Field::secret("token", form.fields.token)?;
        let new = Field::secret("new_password", form.fields.new_password)?;
        state.auth().reset_password(&token, new, address).await?;
        Ok(DONE.into_response())
    };
    answer(&state, reset.await)
}

/// Ask for a way to show that an email address is yours: `email`.
#[post("/email", tag = "account")]
#[requires_active_user]
pub(crate) async fn send_email_token<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    token: AccessToken,
    form: Form<OfEmail>,
) -> Response {
    let ask = async {
        let email = Field::name("email", form.fields.email)?;
        let username = token.subject.clone();
        if let Some(token) = state.auth().email_token(&username, &email).await? {
            state.auth().send(Mail::VerifyEmail { username, email, token }).await;
        }
        Ok(StatusCode::ACCEPTED.into_response())
    };
    answer(&state, ask.await)
}

/// Show that an email address is yours, with the token that was sent to it: `token`.
#[post("/email/verify", tag = "account")]
#[public]
#[accept(public_mutation)]
pub(crate) async fn verify_email<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    form: Form<OfEmailToken>,
) -> Response {
    let verify = async {
        let token = Field::secret("token", form.fields.token)?;
        state.auth().verify_email(&token).await?;
        Ok(DONE.into_response())
    };
    answer(&state, verify.await)
}

/// Remove your account: `password` is the current one.
#[post("/delete", tag = "account")]
#[requires_active_user]
pub(crate) async fn delete<S: AuthState + Clone + 'static>(
    State(state): State<S>,
    token: AccessToken,
    address: ClientAddress,
    form: Form<OfPassword>,
) -> Response {
    let delete = async {
        let password = Field::secret("password", form.fields.password)?;
        state.auth().verify_login(&token.subject, &password, address).await?;
        state.auth().delete_user(&token.subject).await?;
        Ok(DONE.into_response())
    };
    answer(&state, delete.await)
}
