//! Applications whose callers are known by the credentials of security schemes alone.

use super::{Auth, AuthBuilder};
use crate::{password::PasswordHash, store::MemoryUsers, user::AuthUser};

/// The user type of an application without users. There is no value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoUsers {}

#[diagnostic::do_not_recommend]
impl AuthUser for NoUsers {
    fn username(&self) -> &str {
        match *self {}
    }

    fn is_disabled(&self) -> bool {
        match *self {}
    }

    fn password_hash(&self) -> Option<&PasswordHash> {
        match *self {}
    }

    fn set_password_hash(&mut self, _: PasswordHash) {
        match *self {}
    }
}

impl Auth<NoUsers> {
    /// Begins without users and without tokens, for an application whose policies name security schemes only.
    ///
    /// ```
    /// use auth_runtime::prelude::*;
    ///
    /// #[derive(SecurityScheme, Clone)]
    /// #[security(api_key(header = "x-api-key"), authenticate = find)]
    /// struct ApiKey(&'static str);
    ///
    /// async fn find(key: Secret) -> Option<&'static str> {
    ///     (key == Secret::new("looked up in a store")).then_some("billing")
    /// }
    ///
    /// #[get("/quota")]
    /// #[requires(ApiKey)]
    /// async fn quota() -> &'static str {
    ///     "plenty"
    /// }
    ///
    /// let app: SecureRouter = SecureRouter::new().mount(quota).with_state(Auth::without_users().build()?);
    /// # Ok::<(), BoxError>(())
    /// ```
    pub fn without_users() -> AuthBuilder<NoUsers> {
        AuthBuilder::new(Box::new(MemoryUsers::<NoUsers>::new())).without_tokens()
    }
}
