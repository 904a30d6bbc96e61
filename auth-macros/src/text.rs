//! Code written as text. `quote!` calls several functions for each token, all of them unoptimised, while the compiler reads text
//! by itself: of what is the same above every handler, a token written so takes a quarter of the time.
//!
//! All of it is at the span of the attribute. What an error can be about keeps its own span, and is put in between.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use syn::Error;

/// The tokens of this text, whose parentheses are closed.
pub(crate) fn text(code: &str) -> TokenStream {
    // `proc_macro2` would first read all of it by itself, which takes ten times as long.
    let read = if proc_macro::is_available() {
        code.parse::<proc_macro::TokenStream>().map(TokenStream::from).ok()
    } else {
        code.parse().ok()
    };
    read.unwrap_or_else(|| {
        Error::new(Span::call_site(), format!("this expansion is not Rust: {code}")).to_compile_error()
    })
}

/// `(..)`.
pub(crate) fn parentheses(content: TokenStream) -> TokenStream {
    group(Delimiter::Parenthesis, content)
}

/// `{..}`.
pub(crate) fn braces(content: TokenStream) -> TokenStream {
    group(Delimiter::Brace, content)
}

/// `;`
pub(crate) fn semicolon() -> TokenStream {
    TokenTree::Punct(Punct::new(';', Spacing::Alone)).into()
}

fn group(delimiter: Delimiter, content: TokenStream) -> TokenStream {
    TokenTree::Group(Group::new(delimiter, content)).into()
}

/// One after the other.
pub(crate) fn join<const N: usize>(parts: [TokenStream; N]) -> TokenStream {
    TokenStream::from_iter(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_code_and_what_is_not_is_an_error() {
        let call = join([text("call::<"), text("u8"), text(">"), parentheses(text("1, 2"))]);
        assert_eq!(call.to_string().replace(' ', ""), "call::<u8>(1,2)");
        assert!(text("(").to_string().contains("compile_error"));
    }
}
