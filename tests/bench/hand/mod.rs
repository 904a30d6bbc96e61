//! What one writes by hand where no library does: the users and the tokens of the hand-written server, which the servers of
//! the peers share, so that what differs is the framework.

mod tokens;
mod users;

pub use self::{
    tokens::{BadToken, Claims, Tokens},
    users::{User, Users},
};
