use auth_runtime::prelude::*;

#[auth_runtime::group(active_user)]
mod admin {
    use auth_runtime::prelude::*;

    pub fn routes() {
        #[get("/items")]
        #[public]
        async fn items() {}
    }
}

fn main() {}
