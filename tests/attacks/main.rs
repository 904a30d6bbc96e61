//! Attacks, each named after what it stops.

mod guessing;
