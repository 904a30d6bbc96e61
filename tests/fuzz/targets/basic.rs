//! HTTP Basic against a plain reading of RFC 7617.

#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use fuzz::{App, scheme_and_rest};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static APP: App = App::new();
}

fn expected(value: &str) -> Option<(String, String)> {
    let (scheme, rest) = scheme_and_rest(value);
    let text = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest).ok())??;
    let text = String::from_utf8(text).ok()?;
    if text.chars().any(char::is_control) {
        return None;
    }
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        // As it is, and as what somebody encodes.
        for value in [data.to_vec(), format!("Basic {}", STANDARD.encode(data)).into_bytes()] {
            let Some(answer) = app.get("/basic", "authorization", &value) else { continue };
            let expected = std::str::from_utf8(&value).ok().filter(|text| !text.contains('\n')).and_then(expected);
            match expected {
                Some(expected) => {
                    assert_eq!(answer.status, 200, "{value:?}");
                    assert_eq!(serde_json::from_str::<(String, String)>(&answer.body).unwrap(), expected);
                }
                None => assert_eq!(answer.status, 401, "{value:?}"),
            }
        }
    });
});
