//! The user type of the examples, and what the program has to know of its fields: the file to replace by your own.

use auth_runtime::prelude::*;
use clap::Args;

/// A row of the table `users`.
#[derive(AuthUser, Clone, Serialize)]
pub(crate) struct User {
    #[auth(username)]
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    #[auth(disabled)]
    disabled: bool,
    #[auth(password_hash)]
    #[serde(skip)]
    hashed_password: PasswordHash,
}

/// What may be said of a new user.
#[derive(Args)]
pub(crate) struct Details {
    /// The address of the user's mail.
    #[arg(long)]
    email: Option<String>,
    /// The name in full: --full-name "John Doe".
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// The user cannot log in before `auth users enable`.
    #[arg(long)]
    disabled: bool,
}

impl User {
    pub(crate) fn new(username: String, hashed_password: PasswordHash, details: Details) -> Self {
        let Details { email, full_name, disabled } = details;
        Self { username, email, full_name, disabled, hashed_password }
    }

    /// The head of a list of users; the first column is the name.
    pub(crate) const COLUMNS: [&str; 4] = ["NAME", "FULL NAME", "EMAIL", "STATE"];

    /// A line of it.
    pub(crate) fn row(&self) -> [String; 4] {
        let state = if self.disabled { "disabled" } else { "active" };
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        [self.username.clone(), text(&self.full_name), text(&self.email), state.to_owned()]
    }
}
