//! First steps: any bearer token passes, and is handed on as it came.

use auth_runtime::{AccessClaims, IssuedToken, StoreError, TokenError, TokenFormat, TokenRequest, prelude::*};

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    token: String,
}

/// Looks at no token, as this chapter does not.
struct AnyToken;

impl TokenFormat for AnyToken {
    async fn issue(&self, _: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Err(StoreError::new("this chapter issues no tokens"))
    }

    async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        Ok(AccessClaims::new(token))
    }
}

#[get("/items/")]
#[requires_token]
pub(crate) async fn read_items(token: AccessToken) -> Json<Token> {
    Json(Token { token: token.text().expose().to_owned() })
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    let auth = Auth::builder(MemoryUsers::<User>::new()).token_format(AnyToken).profile(Profile::FastApi).build()?;
    Ok(SecureRouter::new().mount(read_items).token_url("token").docs("/docs").redirect_slashes().with_state(auth))
}
