//! The boolean expressions of `#[requires(..)]`, `#[policy(..)]` and `#[group(..)]`, evaluated as they are written.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Error, Expr, Ident, Path, PathArguments, Token, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
    token,
};

/// An expression over words.
#[derive(Clone)]
pub(crate) enum Expression {
    Word(Word),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// What can be true or false of a caller.
#[derive(Clone)]
pub(crate) enum Word {
    Token,
    User,
    ActiveUser,
    /// `Scope::Items`, `Role::Admin`: the variant, and its enum.
    Variant(Path, Path),
    /// A type: a security scheme, a policy, or a predicate without parameters.
    Type(Path),
    /// `Scheme[Scope::Items]`
    Scoped(Path, Vec<Path>),
    /// `older_than(18)`
    Call(Path, Vec<Expr>),
}

const WORDS: &str =
    "`token`, `user`, `active_user`, a scope or a role (`Scope::Items`), a security scheme, a policy or a predicate";

impl Parse for Expression {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        any(input)
    }
}

/// The whole of an attribute's arguments; `name` is the attribute's.
pub(crate) fn parse(name: &str, arguments: TokenStream, span: proc_macro2::Span) -> syn::Result<Expression> {
    if arguments.is_empty() {
        return Err(Error::new(span, format!("#[{name}(..)] says what a caller must have: {WORDS}")));
    }
    syn::parse2::<Whole>(arguments).map(|Whole(expression)| expression)
}

struct Whole(Expression);

impl Parse for Whole {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expression = any(input)?;
        no_more(input)?;
        Ok(Self(expression))
    }
}

/// What follows an expression without belonging to it, in the words of what was probably meant.
pub(crate) fn no_more(input: ParseStream<'_>) -> syn::Result<()> {
    let Some(next) = input.cursor().token_tree().map(|(next, _)| next) else { return Ok(()) };
    let text = next.to_string();
    Err(Error::new(
        next.span(),
        match text.as_str() {
            "," => "write `&&` for both, or `||` for either".to_owned(),
            "&" => "write `&&`".to_owned(),
            "|" => "write `||`".to_owned(),
            "and" => "write `&&` for and".to_owned(),
            "or" => "write `||` for or".to_owned(),
            "=" | "<" | ">" | "." | "+" | "-" => format!(
                "`{text}` compares or computes, which a policy does not: a question of your own is a #[predicate], and one about the handler's arguments goes into #[authorize(..)]"
            ),
            _ => format!("`{text}` does not belong here: between two words stands `&&` or `||`"),
        },
    ))
}

fn any(input: ParseStream<'_>) -> syn::Result<Expression> {
    let mut parts = vec![all(input)?];
    while input.peek(Token![||]) {
        input.parse::<Token![||]>()?;
        parts.push(all(input)?);
    }
    Ok(one_or(parts, Expression::Any))
}

fn all(input: ParseStream<'_>) -> syn::Result<Expression> {
    let mut parts = vec![unary(input)?];
    while input.peek(Token![&&]) {
        input.parse::<Token![&&]>()?;
        parts.push(unary(input)?);
    }
    Ok(one_or(parts, Expression::All))
}

fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            several(parts)
        }
    }
}

fn unary(input: ParseStream<'_>) -> syn::Result<Expression> {
    if input.peek(Token![!]) {
        input.parse::<Token![!]>()?;
        return Ok(Expression::Not(Box::new(unary(input)?)));
    }
    if input.peek(token::Paren) {
        let content;
        let parenthesis = parenthesized!(content in input);
        if content.is_empty() {
            return Err(Error::new(
                parenthesis.span.join(),
                format!("nothing stands in these parentheses; a word is {WORDS}"),
            ));
        }
        let expression = any(&content)?;
        no_more(&content)?;
        return Ok(expression);
    }
    word(input).map(Expression::Word)
}

fn word(input: ParseStream<'_>) -> syn::Result<Word> {
    if input.is_empty() {
        return Err(Error::new(input.span(), format!("a word is missing here: {WORDS}")));
    }
    if let Some((TokenTree::Literal(literal), _)) = input.cursor().token_tree() {
        return Err(Error::new(
            literal.span(),
            "a scope or a role is a variant of its enum: write `Scope::Items`, not its string",
        ));
    }
    if input.peek(Ident::peek_any) {
        let ident = input.fork().call(Ident::parse_any)?;
        if ident == "not" {
            return Err(Error::new(ident.span(), "write `!` for not"));
        }
        if ident == "public" {
            return Err(Error::new(ident.span(), "what anyone may call has #[public] above it, and no other policy"));
        }
        if ident == "true" || ident == "false" {
            return Err(Error::new(ident.span(), format!("a policy asks for something: {WORDS}")));
        }
    }
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
        let next = input.cursor().token_tree().map(|(next, _)| next.to_string()).unwrap_or_default();
        return Err(Error::new(input.span(), format!("`{next}` is not a word of a policy; those are {WORDS}")));
    }
    let path: Path = input.parse()?;
    if input.peek(token::Paren) {
        let content;
        let parenthesis = parenthesized!(content in input);
        let arguments: Vec<Expr> = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        if arguments.is_empty() {
            return Err(Error::new(
                parenthesis.span.join(),
                format!("what takes no parameters is not called: write `{}`", path.to_token_stream()),
            ));
        }
        return Ok(Word::Call(path, arguments));
    }
    if input.peek(token::Bracket) {
        let content;
        let bracket = bracketed!(content in input);
        let scopes: Vec<Path> = Punctuated::<Path, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        if scopes.is_empty() {
            return Err(Error::new(bracket.span.join(), "no scopes are named here: remove the brackets"));
        }
        return Ok(Word::Scoped(path, scopes));
    }
    Ok(if path.is_ident("token") {
        Word::Token
    } else if path.is_ident("user") {
        Word::User
    } else if path.is_ident("active_user") {
        Word::ActiveUser
    } else {
        match enum_of(&path) {
            Some(of) => Word::Variant(path, of),
            None => Word::Type(path),
        }
    })
}

/// Whether a word has a meaning of its own, so that nothing else can be called by it.
pub(crate) fn is_reserved(name: &Ident) -> bool {
    ["token", "user", "active_user", "public", "not", "and", "or"].iter().any(|word| name == word)
}

/// The enum of a variant. A capitalised name before the last one is an enum, since a module's is not capitalised.
pub(crate) fn enum_of(path: &Path) -> Option<Path> {
    let mut of = path.clone();
    let last = of.segments.pop()?;
    of.segments.pop_punct();
    let before = of.segments.last()?;
    let capitalised = before.ident.unraw().to_string().starts_with(char::is_uppercase);
    (capitalised && matches!(last.arguments, PathArguments::None)).then_some(of)
}

impl Expression {
    /// The requirement, in a place where `__private` is the runtime's.
    pub(crate) fn requirement(&self) -> TokenStream {
        match self {
            Self::Word(word) => word.requirement(),
            Self::Not(inner) => {
                let inner = inner.requirement();
                quote!(__private::Requirement::Not(&#inner))
            }
            Self::All(parts) => {
                let parts = parts.iter().map(Self::requirement);
                quote!(__private::Requirement::All(&[#(#parts),*]))
            }
            Self::Any(parts) => {
                let parts = parts.iter().map(Self::requirement);
                quote!(__private::Requirement::Any(&[#(#parts),*]))
            }
        }
    }

    /// The types in it that do not have a meaning for every user type, each once.
    pub(crate) fn types(&self, types: &mut Vec<Path>) {
        match self {
            Self::Word(word) => {
                if let Some(path) = word.of_type()
                    && !types.iter().any(|present| same(present, path))
                {
                    types.push(path.clone());
                }
            }
            Self::Not(inner) => inner.types(types),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.types(types)),
        }
    }
}

impl Word {
    fn requirement(&self) -> TokenStream {
        match self {
            Self::Token => quote!(__private::Requirement::Token),
            Self::User => quote!(__private::Requirement::User),
            Self::ActiveUser => quote!(__private::Requirement::ActiveUser),
            Self::Variant(path, _) => {
                let variant = quote_spanned!(path.span() => &#path);
                quote!(__private::Requirement::Granted(#variant))
            }
            Self::Type(path) => quote_spanned!(path.span() => <#path as __private::Word>::REQUIREMENT),
            Self::Scoped(path, scopes) => {
                let scopes = scopes.iter().map(|scope| quote_spanned!(scope.span() => &#scope));
                let scheme = quote_spanned!(path.span() => __private::scheme_of::<#path>());
                quote!(__private::Requirement::Scheme(#scheme, &[#(#scopes),*]))
            }
            Self::Call(path, arguments) => {
                let about = quote_spanned!(path.span() => <#path>::ABOUT);
                let with = quote_spanned!(path.span() => <#path>::with(#(#arguments),*));
                quote!(__private::Requirement::Predicate(#about, const { &#with }))
            }
        }
    }

    fn of_type(&self) -> Option<&Path> {
        match self {
            Self::Token | Self::User | Self::ActiveUser => None,
            Self::Variant(_, path) | Self::Type(path) | Self::Scoped(path, _) | Self::Call(path, _) => Some(path),
        }
    }
}

/// Two paths are the same if they are written the same.
fn same(one: &Path, other: &Path) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}

/// The types as tuples of eight at most, one within another.
pub(crate) fn tuple_of(types: &[Path]) -> TokenStream {
    if types.len() <= 8 {
        return quote!((#(#types,)*));
    }
    let tuples = types.chunks(8).map(tuple_of);
    quote!((#(#tuples,)*))
}
