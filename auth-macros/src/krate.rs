//! The absolute path of `auth_runtime`, under whatever name the crate at hand depends on it.

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

const NAME: &str = "auth_runtime";

/// The name, without `::`.
pub(crate) fn name() -> String {
    // A crate that is not found is reached through a re-export; `extern crate … as auth_runtime` then helps.
    match proc_macro_crate::crate_name("auth-runtime") {
        Ok(FoundCrate::Name(name)) => name,
        Ok(FoundCrate::Itself) | Err(_) => NAME.to_owned(),
    }
}

/// `::auth_runtime::__private`.
pub(crate) fn private() -> TokenStream {
    let name = Ident::new(&name(), Span::call_site());
    quote!(::#name::__private)
}
