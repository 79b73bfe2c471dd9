use std::time::Duration;

use dispatch::{
    Act, ActingRole, Action, CaseId, Cause, Class, Config, ContactId, ContactSnapshot,
    ContactState, Desk, EndCause, Fact, Given, HandBack, HomeTimes, Intent, IntentCause, Joined,
    Key, LegId, Line, LineId, Membership, Miss, Missed, Misses, Moment, Need, Needs, NodeId, Offer,
    Operator, OperatorId, OperatorSnapshot, Origin, Outcome, Overflow, OverflowPhase, OwnWrapUp,
    PairRest, Partner, PartnerId, PauseCause, Place, Queue, QueueId, Reachability, Relaxation,
    Reserve, Rules, Seq, ShiftPart, SkillId, Snapshot, Sought, Speech, Standing, Step, Strategy,
    Timeline, Told, Widened, WrapUpChange,
};

use super::macros::{choice, record, wrapper};
use super::{Malformed, Reader, Wire, since, until};

impl Wire for Moment {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_micros().put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        u64::take(from).map(Self::from_micros)
    }
}

impl Wire for Key {
    fn put(&self, out: &mut Vec<u8>) {
        let text = self.as_str();
        text.len().put(out);
        out.extend_from_slice(text.as_bytes());
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let length = usize::take(from)?;
        let text = std::str::from_utf8(from.bytes(length)?).map_err(|_| Malformed)?;
        Self::parse(text).map_err(|_| Malformed)
    }
}

wrapper! { Seq ContactId OperatorId QueueId LineId SkillId PartnerId NodeId CaseId }

record!(LegId {
    node since 8,
    start,
    n
});

choice!(Fact {
    1 Configured(config),
    2 Arrived { origin as origin, class, needs, standing },
    3 Stands { contact, standing },
    4 Classed { contact, class, cause },
    5 Needed { contact, needs },
    6 Intends { operator, intent, cause since 6 },
    7 Reached { operator, reachability },
    8 ShiftEnds { operator, at },
    9 Engaged { operator, leg },
    10 Disengaged { operator, leg },
    11 Answered { contact, operator, leg },
    12 Missed { contact, operator, miss },
    13 PartnerAnswered { contact, partner, leg },
    14 PartnerMissed { contact, partner },
    15 HandedBack { contact, cause },
    16 Ended { contact, cause },
    17 WrapUp { operator, change },
    19 Restarted { node since 8, start },
    20 LegFound { leg },
    21 LegLost { leg },
    27 PickedUp { contact, operator },
    29 Acted { contact, by as acting_role, act },
    31 Taken { contact, operator },
});
choice!(Origin {
    1 Caller { leg, line },
    2 Device { case },
});

/// Where a contact comes from: before format 8 all were callers.
fn origin(from: &mut Reader<'_>) -> Result<Origin, Malformed> {
    if from.format < 8 {
        let (leg, line) = (Wire::take(from)?, Wire::take(from)?);
        return Ok(Origin::Caller { leg, line });
    }
    Wire::take(from)
}

choice!(Act {
    1 Class(class),
    2 Move(queue),
    3 Give(operator),
});
choice!(ActingRole { 1 Supervisor, 2 Administrator });

/// Who acted on a contact: format 7 always says it.
fn acting_role(from: &mut Reader<'_>) -> Result<Option<ActingRole>, Malformed> {
    if from.format < 8 {
        return Wire::take(from).map(Some);
    }
    Wire::take(from)
}

/// A fact that no format after 7 has: an act by nobody in particular.
pub(super) fn fact_before_format_8(number: u8, from: &mut Reader<'_>) -> Result<Fact, Malformed> {
    let contact = Wire::take(from)?;
    let act = match number {
        24 => Act::Move(Wire::take(from)?),
        25 => Act::Give(Wire::take(from)?),
        _ => return Err(Malformed),
    };
    Ok(Fact::Acted {
        contact,
        act,
        by: None,
    })
}

choice!(Class { 1 Alarm, 2 Danger, 3 Crisis, 4 Information });
choice!(Standing { 1 Arrival, 2 BehindBand });
choice!(Cause { 1 Caller, 2 Operator(operator), 3 Supervisor });
choice!(IntentCause { 1 Page, 2 Phone, 3 Supervisor, 4 Unsaid });
choice!(Intent { 1 Ready, 2 Paused { reason, back_at }, 3 Off });
choice!(Reachability { 1 Reachable, 2 Unproven, 3 Unreachable });
choice!(Miss { 1 NoAnswer, 2 Declined, 3 Unreachable, 4 Ours });
choice!(HandBack { 1 Operator, 2 LegLost, 3 Partner });
choice!(EndCause { 1 Caller, 2 Operator, 3 LegLost, 4 GaveUp, 5 Case });
choice!(WrapUpChange { 1 Longer(by), 2 Over });
choice!(Outcome { 1 Answered, 2 Overflowed, 3 Abandoned, 4 Lost, 5 Taken, 6 Untaken });
choice!(PauseCause { 1 Misses(count) });

impl Wire for Config {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            lines,
            queues,
            operators,
            partners,
            desk,
            rules,
        } = self;
        lines.put(out);
        queues.put(out);
        operators.put(out);
        partners.put(out);
        desk.put(out);
        rules.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut config = Self {
            lines: Wire::take(from)?,
            queues: Wire::take(from)?,
            operators: Wire::take(from)?,
            partners: Wire::take(from)?,
            desk: since(8, from)?,
            rules: Wire::take(from)?,
        };
        if from.format < 4 {
            name_all_at_home(&mut config);
            let home = config.operators.iter();
            let home = home.filter(|operator| operator.place == Place::Home);
            from.at_home = home.map(|operator| operator.id).collect();
            from.at_home.sort_unstable();
        }
        Ok(config)
    }
}

/// What a step on call meant that named nobody: everybody at home who serves the queue.
fn name_all_at_home(config: &mut Config) {
    let Config {
        queues, operators, ..
    } = config;
    for queue in queues {
        let home = operators.iter().filter(|operator| {
            operator.place == Place::Home && operator.queues.contains(&queue.id)
        });
        let home: Vec<_> = home.map(|operator| operator.id).collect();
        let steps = queue.timelines.iter_mut();
        for step in steps.flat_map(|timeline| &mut timeline.steps) {
            match &mut step.action {
                Action::OnCall(people) => people.clone_from(&home),
                Action::WidenSkills
                | Action::SecondOperator
                | Action::TellSupervisor
                | Action::Overflow(_) => {}
            }
        }
    }
}

record!(Line {
    id,
    queue,
    needs as needs_of_line,
    choices since 5,
});

/// What a line's callers need: before format 5 a line did not say.
fn needs_of_line(from: &mut Reader<'_>) -> Result<Needs, Malformed> {
    if from.format < 5 {
        return Ok(Needs::from([]));
    }
    Wire::take(from)
}

record!(Desk { queue, needs });

record!(Queue {
    id,
    strategy,
    ring_time as ring_time,
    wrap_up,
    wrap_up_hard,
    reserves,
    timelines,
    relaxations since 4,
});
/// How long a queue's phones ring: before format 4 it said for those at home, too.
fn ring_time(from: &mut Reader<'_>) -> Result<Duration, Malformed> {
    let ring_time = Wire::take(from)?;
    if from.format < 4 {
        let at_home = Wire::take(from)?;
        from.ring_at_home = from.ring_at_home.max(Some(at_home));
    }
    Ok(ring_time)
}

choice!(Strategy {
    1 LongestIdle,
    2 OrderedList,
    3 RoundRobin,
    4 FewestCalls,
    5 LeastTalkTime,
    6 RingAll,
    7 RingProgressively { interval },
});
record!(Reserve {
    class,
    least,
    needs
});
record!(Timeline { class, steps });
record!(Step { after, action });

impl Wire for Action {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::WidenSkills => out.push(1),
            Self::SecondOperator => out.push(2),
            Self::TellSupervisor => out.push(4),
            Self::Overflow(partner) => {
                out.push(5);
                partner.put(out);
            }
            Self::OnCall(people) => {
                out.push(6);
                people.put(out);
            }
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        match from.byte()? {
            1 => Ok(Self::WidenSkills),
            2 => Ok(Self::SecondOperator),
            // Whom it means is known once the whole configuration is read.
            3 if from.format < 4 => Ok(Self::OnCall(Vec::new())),
            4 => Ok(Self::TellSupervisor),
            5 => Ok(Self::Overflow(Wire::take(from)?)),
            6 => Ok(Self::OnCall(Wire::take(from)?)),
            _ => Err(Malformed),
        }
    }
}

impl Wire for Need {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { skill, level } = self;
        skill.put(out);
        level.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (skill, level) = (Wire::take(from)?, Wire::take(from)?);
        // Before format 4 each need brought its own relaxations: waits with levels.
        until::<Vec<(Duration, u8)>>(4, from)?;
        Ok(Self { skill, level })
    }
}

record!(Relaxation {
    skill,
    after,
    level
});
record!(Operator {
    id,
    skills,
    queues,
    place,
    wrap_up,
    at_home as at_home,
});
record!(HomeTimes { ring, confirm });

/// How long an offer at home lasts: before format 4 as long as her queues said, which all said the same.
fn at_home(from: &mut Reader<'_>) -> Result<HomeTimes, Malformed> {
    if from.format >= 4 {
        return Wire::take(from);
    }
    let mut times = HomeTimes::default();
    times.ring = from.ring_at_home.unwrap_or(times.ring);
    Ok(times)
}

impl Wire for OwnWrapUp {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { after, after_hard } = self;
        (*after, *after_hard).put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (after, after_hard) = since(4, from)?;
        Ok(Self { after, after_hard })
    }
}

choice!(Place { 1 Desk, 2 Home });
record!(Partner {
    id,
    ring_time,
    rest
});
record!(Rules {
    rest_declined,
    rest_no_answer,
    rest_unreachable,
    misses_before_pause,
    adrift,
    last_minutes,
});

record!(Snapshot {
    now,
    newest,
    config,
    contacts,
    operators,
    offered_last
});
record!(ContactSnapshot {
    id,
    origin as origin,
    queue,
    class,
    speech,
    standing,
    needs,
    arrived,
    answered,
    outcome,
    state,
    relaxed,
    steps_taken,
    widened,
    called as called,
    more_operators,
    progress,
    progress_at,
    overflows,
    rests,
    given,
    passed_at_home since 5,
    chosen since 5,
    told,
});

impl Wire for Given {
    fn put(&self, out: &mut Vec<u8>) {
        let to = match self {
            Self::ToNobody => None,
            Self::To(operator) => Some(*operator),
        };
        to.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let to: Option<OperatorId> = since(4, from)?;
        Ok(to.map_or(Self::ToNobody, Self::To))
    }
}

choice!(Speech { 0 Expected, 1 CannotSpeak });

choice!(Widened { 1 No, 2 Yes });
choice!(Told { 1 No, 2 Yes });

/// Who at home may be offered a contact: before format 4 nobody or everybody.
fn called(from: &mut Reader<'_>) -> Result<Vec<OperatorId>, Malformed> {
    if from.format >= 4 {
        return Wire::take(from);
    }
    match from.byte()? {
        1 => Ok(Vec::new()),
        2 => Ok(from.at_home.clone()),
        _ => Err(Malformed),
    }
}

choice!(ContactState {
    1 Waiting,
    2 Offered { offers },
    3 Talking { with },
    4 Adrift { until, caller, with },
});
record!(Offer {
    operator,
    since,
    until
});
choice!(Joined {
    1 Operator { operator, leg as leg_of_operator, since },
    2 Partner { partner, leg, since },
});
/// Her leg: before format 8 she always had one.
fn leg_of_operator(from: &mut Reader<'_>) -> Result<Option<LegId>, Malformed> {
    if from.format < 8 {
        return Wire::take(from).map(Some);
    }
    Wire::take(from)
}

choice!(Sought { 1 Missing, 2 Found });
record!(Overflow {
    partner,
    phase,
    missed
});
choice!(OverflowPhase { 1 Ringing(until), 2 Resting(until) });
choice!(Missed { 1 No, 2 Yes });
record!(PairRest {
    operator,
    until,
    miss
});

record!(OperatorSnapshot {
    id,
    place,
    membership,
    intent,
    paused,
    reachability,
    talking,
    claim,
    legs,
    wrap_up,
    longer,
    rest,
    shift_ends,
    shift,
    misses,
    misses_in_row,
    idle_since,
    calls,
    talked,
    status_since as status_since,
    intent_cause since 6,
});

/// Since when an operator has her status: before format 4 that was not written.
fn status_since(from: &mut Reader<'_>) -> Result<Option<Moment>, Malformed> {
    if from.format < 4 {
        return Ok(None);
    }
    Wire::take(from)
}
choice!(Membership { 1 Configured, 2 Leaving });
choice!(ShiftPart { 1 Within, 2 LastMinutes });
record!(Misses {
    no_answer,
    declined,
    unreachable
});
