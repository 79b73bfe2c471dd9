//! A journal of an earlier release is read.
//!
//! Each file in `upgrade` was written by the release whose format it is named for, by the functions
//! below as they stood in it: the whole of [`Format::history`], of which a snapshot covers the
//! first [`Format::covered`] entries. A release that writes another format adds a file of this one,
//! and a case that reads it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Act, ActingRole, Action, Cause, Class, Config, ContactId, EndCause, HandBack, HomeTimes,
    Intent, IntentCause, Key, LegId, Line, LineId, Miss, Moment, Need, Needs, NodeId, Operator,
    OperatorId, Origin, OwnWrapUp, Partner, PartnerId, Place, Queue, QueueId, Reachability,
    Relaxation, Reserve, Rules, Seq, SkillId, Standing, Step, Strategy, Timeline, WrapUpChange,
};
use journal::{Entry, Fact, Fate, Journal as _, Saved, State, TailEntry};
use records::content::{Content, Field};
use records::{ClosedKey, Date, QuarterHour};
use store::{CHANCE_BYTES, KEY_BYTES, LIVE_DB, NodeJournal};
use tempfile::TempDir;

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const START: Moment = Moment::from_micros(1_790_000_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
/// The numbers of the entries with which the two contacts of the history arrive.
const FIRST: ContactId = ContactId(Seq(11));
const SECOND_ONE: ContactId = ContactId(Seq(14));
/// The same of the one that format 6 adds.
const LAST: ContactId = ContactId(Seq(21));
/// Longer than contents may be entered.
const SETTLES: Duration = Duration::from_secs(3 * 3_600);

/// The formats of which a file is kept.
#[derive(Clone, Copy)]
enum Format {
    Four,
    Five,
    Six,
    Seven,
}

impl Format {
    const fn file(self) -> &'static str {
        match self {
            Self::Four => "format_4.db",
            Self::Five => "format_5.db",
            Self::Six => "format_6.db",
            Self::Seven => "format_7.db",
        }
    }

    /// How many entries of the history the snapshot covers.
    const fn covered(self) -> usize {
        match self {
            Self::Four => 16,
            Self::Five => 17,
            Self::Six => 22,
            Self::Seven => 27,
        }
    }

    /// The entry that replays pass.
    const fn skipped(self) -> Option<Seq> {
        match self {
            Self::Four | Self::Five => None,
            Self::Six => Some(Seq(26)),
            Self::Seven => Some(Seq(31)),
        }
    }

    /// The registrations that were kept.
    fn bindings(self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Four | Self::Five => Vec::new(),
            Self::Six | Self::Seven => vec![("jana".into(), b"sip:jana@192.0.2.7".into())],
        }
    }

    /// How long nothing was written before this entry: a content settles in the history of format 6.
    const fn pause_before(self, n: u32) -> Duration {
        match self {
            Self::Six | Self::Seven if n as u64 >= LAST.0.0 => SETTLES,
            Self::Four | Self::Five | Self::Six | Self::Seven => Duration::ZERO,
        }
    }

    fn history(self) -> Vec<Entry> {
        let mut facts = covered_by_the_snapshot();
        match self {
            Self::Four => {}
            Self::Five => facts = with_needs(facts),
            Self::Six => {
                facts = with_needs(facts);
                facts.extend(with_content());
            }
            Self::Seven => {
                facts = with_needs(facts);
                facts.extend(with_content());
                facts.extend(with_acts());
            }
        }
        assert_eq!(facts.len(), self.covered());
        facts.extend(written_after_it());
        match self {
            Self::Four | Self::Five | Self::Six => {}
            Self::Seven => facts.extend(stored()),
        }
        let entries = facts.into_iter().zip(1_u32..).map(|(fact, n)| Entry {
            seq: Seq(n.into()),
            at: START + n * SECOND + self.pause_before(n),
            fact,
            saved: Saved::Saved,
        });
        entries.collect()
    }
}

fn operator(name: &str) -> OperatorId {
    OperatorId::parse(name).unwrap()
}

fn queue(name: &str) -> QueueId {
    QueueId::parse(name).unwrap()
}

fn line(name: &str) -> LineId {
    LineId::parse(name).unwrap()
}

fn partner() -> PartnerId {
    PartnerId::parse("partner").unwrap()
}

fn need(skill: &str, level: u8) -> Need {
    let skill = SkillId::parse(skill).unwrap();
    Need { skill, level }
}

const fn leg(n: u32) -> LegId {
    LegId::new(NodeId::ONLY, 1, n)
}

fn timeline() -> Timeline {
    let step = |after: u32, action| Step {
        after: after * SECOND,
        action,
    };
    Timeline {
        class: Class::Crisis,
        steps: vec![
            step(10, Action::WidenSkills),
            step(20, Action::SecondOperator),
            step(30, Action::OnCall(vec![operator("eva"), operator("olga")])),
            step(40, Action::TellSupervisor),
            step(60, Action::Overflow(partner())),
        ],
    }
}

fn config() -> Config {
    let interval = 5 * SECOND;
    let queue_of = |name, strategy| Queue {
        id: queue(name),
        strategy,
        ring_time: 15 * SECOND,
        wrap_up: 20 * SECOND,
        wrap_up_hard: 60 * SECOND,
        reserves: vec![Reserve {
            class: Class::Alarm,
            least: 0,
            needs: Needs::from([need("cs", 1)]),
        }],
        relaxations: vec![Relaxation {
            skill: need("cs", 0).skill,
            after: 15 * SECOND,
            level: 2,
        }],
        timelines: vec![timeline()],
    };
    let person = |name, place| Operator {
        id: operator(name),
        skills: vec![(need("cs", 0).skill, 6)],
        queues: vec![queue("help"), queue("youth")],
        place,
        wrap_up: OwnWrapUp {
            after: Some(7 * SECOND),
            after_hard: None,
        },
        at_home: HomeTimes {
            ring: 40 * SECOND,
            confirm: 15 * SECOND,
        },
    };
    Config {
        lines: vec![line_of("free", "help"), line_of("young", "youth")],
        queues: vec![
            queue_of("help", Strategy::LongestIdle),
            queue_of("youth", Strategy::RingProgressively { interval }),
        ],
        operators: vec![
            person("jana", Place::Desk),
            person("petra", Place::Desk),
            person("eva", Place::Home),
            person("olga", Place::Home),
        ],
        partners: vec![Partner {
            id: partner(),
            ring_time: 20 * SECOND,
            rest: 30 * SECOND,
        }],
        desk: None,
        rules: Rules::default(),
    }
}

fn line_of(id: &str, its_queue: &str) -> Line {
    Line {
        id: line(id),
        queue: queue(its_queue),
        needs: Needs::from([]),
        choices: Vec::new(),
    }
}

/// What format 4 does not say: what a line's callers need, as they come and after each choice.
fn with_choices(mut config: Config) -> Config {
    for line in &mut config.lines {
        line.needs = Needs::from([need("cs", 1)]);
        line.choices = vec![Needs::from([need("uk", 4)])];
    }
    config
}

fn acted(by: Option<ActingRole>, act: Act) -> Fact {
    let contact = SECOND_ONE;
    Fact::Dispatch(dispatch::Fact::Acted { contact, act, by })
}

fn arrived(leg_number: u32, on: &str, needs: Needs) -> Fact {
    Fact::Dispatch(dispatch::Fact::Arrived {
        origin: Origin::Caller {
            leg: leg(leg_number),
            line: line(on),
        },
        class: Class::Crisis,
        needs,
        standing: Standing::Arrival,
    })
}

fn intends(name: &str, intent: Intent) -> Fact {
    Fact::Dispatch(dispatch::Fact::Intends {
        operator: operator(name),
        intent,
        // Formats 4 and 5 do not say it.
        cause: IntentCause::Unsaid,
    })
}

fn paused() -> Intent {
    Intent::Paused {
        reason: Key::parse("lunch").unwrap(),
        back_at: Some(START + 600 * SECOND),
    }
}

/// Two operators and two people at home. The first caller is missed by one operator and talks with
/// the other, the second waits.
fn covered_by_the_snapshot() -> Vec<Fact> {
    let reached = |name| {
        Fact::Dispatch(dispatch::Fact::Reached {
            operator: operator(name),
            reachability: Reachability::Reachable,
        })
    };
    vec![
        Fact::Dispatch(dispatch::Fact::Configured(Arc::new(config()))),
        day_began(),
        reached("jana"),
        intends("jana", Intent::Ready),
        reached("petra"),
        intends("petra", Intent::Ready),
        reached("eva"),
        intends("eva", Intent::Ready),
        intends("olga", paused()),
        Fact::Dispatch(dispatch::Fact::Engaged {
            operator: operator("olga"),
            leg: leg(9),
        }),
        arrived(1, "free", Needs::from([])),
        Fact::Dispatch(dispatch::Fact::Missed {
            contact: FIRST,
            operator: operator("jana"),
            miss: Miss::Declined,
        }),
        Fact::Dispatch(dispatch::Fact::Answered {
            contact: FIRST,
            operator: operator("petra"),
            leg: leg(2),
        }),
        arrived(3, "young", Needs::from([need("uk", 2)])),
        Fact::Dispatch(dispatch::Fact::Classed {
            contact: SECOND_ONE,
            class: Class::Danger,
            cause: Cause::Caller,
        }),
        intends("jana", paused()),
    ]
}

fn day_began() -> Fact {
    let date = Date::new(2026, 9, 21).unwrap();
    Fact::Records(records::Fact::DayBegan { date })
}

/// What format 5 says beside it: what lines need, and a need that was chosen.
fn with_needs(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts[0] = Fact::Dispatch(dispatch::Fact::Configured(Arc::new(with_choices(config()))));
    facts.push(Fact::Dispatch(dispatch::Fact::Needed {
        contact: SECOND_ONE,
        needs: Needs::from([need("uk", 4)]),
    }));
    facts
}

/// What format 6 says beside it: how an intent came; and a content that settles.
fn with_content() -> Vec<Fact> {
    let ended = |contact| {
        Fact::Dispatch(dispatch::Fact::Ended {
            contact,
            cause: EndCause::Caller,
        })
    };
    vec![
        Fact::Dispatch(dispatch::Fact::Intends {
            operator: operator("jana"),
            intent: Intent::Ready,
            cause: IntentCause::Phone,
        }),
        Fact::Records(records::Fact::Entered {
            contact: FIRST,
            operator: operator("petra"),
            content: content(),
        }),
        ended(FIRST),
        arrived(5, "free", Needs::from([])),
        ended(LAST),
    ]
}

/// What format 7 says beside it: acts of a day that is over, and of today.
fn with_acts() -> Vec<Fact> {
    let acted = |by, act| {
        Fact::Dispatch(dispatch::Fact::Acted {
            contact: SECOND_ONE,
            by,
            act,
        })
    };
    vec![
        acted(Some(ActingRole::Supervisor), Act::Class(Class::Alarm)),
        acted(Some(ActingRole::Administrator), Act::Move(queue("help"))),
        Fact::Records(records::Fact::DayBegan {
            date: Date::new(2026, 9, 22).unwrap(),
        }),
        acted(Some(ActingRole::Administrator), Act::Give(operator("jana"))),
        acted(Some(ActingRole::Supervisor), Act::Class(Class::Danger)),
    ]
}

/// What format 7 says after it: that acts and quarter-hours are where they belong.
fn stored() -> Vec<Fact> {
    vec![
        acted(Some(ActingRole::Supervisor), Act::Move(queue("youth"))),
        Fact::Records(records::Fact::ActsStored {
            through: Date::new(2026, 9, 21).unwrap(),
        }),
        Fact::Records(records::Fact::ArrivedStored {
            through: QuarterHour::of(START),
        }),
    ]
}

/// Each fact once that is not in the snapshot.
fn written_after_it() -> Vec<Fact> {
    let (contact, jana, partner) = (SECOND_ONE, operator("jana"), partner());
    let mut facts = of_the_second(contact, jana);
    facts.extend([
        Fact::Dispatch(dispatch::Fact::PartnerAnswered {
            contact,
            partner,
            leg: leg(4),
        }),
        Fact::Dispatch(dispatch::Fact::PartnerMissed { contact, partner }),
        Fact::Dispatch(dispatch::Fact::HandedBack {
            contact,
            cause: HandBack::Partner,
        }),
        Fact::Records(records::Fact::Entered {
            contact: FIRST,
            operator: operator("petra"),
            content: content(),
        }),
        Fact::Records(records::Fact::PeriodStored {
            key: ClosedKey::Piece {
                line: line("free"),
                first: Date::new(2026, 9, 1).unwrap(),
            },
        }),
        Fact::Dispatch(dispatch::Fact::Ended {
            contact: FIRST,
            cause: EndCause::Caller,
        }),
        Fact::Timeout,
        Fact::Dispatch(dispatch::Fact::LegFound { leg: leg(3) }),
        Fact::Dispatch(dispatch::Fact::LegLost { leg: leg(3) }),
        Fact::Dispatch(dispatch::Fact::Restarted {
            node: NodeId::ONLY,
            start: 2,
        }),
    ]);
    facts
}

fn of_the_second(contact: ContactId, operator: OperatorId) -> Vec<Fact> {
    vec![
        Fact::Dispatch(dispatch::Fact::Stands {
            contact,
            standing: Standing::BehindBand,
        }),
        Fact::Dispatch(dispatch::Fact::Classed {
            contact,
            class: Class::Crisis,
            cause: Cause::Operator(operator),
        }),
        Fact::Dispatch(dispatch::Fact::Needed {
            contact,
            needs: Needs::from([need("cs", 3)]),
        }),
        // Told without a role, as every journal before format 7 has it.
        acted(None, Act::Move(queue("help"))),
        acted(None, Act::Give(operator)),
        Fact::Dispatch(dispatch::Fact::Intends {
            operator,
            intent: Intent::Off,
            cause: IntentCause::Unsaid,
        }),
        Fact::Dispatch(dispatch::Fact::Reached {
            operator,
            reachability: Reachability::Unproven,
        }),
        Fact::Dispatch(dispatch::Fact::ShiftEnds {
            operator,
            at: Some(START + 900 * SECOND),
        }),
        Fact::Dispatch(dispatch::Fact::Disengaged {
            operator,
            leg: leg(9),
        }),
        Fact::Dispatch(dispatch::Fact::PickedUp { contact, operator }),
        Fact::Dispatch(dispatch::Fact::WrapUp {
            operator,
            change: WrapUpChange::Longer(30 * SECOND),
        }),
    ]
}

fn content() -> Box<Content> {
    let mut content = Content::default();
    content.set(Field::Outcome, "advised").unwrap();
    Box::new(content)
}

/// A journal in a folder of its own whose file is this one.
fn opened(file: &str) -> (TempDir, NodeJournal) {
    let folder = TempDir::new().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    fs::copy(kept.join(file), folder.path().join(LIVE_DB)).unwrap();
    let journal = NodeJournal::open(folder.path(), &KEY, [1; CHANCE_BYTES]).unwrap();
    (folder, journal)
}

#[test]
fn journal_of_format_four_is_read_as_it_was_written() {
    is_read_as_it_was_written(Format::Four);
}

#[test]
fn journal_of_format_five_is_read_as_it_was_written() {
    is_read_as_it_was_written(Format::Five);
}

#[test]
fn journal_of_format_six_is_read_as_it_was_written() {
    is_read_as_it_was_written(Format::Six);
}

#[test]
fn journal_of_format_seven_is_read_as_it_was_written() {
    is_read_as_it_was_written(Format::Seven);
}

#[track_caller]
fn is_read_as_it_was_written(format: Format) {
    let (_folder, mut journal) = opened(format.file());
    let history = format.history();
    let (covered, after) = history.split_at(format.covered());
    let mut state = State::default();
    for entry in covered {
        state.apply(entry).unwrap();
    }

    let loaded = journal.load().unwrap();

    assert_eq!(journal.take_news(), [], "it was set aside");
    assert_eq!(loaded.snapshot, Some(state.snapshot()));
    let (tail, fates): (Vec<Entry>, Vec<Fate>) = loaded
        .tail
        .into_iter()
        .map(|TailEntry { entry, fate }| (entry, fate))
        .unzip();
    assert_eq!(tail, after);
    let skipped = tail.iter().zip(fates);
    let skipped = skipped.filter(|(_, fate)| *fate == Fate::Skipped);
    assert!(skipped.map(|(entry, _)| entry.seq).eq(format.skipped()));
    let bindings = journal.bindings().into_iter();
    let bindings: Vec<_> = bindings
        .map(|binding| (binding.user, binding.bytes))
        .collect();
    assert_eq!(bindings, format.bindings());
}

#[test]
fn journal_of_format_four_goes_on_in_the_format_of_today() {
    goes_on_in_the_format_of_today(Format::Four);
}

#[test]
fn journal_of_format_five_goes_on_in_the_format_of_today() {
    goes_on_in_the_format_of_today(Format::Five);
}

#[test]
fn journal_of_format_six_goes_on_in_the_format_of_today() {
    goes_on_in_the_format_of_today(Format::Six);
}

#[test]
fn journal_of_format_seven_goes_on_in_the_format_of_today() {
    goes_on_in_the_format_of_today(Format::Seven);
}

#[track_caller]
fn goes_on_in_the_format_of_today(format: Format) {
    let (_folder, mut journal) = opened(format.file());
    let replayed = journal::replay(&mut journal).unwrap();
    assert_eq!(replayed.gaps, []);
    assert!(replayed.skipped.into_iter().eq(format.skipped()));
    let newest = format.history().last().map(|entry| entry.seq);
    assert_eq!(Some(replayed.state.seq()), newest);
    let snapshot = replayed.state.snapshot();

    journal.write_snapshot(&snapshot).unwrap();

    let again = journal.load().unwrap();
    assert_eq!(
        again.snapshot.map(|read| read.dispatcher),
        Some(snapshot.dispatcher)
    );
    assert_eq!(again.tail, []);
}
