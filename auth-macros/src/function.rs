//! A function, parsed as far as an attribute looks at it. Its body stays as it is written: nothing reads it, and parsing it
//! takes longer than everything else together.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Item, Signature, Visibility,
    parse::{Parse, ParseStream},
};

use crate::plain;

/// A function with a body.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// In its braces.
    pub(crate) body: TokenStream,
}

impl Function {
    /// The function that this item is; or else the item.
    pub(crate) fn of(item: TokenStream) -> syn::Result<Result<Self, Item>> {
        if let Some(function) = Self::in_pieces(&item) {
            return Ok(Ok(function));
        }
        // What comes through a macro is wrapped; and what does not parse is reported as the parser does.
        Ok(match syn::parse2(item)? {
            Item::Fn(function) => Ok(Self {
                attrs: function.attrs.iter().filter(|attribute| is_outer(attribute)).cloned().collect(),
                vis: function.vis,
                sig: function.sig,
                body: with_inner(&function.attrs, &function.block),
            }),
            other => Err(other),
        })
    }

    /// The attributes at the beginning of the body, and the body without them.
    pub(crate) fn inner(&self) -> (TokenStream, TokenStream) {
        let Some(TokenTree::Group(body)) = self.body.clone().into_iter().next() else {
            return (TokenStream::new(), self.body.clone());
        };
        let mut attributes = TokenStream::new();
        let mut rest = body.stream().into_iter().peekable();
        // `#![..]`: nothing else in a body begins so.
        while let Some(hash) = rest.next_if(|token| matches!(token, TokenTree::Punct(hash) if hash.as_char() == '#')) {
            let not = rest.next_if(|token| matches!(token, TokenTree::Punct(not) if not.as_char() == '!'));
            let Some(not) = not else {
                rest = std::iter::once(hash).chain(rest).collect::<TokenStream>().into_iter().peekable();
                break;
            };
            attributes.extend([hash, not]);
            attributes.extend(rest.next());
        }
        if attributes.is_empty() {
            return (attributes, self.body.clone());
        }
        let mut without = Group::new(Delimiter::Brace, rest.collect());
        without.set_span(body.span());
        (attributes, TokenTree::Group(without).into())
    }

    fn in_pieces(item: &TokenStream) -> Option<Self> {
        let mut head: Vec<TokenTree> = item.clone().into_iter().collect();
        let Some(TokenTree::Group(body)) = head.pop() else { return None };
        if body.delimiter() != Delimiter::Brace {
            return None;
        }
        let plain = plain::head(&head);
        let Head { attrs, vis, sig } = plain.or_else(|| syn::parse2(head.into_iter().collect()).ok())?;
        Some(Self { attrs, vis, sig, body: TokenTree::Group(body).into() })
    }
}

fn is_outer(attribute: &Attribute) -> bool {
    matches!(attribute.style, syn::AttrStyle::Outer)
}

/// The body with the attributes at its beginning.
fn with_inner(attributes: &[Attribute], block: &syn::Block) -> TokenStream {
    let mut inner = TokenStream::new();
    attributes.iter().filter(|attribute| !is_outer(attribute)).for_each(|attribute| attribute.to_tokens(&mut inner));
    inner.extend(block.stmts.iter().map(ToTokens::to_token_stream));
    let mut body = Group::new(Delimiter::Brace, inner);
    body.set_span(block.brace_token.span.join());
    TokenTree::Group(body).into()
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.attrs.iter().for_each(|attribute| attribute.to_tokens(tokens));
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        tokens.extend(self.body.clone());
    }
}

/// All of a function but its body.
pub(crate) struct Head {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self { attrs: Attribute::parse_outer(input)?, vis: input.parse()?, sig: input.parse()? })
    }
}
