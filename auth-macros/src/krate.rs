//! The absolute path of `auth_runtime`, under whatever name the crate at hand depends on it.

use std::{cell::RefCell, env, ffi::OsString, fmt};

use proc_macro_crate::FoundCrate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Token;

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

/// `::auth_runtime::__private`: displayed, it is text, and quoted, tokens.
pub(crate) struct Private {
    name: String,
    span: Span,
}

impl Private {
    /// Its tokens have this span.
    pub(crate) fn at(&self, span: Span) -> Self {
        Self { name: self.name.clone(), span }
    }
}

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "::{}::__private", self.name)
    }
}

impl ToTokens for Private {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for segment in [&self.name, "__private"] {
            Token![::](self.span).to_tokens(tokens);
            Ident::new(segment, self.span).to_tokens(tokens);
        }
    }
}

pub(crate) fn private() -> Private {
    private_of(name())
}

/// The same, of a name that is known already.
pub(crate) fn private_of(name: String) -> Private {
    Private { name, span: Span::call_site() }
}
