//! A table, columns and a row type that are the application's own, as they were before it used this library.

use auth_runtime::{Auth, ClientAddress, PasswordRules, SqlxUsers, UserStore, prelude::*};
use sqlx::{Executor, PgPool, Postgres, Sqlite, SqlitePool};

use crate::support::{Scratch, new_database};

#[derive(AuthUser, Clone, Debug, PartialEq, sqlx::FromRow)]
struct Employee {
    id: i64,
    #[auth(username)]
    email: String,
    #[sqlx(rename = "left_at_all")]
    #[auth(disabled)]
    gone: bool,
    #[auth(password_hash)]
    secret: Option<PasswordHash>,
    department: String,
}

const TABLES: &str = "CREATE TABLE departments (number BIGINT PRIMARY KEY, title TEXT NOT NULL); \
    CREATE TABLE staff (id BIGINT PRIMARY KEY, email TEXT NOT NULL UNIQUE, left_at_all BOOLEAN NOT NULL, secret TEXT, \
    department BIGINT NOT NULL REFERENCES departments (number)); \
    INSERT INTO departments VALUES (1, 'tools'); \
    INSERT INTO staff VALUES (7, 'ann@corp.example', false, 'plain:correct-horse', 1), (8, 'bob@corp.example', true, NULL, 1);";

const FIND: &str = "SELECT staff.id, email, left_at_all, secret, departments.title AS department FROM staff \
    JOIN departments ON departments.number = staff.department WHERE email = $1";

async fn works(users: impl UserStore<User = Employee> + Clone) {
    let ann = users.find("ann@corp.example").await.unwrap().unwrap();
    assert_eq!((ann.id, ann.gone, ann.department.as_str()), (7, false, "tools"));
    assert!(users.find("ANN@corp.example").await.unwrap().is_none());
    assert!(users.find("' OR 1=1 --").await.unwrap().is_none());

    let key = auth_runtime::SigningKey::generate(&auth_runtime::Randomness::default()).unwrap();
    let auth = Auth::builder(users.clone())
        .signing_key(key)
        .sessions(auth_runtime::MemoryStore::new())
        .password_hasher(crate::support::Fast)
        .password_rules(PasswordRules::new().min_length(8))
        .build()
        .unwrap();
    auth.verify_login("ann@corp.example", &"correct-horse".into(), ClientAddress::UNKNOWN).await.unwrap();
    assert!(
        auth.verify_login("bob@corp.example", &"anything".into(), ClientAddress::UNKNOWN).await.is_err(),
        "nobody has set a password"
    );
    auth.change_password("ann@corp.example", &"correct-horse".into(), "battery-staple".into(), ClientAddress::UNKNOWN)
        .await
        .unwrap();
    auth.verify_login("ann@corp.example", &"battery-staple".into(), ClientAddress::UNKNOWN).await.unwrap();
    auth.disable_user("ann@corp.example").await.unwrap();
    assert!(auth.verify_login("ann@corp.example", &"battery-staple".into(), ClientAddress::UNKNOWN).await.is_err());
    assert!(auth.disable_user("eve@corp.example").await.is_err());
    let error = users.remove("ann@corp.example").await.unwrap_err().to_string();
    assert!(error.contains("add `.remove(..)` to it"), "{error}");
}

#[tokio::test]
async fn in_sqlite() {
    let scratch = Scratch::new();
    let pool = SqlitePool::connect(&format!("sqlite://{}?mode=rwc", scratch.0.join("own.db").display())).await.unwrap();
    pool.execute(TABLES).await.unwrap();
    let users = SqlxUsers::<Employee, Sqlite>::new(pool, FIND)
        .set_password_hash("UPDATE staff SET secret = $1 WHERE email = $2")
        .set_disabled("UPDATE staff SET left_at_all = $1 WHERE email = $2");
    works(users).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: use tests/run"]
async fn in_postgres() {
    let pool = PgPool::connect(&new_database(&tests::services::postgres_url()).await).await.unwrap();
    pool.execute(TABLES).await.unwrap();
    let users = SqlxUsers::<Employee, Postgres>::new(pool, FIND)
        .set_password_hash("UPDATE staff SET secret = $1 WHERE email = $2")
        .set_disabled("UPDATE staff SET left_at_all = $1 WHERE email = $2");
    works(users).await;
}
