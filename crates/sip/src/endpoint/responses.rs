//! What comes in answer to requests of ours.

use super::{Admission, Endpoint, compose};
use crate::dialog::Taken;
use crate::flow::{Flow, Transport};
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
            (Answer::Passed(_) | Answer::Absorbed, _) => {}
        }
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
                let taken = self.with_dialog(dialog, |dialog, core| {
                    if flow.transport != Transport::Udp {
                        dialog.route.hear(flow);
                    } else if status.is_success() && dialog.is_with_phone() {
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
