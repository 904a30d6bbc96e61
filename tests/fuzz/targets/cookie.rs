//! The session's cookie, and an API key in one: taken once and whole, or not at all.

#![no_main]

use fuzz::App;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static APP: App = App::new();
}

/// The values of a cookie in these headers (RFC 6265 section 5.4, read plainly).
fn values<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let pairs = text.split(['\n', ';']).filter_map(|pair| pair.split_once('='));
    let of_name = pairs.filter(|(key, _)| key.trim_matches([' ', '\t']) == name);
    of_name.map(|(_, value)| unquoted(value.trim_matches([' ', '\t']))).collect()
}

/// RFC 6265 section 4.1.1 lets a value be quoted.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        let text = String::from_utf8_lossy(data);
        if let Some(answer) = app.get("/me", "cookie", data) {
            let session = values(&text, "__Host-session");
            let is_good = session.as_slice() == [app.session.as_str()];
            assert_eq!(answer.status == 200, is_good, "{text:?}");
        }
        if let Some(answer) = app.get("/cookie", "cookie", data) {
            if answer.status == 200 {
                assert_eq!(values(&text, "key"), [answer.body.as_str()], "{text:?}");
            } else {
                assert_eq!(answer.status, 401);
            }
        }
    });
});
