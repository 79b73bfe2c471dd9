//! How a peer registers at the exchange.

use std::time::{Duration, Instant};

use sip::{Command, RegistrationId, Uri};

use super::{Peer, credentials, exchange_target};
use crate::centre::Centre;

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
        let register = sip::Register {
            registration: RegistrationId(1),
            target: exchange_target(),
            registrar,
            address_of_record,
            contact_user: user.to_owned(),
            credentials: Some(credentials(user)),
            expires: Duration::from_secs(120),
        };
        self.command(now, Command::Register(Box::new(register)));
    }

    pub(crate) fn unregister(&mut self, now: Instant) {
        let registration = RegistrationId(1);
        self.command(now, Command::Unregister { registration });
    }
}
