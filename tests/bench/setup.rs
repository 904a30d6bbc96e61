//! What a server is told when it is started: `PORT`, `KEY_FILE`, and where it matters `STORE` and `DATABASE`.

use std::{env, net::SocketAddr, path::PathBuf};

use crate::Error;

/// What a server is told.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where to listen.
    pub address: SocketAddr,
    /// The key of the tokens: 32 bytes or more of text for HS256, or a private key in PEM, whose public half is in a file of the
    /// same name with `.pub` behind it.
    pub key_file: PathBuf,
    /// Whether users are kept in SQLite rather than in memory.
    pub sqlite: bool,
    /// The SQLite file.
    pub database: Option<PathBuf>,
}

impl Setup {
    /// What the environment says.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn from_env() -> Result<Self, Error> {
        let port = env::var("PORT").map_err(|_| "PORT says where to listen, and is not set")?;
        let port: u16 = port.parse().map_err(|_| format!("PORT is {port:?}, which is no port"))?;
        let key_file = env::var_os("KEY_FILE").ok_or("KEY_FILE names the file of the key, and is not set")?;
        let sqlite = match env::var("STORE").as_deref() {
            Err(_) | Ok("memory") => false,
            Ok("sqlite") => true,
            Ok(other) => return Err(format!("STORE is {other:?}: it can be memory or sqlite").into()),
        };
        let database = env::var_os("DATABASE").map(PathBuf::from);
        Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], port)), key_file: key_file.into(), sqlite, database })
    }

    /// Says where the server listens, to whoever started it by hand.
    #[expect(clippy::print_stdout, reason = "whoever starts a server wants to know")]
    pub fn announce(&self) {
        println!("listening at http://{}", self.address);
    }
}
