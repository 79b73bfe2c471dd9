//! A 2xx that nobody waits for: acknowledged and hung up from its own header fields (RFC 3261 §13.2.2.4).
//!
//! A fork answers an INVITE that is known, so it is ended here. Of any other the caller is asked: From must carry a tag
//! that we made, or anybody could have us send requests wherever a Contact points.

use bytes::Bytes;

use super::compose::{Outgoing, copied};
use super::{Core, Endpoint, Event};
use crate::dialog::{Order, Route};
use crate::flow::{Flow, Target};
use crate::message::Message;
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::{Method, Name, Status, Tag};

impl Endpoint {
    /// Ends the call of a fork that lost.
    pub(super) fn on_fork(&mut self, flow: Flow, status: Status, response: &Message) {
        if !is_answered_invite(status, response) {
            return;
        }
        let Some(route) = route_of(flow, response) else {
            return;
        };
        let (target, bye) = (route.next_hop(), bye_key(&self.core, response));
        acknowledge(&mut self.core, &route, target, response);
        if !self.core.transactions.sends(bye) {
            hang_up(&mut self.core, &route, (target, bye), response);
        }
    }

    /// Tells of a 2xx to an INVITE that no transaction knows: one sent before a restart, perhaps.
    pub(super) fn on_stray_response(&mut self, flow: Flow, status: Status, response: &Message) {
        let from = response.from().ok();
        let tag = from.and_then(|from| from.tag()).and_then(Tag::new);
        if let Some(local_tag) = tag.filter(|_| is_answered_invite(status, response)) {
            self.core.wire.tell(Event::StraySuccess {
                local_tag,
                response: response.clone(),
                flow,
            });
        }
    }

    /// Ends the call of a stray 2xx, towards whoever sent it. The same one again finds the BYE under way and gets no more.
    pub(super) fn end_stray(&mut self, flow: Flow, response: &Message) {
        let (target, bye) = (Target::Flow(flow), bye_key(&self.core, response));
        if self.core.transactions.sends(bye) {
            return;
        }
        if let Some(route) = route_of(flow, response) {
            acknowledge(&mut self.core, &route, target, response);
            hang_up(&mut self.core, &route, (target, bye), response);
        }
    }
}

fn is_answered_invite(status: Status, response: &Message) -> bool {
    let cseq = response.cseq();
    status.is_success() && cseq.is_ok_and(|cseq| cseq.method == Method::Invite)
}

fn route_of(flow: Flow, response: &Message) -> Option<Route> {
    let remote = response.contact().ok()?.uri.to_uri();
    let heard = Target::Flow(flow);
    Some(Route::new(remote, response, Order::Reversed, heard))
}

/// The key of the one BYE that a 2xx gets.
fn bye_key(core: &Core, response: &Message) -> ClientKey {
    let (call_id, to) = (copied(response, Name::CallId), copied(response, Name::To));
    let number = response.cseq().map(|cseq| cseq.number).unwrap_or_default();
    ClientKey::request(core.keys.stray(call_id.bytes(), to.bytes(), number))
}

fn acknowledge(core: &mut Core, route: &Route, target: Target, response: &Message) {
    let key = core.client_key();
    let number = response.cseq().map(|cseq| cseq.number).unwrap_or_default();
    let ack = request(core, route, (target, key), (Method::Ack, number), response);
    core.wire.transmit(target, ack);
}

fn hang_up(core: &mut Core, route: &Route, to: (Target, ClientKey), response: &Message) {
    let (target, key) = to;
    let number = response.cseq().map(|cseq| cseq.number).unwrap_or_default();
    let bye = request(
        core,
        route,
        to,
        (Method::Bye, number.saturating_add(1)),
        response,
    );
    core.send(key, Kind::NonInvite, target, bye, ClientOwner::Nobody);
}

fn request(
    core: &Core,
    route: &Route,
    (target, key): (Target, ClientKey),
    (method, cseq): (Method<'static>, u32),
    response: &Message,
) -> Bytes {
    let addressing = route.addressing();
    let outgoing = Outgoing {
        method,
        uri: &addressing.uri,
        routes: &addressing.routes,
        key,
        target,
        from: &copied(response, Name::From),
        to: &copied(response, Name::To),
        call_id: &copied(response, Name::CallId),
        cseq,
    };
    outgoing.begin(core).finish()
}
