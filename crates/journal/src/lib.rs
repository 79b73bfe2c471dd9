//! Facts, entries and the state that is a fold over them.
