//! What the example programs share: where they listen.

use std::env::{self, VarError};

use auth_runtime::BoxError;

/// `127.0.0.1` and the port in `PORT`, 8000 unless it is set.
///
/// # Errors
/// If `PORT` is not a port.
pub fn address() -> Result<String, BoxError> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse::<u16>().map_err(|_| format!("PORT is {port:?}, and a port is a number up to 65535"))?,
        Err(VarError::NotPresent) => 8000,
        Err(VarError::NotUnicode(_)) => return Err("PORT is not text, and a port is a number up to 65535".into()),
    };
    Ok(format!("127.0.0.1:{port}"))
}
