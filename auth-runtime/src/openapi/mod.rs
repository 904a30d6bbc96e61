//! The OpenAPI 3.1 document, from the same declarations that are enforced.

mod describe;
mod document;
mod schemas;
mod security;
#[cfg(feature = "swagger-ui")]
pub(crate) mod ui;

pub use self::describe::{AnyArgument, AnyOutput, Argument, Describe, KnownArgument, KnownOutput, NoUser, Output};
pub(crate) use self::{
    document::{DocumentId, Heading, Listed, document},
    security::{names_token, scheme_names, to_json},
};
