//! Simple OAuth2, deliberately insecure as that page is: the token is the username, and the hash is the password.

use auth_runtime::{
    AccessClaims, HashError, IssuedToken, PasswordHasher, StoreError, TokenError, TokenFormat, TokenRequest, Verdict,
    prelude::*,
};

#[derive(AuthUser, Clone)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    email: String,
    full_name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

/// The user as that page shows it, hash and all.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserInDb {
    username: String,
    email: String,
    full_name: String,
    disabled: bool,
    hashed_password: String,
}

struct UsernameAsToken;

impl TokenFormat for UsernameAsToken {
    async fn issue(&self, request: TokenRequest<'_>) -> Result<IssuedToken, StoreError> {
        Ok(IssuedToken::new(request.subject))
    }

    async fn verify(&self, token: &str) -> Result<AccessClaims, TokenError> {
        Ok(AccessClaims::new(token))
    }
}

struct FakeHasher;

impl PasswordHasher for FakeHasher {
    fn hash(&self, password: &str) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_stored(format!("fakehashed{password}")))
    }

    fn verify(&self, password: &str, hash: &PasswordHash) -> Result<Verdict, HashError> {
        Ok(if self.hash(password)? == *hash { Verdict::Match } else { Verdict::Mismatch })
    }
}

#[token_endpoint("/token")]
pub(crate) async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

#[get("/users/me")]
#[requires_active_user]
pub(crate) async fn read_users_me(user: User) -> Json<UserInDb> {
    let User { username, email, full_name, disabled, hashed_password } = user;
    Json(UserInDb { username, email, full_name, disabled, hashed_password: hashed_password.expose().to_owned() })
}

fn user(username: &str, full_name: &str, password: &str, disabled: bool) -> User {
    User {
        username: username.to_owned(),
        email: format!("{username}@example.com"),
        full_name: full_name.to_owned(),
        disabled,
        hashed_password: PasswordHash::from_stored(format!("fakehashed{password}")),
    }
}

pub(crate) fn auth() -> Result<Auth<User>, BoxError> {
    let users = MemoryUsers::from_iter([
        user("johndoe", "John Doe", "secret", false),
        user("alice", "Alice Wonderson", "secret2", true),
    ]);
    Ok(Auth::builder(users)
        .token_format(UsernameAsToken)
        .password_hasher(FakeHasher)
        .profile(Profile::FastApi)
        .fastapi_invalid_token_detail("Not authenticated")
        .build()?)
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new().mount(login).mount(read_users_me).docs("/docs").redirect_slashes().with_state(auth)
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    Ok(app(auth()?))
}
