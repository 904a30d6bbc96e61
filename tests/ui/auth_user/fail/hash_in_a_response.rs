use auth_runtime::prelude::*;

#[derive(AuthUser, Clone, Serialize)]
#[auth(always_active)]
struct Account {
    #[auth(username)]
    name: String,
    #[auth(password_hash)]
    hash: PasswordHash,
}

#[get("/me")]
#[requires_user]
async fn me(account: Account) -> Json<Account> {
    Json(account)
}

fn main() {}
