//! Schemathesis, which makes up requests from the API's description: a Python program in an environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages::{self, VENV};
use crate::shell;

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Installs it into `.tools/schemathesis` by pip, unless it is there.
pub(crate) fn ensure_schemathesis() -> Result<()> {
    let folder = shell::root().join(".tools/schemathesis");
    let mark = folder.join(".installed");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == SCHEMATHESIS) {
        return Ok(());
    }
    println!(
        "xtask: installing {SCHEMATHESIS} into .tools/ (makes up requests for the API; about half a minute)"
    );
    let python = python()?;
    run(Command::new(python)
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    run(Command::new(folder.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        SCHEMATHESIS,
    ]))?;
    std::fs::write(&mark, SCHEMATHESIS).with_context(|| format!("writing {}", mark.display()))
}

/// A Python that can make environments: the first on PATH, or Debian's with the package for it.
fn python() -> Result<PathBuf> {
    let can = |python: &PathBuf| {
        let found = Command::new(python)
            .args(["-c", "import ensurepip, venv"])
            .output();
        found.is_ok_and(|output| output.status.success())
    };
    if let Some(python) = shell::find("python3").filter(can) {
        return Ok(python);
    }
    packages::ensure(&[VENV])?;
    let debian = PathBuf::from("/usr/bin/python3");
    if !can(&debian) {
        bail!(
            "{} makes no environments although python3-venv is installed",
            debian.display()
        );
    }
    Ok(debian)
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("starting {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
