//! The bodies of refusals, each with its keys in the order that its readers know.

use serde::Serialize;

use crate::form::{FieldFault, FormFault, Wrong};

/// What FastAPI says of one field, with its keys in FastAPI's order.
#[derive(Serialize)]
pub(super) struct FieldEntry<'a> {
    r#type: &'static str,
    loc: [&'static str; 2],
    msg: &'static str,
    input: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<PatternContext>,
}

#[derive(Serialize)]
struct PatternContext {
    pattern: &'static str,
}

impl<'a> FieldEntry<'a> {
    fn new(r#type: &'static str, field: &'static str, msg: &'static str) -> Self {
        Self { r#type, loc: ["body", field], msg, input: None, ctx: None }
    }

    fn of(FieldFault { field, wrong }: &'a FieldFault) -> Self {
        match wrong {
            Wrong::Missing => Self::missing(field),
            Wrong::Unfit => Self::new("value_error", field, "Value error, too long or not text"),
            Wrong::NotYours => Self::new("value_error", field, "Value error, not the address of this account"),
            Wrong::Repeated => Self::new("value_error", field, "Value error, given more than once"),
            Wrong::NotPassword { value } => Self {
                input: Some(value),
                ctx: Some(PatternContext { pattern: "^password$" }),
                ..Self::new("string_pattern_mismatch", field, "String should match pattern '^password$'")
            },
        }
    }

    fn missing(field: &'static str) -> Self {
        Self::new("missing", field, "Field required")
    }
}

/// `{"detail": …}`.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum FastApiDetail<'a> {
    Text { detail: &'a str },
    Fields { detail: Vec<FieldEntry<'a>> },
}

impl<'a> FastApiDetail<'a> {
    pub(super) fn of_form(fault: &'a FormFault) -> Self {
        match fault {
            FormFault::Fields(faults) => Self::Fields { detail: faults.iter().map(FieldEntry::of).collect() },
            // FastAPI reads nothing from a body of another type, and then misses each field.
            FormFault::ContentType { required } => {
                Self::Fields { detail: required.iter().copied().map(FieldEntry::missing).collect() }
            }
            FormFault::UnknownScope => {
                Self::Fields { detail: vec![FieldEntry::new("value_error", "scope", "Value error, unknown scope")] }
            }
            FormFault::TooLarge => Self::Text { detail: "Request body too large" },
            FormFault::TooSlow => Self::Text { detail: "Request Timeout" },
            FormFault::NotText | FormFault::Malformed | FormFault::Interrupted => {
                Self::Text { detail: "There was an error parsing the body" }
            }
        }
    }
}

/// RFC 9457, with its keys in the order of the RFC's examples.
#[derive(Serialize)]
pub(super) struct Problem<'a> {
    pub(super) r#type: &'static str,
    pub(super) title: &'a str,
    pub(super) status: u16,
    pub(super) detail: &'a str,
}

/// RFC 6749 section 5.2.
#[derive(Serialize)]
pub(super) struct OAuthError<'a> {
    pub(super) error: &'a str,
    pub(super) error_description: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_persons_address_is_not_called_unfit() {
        let fault = FormFault::field("email", Wrong::NotYours);
        assert_eq!(fault.to_string(), "The field email is not the address of this account.");
        let said = serde_json::to_value(FastApiDetail::of_form(&fault)).unwrap();
        assert_eq!(said["detail"][0]["msg"], "Value error, not the address of this account");
        assert_eq!(said["detail"][0]["loc"], serde_json::json!(["body", "email"]));
    }
}
