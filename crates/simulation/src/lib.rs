//! Phones, callers and a lossy network under a virtual clock.
