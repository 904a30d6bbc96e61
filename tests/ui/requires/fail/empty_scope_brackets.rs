use auth_runtime::prelude::*;

#[derive(SecurityScheme, Clone)]
#[security(bearer)]
struct Bearer(Secret);

#[requires(Bearer[])]
async fn items() {}

fn main() {}
