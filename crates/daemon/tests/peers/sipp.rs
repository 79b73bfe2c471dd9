//! SIPp as trunk, callers and phones.

use super::ports::Ports;
use super::process::{Process, text_of};
use super::{eventually, scenario, sound};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const RTP_PORTS: u16 = 16;
/// The example configuration knows its trunk by this address.
pub(crate) const TRUNK_HOST: &str = "127.0.0.2";
pub(crate) const PHONES_HOST: &str = "127.0.0.1";

/// SIP's transport between SIPp and its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// What SIPp shall play: a scenario of `tests/scenarios/`, the peer and the values of the scenario.
pub(crate) struct Scenario {
    name: &'static str,
    calls_of_others: Option<&'static str>,
    peer: Option<SocketAddr>,
    host: &'static str,
    port: Option<u16>,
    transport: Transport,
    calls: Option<u32>,
    calls_per_minute: u32,
    values: BTreeMap<String, String>,
}

impl Scenario {
    /// A scenario that calls or registers with `peer`.
    pub(crate) fn towards(name: &'static str, peer: SocketAddr) -> Self {
        Self {
            peer: Some(peer),
            ..Self::waiting(name)
        }
    }

    /// A scenario that waits for requests.
    pub(crate) fn waiting(name: &'static str) -> Self {
        Self {
            name,
            calls_of_others: None,
            peer: None,
            host: TRUNK_HOST,
            port: None,
            transport: Transport::Udp,
            calls: None,
            calls_per_minute: 600,
            values: scenario::defaults(),
        }
    }

    /// A phone: registers as `user`, keeps registered, and meets every call with the scenario `answers`.
    pub(crate) fn phone(
        user: &str,
        password: &str,
        registrar: SocketAddr,
        answers: &'static str,
    ) -> Self {
        let phone = Self::towards("register", registrar)
            .with("user", user)
            .with("password", password)
            .calls(1);
        Self {
            calls_of_others: Some(answers),
            host: PHONES_HOST,
            ..phone
        }
    }

    /// A phone that also dials a star code once it is registered, for example `*40`: ready.
    pub(crate) fn dialling(self, star: &str) -> Self {
        Self {
            name: "register-and-dial",
            ..self
        }
        .with("star", star)
    }

    /// Sets a value of the scenario.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The keys it presses, where the scenario presses any: `keys-DIGITS.pcap`.
    pub(crate) fn pressing(self, keys: &str) -> Self {
        self.with("keys", &format!("keys-{keys}.pcap"))
    }

    /// What is sent as sound: `tone-HERTZ.al`, `tone-HERTZ.ul`, or `speech-LANGUAGE.al`.
    pub(crate) fn saying(self, sound: &str) -> Self {
        self.with("sound", sound)
    }

    pub(crate) fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// The local SIP address; left out, a free port of the trunk's host, or of the phones'.
    pub(crate) fn at(mut self, host: &'static str, port: u16) -> Self {
        self.host = host;
        self.port = Some(port);
        self
    }

    /// Ends after so many calls; left out, it goes on.
    pub(crate) fn calls(mut self, calls: u32) -> Self {
        self.calls = Some(calls);
        self
    }

    pub(crate) fn calls_per_minute(mut self, rate: u32) -> Self {
        self.calls_per_minute = rate;
        self
    }

    /// Starts SIPp.
    #[track_caller]
    pub(crate) fn start(self, ports: &Ports) -> Sipp {
        let folder = TempDir::with_prefix("linka-sipp-").unwrap();
        let port = self.port.unwrap_or_else(|| ports.take());
        let rtp = ports.take_range(RTP_PORTS);
        self.prepare(folder.path());
        let mut command = Command::new("sipp");
        command.current_dir(folder.path()).args([
            "-sf",
            "scenario.xml",
            "-i",
            self.host,
            "-mi",
            self.host,
            "-nostdin",
            "-bind_local",
        ]);
        command.args([
            "-p",
            &port.to_string(),
            "-mp",
            &rtp.start().to_string(),
            "-cp",
            &ports.take().to_string(),
        ]);
        command.args([
            "-t",
            if self.transport == Transport::Udp {
                "u1"
            } else {
                "t1"
            },
        ]);
        command.args([
            "-trace_stat",
            "-stf",
            "stats.csv",
            "-fd",
            "1",
            "-trace_logs",
            "-log_file",
            "events.log",
            "-trace_err",
            "-error_file",
            "errors.log",
            "-trace_msg",
            "-message_file",
            "messages.log",
        ]);
        command.args(["-r", &self.calls_per_minute.to_string(), "-rp", "60000"]);
        if self.calls_of_others.is_some() {
            command.args(["-oocsf", "calls.xml"]);
        }
        if let Some(calls) = self.calls {
            command.args(["-m", &calls.to_string()]);
        }
        command.args(
            scenario::credentials_for(&self.values, self.peer)
                .into_iter()
                .flatten(),
        );
        if let Some(peer) = self.peer {
            command.arg(peer.to_string());
        }
        let name = format!("sipp {}", self.name);
        let process = Process::start(&name, &mut command, folder.path().join("screen.log"));
        Sipp {
            name,
            process,
            address: SocketAddr::new(self.host.parse().unwrap(), port),
            folder,
        }
    }

    /// Writes the scenarios, the sound and the credentials into SIPp's folder.
    #[track_caller]
    fn prepare(&self, folder: &Path) {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        let write = |name: &str, file: &str| {
            let text = scenario::expand(&scenarios, name, &self.values)
                .unwrap_or_else(|error| panic!("{error}"));
            std::fs::write(folder.join(file), text).unwrap();
        };
        write(self.name, "scenario.xml");
        if let Some(answers) = self.calls_of_others {
            write(answers, "calls.xml");
        }
        for name in [&self.values["sound"], &self.values["keys"]] {
            std::fs::copy(sound::raw(name), folder.join(name)).unwrap();
        }
    }
}

/// How many calls ended well and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) successful: u64,
    pub(crate) failed: u64,
}

/// A running SIPp; killed when dropped.
pub(crate) struct Sipp {
    name: String,
    process: Process,
    address: SocketAddr,
    folder: TempDir,
}

impl Sipp {
    /// Where it is reached by SIP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often the scenario logged exactly this text (`<log message="…"/>`).
    pub(crate) fn logged(&self, event: &str) -> usize {
        text_of(&self.file("events.log"))
            .lines()
            .filter(|line| line.trim() == event)
            .count()
    }

    /// Waits until the scenario logged the text.
    #[track_caller]
    pub(crate) fn wait_for(&self, event: &str, within: Duration) {
        self.wait_for_times(event, 1, within);
    }

    /// Waits until the scenario logged the text so many times.
    #[track_caller]
    pub(crate) fn wait_for_times(&self, event: &str, times: usize, within: Duration) {
        let what = format!(
            "{} logs {event:?} {times} times; its errors: {}",
            self.name,
            self.errors()
        );
        eventually(&what, within, || {
            (self.logged(event) >= times).then_some(())
        });
    }

    /// Every SIP message it sent and received, in order, as SIPp wrote them.
    pub(crate) fn messages(&self) -> String {
        text_of(&self.file("messages.log"))
    }

    /// Whether the last Proxy-Authorization it received is right for the password (RFC 7616, MD5, qop=auth).
    pub(crate) fn proxy_credentials_are_right(
        &self,
        user: &str,
        password: &str,
        method: &str,
    ) -> bool {
        let messages = self.messages();
        let mut headers = messages
            .lines()
            .filter_map(|line| line.strip_prefix("Proxy-Authorization: Digest "));
        headers
            .next_back()
            .is_some_and(|credentials| digest::is_right(credentials, user, password, method))
    }

    /// What SIPp found unexpected; empty when nothing was.
    pub(crate) fn errors(&self) -> String {
        text_of(&self.file("errors.log"))
    }

    /// Waits for the end of all calls, and says how they ended.
    #[track_caller]
    pub(crate) fn finish(&mut self, within: Duration) -> Calls {
        self.process.wait(within);
        last_counts(&text_of(&self.file("stats.csv"))).unwrap_or_default()
    }

    /// Waits for the end of all calls; fails the test unless every one of `calls` ended as the scenario says.
    #[track_caller]
    pub(crate) fn succeeds(&mut self, calls: u64, within: Duration) {
        let counts = self.finish(within);
        assert_eq!(
            counts,
            Calls {
                successful: calls,
                failed: 0
            },
            "{}: {}",
            self.name,
            self.errors()
        );
    }

    /// The running process, to kill or freeze the phone it plays.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "--- {}: errors:\n{}\n--- messages:\n{}",
                self.name,
                self.errors(),
                self.messages()
            );
        }
    }
}

mod digest {
    use super::super::hexadecimal;
    use md5::{Digest, Md5};
    use std::collections::BTreeMap;

    pub(super) fn is_right(credentials: &str, user: &str, password: &str, method: &str) -> bool {
        let fields = credentials
            .split(',')
            .filter_map(|field| field.trim().split_once('='));
        let fields: BTreeMap<&str, &str> = fields
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let secret = md5(&format!("{user}:{}:{password}", field("realm")));
        let request = md5(&format!("{method}:{}", field("uri")));
        let text = [
            &secret,
            field("nonce"),
            field("nc"),
            field("cnonce"),
            field("qop"),
            &request,
        ]
        .join(":");
        field("username") == user && field("response") == md5(&text)
    }

    fn md5(text: &str) -> String {
        hexadecimal(&Md5::digest(text))
    }
}

fn last_counts(csv: &str) -> Option<Calls> {
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next()?.split(';').collect();
    let last: Vec<&str> = lines.last()?.split(';').collect();
    let count = |name: &str| {
        let column = columns.iter().position(|column| *column == name)?;
        last.get(column)?.parse().ok()
    };
    Some(Calls {
        successful: count("SuccessfulCall(C)")?,
        failed: count("FailedCall(C)")?,
    })
}
