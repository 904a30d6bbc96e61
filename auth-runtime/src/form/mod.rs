//! The login form of RFC 6749 section 4.3.2, as FastAPI's `OAuth2PasswordRequestForm` has it.

mod extract;
mod fields;

use std::fmt;

pub(crate) use self::{
    extract::unknown_scopes,
    fields::{MAX_BYTES, read},
};
use crate::{scope::RequestedScope, secret::Secret};

/// The login form: username and password, and what a client may add.
///
/// It is the last parameter of a [`#[token_endpoint]`](crate::token_endpoint), and an extractor for handlers that log in
/// otherwise. `S` is the application's scope enum; with
/// the default, `String`, scopes are free text. Both `application/x-www-form-urlencoded` and `multipart/form-data` are
/// read, up to 64 KiB. An empty value counts as absent, an unknown parameter is ignored and a repeated one refused (RFC
/// 6749 section 3.2).
///
/// The password grant is for a first party's own login form, wire-compatible with RFC 6749 section 4.3.
#[derive(Debug, Clone)]
pub struct PasswordRequestForm<S = String> {
    /// `password`, where the client sent it.
    pub grant_type: Option<String>,
    /// The name to log in with.
    pub username: String,
    /// The password; it prints as `[redacted]`.
    pub password: Secret,
    /// `scope`, split at its spaces.
    pub scopes: Vec<S>,
    /// The client's identifier, if it sent one.
    pub client_id: Option<String>,
    /// The client's secret, if it sent one.
    pub client_secret: Option<Secret>,
}

/// As [`PasswordRequestForm`], with `grant_type=password` required, as RFC 6749 section 4.3.2 has it.
#[derive(Debug, Clone)]
pub struct PasswordRequestFormStrict<S = String> {
    /// `password`.
    pub grant_type: String,
    /// The name to log in with.
    pub username: String,
    /// The password; it prints as `[redacted]`.
    pub password: Secret,
    /// `scope`, split at its spaces.
    pub scopes: Vec<S>,
    /// The client's identifier, if it sent one.
    pub client_id: Option<String>,
    /// The client's secret, if it sent one.
    pub client_secret: Option<Secret>,
}

/// A form that a [`#[token_endpoint]`](crate::token_endpoint) can take: one of the two here. It is not for other types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a login form",
    label = "the last parameter of a token endpoint is the form",
    note = "write `form: PasswordRequestForm<Scope>`, or `PasswordRequestFormStrict<Scope>` to insist on `grant_type=password`"
)]
pub trait LoginForm: Sized + Send + 'static {
    /// The scopes that the form can ask for.
    type Scope: RequestedScope;

    /// The fields without which it is refused, in the order in which they are reported.
    const REQUIRED: &'static [&'static str];

    /// The form of these fields.
    ///
    /// # Errors
    /// [`FormFault`] if a required field is missing, `grant_type` is another than `password`, or a scope does not exist.
    fn from_fields(fields: Fields, unknown_scopes: UnknownScopes) -> Result<Self, FormFault>;

    /// The username and the password.
    fn credentials(&self) -> (&str, &Secret);
}

/// What becomes of a requested scope that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownScopes {
    /// The request is refused: `invalid_scope` (RFC 6749 section 5.2).
    Refuse,
    /// It is left out, as RFC 6749 section 3.3 allows: FastAPI knows no list of scopes to check against.
    LeaveOut,
}

/// The fields of a form as they were sent, empty ones left out.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub(crate) grant_type: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) scope: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) token: Option<Secret>,
    pub(crate) new_password: Option<Secret>,
    pub(crate) email: Option<String>,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormFault {
    /// Fields that are missing or wrong.
    Fields(Vec<FieldFault>),
    /// A scope that does not exist.
    UnknownScope,
    /// A media type that is no form's.
    ContentType {
        /// The fields that are therefore missing.
        required: &'static [&'static str],
    },
    /// More than 64 KiB.
    TooLarge,
    /// Text that is not UTF-8.
    NotText,
    /// Not the syntax of its media type.
    Malformed,
    /// The connection broke while the body was read.
    Interrupted,
    /// It did not come within 30 seconds.
    TooSlow,
}

/// One field that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldFault {
    /// Its name.
    pub field: &'static str,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It is absent or empty.
    Missing,
    /// It was sent more than once.
    Repeated,
    /// It is too long, or has characters that it cannot have.
    Unfit,
    /// It is not the address of whoever asks.
    NotYours,
    /// `grant_type` is not `password`.
    NotPassword {
        /// What it is instead.
        value: String,
    },
}

impl FormFault {
    pub(crate) fn field(field: &'static str, wrong: Wrong) -> Self {
        Self::Fields(vec![FieldFault { field, wrong }])
    }

    pub(crate) fn missing(field: &'static str) -> Self {
        Self::field(field, Wrong::Missing)
    }

    /// The error code of RFC 6749 section 5.2.
    pub(crate) fn error_code(&self) -> &'static str {
        match self {
            Self::Fields(faults) => {
                let other_grant = |fault: &FieldFault| matches!(fault.wrong, Wrong::NotPassword { .. });
                // Another grant has other fields: that those of this one are missing says nothing.
                if faults.iter().any(other_grant) { "unsupported_grant_type" } else { "invalid_request" }
            }
            Self::UnknownScope => "invalid_scope",
            _ => "invalid_request",
        }
    }
}

/// Never quotes what was sent: the text goes into `error_description`, and hostile text must not.
impl fmt::Display for FormFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(faults) => {
                for (index, fault) in faults.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " " };
                    match fault.wrong {
                        Wrong::Missing => write!(f, "{separator}The field {} is missing.", fault.field)?,
                        Wrong::Repeated => write!(f, "{separator}The field {} is given more than once.", fault.field)?,
                        Wrong::Unfit => write!(
                            f,
                            "{separator}The field {} is too long, or has characters that it cannot have.",
                            fault.field
                        )?,
                        Wrong::NotYours => {
                            write!(f, "{separator}The field {} is not the address of this account.", fault.field)?;
                        }
                        Wrong::NotPassword { .. } => write!(f, "{separator}The field grant_type is not password.")?,
                    }
                }
                Ok(())
            }
            Self::UnknownScope => f.write_str("A scope was asked for that does not exist."),
            Self::ContentType { .. } => {
                f.write_str("The body is not a form: send application/x-www-form-urlencoded or multipart/form-data.")
            }
            Self::TooLarge => write!(f, "The form is larger than {} KiB.", MAX_BYTES / 1024),
            Self::NotText => f.write_str("The form holds text that is not UTF-8."),
            Self::Malformed => f.write_str("The form does not have the syntax of its content type."),
            Self::Interrupted => f.write_str("The form ended before it was complete."),
            Self::TooSlow => f.write_str("The form did not come in time."),
        }
    }
}

struct Checked<S> {
    grant_type: Option<String>,
    username: String,
    password: Secret,
    scopes: Vec<S>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
}

fn check<S: RequestedScope>(
    fields: Fields,
    required: &[&'static str],
    unknown_scopes: UnknownScopes,
) -> Result<Checked<S>, FormFault> {
    let mut faults = Vec::new();
    match &fields.grant_type {
        None if required.contains(&"grant_type") => {
            faults.push(FieldFault { field: "grant_type", wrong: Wrong::Missing });
        }
        Some(value) if value != "password" => {
            faults.push(FieldFault { field: "grant_type", wrong: Wrong::NotPassword { value: value.clone() } });
        }
        _ => {}
    }
    if fields.username.is_none() {
        faults.push(FieldFault { field: "username", wrong: Wrong::Missing });
    }
    if fields.password.is_none() {
        faults.push(FieldFault { field: "password", wrong: Wrong::Missing });
    }
    let (Some(username), Some(password), true) = (fields.username, fields.password, faults.is_empty()) else {
        return Err(FormFault::Fields(faults));
    };

    let scopes = requested_scopes(fields.scope.as_deref(), unknown_scopes)?;
    let Fields { grant_type, client_id, client_secret, .. } = fields;
    Ok(Checked { grant_type, username, password, scopes, client_id, client_secret })
}

/// The scopes that a request names.
pub(crate) fn requested_scopes<S: RequestedScope>(
    scope: Option<&str>,
    unknown_scopes: UnknownScopes,
) -> Result<Vec<S>, FormFault> {
    let mut scopes = Vec::new();
    for token in scope.iter().flat_map(|scope| scope.split(' ')).filter(|token| !token.is_empty()) {
        match S::parse(token) {
            Some(scope) => scopes.push(scope),
            None if unknown_scopes == UnknownScopes::LeaveOut => {}
            None => return Err(FormFault::UnknownScope),
        }
    }
    Ok(scopes)
}

impl<S: RequestedScope> LoginForm for PasswordRequestForm<S> {
    type Scope = S;

    const REQUIRED: &'static [&'static str] = &["username", "password"];

    fn from_fields(fields: Fields, unknown_scopes: UnknownScopes) -> Result<Self, FormFault> {
        let Checked { grant_type, username, password, scopes, client_id, client_secret } =
            check(fields, Self::REQUIRED, unknown_scopes)?;
        Ok(Self { grant_type, username, password, scopes, client_id, client_secret })
    }

    fn credentials(&self) -> (&str, &Secret) {
        (&self.username, &self.password)
    }
}

impl<S: RequestedScope> LoginForm for PasswordRequestFormStrict<S> {
    type Scope = S;

    const REQUIRED: &'static [&'static str] = &["grant_type", "username", "password"];

    fn from_fields(fields: Fields, unknown_scopes: UnknownScopes) -> Result<Self, FormFault> {
        let Checked { grant_type, username, password, scopes, client_id, client_secret } =
            check(fields, Self::REQUIRED, unknown_scopes)?;
        let grant_type = grant_type.ok_or_else(|| FormFault::field("grant_type", Wrong::Missing))?;
        Ok(Self { grant_type, username, password, scopes, client_id, client_secret })
    }

    fn credentials(&self) -> (&str, &Secret) {
        (&self.username, &self.password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(grant_type: Option<&str>, username: Option<&str>, password: Option<&str>, scope: Option<&str>) -> Fields {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Fields {
            grant_type: owned(grant_type),
            username: owned(username),
            password: password.map(Secret::from),
            scope: owned(scope),
            client_id: Some("app".to_owned()),
            client_secret: Some("hush".into()),
            ..Fields::default()
        }
    }

    fn strict(fields: Fields) -> Result<PasswordRequestFormStrict, FormFault> {
        PasswordRequestFormStrict::from_fields(fields, UnknownScopes::Refuse)
    }

    fn lenient(fields: Fields) -> Result<PasswordRequestForm, FormFault> {
        PasswordRequestForm::from_fields(fields, UnknownScopes::Refuse)
    }

    #[test]
    fn a_form_is_made_of_its_fields() {
        let complete = || fields(Some("password"), Some("alice"), Some("swordfish"), Some(" me  items "));
        let form = strict(complete()).unwrap();
        assert_eq!(form.credentials(), ("alice", &"swordfish".into()));
        assert_eq!((form.grant_type.as_str(), form.client_id.as_deref()), ("password", Some("app")));
        assert_eq!((form.client_secret, form.scopes), (Some("hush".into()), vec!["me".to_owned(), "items".to_owned()]));
        let form = lenient(complete()).unwrap();
        assert_eq!(form.credentials(), ("alice", &"swordfish".into()));
        assert_eq!((form.grant_type.as_deref(), form.client_id.as_deref()), (Some("password"), Some("app")));
        assert_eq!((form.client_secret, form.scopes), (Some("hush".into()), vec!["me".to_owned(), "items".to_owned()]));
        let form = lenient(fields(None, Some("alice"), Some("swordfish"), None)).unwrap();
        assert_eq!((form.grant_type, form.scopes), (None, vec![]));
    }

    #[test]
    fn each_field_that_is_missing_or_wrong_is_named() {
        let missing = |field| FieldFault { field, wrong: Wrong::Missing };
        let other = FieldFault { field: "grant_type", wrong: Wrong::NotPassword { value: "other".to_owned() } };
        let nothing = || fields(None, None, None, None);
        assert_eq!(
            strict(nothing()).unwrap_err(),
            FormFault::Fields(vec![missing("grant_type"), missing("username"), missing("password")])
        );
        assert_eq!(lenient(nothing()).unwrap_err(), FormFault::Fields(vec![missing("username"), missing("password")]));
        let complete = fields(Some("other"), Some("alice"), Some("swordfish"), None);
        assert_eq!(strict(complete.clone()).unwrap_err(), FormFault::Fields(vec![other.clone()]));
        assert_eq!(lenient(complete).unwrap_err(), FormFault::Fields(vec![other]));
        assert_eq!(FormFault::missing("token"), FormFault::Fields(vec![missing("token")]));
    }

    /// A type with one scope.
    #[derive(Debug, PartialEq)]
    struct Me;

    impl RequestedScope for Me {
        fn parse(token: &str) -> Option<Self> {
            (token == "me").then_some(Self)
        }

        fn known() -> Vec<(&'static str, &'static str)> {
            vec![("me", "Read information about the current user.")]
        }

        fn token(&self) -> &str {
            "me"
        }
    }

    #[test]
    fn a_scope_that_does_not_exist_is_refused_or_left_out() {
        let requested = |scope, unknown| requested_scopes::<Me>(scope, unknown);
        for unknown in [UnknownScopes::Refuse, UnknownScopes::LeaveOut] {
            assert_eq!(requested(Some("me"), unknown), Ok(vec![Me]));
            assert_eq!(requested(Some("  "), unknown), Ok(vec![]));
            assert_eq!(requested(None, unknown), Ok(vec![]));
        }
        assert_eq!(requested(Some("me other"), UnknownScopes::Refuse), Err(FormFault::UnknownScope));
        assert_eq!(requested(Some("other me"), UnknownScopes::LeaveOut), Ok(vec![Me]));
    }

    #[test]
    fn faults_have_their_code_and_their_words() {
        let field = |field, wrong| FieldFault { field, wrong };
        let two = FormFault::Fields(vec![field("username", Wrong::Missing), field("password", Wrong::Repeated)]);
        let grant = FormFault::Fields(vec![
            field("grant_type", Wrong::NotPassword { value: "hostile".to_owned() }),
            field("username", Wrong::Missing),
        ]);
        for (fault, code, words) in [
            (two, "invalid_request", "The field username is missing. The field password is given more than once."),
            (grant, "unsupported_grant_type", "The field grant_type is not password. The field username is missing."),
            (
                FormFault::field("token", Wrong::Unfit),
                "invalid_request",
                "The field token is too long, or has characters that it cannot have.",
            ),
            (FormFault::UnknownScope, "invalid_scope", "A scope was asked for that does not exist."),
            (FormFault::TooLarge, "invalid_request", "The form is larger than 64 KiB."),
        ] {
            assert_eq!((fault.error_code(), fault.to_string().as_str()), (code, words));
        }
    }
}
