//! An endpoint under a virtual clock, and a peer that speaks plain text.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    unreachable_pub,
    dead_code
)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::{
    Admission, Command, ConnectionId, DialogId, Endpoint, EndpointConfig, Event, Flow, Input,
    InputError, Invite, Listener, ListenerId, OpenedBy, Output, Party, Protocol, Registering,
    Status, Tag, Target, Uri,
};

pub const UDP: ListenerId = ListenerId(1);
pub const TCP: ListenerId = ListenerId(2);
pub const OURS: &str = "192.0.2.1:5060";
pub const PEER: &str = "198.51.100.7:5070";
pub const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub const OUR_SDP: &str =
    "v=0\r\no=- 9 9 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 10000 RTP/AVP 8\r\n";

/// A message that was sent, with its time since the start.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Duration,
    pub target: Target,
    pub text: String,
}

impl Sent {
    pub fn start_line(&self) -> &str {
        self.text.lines().next().unwrap()
    }

    pub fn is(&self, begin: &str) -> bool {
        self.start_line().starts_with(begin)
            || self.start_line().starts_with(&format!("SIP/2.0 {begin}"))
    }

    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.text, name)
    }

    pub fn to_tag(&self) -> String {
        tag(&self.header("To").unwrap())
    }

    pub fn our_from_tag(&self) -> String {
        tag(&self.header("From").unwrap())
    }

    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").unwrap().1
    }
}

pub fn header(text: &str, name: &str) -> Option<String> {
    let head = text.split_once("\r\n\r\n").unwrap().0;
    let begin = format!("{name}: ").to_ascii_lowercase();
    head.lines()
        .find(|line| line.to_ascii_lowercase().starts_with(&begin))
        .map(|line| line[begin.len()..].to_owned())
}

pub fn tag(value: &str) -> String {
    value.split(";tag=").nth(1).unwrap_or_default().to_owned()
}

/// One endpoint and all it did.
pub struct Bench {
    pub endpoint: Endpoint,
    pub start: Instant,
    pub now: Instant,
    sent: Vec<Sent>,
    events: Vec<Event>,
}

pub fn config() -> EndpointConfig {
    let local = OURS.parse().unwrap();
    let algorithm = sip::digest::Algorithm::Md5;
    let listeners = vec![
        Listener {
            id: UDP,
            protocol: Protocol::Udp,
            local,
            algorithm,
        },
        Listener {
            id: TCP,
            protocol: Protocol::Tcp,
            local,
            algorithm,
        },
    ];
    EndpointConfig::new(listeners, "linka.test".to_owned())
}

pub fn peer() -> Flow {
    Flow::udp(UDP, PEER.parse().unwrap())
}

pub fn peer_tcp() -> Flow {
    Flow::tcp(TCP, PEER.parse().unwrap(), ConnectionId(1))
}

/// A connection that the peer had opened is gone.
pub fn closed(flow: Flow) -> Input {
    let opened = OpenedBy::Peer;
    Input::FlowClosed { flow, opened }
}

#[allow(clippy::disallowed_methods, reason = "an Instant has no other origin")]
pub fn some_instant() -> Instant {
    Instant::now()
}

impl Default for Bench {
    fn default() -> Self {
        Self::with(config())
    }
}

impl Bench {
    pub fn with(config: EndpointConfig) -> Self {
        let start = some_instant();
        Self {
            endpoint: Endpoint::new(config, [7; 32], start),
            start,
            now: start,
            sent: Vec::new(),
            events: Vec::new(),
        }
    }

    pub fn input(&mut self, input: Input) -> Result<(), InputError> {
        let done = self.endpoint.handle_input(self.now, input);
        self.drain();
        done
    }

    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { target, bytes } => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.sent.push(Sent {
                        at: self.now - self.start,
                        target,
                        text,
                    });
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    pub fn command(&mut self, command: Command) {
        self.input(Input::Command(command)).unwrap();
    }

    pub fn try_command(&mut self, command: Command) -> Result<(), InputError> {
        self.input(Input::Command(command))
    }

    pub fn receive(&mut self, text: &str) {
        self.receive_from(peer(), text);
    }

    pub fn receive_from(&mut self, flow: Flow, text: &str) {
        self.receive_as(flow, text.as_bytes(), Admission::Trunk);
    }

    pub fn receive_unknown(&mut self, flow: Flow, text: &str) {
        self.receive_as(flow, text.as_bytes(), Admission::Unknown);
    }

    pub fn receive_as(&mut self, flow: Flow, bytes: &[u8], admission: Admission) {
        self.receive_where(flow, bytes, admission, Registering::Allowed);
    }

    pub fn receive_where(
        &mut self,
        flow: Flow,
        bytes: &[u8],
        admission: Admission,
        registering: Registering,
    ) {
        self.input(Input::Received {
            flow,
            bytes: Bytes::copy_from_slice(bytes),
            admission,
            registering,
        })
        .unwrap();
    }

    /// Lets time pass, with every timer at its own time.
    pub fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.endpoint.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.input(Input::Timeout).unwrap();
        }
        self.now = end;
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// What was sent since the last call.
    pub fn sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// The only message sent since the last call.
    pub fn only(&mut self) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent.into_iter().next().unwrap()
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub fn event(&mut self) -> Event {
        let events = self.events();
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_iter().next().unwrap()
    }

    /// A ringing call from the peer.
    pub fn incoming(&mut self, invite: &str) -> DialogId {
        self.incoming_from(peer(), invite)
    }

    pub fn incoming_from(&mut self, flow: Flow, invite: &str) -> DialogId {
        self.receive_from(flow, invite);
        match self.events().pop() {
            Some(Event::Incoming { dialog, .. }) => dialog,
            other => panic!("no incoming call: {other:?}"),
        }
    }

    /// An established call from the peer; our tag in it.
    pub fn answered(&mut self) -> (DialogId, String) {
        let dialog = self.incoming(&invite());
        self.accept(dialog);
        let tag = self.sent().pop().unwrap().to_tag();
        self.receive(&ack(&tag));
        self.events();
        (dialog, tag)
    }

    pub fn accept(&mut self, dialog: DialogId) {
        self.command(Command::Accept {
            dialog,
            sdp: OUR_SDP.into(),
            local_tag: None,
            headers: Vec::new(),
        });
    }

    /// A call to the peer; the INVITE.
    pub fn call(&mut self) -> (DialogId, Sent) {
        self.call_over(Target::Flow(peer()))
    }

    pub fn call_over(&mut self, target: Target) -> (DialogId, Sent) {
        let dialog = self.endpoint.next_dialog();
        self.command(Command::Invite(Box::new(outgoing(dialog, target))));
        (dialog, self.only())
    }

    /// An established call to the peer; the INVITE.
    pub fn called(&mut self) -> (DialogId, Sent) {
        let (dialog, invite) = self.call();
        self.receive(&response(&invite.text, "200 OK", "callee", SDP));
        self.sent();
        self.events();
        (dialog, invite)
    }

    /// All transactions, dialogs and timers are gone.
    pub fn assert_empty(&self) {
        let counts = self.endpoint.counts();
        assert_eq!(counts, sip::Counts::default());
    }
}

pub fn outgoing(dialog: DialogId, target: Target) -> Invite {
    let uri = |text: &str| Uri::parse(text).unwrap();
    Invite {
        dialog,
        target,
        request_uri: uri("sip:op@198.51.100.7:5070"),
        from: Party {
            display: Some("Anonymous".to_owned()),
            uri: uri("sip:anonymous@anonymous.invalid"),
        },
        to: Party {
            display: None,
            uri: uri("sip:op@linka.test"),
        },
        local_tag: Tag::new("ours"),
        call_id: None,
        sdp: OUR_SDP.into(),
        headers: Vec::new(),
        credentials: None,
    }
}

pub fn status(code: u16) -> Status {
    Status::new(code).unwrap()
}

/// A request of the peer. `lines` are header lines that replace those of the same name, or are added.
pub fn request(method: &str, lines: &[&str], body: &str) -> String {
    let defaults = [
        format!("Via: SIP/2.0/UDP {PEER};branch=z9hG4bK{method}1;rport"),
        "Max-Forwards: 70".to_owned(),
        "From: <sip:caller@198.51.100.7>;tag=theirs".to_owned(),
        "To: <sip:line@linka.test>".to_owned(),
        "Call-ID: call-1".to_owned(),
        format!("CSeq: 1 {method}"),
        format!("Contact: <sip:caller@{PEER}>"),
    ];
    let name = |line: &str| line.split(':').next().unwrap().to_ascii_lowercase();
    let kept = defaults
        .iter()
        .filter(|line| !lines.iter().any(|other| name(other) == name(line)))
        .map(String::as_str);
    let mut head: Vec<&str> = kept.collect();
    head.extend(lines.iter().filter(|line| !line.ends_with(':')));
    let uri = format!("{method} sip:line@192.0.2.1 SIP/2.0");
    let kind = if body.is_empty() || lines.iter().any(|line| name(line) == "content-type") {
        String::new()
    } else {
        "Content-Type: application/sdp\r\n".to_owned()
    };
    format!(
        "{uri}\r\n{}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        head.join("\r\n"),
        body.len()
    )
}

pub fn invite() -> String {
    request("INVITE", &[], SDP)
}

pub fn to(tag: &str) -> String {
    format!("To: <sip:line@linka.test>;tag={tag}")
}

pub fn branch(branch: &str) -> String {
    format!("Via: SIP/2.0/UDP {PEER};branch={branch};rport")
}

/// The ACK of a 2xx to [`invite`].
pub fn ack(tag: &str) -> String {
    request("ACK", &[&to(tag), &branch("z9hG4bKack")], "")
}

/// The peer's response to a request of ours.
pub fn response(request: &str, status: &str, tag: &str, body: &str) -> String {
    response_with(request, status, tag, &[], body)
}

pub fn response_with(request: &str, status: &str, tag: &str, lines: &[&str], body: &str) -> String {
    let copied = |name: &str| format!("{name}: {}\r\n", header(request, name).unwrap());
    let to = header(request, "To").unwrap();
    let tagged = if to.contains(";tag=") || tag.is_empty() {
        to
    } else {
        format!("{to};tag={tag}")
    };
    let contact = format!("Contact: <sip:op@{PEER}>\r\n");
    let extra: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "SIP/2.0 {status}\r\n{}{}To: {tagged}\r\n{}{}{contact}{extra}{kind}Content-Length: {}\r\n\r\n{body}",
        copied("Via"),
        copied("From"),
        copied("Call-ID"),
        copied("CSeq"),
        body.len()
    )
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}
