//! Warnings in words, and what each is about.

use dispatch::{ContactId, Notice, OperatorId};
use exchange::{NotRegistered, TrunkTrouble, Warning};

/// A warning in neutral words: nothing tells what kind of line this is, or who called.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) news: News,
}

/// What fails and is well again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The way to the telephone network of that name.
    Trunk(String),
    /// Our calls by it.
    Calls(String),
    /// Our registration there.
    Registration(String),
    /// The journal and the disk under it.
    Journal,
    /// The records database.
    Records,
    /// The certificate of the web.
    Certificate,
    /// An operator's phone.
    Phone(OperatorId),
}

impl Subject {
    /// Whether what becomes of it may be written.
    pub(super) const fn is_machine(&self) -> bool {
        match self {
            Self::Trunk(_)
            | Self::Calls(_)
            | Self::Registration(_)
            | Self::Journal
            | Self::Records
            | Self::Certificate => true,
            Self::Phone(_) => false,
        }
    }
}

/// What a warning is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A machine fails, and nothing will say that it is well again: logged, and not repeated for a while.
    Machine,
    /// That fails: not repeated for a while unless it is well meanwhile.
    Fails(Subject),
    /// That is well again: told at once, of a phone where its failure was told.
    Mended(Subject),
    /// What was told of that is over, and it is not well: told to nobody.
    Ends(Subject),
    /// Something goes on with telephones or callers: not repeated for a while, and written nowhere.
    People,
    /// An operator missed her calls, or is excused for them: told each time, and written nowhere.
    Missed,
    /// Somebody waits: told of each, and written nowhere.
    Contact(ContactId),
}

impl News {
    /// Whether it may stand in the log, and its time be told to the second: nothing of people may.
    pub(super) const fn may_be_written(&self) -> bool {
        match self {
            Self::Machine => true,
            Self::Fails(subject) | Self::Mended(subject) | Self::Ends(subject) => {
                subject.is_machine()
            }
            Self::People | Self::Missed | Self::Contact(_) => false,
        }
    }
}

/// A warning in words.
pub(crate) fn words(warning: &Warning) -> Words {
    let (kind, text, news) = match warning {
        Warning::TrunkDown { trunk } => trunk_fails(trunk, "does not answer"),
        Warning::TrunkNotFound { trunk } => trunk_fails(trunk, NOT_FOUND),
        Warning::TrunkUp { trunk } => trunk_is_well(trunk, "answers again"),
        Warning::TrunkFound { trunk } => trunk_is_well(trunk, "has an address again"),
        Warning::TrunkRefusesCalls { trunk, why } => carries_no_calls(trunk, *why),
        Warning::TrunkCarriesCalls { trunk } => carries_calls(trunk),
        Warning::TrunkNotRegistered { trunk, why } => not_registered(trunk, *why),
        Warning::TrunkRegistered { trunk } => registered(trunk),
        Warning::TrunkTroubleEnds { trunk, trouble } => trouble_ends(trunk, *trouble),
        Warning::JournalUnsaved { reason } => (
            "journal-unsaved",
            format!("what happens is not on disk: {reason}"),
            News::Fails(Subject::Journal),
        ),
        Warning::JournalSaved => (
            "journal-saved",
            "what happens is on disk again".to_owned(),
            News::Mended(Subject::Journal),
        ),
        Warning::SnapshotFailed { reason } => (
            "snapshot-failed",
            format!("a snapshot could not be written: {reason}"),
            News::Machine,
        ),
        Warning::ConfigurationRefused { reason } => (
            "configuration-refused",
            format!("distribution keeps its old configuration: {reason}"),
            News::Machine,
        ),
        Warning::OperatorPaused { operator } => (
            "operator-paused",
            format!("{operator} was paused after missed calls"),
            News::Missed,
        ),
        Warning::PauseLifted { operator } => (
            "pause-lifted",
            format!("{operator} is the last one there: her pause after missed calls is lifted"),
            News::Missed,
        ),
        Warning::CallRefused { reason } => (
            "call-refused",
            format!("a call was refused: {reason}"),
            News::People,
        ),
        Warning::Distribution(notice) => return distribution(notice),
    };
    Words { kind, text, news }
}

/// Kind, text and news of a warning.
type Parts = (&'static str, String, News);

const NOT_FOUND: &str =
    "has no address that can be reached: its name is not found, or none of our listeners fits";

fn trunk_fails(trunk: &str, how: &str) -> Parts {
    let news = News::Fails(Subject::Trunk(trunk.to_owned()));
    ("trunk-down", format!("trunk {trunk} {how}"), news)
}

fn trunk_is_well(trunk: &str, how: &str) -> Parts {
    let news = News::Mended(Subject::Trunk(trunk.to_owned()));
    ("trunk-up", format!("trunk {trunk} {how}"), news)
}

fn carries_no_calls(trunk: &str, why: sip::Failure) -> Parts {
    let how = match why {
        sip::Failure::Timeout => "does not answer our calls".to_owned(),
        sip::Failure::Transport => "cannot be reached by our calls".to_owned(),
        sip::Failure::Status(status) => format!("refuses our calls ({})", status.code()),
    };
    let text = format!("trunk {trunk} {how}: nobody behind it can be rung");
    let news = News::Fails(Subject::Calls(trunk.to_owned()));
    ("trunk-carries-no-calls", text, news)
}

fn carries_calls(trunk: &str) -> Parts {
    let text = format!("trunk {trunk} carries our calls again");
    let news = News::Mended(Subject::Calls(trunk.to_owned()));
    ("trunk-carries-calls", text, news)
}

fn not_registered(trunk: &str, why: NotRegistered) -> Parts {
    let text = match why {
        NotRegistered::Refused(status) => {
            format!("trunk {trunk} refuses our registration ({})", status.code())
        }
        NotRegistered::Unanswered => format!("trunk {trunk} does not answer our registration"),
        NotRegistered::Nowhere => format!("the registrar of trunk {trunk} {NOT_FOUND}"),
        NotRegistered::Lapsed => format!("our registration with trunk {trunk} has run out"),
    };
    let news = News::Fails(Subject::Registration(trunk.to_owned()));
    ("trunk-not-registered", text, news)
}

fn registered(trunk: &str) -> Parts {
    let text = format!("our registration with trunk {trunk} holds again");
    let news = News::Mended(Subject::Registration(trunk.to_owned()));
    ("trunk-registered", text, news)
}

fn trouble_ends(trunk: &str, trouble: TrunkTrouble) -> Parts {
    let trunk = trunk.to_owned();
    let (what, subject): (_, fn(String) -> Subject) = match trouble {
        TrunkTrouble::Unreached => ("does not answer", Subject::Trunk),
        TrunkTrouble::CarriesNoCalls => ("carries no calls of ours", Subject::Calls),
        TrunkTrouble::NotRegistered => ("does not hold our registration", Subject::Registration),
    };
    let text = format!("that trunk {trunk} {what} is over: it is gone or configured otherwise");
    ("trunk-changed", text, News::Ends(subject(trunk)))
}

fn distribution(notice: &Notice) -> Words {
    let (kind, text, news) = match notice {
        Notice::Waits { contact, wait } => (
            "waits",
            format!("somebody has waited for {} s", wait.as_secs()),
            News::Contact(*contact),
        ),
        Notice::NobodyThere { contact, queue } => (
            "nobody-there",
            format!("somebody waits in {queue} and nobody is there"),
            News::Contact(*contact),
        ),
        Notice::LastOperatorMisses { operator, misses } => (
            "last-operator-misses",
            format!("{operator} is the last one there and missed {misses} calls in a row"),
            News::Missed,
        ),
        Notice::OnCallMisses { operator, misses } => (
            "on-call-misses",
            format!("{operator}, on call, missed {misses} calls in a row"),
            News::Missed,
        ),
        Notice::PhoneGone { operator, .. } => (
            "phone-gone",
            format!("the phone of {operator} does not answer while she is ready"),
            News::Fails(Subject::Phone(*operator)),
        ),
        Notice::PhoneBack { operator } => (
            "phone-back",
            format!("the phone of {operator} answers again"),
            News::Mended(Subject::Phone(*operator)),
        ),
    };
    Words { kind, text, news }
}
