//! A machine in several networks: each peer is told an address that it reaches, and sound comes from there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::connections::{Stream, request};
use crate::peers::eventually;
use crate::peers::linka::{LINE, Linka, Site};
use crate::peers::sipp::{PHONES_HOST, TRUNK_HOST};
use crate::peers::wire::{Caller, Wire, dial, fresh, header, sdp, sound_of};
use crate::{SOON, quick_site, talks, wait_until_free};

const CALLER: &str = "<sip:+420777000001@127.0.0.2>";
/// One of this machine's own, like all of that network, that the kernel answers nobody from by itself.
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));
const LOOK: Duration = Duration::from_millis(50);
/// At least as long as a phone that is not proved is left alone.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// A packet of G.711 A-law, 20 ms long.
const PACKET_BYTES: usize = 172;

/// One end of a call: it takes sound only from where it was told to send its own.
struct Ear(UdpSocket);

impl Ear {
    fn at(host: &str, site: &Site) -> Self {
        let socket = UdpSocket::bind((host, site.ports().take())).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        Self(socket)
    }

    fn sdp(&self) -> String {
        let own = self.0.local_addr().unwrap();
        sdp(&own.ip().to_string(), own.port())
    }

    fn says(&self, sequence: u16, code: u8) {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend([1, 2, 3, code]);
        packet.resize(PACKET_BYTES, code);
        // An error is that of a packet before: nobody heard it.
        let _unheard = self.0.send(&packet);
    }

    fn hears(&self, code: u8) -> bool {
        let mut packet = [0; PACKET_BYTES];
        let heard = self.0.recv(&mut packet);
        heard.is_ok_and(|length| length == PACKET_BYTES && packet[PACKET_BYTES - 1] == code)
    }
}

/// A caller and jana talk, who speak to Linka at this address; the hosts that they were told to send sound to.
#[track_caller]
fn both_hear(site: &Site, linka: &Linka<'_>, at: IpAddr) -> [IpAddr; 2] {
    let phone = Wire::at(PHONES_HOST, site).asking(at);
    phone.registers("jana", site);
    dial(&phone, "*40", "jana", site);
    wait_until_free(linka, "jana");
    let (hers, operators) = (Ear::at(TRUNK_HOST, site), Ear::at(PHONES_HOST, site));
    let trunk = Wire::at(TRUNK_HOST, site).asking(at);
    let mut caller = Caller::calls_by(trunk, site, CALLER, "", hers.sdp());
    let invite = phone.is_asked("INVITE");
    phone.accepts(&invite, &operators.sdp());
    let answer = caller.is_answered(SOON);
    talks(linka, "jana");

    let told = [&answer, &invite].map(|message| sound_of(message).unwrap());
    hers.0.connect(told[0]).unwrap();
    operators.0.connect(told[1]).unwrap();
    let mut sequence = 0;
    let mut heard = [false; 2];
    eventually("both hear each other", SOON, || {
        sequence += 1;
        hers.says(sequence, 0x11);
        operators.says(sequence, 0x22);
        heard[0] |= hers.hears(0x22);
        heard[1] |= operators.hears(0x11);
        (heard == [true; 2]).then_some(())
    });
    let asked = SocketAddr::new(at, site.sip().port()).to_string();
    for message in [&answer, &invite] {
        let contact = header(message, "Contact").unwrap();
        assert!(contact.contains(&asked), "{contact}");
    }
    assert_eq!(caller.hangs_up(), 200);
    phone.is_asked("BYE");
    told.map(|told: SocketAddr| told.ip())
}

/// A site whose node listens on all addresses of its machine.
fn site_that_listens_on_all() -> Site {
    let site = quick_site();
    let port = site.sip().port();
    let (one, all) = (
        format!("\"127.0.0.1:{port}\""),
        format!("\"0.0.0.0:{port}\""),
    );
    site.change("linka.toml", &one, &all);
    site.operator("jana", "");
    site
}

#[test]
fn peers_are_told_the_address_that_they_reach_where_linka_listens_on_all() {
    let site = site_that_listens_on_all();
    site.change(
        "linka.toml",
        "# public_address = \"203.0.113.10\"",
        "public_address = \"203.0.113.10\"",
    );
    let linka = site.start();

    let told = both_hear(&site, &linka, site.sip().ip());

    assert_eq!(told, [site.sip().ip(); 2]);
}

#[test]
fn peers_that_ask_an_address_which_no_route_leaves_from_are_answered_from_there() {
    let site = site_that_listens_on_all();
    let linka = site.start();

    let told = both_hear(&site, &linka, ANOTHER);

    assert_eq!(told, [ANOTHER; 2]);
}

#[test]
fn a_phone_hears_the_next_start_from_the_address_that_it_registered_at() {
    let site = site_that_listens_on_all();
    let mut linka = site.start();
    let phone = Wire::at(PHONES_HOST, &site).asking(ANOTHER);
    phone.registers("jana", &site);
    linka.terminate();
    linka.wait(SOON);
    while phone.receive(LOOK).is_some() {}

    let linka = site.start();
    linka.advance(PROBE_EVERY);
    let probe = phone.is_asked("OPTIONS");

    let via = header(&probe, "Via").unwrap();
    assert!(via.contains(&ANOTHER.to_string()), "{via}");
}

#[test]
fn a_connection_is_told_the_address_that_it_came_to() {
    let site = site_that_listens_on_all();
    let _linka = site.start();
    let mut stream = Stream::from_trunk_to((ANOTHER, site.sip().port()).into());
    let own = stream.local();
    let sdp = sdp(TRUNK_HOST, site.ports().take());
    let lines = format!(
        "To: <sip:{LINE}@{ANOTHER}>\r\nCall-ID: tcp-{}\r\nContent-Type: application/sdp\r\n",
        fresh()
    );

    stream.send(&request("INVITE", &site, own, &lines, &sdp));
    let answer = stream.hears("the call is answered", "SIP/2.0 200 ");

    let contact = header(&answer, "Contact").unwrap();
    let asked = SocketAddr::new(ANOTHER, site.sip().port()).to_string();
    assert!(contact.contains(&asked), "{contact}");
    assert_eq!(sound_of(&answer).unwrap().ip(), ANOTHER);
}

#[test]
fn sound_is_told_and_sent_where_it_is_configured() {
    let site = quick_site();
    site.change(
        "linka.toml",
        "# address = \"0.0.0.0\"",
        "address = \"127.0.0.9\"",
    );
    site.operator("jana", "");
    let linka = site.start();

    let told = both_hear(&site, &linka, site.sip().ip());

    assert_eq!(told, [IpAddr::from([127, 0, 0, 9]); 2]);
}
