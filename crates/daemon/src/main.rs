//! daemon

// Nothing starts the threads yet.
#[allow(dead_code)]
mod media_threads;

fn main() {}
