//! Peers of a few lines that send and read SIP themselves: for what no softphone does.

use super::eventually;
use super::linka::{LINE, Linka, PASSWORD, Site};
use super::sipp::{PHONES_HOST, TRUNK_HOST};
use md5::{Digest, Md5};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Within it several callers are answered, and are gone again.
const CALLS_WITHIN: Duration = Duration::from_secs(20);
/// How often a phone that is called by nobody looks whether its test is over.
const LOOK: Duration = Duration::from_millis(50);
const DATAGRAM_BYTES_MAX: usize = 65_535;
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A UDP socket that speaks SIP with a running `linka`.
pub(crate) struct Wire {
    socket: UdpSocket,
    address: SocketAddr,
    /// Where it says that it is.
    contact: String,
}

impl Wire {
    /// A socket of this host, from where `linka` is spoken to.
    pub(crate) fn at(host: &str, site: &Site) -> Self {
        Self::bound((host, site.ports().take()), site)
    }

    /// The trunk itself, where `linka` registers and sends outward calls.
    pub(crate) fn trunk(site: &Site) -> Self {
        Self::bound(site.trunk(), site)
    }

    fn bound(address: impl ToSocketAddrs, site: &Site) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        socket.connect(site.sip()).unwrap();
        let address = socket.local_addr().unwrap();
        Self {
            socket,
            address,
            contact: address.to_string(),
        }
    }

    /// The same, speaking to this host instead, and hearing it alone.
    pub(crate) fn asking(self, host: IpAddr) -> Self {
        let port = self.socket.peer_addr().unwrap().port();
        self.socket.connect((host, port)).unwrap();
        self
    }

    /// The same, with a Contact of the test's.
    pub(crate) fn saying(self, contact: &str) -> Self {
        let contact = contact.to_owned();
        Self { contact, ..self }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a message as it stands. A port that is closed for now is the test's business.
    pub(crate) fn send(&self, message: impl AsRef<[u8]>) {
        let _closed = self.socket.send(message.as_ref());
    }

    /// The next datagram, if one comes within the time.
    pub(crate) fn receive(&self, within: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(within)).unwrap();
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// A request of its own, complete up to `more` and an empty body.
    pub(crate) fn request(&self, method: &str, uri: &str, user: &str, more: &str) -> String {
        let (address, contact, n) = (self.address, &self.contact, fresh());
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-wire-{n}\r\n\
             From: <sip:{user}@{address}>;tag=wire{n}\r\nTo: <{uri}>\r\nCall-ID: wire-{n}\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:{user}@{contact}>\r\nMax-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n"
        )
    }

    /// The next message that is a request of this method.
    #[track_caller]
    pub(crate) fn is_asked(&self, method: &str) -> String {
        eventually(&format!("{method} comes"), ANSWER_MAX, || {
            self.receive(LOOK)
                .filter(|message| message.starts_with(&format!("{method} ")))
        })
    }

    /// Answers a request with this status, these further header lines and no body.
    pub(crate) fn answers(&self, request: &str, status: &str, more: &str) {
        let head = head_of_response(request, status);
        self.send(format!("{head}{more}Content-Length: 0\r\n\r\n"));
    }

    /// Takes a call with this session description.
    pub(crate) fn accepts(&self, invite: &str, sdp: &str) {
        self.send(response(self, invite, "200 OK", sdp));
    }

    /// Registers as an operator's phone, for an hour.
    #[track_caller]
    pub(crate) fn registers(&self, name: &str, site: &Site) {
        let registrar = format!("sip:{}", site.sip());
        let account = format!("sip:{name}@{}", site.sip());
        let register = |cseq: u32, more: &str| {
            let more = format!("Expires: 3600\r\n{more}");
            self.request("REGISTER", &registrar, name, &more)
                .replace(&format!("To: <{registrar}>"), &format!("To: <{account}>"))
                .replace("CSeq: 1", &format!("CSeq: {cseq}"))
        };
        self.send(register(1, ""));
        let challenge = self.response();
        assert_eq!(status(&challenge), Some(401), "{challenge}");
        let credentials = credentials(&challenge, name, "REGISTER", &registrar);
        self.send(register(2, &credentials));
        let accepted = self.response();
        assert_eq!(status(&accepted), Some(200), "{accepted}");
    }

    /// The first response above 100 to what was sent.
    #[track_caller]
    pub(crate) fn sign(&self) -> String {
        eventually("a response comes", ANSWER_MAX, || {
            self.receive(LOOK)
                .filter(|message| status(message).is_some_and(|code| code > 100))
        })
    }

    /// The final response to what was sent.
    #[track_caller]
    fn response(&self) -> String {
        eventually("a final response comes", ANSWER_MAX, || {
            self.receive(LOOK)
                .filter(|message| status(message).is_some_and(|code| code >= 200))
        })
    }
}

/// A number that no other message of this process has.
pub(crate) fn fresh() -> u64 {
    u64::from(std::process::id()) * 1_000_000 + NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The status code of a response; none for a request.
pub(crate) fn status(message: &str) -> Option<u16> {
    message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// The first value of a header.
pub(crate) fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = message.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A caller of the trunk.
pub(crate) struct Caller {
    wire: Wire,
    /// From, To and Call-ID of the dialog, as header lines.
    from: String,
    to: String,
    call_id: String,
    sdp: String,
}

impl Caller {
    /// Calls the line; `from` is the value of her From without its tag, `more` is further header lines.
    pub(crate) fn calls(site: &Site, from: &str, more: &str) -> Self {
        let sdp = sdp(TRUNK_HOST, site.ports().take());
        Self::calls_with(site, from, more, sdp)
    }

    /// The same with a session description of the test's.
    pub(crate) fn calls_with(site: &Site, from: &str, more: &str, sdp: String) -> Self {
        Self::calls_by(Wire::at(TRUNK_HOST, site), site, from, more, sdp)
    }

    /// The same by a socket of the test's.
    pub(crate) fn calls_by(wire: Wire, site: &Site, from: &str, more: &str, sdp: String) -> Self {
        let n = fresh();
        let caller = Self {
            from: format!("From: {from};tag=caller{n}\r\n"),
            to: format!("To: <sip:{LINE}@{}>\r\n", site.sip()),
            call_id: format!("Call-ID: caller-{n}\r\n"),
            wire,
            sdp,
        };
        let contact = format!("Contact: <sip:{}>\r\n", caller.wire.address);
        let contact = if more.contains("Contact:") {
            ""
        } else {
            &contact
        };
        let more = format!("{contact}{more}Content-Type: application/sdp\r\n");
        let uri = format!("sip:{LINE}@{}", site.sip());
        caller.send("INVITE", 1, &uri, &more, &caller.sdp);
        caller
    }

    /// Waits until the line or an operator answers, and acknowledges it. Returns the answer.
    #[track_caller]
    pub(crate) fn is_answered(&mut self, within: Duration) -> String {
        let response = self.is_answered_without_ack(within);
        let uri = format!("sip:{LINE}@{}", self.wire.socket.peer_addr().unwrap());
        self.send("ACK", 1, &uri, "", "");
        response
    }

    /// Waits until the line or an operator answers, and leaves it at that. Returns the answer.
    #[track_caller]
    pub(crate) fn is_answered_without_ack(&mut self, within: Duration) -> String {
        let response = eventually("the caller is answered", within, || {
            self.wire
                .receive(LOOK)
                .filter(|message| status(message).is_some_and(|code| code >= 200))
        });
        assert_eq!(status(&response), Some(200), "{response}");
        self.to = format!("To: {}\r\n", header(&response, "To").unwrap());
        response
    }

    /// The next message for her, if one comes within the time.
    pub(crate) fn receive(&self, within: Duration) -> Option<String> {
        self.wire.receive(within)
    }

    /// Answers a request with this status and no body.
    pub(crate) fn answers(&self, request: &str, status: &str) {
        self.wire.answers(request, status, "");
    }

    /// Hangs up, and gives the status that this was answered with.
    #[track_caller]
    pub(crate) fn hangs_up(&self) -> u16 {
        let uri = format!("sip:{LINE}@{}", self.wire.socket.peer_addr().unwrap());
        self.send("BYE", 2, &uri, "", "");
        eventually("her BYE is answered", ANSWER_MAX, || {
            let message = self.wire.receive(LOOK)?;
            header(&message, "CSeq")
                .is_some_and(|cseq| cseq.ends_with("BYE"))
                .then(|| status(&message))?
        })
    }

    fn send(&self, method: &str, cseq: u32, uri: &str, more: &str, body: &str) {
        let Self {
            from, to, call_id, ..
        } = self;
        let (address, n) = (self.wire.address, fresh());
        self.wire.send(format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-caller-{n}\r\n{from}{to}{call_id}\
             CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n{more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
}

/// So many callers are answered by the line, and each hangs up.
#[track_caller]
pub(crate) fn callers_hang_up(site: &Site, linka: &Linka<'_>, count: usize) {
    let number = |at| format!("<sip:+4207770001{at:02}@127.0.0.2>");
    let callers: Vec<_> = (0..count)
        .map(|at| Caller::calls(site, &number(at), ""))
        .collect();
    for mut caller in callers {
        caller.is_answered(CALLS_WITHIN);
        assert_eq!(caller.hangs_up(), 200);
    }
    linka.wait_for("all calls are over", CALLS_WITHIN, |status| {
        status["contacts"].as_array()?.is_empty().then_some(())
    });
}

/// An offer or answer of A-law and keys, received there.
pub(crate) fn sdp(host: &str, port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    )
}

/// Where the session description of a message receives sound.
pub(crate) fn sound_of(message: &str) -> Option<SocketAddr> {
    let line = |start| message.lines().find_map(|line| line.strip_prefix(start));
    let host = line("c=IN IP4 ").or_else(|| line("c=IN IP6 "))?.trim();
    let port = line("m=audio ")?.split(' ').next()?;
    Some(SocketAddr::new(host.parse().ok()?, port.parse().ok()?))
}

/// A phone that registers once, answers what it is asked and called, and remembers who called it.
pub(crate) struct WirePhone {
    seen: Arc<Seen>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    calls: Mutex<BTreeSet<String>>,
    /// Where the last caller's sound is received.
    sound: Mutex<Option<SocketAddr>>,
    probes: AtomicU64,
    /// How often nothing came for a while.
    silences: AtomicU64,
}

impl WirePhone {
    /// Registers for an hour, dials a star code, and answers every call at once from then on.
    #[track_caller]
    pub(crate) fn dials(star: &str, name: &str, site: &Site) -> Self {
        let sdp = sdp(PHONES_HOST, site.ports().take());
        Self::dials_with(star, name, site, sdp)
    }

    /// The same, and answers its calls with a session description of the test's.
    #[track_caller]
    pub(crate) fn dials_with(star: &str, name: &str, site: &Site, sdp: String) -> Self {
        let wire = Wire::at(PHONES_HOST, site);
        wire.registers(name, site);
        dial(&wire, star, name, site);
        let (seen, over) = (Arc::<Seen>::default(), Arc::<AtomicBool>::default());
        let (writes, ends) = (seen.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                match wire.receive(LOOK) {
                    Some(message) => answer(&wire, &message, &sdp, &writes),
                    None => drop(writes.silences.fetch_add(1, Ordering::Relaxed)),
                }
            }
        });
        Self {
            seen,
            over,
            thread: Some(thread),
        }
    }

    /// How many calls came in all.
    pub(crate) fn calls(&self) -> usize {
        self.seen
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Where the last call's sound is received by `linka`, once there was one.
    pub(crate) fn sound(&self) -> Option<SocketAddr> {
        *self
            .seen
            .sound
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has taken everything that was sent to it so far.
    #[track_caller]
    pub(crate) fn hears_nothing_more(&self) {
        let before = self.seen.silences.load(Ordering::Relaxed);
        eventually("the phone hears nothing more", ANSWER_MAX, || {
            // The silence that counts first may have begun before.
            (self.seen.silences.load(Ordering::Relaxed) >= before + 2).then_some(())
        });
    }

    /// How often it was asked whether it is there.
    pub(crate) fn probes(&self) -> u64 {
        self.seen.probes.load(Ordering::Relaxed)
    }
}

impl Drop for WirePhone {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _failed = thread.join();
        }
    }
}

/// Dials a star code and listens until the confirmation is over.
#[track_caller]
pub(crate) fn dial(wire: &Wire, star: &str, name: &str, site: &Site) {
    let uri = format!("sip:{star}@{}", site.sip());
    let body = sdp(PHONES_HOST, site.ports().take());
    let invite = wire
        .request("INVITE", &uri, name, "Content-Type: application/sdp\r\n")
        .replace(
            "Content-Length: 0",
            &format!("Content-Length: {}", body.len()),
        );
    wire.send(format!("{invite}{body}"));
    let challenge = wire.response();
    assert_eq!(status(&challenge), Some(401), "{challenge}");
    wire.send(ack(wire, &challenge, &uri, 1));
    let answer_to_it = credentials(&challenge, name, "INVITE", &uri);
    let again = invite
        .replace("CSeq: 1", "CSeq: 2")
        .replace(";branch=z9hG4bK-wire-", ";branch=z9hG4bK-again-")
        .replace("Max-Forwards", &format!("{answer_to_it}Max-Forwards"));
    wire.send(format!("{again}{body}"));
    let response = wire.response();
    assert_eq!(status(&response), Some(200), "{response}");
    wire.send(ack(wire, &response, &uri, 2));
    let over = Seen::default();
    eventually("the confirmation is over", Duration::from_secs(20), || {
        let message = wire.receive(LOOK)?;
        answer(wire, &message, "", &over);
        message.starts_with("BYE ").then_some(())
    });
}

/// The ACK of a final response; that of a refusal belongs to the same transaction.
fn ack(wire: &Wire, response: &str, uri: &str, cseq: u32) -> String {
    let via = match status(response) {
        Some(200) => format!(
            "SIP/2.0/UDP {};branch=z9hG4bK-ack-{}",
            wire.address,
            fresh()
        ),
        _ => header(response, "Via").unwrap().to_owned(),
    };
    let mut ack = format!("ACK {uri} SIP/2.0\r\nVia: {via}\r\n");
    for name in ["From", "To", "Call-ID"] {
        write!(ack, "{name}: {}\r\n", header(response, name).unwrap()).unwrap();
    }
    format!("{ack}CSeq: {cseq} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
}

fn answer(wire: &Wire, request: &str, sdp: &str, seen: &Seen) {
    let Some((method, _)) = request
        .split_once(' ')
        .filter(|(method, _)| *method != "SIP/2.0")
    else {
        return;
    };
    match method {
        "ACK" => {}
        "INVITE" => {
            let mut calls = seen.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.insert(header(request, "Call-ID").unwrap().to_owned());
            let mut sound = seen.sound.lock().unwrap_or_else(PoisonError::into_inner);
            *sound = sound_of(request);
            wire.send(response(wire, request, "200 OK", sdp));
        }
        _ => {
            seen.probes
                .fetch_add(u64::from(method == "OPTIONS"), Ordering::Relaxed);
            wire.send(response(wire, request, "200 OK", ""));
        }
    }
}

fn response(wire: &Wire, request: &str, status: &str, body: &str) -> String {
    let text = head_of_response(request, status);
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let (contact, length) = (&wire.contact, body.len());
    format!("{text}Contact: <sip:phone@{contact}>\r\n{kind}Content-Length: {length}\r\n\r\n{body}")
}

/// The status line and the headers that a response has from its request.
fn head_of_response(request: &str, status: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.lines().take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default();
        if ["Via", "From", "Call-ID", "CSeq", "Record-Route"].contains(&name) {
            write!(text, "{line}\r\n").unwrap();
        }
        if name == "To" {
            let tag = if line.contains(";tag=") {
                ""
            } else {
                ";tag=phone"
            };
            write!(text, "{line}{tag}\r\n").unwrap();
        }
    }
    text
}

/// The credentials that a challenge asks for (RFC 7616, MD5, qop=auth).
fn credentials(challenge: &str, user: &str, method: &str, uri: &str) -> String {
    credentials_with(challenge, user, PASSWORD, method, uri)
}

/// The credentials for this password, right or wrong.
pub(crate) fn credentials_with(
    challenge: &str,
    user: &str,
    password: &str,
    method: &str,
    uri: &str,
) -> String {
    let challenge = header(challenge, "WWW-Authenticate").unwrap();
    let field = |name: &str| {
        let (_, value) = challenge.split_once(&format!("{name}=\"")).unwrap();
        value.split('"').next().unwrap()
    };
    let md5 = |text: String| super::hexadecimal(&Md5::digest(text));
    let (realm, nonce) = (field("realm"), field("nonce"));
    let secret = md5(format!("{user}:{realm}:{password}"));
    let request = md5(format!("{method}:{uri}"));
    let answer = md5(format!("{secret}:{nonce}:00000001:wire:auth:{request}"));
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", qop=auth, \
         nc=00000001, cnonce=\"wire\", response=\"{answer}\", algorithm=MD5\r\n"
    )
}
