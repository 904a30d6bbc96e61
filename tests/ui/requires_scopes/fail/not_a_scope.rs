use auth_runtime::prelude::*;

#[derive(Debug)]
enum Colour {
    Red,
}

#[requires_scopes(Colour::Red)]
async fn items() {}

fn main() {}
