//! Whether a server does what it is measured for. What checks less, or answers something else, does not count.

use std::net::SocketAddr;

use serde_json::Value;

use super::http::{Answer, Connection};
use crate::{
    Error,
    hand::Tokens,
    people::{ALICE, BODY, JANE, JOHN, SCOPE},
};

/// Asks each question once, and gives a credential that is good for the guarded route.
///
/// # Errors
/// Says what is answered wrongly.
pub fn check(name: &str, address: SocketAddr, tokens: Option<&Tokens>) -> Result<String, Error> {
    let mut connection = Connection::open(address)?;
    let wrong = |what: &str, answer: &Answer| format!("{name}: {what} is answered {answer:?}");
    let login = connection.log_in(&JOHN, SCOPE)?;
    let credential = login.credential().ok_or_else(|| wrong("a login", &login))?;
    answers_body(name, address, "/plain", None)?;
    answers_body(name, address, "/me", Some(&credential))?;

    let expect = |what: &str, credential: Option<&str>, statuses: &[u16]| -> Result<(), Error> {
        let answer = Connection::open(address)?.get("/me", credential)?;
        if statuses.contains(&answer.status) { Ok(()) } else { Err(wrong(what, &answer).into()) }
    };
    expect("GET /me without a credential", None, &[401])?;
    let broken = format!("{}x", credential.get(..credential.len() - 2).unwrap_or_default());
    expect("GET /me with a broken credential", Some(&broken), &[401])?;
    // A token without the scope, or a user without the permission.
    let person = if tokens.is_some() { &JOHN } else { &JANE };
    let login = connection.log_in(person, "")?;
    let lacking = login.credential().ok_or_else(|| wrong("a login without the scope", &login))?;
    expect("GET /me without the scope", Some(&lacking), &[401, 403])?;
    let login = connection.log_in(&ALICE, SCOPE)?;
    if login.credential().is_some() {
        return Err(wrong("a login of a disabled user", &login).into());
    }
    if let Some(tokens) = tokens {
        let bearer = |token: String| format!("Authorization: Bearer {token}");
        expect("GET /me with a foreign token", Some(&bearer(tokens.issue(JOHN.username, SCOPE)?)), &[200])?;
        expect("GET /me of a disabled user", Some(&bearer(tokens.issue(ALICE.username, SCOPE)?)), &[400, 403])?;
        expect("GET /me of nobody", Some(&bearer(tokens.issue("nobody", SCOPE)?)), &[401])?;
        expect("GET /me with an expired token", Some(&bearer(tokens.issue_expired(JOHN.username, SCOPE)?)), &[401])?;
    }
    Ok(credential)
}

/// Whether a route answers with what all of them do.
///
/// # Errors
/// Shows what it answers instead.
pub fn answers_body(name: &str, address: SocketAddr, path: &str, credential: Option<&str>) -> Result<(), Error> {
    let answer = Connection::open(address)?.get(path, credential)?;
    // poem-openapi sorts the members.
    let same = answer.body.len() == BODY.len() && json(&answer.body).is_some_and(|body| Some(body) == json(BODY));
    if answer.status == 200 && same { Ok(()) } else { Err(format!("{name}: GET {path} is answered {answer:?}").into()) }
}

fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Whether two routes answer alike: status, headers and body, all but the date.
///
/// # Errors
/// Shows both where they differ.
pub fn same_answer(one: (SocketAddr, &str), other: (SocketAddr, &str)) -> Result<(), Error> {
    let answer = |(address, path): (SocketAddr, &str)| -> Result<_, Error> {
        let Answer { status, mut headers, body } = Connection::open(address)?.get(path, None)?;
        headers.retain(|(name, _)| name != "date");
        headers.sort();
        Ok((status, headers, body))
    };
    let (first, second) = (answer(one)?, answer(other)?);
    if first == second {
        return Ok(());
    }
    Err(format!("{} and {} answer differently:\n{first:?}\n{second:?}", one.1, other.1).into())
}
