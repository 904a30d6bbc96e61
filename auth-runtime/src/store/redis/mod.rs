//! Redis, or Valkey: what is hot and shared.

mod counters;
mod revocations;

use std::time::Duration;

use redis::{
    Client as RedisClient, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

pub use self::{counters::RedisCounters, revocations::RedisRevocations};
use super::StoreError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One connection, which all clones share, and which is made anew when it breaks.
#[derive(Clone)]
struct Redis {
    connection: ConnectionManager,
    prefix: String,
}

impl Redis {
    async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = RedisClient::open(url)
            .map_err(|_| StoreError::new("the URL of Redis cannot be read: it looks like redis://HOST:6379"))?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_with_config(client, config).await.map_err(failed)?;
        Ok(Self { connection, prefix: "auth".to_owned() })
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }

    async fn refuse_eviction(&self) -> Result<(), StoreError> {
        let info: String =
            redis::cmd("INFO").arg("memory").query_async(&mut self.connection.clone()).await.map_err(failed)?;
        let field =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        match (field("maxmemory"), field("maxmemory_policy")) {
            (Some(bound), Some(policy)) if bound != "0" && policy != "noeviction" => Err(StoreError::new(format!(
                "this Redis forgets keys when its memory is full (maxmemory-policy {policy}), and would forget revocations: set it to noeviction"
            ))),
            _ => Ok(()),
        }
    }
}

fn failed(error: RedisError) -> StoreError {
    let message = if error.is_timeout() {
        "Redis did not answer in time"
    } else if error.is_connection_refusal() || error.is_connection_dropped() || error.is_io_error() {
        "Redis cannot be reached: is it running?"
    } else {
        "Redis cannot be used"
    };
    StoreError::new(message).caused_by(error)
}
