//! What the exchange needs to know of the configuration. It is swapped in whole and holds for those who wait already.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dispatch::{Class, LineId, Needs, OperatorId, PartnerId};
use sip::PhoneNumber;
use sip::uri::{HostName, UriBuilder};

/// Everything but the distribution's own part, which is in `dispatch`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The rules of distribution; enters the journal as a fact.
    pub dispatch: dispatch::Config,
    /// This node.
    pub node: Node,
    /// Peers that connect us to the telephone network.
    pub trunks: Vec<Trunk>,
    /// Dialled numbers.
    pub lines: Vec<Line>,
    /// People with registered phones.
    pub operators: Vec<Operator>,
    /// People and partners that are called through a trunk.
    pub directory: Vec<Contactable>,
    /// Which sounds there are.
    pub sounds: Sounds,
    /// What an operator's phone means by 480.
    pub do_not_disturb: DoNotDisturb,
}

/// What an operator's phone means by 480 (RFC 3261 §21.4.18): some say so of their own accord when
/// they are not to be disturbed, others when nobody answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DoNotDisturb {
    /// She declined.
    #[default]
    Declined,
    /// She did not answer.
    NoAnswer,
}

/// This node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where sound is received, if not where the leg's listener is bound.
    pub sound_address: Option<IpAddr>,
    /// The SIP listeners.
    pub listeners: Vec<Listener>,
    /// Networks whose phones may register and call in clear text.
    pub clear_text: Vec<Network>,
    /// The digest realm.
    pub realm: String,
    /// Sessions are refreshed within this time (RFC 4028).
    pub session_expires: Duration,
    /// How many legs the port range carries.
    pub legs_max: usize,
    /// How many of them may ring at once elsewhere than at registered phones: at home and at partners.
    pub elsewhere_max: usize,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            sound_address: None,
            listeners: Vec::new(),
            clear_text: Vec::new(),
            realm: "linka".to_owned(),
            session_expires: Duration::from_secs(1800),
            legs_max: 0,
            elsewhere_max: 0,
        }
    }
}

/// A bound SIP listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its number for `sip`.
    pub id: sip::ListenerId,
    /// How it speaks.
    pub protocol: sip::Protocol,
    /// Where it is bound.
    pub local: SocketAddr,
}

/// An address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Any address in it.
    pub address: IpAddr,
    /// How many leading bits count.
    pub bits: u8,
    /// Only this source port, when given.
    pub port: Option<u16>,
}

impl Network {
    /// Whether a peer's address is in the range.
    #[must_use]
    pub fn contains(&self, peer: SocketAddr) -> bool {
        if self.port.is_some_and(|port| port != peer.port()) {
            return false;
        }
        match (self.address, peer.ip().to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                same_prefix(network.to_bits(), peer.to_bits(), 32, self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                same_prefix(network.to_bits(), peer.to_bits(), 128, self.bits)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn same_prefix<T: Into<u128>>(a: T, b: T, width: u8, bits: u8) -> bool {
    let shift = u32::from(width.saturating_sub(bits));
    let prefix = |value: T| value.into().checked_shr(shift).unwrap_or(0);
    prefix(a) == prefix(b)
}

/// A SIP peer that connects us to the telephone network.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Its name in the configuration.
    pub name: String,
    /// Where its calls come from.
    pub addresses: Vec<Network>,
    /// Where outward calls go; a name is resolved by SRV, then by address records.
    pub target: Option<Host>,
    /// How it is spoken to.
    pub protocol: sip::Protocol,
    /// The site's outgoing number; without one nobody is called by this trunk.
    pub outgoing_number: Option<PhoneNumber>,
    /// The line that a call is for whose registrar does not tell.
    pub default_line: Option<LineId>,
    /// What is offered and accepted, the preferred one first.
    pub codecs: Vec<media::Law>,
    /// Time between OPTIONS; `None` sends none.
    pub probe_interval: Option<Duration>,
    /// Calls both ways at once; `None` is no limit.
    pub calls_max: Option<usize>,
    /// The registration that we hold with it.
    pub register: Option<Register>,
}

/// A host name or address with an optional port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    /// A name or a literal address.
    pub name: String,
    /// The port; without one a name is looked up by SRV.
    pub port: Option<u16>,
}

impl Trunk {
    /// Where it is looked for: where calls go, or else where it takes our registration.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        let registrar = || Some(&self.register.as_ref()?.registrar);
        self.target.as_ref().or_else(registrar)
    }

    /// Whether it takes calls of ours.
    #[must_use]
    pub const fn takes_calls(&self) -> bool {
        self.target.is_some() && self.outgoing_number.is_some()
    }

    /// Where it takes our registration, if that is another host.
    #[must_use]
    pub fn registrar_apart(&self) -> Option<&Host> {
        let registrar = &self.register.as_ref()?.registrar;
        (self.host() != Some(registrar)).then_some(registrar)
    }
}

impl std::fmt::Display for Host {
    /// As it is written in the configuration.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.port, self.address()) {
            (None, _) => f.write_str(&self.name),
            (Some(port), Some(address)) => SocketAddr::new(address, port).fmt(f),
            (Some(port), None) => write!(f, "{}:{port}", self.name),
        }
    }
}

impl Host {
    /// The address that it is, if it is no name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.name.trim_matches(['[', ']']).parse().ok()
    }

    /// Begins a `sip:` URI there; `None` for a name that no URI can hold.
    #[must_use]
    pub fn uri(&self) -> Option<UriBuilder> {
        let name = self.name.trim_matches(['[', ']']);
        let host = match name.parse() {
            Ok(address) => sip::Host::Address(address),
            Err(_) => sip::Host::Name(HostName::new(name.as_bytes())?),
        };
        let uri = sip::Uri::sip(host);
        Some(match self.port {
            Some(port) => uri.port(port),
            None => uri,
        })
    }
}

/// An outgoing registration.
#[derive(Clone, PartialEq, Eq)]
pub struct Register {
    /// Where it is asked for.
    pub registrar: Host,
    /// The host of the address of record, where that is not the registrar: it stands behind a proxy.
    pub domain: Option<Host>,
    /// The user of the address of record.
    pub user: String,
    /// The digest user.
    pub auth_user: String,
    /// The digest password.
    pub password: String,
    /// How long a registration is asked for.
    pub expires: Duration,
}

impl Register {
    /// The host of the address of record, which is what a registration is asked of (RFC 3261 §10.2).
    #[must_use]
    pub fn domain(&self) -> &Host {
        self.domain.as_ref().unwrap_or(&self.registrar)
    }

    pub(crate) fn credentials(&self) -> sip::Credentials {
        sip::Credentials {
            username: self.auth_user.clone(),
            password: self.password.clone(),
        }
    }
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register")
            .field("registrar", &self.registrar)
            .finish_non_exhaustive()
    }
}

/// A dialled number with its greeting and languages.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub id: LineId,
    /// Its numbers, in each form in which a trunk sends them.
    pub numbers: Vec<PhoneNumber>,
    /// Languages of the prompts, in the order they are spoken.
    pub languages: Vec<Language>,
    /// The class of its contacts.
    pub class: Class,
    /// What its contacts need.
    pub needs: Needs,
    /// How long the line rings before it answers by itself; zero answers at once.
    pub ring_time: Duration,
    /// Said once when the line answers by itself.
    pub greeting: Vec<media::SoundId>,
    /// Played while she waits, looped.
    pub waiting_sound: media::SoundId,
    /// Said in turn while she waits; each is a list of sounds, one per language.
    pub waiting_words: Vec<Vec<media::SoundId>>,
    /// Time between words.
    pub waiting_words_every: Duration,
    /// Whether a key pressed twice tells that she cannot speak.
    pub cannot_speak: CannotSpeak,
    /// What a caller may choose by one key while she waits; nobody has to.
    pub choices: Vec<Choice>,
}

/// What a key means on a line.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The key.
    pub key: media::Digit,
    /// What the contact needs from then on.
    pub needs: Needs,
}

/// Whether a line listens for a key pressed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotSpeak {
    /// Any key pressed twice within 3 s makes the contact `Danger`.
    AnyKeyTwice,
    /// Keys mean nothing.
    Off,
}

/// A language of prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Czech.
    #[default]
    Czech,
    /// English.
    English,
    /// Ukrainian.
    Ukrainian,
}

/// Somebody with a registered phone.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Her name; the user of her phone's registration.
    pub id: OperatorId,
    /// Digest secrets.
    pub account: sip::digest::Ha1,
    /// The language of her spoken confirmations.
    pub language: Language,
}

/// Somebody who is called through a trunk.
#[derive(Clone)]
pub struct Contactable {
    /// Who.
    pub who: Who,
    /// The number as the trunk wants it.
    pub number: PhoneNumber,
    /// The trunk's name.
    pub trunk: String,
    /// The language of "press one".
    pub language: Language,
}

impl std::fmt::Debug for Contactable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contactable")
            .field("who", &self.who)
            .field("trunk", &self.trunk)
            .finish_non_exhaustive()
    }
}

/// Who a number of the directory belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An on-call person at home: must press 1.
    OnCall(OperatorId),
    /// A partner's line.
    Partner(PartnerId),
}

/// What is spoken to staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prompt {
    /// Press one to take the call.
    PressOne,
    /// What comes before the prompt of a state that was asked for.
    State,
    /// You are ready.
    Ready,
    /// You are on a pause.
    Paused,
    /// You are on a pause because you missed offers.
    PausedAfterMisses,
    /// You are in wrap-up.
    WrapUp,
    /// You are in a call.
    InCall,
    /// Your calls come again in a moment.
    Resting,
    /// Your phone does not answer.
    Unreachable,
    /// No line leads to you.
    Unassigned,
    /// Your wrap-up is longer.
    WrapUpLonger,
    /// You are off.
    Off,
    /// That is not possible.
    NotPossible,
}

/// Which sound says what.
#[derive(Clone, Debug, Default)]
pub struct Sounds {
    /// Spoken prompts for staff.
    pub prompts: BTreeMap<(Language, Prompt), media::SoundId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str, bits: u8, port: Option<u16>) -> Network {
        Network {
            address: address.parse().unwrap(),
            bits,
            port,
        }
    }

    #[test]
    fn a_network_contains_its_addresses() {
        let peer = "10.1.2.3:5060".parse().unwrap();

        assert!(network("10.0.0.0", 8, None).contains(peer));
        assert!(network("10.1.2.3", 32, Some(5060)).contains(peer));
        assert!(network("0.0.0.0", 0, None).contains(peer));
        assert!(!network("10.1.2.3", 32, Some(5070)).contains(peer));
        assert!(!network("10.1.3.0", 24, None).contains(peer));
        assert!(!network("::", 0, None).contains(peer));
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        assert!(network("127.0.0.0", 8, None).contains("[::ffff:127.0.0.1]:5060".parse().unwrap()));
    }
}
