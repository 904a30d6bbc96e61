//! The scopes of a form: split at their spaces, granted as they were asked for, and written back as they were read.

#![no_main]

use fuzz::{App, Form};
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

thread_local! {
    static APP: App = App::new();
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        let form = format!("username=johndoe&password=secret&scope={}", percent_encode(data, NON_ALPHANUMERIC));
        let urlencoded = "application/x-www-form-urlencoded";
        let answer = app.post("/form", urlencoded, form.as_bytes());
        let Ok(text) = std::str::from_utf8(data) else {
            assert_eq!(answer.status, 400);
            return;
        };
        let asked: Vec<&str> = text.split(' ').filter(|scope| !scope.is_empty()).collect();
        if answer.status == 200 {
            let form: Form = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(form.scopes, asked);
        }
        let granted = app.post("/token", urlencoded, form.as_bytes());
        if granted.status == 200 {
            let body: serde_json::Value = serde_json::from_str(&granted.body).unwrap();
            let scope = body["scope"].as_str().unwrap();
            assert!(scope.split(' ').filter(|one| !one.is_empty()).all(|one| asked.contains(&one)), "{scope:?}");
        }
    });
});
