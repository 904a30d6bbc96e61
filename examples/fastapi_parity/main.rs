//! The applications of FastAPI's security tutorial under one roof, each answering as the original does.
//!
//! `cargo run --bin fastapi_parity`; each application is at `/tutorial001` and so on, with an `openapi.json` and `docs` of
//! its own.

pub(crate) mod tutorial001;
pub(crate) mod tutorial002;
pub(crate) mod tutorial003;
pub(crate) mod tutorial004;
pub(crate) mod tutorial005;

use auth_runtime::prelude::*;

/// All applications.
fn router() -> Result<SecureRouter, BoxError> {
    Ok(SecureRouter::new()
        .nest("/tutorial001", tutorial001::router()?)
        .nest("/tutorial002", tutorial002::router()?)
        .nest("/tutorial003", tutorial003::router()?)
        .nest("/tutorial004", tutorial004::router()?)
        .nest("/tutorial005", tutorial005::router()?))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = router()?;
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
        "The chapters of FastAPI's security tutorial are at http://{0}/tutorial001 to http://{0}/tutorial005.\n\
         Open http://{0}/tutorial005/docs and log in as johndoe with the password secret. Ctrl-C stops the server.",
        server.address()
    );
}
