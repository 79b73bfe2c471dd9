//! daemon

// Nothing starts the threads yet.
#[allow(dead_code)]
mod media;

fn main() {}
