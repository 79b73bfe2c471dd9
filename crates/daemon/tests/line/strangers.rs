//! Whoever is no trunk and no operator gets nothing of the line.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::peers::linka::{LINE, Site};
use crate::peers::sipp::Scenario;
use crate::{Counted, SOON, counted};

const STRANGER: &str = "127.0.0.3";

fn options(from: SocketAddr, to: SocketAddr) -> String {
    format!(
        "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKstranger\r\n\
         From: <sip:who@{from}>;tag=1\r\nTo: <sip:{to}>\r\nCall-ID: stranger@{from}\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// The status line that an OPTIONS from this address gets, if any comes.
fn asks(host: &str, site: &Site) -> Option<String> {
    let socket = UdpSocket::bind((host, site.ports().take())).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(3)))
        .unwrap();
    let request = options(socket.local_addr().unwrap(), site.sip());
    socket.send_to(request.as_bytes(), site.sip()).unwrap();
    let mut answer = [0; 2_000];
    match socket.recv(&mut answer) {
        Ok(length) => {
            let answer = String::from_utf8_lossy(&answer[..length]);
            Some(answer.lines().next().unwrap_or_default().to_owned())
        }
        Err(error) => {
            assert!(matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut
            ));
            None
        }
    }
}

#[test]
fn a_call_from_an_unknown_address_is_forbidden() {
    let site = Site::new();
    let linka = site.start();

    let stranger = Scenario::towards("caller-refused", site.sip())
        .with("to", LINE)
        .with("status", "403");
    let mut stranger = stranger
        .at(STRANGER, site.ports().take())
        .calls(1)
        .start(site.ports());

    stranger.succeeds(1, SOON);
    assert_eq!(stranger.logged("refused"), 1);
    counted(&linka, Counted::default());
}

#[test]
fn a_question_from_an_unknown_address_is_met_with_silence() {
    let site = Site::new();
    let _linka = site.start();

    assert_eq!(asks(STRANGER, &site), None);
    assert_eq!(asks("127.0.0.2", &site).as_deref(), Some("SIP/2.0 200 OK"));
}

#[test]
fn a_number_that_is_no_line_is_not_found() {
    let site = Site::new();
    let linka = site.start();

    let wrong = Scenario::towards("caller-refused", site.sip())
        .with("to", "800999999")
        .with("status", "404");
    let mut wrong = wrong.calls(1).start(site.ports());

    wrong.succeeds(1, SOON);
    counted(&linka, Counted::default());
}
