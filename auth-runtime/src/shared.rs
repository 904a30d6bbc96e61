//! The user as an argument that is shared rather than copied.

use std::{borrow::Cow, ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    auth::UsersOf,
    endpoint::{GuardArgument, Takes},
    error::{Refusal, Rejection},
    guard::{Principal, Taken, Wants, authenticate},
    policy::{Policy, Requirement, Rules},
    scheme::bearer,
    user::AuthUser,
};

const ACTIVE_USER: Rules<'static> = Rules::of(Policy::all(&[Requirement::ActiveUser]));

/// The user of this request, as an argument of a handler, where an argument of type `U` would be a clone.
///
/// A store that keeps users in memory shares each of them with all requests: [`MemoryUsers`](crate::MemoryUsers) does, and
/// `SqliteUsers` with those that it remembers. It admits whom an argument of type `U` admits, and is serialized and described as
/// `U` is. (It is not `Arc<U>`, for which a crate of yours cannot implement axum's traits, nor can this one.)
///
/// ```
/// use auth_runtime::{Shared, prelude::*};
///
/// #[derive(AuthUser, Clone, Serialize, ToSchema)]
/// struct User {
///     #[auth(username)]
///     username: String,
///     #[auth(disabled)]
///     disabled: bool,
///     #[auth(password_hash)]
///     #[serde(skip)]
///     hashed_password: PasswordHash,
/// }
///
/// /// Your own profile.
/// #[get("/me")]
/// #[requires_active_user]
/// async fn me(user: Shared<User>) -> Json<Shared<User>> {
///     Json(user)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared<U>(pub Arc<U>);

impl<U> Deref for Shared<U> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.0
    }
}

impl<U: AuthUser> GuardArgument for Shared<U> {
    const TAKES: Takes = Takes::User;
    const TAKES_OPTIONAL: Takes = Takes::OptionalUser;
}

impl<U: AuthUser, S: UsersOf<U>> FromRequestParts<S> for Shared<U> {
    type Rejection = Rejection;

    /// Whom the guard found, or else an active user, authenticated here.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        if let Some(user) = Principal::<U>::take(parts, Takes::is_user).and_then(Taken::user) {
            return Ok(Self(user));
        }
        let auth = state.users_auth();
        let outcome = authenticate(auth, parts, ACTIVE_USER, &Wants::NOTHING).await;
        outcome
            .and_then(|principal| principal.user.ok_or(Refusal::NoCredentials))
            .map(Self)
            .map_err(|refusal| auth.answers().reject(refusal, ACTIVE_USER, parts))
    }
}

impl<U: AuthUser, S: UsersOf<U>> OptionalFromRequestParts<S> for Shared<U> {
    type Rejection = Rejection;

    /// The same, and `None` where the request carries no credential at all. One that is present and wrong is a refusal.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        if let Some(principal) = Principal::<U>::take(parts, Takes::is_user) {
            return Ok(principal.user().map(Self));
        }
        let cookies = state.users_auth().answers().session_cookie;
        let nobody = matches!(bearer::presented(&parts.headers, cookies), Ok(None));
        #[cfg(feature = "testing")]
        let nobody = nobody && parts.extensions.get::<crate::testing::Acting<U>>().is_none();
        if nobody { Ok(None) } else { <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some) }
    }
}

impl<U: Serialize> Serialize for Shared<U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        U::serialize(self, serializer)
    }
}

impl<U: PartialSchema> PartialSchema for Shared<U> {
    fn schema() -> RefOr<Schema> {
        U::schema()
    }
}

impl<U: ToSchema> ToSchema for Shared<U> {
    fn name() -> Cow<'static, str> {
        U::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        U::schemas(schemas);
    }
}
