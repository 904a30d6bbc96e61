//! Scopes, in the standard profile: what a token may be used for is decided at the login and asked for at each handler.
//!
//! `cargo run --bin oauth2_scopes`, then open the URL that it prints.

use auth_runtime::prelude::*;

/// What a token may be used for. Each comment is the description that the Authorize dialog shows.
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
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Item {
    item_id: String,
    owner: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Status {
    status: &'static str,
}

/// Log in. By now the form is parsed, the user looked up and the password verified.
// Every user may have both scopes here. Where that is not so, this is the place to grant fewer than were asked for.
#[token_endpoint("/token")]
pub(crate) async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

/// Your own profile.
#[get("/users/me")]
#[requires_active_user]
#[requires_scopes(Scope::Me)]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

/// Your own items.
#[get("/users/me/items")]
#[requires_active_user]
#[requires_scopes(Scope::Me, Scope::Items)]
pub(crate) async fn read_own_items(user: User) -> Json<Vec<Item>> {
    Json(vec![Item { item_id: "Foo".to_owned(), owner: user.username }])
}

/// Whether the system is up, for every active user.
#[get("/status")]
#[requires_active_user]
pub(crate) async fn read_system_status() -> Json<Status> {
    Json(Status { status: "ok" })
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .info("OAuth2 scopes", "0.1.0")
        .mount(login)
        .mount(read_users_me)
        .mount(read_own_items)
        .mount(read_system_status)
        .docs("/docs")
        .with_state(auth)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let users = SqliteUsers::<User>::open("oauth2_scopes.db").await?;
    let auth =
        Auth::builder(users.clone()).signing_key(SigningKey::from_file_or_generate("oauth2_scopes.key")?).build()?;
    seed(&users, &auth).await?;

    let app = app(auth);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&examples::address()?, app).await?;
    say_what_to_try(&server);
    Ok(server.run().await?)
}

/// Two users, on the first start.
pub(crate) async fn seed(users: &SqliteUsers<User>, auth: &Auth<User>) -> Result<(), BoxError> {
    if users.count().await? > 0 {
        return Ok(());
    }
    for (username, full_name, password, disabled) in
        [("johndoe", "John Doe", "secret", false), ("alice", "Alice Chains", "secretalice", true)]
    {
        let user = User {
            username: username.to_owned(),
            email: Some(format!("{username}@example.com")),
            full_name: Some(full_name.to_owned()),
            disabled,
            hashed_password: auth.hash_password(password.into()).await?,
        };
        users.insert(&user).await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(server: &Server) {
    println!(
        "Open http://{}/docs, press Authorize, tick the scopes that you want, log in as johndoe with the password secret,\n\
         and see which operations your token is good for. alice, with the password secretalice, is inactive and cannot log in.\n\
         Ctrl-C stops the server.",
        server.address()
    );
}
