//! The `Authorization` header (RFC 9110 section 11.6.2): a scheme and what belongs to it.

use axum::http::{HeaderMap, header::AUTHORIZATION};

use super::credential::CredentialFault;

/// The header's value; `None` where there is none. Two headers are a guess at which one counts.
#[inline]
pub(super) fn header(headers: &HeaderMap) -> Result<Option<&[u8]>, CredentialFault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(CredentialFault::Ambiguous);
    }
    // HTTP/2 leaves the blanks around a value to us.
    Ok(value.map(|value| trim(value.as_bytes())))
}

/// The scheme of a header's value, and the rest without the blanks around it.
pub(super) fn split(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|byte| is_blank(*byte)).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    (scheme, trim(rest))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[inline]
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_blank(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_blank(*last)
    {
        bytes = rest;
    }
    bytes
}

/// The text that belongs to this scheme; `None` without a header, or with one of another scheme. Schemes are compared without
/// case (RFC 9110 section 11.1).
pub(super) fn of_scheme<'a>(
    headers: &'a HeaderMap,
    wanted: &str,
    any_scheme: bool,
) -> Result<Option<(&'a str, &'a str)>, CredentialFault> {
    let Some(value) = header(headers)? else { return Ok(None) };
    let (scheme, rest) = split(value);
    if !any_scheme && !scheme.eq_ignore_ascii_case(wanted.as_bytes()) {
        return Ok(None);
    }
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| CredentialFault::Malformed);
    let (scheme, rest) = (text(scheme)?, text(rest)?);
    if scheme.is_empty() || rest.is_empty() {
        return Err(CredentialFault::Malformed);
    }
    Ok(Some((scheme, rest)))
}
