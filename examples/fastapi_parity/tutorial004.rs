//! OAuth2 with hashing and JWT tokens.

use auth_runtime::{Randomness, prelude::*};
use axum::http::StatusCode;

#[derive(AuthUser, Clone, Serialize, ToSchema)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    email: String,
    full_name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Item {
    item_id: &'static str,
    owner: String,
}

#[token_endpoint("/token")]
pub(crate) async fn login_for_access_token(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

#[get("/users/me/")]
#[requires_active_user]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

#[get("/users/me/items/")]
#[requires_active_user]
pub(crate) async fn read_own_items(user: User) -> Json<Vec<Item>> {
    Json(vec![Item { item_id: "Foo", owner: user.username }])
}

/// With the hash that the page has: `secret`, hashed by pwdlib.
fn johndoe() -> User {
    User {
        username: "johndoe".to_owned(),
        email: "johndoe@example.com".to_owned(),
        full_name: "John Doe".to_owned(),
        disabled: false,
        hashed_password: PasswordHash::from_stored(
            "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
        ),
    }
}

pub(crate) fn auth() -> Result<Auth<User>, BoxError> {
    Ok(Auth::builder(MemoryUsers::from_iter([johndoe()]))
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .profile(Profile::FastApi)
        .fastapi_bad_login_status(StatusCode::UNAUTHORIZED)
        .build()?)
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .mount(login_for_access_token)
        .mount(read_users_me)
        .mount(read_own_items)
        .docs("/docs")
        .redirect_slashes()
        .with_state(auth)
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    Ok(app(auth()?))
}
