//! Debian packages: what is needed, why, and how the missing ones get installed.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// A program that a command needs, and the package it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Its name on PATH, or its whole path with one folder left open as `*`.
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

impl Need {
    pub(crate) const fn new(
        program: &'static str,
        package: &'static str,
        why: &'static str,
    ) -> Self {
        Self {
            program,
            package,
            why,
        }
    }
}

pub(crate) const CHROMIUM: Need =
    Need::new("chromium", "chromium", "the browser that tests look with");
/// Where the package puts it.
pub(crate) const CHROMIUM_PROGRAM: &str = "/usr/bin/chromium";
pub(crate) const PROMETHEUS: Need = Need::new(
    "promtool",
    "prometheus",
    "loads the alerts and scrapes in tests",
);
pub(crate) const SIPP: Need = Need {
    program: "sipp",
    package: "sip-tester",
    why: "plays the trunk, callers and phones",
};
pub(crate) const BARESIP: Need = Need {
    program: "baresip",
    package: "baresip-core",
    why: "softphones that record what they hear",
};
pub(crate) const LINPHONE: Need = Need::new(
    "linphonec",
    "linphone-cli",
    "another maker's softphone beside baresip",
);
pub(crate) const SOX: Need = Need {
    program: "sox",
    package: "sox",
    why: "makes and measures sound",
};
pub(crate) const ESPEAK: Need = Need {
    program: "espeak-ng",
    package: "espeak-ng",
    why: "speaks, for prompts and as test speech",
};
pub(crate) const TCPDUMP: Need = Need {
    program: "tcpdump",
    package: "tcpdump",
    why: "stamps packets on the loopback",
};
pub(crate) const DNSMASQ: Need = Need {
    program: "dnsmasq",
    package: "dnsmasq-base",
    why: "the name server of a trunk in tests",
};
pub(crate) const IP: Need = Need {
    program: "ip",
    package: "iproute2",
    why: "network faults in tests",
};

/// The part of Python that makes environments is a package of its own.
pub(crate) const VENV: Need = Need::new(
    "/usr/lib/*/ensurepip/__main__.py",
    "python3-venv",
    "an environment for schemathesis",
);

/// Debian keeps the server's programs off PATH, in a folder per version.
pub(crate) const POSTGRES: Need = Need {
    program: "/usr/lib/postgresql/*/bin/postgres",
    package: "postgresql",
    why: "the second database of the store's tests",
};

/// Says what is missing and why, then installs it with apt-get, as root or through sudo.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<Need> = needs
        .iter()
        .copied()
        .filter(|need| shell::find(need.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("xtask: installing Debian packages (apt-get):");
    for need in &missing {
        println!("  {:<13} {}", need.package, need.why);
    }
    install(&missing)?;
    match missing
        .iter()
        .find(|need| shell::find(need.program).is_none())
    {
        Some(need) => bail!(
            "{} was installed, but there is no program {} on PATH",
            need.package,
            need.program
        ),
        None => Ok(()),
    }
}

fn install(missing: &[Need]) -> Result<()> {
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let advice = || {
        format!(
            "install by hand, as root: apt-get install {}",
            packages.join(" ")
        )
    };
    if shell::find("apt-get").is_none() {
        bail!("there is no apt-get on this machine; {}", advice());
    }
    apt_get(&["update"]).with_context(advice)?;
    apt_get(
        &[
            &["install", "-y", "--no-install-recommends"],
            packages.as_slice(),
        ]
        .concat(),
    )
    .with_context(advice)
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = privileged()?
        .args(arguments)
        .status()
        .context("starting apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}

/// apt-get as root; through sudo, without asking for a password, for anybody else.
fn privileged() -> Result<Command> {
    let mut command = if shell::is_root()? {
        shell::command("env")
    } else if shell::find("sudo").is_some_and(|sudo| {
        Command::new(sudo)
            .args(["-n", "true"])
            .output()
            .is_ok_and(|o| o.status.success())
    }) {
        let mut sudo = shell::command("sudo");
        sudo.args(["-n", "env"]);
        sudo
    } else {
        bail!("installing needs root, and sudo is not there or asks for a password");
    };
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        "Dpkg::Use-Pty=0",
    ]);
    Ok(command)
}
