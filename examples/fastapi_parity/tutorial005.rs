//! OAuth2 scopes.

use auth_runtime::{Randomness, prelude::*};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Read information about the current user.
    #[scope("me")]
    Me,
    /// Read items.
    #[scope("items")]
    Items,
}

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

#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    status: &'static str,
}

#[token_endpoint("/token")]
pub(crate) async fn login_for_access_token(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

#[get("/users/me/")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

#[get("/users/me/items/")]
#[requires_active_user]
#[requires_scopes(Scope::Me, Scope::Items)]
pub(crate) async fn read_own_items(user: User) -> Json<Vec<Item>> {
    Json(vec![Item { item_id: "Foo", owner: user.username }])
}

#[get("/status/")]
#[requires_user]
pub(crate) async fn read_system_status() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// With the hashes that the page has, of `secret` and `secretalice`, made by pwdlib.
fn users() -> [User; 2] {
    let user = |username: &str, full_name: &str, email: &str, hash: &str, disabled| User {
        username: username.to_owned(),
        email: email.to_owned(),
        full_name: full_name.to_owned(),
        disabled,
        hashed_password: PasswordHash::from_stored(hash),
    };
    [
        user(
            "johndoe",
            "John Doe",
            "johndoe@example.com",
            "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
            false,
        ),
        user(
            "alice",
            "Alice Chains",
            "alicechains@example.com",
            "$argon2id$v=19$m=65536,t=3,p=4$g2/AV1zwopqUntPKJavBFw$BwpRGDCyUHLvHICnwijyX8ROGoiUPwNKZ7915MeYfCE",
            true,
        ),
    ]
}

pub(crate) fn auth() -> Result<Auth<User>, BoxError> {
    Ok(Auth::builder(MemoryUsers::from_iter(users()))
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .profile(Profile::FastApi)
        .build()?)
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .mount(login_for_access_token)
        .mount(read_users_me)
        .mount(read_own_items)
        .mount(read_system_status)
        .docs("/docs")
        .redirect_slashes()
        .with_state(auth)
}

pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    Ok(app(auth()?))
}
