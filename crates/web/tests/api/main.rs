//! The API over a real SQLite store; the exchange and the sign-in are played by the tests.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acts;
mod bad_input;
mod description;
mod fixture;
mod reports;
mod roles;
