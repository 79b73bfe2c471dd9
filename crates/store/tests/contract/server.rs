//! A PostgreSQL server of the tests' own.
//!
//! It lives in a folder of its own under the system's temporary folder, as the user `postgres` when
//! the tests run as root. A keeper ends it and removes the folder as soon as this process is gone,
//! however it went: the keeper waits for the end of a pipe that only this process holds.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

const POLL_INTERVAL: Duration = Duration::from_millis(10);
const START_MAX: Duration = Duration::from_secs(60);
/// How many ports are tried: another process may take one between our choice and the server's start.
const PORTS_TRIED: u32 = 5;
pub(crate) const PASSWORD: &str = "not-to-be-shown";

/// `$0` is the folder, `$@` the command of the server.
const KEEPER: &str = r#"
    "$@" >"$0/log" 2>&1 &
    read _
    kill -QUIT $!
    wait
    rm -rf "$0"
"#;

struct Server {
    port: u16,
    folder: PathBuf,
    /// Its standard input is the pipe.
    _keeper: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a database that nobody has used.
pub(crate) async fn fresh_database() -> String {
    let port = SERVER.get_or_init(start).port;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&address(port, "postgres"))
        .await
        .unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(create).await.unwrap();
    connection.close().await.unwrap();
    address(port, &name)
}

/// Where the server keeps everything: tables, its log of writes, its log.
#[allow(dead_code, reason = "who looks for traces uses it")]
pub(crate) fn folder() -> PathBuf {
    SERVER.get_or_init(start).folder.clone()
}

fn address(port: u16, database: &str) -> String {
    format!("postgres://linka:{PASSWORD}@127.0.0.1:{port}/{database}?sslmode=disable")
}

fn start() -> Server {
    let programs = programs();
    for _ in 0..PORTS_TRIED {
        let folder = make_cluster(&programs);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut keeper = keep(&programs, &folder, port);
        match outcome(&folder) {
            Outcome::Up => {
                return Server {
                    port,
                    folder,
                    _keeper: keeper,
                };
            }
            Outcome::PortTaken => {
                drop(keeper.stdin.take());
                keeper.wait().unwrap();
            }
        }
    }
    panic!("PostgreSQL found no free port in {PORTS_TRIED} tries");
}

/// The folder with the newest server's programs.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap_or_else(|_| {
        panic!("there is no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql")
    });
    let version = |path: &PathBuf| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    let versions = versions.map(|entry| entry.unwrap().path());
    let servers = versions.filter(|path| path.join("bin/initdb").is_file());
    servers.max_by_key(version).unwrap().join("bin")
}

/// The command that runs a program as the user who may: PostgreSQL refuses the superuser.
fn unprivileged(program: &Path) -> Vec<OsString> {
    let as_postgres = "setpriv --reuid=postgres --regid=postgres --clear-groups";
    let mut command = Vec::new();
    if is_root() {
        command.extend(as_postgres.split(' ').map(OsString::from));
    }
    command.push(program.into());
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Makes an empty cluster in a new folder. The keeper removes it.
fn make_cluster(programs: &Path) -> PathBuf {
    let folder = TempDir::with_prefix("linka-postgres-").unwrap().keep();
    let password = folder.join("password");
    fs::write(&password, PASSWORD).unwrap();
    if is_root() {
        for path in [&folder, &password] {
            let mut chown = Command::new("chown");
            assert!(chown.arg("postgres").arg(path).status().unwrap().success());
        }
    }
    let command = unprivileged(&programs.join("initdb"));
    let mut initdb = Command::new(&command[0]);
    initdb.args(&command[1..]).current_dir(&folder);
    initdb.args([
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C",
        "--auth=scram-sha-256",
    ]);
    initdb.args(["--username=linka", "--pwfile=password", "--pgdata=data"]);
    let made = initdb.output().unwrap();
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "initdb failed: {said}");
    folder
}

fn keep(programs: &Path, folder: &Path, port: u16) -> Child {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER]).arg(folder);
    keeper.args(unprivileged(&programs.join("postgres")));
    keeper.args(["-D", "data", "-k", ".", "-h", "127.0.0.1", "-p"]);
    keeper.arg(port.to_string());
    for setting in ["fsync=off", "max_connections=200", "shared_buffers=16MB"] {
        keeper.args(["-c", setting]);
    }
    // In a group of its own: Ctrl-C is for the tests, the keeper then does its work.
    keeper.current_dir(folder).process_group(0);
    keeper.stdin(Stdio::piped()).stdout(Stdio::null());
    keeper.spawn().unwrap()
}

enum Outcome {
    Up,
    PortTaken,
}

/// Waits until the server takes connections.
fn outcome(folder: &Path) -> Outcome {
    let deadline = Instant::now() + START_MAX;
    let (_keep_open, never) = mpsc::sync_channel::<()>(1);
    loop {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        if log.contains("database system is ready to accept connections") {
            return Outcome::Up;
        }
        if log.contains("could not bind") {
            return Outcome::PortTaken;
        }
        assert!(
            Instant::now() < deadline,
            "the server does not start: {log}"
        );
        let _timeout = never.recv_timeout(POLL_INTERVAL);
    }
}
