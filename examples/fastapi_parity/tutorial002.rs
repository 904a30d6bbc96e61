//! Get current user: a stand-in decodes the token.

use auth_runtime::{
    AccessClaims, IssuedToken, StoreError, TokenError, TokenFormat, TokenRequest, UserStore, prelude::*,
};

#[derive(AuthUser, Clone, Serialize, ToSchema)]
#[auth(no_password)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: Option<bool>,
}

struct FakeDecoder;

impl TokenFormat for FakeDecoder {
    async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Err(StoreError::new("this chapter issues no tokens"))
    }

    async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        Ok(AccessClaims::new(format!("{token}fakedecoded")))
    }
}

/// Whoever is asked for is John Doe.
struct OnlyJohn;

impl UserStore for OnlyJohn {
    type User = User;

    async fn find(&self, username: &str) -> Result<Option<User>, StoreError> {
        Ok(Some(User {
            username: username.to_owned(),
            email: Some("john@example.com".to_owned()),
            full_name: Some("John Doe".to_owned()),
            disabled: None,
        }))
    }

    async fn replace_password_hash(&self, _: &str, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        Ok(())
    }
}

#[get("/users/me")]
#[requires_user]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    let auth = Auth::builder(OnlyJohn).token_format(FakeDecoder).profile(Profile::FastApi).build()?;
    Ok(SecureRouter::new().mount(read_users_me).token_url("token").docs("/docs").redirect_slashes().with_state(auth))
}
