//! What may not come in: messages beyond an unknown source's bucket, and new INVITEs beyond what the tables hold.

use super::receive::{Arrival, Source};
use super::{Added, Endpoint, Event, Load, NewCalls, Registering, auth};
use crate::flow::Flow;
use crate::message::Message;
use crate::transaction::Sender;
use crate::{Method, Name, Status};

/// The bounds of `Retry-After` in a 503, in seconds: spread, so that callers do not come back together.
const RETRY_AFTER_S: std::ops::Range<u64> = 5..30;

/// What of a source is read.
#[derive(Copy, Clone, Eq, PartialEq)]
pub(super) enum Room {
    Everything,
    /// REGISTERs that answer a challenge of ours.
    Answers,
    Nothing,
}

impl Endpoint {
    /// What may be read of a message's source. A phone that was challenged has room for its answer
    /// whatever else is sent in its name.
    pub(super) fn room_for(&mut self, bytes: &[u8], source: Source) -> Room {
        let Source {
            flow,
            admission,
            registering,
        } = source;
        let (now, from) = (self.core.wire.now, flow.remote.ip());
        if admission.is_trusted() || self.buckets.take(now, from, registering) {
            return Room::Everything;
        }
        match registering {
            Registering::Allowed if begins_register(bytes) => Room::Answers,
            Registering::Allowed | Registering::Ignored => Room::Nothing,
        }
    }

    /// Whether a REGISTER carries a nonce that was made for its source, and the source has room for one more such.
    pub(super) fn has_room_for_answer(&mut self, flow: Flow, message: &Message) -> bool {
        message.method() == Some(Method::Register)
            && auth::challenged(&self.core, message, flow).is_some()
            && self
                .buckets
                .take_for_answer(self.core.wire.now, flow.remote.ip())
    }

    /// Refuses a new INVITE without making state: when told to, when a table is full, or when its
    /// source holds its share.
    pub(super) fn refuse_for_load(&mut self, arrival: &Arrival) -> bool {
        if self.new_calls == NewCalls::Taken {
            let Some(load) = self.load(arrival) else {
                return false;
            };
            self.core.wire.tell(Event::RefusedForLoad { load });
        }
        let spread = RETRY_AFTER_S.end - RETRY_AFTER_S.start;
        let seconds =
            u32::try_from(RETRY_AFTER_S.start + self.core.chance.below(spread)).unwrap_or(u32::MAX);
        let added = Added::one(Name::RetryAfter, seconds.into());
        self.reply_stateless(arrival, Status::SERVICE_UNAVAILABLE, added);
        true
    }

    /// What is too full for a new INVITE, if anything is.
    fn load(&self, arrival: &Arrival) -> Option<Load> {
        let limits = self.core.config.limits;
        let sender = arrival.sender();
        let (share, load) = match sender {
            Sender::TrunkAddress(_) => (limits.invites_of_trunk_address, Load::TrunkAddress),
            Sender::Phone(_) => (limits.invites_of_phone, Load::Phone),
        };
        if self.core.transactions.invites_of(sender) >= share {
            return Some(load);
        }
        self.is_full().then_some(Load::Tables)
    }

    fn is_full(&self) -> bool {
        let limits = self.core.config.limits;
        self.core.transactions.weight() >= limits.transactions
            || self.dialogs.len() >= limits.dialogs
            || self.core.wire.outputs.len() >= limits.outputs
    }
}

/// Whether bytes may be a REGISTER, so that a flood of anything else is not parsed.
fn begins_register(bytes: &[u8]) -> bool {
    let blank = bytes
        .iter()
        .take_while(|byte| b"\r\n".contains(byte))
        .count();
    bytes[blank..].starts_with(b"REGISTER ")
}
