//! HTTP Basic: a name and a password with every request, checked against stored hashes, and a custom page for refusals.
//!
//! `cargo run --bin basic`, then open the URL that it prints.

use std::{collections::HashMap, sync::Arc};

use auth_runtime::{Argon2id, Auth, NoUsers, PasswordHasher, Refused, Verdict, prelude::*};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

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

/// One hash a request, on a thread of its own: with many requests, log in once and use tokens.
pub(crate) fn auth() -> Result<Auth<NoUsers>, BoxError> {
    let hasher = Arc::new(Argon2id::default());
    let decoy = hasher.hash("nobody's")?;
    let hashes = HashMap::from([("stanley".to_owned(), hasher.hash("swordfish")?)]);
    let hashes = Arc::new(hashes);
    let auth = Auth::without_users().authenticator::<Member>(move |credentials: BasicCredentials| {
        let BasicCredentials { username, password } = credentials;
        // An unknown name costs what a known one does.
        let known = hashes.get(&username).cloned();
        let (hasher, hash) = (Arc::clone(&hasher), known.clone().unwrap_or_else(|| decoy.clone()));
        async move {
            let verdict = tokio::task::spawn_blocking(move || hasher.verify(password.expose(), &hash)).await;
            let matches = matches!(verdict, Ok(Ok(Verdict::Match | Verdict::MatchOutdated)));
            (matches && known.is_some()).then_some(username)
        }
    });
    Ok(auth.build()?)
}

pub(crate) fn app(auth: Auth<NoUsers>) -> SecureRouter {
    SecureRouter::new().info("Basic", "0.1.0").mount(shelf).docs("/docs").with_state(auth)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = app(auth()?);
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
