//! Tables that several processes make at once, and tables that a later version made.

use auth_runtime::{PostgresStore, PostgresUsers, SqliteStore, SqliteUsers, testing::contract};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use crate::support::{Account, Scratch, new_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_is_opened_by_many_at_once() {
    let scratch = Scratch::new();
    let path = scratch.0.join("auth.db");
    let opened: Vec<_> = (0..12)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move {
                SqliteUsers::<Account>::open(&path).await.unwrap();
                SqliteStore::open(&path).await.unwrap()
            })
        })
        .collect();
    for store in opened {
        contract::clients(&store.await.unwrap()).await;
    }
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let versions: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM auth_migrations").fetch_all(&mut connection).await.unwrap();
    assert_eq!(versions, [1], "each version once");

    connection.execute("INSERT INTO auth_migrations (version, applied_at) VALUES (1000, 0)").await.unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("of version 1000") && error.contains("older than the one"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: use tests/run"]
async fn postgres_is_connected_by_many_at_once() {
    let url = new_database(&tests::services::postgres_url()).await;
    let connected: Vec<_> = (0..12)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = PostgresStore::connect(&url).await.unwrap();
                store.users::<Account>().await.unwrap();
                store
            })
        })
        .collect();
    for store in connected {
        contract::clients(&store.await.unwrap()).await;
    }
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let versions: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM auth_migrations").fetch_all(&mut connection).await.unwrap();
    assert_eq!(versions, [1], "each version once");

    connection.execute("INSERT INTO auth_migrations (version, applied_at) VALUES (1000, 0)").await.unwrap();
    let error = PostgresStore::connect(&url).await.unwrap_err().to_string();
    assert!(error.contains("of version 1000"), "{error}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: use tests/run"]
async fn a_table_that_does_not_fit_is_named() {
    let url = new_database(&tests::services::postgres_url()).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("CREATE TABLE users (email TEXT, verified BOOLEAN, hash TEXT)").await.unwrap();
    let connect = async || PostgresUsers::<Account>::connect(&url).await.unwrap_err().to_string();
    let error = connect().await;
    assert!(error.contains("lacks the columns is_blocked, age"), "{error}");
    connection.execute("ALTER TABLE users ADD is_blocked BOOLEAN, ADD age INTEGER").await.unwrap();
    let error = connect().await;
    assert!(error.contains("the column email of the table users") && error.contains("is not unique"), "{error}");
    connection.execute("CREATE UNIQUE INDEX ON users (email) WHERE verified").await.unwrap();
    assert!(connect().await.contains("is not unique"), "not where only some are");
    connection.execute("CREATE UNIQUE INDEX ON users (email)").await.unwrap();
    let users = PostgresUsers::<Account>::connect(&url).await.unwrap();

    // A smaller type than the field's will do, and one of another kind is an error.
    let new = |name: &str, hash| Account {
        age: Some(7),
        ..auth_runtime::endpoints::NewUser::new_user(name.to_owned(), hash)
    };
    contract::users(&users, new).await;
    connection.execute("ALTER TABLE users ALTER is_blocked TYPE TEXT USING 'no'").await.unwrap();
    use auth_runtime::{PasswordHash, UserStore};
    connection.execute("INSERT INTO users VALUES ('jane', true, 'x', 'no', 7)").await.unwrap();
    let users = PostgresUsers::<Account>::connect(&url).await.unwrap();
    let error = users.find("jane").await.unwrap_err().to_string();
    assert!(error.contains("the column is_blocked of \"jane\"") && error.contains("true or false"), "{error}");
    drop(PasswordHash::from_stored("x"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let url = "postgres://tests:swordfish@127.0.0.1:9/nowhere";
    let error = PostgresStore::connect(url).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("nowhere at 127.0.0.1:9") && !text.contains("swordfish"), "{text}");
    let error = PostgresStore::connect("mysql://x:swordfish@y").await.unwrap_err().to_string();
    assert!(error.contains("looks like postgres://") && !error.contains("swordfish"), "{error}");
    let error = auth_runtime::RedisCounters::connect("redis://127.0.0.1:9").await.unwrap_err().to_string();
    assert!(error.contains("Redis cannot be reached"), "{error}");
    let error = auth_runtime::RedisCounters::connect("http://y").await.unwrap_err().to_string();
    assert!(error.contains("looks like redis://"), "{error}");
}
