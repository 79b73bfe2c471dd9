//! A node without sound or SIP: the log, its writer, and the disk's moods.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dispatch::invariants::{check, check_index};
use dispatch::{ContactId, ContactState, Decision, EndCause, Moment, NodeId, Origin, Outcome, Seq};
use journal::{
    CrashPoint, Entry, Fact, Fault, Health, Log, LogInput, LogOutput, MemoryJournal, MemoryWriter,
    Order, Saved, State, replay,
};
use records::QuarterHour;
use simulation::Chance;

use crate::books::Books;
use crate::centre::{Centre, config};

const BEGIN: Moment = Moment::from_micros(1_790_000_000_000_000);
/// Within what time an entry is applied, however slow or sick the disk is.
const APPLIED_WITHIN: Duration = Duration::from_secs(1);
/// How often the indexes are compared with ones that are built anew, in steps.
const INDEX_EVERY: u64 = 50;

/// What days had in them: a day that never crashed proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) crashes: u64,
    /// Contacts that were found after crashes.
    pub(crate) recovered: u64,
    /// Times that the journal fell sick.
    pub(crate) unsaved: u64,
    pub(crate) snapshots: u64,
    pub(crate) answered: u64,
    /// Contacts of devices that somebody took.
    pub(crate) taken: u64,
    /// Months that were written to the records.
    pub(crate) months: u64,
    /// Quarter-hours that were, and that the state forgot.
    pub(crate) quarter_hours: u64,
}

impl Seen {
    pub(crate) const fn add(&mut self, other: Self) {
        self.crashes += other.crashes;
        self.recovered += other.recovered;
        self.unsaved += other.unsaved;
        self.snapshots += other.snapshots;
        self.answered += other.answered;
        self.taken += other.taken;
        self.months += other.months;
        self.quarter_hours += other.quarter_hours;
    }
}

/// A node and its disk.
pub(crate) struct Node {
    chance: Chance,
    now: Moment,
    start: u32,
    log: Log,
    writer: MemoryWriter,
    centre: Centre,
    books: Books,
    /// Every entry, whether it is applied by now or not.
    history: BTreeMap<Seq, Entry>,
    open: BTreeSet<ContactId>,
    disk: Disk,
    steps: u64,
    seen: Seen,
}

/// Whether everything that was applied since the start is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    Well,
    Sick,
}

impl Node {
    pub(crate) fn new(seed: u64) -> Self {
        let mut journal = MemoryJournal::default();
        let replayed = replay(&mut journal).unwrap();
        let begins = begins(seed);
        let mut node = Self {
            chance: Chance::new(seed),
            now: begins,
            start: 0,
            log: Log::new(replayed, begins),
            writer: MemoryWriter::new(journal, Duration::from_millis(2)),
            centre: Centre::default(),
            books: Books::default(),
            history: BTreeMap::new(),
            open: BTreeSet::new(),
            disk: Disk::Well,
            steps: 0,
            seen: Seen::default(),
        };
        node.begin();
        node
    }

    /// What a start appends.
    fn begin(&mut self) {
        self.start += 1;
        let config = std::sync::Arc::new(config(&mut self.chance));
        self.append(Fact::Dispatch(dispatch::Fact::Restarted {
            node: NodeId::ONLY,
            start: self.start,
        }));
        self.append(self.books.day_began());
        self.append(Fact::Dispatch(dispatch::Fact::Configured(config)));
        for fact in Centre::morning() {
            self.append(fact);
        }
    }

    fn append(&mut self, fact: Fact) {
        // A refusal is for new contacts when too many entries wait, and never comes here.
        self.log.append(self.now, fact).unwrap();
    }

    /// One thing happens, and what follows from it.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        match self.chance.below(200) {
            0 => return self.crash(CrashPoint::BeforeCommit),
            1 => return self.crash(CrashPoint::AfterCommit),
            2 => self.writer.set_fault(Some(Fault::Fails)),
            3 => self.writer.set_fault(Some(Fault::FailsButWritten)),
            4 => self.writer.set_fault(Some(Fault::Full)),
            5..9 => self.writer.set_fault(None),
            9 => {
                let slow = self.chance.millis(0, 400);
                self.writer.set_commit_time(slow);
            }
            10 => {
                let days = self.chance.below(60);
                self.books.days_pass(days);
                self.append(self.books.day_began());
            }
            11..16 => {
                if let Some(fact) = self.books.store(self.log.state()) {
                    self.append(fact);
                }
            }
            16..18 => self.store_arrived()?,
            18..70 => self.time_passes(),
            _ => {
                let fact = self.centre.fact(&mut self.chance, self.start);
                self.append(fact);
            }
        }
        self.settle()?;
        self.check()
    }

    fn store_arrived(&mut self) -> Result<(), String> {
        let applied = self.now - APPLIED_WITHIN;
        let fact = self.books.store_arrived(self.log.state(), applied)?;
        if let Some(fact) = fact {
            self.append(fact);
        }
        Ok(())
    }

    /// Time goes on to what is due next, or a little.
    fn time_passes(&mut self) {
        let due = [self.log.poll_timeout(), self.writer.poll_timeout()];
        let due = due.into_iter().flatten().min();
        let little = self.now + self.chance.millis(0, 3_000);
        self.now = match due {
            Some(due) if due <= little => self.now.max(due),
            Some(_) | None => little,
        };
        self.writer.handle_timeout(self.now);
    }

    fn settle(&mut self) -> Result<(), String> {
        loop {
            if let Some(report) = self.writer.poll_report() {
                self.log.handle_input(self.now, LogInput::Reported(report));
            } else if let Some(output) = self.log.poll_output() {
                self.carry_out(output)?;
            } else if self.log.poll_timeout().is_some_and(|due| due <= self.now) {
                self.log.handle_input(self.now, LogInput::Timeout);
            } else {
                return Ok(());
            }
        }
    }

    fn carry_out(&mut self, output: LogOutput) -> Result<(), String> {
        match output {
            LogOutput::Order(order) => {
                if let Order::Append(entry) = &order {
                    self.history.insert(entry.seq, entry.clone());
                }
                self.writer.order(self.now, order);
            }
            LogOutput::Applied(entry) => {
                if let Fact::Dispatch(dispatch::Fact::Arrived { origin, .. }) = &entry.fact {
                    let contact = ContactId(entry.seq);
                    self.centre.arrived(contact, *origin);
                    if !self.open.insert(contact) {
                        return Err(format!("contact {contact} came twice"));
                    }
                }
                self.history.insert(entry.seq, entry);
            }
            LogOutput::Rejected(entry, _) => {
                self.history.insert(entry.seq, entry);
            }
            LogOutput::Decided(decision) => self.decided(&decision)?,
            LogOutput::Health(Health::Unsaved(_)) => {
                self.disk = Disk::Sick;
                self.seen.unsaved += 1;
            }
            LogOutput::Health(Health::Saved) => self.disk = Disk::Well,
            LogOutput::Health(Health::SnapshotFailed(_)) => {}
            LogOutput::SnapshotWritten(_) => self.seen.snapshots += 1,
        }
        Ok(())
    }

    fn decided(&mut self, decision: &Decision) -> Result<(), String> {
        if let Decision::Closed(closed) = decision {
            self.seen.answered += u64::from(closed.outcome == Outcome::Answered);
            self.seen.taken += u64::from(closed.outcome == Outcome::Taken);
            if !self.open.remove(&closed.contact) {
                return Err(format!("contact {} ended twice", closed.contact));
            }
        }
        self.centre.note(decision);
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let state = self.log.state();
        let dispatcher = state.dispatcher();
        check(dispatcher, state.at().max(self.now)).map_err(|violation| violation.to_string())?;
        if self.steps.is_multiple_of(INDEX_EVERY) {
            check_index(dispatcher)?;
        }
        let live = dispatcher.contacts_live();
        let total = self.books.total(state);
        if live != self.open.len() || state.live_contacts() != live {
            return Err(format!("{live} contacts are live, not {}", self.open.len()));
        }
        let by_quarter_hour = self.books.arrived(state);
        if by_quarter_hour != total.arrived {
            return Err(format!(
                "{by_quarter_hour} arrived by quarter-hour, and the counts are {total:?}"
            ));
        }
        let views = dispatcher.contacts().into_iter();
        let callers = views.filter(|view| view.origin.line().is_some()).count();
        if total.arrived != total.ended + callers as u64 {
            return Err(format!(
                "{callers} callers are live, and the counts are {total:?}"
            ));
        }
        Ok(())
    }

    /// The node dies and starts again.
    fn crash(&mut self, point: CrashPoint) -> Result<(), String> {
        let empty = MemoryWriter::new(MemoryJournal::default(), Duration::from_millis(2));
        let mut journal = std::mem::replace(&mut self.writer, empty).crash(point);
        let replayed = replay(&mut journal).map_err(|error| error.to_string())?;
        if !replayed.gaps.is_empty() || !replayed.skipped.is_empty() {
            return Err(format!("the replay found gaps after {:?}", replayed.gaps));
        }
        self.compare(&replayed.state)?;
        self.seen.crashes += 1;
        self.seen.recovered += replayed.state.live_contacts() as u64;
        let (_, lost) = self.split_history(replayed.state.seq());
        for seq in lost {
            self.history.remove(&seq);
        }
        self.centre.restart(&replayed.state);
        self.books.restart(&replayed.state);
        self.open = self
            .centre
            .live()
            .iter()
            .map(|(contact, _)| *contact)
            .collect();
        self.log = Log::new(replayed, self.now);
        self.writer = MemoryWriter::new(journal, Duration::from_millis(2));
        self.disk = Disk::Well;
        let before: Vec<ContactId> = self.open.iter().copied().collect();
        self.begin();
        self.until_applied(Seq(self.log.state().seq().0 + 1))?;
        self.check_adrift(&before)
    }

    fn split_history(&self, seq: Seq) -> (usize, Vec<Seq>) {
        let lost = self.history.range(Seq(seq.0 + 1)..);
        (self.history.len(), lost.map(|(seq, _)| *seq).collect())
    }

    /// What was replayed is what the entries up to there made; a well disk lost nothing that was applied.
    fn compare(&self, replayed: &State) -> Result<(), String> {
        let applied = self.log.state().seq();
        if self.disk == Disk::Well && replayed.seq() < applied {
            let (found, applied) = (replayed.seq().0, applied.0);
            return Err(format!("{applied} was applied and {found} is on disk"));
        }
        let mut anew = State::default();
        for entry in self.history.values() {
            if entry.seq > replayed.seq() {
                break;
            }
            let entry = Entry {
                saved: Saved::Saved,
                ..entry.clone()
            };
            // A refused fact is refused again.
            let _ = anew.apply(&entry);
            while anew.poll_decision().is_some() {}
        }
        if anew.snapshot() == replayed.snapshot() {
            return Ok(());
        }
        Err(format!(
            "the replay up to {} made another state than the entries",
            replayed.seq().0
        ))
    }

    /// Lets the disk work until the restart itself is applied.
    fn until_applied(&mut self, seq: Seq) -> Result<(), String> {
        for _ in 0..100 {
            self.settle()?;
            if self.log.state().seq() >= seq {
                return Ok(());
            }
            let due = self.writer.poll_timeout().unwrap_or(self.now);
            self.now = self.now.max(due);
            self.writer.handle_timeout(self.now);
        }
        Err("the restart was never applied".to_owned())
    }

    /// The same contacts in the same order, adrift: no phone rings for a ghost.
    fn check_adrift(&self, before: &[ContactId]) -> Result<(), String> {
        let views = self.log.state().dispatcher().contacts();
        let mut after: Vec<ContactId> = views.iter().map(|view| view.id).collect();
        after.sort_unstable();
        if after != before {
            return Err(format!(
                "{before:?} were there before the crash, {after:?} after"
            ));
        }
        for view in views {
            let is_adrift = matches!(view.state, ContactState::Adrift { .. });
            if view.origin.leg().is_some() && !is_adrift {
                return Err(format!("{} is {:?} after a crash", view.id, view.state));
            }
        }
        Ok(())
    }

    /// Every entry that survived, in order.
    pub(crate) fn history(&self) -> impl Iterator<Item = &Entry> {
        self.history.values()
    }

    /// The disk heals, everybody hangs up; nothing is left.
    pub(crate) fn end(mut self) -> Result<Seen, String> {
        self.writer.set_fault(None);
        self.writer.set_commit_time(Duration::from_millis(1));
        // Whoever is still on her way into the log comes first.
        self.work_on(20)?;
        for (contact, origin) in self.centre.live().to_vec() {
            let cause = match origin {
                Origin::Caller { .. } => EndCause::Caller,
                Origin::Device { .. } => EndCause::Case,
            };
            self.append(Fact::Dispatch(dispatch::Fact::Ended { contact, cause }));
        }
        self.work_on(400)?;
        self.settle()?;
        self.check()?;
        if !self.open.is_empty() {
            return Err(format!("{:?} never ended", self.open));
        }
        if self.disk == Disk::Sick {
            return Err("the journal never healed".to_owned());
        }
        self.seen.months = self.books.months();
        self.seen.quarter_hours = self.books.quarter_hours(self.log.state());
        Ok(self.seen)
    }

    /// Lets the log and the disk do so many things that are due.
    fn work_on(&mut self, things: u32) -> Result<(), String> {
        for _ in 0..things {
            self.settle()?;
            let due = [self.log.poll_timeout(), self.writer.poll_timeout()];
            let Some(due) = due.into_iter().flatten().min() else {
                return Ok(());
            };
            self.now = self.now.max(due);
            self.writer.handle_timeout(self.now);
        }
        self.settle()
    }
}

/// Within half a minute a quarter-hour ends.
fn begins(seed: u64) -> Moment {
    let next = QuarterHour::of(BEGIN).start() + QuarterHour::LENGTH;
    next - Duration::from_secs(seed % 30)
}
