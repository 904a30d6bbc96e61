use auth_runtime::prelude::*;

#[policy(user)]
struct Members;

fn main() {
    let _: Authorized<Members> = auth_runtime::Authorized(std::marker::PhantomData);
}
