//! Which of the phones that are registered now is the one that a dialog goes to.

use super::route::{Leads, Route};
use super::{Dialog, State};
use crate::endpoint::{Core, Event, Rebinding, Registered};
use crate::flow::{Flow, Target};
use crate::registrar::Instance;
use crate::uri::{Uri, UriRef};

/// What a dialog knows of its phone.
struct Own<'a> {
    remote: &'a Uri,
    instance: Option<&'a Instance>,
}

impl Dialog {
    /// The flow of its phone; none where it is with anybody else.
    pub(crate) fn phone(&self) -> Option<Flow> {
        let goes_by_flow = match &self.state {
            State::Calling(calling) => calling.goes_by_flow(),
            State::Incoming(_) | State::Established(_) | State::Leaving { .. } | State::Over => {
                self.route.leads() == Leads::Flow
            }
        };
        self.route.heard_by().filter(|_| goes_by_flow)
    }

    /// Its phone answered by this flow: its router mapped it anew while it rang, and what is said to
    /// it from now on goes there.
    pub(crate) fn follow_answer(&mut self, core: &mut Core, flow: Flow) {
        let before = self.route.heard_by();
        self.route.hear(flow);
        self.followed(core, before, flow);
    }

    /// The phones of its peer are others now: it goes on with its own, wherever that is.
    pub(crate) fn follow(&mut self, core: &mut Core, phones: &Rebinding) {
        let before = self.route.heard_by();
        if let Some(flow) = self.route.follow(phones) {
            self.followed(core, before, flow);
        }
    }

    fn followed(&mut self, core: &mut Core, before: Option<Flow>, flow: Flow) {
        if before != Some(flow) {
            self.left = before;
        }
        let dialog = self.id;
        core.wire.tell(Event::Followed { dialog, flow });
    }

    /// Whether its phone answered from elsewhere since it was there: what comes from there came late.
    pub(crate) fn has_left(&self, flow: Flow) -> bool {
        self.left == Some(flow)
    }
}

impl Route {
    /// The phones of the peer are others now. A dialog whose flow is none of theirs goes on by that
    /// of its own phone: the one that it had leads nowhere any longer. Returns the flow of its
    /// phone, if that is there.
    pub(crate) fn follow(&mut self, phones: &Rebinding) -> Option<Flow> {
        let Rebinding { before, now } = phones;
        let heard = self.heard_by()?;
        if now.iter().any(|phone| phone.flow == heard) {
            return Some(heard);
        }
        let had = before.iter().find(|phone| phone.flow == heard);
        let own = Own {
            remote: &self.remote,
            instance: had.and_then(|phone| phone.instance.as_ref()),
        };
        // One that was there all along is another phone, or where this one was before it spoke from elsewhere.
        let is_new = |phone: &&Registered| before.iter().all(|old| old.flow != phone.flow);
        let new = now.iter().filter(is_new);
        let new: Vec<&Registered> = new.filter(|phone| own.may_be(phone)).collect();
        // A guess is as good as its occasion: this phone has gone, and who came was not there, not even elsewhere.
        let is_another = |phone: &&&Registered| before.iter().any(|old| is_same(old, phone));
        let guessed = || {
            let unknown = new.iter().filter(|phone| !is_another(phone)).copied();
            had.and_then(|_| own.likely(&unknown.collect::<Vec<_>>()))
        };
        let phone = own.surely(&new).or_else(guessed);
        let flow = phone?.flow;
        self.hear(flow);
        Some(flow)
    }

    const fn heard_by(&self) -> Option<Flow> {
        match self.heard() {
            Target::Flow(flow) | Target::FlowOrAddress { flow, .. } => Some(flow),
            Target::Address { .. } => None,
        }
    }
}

impl Own<'_> {
    /// Two phones that name themselves differently are two.
    fn may_be(&self, phone: &Registered) -> bool {
        let both = self.instance.zip(phone.instance.as_ref());
        both.is_none_or(|(own, other)| own.id == other.id)
    }

    /// The phone with its name, or else with the address of its Contact.
    fn surely<'p>(&self, phones: &[&'p Registered]) -> Option<&'p Registered> {
        let is_named = |phone: &&&Registered| {
            let both = self.instance.zip(phone.instance.as_ref());
            both.is_some_and(|(own, other)| own.id == other.id)
        };
        let by_name = phones.iter().find(is_named);
        let remote = self.remote.view();
        let has_address = |phone: &&&Registered| has_same_address(&phone.contact.view(), &remote);
        by_name.or_else(|| phones.iter().find(has_address)).copied()
    }

    /// The only phone with the user part of its Contact, or else the only one: a phone that names its public address
    /// has another Contact once its router maps anew.
    fn likely<'p>(&self, phones: &[&'p Registered]) -> Option<&'p Registered> {
        let remote = self.remote.view();
        let user = remote.user();
        let has_user =
            |phone: &&'p Registered| user.is_some() && phone.contact.view().user() == user;
        let alike = only(phones.iter().copied().filter(has_user));
        alike.or_else(|| only(phones.iter().copied()))
    }
}

/// Whether a phone is registered anew.
fn is_same(before: &Registered, now: &Registered) -> bool {
    let names = before.instance.as_ref().zip(now.instance.as_ref());
    match names {
        Some((before, now)) => before.id == now.id,
        None => has_same_address(&before.contact.view(), &now.contact.view()),
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn has_same_address(one: &UriRef<'_>, other: &UriRef<'_>) -> bool {
    let hosts = one.host().zip(other.host());
    one.port() == other.port() && hosts.is_some_and(|(one, other)| one.equivalent(other))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::slice::from_ref;

    use super::*;
    use crate::flow::ListenerId;

    const HEARD: &str = "203.0.113.1:30000";
    const ELSEWHERE: &str = "203.0.113.1:30004";

    fn phone(contact: &str, remote: &str, name: &str) -> Registered {
        let instance = (!name.is_empty()).then(|| Instance {
            id: name.as_bytes().to_vec(),
            flow: None,
        });
        Registered {
            contact: Uri::parse(contact).unwrap(),
            flow: Flow::udp(ListenerId(1), remote.parse().unwrap()),
            instance,
        }
    }

    /// The phone of the dialog, as it was registered when the call began.
    fn own(name: &str) -> Registered {
        phone("sip:eva@192.168.0.2:5060", HEARD, name)
    }

    /// Where a dialog with that phone goes once the peer's phones are these.
    fn goes_to(before: &[Registered], now: &[Registered]) -> SocketAddr {
        let own = own("");
        let mut route = Route::direct(own.contact, Target::Flow(own.flow));
        route.follow(&Rebinding {
            before: before.to_vec(),
            now: now.to_vec(),
        });
        route.next_hop(&[]).remote()
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_dialog_follows_its_contact_to_the_flow_that_registered_it_anew() {
        let other = phone("sip:eva@192.168.0.7:5060", "203.0.113.1:30002", "");
        let moved = phone("sip:eva-1f@192.168.0.2:5060;ob", ELSEWHERE, "");

        let goes = goes_to(&[own("")], &[other, moved]);

        assert_eq!(goes, address(ELSEWHERE));
    }

    #[test]
    fn a_dialog_whose_flow_is_registered_stays_there() {
        let kept = phone("sip:eva@192.168.0.9:5060", HEARD, "");
        let same_address = phone("sip:eva@192.168.0.2:5060", "203.0.113.77:30004", "");

        assert_eq!(goes_to(&[own("")], &[same_address, kept]), address(HEARD));
        assert_eq!(goes_to(&[own("")], &[]), address(HEARD));
    }

    #[test]
    fn a_dialog_follows_a_phone_that_names_itself_whatever_its_contact() {
        let other = phone("sip:eva@192.168.0.2:5060", "203.0.113.1:30002", "desk");
        let moved = phone("sip:x7@203.0.113.1:30004", ELSEWHERE, "mobile");
        let before = [other.clone(), own("mobile")];

        assert_eq!(goes_to(&before, &[other, moved]), address(ELSEWHERE));
    }

    #[test]
    fn a_dialog_never_follows_a_phone_that_names_itself_otherwise() {
        let other = phone("sip:eva@203.0.113.1:30004", ELSEWHERE, "desk");

        assert_eq!(goes_to(&[own("mobile")], &[other]), address(HEARD));
    }

    #[test]
    fn a_dialog_follows_the_only_phone_with_its_user_to_another_contact() {
        let other = phone("sip:x7@192.168.0.7:5060", "203.0.113.1:30002", "");
        let moved = phone("sip:eva@203.0.113.1:30004", ELSEWHERE, "");

        assert_eq!(goes_to(&[own("")], &[other, moved]), address(ELSEWHERE));
    }

    #[test]
    fn of_two_phones_alike_a_dialog_follows_the_one_that_was_not_there() {
        let other = phone("sip:eva@192.168.0.7:5060", "203.0.113.1:30002", "");
        let moved = phone("sip:eva@203.0.113.1:30004", ELSEWHERE, "");
        let both = [other.clone(), moved];

        assert_eq!(goes_to(&[other, own("")], &both), address(ELSEWHERE));
        assert_eq!(goes_to(&both, &both), address(HEARD));
    }

    #[test]
    fn a_dialog_never_follows_another_phone_whose_router_maps_anew() {
        let other = phone("sip:eva@192.168.0.7:5060", "203.0.113.1:30002", "");
        let mapped_anew = phone("sip:eva@192.168.0.7:5060", ELSEWHERE, "");
        let elsewhere_too = phone("sip:eva@203.0.113.1:30004", ELSEWHERE, "");

        let (both, other) = ([own(""), other.clone()], [other]);
        for before in [&both[..], &other] {
            assert_eq!(goes_to(before, from_ref(&mapped_anew)), address(HEARD));
        }
        assert_eq!(goes_to(&other, &[elsewhere_too]), address(HEARD));
    }

    #[test]
    fn a_dialog_whose_phone_had_gone_follows_it_when_it_comes_back() {
        let back = phone("sip:eva@192.168.0.2:5060", ELSEWHERE, "");
        assert_eq!(goes_to(&[], &[back]), address(ELSEWHERE));
    }

    #[test]
    fn a_dialog_follows_the_only_phone_there_is() {
        let moved = phone("sip:x7@203.0.113.1:30004", ELSEWHERE, "");
        assert_eq!(goes_to(&[own("")], &[moved]), address(ELSEWHERE));
    }

    #[test]
    fn a_dialog_never_follows_a_phone_that_was_there_all_along() {
        let other = phone("sip:eva@192.168.0.7:5060", "203.0.113.1:30002", "");
        let before = [own(""), other.clone()];

        assert_eq!(goes_to(&before, &[other]), address(HEARD));
    }
}
