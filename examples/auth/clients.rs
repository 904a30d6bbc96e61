//! `auth clients`: the programs that may ask for tokens.

use auth_runtime::{Client, ClientStore, Randomness};
use clap::Subcommand;
use serde_json::json;

use crate::output::{Failure, note, print, print_json, print_table, visible};

#[derive(Subcommand)]
pub(crate) enum ClientsCommand {
    /// Register a client, and print its secret, once.
    Add {
        /// The identifier that the client names itself by.
        #[arg(value_parser = identifier)]
        id: String,
        /// A scope that it may have; say it once for each. Without any, a client is not limited in what its users are granted, and
        /// has no scopes of its own.
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<String>,
        /// It cannot keep a secret, and has none: a program in a browser or on its user's machine.
        #[arg(long, conflicts_with_all = ["client_credentials", "introspection"])]
        public: bool,
        /// It may ask for tokens of its own, without a user.
        #[arg(long)]
        client_credentials: bool,
        /// It may ask about the tokens of others: a resource server.
        #[arg(long)]
        introspection: bool,
    },
    /// List the clients.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Give a client no more tokens.
    Disable {
        /// Which.
        id: String,
    },
    /// Give a disabled client tokens again.
    Enable {
        /// Which.
        id: String,
    },
    /// Remove a client.
    Delete {
        /// Which.
        id: String,
    },
}

impl ClientsCommand {
    /// Whether it may be the first to use a database.
    pub(crate) fn begins(&self) -> bool {
        matches!(self, Self::Add { .. })
    }
}

pub(crate) async fn run<S: ClientStore>(command: ClientsCommand, store: &S) -> Result<(), Failure> {
    match command {
        ClientsCommand::Add { id, scopes, public, client_credentials, introspection } => {
            if store.find_client(&id).await?.is_some() {
                return Err(Failure::failed(format!(
                    "there is a client {id} already: choose another identifier, or delete it first"
                )));
            }
            let (mut client, secret) = if public {
                (Client::public(&id), None)
            } else {
                let made = Client::confidential(&id, &Randomness::default());
                let (client, secret) = made.map_err(|error| Failure::failed(error.to_string()))?;
                (client, Some(secret))
            };
            client = client.scopes(scopes);
            client.client_credentials = client_credentials;
            client.introspection = introspection;
            store.register(&client).await?;
            let Some(secret) = secret else {
                note(format_args!("Registered the public client {id}, which has no secret."));
                return Ok(());
            };
            if let Err(failure) = print(secret.expose()) {
                // A secret that nobody has seen is of no use.
                store.remove_client(&id).await?;
                return Err(match failure {
                    Failure::Unread => Failure::failed("nobody read the client's secret, and it was not registered"),
                    other => other,
                });
            }
            note(format_args!(
                "Registered the client {id}. Its secret is the line on stdout: keep it now, it is not shown again."
            ));
        }
        ClientsCommand::List { json } => list(&store.clients().await?, json)?,
        ClientsCommand::Disable { id } => {
            switch(store, &id, true).await?;
            note(format_args!(
                "{} is disabled, and gets no more tokens. Those that are out are good until they expire.",
                visible(&id)
            ));
        }
        ClientsCommand::Enable { id } => {
            switch(store, &id, false).await?;
            note(format_args!("{} may ask for tokens again.", visible(&id)));
        }
        ClientsCommand::Delete { id } => {
            if !store.remove_client(&id).await? {
                return Err(unknown(&id));
            }
            note(format_args!(
                "{} is gone, and gets no more tokens. Those that are out are good until they expire.",
                visible(&id)
            ));
        }
    }
    Ok(())
}

async fn switch<S: ClientStore>(store: &S, id: &str, disabled: bool) -> Result<(), Failure> {
    let mut client = store.find_client(id).await?.ok_or_else(|| unknown(id))?;
    client.disabled = disabled;
    Ok(store.register(&client).await?)
}

fn list(clients: &[Client], json: bool) -> Result<(), Failure> {
    if json {
        let object = |client: &Client| {
            json!({
                "id": client.id,
                "public": client.secret.is_none(),
                "scopes": client.scopes,
                "client_credentials": client.client_credentials,
                "introspection": client.introspection,
                "disabled": client.disabled,
            })
        };
        return print_json(&clients.iter().map(object).collect::<Vec<_>>());
    }
    if clients.is_empty() {
        note("There are no clients: `auth clients add ID` registers one.");
        return Ok(());
    }
    let row = |client: &Client| {
        let named = |flag: bool, name: &'static str| flag.then_some(name);
        let kinds = [
            Some(if client.secret.is_none() { "public" } else { "confidential" }),
            named(client.client_credentials, "client credentials"),
            named(client.introspection, "introspection"),
        ];
        let kinds: Vec<&str> = kinds.into_iter().flatten().collect();
        let state = if client.disabled { "disabled" } else { "active" };
        [client.id.clone(), kinds.join(", "), state.to_owned(), client.scopes.join(" ")]
    };
    print_table(["ID", "KIND", "STATE", "SCOPES"], clients.iter().map(row).collect())
}

fn unknown(id: &str) -> Failure {
    Failure::failed(format!("there is no client {}: `auth clients list` shows which there are", visible(id)))
}

/// RFC 6749 appendix A.1, without blanks.
fn identifier(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("an identifier has letters, digits and signs of ASCII, and no blanks".to_owned());
    }
    Ok(text.to_owned())
}

/// RFC 6749 section 3.3.
fn scope(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        return Err("a scope has letters, digits and signs of ASCII other than \" and \\, and no blanks; for two, say --scope twice".to_owned());
    }
    Ok(text.to_owned())
}
