//! A 2xx that nobody waits for: acknowledged and hung up from its own header fields (RFC 3261 §13.2.2.4).

use super::compose::{Outgoing, copied};
use super::{Core, Endpoint, Event};
use crate::dialog::{Order, Route};
use crate::flow::{Flow, Target};
use crate::message::Message;
use crate::transaction::{ClientKey, ClientOwner, Kind};
use crate::{Method, Name, Status, Tag};

impl Endpoint {
    /// Ends the call of a fork that lost, or of an INVITE sent before a restart.
    pub(super) fn on_stray_response(&mut self, flow: Flow, status: Status, response: &Message) {
        let invite = response
            .cseq()
            .is_ok_and(|cseq| cseq.method == Method::Invite);
        if !status.is_success() || !invite {
            return;
        }
        let Ok(contact) = response.contact() else {
            return;
        };
        let route = Route::new(
            contact.uri.to_uri(),
            response,
            Order::Reversed,
            Target::Flow(flow),
        );
        acknowledge_and_hang_up(&mut self.core, &route, response);
        let local_tag = response
            .from()
            .ok()
            .and_then(|from| from.tag())
            .and_then(Tag::new);
        self.core.wire.tell(Event::StraySuccess { local_tag });
    }
}

fn acknowledge_and_hang_up(core: &mut Core, route: &Route, response: &Message) {
    let Ok(cseq) = response.cseq() else { return };
    let (target, addressing) = (route.next_hop(), route.addressing());
    let (from, to) = (copied(response, Name::From), copied(response, Name::To));
    let call_id = copied(response, Name::CallId);
    let request = |method, key, cseq| Outgoing {
        method,
        uri: &addressing.uri,
        routes: &addressing.routes,
        key,
        target,
        from: &from,
        to: &to,
        call_id: &call_id,
        cseq,
    };
    let ack = request(Method::Ack, core.client_key(), cseq.number)
        .begin(core)
        .finish();
    core.wire.transmit(target, ack);
    // The same 2xx again finds the BYE under way.
    let key = ClientKey::request(core.keys.stray(call_id.bytes(), to.bytes(), cseq.number));
    if !core.transactions.sends(key) {
        let bye = request(Method::Bye, key, cseq.number.saturating_add(1))
            .begin(core)
            .finish();
        core.send(key, Kind::NonInvite, target, bye, ClientOwner::Nobody);
    }
}
