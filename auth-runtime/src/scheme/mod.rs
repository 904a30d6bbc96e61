//! Schemes: where in a request the credential is. A scheme knows nothing of users.

pub(crate) mod bearer;
