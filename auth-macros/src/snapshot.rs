//! Expansions, compared with the stored files beside this one.
