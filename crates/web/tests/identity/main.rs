//! Accounts, sessions, keys: over a real SQLite store, with a clock and browsers that the tests play.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod enrolment;
mod fake_provider;
mod first_start;
mod fixture;
mod keys;
mod lockouts;
mod moody;
mod passwords;
mod provider;
mod provider_faults;
mod provider_roles;
mod sessions;
mod sign_in;
mod telephone;
mod without_database;
