//! Who hears and who is heard, while a stranger sprays the whole port range.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::peers::linka::Site;
use crate::peers::sipp::{PHONES_HOST, TRUNK_HOST};
use crate::peers::wire::{Caller, WirePhone, sdp, sound_of};
use crate::peers::{eventually, throughout};
use crate::{SOON, STRANGER_HOST};

pub(crate) const CALLERS: u8 = 0x11;
pub(crate) const OPERATORS: u8 = 0x22;
const STRANGERS: u8 = 0x66;
/// Rounds of 10 ms that the phone says nothing after it has answered: longer than any latch would wait.
const LATE: usize = 30;
/// Packets that are heard before two sides are believed to hear each other.
pub(crate) const ENOUGH: usize = 10;
/// When a 200 is no longer repeated, and when a request of ours is given up (64·T1), and a little more.
const TIMER_H: Duration = Duration::from_secs(33);
/// Longer than whoever speaks from elsewhere than the caller's address would once have been waited for.
const WHILE: Duration = Duration::from_millis(300);
/// A host of the caller's carrier that is none of the trunk's.
const CARRIERS_HOST: &str = "127.9.0.2";
const LOOK: Duration = Duration::from_millis(50);
pub(crate) const CALLER: &str = "<sip:+420777000001@127.0.0.2>";
const FRAME_BYTES: usize = 160;
const HEADER_BYTES: usize = 12;

/// A socket that says one code in A-law, and notes what it hears.
pub(crate) struct Voice {
    socket: UdpSocket,
    code: u8,
    said: u16,
    heard: Vec<u8>,
}

impl Voice {
    pub(crate) fn at(host: &str, site: &Site, code: u8) -> Self {
        let socket = UdpSocket::bind((host, site.ports().take())).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self {
            socket,
            code,
            said: 0,
            heard: Vec::new(),
        }
    }

    fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    /// Describes its sound where it is.
    pub(crate) fn sdp(&self) -> String {
        let own = self.socket.local_addr().unwrap();
        sdp(&own.ip().to_string(), own.port())
    }

    fn packet(&mut self) -> Vec<u8> {
        self.said += 1;
        let mut packet = vec![0x80, 8];
        packet.extend(self.said.to_be_bytes());
        packet.extend((u32::from(self.said) * FRAME_BYTES as u32).to_be_bytes());
        packet.extend([self.code; 4]);
        packet.extend([self.code; FRAME_BYTES]);
        packet
    }

    pub(crate) fn says(&mut self, to: SocketAddr) {
        let packet = self.packet();
        let _refused = self.socket.send_to(&packet, to);
    }

    /// Sends a bare header, and a packet with sound, to every port of the range.
    fn sprays(&mut self, site: &Site) {
        let packet = self.packet();
        for port in site.rtp() {
            for bytes in [&packet[..HEADER_BYTES], &packet] {
                let _refused = self.socket.send_to(bytes, (site.sip().ip(), port));
            }
        }
    }

    /// Notes what came meanwhile, by the first code of each packet.
    pub(crate) fn listens(&mut self) {
        let mut packet = [0; 1_500];
        while let Ok(length) = self.socket.recv(&mut packet) {
            self.heard.extend(packet[..length].get(HEADER_BYTES));
        }
    }

    pub(crate) fn heard(&self, code: u8) -> usize {
        self.heard.iter().filter(|heard| **heard == code).count()
    }
}

/// A caller and Jana, who answered her: what each says, and where it has to go.
struct Talk {
    caller: Caller,
    callers: Voice,
    callers_at: SocketAddr,
    operators: Voice,
    operators_at: SocketAddr,
    _phone: WirePhone,
}

impl Talk {
    /// Jana's phone describes its sound at this host. The caller speaks with this voice.
    #[track_caller]
    fn begins(site: &Site, described: &str, callers: Voice) -> Self {
        let operators = Voice::at(PHONES_HOST, site, OPERATORS);
        let phone = WirePhone::dials_with("*40", "jana", site, sdp(described, operators.port()));
        let mut caller = Caller::calls_with(site, CALLER, "", callers.sdp());
        let answer = caller.is_answered(SOON);
        Self {
            caller,
            callers,
            callers_at: sound_of(&answer).unwrap(),
            operators,
            operators_at: phone.sound().unwrap(),
            _phone: phone,
        }
    }

    fn caller_speaks(&mut self) {
        self.callers.says(self.callers_at);
    }

    fn operator_speaks(&mut self) {
        self.operators.says(self.operators_at);
    }

    /// Whether both have heard enough of each other, with what came meanwhile.
    fn both_hear(&mut self) -> Option<()> {
        self.callers.listens();
        self.operators.listens();
        let both = [self.operators.heard(CALLERS), self.callers.heard(OPERATORS)];
        both.iter().all(|heard| *heard >= ENOUGH).then_some(())
    }

    /// Both speak until they hear each other.
    #[track_caller]
    fn goes_on(&mut self, what: &str) {
        eventually(what, SOON, || {
            self.caller_speaks();
            self.operator_speaks();
            self.both_hear()
        });
    }
}

/// Jana's phone describes its sound at this host and begins to send [`LATE`]; a caller talks with
/// her; a stranger sprays.
fn late_phone_is_heard_and_the_stranger_is_not(described: &str) {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();
    let mut stranger = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let callers = Voice::at(TRUNK_HOST, &site, CALLERS);
    let mut talk = Talk::begins(&site, described, callers);

    let mut rounds = 0;
    eventually("caller and operator hear each other", SOON, || {
        rounds += 1;
        stranger.sprays(&site);
        talk.caller_speaks();
        if rounds > LATE {
            talk.operator_speaks();
        }
        stranger.listens();
        talk.both_hear()
    });

    assert_eq!(stranger.heard.len(), 0, "the stranger hears");
    for voice in [&talk.operators, &talk.callers] {
        assert_eq!(voice.heard(STRANGERS), 0, "the stranger is heard");
    }
    assert_eq!(talk.caller.hangs_up(), 200);
}

#[test]
fn phone_that_starts_late_loses_its_caller_to_no_stranger() {
    late_phone_is_heard_and_the_stranger_is_not(PHONES_HOST);
}

/// Its router gives it another address and another port than it knows of.
#[test]
fn phone_behind_nat_loses_its_caller_to_no_stranger() {
    late_phone_is_heard_and_the_stranger_is_not("192.168.77.9");
}

/// The socket goes on where another one left off, as behind a router that forgot its mapping.
#[test]
fn operator_whose_router_moves_her_port_goes_on_talking() {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();
    let callers = Voice::at(TRUNK_HOST, &site, CALLERS);
    let mut talk = Talk::begins(&site, "192.168.77.9", callers);
    talk.goes_on("caller and operator hear each other");
    // By then she is the source for good: only her silence lets another port be it.
    throughout("she goes on talking", WHILE, || {
        talk.operator_speaks();
        true
    });

    talk.operators.socket = Voice::at(PHONES_HOST, &site, OPERATORS).socket;
    (talk.operators.heard, talk.callers.heard) = (Vec::new(), Vec::new());

    talk.goes_on("they hear each other by another port");
    assert_eq!(talk.caller.hangs_up(), 200);
}

/// Her sound begins after two packets that somebody sent in her trunk's name.
#[test]
fn caller_who_speaks_late_is_lost_to_no_forged_packets_of_her_trunk() {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();
    let mut forger = Voice::at(TRUNK_HOST, &site, STRANGERS);
    let callers = Voice::at(CARRIERS_HOST, &site, CALLERS);
    let mut talk = Talk::begins(&site, PHONES_HOST, callers);
    for _ in 0..2 {
        forger.says(talk.callers_at);
        throughout("nobody else speaks", WHILE, || {
            talk.operators.listens();
            talk.operators.heard(CALLERS) == 0
        });
    }

    talk.goes_on("caller and operator hear each other");

    assert_eq!(talk.caller.hangs_up(), 200);
}

/// A site whose line answers at once.
fn answering_at_once() -> Site {
    let site = Site::new();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    site
}

/// The INVITE by which a caller is asked whether he is there, once it came.
fn asked_anew(caller: &Caller) -> Option<String> {
    let message = caller.receive(LOOK)?;
    message.starts_with("INVITE ").then_some(message)
}

/// Somebody who can forge the trunk's address has the line call him, and speaks. The trunk knows of no such call.
#[test]
fn invite_that_nobody_acknowledges_is_over_soon_though_its_host_speaks_on() {
    let site = answering_at_once();
    let linka = site.start();
    let mut stranger = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let mut forged = Caller::calls_with(&site, CALLER, "", stranger.sdp());
    let at = sound_of(&forged.is_answered_without_ack(SOON)).unwrap();
    let mut speaks = || {
        stranger.says(at);
        stranger.listens();
        assert_eq!(stranger.heard.len(), 0, "the stranger hears");
    };
    throughout("the stranger speaks", WHILE, || {
        speaks();
        true
    });

    linka.advance(TIMER_H);
    let question = eventually("it is asked whether it is there", SOON, || {
        speaks();
        asked_anew(&forged)
    });
    forged.answers(&question, "481 Call/Transaction Does Not Exist");

    linka.wait_for("the call is over", SOON, |status| {
        speaks();
        (status["counts"]["lost"] == 1).then_some(())
    });
}

/// Somebody who can forge the trunk's address has the line call a third host.
#[test]
fn invite_that_nobody_acknowledges_speaks_to_nobody_and_is_over_soon() {
    let site = answering_at_once();
    let linka = site.start();
    let mut victim = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let mut forged = Caller::calls_with(&site, CALLER, "", victim.sdp());
    forged.is_answered_without_ack(SOON);

    throughout("the victim hears nothing", Duration::from_secs(2), || {
        victim.listens();
        victim.heard.is_empty()
    });
    linka.advance(TIMER_H);
    eventually("it is asked whether it is there", SOON, || {
        asked_anew(&forged)
    });
    linka.advance(TIMER_H);

    linka.wait_for("the call is over", SOON, |status| {
        (status["counts"]["lost"] == 1).then_some(())
    });
    victim.listens();
    assert_eq!(victim.heard.len(), 0, "the victim hears");
}
