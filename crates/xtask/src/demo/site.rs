//! The demo's folder: the example configuration on ports of its own, with six operators and a second line.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

/// The demo's operators, in the order they come on shift.
pub(crate) const OPERATORS: [&str; 6] = ["alena", "dana", "hana", "jana", "lenka", "oksana"];
/// Who of them speaks the second line's language.
const SPEAKERS: [&str; 2] = ["hana", "oksana"];
/// A number of the example's line.
pub(crate) const LINE: &str = "800000116";
/// The number of the line in Ukrainian.
pub(crate) const LINE_IN_UKRAINIAN: &str = "800000117";
/// After so long a wait any operator takes a call of that line.
const UKRAINIAN_RELAXES_SECONDS: i64 = 20;
/// Beside the usual ports, so that a Linka in service is left alone.
const SIP_PORTS: std::ops::Range<u16> = 15_060..15_160;
const RTP_PORTS: &str = "15200-15999";
const FILES: [&str; 6] = [
    "linka.toml",
    "trunks.toml",
    "lines.toml",
    "queues.toml",
    "operators.toml",
    "partners.toml",
];

/// The prepared folder.
pub(crate) struct Site {
    folder: PathBuf,
    linka: PathBuf,
    sip: SocketAddr,
    outward: SocketAddr,
    web: u16,
    passwords: BTreeMap<&'static str, String>,
}

impl Site {
    /// Makes the folder anew: an earlier demo's data, keys and logs are removed.
    pub(crate) fn prepare(folder: PathBuf, linka: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("removing {}", folder.display()))?;
        }
        let mut ports = SIP_PORTS.filter(|&port| is_free(port));
        let mut free = || {
            ports
                .next()
                .context("no free port from 15060 on: is another demo running?")
        };
        let sip = SocketAddr::from(([127, 0, 0, 1], free()?));
        let metrics = SocketAddr::from(([127, 0, 0, 1], free()?));
        let outward = SocketAddr::from(([127, 0, 0, 2], free()?));
        let web = free()?;
        let mut site = Self {
            folder,
            linka: linka.to_owned(),
            sip,
            outward,
            web,
            passwords: BTreeMap::new(),
        };
        fs::create_dir_all(site.config())
            .with_context(|| format!("creating {}", site.config().display()))?;
        fs::DirBuilder::new()
            .mode(0o700)
            .create(site.keys())
            .context("creating the folder of keys")?;
        site.write_configuration(metrics)?;
        for name in OPERATORS {
            let password = site.add_operator(name)?;
            site.passwords.insert(name, password);
        }
        site.teach()?;
        Ok(site)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn linka(&self) -> &Path {
        &self.linka
    }

    /// Where `linka` is reached by SIP.
    pub(crate) fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// Where the people on call are reached, through the trunk.
    pub(crate) fn outward(&self) -> SocketAddr {
        self.outward
    }

    /// Where its pages are.
    pub(crate) fn pages(&self) -> String {
        format!("http://localhost:{}", self.web)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("config")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// The password of an operator's phone.
    pub(crate) fn password(&self, operator: &str) -> &str {
        self.passwords.get(operator).map_or("", String::as_str)
    }

    fn write_configuration(&self, metrics: SocketAddr) -> Result<()> {
        for name in FILES {
            let source = shell::root().join("config").join(name);
            let text = fs::read_to_string(&source)
                .with_context(|| format!("reading {}", source.display()))?;
            let text = self
                .adapted(name, &text, metrics)
                .with_context(|| format!("adapting {}", source.display()))?;
            fs::write(self.config().join(name), text).with_context(|| format!("writing {name}"))?;
        }
        Ok(())
    }

    /// The example's file with the demo's ports, and with waits that fit a few minutes.
    fn adapted(&self, name: &str, text: &str, metrics: SocketAddr) -> Result<String> {
        let mut document: DocumentMut = text.parse()?;
        match name {
            "linka.toml" => {
                let listeners = || value(Array::from_iter([self.sip.to_string()]));
                document["sip"]["udp"] = listeners();
                document["sip"]["tcp"] = listeners();
                document["rtp"]["ports"] = value(RTP_PORTS);
                document["metrics"]["listen"] = value(metrics.to_string());
                document["web"]["listen"] = value(format!("127.0.0.1:{}", self.web));
                document["prompts"]["folder"] = value(
                    shell::root()
                        .join("config/prompts")
                        .to_string_lossy()
                        .into_owned(),
                );
            }
            "trunks.toml" => document["trunk"][0]["target"] = value(self.outward.to_string()),
            "lines.toml" => add_line_in_ukrainian(&mut document)?,
            "queues.toml" => {
                document["queue"][0]["wrap_up_seconds"] = value(5);
                document["queue"][0]["wrap_up_hard_seconds"] = value(15);
                document["queue"][0]["offer_time_seconds"] = value(10);
                document["queue"][0]["relax"] = Item::ArrayOfTables(relaxing());
            }
            _ => {}
        }
        Ok(document.to_string())
    }

    /// Writes down who speaks Ukrainian.
    fn teach(&self) -> Result<()> {
        let file = self.config().join("operators.toml");
        let mut document: DocumentMut = fs::read_to_string(&file)?.parse()?;
        let operators = document["operator"]
            .as_array_of_tables_mut()
            .with_context(|| format!("{} has no operators", file.display()))?;
        for operator in operators.iter_mut() {
            let name = operator.get("name").and_then(Item::as_str);
            if name.is_some_and(|name| SPEAKERS.contains(&name)) {
                operator["skills"] = value(speaks_ukrainian());
            }
        }
        fs::write(&file, document.to_string())
            .with_context(|| format!("writing {}", file.display()))
    }

    /// Adds her as an administrator would, and reads her password from what the command prints.
    fn add_operator(&self, name: &str) -> Result<String> {
        let mut command = shell::command(&self.linka);
        command.args(["operator", "add", name]);
        command
            .arg("--config")
            .arg(self.config())
            .arg("--keys")
            .arg(self.keys())
            .arg("--data")
            .arg(self.data());
        let output = command
            .output()
            .with_context(|| format!("starting {}", self.linka.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        match printed
            .lines()
            .find_map(|line| line.strip_prefix("password"))
        {
            Some(password) if output.status.success() => Ok(password.trim().to_owned()),
            _ => bail!(
                "linka operator add {name} ({}): {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            ),
        }
    }
}

/// A second line as the first, in another language and for those who speak it.
fn add_line_in_ukrainian(document: &mut DocumentMut) -> Result<()> {
    let lines = document["line"]
        .as_array_of_tables_mut()
        .context("there is no line")?;
    let mut line = lines.get(0).context("there is no line")?.clone();
    line["name"] = value("help-uk");
    line["numbers"] = value(Array::from_iter([LINE_IN_UKRAINIAN]));
    line["languages"] = value(Array::from_iter(["uk"]));
    line["skills"] = value(speaks_ukrainian());
    lines.push(line);
    Ok(())
}

fn speaks_ukrainian() -> InlineTable {
    InlineTable::from_iter([("uk", 2)])
}

/// With both speakers in a call she waits no longer for her language than for anybody.
fn relaxing() -> ArrayOfTables {
    let mut relax = Table::new();
    relax["skill"] = value("uk");
    relax["after_seconds"] = value(UKRAINIAN_RELAXES_SECONDS);
    relax["level"] = value(0);
    ArrayOfTables::from_iter([relax])
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind(("0.0.0.0", port)).is_ok() && TcpListener::bind(("0.0.0.0", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A program that behaves like `linka operator add`.
    fn stand_in(folder: &Path) -> PathBuf {
        let file = folder.join("linka");
        fs::write(
            &file,
            "#!/bin/sh\nprintf '[[operator]]\\nname = \"%s\"\\n' $3 >> $5/operators.toml\n\
             echo \"user      $3\npassword  pass-$3\nIt is shown once.\"\n",
        )
        .unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    #[test]
    fn the_demos_configuration_is_the_example_on_its_own_ports() {
        let folder = tempfile::tempdir().unwrap();

        let site = Site::prepare(folder.path().join("demo"), &stand_in(folder.path())).unwrap();

        let read = |name: &str| -> toml::Table {
            toml::from_str(&fs::read_to_string(site.config().join(name)).unwrap()).unwrap()
        };
        assert_eq!(
            read("linka.toml")["sip"]["tcp"][0].as_str(),
            Some(site.sip().to_string().as_str())
        );
        assert_eq!(
            read("trunks.toml")["trunk"][0]["target"].as_str(),
            Some(site.outward().to_string().as_str())
        );
        assert_eq!(
            read("queues.toml")["queue"][0]["wrap_up_seconds"].as_integer(),
            Some(5)
        );
        let interval = &read("trunks.toml")["trunk"][0]["options_interval_seconds"];
        assert_eq!(interval.as_integer(), Some(10));
        assert_eq!(site.password("jana"), "pass-jana");
        assert_eq!(
            fs::metadata(site.keys()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_second_line_has_operators_who_speak_its_language() {
        let folder = tempfile::tempdir().unwrap();

        let site = Site::prepare(folder.path().join("demo"), &stand_in(folder.path())).unwrap();

        let read = |name: &str| fs::read_to_string(site.config().join(name)).unwrap();
        let lines: DocumentMut = read("lines.toml").parse().unwrap();
        let [first, second] = [0, 1].map(|line| &lines["line"][line]);
        assert_eq!(second["numbers"][0].as_str(), Some(LINE_IN_UKRAINIAN));
        assert_eq!(second["languages"][0].as_str(), Some("uk"));
        assert_eq!(second["greeting"].as_str(), first["greeting"].as_str());
        assert_eq!(
            read("operators.toml")
                .matches("skills = { uk = 2 }")
                .count(),
            2
        );
        assert!(read("queues.toml").contains("skill = \"uk\""));
    }
}
