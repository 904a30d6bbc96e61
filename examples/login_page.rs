//! Pages for people: a login page, a session in a cookie, a page that only its user sees, a form that changes something, and
//! a way out.
//!
//! `cargo run --bin login_page`, then open the URL that it prints.

use std::sync::{Mutex, PoisonError};

use auth_runtime::{Next, SqliteStore, endpoints, prelude::*};
use axum::{
    Form,
    extract::Query,
    response::{Html, Redirect},
};

#[derive(AuthUser, Clone)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

/// The notes of all users, for as long as the program runs.
static NOTES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// What stands in a page as text, and not as markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(body: &str) -> Html<String> {
    Html(format!("<!doctype html><html lang=en><meta charset=utf-8><title>Notes</title><body>{body}</body></html>"))
}

/// The start, for everyone.
#[get("/")]
#[public]
pub(crate) async fn home(user: Option<User>) -> Html<String> {
    page(&match user {
        Some(user) => format!("<p id=who>{}</p><a href=/notes>Your notes</a>", escaped(&user.username)),
        None => "<p id=who>nobody</p><a href=/notes>Your notes</a>".to_owned(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Refused {
    error: Option<String>,
}

/// The login form. What is refused comes back to it.
#[get("/login")]
#[public]
pub(crate) async fn login_page(next: Next, Query(refused): Query<Refused>) -> Html<String> {
    let problem = if refused.error.is_some() { "<p id=problem>The username or the password is wrong.</p>" } else { "" };
    let action = format!("/login?next={}", escaped(&percent(next.as_str())));
    page(&format!(
        "{problem}<form method=post action=\"{action}\"><input name=username autocomplete=username>\
         <input name=password type=password autocomplete=current-password><button id=login>Log in</button></form>"
    ))
}

/// A path as the value of a parameter.
fn percent(path: &str) -> String {
    path.replace('%', "%25").replace('&', "%26").replace('#', "%23").replace('+', "%2B")
}

/// Log in. By now the form is parsed, the user looked up and the password verified.
#[token_endpoint("/login")]
pub(crate) async fn login(user: User, next: Next, _form: PasswordRequestForm) -> Grant {
    Grant::to(user).in_cookie(next)
}

/// Your notes.
#[get("/notes")]
#[requires_active_user]
pub(crate) async fn notes(user: User) -> Html<String> {
    let notes = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    let own = notes.iter().filter(|(owner, _)| *owner == user.username);
    let items: String = own.map(|(_, note)| format!("<li>{}</li>", escaped(note))).collect();
    page(&format!(
        "<p id=who>{}</p><ul id=notes>{items}</ul><form method=post action=/notes><input name=note>\
         <button id=add>Add</button></form><form method=post action=/logout><button id=logout>Log out</button></form>",
        escaped(&user.username)
    ))
}

#[derive(Deserialize)]
pub(crate) struct NewNote {
    note: String,
}

/// Add a note. A page of another site cannot, although the browser would send the cookie.
#[post("/notes")]
#[requires_active_user]
pub(crate) async fn add_note(user: User, Form(new): Form<NewNote>) -> Redirect {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner).push((user.username, new.note));
    Redirect::to("/notes")
}

pub(crate) fn app(auth: Auth<User>) -> SecureRouter {
    SecureRouter::new()
        .mount(home)
        .mount(login_page)
        .mount(login)
        .mount(notes)
        .mount(add_note)
        .merge(endpoints::sessions())
        .with_state(auth)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let store = SqliteStore::open("login_page.db").await?;
    let users = store.users::<User>().await?;
    let auth =
        Auth::builder(users.clone()).opaque_tokens().sessions(store).session_cookie().login_page("/login").build()?;
    seed(&users, &auth).await?;

    let app = app(auth);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&examples::address()?, app).await?;
    say_what_to_try(&server);
    Ok(server.run().await?)
}

/// A user, on the first start.
pub(crate) async fn seed(users: &SqliteUsers<User>, auth: &Auth<User>) -> Result<(), BoxError> {
    if users.count().await? == 0 {
        let hashed_password = auth.hash_password("secret".into()).await?;
        users.insert(&User { username: "johndoe".to_owned(), disabled: false, hashed_password }).await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(server: &Server) {
    println!(
        "Listening at http://{}/. Open http://localhost:{}/notes in a browser and log in as johndoe with the password \
         secret. Ctrl-C stops the server.",
        server.address(),
        server.address().port()
    );
}
