use auth_runtime::prelude::*;

#[derive(AuthUser, Clone)]
#[auth(no_password, always_active)]
struct Account {
    #[auth(username)]
    name: String,
    groups: Vec<String>,
}

async fn open() -> Result<(), BoxError> {
    SqliteUsers::<Account>::open("users.db").await?;
    Ok(())
}

fn main() {}
