//! baresip as an operator's softphone, or as a caller that listens: both directions of every call are recorded.

use super::eventually;
use super::ports::Ports;
use super::process::Process;
use super::sipp::{PHONES_HOST, TRUNK_HOST, Transport};
use super::sound::{self, Sound};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START_MAX: Duration = Duration::from_secs(10);
const RTP_PORTS: u16 = 20;
/// How long files may take to be ended. Those of a phone that was killed never are.
const FILES_ENDED_MAX: Duration = Duration::from_secs(3);
/// A netstring longer than this is no message of baresip's.
const MESSAGE_BYTES_MAX: usize = 1_000_000;

/// What it does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answering {
    AtOnce,
    /// Rings until [`Baresip::accept`] or [`Baresip::hang_up`].
    ByHand,
}

/// A softphone to be started.
pub(crate) struct Softphone {
    user: String,
    password: String,
    server: SocketAddr,
    registers: bool,
    host: &'static str,
    transport: Transport,
    answering: Answering,
    says: String,
    codecs: &'static str,
}

impl Softphone {
    /// A phone that registers as `user` and speaks a tone of 1,100 Hz.
    pub(crate) fn registered(user: &str, password: &str, server: SocketAddr) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            server,
            registers: true,
            host: PHONES_HOST,
            transport: Transport::Udp,
            answering: Answering::AtOnce,
            says: "tone-1100.wav".to_owned(),
            codecs: "PCMA",
        }
    }

    /// A telephone that only calls, with a number and a tone of 700 Hz.
    pub(crate) fn caller(number: &str, server: SocketAddr) -> Self {
        Self {
            registers: false,
            host: TRUNK_HOST,
            says: "tone-700.wav".to_owned(),
            ..Self::registered(number, "none", server)
        }
    }

    pub(crate) fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    pub(crate) fn answering(mut self, answering: Answering) -> Self {
        self.answering = answering;
        self
    }

    /// The address it lives on. Its RTP comes from 127.0.0.1 always: it binds no address for it.
    pub(crate) fn at(mut self, host: &'static str) -> Self {
        self.host = host;
        self
    }

    /// What it speaks: `tone-HERTZ.wav`, `silence.wav` or `speech-LANGUAGE.wav`.
    pub(crate) fn saying(mut self, sound: &str) -> Self {
        sound.clone_into(&mut self.says);
        self
    }

    /// The codecs it offers, for example `PCMU` or `PCMU,PCMA`.
    pub(crate) fn codecs(mut self, codecs: &'static str) -> Self {
        self.codecs = codecs;
        self
    }

    /// Starts it; with a registration, waits until that is accepted.
    #[track_caller]
    pub(crate) fn start(self, ports: &Ports) -> Baresip {
        let phone = self.start_unregistered(ports);
        if self.registers {
            eventually(&format!("{} is registered", phone.name), START_MAX, || {
                phone.is_registered().then_some(())
            });
        }
        phone
    }

    /// Starts it and waits for its control port only: for a registration that shall fail.
    #[track_caller]
    pub(crate) fn start_unregistered(&self, ports: &Ports) -> Baresip {
        let folder = TempDir::with_prefix("linka-baresip-").unwrap();
        // baresip takes the port after its own for TLS.
        let (sip, control) = (*ports.take_range(2).start(), ports.take());
        self.write_files(folder.path(), sip, control, &ports.take_range(RTP_PORTS));
        let mut command = Command::new("baresip");
        command
            .current_dir(folder.path())
            .arg("-f")
            .arg(folder.path());
        let name = format!("baresip {}", self.user);
        let mut process = Process::start(&name, &mut command, folder.path().join("baresip.log"));
        let stream = eventually(&format!("{name} opens its control port"), START_MAX, || {
            assert!(process.ended().is_none(), "{name} ended at its start");
            TcpStream::connect(("127.0.0.1", control)).ok()
        });
        let events = Arc::new(Mutex::new(Vec::new()));
        let (reader, heard) = (stream.try_clone().unwrap(), Arc::clone(&events));
        std::thread::spawn(move || collect_events(reader, &heard));
        let address = SocketAddr::new(self.host.parse().unwrap(), sip);
        Baresip {
            name,
            server: self.server,
            address,
            process,
            control: stream,
            events,
            folder,
        }
    }

    fn write_files(
        &self,
        folder: &Path,
        sip: u16,
        control: u16,
        rtp: &std::ops::RangeInclusive<u16>,
    ) {
        let sound = folder.join("says.wav");
        fs::copy(sound::wav(&self.says), &sound).unwrap();
        let (folder_text, sound) = (folder.display(), sound.display());
        let config = format!(
            "poll_method epoll\nsip_listen {host}:{sip}\n\
             audio_source aufile,{sound}\naudio_player aufile,{folder_text}/played.wav\naudio_alert aufile,{sound}\n\
             ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
             net_interface {host}\nrtp_ports {}-{}\nmodule_path {}\n\
             module g711.so\nmodule aufile.so\nmodule sndfile.so\n\
             module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen 127.0.0.1:{control}\nsnd_path {folder_text}/recordings\n",
            rtp.start(),
            rtp.end(),
            modules().display(),
            host = self.host,
        );
        let transport = if self.transport == Transport::Udp {
            "udp"
        } else {
            "tcp"
        };
        let answering = if self.answering == Answering::AtOnce {
            "auto"
        } else {
            "manual"
        };
        let account = format!(
            "<sip:{user}@{server};transport={transport}>;auth_user={user};auth_pass={password};regint={interval};\
             answermode={answering};audio_codecs={codecs}\n",
            user = self.user,
            server = self.server,
            password = self.password,
            interval = if self.registers { 60 } else { 0 },
            codecs = self.codecs,
        );
        fs::create_dir(folder.join("recordings")).unwrap();
        for (name, text) in [
            ("config", config.as_str()),
            ("accounts", &account),
            ("contacts", ""),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
    }
}

/// Where Debian keeps baresip's modules.
fn modules() -> PathBuf {
    let folders = [
        "/usr/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules",
        "/usr/lib/aarch64-linux-gnu/baresip/modules",
    ];
    let found = folders
        .into_iter()
        .map(PathBuf::from)
        .find(|folder| folder.is_dir());
    found.expect("baresip's modules (package baresip-core; cargo xtask test installs it)")
}

/// A running softphone; killed when dropped.
pub(crate) struct Baresip {
    name: String,
    server: SocketAddr,
    address: SocketAddr,
    process: Process,
    control: TcpStream,
    events: Arc<Mutex<Vec<Value>>>,
    folder: TempDir,
}

impl Baresip {
    /// Where it is reached by SIP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a registration was accepted since the start. By what it prints: it may register before anybody
    /// listens on its control port.
    pub(crate) fn is_registered(&self) -> bool {
        self.process.log().contains("} 200 OK (")
    }

    /// Calls a number of its server.
    pub(crate) fn dial(&mut self, number: &str) {
        let server = self.server;
        self.command("dial", &format!("sip:{number}@{server}"));
    }

    pub(crate) fn accept(&mut self) {
        self.command("accept", "");
    }

    /// Ends the call, or declines the one that rings.
    pub(crate) fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    pub(crate) fn hold(&mut self) {
        self.command("hold", "");
    }

    pub(crate) fn resume(&mut self) {
        self.command("resume", "");
    }

    /// Presses a key, sent as RFC 4733 telephone-event.
    pub(crate) fn press(&mut self, key: char) {
        self.command("sndcode", &key.to_string());
    }

    /// Sends a command of baresip's menu.
    #[track_caller]
    pub(crate) fn command(&mut self, command: &str, parameters: &str) {
        let message =
            json!({ "command": command, "params": parameters, "token": command }).to_string();
        let sent = write!(self.control, "{}:{message},", message.len());
        sent.unwrap_or_else(|error| panic!("{}: command {command}: {error}", self.name));
    }

    /// How often an event of this type came: `REGISTER_OK`, `REGISTER_FAIL`, `CALL_INCOMING`, `CALL_RINGING`,
    /// `CALL_ESTABLISHED`, `CALL_CLOSED` …
    pub(crate) fn seen(&self, kind: &str) -> usize {
        self.events(kind).len()
    }

    /// The events of this type, as baresip described them.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        self.events
            .lock()
            .unwrap()
            .iter()
            .filter(|event| event["type"] == kind)
            .cloned()
            .collect()
    }

    /// Waits for an event of this type.
    #[track_caller]
    pub(crate) fn wait_for(&self, kind: &str, within: Duration) -> Value {
        self.wait_for_nth(kind, 1, within)
    }

    /// Waits for the n-th event of this type since the start.
    #[track_caller]
    pub(crate) fn wait_for_nth(&self, kind: &str, nth: usize, within: Duration) -> Value {
        eventually(
            &format!("{}: {kind} number {nth}", self.name),
            within,
            || self.events(kind).into_iter().nth(nth - 1),
        )
    }

    /// What it heard in each of its calls so far, the first call first. Complete after `CALL_CLOSED`.
    pub(crate) fn heard(&self) -> Vec<Sound> {
        self.recordings("-dec.wav")
    }

    /// What it said in each of its calls so far.
    pub(crate) fn said(&self) -> Vec<Sound> {
        self.recordings("-enc.wav")
    }

    /// For how long it has been recording what it hears in the last call. The sound itself is complete after the call.
    pub(crate) fn seconds_heard(&self) -> f64 {
        let bytes = self
            .files("-dec.wav")
            .last()
            .and_then(|file| fs::metadata(file).ok())
            .map_or(0, |file| file.len());
        bytes as f64 / f64::from(2 * sound::RATE)
    }

    /// The running process, to kill or freeze the phone.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// baresip ends its files just after it has said that a call is over.
    fn recordings(&self, ending: &str) -> Vec<Sound> {
        let files = self.files(ending);
        let is_idle = self.seen("CALL_CLOSED") >= self.seen("CALL_ESTABLISHED");
        let begun = Instant::now();
        while is_idle && !files.iter().all(|file| sound::is_ended(file)) {
            if begun.elapsed() > FILES_ENDED_MAX {
                break;
            }
            std::thread::yield_now();
        }
        files.iter().map(|file| Sound::read(file)).collect()
    }

    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path().join("recordings")).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.to_string_lossy().ends_with(ending));
        // Their names tell the time without leading zeros: no order to sort by.
        files.sort_by_key(|file| fs::metadata(file).and_then(|file| file.modified()).ok());
        files
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _closed = self.control.shutdown(Shutdown::Both);
        if std::thread::panicking() {
            eprintln!(
                "--- {}: events: {:#?}",
                self.name,
                self.events.lock().unwrap()
            );
        }
    }
}

/// Reads netstrings (`LENGTH:JSON,`) until the connection ends.
fn collect_events(stream: TcpStream, events: &Mutex<Vec<Value>>) {
    let mut reader = BufReader::new(stream);
    while let Some(message) = netstring(&mut reader) {
        if let Ok(event) = serde_json::from_slice(&message) {
            events.lock().unwrap().push(event);
        }
    }
}

fn netstring(reader: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        match byte(reader)? {
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            b':' => break,
            _ => return None,
        }
        if length > MESSAGE_BYTES_MAX {
            return None;
        }
    }
    let mut message = vec![0; length];
    reader.read_exact(&mut message).ok()?;
    (byte(reader)? == b',').then_some(message)
}

fn byte(reader: &mut impl Read) -> Option<u8> {
    let mut byte = [0];
    reader.read_exact(&mut byte).ok().map(|()| byte[0])
}
