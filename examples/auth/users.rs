//! `auth users`: whatever ends somebody's access goes through the `Auth`, which ends sessions and revokes tokens with it.

use auth_runtime::{Auth, AuthUser, ClientAddress, Refusal, UserStore};
use clap::{Args, Subcommand};

use crate::{
    output::{Failure, note, print_json, print_table, visible},
    password::new_password,
    user::{Details, User},
};

const PAGE: usize = 500;

#[derive(Subcommand)]
pub(crate) enum UsersCommand {
    /// Add a user, and ask for the password.
    Add {
        /// The name to log in with.
        #[arg(value_parser = username)]
        name: String,
        #[command(flatten)]
        details: Details,
        #[command(flatten)]
        password: PasswordOption,
    },
    /// List the users.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Lock a user out: no login, every session ends, and tokens that are out are refused.
    Disable {
        /// Whom.
        name: String,
    },
    /// Let a disabled user log in again.
    Enable {
        /// Whom.
        name: String,
    },
    /// Set another password, and end every session of the user.
    Password {
        /// Whose.
        name: String,
        #[command(flatten)]
        password: PasswordOption,
    },
    /// Remove a user, and end every session.
    Delete {
        /// Whom.
        name: String,
    },
    /// End every session of a user, who may log in again.
    Logout {
        /// Whom.
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct PasswordOption {
    /// Take the password from the first line of stdin, instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

impl UsersCommand {
    /// Whether it may be the first to use a database.
    pub(crate) fn begins(&self) -> bool {
        matches!(self, Self::Add { .. })
    }

    /// Whether it revokes what is out.
    pub(crate) fn ends_sessions(&self) -> bool {
        matches!(self, Self::Disable { .. } | Self::Password { .. } | Self::Delete { .. } | Self::Logout { .. })
    }
}

pub(crate) async fn run<S: UserStore<User = User>>(
    command: UsersCommand,
    users: &S,
    auth: &Auth<User>,
) -> Result<(), Failure> {
    match command {
        UsersCommand::Add { name, details, password } => {
            if users.find(&name).await?.is_some() {
                return Err(taken(&name));
            }
            let password = new_password(password.password_stdin, |typed| check(auth, &name, typed)).await?;
            let hash = auth.new_password(&name, password).await.map_err(|refusal| failure(&refusal, &name))?;
            let user = User::new(name.clone(), hash, details);
            if !auth.register(&user, ClientAddress::UNKNOWN).await.map_err(|refusal| failure(&refusal, &name))? {
                return Err(taken(&name));
            }
            let state = if user.is_disabled() { ", disabled: `auth users enable` lets the user log in" } else { "" };
            note(format_args!("Added the user {}{state}.", visible(&name)));
        }
        UsersCommand::List { json } => list(users, json).await?,
        UsersCommand::Disable { name } => {
            auth.disable_user(&name).await.map_err(|refusal| failure(&refusal, &name))?;
            note(format_args!("{} is disabled, and every session has ended.", visible(&name)));
        }
        UsersCommand::Enable { name } => {
            auth.enable_user(&name).await.map_err(|refusal| failure(&refusal, &name))?;
            note(format_args!("{} may log in again.", visible(&name)));
        }
        UsersCommand::Password { name, password } => {
            check_known(users, &name).await?;
            let password = new_password(password.password_stdin, |typed| check(auth, &name, typed)).await?;
            auth.set_password(&name, password).await.map_err(|refusal| failure(&refusal, &name))?;
            note(format_args!("{} has a new password, and every session has ended.", visible(&name)));
        }
        UsersCommand::Delete { name } => {
            auth.delete_user(&name).await.map_err(|refusal| failure(&refusal, &name))?;
            note(format_args!("{} is gone, and every session has ended.", visible(&name)));
        }
        UsersCommand::Logout { name } => {
            check_known(users, &name).await?;
            auth.end_sessions(&name).await.map_err(|refusal| failure(&refusal, &name))?;
            note(format_args!("Every session of {} has ended.", visible(&name)));
        }
    }
    Ok(())
}

async fn list<S: UserStore<User = User>>(users: &S, json: bool) -> Result<(), Failure> {
    let mut all: Vec<User> = Vec::new();
    loop {
        let page = users.list(all.last().map(AuthUser::username), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            break;
        }
    }
    if json {
        return print_json(&all);
    }
    if all.is_empty() {
        note("There are no users: `auth users add NAME` adds one.");
        return Ok(());
    }
    print_table(User::COLUMNS, all.iter().map(User::row).collect())
}

fn check(auth: &Auth<User>, name: &str, password: &auth_runtime::Secret) -> Result<(), Failure> {
    auth.check_password(name, password).map_err(|refusal| failure(&refusal, name))
}

async fn check_known<S: UserStore<User = User>>(users: &S, name: &str) -> Result<(), Failure> {
    match users.find(name).await? {
        Some(_) => Ok(()),
        None => Err(failure(&Refusal::NoSuchUser, name)),
    }
}

fn taken(name: &str) -> Failure {
    Failure::failed(format!(
        "there is a user named {} already: choose another name, or set the password with `auth users password`",
        visible(name)
    ))
}

fn failure(refusal: &Refusal, name: &str) -> Failure {
    Failure::failed(match refusal {
        Refusal::NoSuchUser => {
            format!("there is no user named {}: `auth users list` shows who there is", visible(name))
        }
        Refusal::WeakPassword(fault) => format!("nothing was changed. {fault}"),
        Refusal::Unavailable => {
            "it was not done, or only in part, for the reason above: once that is mended, run the same command again"
                .to_owned()
        }
        other => other.to_string(),
    })
}

/// What can be typed into a login form again.
fn username(text: &str) -> Result<String, String> {
    if text.is_empty() || text.trim() != text || text != visible(text) {
        return Err(
            "a name is not empty, neither begins nor ends with a blank, and has no control characters".to_owned()
        );
    }
    Ok(text.to_owned())
}
