//! Users in a store.

use std::path::Path;

use auth_runtime::{PasswordHash, PostgresUsers, SqliteUsers, StoreError, UserStore};
use axum::Router;
use bench::{Error, people::SCOPE};
use rusqlite::Connection;
use sqlx::{AssertSqlSafe, PgPool};

use crate::{
    Growth, Line, Place,
    app::{self, User},
    measure::{self, Case, thousands},
};

const SIZES: [u64; 2] = [1_000, 1_000_000];
/// So many different users ask, spread over the store.
const ASKING: u64 = 500;
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Forwards `find`, and leaves `find_shared` as it is by default, so that nobody is remembered.
struct EachRead<S>(S);

impl<S: UserStore> UserStore for EachRead<S> {
    type User = S::User;

    async fn find(&self, username: &str) -> Result<Option<S::User>, StoreError> {
        self.0.find(username).await
    }

    async fn replace_password_hash(
        &self,
        username: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        self.0.replace_password_hash(username, old, new).await
    }
}

pub(crate) async fn measure(place: &Place) -> Result<Growth, Error> {
    let mut cases = Vec::new();
    for size in SIZES {
        let path = place.fresh(&format!("growth-{size}.db"));
        let users = SqliteUsers::<User>::open(&path).await?;
        fill_sqlite(&path, size)?;
        let each_read = app::router(app::auth(place, EachRead(users.clone()))?)?;
        cases.push(case(place, "SQLite, asked for before", size, app::router(app::auth(place, users)?)?)?);
        cases.push(case(place, "SQLite, each read", size, each_read)?);
    }
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL names no PostgreSQL")?;
    let pool = PgPool::connect(&url).await?;
    for size in SIZES {
        let table = format!("growth_{size}");
        sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"))).execute(&pool).await?;
        let users = PostgresUsers::<User>::from_pool(pool.clone(), &table).await?;
        let fill = format!(
            "INSERT INTO {table} (username, email, full_name, disabled, hashed_password) \
             SELECT 'user' || n, 'user' || n || '@example.com', 'User ' || n, FALSE, '{HASH}' \
             FROM generate_series(0, {size} - 1) AS n"
        );
        sqlx::query(AssertSqlSafe(fill)).execute(&pool).await?;
        sqlx::query(AssertSqlSafe(format!("VACUUM ANALYZE {table}"))).execute(&pool).await?;
        cases.push(case(place, "PostgreSQL", size, app::router(app::auth(place, users)?)?)?);
    }
    let costs = measure::costs(&mut cases).await?;
    for size in SIZES {
        sqlx::query(AssertSqlSafe(format!("DROP TABLE growth_{size}"))).execute(&pool).await?;
        place.fresh(&format!("growth-{size}.db"));
    }
    let lines = cases.iter().zip(costs).map(|(case, cost)| Line {
        size: case.size.clone(),
        figures: vec![format!("{:.1}", cost.used), format!("{:.1}", cost.elapsed)],
    });
    Ok(Growth {
        with: "users in a store",
        columns: &["µs of processor time for a guarded GET", "µs on the clock"],
        lines: lines.collect(),
        why: "Each request is of another user, 500 in turn. `SqliteUsers` remembers 1,000 at most, until something is committed to \
              the file, and forgets all of them when one more comes. *Asked for before* is the best case: SQLite is asked only \
              whether the file has changed. *Each read* is what more users than that cost: the row is found by name through the \
              index of the table, a B-tree, which a thousand times as many users make one or two levels deeper. PostgreSQL's own \
              work is in the time on the clock alone.",
    })
}

fn case(place: &Place, store: &str, size: u64, router: Router) -> Result<Case, Error> {
    let mut tokens = Vec::new();
    for number in 0..ASKING {
        // A step that shares no factor with the sizes goes all over the store.
        tokens.push(place.tokens.issue(&format!("user{}", number * 7_919 % size), SCOPE)?);
    }
    Ok(Case { size: format!("{} in {store}", thousands(size)), router, path: "/me".to_owned(), tokens })
}

fn fill_sqlite(path: &Path, size: u64) -> Result<(), Error> {
    let connection = Connection::open(path)?;
    connection.execute(
        &format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {size}) \
             INSERT INTO users (username, email, full_name, disabled, hashed_password) \
             SELECT 'user' || n, 'user' || n || '@example.com', 'User ' || n, 0, '{HASH}' FROM numbers"
        ),
        [],
    )?;
    Ok(())
}
