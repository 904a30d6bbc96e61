//! What stands in an attribute and above a body in its common form, read token by token. A macro runs unoptimised, once for each
//! handler and every time: parsing in full takes longer than all that is made of it. What is not of this form is parsed.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    AttrStyle, Attribute, Expr, ExprLit, FnArg, Generics, Lit, MacroDelimiter, Meta, MetaList, MetaNameValue, Pat,
    PatType, Path, PathArguments, PathSegment, ReturnType, Safety, Signature, Token, Type, Visibility, parse::Parser,
    punctuated::Punctuated, token,
};

use crate::function::Head;

/// Attributes, visibility and `async fn name(..) -> ..`; `None` of what has generics, a receiver or anything else.
pub(crate) fn head(tokens: &[TokenTree]) -> Option<Head> {
    let (attrs, rest) = attributes(tokens)?;
    let (vis, rest) = visibility(rest)?;
    let [
        TokenTree::Ident(asyncness),
        TokenTree::Ident(function),
        TokenTree::Ident(ident),
        TokenTree::Group(inputs),
        rest @ ..,
    ] = rest
    else {
        return None;
    };
    if asyncness != "async" || function != "fn" || inputs.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let sig = Signature {
        constness: None,
        asyncness: Some(Token![async](asyncness.span())),
        safety: Safety::Default,
        abi: None,
        fn_token: Token![fn](function.span()),
        ident: ident.clone(),
        generics: Generics::default(),
        paren_token: token::Paren { span: inputs.delim_span() },
        inputs: arguments(inputs)?,
        variadic: None,
        output: output(rest)?,
    };
    Some(Head { attrs, vis, sig })
}

fn attributes(mut tokens: &[TokenTree]) -> Option<(Vec<Attribute>, &[TokenTree])> {
    let mut attributes = Vec::new();
    while let [TokenTree::Punct(pound), TokenTree::Group(content), rest @ ..] = tokens
        && pound.as_char() == '#'
    {
        attributes.push(attribute(pound, content)?);
        tokens = rest;
    }
    Some((attributes, tokens))
}

fn attribute(pound: &Punct, content: &Group) -> Option<Attribute> {
    let tokens: Vec<TokenTree> = content.stream().into_iter().collect();
    let meta = match tokens.as_slice() {
        [TokenTree::Ident(name)] => Meta::Path(name.clone().into()),
        [TokenTree::Ident(name), TokenTree::Group(list)] if list.delimiter() == Delimiter::Parenthesis => {
            Meta::List(MetaList {
                path: name.clone().into(),
                delimiter: MacroDelimiter::Paren(token::Paren { span: list.delim_span() }),
                tokens: list.stream(),
            })
        }
        [TokenTree::Ident(name), TokenTree::Punct(eq), TokenTree::Literal(value)] if eq.as_char() == '=' => {
            Meta::NameValue(MetaNameValue {
                path: name.clone().into(),
                eq_token: Token![=](eq.span()),
                value: Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::new(value.clone()) }),
            })
        }
        _ => {
            let written = [pound.to_token_stream(), content.to_token_stream()].into_iter().collect();
            return Attribute::parse_outer.parse2(written).ok()?.pop();
        }
    };
    let bracket_token = token::Bracket { span: content.delim_span() };
    Some(Attribute { pound_token: Token![#](pound.span()), style: AttrStyle::Outer, bracket_token, meta })
}

fn visibility(tokens: &[TokenTree]) -> Option<(Visibility, &[TokenTree])> {
    let (TokenTree::Ident(word), rest) = tokens.split_first()? else {
        return None;
    };
    if word != "pub" {
        return Some((Visibility::Inherited, tokens));
    }
    match rest.split_first()? {
        (TokenTree::Group(scope), rest) => {
            let written = [word.to_token_stream(), scope.to_token_stream()].into_iter().collect();
            Some((syn::parse2(written).ok()?, rest))
        }
        _ => Some((Visibility::Public(Token![pub](word.span())), rest)),
    }
}

fn arguments(inputs: &Group) -> Option<Punctuated<FnArg, Token![,]>> {
    let tokens: Vec<TokenTree> = inputs.stream().into_iter().collect();
    let mut arguments = Punctuated::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let end = end_of_argument(rest);
        let (one, others) = rest.split_at(end);
        arguments.push_value(argument(one)?);
        let Some((comma, others)) = others.split_first() else {
            break;
        };
        arguments.push_punct(Token![,](comma.span()));
        rest = others;
    }
    Some(arguments)
}

/// Where the comma is that no angle brackets are around.
fn end_of_argument(tokens: &[TokenTree]) -> usize {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Punct(punct) = token else {
            before = ' ';
            continue;
        };
        match punct.as_char() {
            ',' if depth == 0 => return index,
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = punct.as_char();
    }
    tokens.len()
}

fn argument(tokens: &[TokenTree]) -> Option<FnArg> {
    let (attrs, tokens) = attributes(tokens)?;
    let mut colon = None;
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match token {
            TokenTree::Ident(word) if word == "self" => return None,
            // `::`, which a colon before a path that begins with one is not.
            TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => index += 1,
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colon = Some((index, Token![:](punct.span())));
                break;
            }
            _ => {}
        }
        index += 1;
    }
    let (index, colon_token) = colon?;
    let (pattern, ty) = (tokens.get(..index)?, tokens.get(index + 1..)?);
    let pat = Box::new(Pat::Verbatim(pattern.iter().cloned().collect()));
    Some(FnArg::Typed(PatType { attrs, pat, colon_token, ty: Box::new(type_of(ty)?) }))
}

fn output(tokens: &[TokenTree]) -> Option<ReturnType> {
    match tokens {
        [] => Some(ReturnType::Default),
        [TokenTree::Punct(dash), TokenTree::Punct(tip), ty @ ..] if dash.as_char() == '-' => {
            Some(ReturnType::Type(Token![->]([dash.span(), tip.span()]), Box::new(type_of(ty)?)))
        }
        _ => None,
    }
}

/// A type that is the same wherever it is named stays as it is written.
fn type_of(tokens: &[TokenTree]) -> Option<Type> {
    let written: TokenStream = tokens.iter().cloned().collect();
    let plain = !tokens.is_empty() && tokens.iter().all(is_plain);
    if plain { Some(Type::Verbatim(written)) } else { syn::parse2(written).ok() }
}

/// Of names and what is between them, without lifetimes, references or `impl Trait`; and not the type of a guard.
fn is_plain(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(word) => !matches!(word.to_string().as_str(), "impl" | "where" | "__private"),
        TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '<' | '>' | ','),
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::Parenthesis && group.stream().into_iter().all(|token| is_plain(&token))
        }
    }
}

/// The paths in a list of nothing but those, such as `Scope::Items, Scope::Me`.
pub(crate) fn paths(tokens: &TokenStream) -> Option<Vec<Path>> {
    let mut paths = Vec::new();
    let mut segments = Punctuated::new();
    let mut tokens = tokens.clone().into_iter();
    loop {
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return None;
        };
        segments.push_value(PathSegment { ident: name, arguments: PathArguments::None });
        let next = tokens.next();
        let ends = next.as_ref().is_none_or(|next| is(next, ','));
        if !ends {
            let (Some(TokenTree::Punct(first)), Some(TokenTree::Punct(second))) = (next, tokens.next()) else {
                return None;
            };
            if first.as_char() != ':' {
                return None;
            }
            segments.push_punct(Token![::]([first.span(), second.span()]));
            continue;
        }
        if segments.len() < 2 {
            return None;
        }
        paths.push(Path { leading_colon: None, segments: std::mem::take(&mut segments) });
        if next.is_none() {
            return Some(paths);
        }
    }
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn read(item: TokenStream) -> Option<Head> {
        head(&item.into_iter().collect::<Vec<_>>())
    }

    fn text(Head { attrs, vis, sig }: &Head) -> String {
        quote!(#(#attrs)* #vis #sig).to_string().replace(char::is_whitespace, "")
    }

    #[test]
    fn what_is_read_is_what_the_parser_reads() {
        for item in [
            quote!(async fn health()),
            quote!(pub async fn list(State(app): State<App>, user: User,) -> Json<Vec<Item>>),
            quote!(#[doc = " Text."] #[cfg(unix)] #[tracing::instrument(skip(db))] pub(crate) async fn r#type(mut a: A) -> B),
            quote!(async fn rooted(_a: ::core::option::Option<A>) -> ::core::option::Option<A>),
            quote!(#[inline] async fn nested(Form::<A, B>(x): Form<A, B>, Path((a, b)): ::axum::extract::Path<(u32, [u8; 2])>)),
            quote!(async fn lifetimes(page: Query<Page<'_>>, text: &str) -> Result<&'static str, Box<dyn Error + Send>>),
            quote!(async fn functions(call: Box<dyn Fn(A, B) -> C>, #[cfg(unix)] next: Option<impl Trait>) -> impl IntoResponse),
        ] {
            let parsed = syn::parse2::<Head>(item.clone()).unwrap();
            assert_eq!(read(item.clone()).as_ref().map(text), Some(text(&parsed)), "{item}");
            let types = |head: &Head| {
                let ty = |argument: &FnArg| match argument {
                    FnArg::Typed(typed) => typed.ty.to_token_stream().to_string(),
                    FnArg::Receiver(_) => String::new(),
                };
                (head.attrs.len(), head.sig.inputs.iter().map(ty).collect::<Vec<_>>())
            };
            assert_eq!(read(item).as_ref().map(types), Some(types(&parsed)));
        }
    }

    #[test]
    fn what_is_looked_into_is_parsed() {
        let head = read(quote!(async fn one(a: Plain<A>, b: &B, c: impl C, d: __private::Guard<D>))).unwrap();
        let verbatim =
            |argument: &FnArg| matches!(argument, FnArg::Typed(typed) if matches!(*typed.ty, Type::Verbatim(_)));
        assert_eq!(head.sig.inputs.iter().map(verbatim).collect::<Vec<_>>(), [true, false, false, false]);
    }

    #[test]
    fn everything_else_is_left_to_the_parser() {
        for item in [
            quote!(fn waits()),
            quote!(async fn generic<T>(a: T)),
            quote!(async fn method(&self)),
            quote!(async fn method(self: Rc<Self>)),
            quote!(async unsafe fn careful()),
            quote!(async fn bound() where A: B),
            quote!(async fn bound() -> A where A: B),
            quote!(
                struct Data;
            ),
        ] {
            assert!(read(item.clone()).is_none(), "{item}");
        }
    }

    #[test]
    fn paths_are_read_where_there_is_nothing_else() {
        let count = |tokens: TokenStream| paths(&tokens).map(|paths| paths.len());
        assert_eq!(count(quote!(Scope::Me)), Some(1));
        assert_eq!(count(quote!(Scope::Me, crate::Scope::Items)), Some(2));
        for other in
            [quote!(), quote!(ME), quote!(Scope::Me,), quote!(Scope::Me && Scope::Me), quote!("me"), quote!(Scope::)]
        {
            assert_eq!(count(other.clone()), None, "{other}");
        }
    }
}
