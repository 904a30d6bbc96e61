//! Roles with groups: a hierarchy of roles, a module that is for editors, a router that is for members, and a policy with a
//! parameter.
//!
//! `cargo run --bin roles`, then open the URL that it prints.

use auth_runtime::{Auth, Randomness, prelude::*};
use axum::http::StatusCode;

/// What a user is here.
#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Runs the magazine.
    #[role("publisher", includes(Editor))]
    Publisher,
    /// Decides what is printed.
    #[role("editor", includes(Author))]
    Editor,
    /// Writes.
    #[role("author")]
    Author,
}

#[derive(AuthUser, Clone, Serialize, ToSchema)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(roles)]
    #[serde(skip)]
    roles: Vec<Role>,
    /// How many years they have been here.
    years: u8,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

/// Whoever has an account.
#[policy(active_user)]
pub(crate) struct Members;

/// Has the user been here for so long?
#[predicate]
pub(crate) fn here_for(user: &User, years: u8) -> bool {
    user.years >= years
}

/// Those who know the archive: the publisher, and authors of some years.
#[policy(Role::Publisher || (Role::Author && here_for(YEARS)))]
pub(crate) struct Archivist<const YEARS: u8>;

/// Log in. By now the form is parsed, the user looked up and the password verified.
#[token_endpoint("/token")]
#[overrides_group]
pub(crate) async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

/// The front page, for everyone.
#[get("/")]
#[public]
#[overrides_group]
pub(crate) async fn front_page() -> &'static str {
    "The magazine.\n"
}

/// Your own profile.
#[get("/me")]
#[requires_user]
pub(crate) async fn me(user: User) -> Json<User> {
    Json(user)
}

/// What nobody has read for years.
#[get("/archive")]
#[requires(Archivist<5>)]
pub(crate) async fn archive() -> &'static str {
    "Volume one.\n"
}

/// The desk is for editors, whatever a handler in it says besides.
#[auth_runtime::group(Role::Editor)]
pub(crate) mod desk {
    use auth_runtime::prelude::*;

    use super::{Role, User};

    /// What waits to be printed.
    #[get("/desk/drafts")]
    pub(crate) async fn drafts(editor: User) -> String {
        format!("Nothing waits, {}.\n", editor.username)
    }

    /// Stops the press.
    #[delete("/desk/press")]
    #[requires_role(Role::Publisher)]
    pub(crate) async fn stop_the_press() -> &'static str {
        "It has stopped.\n"
    }
}

/// Everything else: who has no account does not learn what there is.
#[requires_active_user]
pub(crate) async fn nothing_here() -> StatusCode {
    StatusCode::NOT_FOUND
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .info("Roles", "0.1.0")
        .group::<Members>()
        .mount(login)
        .mount(front_page)
        .mount(me)
        .mount(archive)
        .mount(desk::drafts)
        .mount(desk::stop_the_press)
        .fallback(nothing_here)
        .docs("/docs")
        .with_state(auth)
}

/// A publisher, an editor, two authors and somebody who left; the password of each is `secret`.
pub(crate) async fn auth() -> Result<Auth<User>, BoxError> {
    let users = MemoryUsers::new();
    let auth = Auth::builder(users.clone()).signing_key(SigningKey::generate(&Randomness::default())?).build()?;
    let hash = auth.hash_password("secret".into()).await?;
    for (username, roles, years, disabled) in [
        ("paula", vec![Role::Publisher], 9, false),
        ("edgar", vec![Role::Editor], 2, false),
        ("anna", vec![Role::Author], 7, false),
        ("august", vec![Role::Author], 1, false),
        ("reader", vec![], 20, false),
        ("former", vec![Role::Publisher], 9, true),
    ] {
        users.insert(User { username: username.to_owned(), disabled, roles, years, hashed_password: hash.clone() });
    }
    Ok(auth)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = app(auth().await?);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&examples::address()?, app).await?;
    say_what_to_try(&server);
    Ok(server.run().await?)
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(server: &Server) {
    println!(
        "Open http://{}/docs, press Authorize, and log in as paula (publisher), edgar (editor), anna or august (authors) or\n\
         reader, each with the password secret. --access-table shows who may call what. Ctrl-C stops the server.",
        server.address()
    );
}
