//! A night without anybody at a desk, played on a dispatcher: who would ring for a caller, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dispatch::{
    Class, Config, Decision, Dispatcher, Fact, Input, Intent, IntentCause, LegId, LineId, Moment,
    NodeId, Notice, Origin, Place, Seq, Standing,
};
use exchange::settings::Line;

use super::queues::name_of;

/// How long a night is watched beyond the last step: whoever is called in turn has her turn.
const WATCHED_BEYOND: Duration = Duration::from_secs(600);

/// What happens for a caller of one line and class while nobody is at a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Night {
    pub(crate) line: LineId,
    pub(crate) class: Class,
    /// Who rings, or is told, and after which wait; each once.
    pub(crate) turns: Vec<(Turn, Duration)>,
}

/// What a wait comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The telephone of a person or of a partner rings.
    Rings(String),
    /// The supervisor is told that somebody waits.
    Told,
}

impl Night {
    /// Whether a telephone rings at all.
    pub(crate) fn reaches_a_person(&self) -> bool {
        self.turns
            .iter()
            .any(|(turn, _)| matches!(turn, Turn::Rings(_)))
    }
}

impl fmt::Display for Night {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turn = |(turn, wait): &(Turn, Duration)| match (turn, wait.as_secs()) {
            (Turn::Rings(name), 0) => format!("{name} rings at once"),
            (Turn::Rings(name), wait) => format!("{name} after {wait} s"),
            (Turn::Told, 0) => "the supervisor is told at once".to_owned(),
            (Turn::Told, wait) => format!("the supervisor is told after {wait} s"),
        };
        let turns: Vec<String> = self.turns.iter().map(turn).collect();
        let class = name_of(self.class);
        write!(f, "nobody at a desk, line {}, {class}: ", self.line)?;
        match turns.is_empty() {
            true => f.write_str("nobody rings"),
            false => f.write_str(&turns.join(", ")),
        }
    }
}

/// The nights of every line, in each class that a caller of it may come to: that of the line and
/// every more urgent one of callers.
pub(crate) fn nights(config: &Config, lines: &[Line]) -> Vec<Night> {
    let of_line = |line: &Line| {
        let (class, line) = (line.class, line.clone());
        let classes = [Class::Danger, Class::Crisis, Class::Information];
        let classes = classes.into_iter().filter(move |other| *other <= class);
        classes.filter_map(move |class| night(config, &line, class))
    };
    lines.iter().flat_map(of_line).collect()
}

/// One night; `None` when the dispatcher refuses the configuration, which is told elsewhere.
fn night(config: &Config, line: &Line, class: Class) -> Option<Night> {
    let mut dispatcher = Dispatcher::new();
    let mut play = |now, input| {
        dispatcher.handle_input(now, input).ok()?;
        let decided = std::iter::from_fn(|| dispatcher.poll_output()).collect::<Vec<_>>();
        Some((decided, dispatcher.poll_timeout()))
    };
    let configured = Fact::Configured(Arc::new(config.clone()));
    play(Moment::ZERO, configured.numbered(Seq(1)))?;
    let home = config.operators.iter();
    for person in home.filter(|operator| operator.place == Place::Home) {
        let ready = Fact::Intends {
            operator: person.id,
            intent: Intent::Ready,
            cause: IntentCause::Unsaid,
        };
        play(Moment::ZERO, ready.numbered(Seq(2)))?;
    }
    let arrived = Fact::Arrived {
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line: line.id,
        },
        class,
        needs: line.needs.clone(),
        standing: Standing::Arrival,
    };
    let mut turns: Vec<(Turn, Duration)> = Vec::new();
    let mut now = Moment::ZERO;
    let mut latest = play(now, arrived.numbered(Seq(3)))?;
    let over = now + last_step(config) + WATCHED_BEYOND;
    loop {
        for turn in latest.0.iter().filter_map(turn) {
            if !turns.iter().any(|(known, _)| *known == turn) {
                turns.push((turn, now.since(Moment::ZERO)));
            }
        }
        let Some(due) = latest.1.filter(|due| *due <= over) else {
            break;
        };
        now = now.max(due);
        latest = play(now, Input::Timeout)?;
    }
    Some(Night {
        line: line.id,
        class,
        turns,
    })
}

fn turn(decision: &Decision) -> Option<Turn> {
    match decision {
        Decision::Offer { operator, .. } => Some(Turn::Rings(operator.to_string())),
        Decision::Overflow { partner, .. } => Some(Turn::Rings(partner.to_string())),
        Decision::Tell(Notice::Waits { .. } | Notice::NobodyThere { .. }) => Some(Turn::Told),
        Decision::Tell(
            Notice::LastOperatorMisses { .. }
            | Notice::OnCallMisses { .. }
            | Notice::PhoneGone { .. }
            | Notice::PhoneBack { .. },
        )
        | Decision::Withdraw { .. }
        | Decision::Bridge { .. }
        | Decision::Taken { .. }
        | Decision::HangUp { .. }
        | Decision::WithdrawOverflow { .. }
        | Decision::BridgePartner { .. }
        | Decision::Waits { .. }
        | Decision::Classed { .. }
        | Decision::Missed { .. }
        | Decision::Climbed { .. }
        | Decision::Paused { .. }
        | Decision::PauseLifted { .. }
        | Decision::WrapUp { .. }
        | Decision::WrapUpOver { .. }
        | Decision::Closed(_) => None,
    }
}

fn last_step(config: &Config) -> Duration {
    let timelines = config.queues.iter().flat_map(|queue| &queue.timelines);
    let steps = timelines.flat_map(|timeline| &timeline.steps);
    steps.map(|step| step.after).max().unwrap_or_default()
}
