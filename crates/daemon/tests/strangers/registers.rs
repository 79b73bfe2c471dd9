//! Strangers who register without end, from addresses that they forge.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::peers::eventually;
use crate::peers::linka::{LINE, Site};
use crate::peers::wire::{Caller, Wire, status};
use crate::{SILENCE, SOON, STRANGER_HOST, connection};

/// As many as once filled the table of transactions, which trunks need for their calls.
const REGISTERS: u32 = 208_000;
/// Few enough that no network uses its bucket up.
const REGISTERS_OF_NETWORK: u32 = 26;
/// Longer than an answer takes on the loopback.
const LOST: Duration = Duration::from_millis(500);

/// Sends the REGISTERs of one network and counts the challenges.
fn register_from(network: u32, linka: SocketAddr) -> u32 {
    let host = Ipv4Addr::from(0x7f40_0001 + (network << 8));
    let socket = UdpSocket::bind((host, 0)).unwrap();
    socket.connect(linka).unwrap();
    socket.set_read_timeout(Some(LOST)).unwrap();
    let address = socket.local_addr().unwrap();
    for n in 0..REGISTERS_OF_NETWORK {
        let register = format!(
            "REGISTER sip:{linka} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-flood-{n}\r\n\
             From: <sip:who@{linka}>;tag={n}\r\nTo: <sip:who@{linka}>\r\nCall-ID: {n}@{host}\r\n\
             CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        socket.send(register.as_bytes()).unwrap();
    }
    let mut answer = [0; 2_000];
    let challenge = |_| {
        let length = socket.recv(&mut answer).ok()?;
        answer[..length].starts_with(b"SIP/2.0 401 ").then_some(1)
    };
    (0..REGISTERS_OF_NETWORK).map_while(challenge).sum()
}

#[track_caller]
fn a_caller_rings_and_is_answered(site: &Site) {
    let from = format!("<sip:+420777000001@{LINE}.invalid>");
    let mut caller = Caller::calls(site, &from, "");
    eventually("the line rings", SOON, || {
        let message = caller.receive(LOST)?;
        (status(&message) == Some(180)).then_some(())
    });
    caller.is_answered(SOON);
    assert_eq!(caller.hangs_up(), 200);
}

#[test]
fn a_flood_of_registers_keeps_no_caller_from_the_line() {
    let site = Site::new();
    site.change(
        "lines.toml",
        "ring_time_seconds = 6",
        "ring_time_seconds = 1",
    );
    let _linka = site.start();
    let linka = site.sip();

    let networks = 0..REGISTERS / REGISTERS_OF_NETWORK;
    let challenged: u32 = std::thread::scope(|scope| {
        let flood = scope.spawn(move || networks.map(|n| register_from(n, linka)).sum());
        while !flood.is_finished() {
            a_caller_rings_and_is_answered(&site);
        }
        flood.join().unwrap()
    });

    eprintln!("{challenged} of {REGISTERS} were challenged");
    assert!(challenged > REGISTERS / 20 * 19, "{challenged}");
    a_caller_rings_and_is_answered(&site);
}

#[test]
fn a_register_from_outside_the_named_networks_is_met_with_silence_however_it_is_written() {
    let site = Site::new();
    site.change("linka.toml", "\"127.0.0.0/8\"", "\"127.0.0.0/16\"");
    let _linka = site.start();
    let registrar = format!("sip:{}", site.sip());
    let stranger = Wire::at(STRANGER_HOST, &site);
    let neighbour = Wire::at("127.0.0.1", &site);

    for begin in ["", "\r\n", "\n", "\r\n\r\n"] {
        let register = |wire: &Wire| {
            let request = wire.request("REGISTER", &registrar, "who", "");
            format!("{begin}{request}")
        };
        neighbour.send(register(&neighbour));
        let challenge = neighbour.receive(SOON).unwrap();
        assert_eq!(status(&challenge), Some(401), "{begin:?}");
        stranger.send(register(&stranger));
        let answer = stranger.receive(SILENCE);
        assert!(answer.is_none(), "{begin:?} was answered");
        let mut stream = connection(STRANGER_HOST.parse().unwrap(), site.sip()).unwrap();
        let by_tcp = register(&stranger).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
        stream.write_all(by_tcp.as_bytes()).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        let mut answer = [0; 2_000];
        let length = stream.read(&mut answer).unwrap_or(0);
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        // A keep-alive is answered as one.
        assert!(answer.trim().is_empty(), "{begin:?} was answered: {answer}");
    }
}
