use auth_runtime::prelude::*;

#[get("/users")]
mod users {}

fn main() {}
