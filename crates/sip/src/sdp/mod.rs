//! Session descriptions (RFC 8866) and offer/answer for audio (RFC 3264).
//!
//! A received description is read into [`Description`]; [`negotiate`] compares it with what we can do, and
//! [`LocalSession`] writes our own descriptions. Nothing is copied from one leg to another.

mod description;
mod local;
mod negotiate;
mod parse;

pub use description::{
    Attribute, Codec, Connection, Description, Direction, Media, PayloadType, Profile,
};
pub use local::LocalSession;
pub use negotiate::{Capabilities, EventTypes, Negotiated, Order, Refusal, negotiate};
pub use parse::SdpError;

#[cfg(test)]
mod tests;
