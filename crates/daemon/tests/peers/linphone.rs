//! linphone as an operator's softphone: another maker's SIP, SDP and sound than baresip's.
//!
//! It answers every call at once, and two files are its sound card. It is told what to do by its standard input,
//! as a person would type it.

use super::eventually;
use super::ports::Ports;
use super::process::Process;
use super::sipp::{PHONES_HOST, Transport};
use super::sound::{self, Sound};
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ChildStdin, Command};
use std::time::Duration;
use tempfile::TempDir;

const RTP_PORTS: u16 = 8;
/// Without these in its home folder it cannot open its own databases.
const HOME_FOLDERS: [&str; 2] = [".local/share/linphone", ".config/linphone"];

/// A running linphone that registers and speaks a tone of 1,100 Hz; killed when dropped.
pub(crate) struct Linphone {
    process: Process,
    input: ChildStdin,
    address: SocketAddr,
    folder: TempDir,
}

impl Linphone {
    /// Starts it. Its server is the one who tells when it is registered.
    #[track_caller]
    pub(crate) fn registering(
        user: &str,
        password: &str,
        server: SocketAddr,
        transport: Transport,
        ports: &Ports,
    ) -> Self {
        let folder = TempDir::with_prefix("linka-linphone-").unwrap();
        for name in HOME_FOLDERS {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let sip = ports.take();
        let configuration = [
            of_the_machine(sip, ports),
            account(user, password, server, transport),
        ];
        fs::write(folder.path().join("linphonerc"), configuration.concat()).unwrap();
        let mut command = Command::new("linphonec");
        command
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .args(["-c", "linphonerc", "-a", "-C"]);
        let (name, log) = (format!("linphone {user}"), folder.path().join("screen.log"));
        let (process, input) = Process::start_listening(&name, &mut command, log);
        let mut phone = Self {
            process,
            input,
            address: SocketAddr::new(PHONES_HOST.parse().unwrap(), sip),
            folder,
        };
        phone.command("soundcard use files");
        phone.command(&format!("play {}", sound::wav("tone-1100.wav").display()));
        phone.command(&format!("record {}", phone.recording().display()));
        phone
    }

    /// Where it is reached by SIP over UDP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Calls a number of its server.
    #[track_caller]
    pub(crate) fn dial(&mut self, number: &str) {
        self.command(&format!("call {number}"));
    }

    /// Waits until so many of its calls have ended since its start.
    #[track_caller]
    pub(crate) fn has_ended(&self, calls: usize, within: Duration) {
        eventually(&format!("linphone ends {calls} calls"), within, || {
            (self.process.log().matches(" ended (").count() >= calls).then_some(())
        });
    }

    /// What it has heard so far, all its calls one after the other. The end of a call may still be missing when
    /// the call is over.
    pub(crate) fn heard(&self) -> Sound {
        let file = self.recording();
        if file.is_file() {
            Sound::read(&file)
        } else {
            Sound::tone(0, 0)
        }
    }

    fn recording(&self) -> PathBuf {
        self.folder.path().join("heard.wav")
    }

    #[track_caller]
    fn command(&mut self, command: &str) {
        let sent = writeln!(self.input, "{command}");
        sent.unwrap_or_else(|error| panic!("linphone: command {command}: {error}"));
    }
}

/// Its ports, and that the loopback is network enough for it.
fn of_the_machine(sip: u16, ports: &Ports) -> String {
    let rtp = ports.take_range(RTP_PORTS);
    format!(
        "[sip]\nuse_ipv6=0\nsip_port={sip}\nsip_tcp_port=-2\nsip_tls_port=0\nregister_only_when_network_is_up=0\n\
         default_proxy=0\n[rtp]\naudio_rtp_port={}-{}\n",
        rtp.start(),
        rtp.end()
    )
}

fn account(user: &str, password: &str, server: SocketAddr, transport: Transport) -> String {
    let transport = match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    format!(
        "[proxy_0]\nreg_proxy=<sip:{server};transport={transport}>\nreg_identity=sip:{user}@{host}\n\
         reg_sendregister=1\nreg_expires=60\n[auth_info_0]\nusername={user}\npasswd={password}\n",
        host = server.ip()
    )
}
