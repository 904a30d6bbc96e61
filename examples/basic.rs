//! HTTP Basic: a name and a password with every request, checked against stored hashes, and a custom page for refusals.
//!
//! `cargo run --bin basic`, then open the URL that it prints.

use auth_runtime::{NoUsers, Randomness, Refused, prelude::*};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

#[derive(AuthUser, Clone)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hash: PasswordHash,
}

/// Whoever is let in, by name.
#[derive(SecurityScheme, Clone)]
#[security(basic, realm = "workshop", authenticate)]
pub(crate) struct Member(String);

/// The workshop's members.
#[policy(Member, refuse_with = ask, status = StatusCode::UNAUTHORIZED)]
pub(crate) struct Members;

/// A page instead of problem details, for whoever opens one in a browser, which asks for the password.
fn ask(refused: &Refused<'_>) -> Option<Response> {
    const CHALLENGE: (header::HeaderName, &str) =
        (header::WWW_AUTHENTICATE, r#"Basic realm="workshop", charset="UTF-8""#);
    let page = Html("<h1>Members only.</h1><p>Reload the page to log in.</p>");
    refused.wants_html().then(|| (StatusCode::UNAUTHORIZED, [CHALLENGE], page).into_response())
}

/// The shelf, for members.
#[get("/")]
#[requires(Members)]
pub(crate) async fn shelf(Member(name): Member) -> Html<String> {
    Html(format!("<h1>Welcome, {name}.</h1><p>The key hangs behind the door.</p>"))
}

/// Who is let in. Each request costs a hash, on the pool of these users, and guessing is limited: with many requests, log in
/// once and use tokens.
pub(crate) async fn auth() -> Result<Auth<NoUsers>, BoxError> {
    let users = MemoryUsers::new();
    let members = Auth::builder(users.clone()).signing_key(SigningKey::generate(&Randomness::default())?).build()?;
    let hash = members.hash_password("swordfish".into()).await?;
    users.insert(User { name: "stanley".to_owned(), disabled: false, hash });
    let auth = Auth::without_users().authenticator::<Member>(move |credentials: BasicCredentials| {
        let members = members.clone();
        async move {
            let BasicCredentials { username, password, address } = credentials;
            members.verify_login(&username, &password, address).await.map(|user| user.name)
        }
    });
    Ok(auth.build()?)
}

pub(crate) fn app(auth: Auth<NoUsers>) -> SecureRouter {
    SecureRouter::new().info("Basic", "0.1.0").mount(shelf).docs("/docs").with_state(auth)
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
        "Open http://{}/ and log in as stanley with the password swordfish.\nCtrl-C stops the server.",
        server.address()
    );
}
