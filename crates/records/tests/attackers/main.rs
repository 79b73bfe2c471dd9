//! Who takes what is published of a year, and knows more beside, learns nothing of one caller.
//!
//! `cargo test -p records --test attackers -- --nocapture` prints what each attacker finds.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod admitted;
mod bill;
mod family;
mod integer_program;
mod midnight;
mod outcome;
mod rows_and_tables;
mod rule;
mod sums;
mod suspect;
mod ticks;
mod told;
mod treasurer;
mod truth;
mod year;
