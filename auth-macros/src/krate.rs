//! The absolute path of `auth_runtime`, under whatever name the crate at hand depends on it.

use std::{cell::RefCell, env, ffi::OsString};

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

const NAME: &str = "auth_runtime";

thread_local! {
    /// The name in the package whose handlers were expanded last: a package has many, and an editor many packages.
    static LAST: RefCell<Option<(Option<OsString>, String)>> = const { RefCell::new(None) };
}

/// The name, without `::`.
pub(crate) fn name() -> String {
    let package = env::var_os("CARGO_MANIFEST_DIR");
    LAST.with_borrow_mut(|last| match last {
        Some((known, name)) if *known == package => name.clone(),
        _ => last.insert((package, look_up())).1.clone(),
    })
}

fn look_up() -> String {
    // A crate that is not found is reached through a re-export; `extern crate … as auth_runtime` then helps.
    match proc_macro_crate::crate_name("auth-runtime") {
        Ok(FoundCrate::Name(name)) => name,
        Ok(FoundCrate::Itself) | Err(_) => NAME.to_owned(),
    }
}

/// `::auth_runtime::__private`.
pub(crate) fn private() -> TokenStream {
    private_of(&name())
}

/// The same, of a name that is known already.
pub(crate) fn private_of(name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(::#name::__private)
}
