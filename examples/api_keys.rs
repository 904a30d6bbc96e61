//! API keys: who calls is known by a key in a header, and some keys are good for more than others.
//!
//! `cargo run --bin api_keys`, and then what it prints.

use std::{collections::HashMap, sync::Arc};

use auth_runtime::{Auth, Granted, NoUsers, prelude::*};

/// What a key may be used for.
#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// Read measurements.
    #[scope("measurements:read")]
    Read,
    /// Add measurements, and read them.
    #[scope("measurements:write", implies(Read))]
    Write,
}

/// A program that has a key.
#[derive(Clone)]
pub(crate) struct Client {
    name: &'static str,
}

/// The key that you got when you registered.
#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-api-key"), authenticate)]
pub(crate) struct ApiKey(Client);

#[derive(Serialize, ToSchema)]
pub(crate) struct Measurement {
    station: String,
    celsius: f64,
}

/// The latest measurements.
#[get("/measurements")]
#[requires(ApiKey[Scope::Read])]
pub(crate) async fn read_measurements() -> Json<Vec<Measurement>> {
    Json(vec![Measurement { station: "roof".to_owned(), celsius: 18.5 }])
}

/// A new measurement, under the name that the key stands for.
#[post("/measurements")]
#[requires(ApiKey[Scope::Write])]
pub(crate) async fn add_measurement(ApiKey(client): ApiKey) -> Json<Measurement> {
    Json(Measurement { station: client.name.to_owned(), celsius: 20.0 })
}

/// The keys of clients, each with what it is good for. A real application keeps digests of them in a store.
pub(crate) fn auth() -> Result<Auth<NoUsers>, BoxError> {
    let keys = Arc::new(HashMap::from([
        ("display-7e0d51b9", (Client { name: "display" }, Scope::Read)),
        ("roof-c41f8a20", (Client { name: "roof" }, Scope::Write)),
    ]));
    let auth = Auth::without_users().authenticator::<ApiKey>(move |key: Secret| {
        let found = keys.get(key.expose()).cloned();
        async move { found.map(|(client, scope)| Granted::to(client).scopes([scope])) }
    });
    Ok(auth.build()?)
}

pub(crate) fn app(auth: Auth<NoUsers>) -> SecureRouter {
    SecureRouter::new()
        .info("API keys", "0.1.0")
        .mount(read_measurements)
        .mount(add_measurement)
        .docs("/docs")
        .with_state(auth)
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
        "curl http://{0}/measurements                                       is refused,\n\
         curl -H 'x-api-key: display-7e0d51b9' http://{0}/measurements          reads,\n\
         curl -H 'x-api-key: roof-c41f8a20' -X POST http://{0}/measurements     writes.\n\
         Ctrl-C stops the server.",
        server.address()
    );
}
