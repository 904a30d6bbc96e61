//! Access tokens: any text, a good token with one change, and headers and claims of the attacker's choice under the right
//! signature, which are taken only if they say what they must.

#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fuzz::{AUDIENCE, App, ISSUER, NOW, SECRET};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::Sha256;

thread_local! {
    static APP: App = App::new();
}

fn signed(header: &[u8], claims: &[u8]) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// What has to be true of whatever is let in.
fn is_acceptable(header: &[u8], claims: &[u8], subject: &str) -> bool {
    let (Ok(header), Ok(claims)) = (serde_json::from_slice::<Value>(header), serde_json::from_slice::<Value>(claims))
    else {
        return false;
    };
    let typ = header["typ"].as_str().unwrap_or_default().to_ascii_lowercase();
    let audience = match &claims["aud"] {
        Value::String(one) => one == AUDIENCE,
        Value::Array(several) => several.iter().any(|one| one == AUDIENCE),
        _ => false,
    };
    header["alg"] == "HS256"
        && ["at+jwt", "application/at+jwt"].contains(&typ.as_str())
        && header.get("crit").is_none_or(Value::is_null)
        && claims["iss"] == ISSUER
        && audience
        && claims["exp"].as_f64().is_some_and(|exp| exp > NOW as f64)
        && claims.get("nbf").is_none_or(|nbf| nbf.is_null() || nbf.as_f64().is_some_and(|nbf| nbf < NOW as f64 + 1.0))
        && claims["jti"].is_string()
        && !subject.is_empty()
        && claims["sub"] == subject
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        let ask = |token: &str| app.get("/me", "authorization", format!("Bearer {token}").as_bytes());
        let Some((first, rest)) = data.split_first() else { return };
        match first % 3 {
            0 => {
                let Ok(token) = std::str::from_utf8(rest) else { return };
                if token.contains(['\n', '\r']) {
                    return;
                }
                let is_good = token.trim_matches([' ', '\t']) == app.token;
                if let Some(answer) = ask(token) {
                    assert_eq!(answer.status == 200, is_good, "{token:?}");
                }
            }
            1 => {
                let [place, with, ..] = rest else { return };
                let mut bytes = app.token.clone().into_bytes();
                let place = usize::from(*place) * 2 % bytes.len();
                if bytes[place] == *with {
                    return;
                }
                bytes[place] = *with;
                let Ok(token) = String::from_utf8(bytes) else { return };
                if token.contains(['\n', '\r']) {
                    return;
                }
                if let Some(answer) = ask(&token) {
                    let is_padding = token.trim_matches([' ', '\t']) == app.token;
                    assert_eq!(answer.status == 200, is_padding, "{token:?}");
                }
            }
            _ => {
                let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                let (header, claims) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
                let answer = ask(&signed(header, claims)).unwrap();
                assert!(answer.status != 200 || is_acceptable(header, claims, &answer.body), "{answer:?}");
            }
        }
    });
});
