use auth_runtime::prelude::*;

#[requires_user]
#[post_authorize(|text| text == &item)]
async fn items(item: String) -> String {
    item
}

fn main() {}
