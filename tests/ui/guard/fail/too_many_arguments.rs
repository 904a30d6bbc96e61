use auth_runtime::prelude::*;
use tests::User;

#[requires_user]
async fn users(_a0: User, _a1: User, _a2: User, _a3: User, _a4: User, _a5: User, _a6: User, _a7: User, _a8: User, _a9: User, _a10: User, _a11: User, _a12: User, _a13: User, _a14: User, _a15: User) {}

fn main() {}
