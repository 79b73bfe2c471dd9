//! The load's SIPp processes, all on one core: one registers, one is every phone, one is the trunk.

use super::site::{LINE, LINKA, PAGES, PHONES, Site, TRUNK, TRUNK_RTP_PORT};
use super::{Options, Phase, wire};
use crate::dashboards::Node;
use crate::demo::program::Program;
use crate::demo::scenario;
use crate::packages::CHROMIUM_PROGRAM;
use crate::shell;
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// SIPp's own scenarios of the load; their parts are those of the tests with real peers.
const SCENARIOS: [(&str, &str); 4] = [
    ("caller", include_str!("scenarios/caller.xml")),
    ("phone", include_str!("scenarios/phone.xml")),
    ("register", include_str!("scenarios/register.xml")),
    ("refresh", include_str!("scenarios/refresh.xml")),
];
const REFRESH_MS: u32 = 75_000;
const SPEECH: &str = "speech.al";
/// How many calls SIPp may have open at once beyond those that talk.
const OPEN_CALLS_MAX: u32 = 15_000;

/// Starts programs on a core of their own.
pub(super) struct Peers<'site> {
    site: &'site Site,
    options: &'site Options,
}

impl<'site> Peers<'site> {
    /// Writes the scenarios.
    pub(super) fn new(site: &'site Site, options: &'site Options) -> Result<Self> {
        fs::create_dir_all(site.path("scenarios")).context("creating the folder of scenarios")?;
        for (name, text) in expanded(site.folder(), &values(site.folder(), options))? {
            let text = text
                .replace("[authentication username=[field0] password=]", "[field1]")
                .replace("Expires: 60", "Expires: 120");
            // A stream takes ports of its own; who only echoes, or is silent, shares SIPp's one port for sound.
            let text = match (name, options.rtp) {
                ("caller", true) => text,
                // A call that SIPp did not make reads no injection file.
                ("phone", _) => text
                    .replace("[rtpstream_audio_port]", "[media_port]")
                    .replace("[field0]", "operator"),
                _ => text.replace("[rtpstream_audio_port]", "[media_port]"),
            };
            site.write(&format!("scenarios/{name}.xml"), &text)?;
        }
        if options.rtp {
            speech(site)?;
        }
        Ok(Self { site, options })
    }

    /// `linka serve` on core 0.
    pub(super) fn linka(&self, linka: &Path) -> Result<Program> {
        let folder = |name: &str| self.site.path(name).to_string_lossy().into_owned();
        let arguments = [
            linka.to_string_lossy().into_owned(),
            "serve".to_owned(),
            "--config".to_owned(),
            folder("config"),
            "--data".to_owned(),
            folder("data"),
            "--keys".to_owned(),
            folder("keys"),
        ];
        self.pinned(0, &arguments, "linka.log")
    }

    /// Live feeds of the wallboard, which only count what they hear.
    pub(super) fn feeds(&self, feeds: u16) -> Result<Program> {
        let script = shell::root().join("dashboards/tests/feeds.mjs");
        let first_sign_in = self.site.path("data/first-sign-in.txt");
        let mut arguments = vec![
            Node::find()?.program().to_string_lossy().into_owned(),
            script.to_string_lossy().into_owned(),
            format!("http://{}", SocketAddr::from(PAGES)),
            first_sign_in.to_string_lossy().into_owned(),
            feeds.to_string(),
        ];
        if self.options.screen {
            arguments.push(CHROMIUM_PROGRAM.to_owned());
        }
        self.pinned(1, &arguments, "feeds.log")
    }

    /// The phones register and dial `*40`, one after the other; all share one port.
    pub(super) fn register(&self) -> Result<Program> {
        let count = self.options.operators.to_string();
        let more = [
            "-inf",
            "users.csv",
            "-l",
            "1",
            "-m",
            &count,
            "-r",
            "100",
            "-rp",
            "1000",
        ];
        self.sipp("register", PHONES, &more)
    }

    /// All phones, on the port that registered.
    pub(super) fn phones(&self) -> Result<Program> {
        let count = self.options.operators.to_string();
        let rate = (self.options.operators / 60 + 1).to_string();
        let mut more = vec![
            "-oocsf",
            "scenarios/phone.xml",
            "-inf",
            "users.csv",
            "-m",
            &count,
            "-l",
            &count,
            "-r",
            &rate,
        ];
        if self.options.rtp {
            more.push("-rtp_echo");
        }
        self.sipp("refresh", PHONES, &more)
    }

    /// Calls at a rate; each phase has a log of its own.
    pub(super) fn callers(&self, name: &str, phase: Phase) -> Result<Program> {
        let open = match self.options.waiting {
            0 => OPEN_CALLS_MAX,
            waiting => waiting + u32::from(self.options.operators),
        };
        let (rate, calls, open) = (
            phase.rate.to_string(),
            phase.calls().to_string(),
            open.to_string(),
        );
        let sound = TRUNK_RTP_PORT.to_string();
        let log = format!("{name}.events");
        let statistics = format!("{name}.csv");
        let more = [
            "-r",
            &rate,
            "-rp",
            "1000",
            "-m",
            &calls,
            "-l",
            &open,
            "-mp",
            &sound,
            "-trace_stat",
            "-stf",
            &statistics,
            "-fd",
            "5",
            "-log_file",
            &log,
        ];
        self.sipp("caller", TRUNK, &more)
    }

    /// Writes down when requests pass, until it is dropped.
    pub(super) fn capture(&self, name: &str) -> Result<Program> {
        let arguments = wire::capture(&self.site.path(name));
        self.pinned(1, &arguments, &format!("{name}.screen"))
    }

    fn sipp(&self, name: &str, at: ([u8; 4], u16), more: &[&str]) -> Result<Program> {
        let (at, linka) = (SocketAddr::from(at), SocketAddr::from(LINKA).to_string());
        let (ip, port) = (at.ip().to_string(), at.port().to_string());
        let scenario = format!("scenarios/{name}.xml");
        let (log, errors) = (format!("{name}.events"), format!("{name}.errors"));
        let mut arguments = vec![
            "sipp",
            "-sf",
            &scenario,
            "-i",
            &ip,
            "-mi",
            &ip,
            "-p",
            &port,
            "-bind_local",
            "-nostdin",
            "-timer_resol",
            "1",
            "-buff_size",
            "4000000",
            "-trace_logs",
            "-trace_err",
            "-error_file",
            &errors,
        ];
        if !more.contains(&"-log_file") {
            arguments.extend(["-log_file", &log]);
        }
        let credentials = scenario::credentials_for(
            &values(self.site.folder(), self.options),
            Some(SocketAddr::from(LINKA)),
        );
        let credentials = credentials.into_iter().flatten().collect::<Vec<_>>();
        arguments.extend(credentials.iter().map(String::as_str));
        arguments.extend(more);
        arguments.push(&linka);
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        self.pinned(1, &arguments, &format!("{name}.screen"))
    }

    /// As many descriptors as allowed, on one core.
    fn pinned(&self, core: u8, command: &[String], log: &str) -> Result<Program> {
        let core = core.to_string();
        let nice = self.options.nice.to_string();
        let mut arguments = vec![
            "-c",
            "ulimit -n \"$(ulimit -Hn)\"; exec nice -n \"$1\" taskset -c \"$0\" \"${@:2}\"",
            &core,
            &nice,
        ];
        arguments.extend(command.iter().map(String::as_str));
        Program::start("bash", &arguments, self.site.folder(), log)
    }
}

/// The scenarios with their parts and values, each with its name; their templates are written into the folder.
fn expanded(
    folder: &Path,
    values: &BTreeMap<String, String>,
) -> Result<Vec<(&'static str, String)>> {
    let parts = shell::root().join("crates/daemon/tests/scenarios/parts");
    let mut copy = shell::command("cp");
    shell::output(copy.arg("-r").arg(parts).arg(folder.join("parts")))?;
    let expand = |(name, template)| {
        fs::write(folder.join(format!("{name}.xml")), template).context("writing a scenario")?;
        let text = scenario::expand(folder, name, values).map_err(|error| anyhow!(error))?;
        Ok((name, text))
    };
    SCENARIOS.into_iter().map(expand).collect()
}

fn values(folder: &Path, options: &Options) -> BTreeMap<String, String> {
    let speech = folder.join(SPEECH);
    let speaks = if options.rtp {
        format!(
            "<nop><action><exec rtp_stream=\"{},-1,8\"/></action></nop>",
            speech.display()
        )
    } else {
        String::new()
    };
    // A caller who hears the waiting sound cannot know when she is talking: where a queue is kept, operators hang up.
    let (leaves, ends) = if options.waiting > 0 {
        (
            "<recv request=\"BYE\"/>\n  {{ok}}",
            include_str!("scenarios/phone-hangs-up.xml").trim_end(),
        )
    } else {
        (
            "<pause milliseconds=\"{{talk_ms}}\"/>\n  {{bye}}",
            "<recv request=\"BYE\"/>\n  {{ok}}",
        )
    };
    let own = [
        ("to", LINE.to_owned()),
        ("from", "+420777[call_number]".to_owned()),
        ("user", "[field0]".to_owned()),
        ("password", String::new()),
        ("refresh_ms", REFRESH_MS.to_string()),
        ("talk_ms", options.talk_ms.to_string()),
        ("leaves", leaves.to_owned()),
        ("ends", ends.to_owned()),
        ("speaks", speaks),
    ];
    let mut values = scenario::defaults();
    values.extend(own.map(|(name, value)| (name.to_owned(), value)));
    values
}

fn speech(site: &Site) -> Result<()> {
    let spoken = shell::root().join("config/prompts/cs/waiting-stay.wav");
    shell::output(
        shell::command("sox")
            .arg(spoken)
            .args(["-t", "al"])
            .arg(site.path(SPEECH)),
    )
    .map(drop)
    .context("making the callers' speech")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn every_name_in_a_scenario_of_the_load_stands_for_something() {
        for given in [vec!["load"], vec!["load", "--rtp", "--waiting", "10"]] {
            let folder = tempfile::tempdir().unwrap();
            let options = Arguments::parse_from(given).options;

            let all = expanded(folder.path(), &values(folder.path(), &options));

            assert_eq!(all.unwrap().len(), SCENARIOS.len());
        }
    }
}
