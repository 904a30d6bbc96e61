//! Bearer against a plain reading of RFC 6750: a token of one word, and nobody is let in by another than the good one.

#![no_main]

use fuzz::{App, scheme_and_rest};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static APP: App = App::new();
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        for value in [data.to_vec(), [b"Bearer ", data].concat(), [b"bearer\t", data].concat()] {
            let Some(answer) = app.get("/bearer", "authorization", &value) else { continue };
            let text = std::str::from_utf8(&value).ok().filter(|text| !text.contains('\n'));
            let (scheme, token) = text.map(scheme_and_rest).unwrap_or_default();
            let is_one =
                scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t', ',']);
            if answer.status == 200 {
                assert!(is_one && answer.body == token, "{value:?}");
            } else {
                assert_eq!(answer.status, 401, "{value:?}");
                assert!(!is_one, "{value:?}");
            }
            let answer = app.get("/me", "authorization", &value).unwrap();
            assert_eq!(answer.status == 200, is_one && token == app.token, "{value:?}");
        }
    });
});
