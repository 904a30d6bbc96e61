use auth_runtime::prelude::*;

#[auth_runtime::group(user)]
mod admin {
    thread_local! {
        static NUMBER: u8 = 1;
    }
}

fn main() {}
