//! The demo's SIPp processes: one for each phone and one for each caller.

use super::program::Program;
use super::site::Site;
use super::{keys, scenario};
use crate::shell;
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

/// The trunk's address in the example configuration.
pub(crate) const TRUNK_HOST: &str = "127.0.0.2";
pub(crate) const PHONES_HOST: &str = "127.0.0.1";
/// Each process takes a block: SIP, control, and pairs for sound.
const PORTS: std::ops::Range<u16> = 16_000..19_992;
const PORTS_EACH: u16 = 8;
const SPEECH: &str = "speech.al";
const KEYS: &str = "keys.pcap";

/// What is needed to start another SIPp.
pub(crate) struct Peers<'site> {
    site: &'site Site,
    scenarios: PathBuf,
    started: u64,
    next_port: u16,
}

/// A SIPp process to be started.
pub(crate) struct Peer<'a> {
    pub(crate) scenario: &'a str,
    /// How it meets calls that it did not make.
    pub(crate) answers: Option<&'a str>,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    pub(crate) towards: Option<SocketAddr>,
    /// Whether it ends after one call.
    pub(crate) once: Calls,
    pub(crate) values: Vec<(&'a str, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    One,
    Any,
}

impl<'site> Peers<'site> {
    pub(crate) fn new(site: &'site Site) -> Result<Self> {
        let scenarios = scenarios();
        let speech = site.folder().join(SPEECH);
        let spoken = shell::root().join("config/prompts/cs/waiting-stay.wav");
        shell::output(
            shell::command("sox")
                .arg(spoken)
                .args(["-t", "al"])
                .arg(speech),
        )
        .context("making the callers' speech")?;
        fs::write(site.folder().join(KEYS), keys::capture("55"))
            .context("making the pressed keys")?;
        Ok(Self {
            site,
            scenarios,
            started: 0,
            next_port: PORTS.start,
        })
    }

    /// Starts it in a folder of its own, with the scenario's texts expanded.
    pub(crate) fn start(&mut self, peer: &Peer<'_>) -> Result<Sipp> {
        self.started += 1;
        let folder = self
            .site
            .folder()
            .join("sipp")
            .join(format!("{}-{}", self.started, peer.scenario));
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let values = values(self.site.folder(), peer);
        let write = |name: &str, file: &str| -> Result<()> {
            let text =
                scenario::expand(&self.scenarios, name, &values).map_err(|error| anyhow!(error))?;
            fs::write(folder.join(file), text).with_context(|| format!("writing scenario {name}"))
        };
        write(peer.scenario, "scenario.xml")?;
        let mut arguments = vec!["-sf".to_owned(), "scenario.xml".to_owned()];
        if let Some(answers) = peer.answers {
            write(answers, "calls.xml")?;
            arguments.extend(["-oocsf", "calls.xml"].map(str::to_owned));
        }
        if peer.once == Calls::One {
            arguments.extend(["-m", "1"].map(str::to_owned));
        }
        let block = self.free_block()?;
        let port = |number: u16| number.to_string();
        arguments.extend([
            "-p".to_owned(),
            port(peer.port.unwrap_or(block)),
            "-cp".to_owned(),
            port(block + 1),
            "-mp".to_owned(),
            port(block + 2),
        ]);
        arguments.extend(
            ["-i", peer.host, "-mi", peer.host, "-bind_local", "-nostdin"].map(str::to_owned),
        );
        arguments.extend(
            [
                "-trace_logs",
                "-log_file",
                "events.log",
                "-trace_err",
                "-error_file",
                "errors.log",
            ]
            .map(str::to_owned),
        );
        let credentials = scenario::credentials_for(&values, peer.towards);
        arguments.extend(credentials.into_iter().flatten());
        arguments.extend(peer.towards.map(|address| address.to_string()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let program = Program::start("sipp", &arguments, &folder, "screen.log")?;
        Ok(Sipp { program, folder })
    }

    fn free_block(&mut self) -> Result<u16> {
        for _ in 0..PORTS.len() / usize::from(PORTS_EACH) {
            let block = self.next_port;
            let next = block + PORTS_EACH;
            self.next_port = if next < PORTS.end { next } else { PORTS.start };
            let is_free = |port: u16| {
                UdpSocket::bind(("0.0.0.0", port)).is_ok()
                    && TcpListener::bind(("0.0.0.0", port)).is_ok()
            };
            if (block..block + PORTS_EACH).all(is_free) {
                return Ok(block);
            }
        }
        Err(anyhow!("no free ports in {PORTS:?} for another SIPp"))
    }
}

/// Where the scenarios of the tests with real peers are.
fn scenarios() -> PathBuf {
    shell::root().join("crates/daemon/tests/scenarios")
}

/// What the names in its scenarios stand for.
fn values(folder: &Path, peer: &Peer<'_>) -> BTreeMap<String, String> {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let own = [("sound", file(SPEECH)), ("keys", file(KEYS))];
    let own = own.into_iter().chain(peer.values.clone());
    let mut values = scenario::defaults();
    values.extend(own.map(|(name, value)| (name.to_owned(), value)));
    values
}

/// A running SIPp; killed when dropped.
pub(crate) struct Sipp {
    program: Program,
    folder: PathBuf,
}

impl Sipp {
    /// Whether its calls are over.
    pub(crate) fn is_over(&mut self) -> Result<bool> {
        Ok(self.program.ended()?.is_some())
    }

    /// How many callers it talked with. It may have answered more: who loses the race for a contact is hung up on.
    pub(crate) fn calls_talked(&self) -> u64 {
        self.times("talks")
    }

    /// How often its scenario logged exactly this text.
    pub(crate) fn times(&self, event: &str) -> u64 {
        let log = fs::read_to_string(self.folder.join("events.log")).unwrap_or_default();
        log.lines().filter(|line| line.trim() == event).count() as u64
    }

    /// What it found unexpected, and the end of what it printed.
    pub(crate) fn errors(&self) -> String {
        let errors = fs::read_to_string(self.folder.join("errors.log")).unwrap_or_default();
        format!("{errors}\n{}", self.program.last_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_a_scenario_of_the_demo_stands_for_something() {
        let all = [
            "answers",
            "caller",
            "caller-cancels",
            "caller-cannot-speak",
            "register-and-dial",
            "voicemail",
        ];

        for scenario in all {
            let peer = Peer {
                scenario,
                answers: None,
                host: PHONES_HOST,
                port: None,
                towards: None,
                once: Calls::One,
                values: Vec::new(),
            };
            let text = scenario::expand(&scenarios(), scenario, &values(Path::new("demo"), &peer));
            assert_eq!(text.err(), None, "{scenario}");
        }
    }
}
