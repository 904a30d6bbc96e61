//! Expansions, compared with the files in `snapshots/`. `UPDATE_SNAPSHOTS=1 cargo test -p auth-macros` writes them anew.

use std::{env, fs, path::PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use crate::{auth_user, guard, guard::Kind, scope};

fn compare(name: &str, expansion: TokenStream) {
    let file = syn::parse2(expansion).unwrap_or_else(|error| panic!("{name} does not parse: {error}"));
    let actual = prettyplease::unparse(&file);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/snapshots").join(name).with_extension("rs");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "the expansion is no longer that of {}; it is\n\n{actual}\nIf that is better, run UPDATE_SNAPSHOTS=1 cargo test -p auth-macros",
        path.display()
    );
}

#[test]
fn requires() {
    let item = quote! {
        /// Your own profile.
        #[requires_active_user]
        #[requires_scopes(Scope::Me)]
        async fn read_users_me(user: User) -> Json<User> {
            Json(user)
        }
    };
    compare("requires", guard::attribute(Kind::Method("GET"), quote!("/users/me"), item));
}

#[test]
fn stacked_in_any_order() {
    let function = quote!(
        async fn both(user: User) {}
    );
    let attributes =
        [quote!(#[get("/both", tag = "x")]), quote!(#[requires_user]), quote!(#[requires_scopes(Scope::A, Scope::B)])];
    let kinds = [
        (Kind::Method("GET"), quote!("/both", tag = "x")),
        (Kind::User, quote!()),
        (Kind::Scopes, quote!(Scope::A, Scope::B)),
    ];
    let expand = |outer: usize, first: usize, second: usize| {
        let (first, second) = (&attributes[first], &attributes[second]);
        let (kind, arguments) = kinds[outer].clone();
        let item = quote!(#first #[inline] #second #[doc = "x"] #function);
        // Which attributes were merged is written in their order; the rest must not depend on it.
        let text = prettyplease::unparse(&syn::parse2(guard::attribute(kind, arguments, item)).unwrap());
        text.lines().filter(|line| !line.contains("(merged)]")).collect::<Vec<_>>().join("\n")
    };
    let one = expand(0, 1, 2);
    assert!(
        one.contains("#[inline]") && one.contains("Requirement::User") && one.contains("&Scope::A, &Scope::B"),
        "{one}"
    );
    for (outer, first, second) in [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)] {
        assert_eq!(expand(outer, first, second), one);
    }
}

#[test]
fn public() {
    let item = quote! {
        #[public]
        pub async fn health(#[cfg(unix)] user: Option<User>) -> &'static str {
            "ok"
        }
    };
    compare("public", guard::attribute(Kind::Method("GET"), quote!("/health"), item));
}

#[test]
fn without_route() {
    let item = quote! {
        #[tracing::instrument]
        pub(crate) async fn scoped() {}
    };
    compare("without_route", guard::attribute(Kind::Scopes, quote!(Scope::Me, Scope::Items), item));
}

#[test]
fn generic() {
    let item = quote! {
        #[requires_token]
        async fn list<'a, T, const N: usize>(State(store): State<T>, mut page: Query<Page<'a>>) -> impl IntoResponse
        where
            T: Store + 'a,
        {
            store.list(N).await
        }
    };
    let arguments = quote!("/list", tag = "lists", operation_id = "list_all");
    compare("generic", guard::attribute(Kind::Method("POST"), arguments, item));
}

#[test]
fn token_endpoint() {
    let item = quote! {
        /// Log in.
        async fn login(user: User, State(db): State<Db>, form: PasswordRequestForm<Scope>) -> Grant<Scope> {
            Grant::to(user).scopes(form.scopes)
        }
    };
    compare("token_endpoint", guard::attribute(Kind::TokenEndpoint, quote!("/token"), item));
}

/// Behind an error stands the handler, for nobody: an editor keeps completing, and nothing is left unguarded.
#[test]
fn error() {
    let item = quote! {
        #[requires_user]
        #[requires_user]
        async fn twice(user: User) {}
    };
    compare("error", guard::attribute(Kind::Method("GET"), quote!("/twice"), item));
}

#[test]
fn scopes() {
    compare(
        "scope",
        scope::derive(quote! {
            enum Scope {
                /// Read items.
                #[scope("items")]
                Items,
                /// Read information
                /// about the current user.
                #[scope("me")]
                Me,
            }
        }),
    );
}

#[test]
fn users() {
    compare(
        "auth_user",
        auth_user::derive(quote! {
            struct User {
                #[auth(username)]
                username: String,
                full_name: Option<String>,
                #[auth(disabled)]
                disabled: bool,
                #[auth(password_hash)]
                hashed_password: PasswordHash,
            }
        }),
    );
}

/// What the README shows is the expansion, but for the lines that only the compiler sees.
#[test]
fn readme() {
    let expansion = include_str!("snapshots/requires.rs");
    let shown: String =
        expansion.lines().filter(|line| !line.contains("(merged)]")).flat_map(|line| [line, "\n"]).collect();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&shown), "README.md shows another expansion of read_users_me than\n\n{shown}");
}
