//! Challenges: ours to peers, and theirs to us (RFC 3261 §22, RFC 7616, RFC 8760).

use std::net::IpAddr;

use super::ids::{Credentials, User};
use super::{Added, Core, Pending};
use crate::digest::{Client, Issue, Verdict};
use crate::flow::{Flow, ListenerId};
use crate::message::{HeaderValue, Message, RequestWriter};
use crate::{Method, Name, Status, Uri};

/// Our credentials at one peer, with the challenge that is being answered.
pub(crate) struct Login {
    client: Client,
    /// The header of the last INVITE, which its ACK repeats (RFC 3261 §13.2.2.4).
    invite: Option<(Name<'static>, HeaderValue)>,
}

impl Login {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let client = Client::new(credentials.username.as_str(), credentials.password.as_str());
        Self {
            client,
            invite: None,
        }
    }

    /// Takes up the challenge of a 401 or 407; whether the request may be sent again. A challenge of fresh credentials
    /// means that they are wrong.
    pub(crate) fn challenged(&mut self, response: &Message) -> bool {
        self.client.challenged(response).is_ok()
    }

    /// Credentials were accepted.
    pub(crate) const fn accepted(&mut self) {
        self.client.accepted();
    }

    /// Adds credentials, once there was a challenge.
    pub(crate) fn authorize(
        &mut self,
        core: &mut Core,
        writer: RequestWriter,
        method: Method<'_>,
        uri: &Uri,
    ) -> RequestWriter {
        let answer = self
            .client
            .authorize(method, uri.bytes(), core.chance.word());
        if method == Method::Invite {
            self.invite.clone_from(&answer);
        }
        match answer {
            Some((name, value)) => writer.header(name, value),
            None => writer,
        }
    }

    /// Adds the credentials of the INVITE to its ACK.
    pub(crate) fn repeat(&self, writer: RequestWriter) -> RequestWriter {
        match &self.invite {
            Some((name, value)) => writer.header(*name, value.clone()),
            None => writer,
        }
    }
}

/// The account whose credentials a request carries, if they are right.
pub(crate) fn user_of(core: &mut Core, request: &Message, flow: Flow) -> Option<User> {
    request.value(Name::Authorization)?;
    authenticate(core, request, flow).ok()
}

/// The account whose credentials a request carries, or the challenge for them.
pub(crate) fn authenticate(
    core: &mut Core,
    request: &Message,
    flow: Flow,
) -> Result<User, Added<'static>> {
    let source = flow.remote.ip();
    match check(core, request, flow) {
        (Some(user), Some(Verdict::Accepted)) => Ok(user),
        (_, verdict) => Err(challenge(core, flow.listener, source, verdict)),
    }
}

/// When the challenge was made that the credentials of a request answer.
pub(crate) fn challenged(core: &Core, request: &Message, flow: Flow) -> Option<Issue> {
    let (_, guard) = core.guards.iter().find(|(id, _)| *id == flow.listener)?;
    guard.challenged(&guard.credentials(request)?, flow.remote.ip())
}

fn check(core: &mut Core, request: &Message, flow: Flow) -> (Option<User>, Option<Verdict>) {
    let (second, method) = (core.second(), request.method());
    let Some((_, guard)) = core.guards.iter_mut().find(|(id, _)| *id == flow.listener) else {
        return (None, None);
    };
    let (Some(credentials), Some(method)) = (guard.credentials(request), method) else {
        return (None, None);
    };
    let user = str::from_utf8(credentials.username())
        .ok()
        .map(|name| User(name.to_owned()));
    let stored = user
        .as_ref()
        .and_then(|user| core.config.accounts.get(user));
    let verdict = guard.verify(second, flow.remote.ip(), method, &credentials, stored);
    (user, Some(verdict))
}

/// The challenge that belongs to a 401; nothing for other responses.
pub(crate) fn challenge_for(core: &mut Core, status: Status, pending: &Pending) -> Added<'static> {
    if status != Status::UNAUTHORIZED {
        return Added::default();
    }
    challenge(
        core,
        pending.target.listener(),
        pending.target.remote().ip(),
        None,
    )
}

fn challenge(
    core: &mut Core,
    listener: ListenerId,
    source: IpAddr,
    verdict: Option<Verdict>,
) -> Added<'static> {
    let second = core.second();
    match core.guards.iter_mut().find(|(id, _)| *id == listener) {
        Some((_, guard)) => Added::one(
            Name::WwwAuthenticate,
            guard.challenge(second, source, verdict),
        ),
        None => Added::default(),
    }
}
