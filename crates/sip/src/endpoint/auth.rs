//! Challenges: ours to peers, and theirs to us (RFC 3261 §22, RFC 7616, RFC 8760).

use super::ids::{Credentials, User};
use super::{Added, Core, Pending};
use crate::flow::Flow;
use crate::message::{HeaderValue, Message, RequestWriter};
use crate::{Method, Name, Status, Uri};

/// The header field that answers a challenge.
#[derive(Clone)]
pub(crate) struct Answered {
    name: Name<'static>,
    value: HeaderValue,
}

impl Answered {
    pub(crate) fn add(&self, writer: RequestWriter) -> RequestWriter {
        writer.header(self.name, self.value.clone())
    }
}

/// Answers the challenge of a 401 or 407, if there are credentials and it can be understood.
pub(crate) fn answer(
    core: &mut Core,
    response: &Message,
    credentials: Option<&Credentials>,
    method: Method<'_>,
    uri: &Uri,
) -> Option<Answered> {
    None
}

/// The account whose credentials a request carries, if they are right.
pub(crate) fn user_of(core: &mut Core, request: &Message, flow: Flow) -> Option<User> {
    authenticate(core, request, flow).ok()
}

/// The account whose credentials a request carries, or the challenge for them.
pub(crate) fn authenticate(
    core: &mut Core,
    request: &Message,
    flow: Flow,
) -> Result<User, Added<'static>> {
    Err(Added::default())
}

/// The challenge that belongs to a 401; nothing for other responses.
pub(crate) fn challenge_for(core: &mut Core, status: Status, pending: &Pending) -> Added<'static> {
    Added::default()
}
