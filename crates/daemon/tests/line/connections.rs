//! Calls over TCP: a connection is no call, and a call no connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::peers::eventually;
use crate::peers::linka::{LINE, Site};
use crate::peers::sipp::TRUNK_HOST;
use crate::peers::wire::{fresh, header, status};
use crate::{SOON, quick_site};

/// How long one look for more bytes lasts.
const LOOK: Duration = Duration::from_millis(50);
/// Longer than a connection is left without a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(130);
/// When the session is refreshed.
const REFRESH: Duration = Duration::from_secs(910);

/// One connection with a running `linka`, and what came by it.
pub(crate) struct Stream {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Stream {
    pub(crate) fn from_trunk(site: &Site) -> Self {
        Self::from_trunk_to(site.sip())
    }

    pub(crate) fn from_trunk_to(linka: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let from: SocketAddr = (TRUNK_HOST.parse::<std::net::Ipv4Addr>().unwrap(), 0).into();
        socket.bind(&from.into()).unwrap();
        socket.connect(&linka.into()).unwrap();
        Self::over(socket.into())
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(LOOK)).unwrap();
        Self {
            stream,
            heard: Vec::new(),
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// Takes in what has come; whether the peer closed.
    fn listen(&mut self) -> bool {
        let mut part = [0; 4_096];
        match self.stream.read(&mut part) {
            Ok(length) => {
                self.heard.extend_from_slice(&part[..length]);
                length == 0
            }
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// The next message, or the next keep-alive.
    pub(crate) fn receive(&mut self) -> Option<String> {
        self.listen();
        let text = String::from_utf8_lossy(&self.heard).into_owned();
        let length = if text.starts_with("\r\n\r\n") {
            4
        } else {
            let body: usize = header(&text, "Content-Length")?.parse().unwrap();
            text.find("\r\n\r\n")? + 4 + body
        };
        (text.len() >= length).then(|| {
            self.heard.drain(..length);
            text[..length].to_owned()
        })
    }

    #[track_caller]
    pub(crate) fn hears(&mut self, what: &str, begin: &str) -> String {
        eventually(what, SOON, || {
            self.receive().filter(|text| text.starts_with(begin))
        })
    }
}

/// A request of the trunk whose responses and calls come back at `contact`.
pub(crate) fn request(
    method: &str,
    site: &Site,
    contact: SocketAddr,
    lines: &str,
    body: &str,
) -> String {
    let (linka, n, length) = (site.sip(), fresh(), body.len());
    format!(
        "{method} sip:{LINE}@{linka} SIP/2.0\r\nVia: SIP/2.0/TCP {contact};branch=z9hG4bK-tcp-{n}\r\n\
         From: <sip:+420777000001@{contact}>;tag=tcp\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n\
         Contact: <sip:trunk@{contact};transport=tcp>\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_call_over_tcp_keeps_its_connection_alive_and_outlives_it() {
    let site = quick_site();
    let linka = site.start();
    let port = site.ports().take();
    let trunk = TcpListener::bind((TRUNK_HOST, port)).unwrap();
    let contact = trunk.local_addr().unwrap();
    let mut first = Stream::from_trunk(&site);
    let dialog = format!("Call-ID: tcp-{}\r\n", fresh());
    let to = format!("To: <sip:{LINE}@{}>\r\n", site.sip());
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {TRUNK_HOST}\r\ns=-\r\nc=IN IP4 {TRUNK_HOST}\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n",
        site.ports().take()
    );
    let lines = format!("{dialog}{to}Content-Type: application/sdp\r\n");
    first.send(&request("INVITE", &site, contact, &lines, &sdp));
    let answer = first.hears("the call is answered", "SIP/2.0 200 ");
    let to = format!("{dialog}To: {}\r\n", header(&answer, "To").unwrap());
    first.send(&request("ACK", &site, contact, &to, ""));

    linka.advance(KEEP_ALIVE);
    first.hears("the connection is kept alive", "\r\n\r\n");
    drop(first);
    linka.advance(REFRESH);

    let (second, _) = trunk.accept().unwrap();
    let mut second = Stream::over(second);
    let refresh = eventually("the call goes on by another connection", SOON, || {
        second.receive()
    });
    assert!(refresh.contains(&dialog), "{refresh}");
}

#[test]
fn requests_before_garbage_are_answered_and_the_broken_one_too() {
    let site = quick_site();
    let _linka = site.start();
    let mut stream = Stream::from_trunk(&site);
    let contact = stream.local();
    let to = format!("To: <sip:{}>\r\n", site.sip());
    let options = |n: u8| {
        request(
            "OPTIONS",
            &site,
            contact,
            &format!("{to}Call-ID: {n}\r\n"),
            "",
        )
    };
    let broken = options(2).replace("Content-Length: 0\r\n", "");
    let behind = "x".repeat(100_000);

    // It may be closed while we still write.
    let _closed = stream
        .stream
        .write_all(format!("{}{broken}{behind}", options(1)).as_bytes());
    eventually("the connection is closed", SOON, || {
        stream.listen().then_some(())
    });

    let good = stream.receive().unwrap();
    let bad = stream.receive().unwrap();
    assert_eq!(
        (status(&good), header(&good, "Call-ID")),
        (Some(200), Some("1"))
    );
    assert_eq!(
        (status(&bad), header(&bad, "Call-ID")),
        (Some(400), Some("2"))
    );
}
