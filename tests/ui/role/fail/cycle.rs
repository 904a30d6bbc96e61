use auth_runtime::prelude::*;

#[derive(Role, Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    #[role("admin", includes(Editor))]
    Admin,
    #[role("editor", includes(Author))]
    Editor,
    #[role("author", includes(Admin))]
    Author,
}

fn main() {}
