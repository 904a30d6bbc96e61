use auth_runtime::prelude::*;

#[get("/users")]
#[requires_user]
async fn users() {}

async fn around() {
    users(auth_runtime::__private::Guard(std::marker::PhantomData)).await;
}

fn main() {}
