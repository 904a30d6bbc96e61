//! actix-web with actix-web-grants: its middleware has the token verified and the user looked up, once, and `protect` asks for the
//! scope. The unguarded route is outside of the middleware. One worker.

use std::{collections::HashSet, sync::Arc};

use actix_web::{
    App, HttpMessage, HttpResponse, HttpServer,
    dev::ServiceRequest,
    error::InternalError,
    get,
    http::header,
    post,
    web::{Data, Form, Json, ReqData, scope},
};
use actix_web_grants::{GrantsMiddleware, protect};
use bench::{
    Error,
    hand::{Tokens, User, Users},
    people::{JOHN, SCOPE},
    setup::Setup,
};
use serde::{Deserialize, Serialize};

struct Shared {
    tokens: Tokens,
    users: Users,
    somebody: User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    Me,
}

async fn extract(request: &ServiceRequest) -> Result<HashSet<Scope>, actix_web::Error> {
    let shared =
        request.app_data::<Data<Shared>>().ok_or_else(|| refused(HttpResponse::InternalServerError().finish()))?;
    let unauthorized = |challenge: &'static str| {
        refused(HttpResponse::Unauthorized().insert_header((header::WWW_AUTHENTICATE, challenge)).finish())
    };
    let invalid = || unauthorized(r#"Bearer realm="api", error="invalid_token""#);
    let header = request.headers().get(header::AUTHORIZATION);
    let header = header.ok_or_else(|| unauthorized(r#"Bearer realm="api""#))?;
    let claims = shared.tokens.verify_header(header.as_bytes()).map_err(|_| invalid())?;
    let user = shared.users.find(&claims.sub).ok_or_else(invalid)?;
    if user.disabled {
        return Err(refused(HttpResponse::Forbidden().finish()));
    }
    request.extensions_mut().insert(user);
    Ok(claims.has_scope(SCOPE).then_some(Scope::Me).into_iter().collect())
}

fn refused(response: HttpResponse) -> actix_web::Error {
    InternalError::from_response("refused", response).into()
}

#[derive(Deserialize)]
struct LoginForm {
    username: String,
    password: String,
    #[serde(default)]
    scope: String,
}

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
}

#[post("/token")]
async fn token(shared: Data<Shared>, Form(form): Form<LoginForm>) -> HttpResponse {
    let Some(user) = shared.users.log_in(&form.username, form.password).await else {
        return HttpResponse::BadRequest().finish();
    };
    let scope = if form.scope.split(' ').any(|scope| scope == SCOPE) { SCOPE } else { "" };
    match shared.tokens.issue(&user.username, scope) {
        Ok(access_token) => HttpResponse::Ok().json(TokenAnswer { access_token, token_type: "Bearer" }),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

#[get("/plain")]
async fn plain(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&shared.somebody)
}

#[get("/me")]
#[protect("Scope::Me", ty = "Scope")]
async fn me(user: ReqData<Arc<User>>) -> Json<Arc<User>> {
    Json(user.into_inner())
}

#[actix_web::main]
async fn main() -> Result<(), Error> {
    let setup = Setup::from_env()?;
    let shared = Data::new(Shared {
        tokens: Tokens::from_key_file(&setup.key_file)?,
        users: Users::of_people()?,
        somebody: User::new(&JOHN, String::new()),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&shared))
            .service(token)
            .service(plain)
            .service(scope("").wrap(GrantsMiddleware::with_extractor(extract)).service(me))
    });
    let server = server.workers(1).bind(setup.address)?;
    setup.announce();
    Ok(server.run().await?)
}
