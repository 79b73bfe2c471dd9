//! A disk that hangs as a whole: nothing under the data folder comes back. The library `hangs.c`
//! stands between `linka` and the kernel.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::peers::eventually;
use crate::peers::linka::Site;
use crate::peers::people::people;
use crate::peers::preload;
use crate::peers::process::text_of;
use crate::peers::sipp::PHONES_HOST;
use crate::peers::wire::{Caller, Wire, WirePhone};
use crate::{
    SOON, both_survive_a_kill, has_a_phone, is_saved_everywhere, is_unsaved_everywhere, talking,
    warnings_of,
};

/// More feeds than fit into the ten seconds after which a silent thread counts as stuck.
const FEEDS: usize = 15;
/// They come once a second.
const FED_WITHIN: Duration = Duration::from_secs(60);

/// The disk of a site, which can be made to hang.
struct HangingDisk {
    library: PathBuf,
    gate: PathBuf,
    folder: PathBuf,
}

impl HangingDisk {
    #[track_caller]
    fn under(site: &Site) -> Self {
        let library = preload::library("disk/hangs.c", site);
        Self {
            library,
            gate: site.config().join("hangs"),
            folder: site.data(),
        }
    }

    /// What `linka` is started with, so that its disk is this one.
    fn variables(&self) -> [(&str, &Path); 3] {
        [
            ("LD_PRELOAD", &self.library),
            ("HANGS_WHILE", &self.gate),
            ("HANGS_UNDER", &self.folder),
        ]
    }

    fn hang(&self) {
        fs::write(&self.gate, "").unwrap();
    }

    fn go_on(&self) {
        fs::remove_file(&self.gate).unwrap();
    }
}

/// Stands where systemd does, and sees whether its watchdog is fed.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    fn of(site: &Site) -> Self {
        let path = site.config().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, path }
    }

    /// Waits until the watchdog was fed so often from now on.
    #[track_caller]
    fn is_fed(&self, times: usize) {
        let _before = self.feeds();
        let mut fed = 0;
        eventually("the watchdog is fed", FED_WITHIN, || {
            fed += self.feeds();
            (fed >= times).then_some(())
        });
    }

    /// How often it was fed since this was asked last.
    fn feeds(&self) -> usize {
        let mut message = [0; 4_096];
        let told = std::iter::from_fn(|| {
            self.socket
                .recv(&mut message)
                .ok()
                .map(|length| String::from_utf8_lossy(&message[..length]).contains("WATCHDOG=1"))
        });
        told.filter(|fed| *fed).count()
    }
}

#[test]
fn disk_that_hangs_in_mid_call_ends_no_call_and_all_is_saved_afterwards() {
    let site = Site::new();
    for name in ["jana", "petra"] {
        site.operator(name, "");
    }
    let told = warnings_of(&site);
    let disk = HangingDisk::under(&site);
    let systemd = Systemd::of(&site);
    let [library, gate, folder] = disk.variables();
    let socket = ("NOTIFY_SOCKET", systemd.path.as_path());
    let linka = site.start_with(&[library, gate, folder, socket]);
    let phones = ["jana", "petra"].map(|name| WirePhone::dials("*40", name, &site));
    let mut first = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
    first.is_answered(SOON);
    talking(&linka, 1);

    disk.hang();
    let mut second = Caller::calls(&site, "<sip:+420777000002@127.0.0.2>", "");
    second.is_answered(SOON);
    talking(&linka, 2);
    systemd.is_fed(FEEDS);
    linka.advance(Duration::from_secs(60));

    talking(&linka, 2);
    assert_eq!(phones.iter().map(WirePhone::calls).sum::<usize>(), 2);
    assert_eq!(linka.get("/healthz").0, 200);
    let (code, why) = linka.get("/readyz");
    assert_eq!(code, 503);
    assert!(why.contains("not on disk"), "{why}");
    eventually("people are told", SOON, || {
        let told = text_of(&told);
        let both = told.contains("journal-unsaved: ") && told.contains("disk-hangs: ");
        both.then_some(())
    });
    assert_eq!(first.hangs_up(), 200);
    talking(&linka, 1);

    disk.go_on();
    linka.wait_for("the journal heals", SOON, |status| {
        status["unsaved"].is_null().then_some(())
    });
    eventually("that is told as well", SOON, || {
        let told = text_of(&told);
        (told.contains("journal-saved: ") && told.contains("disk-writes: ")).then_some(())
    });
    assert_eq!(linka.get("/readyz").0, 200);
    assert_eq!(second.hangs_up(), 200);
    let _linka = both_survive_a_kill(&site, linka);
}

#[test]
fn idle_line_says_everywhere_that_its_disk_hangs() {
    let site = Site::new();
    site.operator("jana", "");
    let told = warnings_of(&site);
    // The journal's alone: the pages go on.
    let disk = HangingDisk {
        folder: site.data().join("live.db"),
        ..HangingDisk::under(&site)
    };
    let linka = site.start_with(&disk.variables());
    let (administrator, _) = people(&site, &[]);
    let phone = Wire::at(PHONES_HOST, &site);
    phone.registers("jana", &site);
    has_a_phone(&linka);

    disk.hang();
    phone.registers("jana", &site);

    is_unsaved_everywhere(&linka, &administrator, "does not come back from a write");
    eventually("people are told", SOON, || {
        text_of(&told).contains("disk-hangs: ").then_some(())
    });

    disk.go_on();
    is_saved_everywhere(&linka, &administrator);
}

/// Longer than a journal is waited for, at the start as at the end.
pub(crate) const WAITED_FOR: Duration = Duration::from_secs(60);

#[test]
fn end_does_not_wait_for_a_disk_that_hangs() {
    let site = Site::new();
    site.operator("jana", "");
    let disk = HangingDisk::under(&site);
    let mut linka = site.start_with(&disk.variables());
    let _phone = WirePhone::dials("*40", "jana", &site);
    disk.hang();
    let mut caller = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    talking(&linka, 1);

    linka.terminate();
    linka.wait_for("it drains", SOON, |status| {
        (status["mode"] == "draining").then_some(())
    });
    talking(&linka, 1);
    assert_eq!(caller.hangs_up(), 200);

    let status = linka.wait(WAITED_FOR);
    let log = linka.log();
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("it ends without the journal"), "{log}");
}

#[test]
fn start_on_a_disk_that_hangs_opens_the_line_and_heals() {
    let site = Site::new();
    site.operator("jana", "");
    let told = warnings_of(&site);
    let disk = HangingDisk::under(&site);
    let linka = site.start_with(&disk.variables());
    drop(WirePhone::dials("*40", "jana", &site));
    linka.kill();
    disk.hang();

    let linka = site.start_unready_with(&disk.variables());
    eventually(
        "the line is open, and nothing is on disk",
        WAITED_FOR,
        || {
            let (code, why) = linka.get_if_there("/readyz")?;
            (code == 503 && why.contains("not on disk")).then_some(())
        },
    );
    eventually("people are told", SOON, || {
        let told = text_of(&told);
        let both = told.contains("journal-unread: ") && told.contains("journal-unsaved: ");
        both.then_some(())
    });
    // Nobody is known to be there: the line is open all the same.
    let mut caller = Caller::calls(&site, "<sip:+420777000001@127.0.0.2>", "");
    caller.is_answered(SOON);
    let phone = WirePhone::dials("*40", "jana", &site);
    eventually("she is called", SOON, || (phone.calls() == 1).then_some(()));

    disk.go_on();
    linka.wait_for("the journal heals", SOON, |status| {
        status["unsaved"].is_null().then_some(())
    });
    let kept = site.data().join("live.db.damaged-1").display().to_string();
    assert!(linka.log().contains(&kept), "{}", linka.log());
    talking(&linka, 1);
    assert_eq!(caller.hangs_up(), 200);
}
