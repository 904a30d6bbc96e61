use auth_runtime::prelude::*;

struct Nothing;

#[requires_user]
#[authorize(item.len() > 1)]
async fn items(item: String) -> Nothing {
    Nothing
}

fn main() {}
