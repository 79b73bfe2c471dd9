//! Counts and anonymous records, folded from the dispatcher's decisions.
