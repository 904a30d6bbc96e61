use auth_runtime::prelude::*;

#[auth_runtime::group(user)]
mod admin {
    use auth_runtime::prelude::*;

    #[get("/items")]
    #[public]
    async fn items() {}
}

fn main() {}
