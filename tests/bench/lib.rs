//! What the servers that are compared share, and what measures them.

pub mod hand;
pub mod measure;
pub mod parts;
pub mod people;
pub mod setup;

/// What goes wrong ends the program, with a sentence.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
