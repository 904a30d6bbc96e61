//! Expansions, compared with the files in `snapshots/`. `UPDATE_SNAPSHOTS=1 cargo test -p auth-macros` writes them anew.

use std::{env, fs, path::PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

use crate::{auth_user, group, guard, guard::Kind, policy, predicate, role, scheme, scope};

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

/// Everything that can stand above a handler, on one whose signature is as long as they get in the examples.
#[test]
fn largest() {
    let item = quote! {
        /// Another text for a note of your own.
        #[requires(active_user && (Role::Editor || older_than(18) || ApiKey[Scope::Write]))]
        #[authorize(note.owner == user.username, or = 404)]
        #[post_authorize(|note| note.shared)]
        #[overrides_group]
        #[accept(unchecked_parameter)]
        async fn write_note(user: User, note: Note, State(wall): State<Wall>, Path(id): Path<u64>, text: String) -> Json<Note> {
            wall.put(id, note, text)
        }
    };
    compare("largest", guard::attribute(Kind::Method("PUT"), quote!("/notes/{id}"), item));
}

/// The longest signature of the examples, below a rule.
#[test]
fn longest() {
    let item = quote! {
        /// Another text for a note of your own.
        #[requires_active_user]
        #[authorize(note.owner == user.username)]
        async fn write_note(user: User, note: Note, State(wall): State<Wall>, Path(id): Path<u64>, text: String) -> Json<Note> {
            wall.put(id, note, text)
        }
    };
    compare("longest", guard::attribute(Kind::Method("PUT"), quote!("/notes/{id}"), item));
}

#[test]
fn rule() {
    let item = quote! {
        #[requires_active_user]
        #[authorize(note.owner == user.username)]
        async fn read_note(user: User, note: Note) -> impl IntoResponse {
            note.text
        }
    };
    compare("rule", guard::attribute(Kind::Method("GET"), quote!("/notes/{id}"), item));
}

#[test]
fn groups() {
    let module = quote! {
        mod desk {
            #[get("/desk")]
            async fn desk() {}
            fn helper() {}
            mod within {
                async fn helper() {}
            }
        }
    };
    compare("group", group::attribute(quote!(Role::Editor), module));
}

#[test]
fn policies() {
    let item = quote!(
        struct Grown<const YEARS: u8>;
    );
    let arguments = quote!(active_user && older_than(YEARS), refuse_with = refuse, status = StatusCode::NOT_FOUND);
    compare("policy", policy::attribute(arguments, &item));
}

#[test]
fn predicates() {
    let item = quote! {
        async fn older_than(user: &User, request: &Parts, years: u8) -> bool {
            user.age > years
        }
    };
    compare("predicate", predicate::attribute(&quote!(), &item));
}

#[test]
fn roles() {
    compare(
        "role",
        role::derive(quote! {
            enum Role {
                /// Runs the shop.
                #[role("admin", includes(Editor))]
                Admin,
                #[role("editor")]
                Editor,
            }
        }),
    );
}

#[test]
fn schemes() {
    compare(
        "scheme",
        scheme::derive(quote! {
            /// The key that you got.
            #[security(api_key(header = "x-key"), authenticate = find, name = "Key")]
            struct ApiKey(Client);
        }),
    );
}

/// What a handler becomes beside itself is no more than a reader takes in at a glance.
#[test]
fn glue_is_short() {
    for (snapshot, own, arguments) in [
        (include_str!("snapshots/requires.rs"), 7, 1),
        (include_str!("snapshots/longest.rs"), 11, 5),
        (include_str!("snapshots/rule.rs"), 8, 5),
        (include_str!("snapshots/token_endpoint.rs"), 9, 3),
    ] {
        let glue = snapshot.lines().count() - own;
        // Each argument has a line for what it takes from the guard, and one for what the document says of it.
        assert!(glue <= 42 + 2 * arguments, "{glue} lines of glue:\n{snapshot}");
    }
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
