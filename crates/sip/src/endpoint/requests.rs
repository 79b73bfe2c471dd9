//! Requests outside a dialog that the caller answers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::core::Pending;
use super::ids::{RequestId, User};
use super::{Added, Body, Core, Event, Header, InputError, auth};
use crate::flow::Flow;
use crate::message::HeaderValue;
use crate::timers::TimerHandle;
use crate::wire::TimerKey;
use crate::{Name, Status};

/// How many may wait at once; one more is answered 503.
pub const REQUESTS_MAX: usize = 10_000;
/// How long one may wait for the caller: as long as its sender does (timer F).
pub const REQUEST_WAIT: Duration = crate::transaction::GIVE_UP;
/// What the sender of one request too many is asked to wait, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// The requests that wait.
pub(crate) struct Requests {
    waiting: BTreeMap<RequestId, (Pending, TimerHandle)>,
    next: u64,
}

impl Requests {
    pub(crate) const fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            next: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Hands a request to the caller.
    pub(crate) fn ask(
        &mut self,
        core: &mut Core,
        pending: Pending,
        flow: Flow,
        user: Option<User>,
    ) {
        if self.waiting.len() >= REQUESTS_MAX {
            let tag = core.tag();
            let added = Added::one(Name::RetryAfter, RETRY_AFTER_S.into());
            core.answer(&pending, Status::SERVICE_UNAVAILABLE, Some(&tag), added);
            return;
        }
        self.next += 1;
        let request = RequestId(self.next);
        let message = pending.request.clone();
        let handle = core.wire.after(REQUEST_WAIT, TimerKey::Request(request));
        self.waiting.insert(request, (pending, handle));
        core.wire.tell(Event::Request {
            request,
            message,
            flow,
            user,
        });
    }

    /// The caller answers.
    pub(crate) fn respond(
        &mut self,
        core: &mut Core,
        request: RequestId,
        status: Status,
        headers: &[Header],
        body: &Body,
    ) -> Result<(), InputError> {
        let (pending, handle) = self
            .waiting
            .remove(&request)
            .ok_or(InputError::NoSuchRequest(request))?;
        core.wire.timers.stop(handle);
        let mut added = Added {
            more: headers,
            ..auth::challenge_for(core, status, &pending)
        };
        let content_type = headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("Content-Type"));
        let rest: Vec<Header> = headers
            .iter()
            .filter(|header| !header.name.eq_ignore_ascii_case("Content-Type"))
            .cloned()
            .collect();
        if !body.0.is_empty() {
            let plain = HeaderValue::literal("application/octet-stream");
            added.body = Some((
                content_type.map_or(plain, |header| header.value.clone()),
                body,
            ));
        }
        added.more = &rest;
        let tag = core.tag();
        core.answer(&pending, status, Some(&tag), added);
        Ok(())
    }

    /// The caller never answered.
    pub(crate) fn expire(&mut self, core: &mut Core, request: RequestId) {
        let Some((pending, _)) = self.waiting.remove(&request) else {
            return;
        };
        let tag = core.tag();
        core.answer(
            &pending,
            Status::SERVER_INTERNAL_ERROR,
            Some(&tag),
            Added::default(),
        );
    }
}
