//! Who there is in each of the servers, and what each of them answers.

/// Active, and may have the scope.
pub const JOHN: Person =
    Person { username: "johndoe", password: "correct horse battery", full_name: "John Doe", disabled: false };
/// Active, and without the permission where permissions are a user's own.
pub const JANE: Person =
    Person { username: "janedoe", password: "staple of a battery", full_name: "Jane Doe", disabled: false };
/// Switched off.
pub const ALICE: Person =
    Person { username: "alice", password: "a horse of no use", full_name: "Alice Chains", disabled: true };
/// All of them.
pub const PEOPLE: [Person; 3] = [JOHN, JANE, ALICE];

/// The scope that the guarded route asks for.
pub const SCOPE: &str = "me";
/// Issuer and audience of all tokens.
pub const ISSUER: &str = "urn:bench";

/// The body of `GET /plain` and of `GET /me`, of each server.
pub const BODY: &str =
    r#"{"username":"johndoe","email":"johndoe@example.com","full_name":"John Doe","disabled":false}"#;

/// A user, as it is put into each server.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The name to log in with.
    pub username: &'static str,
    /// The password.
    pub password: &'static str,
    /// The name.
    pub full_name: &'static str,
    /// Whether the account is switched off.
    pub disabled: bool,
}

impl Person {
    /// The address.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@example.com", self.username)
    }
}
