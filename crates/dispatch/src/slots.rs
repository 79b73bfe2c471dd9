//! Places in the dispatcher's lists: cheaper than ids, and other ones after each restart.

/// The place of an operator in the dispatcher's list.
pub(crate) type OperatorSlot = usize;
/// The place of a contact in the dispatcher's slab.
pub(crate) type ContactSlot = usize;
/// The place of a queue in the configuration.
pub(crate) type QueueSlot = usize;
