//! What comes in answer to requests of ours.

use super::{Admission, DialogId, Endpoint, compose};
use crate::dialog::{Dialog, Taken};
use crate::flow::{Flow, Target, Transport};
use crate::message::Message;
use crate::transaction::{Answer, ClientKey, ClientOwner, Part, Response};
use crate::{Method, Name, Status};

impl Endpoint {
    pub(super) fn on_response(
        &mut self,
        flow: Flow,
        status: Status,
        response: &Message,
        admission: Admission,
    ) {
        let (Ok(via), Ok(cseq)) = (response.via(), response.cseq()) else {
            return;
        };
        if response.elements(Name::Via).nth(1).is_some() {
            // RFC 3261 §8.1.3.3: it was meant for an element behind us, and there is none.
            return;
        }
        let part = if cseq.method == Method::Cancel {
            Part::Cancel
        } else {
            Part::Request
        };
        let key = ClientKey::parse(via.branch().unwrap_or_default(), part);
        let to_tag = response
            .to()
            .ok()
            .and_then(|to| to.tag())
            .unwrap_or_default();
        let view = Response {
            status: status.code(),
            to_tag,
            acknowledge: &|invite| compose::acknowledge(invite, response),
        };
        let answer = key.map_or(Answer::Stray, |key| {
            self.core
                .transactions
                .on_response(&mut self.core.wire, key, view)
        });
        match (answer, key) {
            (Answer::Passed(owner), Some(key)) => {
                self.on_passed(flow, owner, key, status, response)
            }
            (Answer::Stray, _) => {
                let taken = self.acknowledge_late(flow, status, response);
                if taken == Taken::Stray && admission.is_trusted() {
                    self.on_stray_response(flow, status, response);
                }
            }
            (Answer::Absorbed, Some(key)) => self.on_repeated(flow, key, status),
            (Answer::Passed(_) | Answer::Absorbed, None) => {}
        }
    }

    /// An answer came again, and what acknowledges it went out again: where it answers from now, too.
    fn on_repeated(&mut self, flow: Flow, key: ClientKey, status: Status) {
        if let Some(ClientOwner::Dialog(dialog)) = self.core.transactions.owner_of(key)
            && self.has_moved(dialog, flow, status)
        {
            self.with_dialog(dialog, |dialog, core| dialog.follow_answer(core, flow));
            let transactions = &mut self.core.transactions;
            transactions.divert(&mut self.core.wire, key, Target::Flow(flow));
        }
    }

    /// Whether a phone's 2xx by UDP says that it is elsewhere now. One that speaks from another port
    /// than it hears on (RFC 3261 §18.2.2) says nothing by where it speaks from.
    fn has_moved(&self, dialog: DialogId, flow: Flow, status: Status) -> bool {
        let is_udp = |flow: &Flow| flow.transport == Transport::Udp;
        let dialog = self.dialogs.get(dialog);
        let dialog = dialog.filter(|dialog| !dialog.has_left(flow));
        let phone = dialog.and_then(Dialog::phone);
        phone.filter(is_udp).is_some_and(|phone| {
            status.is_success()
                && is_udp(&flow)
                && phone != flow
                && !self.registrar.speaks_elsewhere(phone)
        })
    }

    fn on_passed(
        &mut self,
        flow: Flow,
        owner: ClientOwner,
        key: ClientKey,
        status: Status,
        response: &Message,
    ) {
        match owner {
            ClientOwner::Dialog(dialog) => {
                let has_moved = self.has_moved(dialog, flow, status);
                let taken = self.with_dialog(dialog, |dialog, core| {
                    if flow.transport != Transport::Udp {
                        dialog.route.hear(flow);
                    } else if has_moved {
                        dialog.follow_answer(core, flow);
                    }
                    dialog.on_response(core, key, status, response)
                });
                if taken != Some(Taken::Yes) {
                    self.on_fork(flow, dialog, status, response);
                }
            }
            ClientOwner::Registration(registration) => {
                self.registrations
                    .on_response(&mut self.core, registration, key, status, response);
            }
            ClientOwner::Probe(probe) => {
                self.probes
                    .on_outcome(&mut self.core, probe, key, Ok(status))
            }
            ClientOwner::Nobody => {}
        }
    }
}
