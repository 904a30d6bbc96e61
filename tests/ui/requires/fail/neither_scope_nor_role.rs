use auth_runtime::prelude::*;

#[derive(Debug)]
enum Colour {
    Red,
}

#[requires(Colour::Red)]
async fn items() {}

fn main() {}
