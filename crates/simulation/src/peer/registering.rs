//! How a peer registers at the exchange, and what it does when its connection is gone or it starts again.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::{Command, Endpoint, Flow, Input, OpenedBy, Protocol, RegistrationId, Target, Uri};

use super::habits::{Behind, Names};
use super::{Peer, Power, credentials, settings};
use crate::centre::{Centre, LISTENER};

/// How long a phone waits before it registers by a new connection (RFC 5626 §4.5).
const BACK_AFTER: Duration = Duration::from_secs(1);

impl Peer {
    /// Registers at the exchange, and keeps it up.
    pub(crate) fn register(&mut self, now: Instant, user: &str) {
        let exchange = Centre::exchange();
        let (Ok(registrar), Ok(address_of_record)) = (
            Uri::parse(format!("sip:{exchange}")),
            Uri::parse(format!("sip:{user}@{exchange}")),
        ) else {
            return;
        };
        self.user = Some(user.to_owned());
        let register = sip::Register {
            registration: RegistrationId(1),
            target: self.exchange_target(),
            registrar,
            address_of_record,
            contact_user: user.to_owned(),
            credentials: Some(credentials(user)),
            expires: Duration::from_secs(120),
        };
        self.command(now, Command::Register(Box::new(register)));
    }

    pub(crate) fn unregister(&mut self, now: Instant) {
        self.user = None;
        let registration = RegistrationId(1);
        self.command(now, Command::Unregister { registration });
    }

    /// Registers again after a connection was lost, once it is time.
    pub(super) fn come_back(&mut self, now: Instant) {
        if self.back_at.take_if(|at| *at <= now).is_some()
            && let Some(user) = self.user.clone()
        {
            self.register(now, &user);
        }
    }

    /// A connection is gone.
    pub(crate) fn flow_closed(&mut self, now: Instant, flow: Flow, opened: OpenedBy) {
        self.input(now, Input::FlowClosed { flow, opened });
        if self.power == Power::On {
            self.back_at = Some(now + BACK_AFTER);
        }
    }

    pub(crate) fn send_failed(&mut self, now: Instant, target: Target) {
        self.input(now, Input::SendFailed { target });
    }

    /// It starts again, under another address, and knows nothing of its calls.
    pub(crate) fn start_again(&mut self, now: Instant, address: SocketAddr, seed: [u8; 32]) {
        self.address = address;
        let named = SocketAddr::new(self.named, address.port());
        self.endpoint = Endpoint::new(settings(named, self.habits.protocol), seed, now);
        self.registration = None;
        self.calls.clear();
        self.plans.clear();
        self.outbox.clear();
        self.said.clear();
        self.back_at = Some(now);
    }

    /// Its router shows it at other ports from now on.
    pub(crate) const fn is_mapped_anew(&mut self, now: Instant) {
        self.moved = now;
        self.mappings += 1;
    }

    /// Whether it is there and speaks that protocol.
    pub(crate) fn hears(&self, protocol: Protocol) -> bool {
        self.power == Power::On && self.habits.protocol == protocol
    }

    pub(super) fn exchange_target(&self) -> Target {
        Target::Address {
            listener: LISTENER,
            protocol: self.habits.protocol,
            remote: Centre::exchange(),
            local: None,
        }
    }

    /// What it sends, with the name that it gives itself.
    pub(super) fn signed(&self, bytes: Bytes) -> Bytes {
        if self.habits.names == Names::Nothing || !bytes.starts_with(b"REGISTER") {
            return bytes;
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return bytes;
        };
        let named = |line: &str| match line.strip_suffix("\r\n") {
            Some(contact) if contact.starts_with("Contact: <") => {
                let (place, contact) = (self.place, self.as_mapped(contact));
                format!(
                    "{contact};+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-{place:012}>\"\r\n"
                )
            }
            Some(_) | None => line.to_owned(),
        };
        text.split_inclusive('\n')
            .map(named)
            .collect::<String>()
            .into()
    }

    /// Its Contact with the port that it has learned of anew, where it asks for its address outside.
    fn as_mapped(&self, contact: &str) -> String {
        let learned = match self.habits.behind {
            Behind::NatThatItKnows => self.mappings,
            Behind::Nothing | Behind::Nat | Behind::NatInTheHouse => 0,
        };
        let port = self.address.port();
        contact.replace(&format!(":{port}"), &format!(":{}", port + learned))
    }
}
