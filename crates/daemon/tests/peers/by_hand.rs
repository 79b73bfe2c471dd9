//! A caller of the trunk whose bodies and packets the test writes itself: for what one carrier or
//! phone sends and no other.

use super::eventually;
use super::linka::{LINE, Site};
use super::sipp::TRUNK_HOST;
use super::sound::event_packet;
use super::wire::{Wire, fresh, header, status};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(50);
/// What one packet of RTP has before its payload, in bytes.
const RTP_HEAD: usize = 12;

/// One call by hand.
pub(crate) struct ByHand {
    wire: Wire,
    sound: UdpSocket,
    uri: String,
    from: String,
    to: String,
    call_id: String,
    cseq: u32,
    /// The number of the next packet of her sound.
    sequence: u16,
    /// Where her sound goes, once it is known.
    far_sound: Option<SocketAddr>,
}

/// A body with its type; an empty one has none.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    pub(crate) content_type: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Body<'a> {
    pub(crate) const NONE: Self = Self {
        content_type: "",
        text: "",
    };

    pub(crate) const fn sdp(text: &'a str) -> Self {
        Self {
            content_type: "application/sdp",
            text,
        }
    }
}

impl ByHand {
    /// Somebody who has not called yet.
    pub(crate) fn new(site: &Site) -> Self {
        let n = fresh();
        let sound = UdpSocket::bind((TRUNK_HOST, site.ports().take())).unwrap();
        let uri = format!("sip:{LINE}@{}", site.sip());
        Self {
            wire: Wire::at(TRUNK_HOST, site),
            sound,
            from: format!("From: <sip:+420777000001@{TRUNK_HOST}>;tag=hand{n}\r\n"),
            to: format!("To: <{uri}>\r\n"),
            call_id: format!("Call-ID: hand-{n}\r\n"),
            uri,
            cseq: 0,
            sequence: 1,
            far_sound: None,
        }
    }

    /// Her session description with PCMA, PCMU and these lines behind; `events` is her number for
    /// telephone-event.
    pub(crate) fn sdp(&self, events: u8, more: &str) -> String {
        let port = self.sound.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 {TRUNK_HOST}\r\ns=-\r\nc=IN IP4 {TRUNK_HOST}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 0 {events}\r\na=rtpmap:{events} telephone-event/8000\r\n{more}"
        )
    }

    /// Sends a request of this dialog, or the first INVITE, and gives the final response.
    #[track_caller]
    pub(crate) fn asks(&mut self, method: &str, more: &str, body: Body<'_>) -> String {
        self.cseq += 1;
        self.send(method, self.cseq, more, body);
        let cseq = format!("{} {method}", self.cseq);
        let response = eventually(&format!("{method} is answered"), ANSWER_MAX, || {
            self.wire.receive(LOOK).filter(|message| {
                header(message, "CSeq") == Some(&cseq)
                    && status(message).is_some_and(|code| code >= 200)
            })
        });
        if status(&response) == Some(200) {
            self.to = format!("To: {}\r\n", header(&response, "To").unwrap());
            self.far_sound = far_sound(&response).or(self.far_sound);
        }
        response
    }

    /// Acknowledges her last INVITE.
    pub(crate) fn acknowledges(&self, body: Body<'_>) {
        self.send("ACK", self.cseq, "", body);
    }

    /// Calls the line, and acknowledges its 200.
    #[track_caller]
    pub(crate) fn is_answered(&mut self, body: Body<'_>) -> String {
        let response = self.asks("INVITE", "", body);
        assert_eq!(status(&response), Some(200), "{response}");
        self.acknowledges(Body::NONE);
        response
    }

    /// Offers another session, and acknowledges the answer.
    #[track_caller]
    pub(crate) fn offers_again(&mut self, body: Body<'_>) -> String {
        self.is_answered(body)
    }

    /// Presses a key by RFC 4733 under this payload type.
    pub(crate) fn presses(&mut self, key: u8, payload_type: u8) {
        let to = self.far_sound.unwrap();
        let at_ms = u32::from(self.sequence) * 100;
        for n in 0..9 {
            let packet = event_packet(payload_type, self.sequence, at_ms, key, n);
            self.sound.send_to(&packet, to).unwrap();
            self.sequence += 1;
        }
    }

    /// The sizes of the sound in the next packets that she hears, in bytes.
    #[track_caller]
    pub(crate) fn hears_packets(&self, packets: usize) -> Vec<usize> {
        self.sound.set_read_timeout(Some(ANSWER_MAX)).unwrap();
        let mut buffer = [0; 2_048];
        let mut sizes = || self.sound.recv(&mut buffer).unwrap() - RTP_HEAD;
        (0..packets).map(|_| sizes()).collect()
    }

    fn send(&self, method: &str, cseq: u32, more: &str, body: Body<'_>) {
        let Self {
            uri,
            from,
            to,
            call_id,
            ..
        } = self;
        let (address, n, length) = (self.wire.address(), fresh(), body.text.len());
        let kind = match body.content_type {
            "" => String::new(),
            kind => format!("Content-Type: {kind}\r\n"),
        };
        self.wire.send(format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-hand-{n}\r\n{from}{to}{call_id}\
             CSeq: {cseq} {method}\r\nContact: <sip:{address}>\r\nMax-Forwards: 70\r\n{more}{kind}\
             Content-Length: {length}\r\n\r\n{}",
            body.text
        ));
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.send("BYE", self.cseq + 1, "", Body::NONE);
    }
}

fn far_sound(response: &str) -> Option<SocketAddr> {
    let line = |begin: &str| response.lines().find_map(|line| line.strip_prefix(begin));
    let host = line("c=IN IP4 ")?.parse().ok()?;
    let port = line("m=audio ")?.split(' ').next()?.parse().ok()?;
    Some(SocketAddr::new(host, port))
}
