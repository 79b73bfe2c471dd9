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

    pub(crate) fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
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

/// Jana's phone describes its sound at this host and begins to send [`LATE`]; a caller talks with her; a stranger sprays.
fn late_phone_is_heard_and_the_stranger_is_not(described: &str) {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();
    let mut operators = Voice::at(PHONES_HOST, &site, OPERATORS);
    let mut callers = Voice::at(TRUNK_HOST, &site, CALLERS);
    let mut stranger = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let phone = WirePhone::dials_with("*40", "jana", &site, sdp(described, operators.port()));
    let offer = sdp(TRUNK_HOST, callers.port());
    let mut caller = Caller::calls_with(&site, "<sip:+420777000001@127.0.0.2>", "", offer);
    let answer = caller.is_answered(SOON);
    let (at, phones_at) = (sound_of(&answer).unwrap(), phone.sound().unwrap());

    let mut rounds = 0;
    eventually("caller and operator hear each other", SOON, || {
        rounds += 1;
        stranger.sprays(&site);
        callers.says(at);
        if rounds > LATE {
            operators.says(phones_at);
        }
        for voice in [&mut operators, &mut callers, &mut stranger] {
            voice.listens();
        }
        let both = [operators.heard(CALLERS), callers.heard(OPERATORS)];
        (both.iter().all(|heard| *heard >= ENOUGH)).then_some(())
    });

    assert_eq!(stranger.heard.len(), 0, "the stranger hears");
    for voice in [&operators, &callers] {
        assert_eq!(voice.heard(STRANGERS), 0, "the stranger is heard");
    }
    assert_eq!(caller.hangs_up(), 200);
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
    let mut operators = Voice::at(PHONES_HOST, &site, OPERATORS);
    let mut callers = Voice::at(TRUNK_HOST, &site, CALLERS);
    let phone = WirePhone::dials_with("*40", "jana", &site, sdp("192.168.77.9", operators.port()));
    let offer = sdp(TRUNK_HOST, callers.port());
    let mut caller = Caller::calls_with(&site, "<sip:+420777000001@127.0.0.2>", "", offer);
    let at = sound_of(&caller.is_answered(SOON)).unwrap();
    let phones_at = phone.sound().unwrap();
    let mut both_hear = |operators: &mut Voice, what| {
        (operators.heard, callers.heard) = (Vec::new(), Vec::new());
        eventually(what, SOON, || {
            callers.says(at);
            operators.says(phones_at);
            callers.listens();
            operators.listens();
            let both = [operators.heard(CALLERS), callers.heard(OPERATORS)];
            both.iter().all(|heard| *heard >= ENOUGH).then_some(())
        });
    };
    both_hear(&mut operators, "caller and operator hear each other");
    // By then she is the source for good: only her silence lets another port be it.
    throughout("she goes on talking", WHILE, || {
        operators.says(phones_at);
        true
    });

    operators.socket = Voice::at(PHONES_HOST, &site, OPERATORS).socket;

    both_hear(&mut operators, "they hear each other by another port");
    assert_eq!(caller.hangs_up(), 200);
}

/// Her sound begins after two packets that somebody sent in her trunk's name.
#[test]
fn caller_who_speaks_late_is_lost_to_no_forged_packets_of_her_trunk() {
    let site = Site::new();
    site.operator("jana", "");
    let _linka = site.start();
    let mut operators = Voice::at(PHONES_HOST, &site, OPERATORS);
    let mut callers = Voice::at(CARRIERS_HOST, &site, CALLERS);
    let mut forger = Voice::at(TRUNK_HOST, &site, STRANGERS);
    let phone = WirePhone::dials_with("*40", "jana", &site, sdp(PHONES_HOST, operators.port()));
    let offer = sdp(CARRIERS_HOST, callers.port());
    let mut caller = Caller::calls_with(&site, "<sip:+420777000001@127.0.0.2>", "", offer);
    let at = sound_of(&caller.is_answered(SOON)).unwrap();
    let phones_at = phone.sound().unwrap();
    for _ in 0..2 {
        forger.says(at);
        throughout("nobody else speaks", WHILE, || {
            operators.listens();
            operators.heard(CALLERS) == 0
        });
    }

    eventually("caller and operator hear each other", SOON, || {
        callers.says(at);
        operators.says(phones_at);
        callers.listens();
        operators.listens();
        let both = [operators.heard(CALLERS), callers.heard(OPERATORS)];
        both.iter().all(|heard| *heard >= ENOUGH).then_some(())
    });

    assert_eq!(caller.hangs_up(), 200);
}

/// Somebody who can forge the trunk's address has the line call him, and speaks. The trunk knows of no such call.
#[test]
fn invite_that_nobody_acknowledges_is_over_soon_though_its_host_speaks_on() {
    let site = Site::new();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    let linka = site.start();
    let mut stranger = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let offer = sdp(STRANGER_HOST, stranger.port());
    let mut forged = Caller::calls_with(&site, "<sip:+420777000001@127.0.0.2>", "", offer);
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
        forged
            .receive(LOOK)
            .filter(|message| message.starts_with("INVITE "))
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
    let site = Site::new();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 0",
    );
    let linka = site.start();
    let mut victim = Voice::at(STRANGER_HOST, &site, STRANGERS);
    let offer = sdp(STRANGER_HOST, victim.port());
    let mut forged = Caller::calls_with(&site, "<sip:+420777000001@127.0.0.2>", "", offer);
    forged.is_answered_without_ack(SOON);

    throughout("the victim hears nothing", Duration::from_secs(2), || {
        victim.listens();
        victim.heard.is_empty()
    });
    linka.advance(TIMER_H);
    eventually("it is asked whether it is there", SOON, || {
        forged
            .receive(LOOK)
            .filter(|message| message.starts_with("INVITE "))
    });
    linka.advance(TIMER_H);

    linka.wait_for("the call is over", SOON, |status| {
        (status["counts"]["lost"] == 1).then_some(())
    });
    victim.listens();
    assert_eq!(victim.heard.len(), 0, "the victim hears");
}
