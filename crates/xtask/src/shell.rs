//! Running other programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where `program` lies on PATH, or in the folders an ordinary user's PATH leaves out. A whole path
/// may leave one folder open as `*`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if let Some((above, below)) = program.split_once("/*/") {
        let folders = std::fs::read_dir(above).ok()?.flatten();
        let mut candidates = folders.map(|folder| folder.path().join(below));
        return candidates.find(|candidate| candidate.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command in the workspace's root with its standard input closed.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that runs us, or the one on PATH.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether we run as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// What the command printed on both streams; fails with that text when the command fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("starting {name}"))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, text.trim());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_found_in_a_folder_that_was_left_open() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("15/bin");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::create_dir_all(folder.path().join("empty")).unwrap();
        std::fs::write(place.join("server"), "").unwrap();
        let pattern = |program: &str| format!("{}/*/bin/{program}", folder.path().display());

        assert_eq!(find(&pattern("server")), Some(place.join("server")));
        assert_eq!(find(&pattern("other")), None);
    }
}
