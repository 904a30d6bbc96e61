//! Behaviour over a real socket.

mod adoption;
mod document;
mod guard_first;
mod login;
mod profiles;
mod routing;
mod stores;
mod support;
mod table;
mod work;
