//! A crate that depends on auth-runtime under another name.

use security::{AuthUser, Grant, PasswordHash, PasswordRequestForm, Scope, SecureRouter};

/// Scopes.
#[derive(Scope, Clone, Copy, Debug)]
pub enum Scopes {
    /// Everything.
    #[scope("all")]
    All,
}

/// A user.
#[derive(AuthUser, Clone)]
#[auth(always_active)]
pub struct User {
    /// The name.
    #[auth(username)]
    pub name: String,
    /// The hash.
    #[auth(password_hash)]
    pub hash: PasswordHash,
}

#[security::token_endpoint("/token")]
async fn login(user: User, form: PasswordRequestForm<Scopes>) -> Grant<Scopes> {
    Grant::to(user).scopes(form.scopes)
}

#[security::get("/all")]
#[security::requires_scopes(Scopes::All)]
async fn all(_user: User) {}

/// Roles.
#[derive(security::Role, Clone, Copy, Debug)]
pub enum Roles {
    /// Everything.
    #[role("root")]
    Root,
}

/// A key.
#[derive(security::SecurityScheme, Clone)]
#[security(bearer)]
pub struct Key(pub security::Secret);

/// Whether it is so.
#[security::predicate]
pub fn so() -> bool {
    true
}

/// Whoever has all of it.
#[security::policy(Key && so)]
pub struct Whoever;

#[security::group(Whoever)]
mod grouped {
    use super::{Key, Whoever};

    #[security::get("/grouped")]
    #[security::authorize(!key.expose().is_empty())]
    pub(super) async fn grouped(Key(key): Key, _proof: security::Authorized<Whoever>) {}
}

/// The application.
pub fn router() -> SecureRouter<security::Auth<User>> {
    SecureRouter::new().mount(login).mount(all).mount(grouped::grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_under_another_name() {
        let auth = security::Auth::builder(security::MemoryUsers::<User>::new())
            .signing_key(security::SigningKey::generate(&security::Randomness::default()).unwrap())
            .build()
            .unwrap();
        let app: SecureRouter = router().with_state(auth);
        assert!(app.document().to_json().unwrap().contains(r#"[{"OAuth2PasswordBearer":["all"]}]"#));
    }
}
