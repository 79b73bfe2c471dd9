//! Typed views of header values. Each borrows from the message and reads its value when it is asked for.

mod fields;
mod name;
mod name_addr;
mod params;
mod via;

pub use crate::message::HeaderError;
pub use fields::{CSeq, Contacts, MediaType, RAck, Reason, Refresher, RetryAfter, SessionExpires};
pub(crate) use fields::{call_id, seconds};
pub(crate) use name::Known;
pub use name::Name;
pub use name_addr::NameAddr;
pub use params::{Param, Params};
pub(crate) use params::{quoted_end, skip_lws};
pub use via::Via;
