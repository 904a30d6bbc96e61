//! Who watches: every decision as a line of JSON, as an event of the log, and as a counter that Prometheus can read.
//!
//! `cargo run --bin watching`, then log in, rightly and wrongly, and see what it prints.

use std::{sync::mpsc, thread};

use auth_runtime::{AuditEvent, Randomness, prelude::*};
use axum::extract::State;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

#[derive(AuthUser, Clone, Serialize, ToSchema)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    auth: Auth<User>,
    metrics: PrometheusHandle,
}

impl AuthState for AppState {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
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

/// How often each decision was made, for Prometheus.
#[get("/metrics")]
#[requires_active_user]
pub(crate) async fn read_metrics(State(state): State<AppState>) -> String {
    state.metrics.render()
}

pub(crate) fn app(state: AppState) -> SecureRouter {
    SecureRouter::new()
        .info("Watching", "0.1.0")
        .mount(login)
        .mount(read_users_me)
        .mount(read_metrics)
        .docs("/docs")
        .with_state(state)
}

/// johndoe, whose password is `secret`. Each decision is sent to `journal`.
pub(crate) async fn state(journal: mpsc::Sender<String>) -> Result<AppState, BoxError> {
    let users = MemoryUsers::new();
    let auth = Auth::builder(users.clone())
        .signing_key(SigningKey::generate(&Randomness::default())?)
        .audit(move |event: &AuditEvent<'_>| {
            // Written by a thread of its own: a request does not wait for a disk.
            let _ = journal.send(serde_json::to_string(event).unwrap_or_default());
        })
        .build()?;
    let hashed_password = auth.hash_password("secret".into()).await?;
    users.insert(User { username: "johndoe".to_owned(), disabled: false, hashed_password });
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    // Another one may be there already, in a test.
    let _ = metrics::set_global_recorder(recorder);
    Ok(AppState { auth, metrics })
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(std::io::stderr)
        .init();
    let (journal, events) = mpsc::channel();
    let app = app(state(journal).await?);
    if examples::prints_access_table(&app)? {
        return Ok(());
    }
    let server = Server::bind(&examples::address()?, app).await?;
    say_what_to_try(&server);
    thread::spawn(move || print(&events));
    Ok(server.run().await?)
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn print(events: &mpsc::Receiver<String>) {
    for line in events {
        println!("{line}");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn say_what_to_try(server: &Server) {
    println!(
        "Open http://{}/docs, and log in as johndoe with the password secret, and with others.\n\
         Each decision is a line here, an event in the log (on standard error), and a counter at /metrics. Ctrl-C stops the server.",
        server.address()
    );
}
