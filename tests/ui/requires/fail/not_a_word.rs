use auth_runtime::prelude::*;

struct Anything;

#[requires(Anything)]
async fn items() {}

fn main() {}
