//! The same tests against each store: in memory, SQLite, PostgreSQL, and PostgreSQL with Redis in front.

mod accounts;
mod clients;
mod contract;
mod counters;
mod down;
mod faults;
mod migrations;
mod own_table;
mod refresh;
mod remembered;
mod revocation;
mod support;
