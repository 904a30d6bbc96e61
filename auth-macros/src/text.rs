//! Code written as text. `quote!` calls several unoptimised functions for each token; the compiler lexes text itself, in a quarter
//! of the time. Its span is the attribute's: what an error can be about is spliced in with its own.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Error;

/// The tokens of this text, whose parentheses are closed.
pub(crate) fn text(code: &str) -> TokenStream {
    // Not by `proc_macro2`, which lexes all of it first, as rustc cannot recover from every fault: ten times slower, and this text
    // is ours. Tests go that way.
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

/// `[..]`.
pub(crate) fn brackets(content: TokenStream) -> TokenStream {
    group(Delimiter::Bracket, content)
}

/// `{..}`.
pub(crate) fn braces(content: TokenStream) -> TokenStream {
    group(Delimiter::Brace, content)
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
