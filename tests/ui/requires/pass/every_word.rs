use auth_runtime::prelude::*;

use tests::{Scope, User};

#[derive(SecurityScheme, Clone)]
#[security(api_key(header = "x-key"))]
struct Key(Secret);

#[predicate]
async fn named(user: &User, name: &'static str, times: u8) -> bool {
    user.username.len() == name.len() * usize::from(times)
}

#[predicate]
fn at_night() -> bool {
    false
}

#[policy((active_user && named("a", 1)) || Key[Scope::Me])]
struct Anybody;

#[policy(named("b", TIMES))]
struct Named<const TIMES: u8>;

#[get("/one")]
#[requires((token || Key) && !at_night && (Anybody || crate::Named<2>) && (user || tests::Scope::Items || !active_user))]
async fn one(_user: Option<User>, _key: Option<Key2>) {}

type Key2 = Key;

fn main() {}
