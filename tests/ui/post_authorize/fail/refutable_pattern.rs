use auth_runtime::prelude::*;
use axum::http::StatusCode;

#[derive(Clone, Serialize)]
enum Document {
    Public,
    Private(String),
}

#[requires_user]
#[post_authorize(|Json(Document::Private(owner))| owner == "me")]
async fn document() -> Result<Json<Document>, StatusCode> {
    Ok(Json(Document::Public))
}

fn main() {}
