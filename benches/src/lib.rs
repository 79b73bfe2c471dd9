//! Benchmarks of the engines: ratios and CPU time, never a gate.

pub mod year;
