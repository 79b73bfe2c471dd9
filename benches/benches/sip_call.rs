//! What SIP costs in a queued call: the caller's leg in, the operator's leg out, both hung up, 14 messages each way.
//!
//! Transactions live on for 32 s, so that one iteration runs 6,400 calls at 200 calls/s of virtual time, timers
//! included, and the figure is that of one call.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sip::digest::Algorithm;
use sip::{
    Admission, Command, DialogId, Endpoint, EndpointConfig, Event, Flow, Input, Invite, Listener,
    ListenerId, Output, Party, Protocol, Registering, Status, Target, Uri,
};

const UDP: ListenerId = ListenerId(1);
const CALLS: u32 = 6_400;
const BETWEEN_CALLS: Duration = Duration::from_millis(5);
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

fn trunk() -> Flow {
    Flow::udp(UDP, "198.51.100.7:5060".parse().unwrap())
}

fn phone() -> Flow {
    Flow::udp(UDP, "198.51.100.9:5062".parse().unwrap())
}

fn endpoint(now: Instant) -> Endpoint {
    let local = "192.0.2.1:5060".parse().unwrap();
    let listener = Listener {
        id: UDP,
        protocol: Protocol::Udp,
        local,
        algorithm: Algorithm::Md5,
    };
    Endpoint::new(
        EndpointConfig::new(vec![listener], "linka".to_owned()),
        [5; 32],
        now,
    )
}

/// What one input made: the dialogs of events, and the messages.
struct Made {
    incoming: Option<DialogId>,
    sent: Vec<Bytes>,
}

struct Bench {
    endpoint: Endpoint,
    now: Instant,
    messages: u64,
}

impl Bench {
    fn input(&mut self, input: Input) -> Made {
        self.endpoint.handle_input(self.now, input).unwrap();
        let mut made = Made {
            incoming: None,
            sent: Vec::new(),
        };
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { bytes, .. } => made.sent.push(bytes),
                Output::Event(Event::Incoming { dialog, .. }) => made.incoming = Some(dialog),
                Output::Event(event) => drop(black_box(event)),
            }
        }
        self.messages += made.sent.len() as u64;
        made
    }

    fn receive(&mut self, flow: Flow, text: String) -> Made {
        self.messages += 1;
        let admission = if flow == trunk() {
            Admission::Trunk
        } else {
            Admission::Phone
        };
        self.input(Input::Received {
            flow,
            bytes: text.into(),
            admission,
            registering: Registering::Allowed,
        })
    }

    fn command(&mut self, command: Command) -> Made {
        self.input(Input::Command(command))
    }

    fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while self.endpoint.poll_timeout().is_some_and(|next| next <= end) {
            self.now = self.endpoint.poll_timeout().unwrap().max(self.now);
            self.input(Input::Timeout);
        }
        self.now = end;
    }
}

fn request(method: &str, number: u32, cseq: u32, to_tag: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "{method} sip:116016@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK{method}{number};rport\r\n\
         Max-Forwards: 70\r\nFrom: \"caller\" <sip:caller@198.51.100.7>;tag=t{number}\r\n\
         To: <sip:116016@192.0.2.1>{to_tag}\r\nCall-ID: {number}@198.51.100.7\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:caller@198.51.100.7:5060>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n\
         Supported: timer, 100rel\r\nSession-Expires: 1800\r\nUser-Agent: trunk\r\n\
         P-Asserted-Identity: <sip:caller@198.51.100.7>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(name)).unwrap()
}

fn response(request: &[u8], status: &str, body: &str) -> String {
    let text = str::from_utf8(request).unwrap();
    let to = line(text, "To: ");
    let tag = if to.contains(";tag=") { "" } else { ";tag=op" };
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "SIP/2.0 {status}\r\n{}\r\n{}\r\n{to}{tag}\r\n{}\r\n{}\r\nContact: <sip:op@198.51.100.9:5062>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        line(text, "Via: "),
        line(text, "From: "),
        line(text, "Call-ID: "),
        line(text, "CSeq: "),
        body.len()
    )
}

fn invite(dialog: DialogId) -> Command {
    let uri = |text: &str| Uri::parse(text).unwrap();
    Command::Invite(Box::new(Invite {
        dialog,
        target: Target::Flow(phone()),
        request_uri: uri("sip:op@198.51.100.9:5062"),
        from: Party {
            display: Some("Anonymous".to_owned()),
            uri: uri("sip:anonymous@anonymous.invalid"),
        },
        to: Party {
            display: None,
            uri: uri("sip:op@linka"),
        },
        local_tag: None,
        call_id: None,
        sdp: SDP.into(),
        headers: Vec::new(),
        credentials: None,
    }))
}

fn call(bench: &mut Bench, number: u32) {
    let caller = bench
        .receive(trunk(), request("INVITE", number, 1, "", SDP))
        .incoming
        .unwrap();
    bench.command(Command::Progress {
        dialog: caller,
        status: Status::RINGING,
        local_tag: None,
    });
    let accept = Command::Accept {
        dialog: caller,
        sdp: SDP.into(),
        local_tag: None,
        headers: Vec::new(),
    };
    let answer = bench.command(accept).sent.pop().unwrap();
    let tag = line(str::from_utf8(&answer).unwrap(), "To: ")
        .split_once(";tag=")
        .unwrap()
        .1
        .to_owned();
    let tag = format!(";tag={tag}");
    bench.receive(trunk(), request("ACK", number, 1, &tag, ""));
    let operator = bench.endpoint.next_dialog();
    let offer = bench.command(invite(operator)).sent.pop().unwrap();
    bench.receive(phone(), response(&offer, "100 Trying", ""));
    bench.receive(phone(), response(&offer, "180 Ringing", ""));
    bench.receive(phone(), response(&offer, "200 OK", SDP));
    for (dialog, flow) in [(operator, phone()), (caller, trunk())] {
        let again = bench
            .command(Command::Reoffer {
                dialog,
                sdp: SDP.into(),
            })
            .sent
            .pop()
            .unwrap();
        bench.receive(flow, response(&again, "200 OK", SDP));
    }
    bench.receive(trunk(), request("BYE", number, 2, &tag, ""));
    let bye = bench
        .command(Command::Bye {
            dialog: operator,
            reason: None,
        })
        .sent
        .pop()
        .unwrap();
    bench.receive(phone(), response(&bye, "200 OK", ""));
}

fn queued_calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sip");
    group
        .throughput(Throughput::Elements(CALLS.into()))
        .sample_size(10);
    group.bench_function("queued call of two legs, 200 calls/s", |bencher| {
        bencher.iter(|| {
            let now = Instant::now();
            let mut bench = Bench {
                endpoint: endpoint(now),
                now,
                messages: 0,
            };
            for number in 0..CALLS {
                call(&mut bench, number);
                bench.advance(BETWEEN_CALLS);
            }
            bench.advance(Duration::from_secs(65));
            assert_eq!(bench.endpoint.counts().transactions, 0);
            bench.messages
        });
    });
    group.finish();
}

criterion_group!(benches, queued_calls);
criterion_main!(benches);
