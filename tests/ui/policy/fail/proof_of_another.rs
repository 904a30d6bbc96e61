use auth_runtime::prelude::*;

#[policy(user)]
struct Members;

#[policy(active_user)]
struct Editors;

#[requires(Members)]
async fn items(proof: Authorized<Editors>) {}

fn main() {}
