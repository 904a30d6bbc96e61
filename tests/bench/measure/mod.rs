//! Starting the servers, asking whether they are worth measuring, measuring them, and writing it down.

pub mod checks;
pub mod http;
pub mod machine;
pub mod process;
pub mod results;
pub mod table;
pub mod wrk;
