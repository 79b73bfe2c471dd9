//! A child process that cannot outlive its test.

use super::eventually;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running program whose output goes to a file; killed when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the command with its standard input closed and both outputs in the file `log`.
    #[track_caller]
    pub(crate) fn start(name: &str, command: &mut Command, log: PathBuf) -> Self {
        Self::spawn(name, command.stdin(Stdio::null()), log)
    }

    /// The same with its standard input open, for a program that is told what to do there.
    #[track_caller]
    pub(crate) fn start_listening(
        name: &str,
        command: &mut Command,
        log: PathBuf,
    ) -> (Self, ChildStdin) {
        let mut process = Self::spawn(name, command.stdin(Stdio::piped()), log);
        let input = process.child.stdin.take().unwrap();
        (process, input)
    }

    #[track_caller]
    fn spawn(name: &str, command: &mut Command, log: PathBuf) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let errors = output.try_clone().unwrap();
        let child = command.stdout(output).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| {
            panic!("starting {name}: {error} (cargo xtask test installs it)")
        });
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub(crate) fn log(&self) -> String {
        text_of(&self.log)
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, within: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, within, || self.ended())
    }

    /// SIGKILL, as a crash or a pulled plug would end it.
    pub(crate) fn kill(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Freezes it: sockets stay open, nothing answers.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Goes on after [`Process::freeze`].
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.child);
        kill_process(id, signal)
            .unwrap_or_else(|error| panic!("{signal:?} to {}: {error}", self.name));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let start = log
                .char_indices()
                .rev()
                .nth(3_000)
                .map_or(0, |(index, _)| index);
            eprintln!("--- last output of {}:\n{}", self.name, &log[start..]);
        }
    }
}

/// The file's text; empty while there is no such file.
pub(crate) fn text_of(file: &Path) -> String {
    std::fs::read(file).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}
