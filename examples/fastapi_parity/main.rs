//! The applications of FastAPI's security tutorial, and one for each of its security classes, under one roof: each answers
//! as the original does.
//!
//! `cargo run --bin fastapi_parity`; each application is at `/tutorial001`, `/security_http_bearer` and so on, with an `openapi.json` and `docs` of
//! its own.

pub(crate) mod answers;
pub(crate) mod api_keys;
pub(crate) mod http_schemes;
pub(crate) mod oauth2;
pub(crate) mod openid;
pub(crate) mod tutorial001;
pub(crate) mod tutorial002;
pub(crate) mod tutorial003;
pub(crate) mod tutorial004;
pub(crate) mod tutorial005;
pub(crate) mod tutorial006;
pub(crate) mod tutorial007;
pub(crate) mod websockets;

use auth_runtime::prelude::*;

/// All applications.
pub(crate) fn router() -> Result<SecureRouter, BoxError> {
    Ok(SecureRouter::new().merge(schemes()?).merge(flows()?).merge(tutorial()?))
}

/// One scheme each.
fn schemes() -> Result<SecureRouter, BoxError> {
    Ok(SecureRouter::new()
        .nest("/security_api_key_cookie", api_keys::cookie::router()?)
        .nest("/security_api_key_cookie_description", api_keys::cookie_description::router()?)
        .nest("/security_api_key_cookie_optional", api_keys::cookie_optional::router()?)
        .nest("/security_api_key_header", api_keys::header::router()?)
        .nest("/security_api_key_header_description", api_keys::header_description::router()?)
        .nest("/security_api_key_header_optional", api_keys::header_optional::router()?)
        .nest("/security_api_key_query", api_keys::query::router()?)
        .nest("/security_api_key_query_description", api_keys::query_description::router()?)
        .nest("/security_api_key_query_optional", api_keys::query_optional::router()?)
        .nest("/security_http_base", http_schemes::base::router()?)
        .nest("/security_http_base_description", http_schemes::base_description::router()?)
        .nest("/security_http_base_optional", http_schemes::base_optional::router()?)
        .nest("/security_http_basic_optional", http_schemes::basic_optional::router()?)
        .nest("/security_http_basic_realm", http_schemes::basic_realm::router()?)
        .nest("/security_http_basic_realm_description", http_schemes::basic_realm_description::router()?)
        .nest("/security_http_bearer", http_schemes::bearer::router()?)
        .nest("/security_http_bearer_description", http_schemes::bearer_description::router()?)
        .nest("/security_http_bearer_optional", http_schemes::bearer_optional::router()?)
        .nest("/security_http_digest", http_schemes::digest::router()?)
        .nest("/security_http_digest_description", http_schemes::digest_description::router()?)
        .nest("/security_http_digest_optional", http_schemes::digest_optional::router()?)
        .nest("/security_openid_connect", openid::connect::router()?)
        .nest("/security_openid_connect_description", openid::connect_description::router()?)
        .nest("/security_openid_connect_optional", openid::connect_optional::router()?)
        .nest("/security_websockets", websockets::router()?))
}

/// The flows of OAuth2.
fn flows() -> Result<SecureRouter, BoxError> {
    Ok(SecureRouter::new()
        .nest("/security_oauth2", oauth2::password::router()?)
        .nest("/security_oauth2_optional", oauth2::password_optional::router()?)
        .nest("/security_oauth2_optional_description", oauth2::password_optional_description::router()?)
        .nest("/security_oauth2_authorization_code_bearer", oauth2::authorization_code_bearer::router()?)
        .nest(
            "/security_oauth2_authorization_code_bearer_description",
            oauth2::authorization_code_bearer_description::router()?,
        )
        .nest(
            "/security_oauth2_authorization_code_bearer_scopes_openapi",
            oauth2::authorization_code_bearer_scopes::router()?,
        )
        .nest(
            "/security_oauth2_authorization_code_bearer_scopes_openapi_simple",
            oauth2::authorization_code_bearer_scopes_simple::router()?,
        )
        .nest("/security_oauth2_password_bearer_optional", oauth2::password_bearer_optional::router()?)
        .nest(
            "/security_oauth2_password_bearer_optional_description",
            oauth2::password_bearer_optional_description::router()?,
        ))
}

/// The chapters of the tutorial.
fn tutorial() -> Result<SecureRouter, BoxError> {
    Ok(SecureRouter::new()
        .nest("/tutorial001", tutorial001::router()?)
        .nest("/tutorial002", tutorial002::router()?)
        .nest("/tutorial003", tutorial003::router()?)
        .nest("/tutorial004", tutorial004::router()?)
        .nest("/tutorial005", tutorial005::router()?)
        .nest("/tutorial006", tutorial006::router()?)
        .nest("/tutorial007", tutorial007::router()?))
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
        "The chapters of FastAPI's security tutorial are at http://{0}/tutorial001 to http://{0}/tutorial007, and one application
         for each of its security classes beside them, http://{0}/security_http_bearer say.\n\
         Open http://{0}/tutorial005/docs and log in as johndoe with the password secret. Ctrl-C stops the server.",
        server.address()
    );
}
