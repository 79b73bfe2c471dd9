//! A 2xx that nobody waits for: acknowledged and hung up from its own header fields (RFC 3261 §13.2.2.4).
//!
//! A fork answers an INVITE that is known, so it is ended here. Of any other the caller is asked: From must carry a tag
//! that we made, or anybody could have us send requests wherever a Contact points.

use bytes::Bytes;

use super::compose::{Outgoing, copied};
use super::{Core, DialogId, Endpoint, Event};
use crate::dialog::{Leads, Order, Route, Taken, to_tag};
use crate::flow::{Flow, Target};
use crate::message::Message;
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::{Method, Name, Status, Tag};

impl Endpoint {
    /// Ends the call of a fork that lost. What the dialog of the INVITE knew of the way to it holds for its forks.
    pub(super) fn on_fork(
        &mut self,
        flow: Flow,
        dialog: DialogId,
        status: Status,
        response: &Message,
    ) {
        if !is_answered_invite(status, response) {
            return;
        }
        let Some(mut route) = route_of(flow, response) else {
            return;
        };
        let own = self.dialogs.get(dialog);
        if own.is_some_and(|dialog| dialog.route.leads() == Leads::Flow) {
            route.keep_to_flow();
        }
        let target = route.next_hop(self.core.own_addresses());
        let bye = bye_key(&self.core, response);
        acknowledge(&mut self.core, &route, target, response);
        if !self.core.transactions.sends(bye) {
            hang_up(&mut self.core, &route, (target, bye), response);
        }
    }

    /// Acknowledges the 2xx of a call that lives when it comes after its transaction: no ACK of
    /// ours was heard. This one goes where the 2xx came from, since that way is open.
    pub(super) fn acknowledge_late(
        &mut self,
        flow: Flow,
        status: Status,
        response: &Message,
    ) -> Taken {
        let cseq = response.cseq().map(|cseq| cseq.number);
        let (Some(dialog), Ok(number), true) = (
            self.dialog_answered(response),
            cseq,
            is_answered_invite(status, response),
        ) else {
            return Taken::Stray;
        };
        self.with_dialog(dialog, |dialog, core| {
            let target = Target::Flow(flow);
            let ack = dialog.ack(core, target, number);
            core.wire.transmit(target, ack);
        });
        Taken::Yes
    }

    /// The established dialog in which we sent the request that this answers.
    fn dialog_answered(&self, response: &Message) -> Option<DialogId> {
        let (call_id, local_tag) = (response.call_id().ok()?, response.from().ok()?.tag()?);
        let dialog = self.dialogs.find(call_id, local_tag)?;
        dialog.stands_with(to_tag(response)).then_some(dialog.id)
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

    /// Ends the call of a stray 2xx, towards whoever sent it. The same one again finds the BYE
    /// under way and gets no more.
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
