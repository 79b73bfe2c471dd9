//! The journal's file.
