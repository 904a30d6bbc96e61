"""The crates that are measured: the same handlers, and above them one macro or another."""

# What every crate has: users, scopes, roles, a state and two bodies.
LIBRARY = """
#![allow(unused)]

use std::sync::{Arc, Mutex};

use auth_runtime::{AuthState, prelude::*};

#[derive(Scope, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Read items.
    #[scope("items")]
    Items,
    /// Read information about the current user.
    #[scope("me")]
    Me,
}

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    #[role("admin", includes(Editor))]
    Admin,
    #[role("editor")]
    Editor,
}

#[derive(AuthUser, Clone)]
pub struct User {
    #[auth(username)]
    pub username: String,
    #[auth(password_hash)]
    pub hash: PasswordHash,
    #[auth(disabled)]
    pub disabled: bool,
    #[auth(roles)]
    pub roles: Vec<Role>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    pub id: u32,
    pub name: String,
    pub owner: String,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewItem {
    pub name: String,
}

#[derive(Clone)]
pub struct App {
    pub auth: Auth<User>,
    pub items: Arc<Mutex<Vec<Item>>>,
}

impl App {
    pub fn all(&self) -> Vec<Item> {
        self.items.lock().map(|items| items.clone()).unwrap_or_default()
    }

    pub fn put(&self, item: Item) -> Item {
        if let Ok(mut items) = self.items.lock() {
            items.retain(|present| present.id != item.id);
            items.push(item.clone());
        }
        item
    }
}

impl AuthState for App {
    type User = User;

    fn auth(&self) -> &Auth<User> {
        &self.auth
    }
}

#[predicate]
pub fn is_named(user: &User, length: usize) -> bool {
    user.username.len() >= length
}
"""

IMPORTS = """use auth_runtime::prelude::*;
use axum::{Json, extract::{Path, State}, http::StatusCode, routing};
use crate::{App, Item, NewItem, Role, Scope, User, is_named};
"""

# In each body, the statement that an edit changes.
EDIT = "    let edited = 0;\n"

# Verb, path, arguments, result and body of the handlers, in turn.
SHAPES = [
    (
        "get",
        "/{module}/list{n}",
        "State(app): State<App>, user: User",
        "Json<Vec<Item>>",
        """    let mut items = app.all();
    items.retain(|item| item.owner == user.username);
    Json(items)
""",
    ),
    (
        "get",
        "/{module}/item{n}/{{id}}",
        "State(app): State<App>, user: User, Path(id): Path<u32>",
        "Result<Json<Item>, StatusCode>",
        """    let found = app.all().into_iter().find(|item| item.id == id);
    match found {
        Some(item) if item.owner == user.username => Ok(Json(item)),
        _ => Err(StatusCode::NOT_FOUND),
    }
""",
    ),
    (
        "post",
        "/{module}/item{n}",
        "State(app): State<App>, user: User, Json(new): Json<NewItem>",
        "Json<Item>",
        """    let id = app.all().len() as u32;
    let item = Item { id, name: new.name, owner: user.username };
    Json(app.put(item))
""",
    ),
    (
        "put",
        "/{module}/item{n}/{{id}}",
        "State(app): State<App>, user: User, Path(id): Path<u32>, Json(new): Json<NewItem>",
        "Result<Json<Item>, StatusCode>",
        """    if app.all().iter().any(|item| item.id == id && item.owner != user.username) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(Json(app.put(Item { id, name: new.name, owner: user.username })))
""",
    ),
]

GUARDS = ["#[requires_active_user]", "#[requires_scopes(Scope::Items)]"]


class Handlers:
    """A crate of handlers. `above(verb, path, n)` is what stands above one; `mounted` is `axum`, `secure` or `utoipa`."""

    def __init__(self, above, mounted="axum", signature=None, module=""):
        self.above, self.mounted, self.signature, self.module = above, mounted, signature, module

    def files(self, count, size=10):
        files = {"lib.rs": LIBRARY}
        names = []
        for start in range(0, count, size):
            name = f"m{start // size}"
            names.append(name)
            numbers = range(start, min(start + size, count))
            files[f"{name}.rs"] = self.of_module(name, [(n, *self.shape(n)) for n in numbers])
        files["lib.rs"] += "".join(f"mod {name};\n" for name in names) + self.application(names)
        return files

    def shape(self, n):
        return self.signature if self.signature else SHAPES[n % len(SHAPES)]

    def of_module(self, name, handlers):
        text = IMPORTS
        mounts = ""
        for n, verb, path, arguments, result, body in handlers:
            path = path.format(module=name, n=n)
            above = self.above(verb, path, n)
            text += f"\n{above}\nasync fn h{n}({arguments}) -> {result} {{\n{EDIT}{body}}}\n"
            mounts += {
                "axum": f'        .route("{path}", routing::{verb}(h{n}))\n',
                "secure": f"        .mount(h{n})\n",
                "utoipa": f"        .routes(utoipa_axum::routes!(h{n}))\n",
            }[self.mounted]
        router, new = ROUTERS[self.mounted]
        text += f"\npub fn router() -> {router}<App> {{\n    {new}\n{mounts}}}\n"
        return text if not self.module else self.in_group(text)

    def in_group(self, text):
        inner = text.replace("use crate::", "    use crate::")
        return f"use auth_runtime::prelude::group;\n{self.module}\nmod members {{\n{inner}}}\npub use members::router;\n"

    def application(self, names):
        router, new = ROUTERS[self.mounted]
        merges = "".join(f"        .merge({name}::router())\n" for name in names)
        docs = {"secure": '        .docs("/docs")\n'}.get(self.mounted, "")
        return f"\npub fn router() -> {router}<App> {{\n    {new}\n{merges}{docs}}}\n"


ROUTERS = {
    "axum": ("axum::Router", "axum::Router::new()"),
    "secure": ("auth_runtime::SecureRouter", "auth_runtime::SecureRouter::new()"),
    "utoipa": ("utoipa_axum::router::OpenApiRouter", "utoipa_axum::router::OpenApiRouter::new()"),
}


class Items:
    """A crate of types or functions; `of(n)` is the text of one."""

    def __init__(self, of):
        self.of = of

    def files(self, count, size=10):
        files = {"lib.rs": LIBRARY}
        for start in range(0, count, size):
            name = f"m{start // size}"
            items = "".join(f"\n{self.of(n)}\n" for n in range(start, min(start + size, count)))
            files[f"{name}.rs"] = f"{IMPORTS}\nfn touched() {{\n{EDIT}}}\n{items}"
            files["lib.rs"] += f"pub mod {name};\n"
        return files


def utoipa(verb, path, n):
    parameters = 'params(("id" = u32, Path, description = "Whose")), ' if "{id}" in path else ""
    body = "request_body = NewItem, " if verb in ("post", "put") else ""
    result = "Vec<Item>" if "list" in path else "Item"
    return (
        f"/// What is answered by number {n}.\n"
        f'#[utoipa::path({verb}, path = "{path}", {parameters}{body}responses((status = 200, body = {result}), '
        f'(status = 401, description = "Not authenticated")), security(("bearer" = ["items"])))]'
    )


def routed(policy):
    return lambda verb, path, n: f'/// What is answered by number {n}.\n#[{verb}("{path}")]\n{policy(n)}'


def only(*attributes):
    return lambda verb, path, n: attributes[n % len(attributes)]


LOGIN = ("post", "/{module}/login{n}", "user: User, form: PasswordRequestForm<Scope>", "Grant<Scope>", "    Grant::to(user).scopes(form.scopes)\n")
PLAIN_LOGIN = ("post", "/{module}/login{n}", "State(app): State<App>, Json(new): Json<NewItem>", "Json<Item>", "    Json(Item { id: 0, name: new.name, owner: String::new() })\n")
GREETING = ("get", "/{module}/greeting{n}", "", "&'static str", "    \"Hello\"\n")

SCOPES = """pub enum Scope{n} {{
    /// Read items.
    {0}Items,
    /// Write items.
    {1}Write,
    /// Everything.
    {2}All,
}}"""
STANDARD = "Clone, Copy, PartialEq, Eq, Debug"
USER = """pub struct User{n} {{
    {0}pub username: String,
    pub full_name: Option<String>,
    {1}pub disabled: bool,
}}"""


def derived(derive, form, *attributes, standard=STANDARD, outside=""):
    return Items(lambda n: f"#[derive({derive}{standard})]\n{outside}" + form.format(*attributes, n=n))


# Name, what it is compared with, crate.
MAIN = [
    ("plain axum", None, Handlers(only(""))),
    ("a guard alone", "plain axum", Handlers(only(*GUARDS))),
    ("`#[axum::debug_handler]`", "plain axum", Handlers(only("#[axum::debug_handler(state = App)]"))),
    ("an annotated handler with its document", "plain axum", Handlers(routed(lambda n: GUARDS[n % 2]), "secure")),
    ("`#[utoipa::path]` with `routes!`", "plain axum", Handlers(utoipa, "utoipa")),
]

ACTIVE = "#[requires_active_user]\n"
MACROS = [
    ("`#[requires_token]`", "plain axum", Handlers(only("#[requires_token]"))),
    ("`#[requires_user]`", "plain axum", Handlers(only("#[requires_user]"))),
    ("`#[requires_active_user]`", "plain axum", Handlers(only("#[requires_active_user]"))),
    ("`#[requires_scopes(Scope::Items)]`", "plain axum", Handlers(only("#[requires_scopes(Scope::Items)]"))),
    ("`#[requires_role(Role::Editor)]`", "plain axum", Handlers(only("#[requires_role(Role::Editor)]"))),
    (
        "`#[requires(active_user && (Role::Admin \\|\\| !Scope::Me))]`",
        "plain axum",
        Handlers(only("#[requires(active_user && (Role::Admin || !Scope::Me))]")),
    ),
    ("`#[authorize(..)]` and `#[requires_active_user]`", "plain axum", Handlers(only(ACTIVE + '#[authorize(user.username != "x")]'))),
    (
        "`#[post_authorize(..)]` and `#[requires_active_user]`",
        "plain axum",
        Handlers(only(ACTIVE + "#[post_authorize(|_| true)]")),
    ),
    ("`#[public]`, without a user", "plain login", Handlers(only("#[public]"), signature=PLAIN_LOGIN)),
    ("`#[get(..)]`, `post` and `put`, with `#[requires_active_user]`", "plain axum", Handlers(routed(lambda n: ACTIVE), "secure")),
    (
        "`#[get(..)]`, `post` and `put` in a `#[group(Role::Editor)]`",
        "plain axum",
        Handlers(routed(lambda n: ""), "secure", module="#[group(Role::Editor)]"),
    ),
    ("`#[token_endpoint(..)]`", "plain login", Handlers(lambda v, path, n: f'#[token_endpoint("{path}")]', "secure", signature=LOGIN)),
    ("`#[requires_active_user]`, without arguments", "plain greeting", Handlers(only("#[requires_active_user]"), signature=GREETING)),
    ("`#[axum::debug_handler]`, without arguments", "plain greeting", Handlers(only("#[axum::debug_handler(state = App)]"), signature=GREETING)),
    ("plain greeting", None, Handlers(only(""), signature=GREETING)),
    ("plain login", None, Handlers(only(""), signature=PLAIN_LOGIN)),
    ("plain enums", None, derived("", SCOPES, "", "", "")),
    ("`derive(Scope)`, three scopes", "plain enums", derived("Scope, ", SCOPES, '#[scope("i")] ', '#[scope("w")] ', '#[scope("a", implies(Items, Write))] ')),
    ("`derive(Role)`, three roles", "plain enums", derived("Role, ", SCOPES, '#[role("i")] ', '#[role("w")] ', '#[role("a", includes(Items, Write))] ')),
    ("plain structs", None, derived("", USER, "", "", standard="Clone")),
    (
        "`derive(AuthUser)`, three fields",
        "plain structs",
        derived("AuthUser, ", USER, "#[auth(username)] ", "#[auth(disabled)] ", standard="Clone", outside="#[auth(no_password)]\n"),
    ),
    ("plain newtypes", None, Items(lambda n: f"#[derive(Clone)]\npub struct Key{n}(Secret);")),
    (
        "`derive(SecurityScheme)`",
        "plain newtypes",
        Items(lambda n: f'#[derive(SecurityScheme, Clone)]\n#[security(api_key(header = "x-key-{n}"))]\npub struct Key{n}(Secret);'),
    ),
    (
        "`#[policy(..)]`",
        "plain newtypes",
        Items(lambda n: f"#[derive(Clone)]\npub struct Key{n}(Secret);\n#[policy(active_user && (Role::Editor || is_named(3)))]\npub struct Policy{n};"),
    ),
    ("plain functions", None, Items(lambda n: f"pub fn longer{n}(user: &User, length: usize) -> bool {{ user.username.len() >= length }}")),
    (
        "`#[predicate]`",
        "plain functions",
        Items(lambda n: f"#[predicate]\npub fn longer{n}(user: &User, length: usize) -> bool {{ user.username.len() >= length }}"),
    ),
]
