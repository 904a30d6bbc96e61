//! Attacks, each named after what it stops.

mod familiar;
mod guessing;
mod house;
mod requests;
mod support;
mod tokens;
