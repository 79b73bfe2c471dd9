//! Rows of the exchange's board as screens show them.

use dispatch::{
    ContactState, Intent, Joined, Moment, Occupancy, PauseCause, Place, Reachability, Speech,
    Standing,
};
use exchange::Mode;
use exchange::board::{ContactRow, OperatorRow, TrunkHealth, TrunkRow};
use sip::RegistrationState;
use web::board::{self, Millis, Name};

/// A moment in milliseconds since the Unix epoch.
pub(crate) const fn millis(moment: Moment) -> Millis {
    moment.as_micros() / 1_000
}

pub(super) fn contact(row: &ContactRow) -> board::Contact {
    let (state, talking_since, partner) = match &row.state {
        ContactState::Waiting => (board::ContactState::Waiting, None, None),
        ContactState::Offered { .. } => (board::ContactState::Offered, None, None),
        ContactState::Talking {
            with: Joined::Operator { since, .. },
        } => (board::ContactState::Talking, Some(*since), None),
        ContactState::Talking {
            with: Joined::Partner { partner, since, .. },
        } => (
            board::ContactState::Talking,
            Some(*since),
            Some(partner.to_string()),
        ),
        ContactState::Adrift { .. } => (board::ContactState::Adrift, None, None),
    };
    let with = row.state.operators();
    board::Contact {
        id: row.contact.0.0.to_string(),
        line: row.line.to_string(),
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
        partner,
        steps_taken: row.steps_taken,
    }
}

pub(super) fn operator(row: &OperatorRow) -> board::Operator {
    let view = &row.view;
    board::Operator {
        key: row.operator.to_string(),
        name: Some(Name(row.operator.to_string())),
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
        paused_after_misses: view.paused.map(|cause| match cause {
            PauseCause::Misses(misses) => misses,
        }),
        reachability: match view.reachability {
            Reachability::Reachable => board::Reachability::Reachable,
            Reachability::Unproven => board::Reachability::Unproven,
            Reachability::Unreachable => board::Reachability::Unreachable,
        },
        occupancy: match &view.occupancy {
            Occupancy::Free => board::Occupancy::Free,
            Occupancy::Talking { contact } => board::Occupancy::Talking {
                contact: contact.0.0.to_string(),
            },
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
    }
}

pub(super) fn trunk(row: &TrunkRow) -> board::Trunk {
    board::Trunk {
        name: row.name.clone(),
        health: match row.health {
            TrunkHealth::Unknown => board::TrunkHealth::Unknown,
            TrunkHealth::Up => board::TrunkHealth::Up,
            TrunkHealth::Down => board::TrunkHealth::Down,
        },
        registration: row.registration.map(|state| match state {
            RegistrationState::Registered { .. } => board::Registration::Registered,
            RegistrationState::Failing { .. } => board::Registration::Failing,
            RegistrationState::Unregistered => board::Registration::Unregistered,
        }),
    }
}

pub(super) fn health(mode: Mode, unsaved: Option<String>) -> board::Health {
    let mode = match mode {
        Mode::Serving => board::Mode::Serving,
        Mode::Draining => board::Mode::Draining,
        Mode::Drained => board::Mode::Drained,
    };
    board::Health { mode, unsaved }
}
