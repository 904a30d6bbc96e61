//! Behaviour over a real socket.

mod adoption;
mod answers;
mod cookies;
mod document;
mod expressions;
mod groups;
mod guard_first;
mod login;
mod magazine;
mod oidc;
mod pool;
mod profiles;
mod routing;
mod rules;
mod shared;
mod stacking;
mod stores;
mod support;
mod table;
mod watching;
mod work;
