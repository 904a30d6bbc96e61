//! Passwords from elsewhere: each lets its user in, and is argon2id from then on.

use std::process::Command;

use auth_runtime::{ClientAddress, GuessingLimits, Randomness, UserStore, prelude::*};
use serde_json::Value;

use crate::process::Scratch;

#[derive(AuthUser, Clone)]
#[auth(always_active)]
struct User {
    #[auth(username)]
    name: String,
    #[auth(password_hash)]
    hash: PasswordHash,
}

#[tokio::test]
#[ignore = "needs Python packages: tests/run"]
async fn exported_passwords_log_in_and_are_upgraded_once() {
    let python = std::env::var("AUTH_TESTS_PYTHON").expect("AUTH_TESTS_PYTHON names the interpreter: use tests/run");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/foreign/exported_passwords.py");
    let output = Command::new(python).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let exported: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), 2 * 13 + 3);

    let scratch = Scratch::new();
    let users = SqliteUsers::<User>::open(scratch.0.join("users.db")).await.unwrap();
    let key = SigningKey::generate(&Randomness::default()).unwrap();
    // Two wrong passwords for each of them are many from one place.
    let auth = Auth::builder(users.clone()).signing_key(key).guessing_limits(GuessingLimits::NONE).build().unwrap();
    for (number, entry) in exported.iter().enumerate() {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        let (scheme, password, stored) = (text("scheme"), Secret::new(text("password")), text("stored"));
        let name = format!("user-{number}");
        users.insert(&User { name: name.clone(), hash: PasswordHash::from_stored(stored.clone()) }).await.unwrap();
        let kept = async || users.find(&name).await.unwrap().unwrap().hash.expose().to_owned();

        for wrong in ["wrong", &password.expose().chars().skip(1).collect::<String>()] {
            assert!(auth.verify_login(&name, &Secret::new(wrong), ClientAddress::UNKNOWN).await.is_err(), "{scheme}");
        }
        assert_eq!(kept().await, stored, "{scheme}: a wrong password changes nothing");
        auth.verify_login(&name, &password, ClientAddress::UNKNOWN)
            .await
            .unwrap_or_else(|error| panic!("{scheme}: {error}"));
        if scheme == "bcrypt 2b, long" {
            assert_eq!(kept().await, stored, "of this password not all was looked at");
            continue;
        }
        let upgraded = kept().await;
        assert!(upgraded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{scheme}: {upgraded}");
        auth.verify_login(&name, &password, ClientAddress::UNKNOWN)
            .await
            .unwrap_or_else(|error| panic!("{scheme}: {error}"));
        assert_eq!(kept().await, upgraded, "{scheme}: once");
        let longer = Secret::new(format!("{}x", password.expose()));
        assert!(
            auth.verify_login(&name, &longer, ClientAddress::UNKNOWN).await.is_err(),
            "{scheme}: the whole password counts now"
        );
    }
}
