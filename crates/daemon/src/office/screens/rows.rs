//! Rows of the exchange's board as screens show them.

use dispatch::{
    ContactState, Intent, Joined, Moment, Occupancy, PairRest, PauseCause, Place, Presence,
    Reachability, Speech, Standing, Status,
};
use exchange::Mode;
use exchange::board::{ContactRow, OperatorRow, TrunkHealth, TrunkRow, TrunkStatus};
use sip::RegistrationState;
use web::board::{self, Millis, Name};

/// A moment in milliseconds since the Unix epoch.
pub(crate) const fn millis(moment: Moment) -> Millis {
    moment.as_micros() / 1_000
}

pub(super) fn contact(row: &ContactRow) -> board::Contact {
    let (state, joined) = match &row.state {
        ContactState::Waiting => (board::ContactState::Waiting, None),
        ContactState::Offered { .. } => (board::ContactState::Offered, None),
        ContactState::Talking { with } => (board::ContactState::Talking, Some(with)),
        ContactState::Adrift { with, .. } => {
            let joined = with.as_ref().map(|(joined, _)| joined);
            (board::ContactState::Adrift, joined)
        }
    };
    let (talking_since, partner) = match joined {
        None => (None, None),
        Some(Joined::Operator { since, .. }) => (Some(*since), None),
        Some(Joined::Partner { partner, since, .. }) => (Some(*since), Some(partner.to_string())),
    };
    let with = row.state.operators();
    board::Contact {
        id: row.contact.0.0.to_string(),
        line: row.line.map(|line| line.to_string()).unwrap_or_default(),
        queue: row.queue.to_string(),
        class: row.class.into(),
        speech: match row.speech {
            Speech::Expected => board::Speech::Expected,
            Speech::CannotSpeak => board::Speech::CannotSpeak,
        },
        standing: match row.standing {
            Standing::Arrival => board::Standing::Arrival,
            Standing::BehindBand => board::Standing::BehindBand,
        },
        state,
        arrived_ms: millis(row.arrived),
        talking_since_ms: talking_since.map(millis),
        with: with.iter().map(|name| Name(name.to_string())).collect(),
        resting: row.rests.iter().map(rest).collect(),
        partner,
        steps_taken: row.steps_taken,
    }
}

fn rest(rest: &PairRest) -> board::Rest {
    board::Rest {
        operator: Name(rest.operator.to_string()),
        until_ms: millis(rest.until),
    }
}

pub(super) fn operator(row: &OperatorRow) -> board::Operator {
    let view = &row.view;
    board::Operator {
        key: row.operator.to_string(),
        name: Some(Name(row.operator.to_string())),
        status: status(&view.status),
        presence: match view.presence {
            Presence::There => board::Presence::There,
            Presence::Away => board::Presence::Away,
        },
        place: match view.place {
            Place::Desk => board::Place::Desk,
            Place::Home => board::Place::Home,
        },
        intent: match view.intent {
            Intent::Ready => board::Intent::Ready,
            Intent::Paused { reason, back_at } => board::Intent::Paused {
                reason: reason.to_string(),
                back_at_ms: back_at.map(millis),
            },
            Intent::Off => board::Intent::Off,
        },
        intent_cause: board::IntentCause::of(view.intent_cause),
        paused_after_misses: view.paused.map(misses),
        reachability: match view.reachability {
            Reachability::Reachable => board::Reachability::Reachable,
            Reachability::Unproven => board::Reachability::Unproven,
            Reachability::Unreachable => board::Reachability::Unreachable,
        },
        occupancy: match &view.occupancy {
            Occupancy::Free => board::Occupancy::Free,
            Occupancy::Talking { contact } | Occupancy::Case { contact } => {
                board::Occupancy::Talking {
                    contact: contact.0.0.to_string(),
                }
            }
            Occupancy::Engaged { .. } => board::Occupancy::Engaged,
        },
        claim: view.claim.map(|(contact, until)| board::Claim {
            contact: contact.0.0.to_string(),
            until_ms: millis(until),
        }),
        wrap_up_until_ms: view.wrap_up.map(millis),
        misses_in_row: view.misses_in_row,
        queues: row.queues.iter().map(ToString::to_string).collect(),
        phones: row.phones,
        phone_seen_ms: row.phone_seen.map(millis),
    }
}

/// An operator's status, as every screen and the command line tell it.
pub(crate) fn status(status: &Status) -> board::Status {
    match *status {
        Status::Talking { contact, since } => board::Status::Talking {
            contact: contact.0.0.to_string(),
            since_ms: millis(since),
        },
        Status::Engaged { since } => board::Status::Engaged {
            since_ms: millis(since),
        },
        Status::Ringing { contact, until } => board::Status::Ringing {
            contact: contact.0.0.to_string(),
            until_ms: millis(until),
        },
        Status::Off { since } => board::Status::Off {
            since_ms: millis(since),
        },
        Status::Paused {
            reason,
            since,
            back_at,
        } => board::Status::Paused {
            reason: reason.to_string(),
            since_ms: millis(since),
            back_at_ms: back_at.map(millis),
        },
        Status::PausedByMachine { cause, since } => board::Status::PausedByMachine {
            misses: misses(cause),
            since_ms: millis(since),
        },
        Status::Unassigned { since } => board::Status::Unassigned {
            since_ms: millis(since),
        },
        Status::Unreachable { since } => board::Status::Unreachable {
            since_ms: millis(since),
        },
        Status::Unproven { since } => board::Status::Unproven {
            since_ms: millis(since),
        },
        Status::WrapUp { until } => board::Status::WrapUp {
            until_ms: millis(until),
        },
        Status::Resting { until } => board::Status::Resting {
            until_ms: millis(until),
        },
        Status::Free { since } => board::Status::Free {
            since_ms: millis(since),
        },
        Status::OnCall { since } => board::Status::OnCall {
            since_ms: millis(since),
        },
    }
}

const fn misses(cause: PauseCause) -> u32 {
    match cause {
        PauseCause::Misses(misses) => misses,
    }
}

pub(super) fn trunk(row: &TrunkRow) -> board::Trunk {
    board::Trunk {
        name: row.name.clone(),
        status: trunk_status(row.status()),
        health: match row.health {
            TrunkHealth::NotProbed => board::TrunkHealth::NotProbed,
            TrunkHealth::Unknown => board::TrunkHealth::Unknown,
            TrunkHealth::Up => board::TrunkHealth::Up,
            TrunkHealth::Silent => board::TrunkHealth::Silent,
            TrunkHealth::Down => board::TrunkHealth::Down,
        },
        registration: row.registration.map(|state| match state {
            RegistrationState::Registered { .. } => board::Registration::Registered,
            RegistrationState::Failing { .. } | RegistrationState::Lapsed => {
                board::Registration::Failing
            }
            RegistrationState::Unregistered => board::Registration::Unregistered,
        }),
    }
}

/// What a trunk is, in one word.
pub(super) const fn trunk_status(status: TrunkStatus) -> board::TrunkStatus {
    match status {
        TrunkStatus::Well => board::TrunkStatus::Well,
        TrunkStatus::NotProbed => board::TrunkStatus::NotProbed,
        TrunkStatus::Asked => board::TrunkStatus::Asked,
        TrunkStatus::Silent => board::TrunkStatus::Silent,
        TrunkStatus::NotRegistered => board::TrunkStatus::NotRegistered,
        TrunkStatus::Down => board::TrunkStatus::Down,
    }
}

pub(super) fn today(tally: records::Tally, since: Option<Moment>) -> board::Today {
    board::Today {
        tally,
        since: since.map(millis),
    }
}

pub(super) fn health(mode: Mode, unsaved: Option<String>) -> board::Health {
    let mode = match mode {
        Mode::Serving => board::Mode::Serving,
        Mode::Draining => board::Mode::Draining,
        Mode::Drained => board::Mode::Drained,
    };
    board::Health {
        mode,
        unsaved,
        // The board itself keeps what it was told of the certificate and the clock.
        certificate_ends_ms: None,
        clock_doubt: None,
    }
}
