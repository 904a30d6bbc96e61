//! The application that grows.

use auth_runtime::{AuthBuilder, UserStore, prelude::*};
use axum::Router;
use bench::{
    Error,
    people::{ISSUER, JOHN},
};

use crate::Place;

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Me {
    #[scope("me")]
    Me,
}

#[derive(AuthUser, Clone, Serialize, ToSchema)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

/// Your own profile.
#[get("/me")]
#[requires_active_user]
#[requires_scopes(Me::Me)]
pub(crate) async fn me(user: User) -> Json<User> {
    Json(user)
}

/// A store with one user, in memory.
pub(crate) fn john() -> MemoryUsers<User> {
    MemoryUsers::from_iter([User {
        username: JOHN.username.to_owned(),
        email: Some(JOHN.email()),
        full_name: Some(JOHN.full_name.to_owned()),
        disabled: false,
        hashed_password: PasswordHash::from_stored(""),
    }])
}

/// An `Auth` that takes the tokens of this program.
pub(crate) fn auth(place: &Place, users: impl UserStore<User = User>) -> Result<AuthBuilder<User>, Error> {
    let key = SigningKey::from_file(place.directory.join("keys/HS256"))?;
    Ok(Auth::builder(users).signing_key(key).issuer(ISSUER).audience(ISSUER))
}

/// The application with nothing but the guarded route.
pub(crate) fn router(auth: AuthBuilder<User>) -> Result<Router, Error> {
    let router: SecureRouter = SecureRouter::new().mount(me).with_state(auth.build()?);
    Ok(router.into_router()?)
}
