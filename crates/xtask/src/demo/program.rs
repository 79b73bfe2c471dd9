//! A program the demo started, which ends with it.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

const LAST_LINES: usize = 20;

/// A running program; killed when dropped.
///
/// It has a process group of its own, so that Ctrl-C reaches the demo alone, which then ends all in order.
pub(crate) struct Program {
    child: Child,
    log: Option<PathBuf>,
}

impl Program {
    /// Starts a program in a folder, with both outputs in the folder's file `log`.
    pub(crate) fn start(
        program: impl AsRef<Path>,
        arguments: &[&str],
        folder: &Path,
        log: &str,
    ) -> Result<Self> {
        let program = program.as_ref();
        let log = folder.join(log);
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let errors = output.try_clone().context("a second handle of the log")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdout(output)
            .stderr(errors);
        Ok(Self {
            child: spawn(&mut command, program)?,
            log: Some(log),
        })
    }

    /// Starts a command that speaks on our terminal.
    pub(crate) fn start_visible(command: &mut Command) -> Result<Self> {
        let program = PathBuf::from(command.get_program());
        Ok(Self {
            child: spawn(command, &program)?,
            log: None,
        })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("asking for a program's end")
    }

    /// The end of what it printed.
    pub(crate) fn last_words(&self) -> String {
        let bytes = self
            .log
            .as_ref()
            .and_then(|log| fs::read(log).ok())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

fn spawn(command: &mut Command, program: &Path) -> Result<Child> {
    command.stdin(Stdio::null()).process_group(0);
    command
        .spawn()
        .with_context(|| format!("starting {}", program.display()))
}

impl Drop for Program {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell;
    use std::time::{Duration, Instant};

    #[test]
    fn a_dropped_program_is_gone_and_its_words_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let shell = shell::find("sh").unwrap();
        let mut program = Program::start(
            &shell,
            &["-c", "echo here; exec sleep 1000"],
            folder.path(),
            "log",
        )
        .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while program.last_words() != "here" {
            assert!(Instant::now() < deadline, "it says nothing");
            std::thread::yield_now();
        }
        let process = format!("/proc/{}", program.child.id());
        assert!(program.ended().unwrap().is_none() && Path::new(&process).exists());

        drop(program);

        assert!(!Path::new(&process).exists());
    }
}
