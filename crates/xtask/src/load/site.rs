//! The load's folder: a configuration with many operators and a wide port range.

use crate::shell;
use anyhow::{Context, Result};
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Options;

/// Where `linka` listens: beside the usual ports, so that a Linka in service is left alone.
pub(super) const LINKA: ([u8; 4], u16) = ([127, 0, 0, 1], 8_900);
/// The port of all phones.
pub(super) const PHONES: ([u8; 4], u16) = ([127, 0, 0, 1], 8_902);
/// The trunk.
pub(super) const TRUNK: ([u8; 4], u16) = ([127, 0, 0, 2], 8_904);
/// Where outward calls would go: nobody listens.
const OUTWARD: ([u8; 4], u16) = ([127, 0, 0, 2], 8_906);
/// Where the pages are, if feeds are asked for.
pub(super) const PAGES: ([u8; 4], u16) = ([127, 0, 0, 1], 8_903);
const METRICS: ([u8; 4], u16) = ([127, 0, 0, 1], 8_901);
/// Where the callers' ports for sound begin.
pub(super) const TRUNK_RTP_PORT: u16 = 30_000;
const REALM: &str = "linka";
const PASSWORD: &str = "load";
pub(super) const LINE: &str = "800000116";

/// A folder with configuration, data, keys and everything that the peers read and write.
pub(super) struct Site {
    folder: PathBuf,
}

impl Site {
    /// Makes the folder anew.
    pub(super) fn prepare(folder: PathBuf, options: &Options) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("removing {}", folder.display()))?;
        }
        let site = Self { folder };
        fs::create_dir_all(site.path("config"))
            .with_context(|| format!("creating {}", site.folder.display()))?;
        fs::DirBuilder::new()
            .mode(0o700)
            .create(site.path("keys"))
            .context("creating the folder of keys")?;
        site.write("config/linka.toml", &node(options))?;
        site.write("config/trunks.toml", &trunk())?;
        site.write("config/lines.toml", &line(options))?;
        site.write("config/queues.toml", QUEUE)?;
        site.write("config/partners.toml", PARTNER)?;
        site.write(
            "config/operators.toml",
            &operators(options.operators.into()),
        )?;
        site.write("users.csv", &users(options.operators.into()))?;
        Ok(site)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.path(name), text).with_context(|| format!("writing {name}"))
    }
}

fn address(at: ([u8; 4], u16)) -> SocketAddr {
    SocketAddr::from(at)
}

fn node(options: &Options) -> String {
    let rtp = &options.rtp_ports;
    let (sip, metrics) = (address(LINKA), address(METRICS));
    let pages = match options.feeds {
        0 => String::new(),
        _ => address(PAGES).to_string(),
    };
    let prompts = shell::root().join("config/prompts");
    format!(
        "[sip]\nudp = [\"{sip}\"]\ntcp = []\nrealm = \"{REALM}\"\n\
         [rtp]\nports = \"{rtp}\"\naddress = \"127.0.0.1\"\n\
         [metrics]\nlisten = \"{metrics}\"\n\
         [web]\nlisten = \"{pages}\"\n\
         [prompts]\nfolder = \"{}\"\n",
        prompts.display()
    )
}

fn trunk() -> String {
    let target = address(OUTWARD);
    format!(
        "[[trunk]]\nname = \"load\"\naddresses = [\"{}\"]\ntarget = \"{target}\"\n\
         outgoing_number = \"+420000000001\"\noptions_interval_seconds = 0\n",
        target.ip()
    )
}

fn line(options: &Options) -> String {
    format!(
        "[[line]]\nname = \"load\"\nnumbers = [\"{LINE}\"]\nlanguages = [\"cs\"]\nqueue = \"load\"\nclass = \"crisis\"\n\
         ring_time_seconds = {}\ngreeting = \"greeting\"\nwaiting_sound = \"waiting\"\nwaiting_words = []\n",
        options.ring_seconds
    )
}

const QUEUE: &str = "[rules]\nmisses_before_pause = 0\n\
    [[queue]]\nname = \"load\"\nstrategy = \"longest-idle\"\noffer_time_seconds = 20\nwrap_up_seconds = 0\nwrap_up_hard_seconds = 0\n\
    [[queue.timeline]]\nafter_seconds = 3600\naction = \"partner\"\npartners = [\"nobody\"]\n";

/// A last tier is demanded; nobody lasts until it is called.
const PARTNER: &str = "[[partner]]\nname = \"nobody\"\nkind = \"partner\"\nnumber = \"+420000000020\"\ntrunk = \"load\"\n";

fn operator(n: usize) -> String {
    format!("operator-{n}")
}

fn operators(count: usize) -> String {
    let mut text = String::new();
    for name in (0..count).map(operator) {
        let account = format!("{name}:{REALM}:{PASSWORD}");
        let (md5, sha256) = (Md5::digest(&account), Sha256::digest(&account));
        let _infallible = writeln!(
            text,
            "[[operator]]\nname = \"{name}\"\ndisplay_name = \"{name}\"\ndigest_md5 = \"{}\"\ndigest_sha256 = \"{}\"",
            hexadecimal(&md5),
            hexadecimal(&sha256)
        );
    }
    text
}

/// SIPp's injection file: a user a line, and her credentials, since SIPp finds no field inside `[authentication]`.
fn users(count: usize) -> String {
    std::iter::once("SEQUENTIAL".to_owned())
        .chain(
            (0..count)
                .map(operator)
                .map(|name| format!("{name};[authentication username={name} password={PASSWORD}]")),
        )
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
