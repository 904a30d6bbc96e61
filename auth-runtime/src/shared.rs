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
    error::Rejection,
    extract::{shared, shared_optional},
    user::AuthUser,
};

/// The user of this request, as an argument of a handler: the same user as an argument of type `U` is, and not a copy.
///
/// A store that keeps users in memory ([`MemoryUsers`](crate::MemoryUsers), [`SqliteUsers`](crate::SqliteUsers) with those it
/// remembers) shares each with all requests; a `User` of one's own is a clone. Where users have many texts, or requests are many,
/// this spares that. It is serialized and described as `U` is.
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
pub struct Shared<U>(Arc<U>);

impl<U> Shared<U> {
    /// What is shared.
    #[must_use]
    pub fn into_inner(self) -> Arc<U> {
        self.0
    }
}

impl<U> Deref for Shared<U> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.0
    }
}

impl<U> From<Arc<U>> for Shared<U> {
    fn from(user: Arc<U>) -> Self {
        Self(user)
    }
}

impl<U: AuthUser> GuardArgument for Shared<U> {
    const TAKES: Takes = Takes::User;
    const TAKES_OPTIONAL: Takes = Takes::OptionalUser;
}

impl<U: AuthUser, S: UsersOf<U>> FromRequestParts<S> for Shared<U> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        shared(parts, state).await.map(Self)
    }
}

impl<U: AuthUser, S: UsersOf<U>> OptionalFromRequestParts<S> for Shared<U> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        Ok(shared_optional(parts, state).await?.map(Self))
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
