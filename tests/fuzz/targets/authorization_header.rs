//! Any `Authorization` headers, on every route that looks at them.

#![no_main]

use std::sync::OnceLock;

use fuzz::{App, scheme_and_rest, trimmed};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static APP: App = App::new();
}

static ROUTES: OnceLock<[&str; 4]> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
        for route in ROUTES.get_or_init(|| ["/whole", "/basic", "/bearer", "/me"]) {
            let Some(answer) = app.get(route, "authorization", data) else { return };
            if answer.status != 200 {
                assert_eq!(answer.status, 401, "{route}");
                continue;
            }
            let [line] = lines.as_slice() else { panic!("{route}: one of several headers was taken") };
            let line = std::str::from_utf8(line).expect("what is no text was taken");
            match *route {
                "/whole" => assert_eq!(answer.body, trimmed(line)),
                "/basic" => assert!(scheme_and_rest(line).0.eq_ignore_ascii_case("basic")),
                "/bearer" => assert!(scheme_and_rest(line).0.eq_ignore_ascii_case("bearer")),
                _ => assert_eq!(scheme_and_rest(line).1, app.token),
            }
        }
    });
});
