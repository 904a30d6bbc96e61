//! A WebSocket that is refused before the upgrade, unless the caller may have it.
//!
//! `cargo run --bin websocket`, and then what it prints.

use auth_runtime::{Auth, Randomness, prelude::*};
use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};

/// What a token may be used for.
#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Listen to the news.
    #[scope("news")]
    News,
}

#[derive(AuthUser, Clone)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

/// Log in. By now the form is parsed, the user looked up and the password verified.
#[token_endpoint("/token")]
pub(crate) async fn login(user: User, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
    Grant::to(user).scopes(form.scopes)
}

/// The news, one message after another.
#[websocket("/news")]
#[requires(active_user && Scope::News)]
pub(crate) async fn news(upgrade: WebSocketUpgrade, user: User) -> Response {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        for line in [format!("Good morning, {}.", user.username), "There is no news.".to_owned()] {
            if socket.send(Message::text(line)).await.is_err() {
                return;
            }
        }
        // A client that is gone by now knows.
        let _ = socket.send(Message::Close(None)).await;
    })
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new().info("WebSocket", "0.1.0").mount(login).mount(news).docs("/docs").with_state(auth)
}

/// One user, johndoe, whose password is `secret`, and one who is disabled.
pub(crate) async fn auth() -> Result<Auth<User>, BoxError> {
    let users = MemoryUsers::new();
    let auth = Auth::builder(users.clone()).signing_key(SigningKey::generate(&Randomness::default())?).build()?;
    let hash = auth.hash_password("secret".into()).await?;
    for (username, disabled) in [("johndoe", false), ("alice", true)] {
        users.insert(User { username: username.to_owned(), disabled, hashed_password: hash.clone() });
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
        "curl -d 'username=johndoe&password=secret&scope=news' http://{0}/token\n\
         gives a token. With it in the header `Authorization: Bearer TOKEN`, a WebSocket client may open ws://{0}/news.\n\
         Ctrl-C stops the server.",
        server.address()
    );
}
