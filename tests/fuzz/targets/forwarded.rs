//! What a client writes into a proxy's header: the proxy adds whom it heard from, and nobody else is ever taken for the sender.

#![no_main]

use fuzz::App;
use libfuzzer_sys::fuzz_target;

/// Whom the proxy heard from, as each header says it, and with more after it than it has to say.
const ADDED: [(&str, &[&str]); 2] = [
    ("x-forwarded-for", &["203.0.113.9", "203.0.113.9:4711"]),
    (
        "forwarded",
        &[
            "for=203.0.113.9",
            "for=\"203.0.113.9:4711\";host=\"h\";proto=https",
            "host=\"a\\\"b\";for=203.0.113.9",
            "for=203.0.113.9;host=\";\"",
        ],
    ),
];

thread_local! {
    static APP: App = App::new();
}

fuzz_target!(|data: &[u8]| {
    APP.with(|app| {
        for (name, added) in ADDED {
            // Alone it is whatever the proxy lets through, which no proxy does: it is only read.
            app.forwarded(name, data);
            for added in added {
                let separator: &[u8] = if data.is_empty() { b"" } else { b", " };
                let Some(sender) = app.forwarded(name, &[data, separator, added.as_bytes()].concat()) else { continue };
                let is_unknown = sender == "unknown" && name == "forwarded";
                assert!(sender == "203.0.113.9" || is_unknown, "{sender}");
            }
        }
    });
});
