//! Reading the fields of a form off a request, before anything is known of them.

use std::{borrow::Cow, time::Duration};

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use http_body_util::LengthLimitError;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::{FieldFault, Fields, FormFault, Wrong};
use crate::secret::Secret;

/// A login form is a few hundred bytes; this leaves room for long passphrases and scope lists.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

enum Syntax {
    UrlEncoded,
    Multipart,
}

/// However slow a line is: whoever takes longer keeps a connection, and nothing else.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Reads at most [`MAX_BYTES`], within [`MAX_TIME`].
pub(crate) async fn read(request: Request, required: &'static [&'static str]) -> Result<Fields, FormFault> {
    let syntax = syntax(request.headers()).ok_or(FormFault::ContentType { required })?;
    let (parts, body) = request.into_parts();
    let body = tokio::time::timeout(MAX_TIME, to_bytes(body, MAX_BYTES)).await.map_err(|_| FormFault::TooSlow)?;
    let body = body.map_err(|error| {
        let limit = error.into_inner().is::<LengthLimitError>();
        if limit { FormFault::TooLarge } else { FormFault::Interrupted }
    })?;
    let mut collected = Collected::default();
    match syntax {
        Syntax::UrlEncoded => url_encoded(&body, &mut collected)?,
        Syntax::Multipart => multipart(Request::from_parts(parts, body.into()), &mut collected).await?,
    }
    collected.finish()
}

fn syntax(headers: &HeaderMap) -> Option<Syntax> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let media_type = value.to_str().ok()?.split(';').next()?.trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Some(Syntax::UrlEncoded)
    } else if media_type.eq_ignore_ascii_case("multipart/form-data") {
        Some(Syntax::Multipart)
    } else {
        None
    }
}

/// The fields that are known, each as often as it came.
#[derive(Default)]
struct Collected {
    fields: Fields,
    repeated: Vec<&'static str>,
}

impl Collected {
    fn add(&mut self, name: &str, value: Cow<'_, str>) {
        if value.is_empty() {
            return;
        }
        let Fields {
            grant_type,
            username,
            password,
            scope,
            client_id,
            client_secret,
            refresh_token,
            token,
            new_password,
            email,
        } = &mut self.fields;
        let repeated = match name {
            "grant_type" => replace(grant_type, value.into_owned()).then_some("grant_type"),
            "username" => replace(username, value.into_owned()).then_some("username"),
            "password" => replace(password, Secret::new(value)).then_some("password"),
            "scope" => replace(scope, value.into_owned()).then_some("scope"),
            "client_id" => replace(client_id, value.into_owned()).then_some("client_id"),
            "client_secret" => replace(client_secret, Secret::new(value)).then_some("client_secret"),
            "refresh_token" => replace(refresh_token, Secret::new(value)).then_some("refresh_token"),
            "token" => replace(token, Secret::new(value)).then_some("token"),
            "new_password" => replace(new_password, Secret::new(value)).then_some("new_password"),
            "email" => replace(email, value.into_owned()).then_some("email"),
            _ => None,
        };
        if let Some(field) = repeated.filter(|field| !self.repeated.contains(field)) {
            self.repeated.push(field);
        }
    }

    fn finish(self) -> Result<Fields, FormFault> {
        if self.repeated.is_empty() {
            return Ok(self.fields);
        }
        Err(FormFault::Fields(
            self.repeated.into_iter().map(|field| FieldFault { field, wrong: Wrong::Repeated }).collect(),
        ))
    }
}

/// Sets the field, and tells whether it was set already.
fn replace<T>(field: &mut Option<T>, value: T) -> bool {
    field.replace(value).is_some()
}

fn url_encoded(body: &Bytes, collected: &mut Collected) -> Result<(), FormFault> {
    for pair in body.split(|byte| *byte == b'&') {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(equals) => {
                let (name, value) = pair.split_at(equals);
                (name, value.get(1..).unwrap_or_default())
            }
            None => (pair, &[][..]),
        };
        collected.add(&decode(name)?, decode(value)?);
    }
    Ok(())
}

fn decode(encoded: &[u8]) -> Result<Cow<'_, str>, FormFault> {
    if encoded.contains(&b'+') {
        let spaced: Zeroizing<Vec<u8>> =
            Zeroizing::new(encoded.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect());
        let text = percent_decode(&spaced).decode_utf8().map_err(|_| FormFault::NotText)?.into_owned();
        return Ok(Cow::Owned(text));
    }
    percent_decode(encoded).decode_utf8().map_err(|_| FormFault::NotText)
}

async fn multipart(request: Request, collected: &mut Collected) -> Result<(), FormFault> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| FormFault::Malformed)?;
    while let Some(field) = form.next_field().await.map_err(|_| FormFault::Malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(|_| FormFault::Malformed)?;
        collected.add(&name, std::str::from_utf8(&value).map_err(|_| FormFault::NotText)?.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn parse(content_type: &str, body: impl Into<Body>) -> Result<Fields, FormFault> {
        let request = Request::builder().header(CONTENT_TYPE, content_type).body(body.into()).unwrap();
        read(request, &["username"]).await
    }

    async fn url(body: &'static str) -> Result<Fields, FormFault> {
        parse("application/x-www-form-urlencoded", body).await
    }

    #[tokio::test]
    async fn reads_a_url_encoded_form() {
        let fields =
            url("grant_type=password&username=j%C3%B6hn+doe&password=a%26b%3D%2B&scope=me+items&x=1").await.unwrap();
        assert_eq!(fields.username.as_deref(), Some("jöhn doe"));
        assert_eq!(fields.password.unwrap().expose(), "a&b=+");
        assert_eq!(fields.scope.as_deref(), Some("me items"));
    }

    #[tokio::test]
    async fn an_empty_value_counts_as_absent() {
        let fields = url("username=&password&client_id=&username=x").await.unwrap();
        assert_eq!(fields.username.as_deref(), Some("x"));
        assert!(fields.password.is_none() && fields.client_id.is_none());
    }

    #[tokio::test]
    async fn a_repeated_field_is_refused_and_an_unknown_one_ignored() {
        let repeated = url("username=a&username=b&username=c&password=p&password=q").await.unwrap_err();
        let FormFault::Fields(faults) = repeated else { panic!("{repeated:?}") };
        assert_eq!(faults.iter().map(|fault| fault.field).collect::<Vec<_>>(), ["username", "password"]);
        assert!(url("x=1&x=2").await.is_ok());
    }

    #[tokio::test]
    async fn text_that_is_not_utf8_is_refused() {
        assert_eq!(url("username=%FF").await.unwrap_err(), FormFault::NotText);
        assert_eq!(url("username=+%FF").await.unwrap_err(), FormFault::NotText);
        assert_eq!(parse("application/x-www-form-urlencoded", vec![b'u', 0xff]).await.unwrap_err(), FormFault::NotText);
    }

    #[tokio::test]
    async fn size_is_bounded() {
        let body = format!("username={}", "a".repeat(MAX_BYTES));
        assert_eq!(parse("application/x-www-form-urlencoded", body).await.unwrap_err(), FormFault::TooLarge);
        let most = format!("username={}", "a".repeat(MAX_BYTES - "username=".len()));
        assert!(parse("application/x-www-form-urlencoded", most).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_to_an_end_is_refused() {
        let body = Body::new(Endless);
        assert_eq!(parse("application/x-www-form-urlencoded", body).await.unwrap_err(), FormFault::TooSlow);
    }

    /// A body of which nothing comes.
    struct Endless;

    impl axum::body::HttpBody for Endless {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
            std::task::Poll::Pending
        }
    }

    #[tokio::test]
    async fn reads_multipart() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\njohn\r\n--X\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ns e\r\n--X--\r\n";
        let fields = parse("multipart/form-data; boundary=X", body).await.unwrap();
        assert_eq!((fields.username.as_deref(), fields.password.unwrap().expose()), (Some("john"), "s e"));
        assert_eq!(parse("multipart/form-data; boundary=Y", body).await.unwrap_err(), FormFault::Malformed);
        assert_eq!(parse("multipart/form-data", body).await.unwrap_err(), FormFault::Malformed);
        assert_eq!(parse("multipart/form-data; boundary=X", &body[..40]).await.unwrap_err(), FormFault::Malformed);
    }

    #[tokio::test]
    async fn another_content_type_is_named() {
        for content_type in ["application/json", "text/plain", ""] {
            assert_eq!(
                parse(content_type, "username=x").await.unwrap_err(),
                FormFault::ContentType { required: &["username"] }
            );
        }
    }

    #[test]
    fn nothing_prints_a_password() {
        let mut collected = Collected::default();
        collected.add("password", "swordfish".into());
        collected.add("client_secret", "swordfish".into());
        assert!(!format!("{:?}", collected.fields).contains("swordfish"));
    }

    #[tokio::test]
    async fn every_field_that_is_known_is_read_and_none_twice() {
        let all = "grant_type=a&username=b&password=c&scope=d&client_id=e&client_secret=f&refresh_token=g&token=h&new_password=i&email=j";
        let Fields {
            grant_type,
            username,
            password,
            scope,
            client_id,
            client_secret,
            refresh_token,
            token,
            new_password,
            email,
        } = url(all).await.unwrap();
        let texts = [grant_type, username, scope, client_id, email];
        assert_eq!(texts.map(Option::unwrap), ["a", "b", "d", "e", "j"]);
        let secrets = [password, client_secret, refresh_token, token, new_password];
        assert_eq!(secrets.map(|secret| secret.unwrap().expose().to_owned()), ["c", "f", "g", "h", "i"]);
        for field in all.split('&') {
            let (name, _) = field.split_once('=').unwrap();
            let twice = parse("application/x-www-form-urlencoded", format!("{field}&{field}")).await.unwrap_err();
            let FormFault::Fields(faults) = twice else { panic!("{twice:?}") };
            assert_eq!(faults, [FieldFault { field: faults[0].field, wrong: Wrong::Repeated }]);
            assert_eq!(faults[0].field, name);
        }
    }
}
