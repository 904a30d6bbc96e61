//! FastAPI's "Simple OAuth2 with Password and Bearer", made secure: the same answers, with real tokens and real hashes.
//!
//! `cargo run --bin simple_oauth2`, then open the URL that it prints.

use auth_runtime::{PoolSize, prelude::*};

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

/// Log in.
#[token_endpoint("/token")]
pub(crate) async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

/// Your own profile.
#[get("/users/me")]
#[requires_active_user]
pub(crate) async fn read_users_me(user: User) -> Json<User> {
    Json(user)
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new().info("Simple OAuth2", "0.1.0").mount(login).mount(read_users_me).docs("/docs").with_state(auth)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let users = SqliteUsers::<User>::open("simple_oauth2.db").await?;
    let auth = Auth::builder(users.clone())
        .signing_key(SigningKey::from_file_or_generate("simple_oauth2.key")?)
        .profile(Profile::FastApi)
        // Who logs in waits a little longer, and everybody else less, while many log in.
        .hashing_pool(PoolSize { nice: 10, ..PoolSize::default() })
        .build()?;
    seed(&users, &auth).await?;

    let app = app(auth);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&examples::address()?, app).await?;
    say_what_to_try(&server);
    Ok(server.run().await?)
}

/// The chapter's two users, on the first start.
pub(crate) async fn seed(users: &SqliteUsers<User>, auth: &Auth<User>) -> Result<(), BoxError> {
    if users.count().await? > 0 {
        return Ok(());
    }
    for (username, full_name, password, disabled) in
        [("johndoe", "John Doe", "secret", false), ("alice", "Alice Wonderson", "secret2", true)]
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
        "Open http://{}/docs, press Authorize, log in as johndoe with the password secret, and try GET /users/me.\n\
         alice, with the password secret2, logs in and is then told that she is inactive. Ctrl-C stops the server.",
        server.address()
    );
}
