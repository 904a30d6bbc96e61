//! From a struct with one field to a security scheme.

use syn::{
    Data, DeriveInput, Error, Expr, Field, Fields, Ident, LitStr, Path, Token, Type, meta::ParseNestedMeta,
    spanned::Spanned,
};

use crate::{docs, error::Errors};

/// A scheme.
pub(super) struct Scheme {
    pub(super) ident: Ident,
    /// The field's name, if it has one.
    pub(super) field: Option<Ident>,
    pub(super) yields: Type,
    pub(super) place: Place,
    pub(super) name: Option<LitStr>,
    pub(super) realm: Option<LitStr>,
    pub(super) bearer_format: Option<LitStr>,
    pub(super) description: Vec<Expr>,
    pub(super) authenticate: Option<Authenticate>,
}

pub(super) enum Place {
    Basic,
    Http { scheme: String, any_scheme: bool },
    ApiKey { place: KeyIn, name: LitStr },
    OAuth2 { flows: Vec<Flow>, scopes: Option<Path> },
    OpenIdConnect(LitStr),
}

#[derive(Clone, Copy)]
pub(super) enum KeyIn {
    Header,
    Query,
    Cookie,
}

pub(super) struct Flow {
    pub(super) kind: &'static str,
    pub(super) authorization_url: Option<LitStr>,
    pub(super) token_url: Option<LitStr>,
    pub(super) refresh_url: Option<LitStr>,
}

/// How a credential becomes what the field holds.
pub(super) enum Authenticate {
    By(Path),
    ByTheAuth,
}

const SHAPE: &str =
    "a security scheme is a struct with one field, for the credential or for whose it is: `struct ApiKey(Secret);`";
const KINDS: &str = "`bearer`, `basic`, `digest`, `http = \"..\"`, `api_key(header = \"..\")`, `oauth2(..)` or `open_id_connect = \"..\"`";

/// Everything that stands in `#[security(..)]`.
#[derive(Default)]
struct Keys {
    place: Option<Place>,
    any_scheme: Option<proc_macro2::Span>,
    scopes: Option<Path>,
    name: Option<LitStr>,
    description: Option<LitStr>,
    realm: Option<LitStr>,
    bearer_format: Option<LitStr>,
    authenticate: Option<Authenticate>,
}

pub(super) fn scheme(input: DeriveInput, errors: &mut Errors) -> Option<Scheme> {
    let Some(field) = only_field(input.data) else {
        errors.at(&input.ident, SHAPE);
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a security scheme has no generics: it is one place in a request");
        return None;
    }
    let mut keys = Keys::default();
    let mut said = false;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("security")) {
        said = true;
        errors.keep(attribute.parse_nested_meta(|meta| keys.read(&meta)));
    }
    let Some(mut place) = keys.place else {
        if errors.is_empty() {
            let advice = if said { "this does not say" } else { "write #[security(..)] above the struct, to say" };
            errors.at(&input.ident, format!("{advice} where the credential is: {KINDS}"));
        }
        return None;
    };
    if let Some(span) = keys.any_scheme {
        match &mut place {
            Place::Http { any_scheme, .. } => *any_scheme = true,
            _ => errors.push(Error::new(span, "only `http = \"..\"` can take any scheme in place of its own")),
        }
    }
    if let Some(path) = keys.scopes {
        match &mut place {
            Place::OAuth2 { scopes, .. } => *scopes = Some(path),
            _ => errors.at(path, "only `oauth2(..)` lists scopes"),
        }
    }
    if let Some(format) = &keys.bearer_format
        && !matches!(&place, Place::Http { scheme, .. } if scheme.eq_ignore_ascii_case("bearer"))
    {
        errors.at(format, "only `bearer` has a format of its tokens");
    }
    let description = match keys.description {
        Some(text) => vec![syn::parse_quote!(#text)],
        None => docs::lines(&input.attrs).cloned().collect(),
    };
    Some(Scheme {
        ident: input.ident,
        field: field.ident,
        yields: field.ty,
        place,
        name: keys.name,
        realm: keys.realm,
        bearer_format: keys.bearer_format,
        description,
        authenticate: keys.authenticate,
    })
}

fn only_field(data: Data) -> Option<Field> {
    let Data::Struct(data) = data else { return None };
    let fields = match data.fields {
        Fields::Named(fields) => fields.named,
        Fields::Unnamed(fields) => fields.unnamed,
        Fields::Unit => return None,
    };
    let mut fields = fields.into_iter();
    let field = fields.next()?;
    fields.next().is_none().then_some(field)
}

impl Keys {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let Some(key) = meta.path.get_ident().map(ToString::to_string) else {
            return Err(meta.error(format!("a scheme is one of {KINDS}")));
        };
        match key.as_str() {
            "basic" => self.place(meta, Place::Basic),
            "bearer" => self.place(meta, http("Bearer")),
            "digest" => self.place(meta, http("Digest")),
            "http" => {
                let scheme = text(meta)?;
                check(&scheme, is_token, "an HTTP scheme is a word of letters, digits and `-`")?;
                if scheme.value().eq_ignore_ascii_case("basic") {
                    return Err(Error::new(scheme.span(), "write `basic`, which reads username and password"));
                }
                self.place(meta, http(&scheme.value()))
            }
            "api_key" => {
                let place = api_key(meta)?;
                self.place(meta, place)
            }
            "oauth2" => {
                let flows = flows(meta)?;
                self.place(meta, Place::OAuth2 { flows, scopes: None })
            }
            "open_id_connect" => {
                let url = text(meta)?;
                check(&url, is_url, "the discovery document is at a URL, such as https://example.com/.well-known/openid-configuration")?;
                self.place(meta, Place::OpenIdConnect(url))
            }
            "any_scheme" => once(meta, &mut self.any_scheme, meta.path.span()),
            "scopes" => {
                let path = meta.value()?.parse()?;
                once(meta, &mut self.scopes, path)
            }
            "name" => {
                let name = text(meta)?;
                check(&name, is_component, "the name of a scheme in a document is made of letters, digits, `.`, `-` and `_`")?;
                once(meta, &mut self.name, name)
            }
            "description" => once(meta, &mut self.description, text(meta)?),
            "realm" => {
                let realm = text(meta)?;
                check(&realm, is_quotable, "a realm is printable ASCII without quotes and backslashes")?;
                once(meta, &mut self.realm, realm)
            }
            "bearer_format" => once(meta, &mut self.bearer_format, text(meta)?),
            "authenticate" => {
                let by = if meta.input.peek(Token![=]) { Authenticate::By(meta.value()?.parse()?) } else { Authenticate::ByTheAuth };
                once(meta, &mut self.authenticate, by)
            }
            other => Err(meta.error(format!(
                "there is no key `{other}` here; a scheme is one of {KINDS}, with `name`, `description`, `realm`, `bearer_format`, `scopes`, `any_scheme` and `authenticate`"
            ))),
        }
    }

    fn place(&mut self, meta: &ParseNestedMeta<'_>, place: Place) -> syn::Result<()> {
        if self.place.replace(place).is_some() {
            return Err(meta.error(
                "this struct says already where its credential is: for another place, declare a second struct",
            ));
        }
        Ok(())
    }
}

fn once<T>(meta: &ParseNestedMeta<'_>, place: &mut Option<T>, value: T) -> syn::Result<()> {
    if place.replace(value).is_some() { Err(meta.error("this key is given twice")) } else { Ok(()) }
}

fn http(scheme: &str) -> Place {
    Place::Http { scheme: scheme.to_owned(), any_scheme: false }
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

fn api_key(meta: &ParseNestedMeta<'_>) -> syn::Result<Place> {
    const WHERE: &str = "an API key is in a header, the query or a cookie: `api_key(header = \"x-api-key\")`";
    let mut found = None;
    if !meta.input.peek(syn::token::Paren) {
        return Err(meta.error(WHERE));
    }
    meta.parse_nested_meta(|meta| {
        let place = match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("header") => KeyIn::Header,
            Some("query") => KeyIn::Query,
            Some("cookie") => KeyIn::Cookie,
            _ => return Err(meta.error(WHERE)),
        };
        let name = text(&meta)?;
        match place {
            KeyIn::Header | KeyIn::Cookie => check(
                &name,
                is_token,
                "not a valid name of a header or a cookie: letters, digits, `-` and `_`, without blanks",
            )?,
            KeyIn::Query => check(&name, |name| !name.is_empty(), "the parameter has a name")?,
        }
        if matches!(place, KeyIn::Header) && name.value().eq_ignore_ascii_case("authorization") {
            return Err(Error::new(
                name.span(),
                "in `Authorization` a credential has a scheme: write `bearer` or `http = \"..\"`",
            ));
        }
        once(&meta, &mut found, Place::ApiKey { place, name })
    })?;
    found.ok_or_else(|| meta.error(WHERE))
}

fn flows(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Flow>> {
    const WHICH: &str = "the flows of OAuth 2.0 are `authorization_code(authorization_url = \"..\", token_url = \"..\")`, `client_credentials(token_url = \"..\")`, `password(token_url = \"..\")` and `implicit(authorization_url = \"..\")`";
    let mut flows: Vec<Flow> = Vec::new();
    if !meta.input.peek(syn::token::Paren) {
        return Err(meta.error(WHICH));
    }
    meta.parse_nested_meta(|meta| {
        let (kind, needs_authorization, needs_token) = match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("authorization_code") => ("AuthorizationCode", true, true),
            Some("client_credentials") => ("ClientCredentials", false, true),
            Some("password") => ("Password", false, true),
            Some("implicit") => ("Implicit", true, false),
            _ => return Err(meta.error(WHICH)),
        };
        if flows.iter().any(|flow| flow.kind == kind) {
            return Err(meta.error("this flow is described twice"));
        }
        let mut flow = Flow { kind, authorization_url: None, token_url: None, refresh_url: None };
        if meta.input.peek(syn::token::Paren) {
            meta.parse_nested_meta(|meta| {
                let place = match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("authorization_url") if needs_authorization => &mut flow.authorization_url,
                    Some("token_url") if needs_token => &mut flow.token_url,
                    Some("refresh_url") => &mut flow.refresh_url,
                    _ => {
                        return Err(meta.error(format!(
                            "this flow has no such URL; {WHICH}, each with a `refresh_url` if there is one"
                        )));
                    }
                };
                let url = text(&meta)?;
                check(&url, is_url, "this is no URL")?;
                once(&meta, place, url)
            })?;
        }
        if (needs_authorization && flow.authorization_url.is_none()) || (needs_token && flow.token_url.is_none()) {
            return Err(meta.error(format!("a URL of this flow is missing; {WHICH}")));
        }
        flows.push(flow);
        Ok(())
    })?;
    if flows.is_empty() { Err(meta.error(WHICH)) } else { Ok(flows) }
}

fn check(literal: &LitStr, is_right: impl Fn(&str) -> bool, otherwise: &str) -> syn::Result<()> {
    if is_right(&literal.value()) { Ok(()) } else { Err(Error::new(literal.span(), otherwise)) }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is_component(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

fn is_quotable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\')
}

fn is_url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
