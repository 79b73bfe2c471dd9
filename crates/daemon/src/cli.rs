//! The command line.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line prints"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use web::tls::Certificate;

use crate::configuration::{self, Node, Problem, readers};
use crate::expiry::{Nearness, sentence};
use crate::office::control::{Answer, Request, ask};
use crate::office::pages::unix_seconds;
use crate::office::ways::{self, Message};
use crate::operators::OperatorsFile;
use crate::{serve, status};

/// Something is wrong with what was asked or configured.
const EXIT_WRONG: u8 = 2;

/// Linka answers a crisis line: it queues callers, rings the operators on shift and shows the truth.
///
/// First steps: `linka operator add jana` prints the password for a SIP phone, `linka check` tells
/// what the configuration still lacks, `linka serve` answers the line, and `linka status --follow`
/// shows what happens.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer the line until SIGTERM; a second signal stops at once.
    ///
    /// The first SIGTERM or SIGINT drains: new calls get 503 so that the trunk tries its next
    /// target, running calls may end.
    Serve(serve::Options),
    /// Read the configuration, name everything that is wrong with it and what ought to be better.
    ///
    /// Says who would ring for a caller of each line and class while nobody is at a desk, and what
    /// keeps the configuration from being ready for callers. Exit code 0: it can be served. Exit
    /// code 2: it cannot, and each line of the output names file, line and key.
    Check(Folders),
    /// Show contacts, operators and trunks as they are now.
    Status {
        #[command(flatten)]
        data: Data,
        /// Show it again every second until Ctrl-C.
        #[arg(long)]
        follow: bool,
        /// Print one JSON object (with --follow one a line) instead of words.
        #[arg(long)]
        json: bool,
    },
    /// Take in the configuration again without dropping anybody. An invalid one is refused and the old one stays.
    Reload {
        #[command(flatten)]
        data: Data,
    },
    /// Show what the machine's clock says and by which time Linka counts.
    ///
    /// A clock far from the last entry of the journal is not believed unless the system says that
    /// it is synchronised. `linka clock confirm` vouches for it: the next start goes by it. Until
    /// then moments go on from the last entry.
    Clock(crate::wall_clock::Options),
    /// Show the counts of closed months and parts of months, each figure with its formula; or
    /// anonymous rows; or fixed tables.
    ///
    /// What is still open is in no report. Months are told exactly, one with fewer than ten contacts
    /// with the next; a part of a month once ten contacts share each of its figures.
    Report(crate::report::Options),
    /// Check the audit, or print it.
    #[command(subcommand)]
    Audit(crate::audit::Options),
    /// Write accounts, closed counts, rows, tables and the audit into one sealed file.
    ///
    /// It opens with `backup.key` of the keys folder alone. Keep a copy of that key in another
    /// place than the file: who has both has everything, and without the key the file is lost. The
    /// file has no session and nothing of periods that are still open.
    Backup(crate::backup::Options),
    /// Make an empty records database, SQLite or PostgreSQL, from a backup: all of it or nothing.
    Restore(crate::backup::Options),
    /// See that whoever ought to be told of failures is told.
    #[command(subcommand)]
    Warn(WarnCommand),
    /// Add operators, list them, give them new passwords.
    #[command(subcommand)]
    Operator(OperatorCommand),
}

#[derive(Debug, Subcommand)]
enum WarnCommand {
    /// Send a warning by every way of `linka.toml` and say what became of it. Exit code 2: nobody
    /// can be told, or a way failed.
    Test(Folders),
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Add an operator and print the password for her phone, once.
    Add(OperatorName),
    /// List the operators.
    List(Folders),
    /// Give an operator a new password and print it, once.
    Password(OperatorName),
}

#[derive(Debug, Args)]
struct OperatorName {
    /// Her name in the house and the user of her phone: a-z, 0-9, "-" and "_".
    name: String,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    data: Data,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Folders {
    /// The configuration folder.
    #[arg(long, default_value = "config", env = "LINKA_CONFIG")]
    pub(crate) config: PathBuf,
    /// The folder of secrets, mode 0700; never inside the data folder.
    #[arg(long, default_value = "keys", env = "LINKA_KEYS")]
    pub(crate) keys: PathBuf,
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Data {
    /// The data folder of the running linka.
    #[arg(long, default_value = "data", env = "LINKA_DATA")]
    pub(crate) data: PathBuf,
}

/// Runs a command line.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Serve(options) => serve::serve(&options),
        Command::Check(folders) => check(&folders),
        Command::Status { data, follow, json } => show_status(&data.data, follow, json),
        Command::Reload { data } => reload(&data.data),
        Command::Clock(options) => show(crate::wall_clock::clock(&options)),
        Command::Report(options) => show(crate::report::report(&options)),
        Command::Audit(options) => show(crate::audit::audit(&options)),
        Command::Backup(options) => show(crate::backup::backup(&options)),
        Command::Restore(options) => show(crate::backup::restore(&options)),
        Command::Warn(WarnCommand::Test(folders)) => warn_test(&folders),
        Command::Operator(command) => operator(command),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("linka: {error:#}");
            ExitCode::from(EXIT_WRONG)
        }
    }
}

fn check(folders: &Folders) -> anyhow::Result<ExitCode> {
    match configuration::load(&folders.config, &folders.keys) {
        Ok(configuration) => {
            serve::load_sounds(&configuration.sounds)?;
            let advice_of_certificate = certificate(&configuration.node)?;
            for night in &configuration.nights {
                println!("{night}");
            }
            for advice in configuration.advice.iter().chain(&advice_of_certificate) {
                println!("advice: {advice}");
            }
            let not_ready: Vec<String> = configuration
                .not_ready
                .into_iter()
                .chain(readers::open_to_others(&folders.config, &folders.keys))
                .chain(readers::closed_to_service(&folders.config))
                .collect();
            for reason in &not_ready {
                println!("not ready for callers: {reason}");
            }
            let so_far = if not_ready.is_empty() {
                ""
            } else {
                ", but is not ready for callers"
            };
            println!("{} can be served{so_far}", folders.config.display());
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            print_problems(&problems);
            Ok(ExitCode::from(EXIT_WRONG))
        }
    }
}

/// What is to be said about the certificate of the web: nothing, as long as it is good for long.
fn certificate(node: &Node) -> anyhow::Result<Option<String>> {
    let Some(https) = &node.https else {
        return Ok(None);
    };
    let certificate = Certificate::read(https.certificate.clone(), https.key.clone())
        .context("web.certificate")?;
    let now = unix_seconds();
    let near = |ends: &_| Nearness::of(*ends, now) > Nearness::Far;
    Ok(certificate
        .ends()
        .filter(near)
        .map(|ends| sentence(ends, now)))
}

/// Prints what is wrong, one sentence a line.
pub(crate) fn print_problems(problems: &[Problem]) {
    for problem in problems {
        eprintln!("{problem}");
    }
}

fn show_status(data: &Path, follow: bool, json: bool) -> anyhow::Result<ExitCode> {
    loop {
        let answer = asked(data, &Request::Status)?;
        let Answer::Status { status } = answer else {
            bail!("linka answered something else")
        };
        let text = if json {
            serde_json::to_string(&status)? + "\n"
        } else {
            status::in_words(&status, unix_seconds())
        };
        let screen = if follow && !json {
            format!("\x1b[2J\x1b[H{text}")
        } else {
            text
        };
        let mut stdout = std::io::stdout().lock();
        if stdout
            .write_all(screen.as_bytes())
            .and_then(|()| stdout.flush())
            .is_err()
        {
            // The reader of a pipe went away.
            return Ok(ExitCode::SUCCESS);
        }
        if !follow {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn show(text: anyhow::Result<String>) -> anyhow::Result<ExitCode> {
    // The reader of a pipe may go away.
    let _gone = std::io::stdout().lock().write_all(text?.as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn reload(data: &Path) -> anyhow::Result<ExitCode> {
    match asked(data, &Request::Reload)? {
        Answer::Reloaded { advice } => {
            for advice in advice {
                println!("advice: {advice}");
            }
            println!("the configuration holds now");
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused { problems } => {
            for problem in problems {
                eprintln!("{problem}");
            }
            eprintln!("the configuration is refused, the old one stays");
            Ok(ExitCode::from(EXIT_WRONG))
        }
        Answer::Status { .. } | Answer::Clock { .. } => bail!("linka answered something else"),
        Answer::Failed { reason } => bail!(reason),
    }
}

fn asked(data: &Path, request: &Request) -> anyhow::Result<Answer> {
    let path = data.join("linka.sock");
    let answer = ask(&path, request).with_context(|| {
        format!(
            "no linka answers at {}: is it serving with this data folder?",
            path.display()
        )
    })?;
    if let Answer::Failed { reason } = answer {
        bail!(reason);
    }
    Ok(answer)
}

fn operator(command: OperatorCommand) -> anyhow::Result<ExitCode> {
    match command {
        OperatorCommand::List(folders) => {
            for name in open_operators(&folders)?.names() {
                println!("{name}");
            }
        }
        OperatorCommand::Add(operator) => {
            let password = open_operators(&operator.folders)?.add(&operator.name)?;
            print_account(&operator, &password);
            for closed in readers::closed_to_service(&operator.folders.config) {
                eprintln!("{closed}");
            }
        }
        OperatorCommand::Password(operator) => {
            let password = open_operators(&operator.folders)?.password(&operator.name)?;
            print_account(&operator, &password);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn warn_test(folders: &Folders) -> anyhow::Result<ExitCode> {
    let configuration = match configuration::load(&folders.config, &folders.keys) {
        Ok(configuration) => configuration,
        Err(problems) => {
            print_problems(&problems);
            return Ok(ExitCode::from(EXIT_WRONG));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let message = Message::test(jiff::Timestamp::now());
    let sent = runtime.block_on(ways::send(&configuration.node.warnings, message));
    if sent.is_empty() {
        bail!("nobody is told: set warnings.webhook or warnings.command in linka.toml");
    }
    let mut code = ExitCode::SUCCESS;
    for (way, sent) in sent {
        match sent {
            Ok(()) => println!("the {way} took the test: see that somebody reads it"),
            Err(error) => {
                eprintln!("the {way} failed: {error:#}");
                code = ExitCode::from(EXIT_WRONG);
            }
        }
    }
    Ok(code)
}

fn open_operators(folders: &Folders) -> anyhow::Result<OperatorsFile> {
    let realm =
        configuration::realm(&folders.config).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    OperatorsFile::open(&folders.config, &realm)
}

/// Prints what a phone needs, and has a running linka take the account in.
fn print_account(operator: &OperatorName, password: &str) {
    println!("user      {}", operator.name);
    println!("password  {password}");
    println!("The password is shown this once and kept nowhere; the phone registers with it.");
    if !operator.data.data.join("linka.sock").exists() {
        return;
    }
    match asked(&operator.data.data, &Request::Reload) {
        Ok(Answer::Reloaded { .. }) => println!("The running linka knows it."),
        Ok(Answer::Refused { problems }) => eprintln!(
            "The running linka refused the configuration:\n{}",
            problems.join("\n")
        ),
        Ok(Answer::Status { .. } | Answer::Clock { .. } | Answer::Failed { .. }) | Err(_) => {
            eprintln!("No running linka took it in: `linka reload` does.")
        }
    }
}
