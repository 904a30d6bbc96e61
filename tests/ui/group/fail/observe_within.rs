use auth_runtime::prelude::*;

#[auth_runtime::group(active_user)]
mod admin {
    use auth_runtime::prelude::*;

    #[get("/items")]
    #[requires_token]
    #[observe]
    async fn items() {}
}

fn main() {}
