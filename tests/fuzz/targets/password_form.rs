//! Login forms: what is read from them is what a plain decoder reads, and nobody logs in without the right password.

#![no_main]

use fuzz::{App, Form};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode;

thread_local! {
    static APP: App = App::new();
}

/// The values of a field in an urlencoded form, empty ones left out; `None` where it is no text.
fn values(form: &[u8], name: &str) -> Option<Vec<String>> {
    let decode = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).decode_utf8().ok().map(|text| text.into_owned())
    };
    let mut found = Vec::new();
    for pair in form.split(|byte| *byte == b'&') {
        let (key, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&pair[..equals], &pair[equals + 1..]),
            None => (pair, &[][..]),
        };
        let (key, value) = (decode(key)?, decode(value)?);
        if key == name && !value.is_empty() {
            found.push(value);
        }
    }
    Some(found)
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        let urlencoded = "application/x-www-form-urlencoded";
        let answer = app.post("/form", urlencoded, data);
        if answer.status == 200 {
            let form: Form = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(values(data, "username"), Some(vec![form.username]));
            assert_eq!(values(data, "password"), Some(vec![form.password]));
        } else {
            assert!(matches!(answer.status, 400 | 413), "{answer:?}");
        }
        let logged_in = app.post("/token", urlencoded, data).status == 200;
        if logged_in {
            assert_eq!(values(data, "username"), Some(vec!["johndoe".to_owned()]));
            assert_eq!(values(data, "password"), Some(vec!["secret".to_owned()]));
        }
        let multipart = app.post("/form", "multipart/form-data; boundary=X", data);
        if multipart.status == 200 {
            let form: Form = serde_json::from_str(&multipart.body).unwrap();
            let text = String::from_utf8_lossy(data);
            assert!(text.contains(&form.username) && text.contains(&form.password));
            assert_eq!(text.matches("name=\"password\"").count().min(1), 1);
        }
        let text = String::from_utf8_lossy(data).into_owned();
        if !text.contains(|character: char| character.is_control()) {
            let answer = app.post("/form", &text, b"username=a&password=b");
            assert!(matches!(answer.status, 200 | 400 | 413), "{answer:?}");
        }
    });
});
