use auth_runtime::prelude::*;

#[get("/items")]
#[public]
#[accept(everything)]
async fn items() {}

fn main() {}
