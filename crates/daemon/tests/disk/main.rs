//! A disk that fills up or hangs in mid-call, and every start that cannot be: a sentence that says
//! what and where, and exit code 2.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../peers/mod.rs"]
mod peers;

mod acts;
mod hangs;
mod opens;
mod quiet;

use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use peers::eventually;
use peers::linka::{Linka, Site};
use peers::people::{Client, people};
use peers::process::text_of;
use peers::sipp::PHONES_HOST;
use peers::wire::{Caller, Wire, WirePhone, callers_hang_up};
use serde_json::Value;

/// Longer than any month.
const A_MONTH: Duration = Duration::from_secs(32 * 24 * 3_600);
/// Longer than contents may be entered.
const SETTLES: Duration = Duration::from_secs(3 * 3_600);
const SOON: Duration = Duration::from_secs(20);
const WRONG: Option<i32> = Some(2);

/// The data folder on a file system of 2 MiB of its own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    #[track_caller]
    fn under(site: &Site) -> Self {
        let disk = Self(site.data());
        fs::create_dir(&disk.0).unwrap();
        let kind = ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs"];
        done(Command::new("mount").args(kind).arg(&disk.0));
        disk
    }

    /// 8 MiB in blocks of 1 KiB, as disks of less than half a gigabyte have.
    #[track_caller]
    fn of_small_blocks(site: &Site) -> Self {
        let disk = Self(site.data());
        fs::create_dir(&disk.0).unwrap();
        let image = disk.0.with_extension("img");
        File::create(&image).unwrap().set_len(8 << 20).unwrap();
        done(
            Command::new("/usr/sbin/mkfs.ext4")
                .args(["-q", "-b", "1024"])
                .arg(&image),
        );
        done(
            Command::new("mount")
                .args(["-o", "loop"])
                .args([&image, &disk.0]),
        );
        fs::set_permissions(&disk.0, fs::Permissions::from_mode(0o700)).unwrap();
        disk
    }

    /// Takes all the space that is left, to the last byte, and what a log of writes that has just been emptied keeps.
    fn fill(&self) {
        let log = self.0.join("live.db-wal");
        let is_empty = |log: &Vec<u8>| log.iter().all(|byte| *byte == 0);
        if fs::read(&log).is_ok_and(|log| is_empty(&log)) {
            File::create(&log).unwrap();
        }
        let mut filler = File::options()
            .create(true)
            .append(true)
            .open(self.filler())
            .unwrap();
        for size in [65_536, 4_096, 1] {
            while filler.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    /// Takes all the space but so many KiB.
    fn leaves(&self, kibibytes: u64) {
        self.fill();
        let filler = File::options().write(true).open(self.filler()).unwrap();
        let taken = filler.metadata().unwrap().len();
        filler.set_len(taken - kibibytes * 1_024).unwrap();
    }

    fn remount(&self, how: &str) {
        done(Command::new("mount").args(["-o", how]).arg(&self.0));
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _status = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Runs what only root may.
#[track_caller]
fn done(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "this test mounts a disk of its own, for which it has to be root with CAP_SYS_ADMIN: {told}"
    );
}

fn count(status: &Value, name: &str) -> u64 {
    status["counts"][name].as_u64().unwrap()
}

#[track_caller]
fn talking(linka: &Linka<'_>, callers: usize) {
    linka.wait_for(&format!("{callers} are talking"), SOON, |status| {
        let contacts = status["contacts"].as_array()?.iter();
        let talking = contacts.filter(|contact| contact["state"] == "talking");
        (talking.count() == callers).then_some(())
    });
}

/// Has the site's warnings written into this file.
fn warnings_of(site: &Site) -> PathBuf {
    let told = site.config().join("told");
    let command = format!(
        "command = [\"sh\", \"-c\", \"echo \\\"$LINKA_WARNING: $0\\\" >> {}\"]",
        told.display()
    );
    site.change(
        "linka.toml",
        "[warnings]",
        &format!("[warnings]\n{command}"),
    );
    told
}

/// Two answered callers are counted, and still are after a kill, a start and a month.
#[track_caller]
fn both_survive_a_kill<'site>(site: &'site Site, linka: Linka<'_>) -> Linka<'site> {
    linka.wait_for("both are counted", SOON, |status| {
        (count(status, "answered") == 2).then_some(())
    });
    told_after_a_kill(site, linka)
}

/// Two answered callers are told of by a report after a kill, a start and a month; eight more call,
/// for fewer than ten are not told.
#[track_caller]
fn told_after_a_kill<'site>(site: &'site Site, linka: Linka<'_>) -> Linka<'site> {
    linka.kill();
    let linka = site.start();
    let status = linka.wait_for("linka is there again", SOON, |status| Some(status.clone()));
    assert_eq!(status["contacts"].as_array().unwrap().len(), 0);
    callers_hang_up(site, &linka, 8);
    linka.advance(A_MONTH);
    linka.wait_for("another day has begun", SOON, |status| {
        (count(status, "arrived") == 0).then_some(())
    });
    linka.advance(SETTLES);
    eventually("the report tells both", SOON, || {
        let csv = site.command(&["report", "--csv"]).stdout;
        let csv = String::from_utf8(csv).unwrap();
        let told = |figure: &str| {
            let row = csv
                .lines()
                .find(|row| row.contains(&format!(",{figure},")))?;
            row.split(',').nth(5)?.parse::<u64>().ok()
        };
        (told("offered") == Some(10) && told("answered") >= Some(2)).then_some(())
    });
    linka
}

#[test]
fn full_disk_in_mid_call_drops_nobody_and_heals() {
    let site = Site::new();
    for name in ["jana", "petra"] {
        site.operator(name, "");
    }
    let told = warnings_of(&site);
    let disk = SmallDisk::under(&site);
    let linka = site.start();
    let phones = ["jana", "petra"].map(|name| WirePhone::dials("*40", name, &site));
    let mut first = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
    first.is_answered(SOON);
    talking(&linka, 1);

    disk.fill();
    let mut second = Caller::calls(&site, "<sip:+420777000002@127.0.0.2>", "");
    second.is_answered(SOON);
    talking(&linka, 2);

    assert_eq!(phones.iter().map(WirePhone::calls).sum::<usize>(), 2);
    let reason = linka.wait_for("the status tells it", SOON, |status| {
        status["unsaved"].as_str().map(str::to_owned)
    });
    assert!(reason.contains("is full"), "{reason}");
    let (code, why) = linka.get("/readyz");
    assert_eq!(code, 503);
    assert!(why.contains("not on disk"), "{why}");
    assert_eq!(linka.get("/healthz").0, 200);
    eventually("the warnings' command is run", SOON, || {
        text_of(&told)
            .contains("journal-unsaved: what happens is not on disk: ")
            .then_some(())
    });
    assert_eq!(first.hangs_up(), 200);
    talking(&linka, 1);

    disk.free();
    linka.wait_for("the journal heals", SOON, |status| {
        status["unsaved"].is_null().then_some(())
    });
    assert_eq!(linka.get("/readyz").0, 200);
    eventually("that is told as well", SOON, || {
        text_of(&told).contains("journal-saved: ").then_some(())
    });
    assert_eq!(second.hangs_up(), 200);
    let _linka = both_survive_a_kill(&site, linka);
    let mut third = Caller::calls(&site, "<sip:+420777000003@127.0.0.2>", "");
    third.is_answered(SOON);
}

/// Waits until the first operator's phone is known, and that is on disk.
#[track_caller]
fn has_a_phone(linka: &Linka<'_>) {
    linka.wait_for("her phone is known", SOON, |status| {
        let operator = &status["operators"][0];
        (operator["reachability"] == "reachable" && operator["phones"] == 1).then_some(())
    });
}

/// What is wrong with the journal, by `linka status`, `/readyz`, the metrics and the screens.
fn unsaved(linka: &Linka<'_>, screen: &Client) -> [bool; 4] {
    let status = linka.status().unwrap();
    let metrics = linka.get("/metrics").1;
    [
        !status["unsaved"].is_null(),
        linka.get("/readyz").1.contains("not on disk"),
        metrics.contains("\nlinka_journal_saved 0\n"),
        screen.feed().contains("\"unsaved\":\""),
    ]
}

#[track_caller]
fn is_unsaved_everywhere(linka: &Linka<'_>, screen: &Client, reason: &str) {
    linka.wait_for("the status tells why", SOON, |status| {
        let told = status["unsaved"].as_str()?;
        told.contains(reason).then_some(())
    });
    eventually("everything tells it", SOON, || {
        (unsaved(linka, screen) == [true; 4]).then_some(())
    });
}

#[track_caller]
fn is_saved_everywhere(linka: &Linka<'_>, screen: &Client) {
    eventually("everything is well", SOON, || {
        (unsaved(linka, screen) == [false; 4]).then_some(())
    });
}

#[test]
fn idle_line_says_everywhere_that_registrations_are_not_written() {
    let site = Site::new();
    site.operator("jana", "");
    let told = warnings_of(&site);
    let disk = SmallDisk::under(&site);
    let linka = site.start();
    let (administrator, _) = people(&site, &[]);

    let phone = Wire::at(PHONES_HOST, &site);
    phone.registers("jana", &site);
    has_a_phone(&linka);
    disk.fill();
    phone.registers("jana", &site);

    is_unsaved_everywhere(&linka, &administrator, "registrations cannot be written");
    eventually("people are told", SOON, || {
        let told = text_of(&told);
        told.contains("registrations-unsaved: what happens is not on disk: ")
            .then_some(())
    });

    disk.free();
    is_saved_everywhere(&linka, &administrator);
    eventually("that is told as well", SOON, || {
        text_of(&told)
            .contains("registrations-saved: ")
            .then_some(())
    });
}

/// The last line that a start which fails leaves, which has all of the words in it.
#[track_caller]
fn start_fails(site: &Site, words: &[&str]) {
    let before = text_of(&site.log()).len();
    let mut linka = site.start_unready();
    let status = linka.wait(SOON);
    let log = linka.log().split_off(before);
    assert_eq!(status.code(), WRONG, "{log}");
    let sentence = log
        .lines()
        .find(|line| words.iter().all(|word| line.contains(word)));
    assert!(sentence.is_some(), "no line has {words:?}:\n{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn folder_of_a_running_linka_is_a_sentence_and_it_runs_on() {
    let site = Site::new();
    let linka = site.start();

    start_fails(&site, &["linka: ", "live.db", "in use by another process"]);

    assert_eq!(linka.get("/readyz").0, 200);
    assert!(
        linka.status().is_some(),
        "the control socket was taken away"
    );
}

#[test]
fn taken_ports_are_sentences() {
    let site = Site::new();
    let udp = UdpSocket::bind(site.sip()).unwrap();
    let port = site.sip().to_string();
    start_fails(&site, &["linka: sip.udp", &port, "cannot be bound"]);
    drop(udp);

    let tcp = TcpListener::bind(site.sip()).unwrap();
    start_fails(&site, &["linka: sip.tcp", &port, "cannot be bound"]);
    drop(tcp);

    let metrics = TcpListener::bind(("127.0.0.1", site.metrics())).unwrap();
    let port = site.metrics().to_string();
    start_fails(&site, &["linka: metrics.listen", &port, "cannot be bound"]);
    drop(metrics);

    let _linka = site.start();
}

#[test]
fn keys_inside_the_data_folder_are_a_sentence() {
    let site = Site::new();
    fs::create_dir(site.data()).unwrap();
    let keys = site.data().join("keys");
    let mut command = site.serve();
    command.arg("--keys").arg(&keys);

    let output = command.output().unwrap();

    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), WRONG, "{told}");
    assert!(told.contains("lies inside the data folder"), "{told}");
    assert!(fs::read_dir(&keys).map_or(true, |mut files| files.next().is_none()));
}

#[test]
fn key_that_is_no_key_is_a_sentence() {
    let site = Site::new();
    let key = site.keys().join("journal.key");
    fs::write(&key, "short").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    start_fails(&site, &["linka: ", "journal.key", "is no key"]);
}

/// A change that breaks a configuration, and what the sentence about it says.
struct Broken {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    words: &'static [&'static str],
}

const BROKEN: [Broken; 13] = [
    Broken {
        file: "linka.toml",
        from: "repeat_minutes",
        to: "repeat_minuets",
        words: &["linka.toml:", "repeat_minuets", "is repeat_minutes meant?"],
    },
    Broken {
        file: "lines.toml",
        from: "ring_time_seconds = 6",
        to: "ring_time_seconds = \"six\"",
        words: &[
            "lines.toml:",
            "ring_time_seconds",
            "a whole number of seconds",
        ],
    },
    Broken {
        file: "lines.toml",
        from: "queue = \"crisis\"",
        to: "queue = \"crises\"",
        words: &["lines.toml:", "line.queue", "crises"],
    },
    Broken {
        file: "queues.toml",
        from: "strategy = \"longest-idle\"",
        to: "strategy = \"longest-ilde\"",
        words: &["queues.toml:", "strategy", "longest-ilde"],
    },
    Broken {
        file: "queues.toml",
        from: "[[queue.timeline]]\nafter_seconds = 45\naction = \"on-call\"\npartners = [\"on-call-first\", \"on-call-second\"]\n\n[[queue.timeline]]\nafter_seconds = 90\naction = \"tell-supervisor\"\n\n[[queue.timeline]]\nafter_seconds = 120\naction = \"partner\"\npartners = [\"neighbour-line\"]\n",
        to: "",
        words: &["queues.toml:", "queue.timeline", "reaches nobody"],
    },
    Broken {
        file: "trunks.toml",
        from: "addresses = [\"127.0.0.2\"]",
        to: "addresses = [\"127.0.0\"]",
        words: &["trunks.toml:", "addresses", "127.0.0"],
    },
    Broken {
        file: "partners.toml",
        from: "trunk = \"loopback\"",
        to: "trunk = \"lookback\"",
        words: &["partners.toml:", "partner.trunk", "lookback"],
    },
    Broken {
        file: "linka.toml",
        from: "[prompts]",
        to: "[web.oidc]\nissuer = \"http://id.example.org\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"https://linka.example.org\"\n[prompts]",
        words: &["linka.toml:", "web.oidc.issuer", "https://"],
    },
    Broken {
        file: "linka.toml",
        from: "[prompts]",
        to: "[web.oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"https://linka.example.org/x\"\n[prompts]",
        words: &["linka.toml:", "web.oidc.address", "without a path"],
    },
    Broken {
        file: "linka.toml",
        from: "[prompts]",
        to: "[web.oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"linka\"\naddress = \"https://linka.example.org\"\n[prompts]",
        words: &["linka.toml:", "web.oidc.name", "is missing"],
    },
    Broken {
        file: "linka.toml",
        from: "[prompts]",
        to: "[web.oidc]\nclient_secret = \"x\"\n[prompts]",
        words: &["linka.toml:", "client_secret"],
    },
    Broken {
        file: "linka.toml",
        from: "[metrics]",
        to: "[metrics",
        words: &["linka.toml:", "[metrics"],
    },
    Broken {
        file: "lines.toml",
        from: "greeting = \"greeting\"",
        to: "greeting = \"greating\"",
        words: &["lines.toml:", "greeting", "greating"],
    },
];

#[track_caller]
fn is_refused(site: &Site, words: &[&str]) {
    let checked = site.command(&["check"]);
    let told = String::from_utf8_lossy(&checked.stderr);
    assert_eq!(checked.status.code(), WRONG, "{words:?}: {told}");
    let sentence = told
        .lines()
        .find(|line| words.iter().all(|word| line.contains(word)));
    assert!(sentence.is_some(), "no line has {words:?}:\n{told}");
    start_fails(site, words);
    let untouched = !site.data().join("live.db").exists();
    assert!(untouched, "{words:?}: something was started");
}

#[test]
fn broken_configurations_are_sentences_with_file_line_and_key() {
    for Broken {
        file,
        from,
        to,
        words,
    } in BROKEN
    {
        let site = Site::new();
        site.change(file, from, to);

        is_refused(&site, words);
    }
}

#[test]
fn missing_configuration_file_is_a_sentence() {
    for file in ["linka.toml", "lines.toml", "operators.toml"] {
        let site = Site::new();
        fs::remove_file(site.config().join(file)).unwrap();

        is_refused(&site, &[file, "cannot be read"]);
    }
}

#[test]
fn missing_prompt_is_a_sentence() {
    let site = Site::new();
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/prompts");
    let folder = site.config().join("prompts");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(prompts)
        .arg(&folder)
        .status();
    assert!(copied.unwrap().success());
    let text = fs::read_to_string(site.config().join("linka.toml")).unwrap();
    let here = text
        .lines()
        .find(|line| line.starts_with("folder = "))
        .unwrap();
    site.change("linka.toml", here, "folder = \"prompts\"");
    fs::remove_file(folder.join("cs/greeting.wav")).unwrap();

    is_refused(&site, &["cs/greeting.wav"]);
}
