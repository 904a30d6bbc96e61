//! Where a handler is mounted: method and path, checked for everything that axum would panic at.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Error, Ident, Lit, LitStr, Token,
    parse::{Parse, ParseStream},
};

/// Method and path.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// `None` behind an error.
    pub(crate) path: Option<LitStr>,
    pub(crate) tag: Option<LitStr>,
    pub(crate) operation_id: Option<LitStr>,
    pub(crate) websocket: bool,
}

impl Route {
    /// Behind an error.
    pub(crate) fn unknown(method: &'static str) -> Self {
        Self { method, path: None, tag: None, operation_id: None, websocket: false }
    }
}

/// `"/path", key = "value", …`
struct RouteArguments {
    path: LitStr,
    keys: Vec<(Ident, LitStr)>,
}

impl Parse for RouteArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        let mut keys = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse()?;
            if key != "tag" && key != "operation_id" {
                return Err(Error::new(
                    key.span(),
                    format!("there is no key `{key}` here; the keys are `tag` and `operation_id`"),
                ));
            }
            if keys.iter().any(|(present, _)| *present == key) {
                return Err(Error::new(key.span(), format!("`{key}` is given twice")));
            }
            input.parse::<Token![=]>()?;
            keys.push((key, input.parse()?));
        }
        Ok(Self { path, keys })
    }
}

/// The route of an attribute of this name.
pub(crate) fn parse(
    name: &str,
    example: &str,
    method: &'static str,
    span: Span,
    arguments: TokenStream,
) -> syn::Result<Route> {
    if arguments.is_empty() {
        return Err(Error::new(span, format!("#[{name}] needs the path: #[{name}(\"{example}\")]")));
    }
    let mut tokens = arguments.clone().into_iter();
    let Some(TokenTree::Literal(first)) = tokens.next() else {
        return Err(Error::new_spanned(
            arguments,
            format!("the path comes first, as a string: #[{name}(\"{example}\")]"),
        ));
    };
    let RouteArguments { path, mut keys } = match (Lit::new(first), tokens.next()) {
        // The common form, without asking the parser.
        (Lit::Str(path), None) => RouteArguments { path, keys: Vec::new() },
        _ => syn::parse2(arguments)?,
    };
    check_path(&path)?;
    let mut take = |wanted: &str| {
        let index = keys.iter().position(|(key, _)| key == wanted)?;
        Some(keys.swap_remove(index).1)
    };
    Ok(Route {
        method,
        tag: take("tag"),
        operation_id: take("operation_id"),
        path: Some(path),
        websocket: name == "websocket",
    })
}

/// Everything that axum would panic at, and what can only be a mistake.
fn check_path(literal: &LitStr) -> syn::Result<()> {
    let path = literal.value();
    let fault = |message: String| Err(Error::new_spanned(literal, message));
    let Some(inner) = path.strip_prefix('/') else {
        return fault(format!("a path begins with a slash: \"/{path}\""));
    };
    if let Some(odd) = path.chars().find(|&odd| odd.is_whitespace() || odd.is_control() || matches!(odd, '?' | '#')) {
        return fault(format!("a path has no {odd:?}; query parameters are an argument of the handler, `Query(..)`"));
    }
    if path.contains("//") {
        return fault("this path has an empty segment: \"//\"".to_owned());
    }
    let mut names: Vec<&str> = Vec::new();
    let mut segments = inner.split('/').peekable();
    while let Some(segment) = segments.next() {
        if let Some(name) = segment.strip_prefix(':').or_else(|| segment.strip_prefix('*')) {
            let star = if segment.starts_with('*') { "*" } else { "" };
            return fault(format!("axum writes path parameters in braces: `{{{star}{name}}}`, not `{segment}`"));
        }
        let parameter = match (segment.find('{'), segment.find('}')) {
            (None, None) => continue,
            (Some(0), Some(end)) if end + 1 == segment.len() => segment.trim_matches(['{', '}']),
            _ => return fault(format!("a path parameter is a whole segment, `{{name}}`, and `{segment}` is not")),
        };
        let name = parameter.strip_prefix('*').unwrap_or(parameter);
        if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
            return fault(format!("`{{{parameter}}}` names no parameter: use letters, digits and _"));
        }
        if parameter.starts_with('*') && segments.peek().is_some() {
            return fault(format!("`{{{parameter}}}` takes the rest of the path, so that nothing can follow it"));
        }
        if names.contains(&name) {
            return fault(format!("the parameter `{name}` is in this path twice"));
        }
        names.push(name);
    }
    Ok(())
}
