//! `linka` itself: a site with a configuration and folders of its own, and the running process.

use super::certificate::{Authority, Certificate};
use super::ports::Ports;
use super::process::Process;
use super::{eventually, eventually_or_tell, hexadecimal};
use md5::{Digest, Md5};
use serde_json::Value;
use sha2::Sha256;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;
use tempfile::TempDir;

const START_MAX: Duration = Duration::from_secs(15);
const RTP_PORTS: u16 = 80;
/// The realm of the example configuration.
const REALM: &str = "linka";
/// The password of every operator's phone in tests.
pub(crate) const PASSWORD: &str = "secret";
/// A number of the example's line.
pub(crate) const LINE: &str = "800000116";

/// A configuration made from the example in `config/`, with ports, data and keys of its own.
///
/// The trunk is whoever calls from 127.0.0.2; phones live on 127.0.0.1. Outward calls go to [`Site::trunk`].
pub(crate) struct Site {
    folder: TempDir,
    ports: Ports,
    rtp: RangeInclusive<u16>,
    sip: u16,
    metrics: u16,
    web: u16,
    trunk: u16,
}

impl Site {
    /// The example configuration on free ports, without operators.
    pub(crate) fn new() -> Self {
        let ports = Ports::reserve();
        let rtp = ports.take_range(RTP_PORTS);
        let (sip, metrics, trunk) = (ports.take(), ports.take(), ports.take());
        let web = ports.take();
        let site = Self {
            folder: TempDir::with_prefix("linka-site-").unwrap(),
            ports,
            rtp: rtp.clone(),
            sip,
            metrics,
            web,
            trunk,
        };
        fs::create_dir(site.config()).unwrap();
        fs::DirBuilder::new()
            .mode(0o700)
            .create(site.keys())
            .unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        for name in [
            "linka",
            "trunks",
            "lines",
            "queues",
            "operators",
            "partners",
        ] {
            let name = format!("{name}.toml");
            fs::copy(example.join(&name), site.config().join(name)).unwrap();
        }
        let prompts = example.join("prompts").canonicalize().unwrap();
        site.change(
            "linka.toml",
            "\"0.0.0.0:5060\"",
            &format!("\"127.0.0.1:{sip}\""),
        );
        site.change(
            "linka.toml",
            "10000-19999",
            &format!("{}-{}", rtp.start(), rtp.end()),
        );
        site.change(
            "linka.toml",
            "127.0.0.1:9464",
            &format!("127.0.0.1:{metrics}"),
        );
        site.change("linka.toml", "127.0.0.1:8080", &format!("127.0.0.1:{web}"));
        site.change(
            "linka.toml",
            "folder = \"prompts\"",
            &format!("folder = \"{}\"", prompts.display()),
        );
        site.change(
            "trunks.toml",
            "127.0.0.2:5070",
            &format!("127.0.0.2:{trunk}"),
        );
        // Most tests have nobody there who would answer.
        site.change(
            "trunks.toml",
            "options_interval_seconds = 10",
            "options_interval_seconds = 0",
        );
        site
    }

    /// Ports for the peers of this test.
    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Where `linka` listens, UDP and TCP.
    pub(crate) fn sip(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.sip))
    }

    /// The ports of `linka`'s sound.
    pub(crate) fn rtp(&self) -> RangeInclusive<u16> {
        self.rtp.clone()
    }

    /// Where `linka` sends outward calls: a peer of the test may listen there.
    pub(crate) fn trunk(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 2], self.trunk))
    }

    /// The port of metrics and health, on 127.0.0.1.
    pub(crate) fn metrics(&self) -> u16 {
        self.metrics
    }

    /// The port of dashboards and API, on 127.0.0.1.
    pub(crate) fn web(&self) -> u16 {
        self.web
    }

    /// Serves the pages by HTTPS too, for other machines; returns the port.
    pub(crate) fn serve_https(&self, certificate: &Certificate) -> u16 {
        let port = self.ports.take();
        let listen = format!("\"127.0.0.1:{port}\"");
        self.change("linka.toml", "\"0.0.0.0:8443\"", &listen);
        let files = format!(
            "[web]\ncertificate = \"{}\"\nkey = \"{}\"\n",
            certificate.chain.display(),
            certificate.key.display()
        );
        self.change("linka.toml", "[web]\n", &files);
        port
    }

    /// Keeps the records in this PostgreSQL database instead of a file.
    pub(crate) fn keep_records_in(&self, database: &str) {
        self.change(
            "linka.toml",
            "# database = \"postgres://linka@localhost/linka\"",
            &format!("database = \"{database}\""),
        );
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// What `linka` has printed since the site was made, over all its starts.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("linka.log")
    }

    /// Replaces every occurrence of a text of a configuration file; fails when there is none.
    #[track_caller]
    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.config().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Writes a whole configuration file.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.config().join(file), text).unwrap();
    }

    /// Appends to a configuration file.
    pub(crate) fn append(&self, file: &str, text: &str) {
        let path = self.config().join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{before}\n{text}\n")).unwrap();
    }

    /// Adds an operator whose phone's password is [`PASSWORD`]; `more` is further keys of her, in TOML.
    pub(crate) fn operator(&self, name: &str, more: &str) {
        let account = format!("{name}:{REALM}:{PASSWORD}");
        let md5 = hexadecimal(&Md5::digest(&account));
        let sha256 = hexadecimal(&Sha256::digest(&account));
        let text = format!(
            "[[operator]]\nname = \"{name}\"\ndisplay_name = \"{name}\"\ndigest_md5 = \"{md5}\"\ndigest_sha256 = \"{sha256}\"\n{more}"
        );
        self.append("operators.toml", &text);
    }

    /// Runs a subcommand to its end, with the folders it takes.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = linka();
        command.args(arguments);
        if let Some(&("audit" | "backup" | "check" | "operator" | "report" | "restore" | "warn")) =
            arguments.first()
        {
            command
                .arg("--config")
                .arg(self.config())
                .arg("--keys")
                .arg(self.keys());
        }
        if !matches!(arguments, ["check" | "warn", ..] | ["operator", "list", ..]) {
            command.arg("--data").arg(self.data());
        }
        command.output().unwrap()
    }

    /// Starts `linka serve` and waits until it tells its status.
    #[track_caller]
    pub(crate) fn start(&self) -> Linka<'_> {
        self.until_ready(self.start_unready())
    }

    /// Starts `linka serve` with this much in its log, for example `debug`.
    #[track_caller]
    pub(crate) fn start_logging(&self, level: &str) -> Linka<'_> {
        let mut command = self.serve();
        command.env("LINKA_LOG", level);
        self.until_ready(self.spawn(command))
    }

    /// Starts `linka serve` on a machine that trusts this authority alone.
    #[track_caller]
    pub(crate) fn start_trusting(&self, authority: &Authority) -> Linka<'_> {
        let mut command = self.serve();
        command.env("SSL_CERT_FILE", authority.root(self.folder.path()));
        self.until_ready(self.spawn(command))
    }

    /// Starts `linka serve` with these variables in its environment.
    #[track_caller]
    pub(crate) fn start_with(&self, variables: &[(&str, &Path)]) -> Linka<'_> {
        self.until_ready(self.start_unready_with(variables))
    }

    #[track_caller]
    fn until_ready<'site>(&self, mut linka: Linka<'site>) -> Linka<'site> {
        let _status = eventually("linka is ready", START_MAX, || {
            if let Some(status) = linka.process.ended() {
                panic!(
                    "linka ended at its start ({status}):\n{}",
                    linka.process.log()
                );
            }
            linka.status()
        });
        linka
    }

    /// `linka serve` with all its folders but the keys.
    pub(crate) fn serve(&self) -> Command {
        let mut command = linka();
        command
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .arg("--data")
            .arg(self.data());
        command
    }

    /// Starts `linka serve` and does not wait: for a start that shall fail.
    #[track_caller]
    pub(crate) fn start_unready(&self) -> Linka<'_> {
        self.spawn(self.serve())
    }

    /// The same, with these variables in its environment.
    #[track_caller]
    pub(crate) fn start_unready_with(&self, variables: &[(&str, &Path)]) -> Linka<'_> {
        let mut command = self.serve();
        command.envs(variables.iter().copied());
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Linka<'_> {
        command.arg("--keys").arg(self.keys());
        Linka {
            site: self,
            process: Process::start("linka", &mut command, self.log()),
        }
    }
}

fn linka() -> Command {
    Command::new(env!("CARGO_BIN_EXE_linka"))
}

/// A running `linka serve`; killed when dropped.
pub(crate) struct Linka<'site> {
    site: &'site Site,
    process: Process,
}

impl Linka<'_> {
    /// What `linka status --json` says, if it answers.
    pub(crate) fn status(&self) -> Option<Value> {
        let output = self.site.command(&["status", "--json"]);
        output
            .status
            .success()
            .then(|| serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Waits until the status has what the test asks of it.
    #[track_caller]
    pub(crate) fn wait_for<T>(
        &self,
        what: &str,
        within: Duration,
        mut ask: impl FnMut(&Value) -> Option<T>,
    ) -> T {
        let instead = || self.status().unwrap_or_default().to_string();
        eventually_or_tell(what, within, || ask(&self.status()?), instead)
    }

    /// Status code and body of a GET to the metrics listener: `/metrics`, `/healthz`, `/readyz`.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.get_if_there(path).unwrap()
    }

    /// The same, and nothing while nobody listens.
    pub(crate) fn get_if_there(&self, path: &str) -> Option<(u16, String)> {
        let stream = TcpStream::connect(("127.0.0.1", self.site.metrics)).ok()?;
        stream.set_read_timeout(Some(START_MAX)).unwrap();
        Some(get(stream, path))
    }

    /// Moves the engines' clock forward; only with the feature `test-clock`.
    #[track_caller]
    pub(crate) fn advance(&self, time: Duration) {
        let mut stream = UnixStream::connect(self.site.data().join("linka.sock")).unwrap();
        let seconds = time.as_secs();
        writeln!(stream, "{{\"command\":\"advance\",\"seconds\":{seconds}}}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("\"answer\":\"status\""), "{answer}");
    }

    /// `linka reload`.
    pub(crate) fn reload(&self) -> Output {
        self.site.command(&["reload"])
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill();
    }

    /// SIGTERM; running calls may still end.
    pub(crate) fn terminate(&self) {
        self.process.terminate();
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, within: Duration) -> ExitStatus {
        self.process.wait(within)
    }

    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// The running process, for its id or to freeze it.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn get(mut stream: TcpStream, path: &str) -> (u16, String) {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let code = answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (code, body.to_owned())
}
