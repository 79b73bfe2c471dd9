//! What the exchange is told, and what it wants done.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use dispatch::{ContactId, LineId, Moment, Notice, OperatorId, Why};
use journal::{Fact, Rejection};
use media::{Digit, Order, ThreadId};
use records::content::Content;
use records::{ActsOfDay, Date, QuarterHour, Unstored};
use sip::{Flow, Target};

use crate::board::Board;
use crate::screens::Changed;
use crate::settings::{Host, Settings};

/// Something that happened outside.
#[derive(Debug)]
pub enum Input {
    /// A datagram, or one framed message of a stream.
    Received {
        /// Where it came from.
        flow: Flow,
        /// The message.
        bytes: Bytes,
    },
    /// What came by a stream connection can no longer be cut into messages.
    Unframed {
        /// The connection.
        flow: Flow,
        /// What the framing found.
        error: sip::ParseError,
    },
    /// A stream connection ended.
    FlowClosed {
        /// The connection.
        flow: Flow,
        /// Who had opened it.
        opened: sip::OpenedBy,
    },
    /// A message could not be sent.
    SendFailed(Target),
    /// News from a media thread.
    Media(media::Event),
    /// A media order did not reach its thread: the leg is torn down.
    OrderLost(media::StreamId),
    /// The journal's writer reports.
    Reported(journal::Report),
    /// A name was looked up.
    Resolved(Resolution),
    /// The machine reaches others from other addresses of its own than before.
    Routed(sip::LocalRoutes),
    /// A valid configuration takes the place of the one before when its entry is applied; answered
    /// with what came of it.
    Configured {
        /// Comes back with the reply.
        token: Token,
        /// What is configured.
        settings: Box<Settings>,
    },
    /// A day began, or what [`Unwritten`] had is written.
    Recorded(records::Fact),
    /// Somebody at the command line wants something.
    Asked {
        /// Comes back with the reply.
        token: Token,
        /// What.
        command: Command,
    },
    /// What is due at this instant happens.
    Timeout,
}

/// Pairs a reply with its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// The addresses of a host, in the order in which they are to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The host that was asked for.
    pub host: Host,
    /// What it is to be spoken to in.
    pub protocol: sip::Protocol,
    /// Its addresses; empty when it has none.
    pub addresses: Vec<SocketAddr>,
}

/// What the command line or a page may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The state of everything.
    Status,
    /// A fact that somebody at a page makes; answered after it was applied.
    Act(Box<Fact>),
    /// What holds a contact back now.
    Why(ContactId),
    /// What an operator has entered of a call so far.
    Content {
        /// Which contact.
        contact: ContactId,
        /// Who asks.
        operator: OperatorId,
    },
    /// The calls that an operator finished and may still enter the content of.
    Finished(OperatorId),
    /// Counts and acts that are to be written to the records database.
    Records {
        /// *Arrived* of later quarter-hours only.
        arrived_after: Option<QuarterHour>,
    },
    /// No new calls; running ones may end.
    Drain,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Serving,
    /// They get 503; running calls may end.
    Draining,
    /// The last call ended while draining.
    Drained,
}

/// The answer to a command.
#[derive(Debug)]
pub enum Reply {
    /// The state of everything.
    Status(Box<Board>),
    /// Counts and acts that are to be written.
    Records(Box<Unwritten>),
    /// What was asked for was applied.
    Done,
    /// What was asked for does not fit what is so, and changed nothing.
    Refused(Rejection),
    /// What holds a contact back now.
    Why(Vec<Why>),
    /// What the operator has entered.
    Content(Box<Content>),
    /// Her calls, the one that ended last first.
    Finished(Vec<ContactId>),
    /// Draining has begun.
    Draining,
}

/// Counts and acts that the records database may not have yet. Nothing of an open period, or of today's acts, is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// When: the site's calendar goes by this moment, since a clock that is not believed has no part in it.
    pub at: Moment,
    /// *Arrived* of quarter-hours that are over, oldest first, until [`records::Fact::ArrivedStored`] tells
    /// that they are written: absolute values.
    pub arrived: Vec<(QuarterHour, LineId, u64)>,
    /// Periods that are over, oldest first, until [`records::Fact::PeriodStored`] tells that they are written.
    pub closed: Vec<Unstored>,
    /// Acts on contacts of days that are over, oldest first, until [`records::Fact::ActsStored`] tells that they are written.
    pub acts: Vec<(Date, ActsOfDay)>,
}

/// What is to be done outside.
#[derive(Debug)]
pub enum Output {
    /// A message is to be sent.
    Transmit {
        /// Where to.
        target: Target,
        /// The message.
        bytes: Bytes,
    },
    /// An order for a media thread.
    Media {
        /// Which thread.
        thread: ThreadId,
        /// What.
        order: Order,
    },
    /// An order for the journal's writer.
    Journal(journal::Order),
    /// The bindings of a user are to be kept for the next start; empty ones are to be forgotten.
    KeepBindings {
        /// The user.
        user: OperatorId,
        /// Those over UDP.
        bindings: Vec<sip::RestoredBinding>,
    },
    /// A host is to be looked up: SRV first when it has no port.
    Resolve {
        /// Which host.
        host: Host,
        /// What it is to be spoken to in.
        protocol: sip::Protocol,
    },
    /// A call of a line was refused, since it came from nowhere: for the log, and at most once a minute.
    StrangerRefused {
        /// Where it came from.
        host: IpAddr,
    },
    /// People are to be told by a way that is not the trunk.
    Warn(Warning),
    /// A command's answer.
    Answer {
        /// Which command.
        token: Token,
        /// The answer.
        reply: Reply,
    },
    /// Screens are to be told what changed.
    Changed(Box<Changed>),
    /// A caller pressed a key while an operator talked with her.
    Tapped {
        /// Which contact.
        contact: ContactId,
        /// Who is to be told.
        operator: OperatorId,
        /// The key. It is told to her and kept nowhere.
        digit: Digit,
    },
    /// The last call ended while draining.
    Drained,
}

/// What people are told by a way that is not the trunk. Nothing here tells who called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A trunk does not answer.
    TrunkDown {
        /// Its name.
        trunk: String,
    },
    /// A trunk answers again.
    TrunkUp {
        /// Its name.
        trunk: String,
    },
    /// A trunk's name gives no address, or none that we could speak to.
    TrunkNotFound {
        /// Its name.
        trunk: String,
    },
    /// A trunk that nobody probes has an address again.
    TrunkFound {
        /// Its name.
        trunk: String,
    },
    /// A trunk lives and carries no call of ours.
    TrunkRefusesCalls {
        /// Its name.
        trunk: String,
        /// How the first of them ended.
        why: sip::Failure,
    },
    /// A trunk carries our calls again.
    TrunkCarriesCalls {
        /// Its name.
        trunk: String,
    },
    /// Our registration with a trunk does not hold.
    TrunkNotRegistered {
        /// Its name.
        trunk: String,
        /// Why.
        why: NotRegistered,
    },
    /// Our registration with a trunk holds again.
    TrunkRegistered {
        /// Its name.
        trunk: String,
    },
    /// What was told of a trunk is over, for it is gone or configured otherwise: should it fail again, that is news.
    TrunkTroubleEnds {
        /// Its name then.
        trunk: String,
        /// What was told.
        trouble: TrunkTrouble,
    },
    /// Entries are applied from memory.
    JournalUnsaved {
        /// Why, in a sentence.
        reason: String,
    },
    /// The journal is well again.
    JournalSaved,
    /// A snapshot could not be written.
    SnapshotFailed {
        /// Why, in a sentence.
        reason: String,
    },
    /// Distribution wants the supervisor told.
    Distribution(Notice),
    /// The machine paused an operator after missed offers.
    OperatorPaused {
        /// Whom.
        operator: OperatorId,
    },
    /// The machine's pause of an operator is over, because nobody else is there any more.
    PauseLifted {
        /// Whose.
        operator: OperatorId,
    },
    /// Distribution refused a configuration: the one before goes on there.
    ConfigurationRefused {
        /// Why, in a sentence.
        reason: String,
    },
    /// A call could not be carried for want of a port, a path or room.
    CallRefused {
        /// Why, in a sentence.
        reason: &'static str,
    },
}

/// What may be wrong with a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkTrouble {
    /// It does not answer, or is nowhere.
    Unreached,
    /// It carries no call of ours.
    CarriesNoCalls,
    /// Our registration does not hold.
    NotRegistered,
}

/// Why a registration of ours does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRegistered {
    /// The registrar refuses it.
    Refused(sip::Status),
    /// The registrar does not answer.
    Unanswered,
    /// The registrar has no address that we could speak to.
    Nowhere,
    /// What was granted is over, and the refresh has no answer yet.
    Lapsed,
}
