//! Attacks, each named after what it stops.

mod guessing;
mod requests;
mod support;
mod tokens;
