//! Resource ownership: rules over what a request is about, proof that they were asked, and a login page for browsers.
//!
//! `cargo run --bin ownership`, then open the URL that it prints.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use auth_runtime::{Auth, AuthState, Randomness, Refusal, policy::Policy, prelude::*};
use axum::{
    extract::{FromRef, FromRequestParts, Path, State},
    http::request::Parts,
    response::Response,
};

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Looks after everybody's notes.
    #[role("moderator")]
    Moderator,
}

#[derive(AuthUser, Clone)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(roles)]
    role: Option<Role>,
    #[auth(password_hash)]
    hashed_password: PasswordHash,
}

#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Note {
    owner: String,
    text: String,
    shared: bool,
}

/// Whoever may take notes off the wall.
#[policy(Role::Moderator)]
pub(crate) struct Moderators;

/// All notes.
#[derive(Clone, Default)]
pub(crate) struct Wall(Arc<Mutex<BTreeMap<u64, Note>>>);

impl Wall {
    fn find(&self, id: u64) -> Option<Note> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn put(&self, id: u64, note: Note) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, note);
    }

    /// Nobody gets here without a request that a moderator made.
    fn clear(&self, _: &Authorized<Moderators>) -> usize {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *notes).len()
    }
}

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) auth: Auth<User>,
    pub(crate) wall: Wall,
}

impl AuthState for App {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

impl App {
    /// What a rule answers that says `or = 404`: nobody can tell a note that is hidden from one that is not there.
    fn nothing_here(&self) -> Response {
        self.auth.answers().respond(&Refusal::Hidden, &Policy::PUBLIC)
    }
}

impl FromRef<App> for Wall {
    fn from_ref(app: &App) -> Self {
        app.wall.clone()
    }
}

/// The note of the path: an extractor as any other.
impl FromRequestParts<App> for Note {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let id = Path::<u64>::from_request_parts(parts, app).await.ok();
        id.and_then(|Path(id)| app.wall.find(id)).ok_or_else(|| app.nothing_here())
    }
}

/// Log in. By now the form is parsed, the user looked up and the password verified.
#[token_endpoint("/token")]
pub(crate) async fn login(user: User, _form: PasswordRequestForm) -> Grant {
    Grant::to(user)
}

/// A note, for whom it belongs to, for whom it is shared with, and for moderators. Others do not learn that there is one.
#[get("/notes/{id}")]
#[requires_active_user]
#[authorize(note.shared || note.owner == user.username || user.is(Role::Moderator), or = 404)]
pub(crate) async fn read_note(user: User, note: Note) -> Json<Note> {
    Json(note)
}

/// Another text for a note of your own.
#[put("/notes/{id}")]
#[requires_active_user]
#[authorize(note.owner == user.username, or = 404)]
pub(crate) async fn write_note(
    user: User,
    note: Note,
    State(wall): State<Wall>,
    Path(id): Path<u64>,
    text: String,
) -> Json<Note> {
    let note = Note { text, ..note };
    wall.put(id, note.clone());
    Json(note)
}

/// A note at random, unless it is somebody's secret.
#[get("/random")]
#[requires_active_user]
#[post_authorize(|note| note.shared || note.owner == user.username, or = 404)]
pub(crate) async fn random_note(user: User, State(app): State<App>) -> Result<Json<Note>, Response> {
    app.wall.find(2).map(Json).ok_or_else(|| app.nothing_here())
}

/// Takes everything off the wall.
#[delete("/notes")]
#[requires(Moderators)]
pub(crate) async fn clear_wall(proof: Authorized<Moderators>, State(wall): State<Wall>) -> String {
    format!("{} notes are gone.\n", wall.clear(&proof))
}

/// Two users and a moderator, of whom two have a note; the password of each is `secret`.
pub(crate) async fn state() -> Result<App, BoxError> {
    let users = MemoryUsers::new();
    let auth = Auth::builder(users.clone())
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .login_page("/docs")
        .build()?;
    let hash = auth.hash_password("secret".into()).await?;
    for (username, role) in [("johndoe", None), ("alice", None), ("mona", Some(Role::Moderator))] {
        users.insert(User { username: username.to_owned(), disabled: false, role, hashed_password: hash.clone() });
    }
    let wall = Wall::default();
    for (id, owner, shared) in [(1, "johndoe", false), (2, "alice", false), (3, "alice", true)] {
        wall.put(id, Note { owner: owner.to_owned(), text: format!("A note of {owner}."), shared });
    }
    Ok(App { auth, wall })
}

pub(crate) fn app(state: App) -> SecureRouter {
    SecureRouter::new()
        .info("Ownership", "0.1.0")
        .mount(login)
        .mount(read_note)
        .mount(write_note)
        .mount(random_note)
        .mount(clear_wall)
        .docs("/docs")
        .with_state(state)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = app(state().await?);
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
        "Open http://{0}/docs, press Authorize, and log in as johndoe, alice or mona (moderator) with the password secret.\n\
         Note 1 is johndoe's, note 2 alice's, and note 3 alice's and shared. A browser that opens http://{0}/notes/1 without\n\
         a token is sent to that page. Ctrl-C stops the server.",
        server.address()
    );
}
