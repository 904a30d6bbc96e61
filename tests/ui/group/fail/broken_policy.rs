use auth_runtime::prelude::*;

#[auth_runtime::group(user &)]
mod admin {
    use auth_runtime::prelude::*;

    #[get("/items")]
    pub async fn items() {}
}

fn main() {
    let _ = admin::items;
}
