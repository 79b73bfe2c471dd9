//! What screens see: changes of the exchange on their way to the live feed, and the story of each contact.

mod rows;
mod story;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use dispatch::{ContactId, Moment, OperatorId};
use exchange::{Board, Changed, Mode};
use media::Digit;
use store::sql::UnixSeconds;
use web::board::{Change, Millis, Setup};
use web::feed::{Feed, Tap};
use web::line::{Reason, Story};

use super::saved::Saved;
use crate::clock;
use rows::{contact, health, operator, today, trunk};
use story::Stories;

pub(crate) use rows::{millis, status};
pub(crate) use story::reason;

/// What screens are told.
pub(crate) struct Screens {
    pub(crate) feed: Arc<Feed>,
    /// The start of the exchange on both clocks.
    started: (Instant, Moment),
    site: Site,
    pub(super) saved: Saved,
    state: Mutex<State>,
}

/// What screens are told of the site, which only another start changes.
pub(crate) struct Site {
    /// Where phones register.
    pub(crate) sip_address: Option<SocketAddr>,
    /// The name of its time zone, if it has one.
    pub(crate) time_zone: Option<String>,
}

#[derive(Default)]
struct State {
    /// The number of the last change that came.
    number: u64,
    stories: Stories,
    /// What the exchange said last of itself.
    health: Option<Health>,
    /// When the certificate runs out, as screens were told last.
    certificate_ends: Option<UnixSeconds>,
}

/// What the exchange says of itself: whether it takes calls, and why what happens is not on disk.
#[derive(Clone)]
struct Health {
    mode: Mode,
    unsaved: Option<String>,
}

/// Whether a change follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It does.
    InOrder,
    /// One was lost: everything has to be asked for.
    WithGap,
}

impl Screens {
    pub(crate) fn new(
        started: (Instant, Moment),
        (site, saved): (Site, Saved),
        feed: Arc<Feed>,
        setup: Setup,
    ) -> Self {
        let screens = Self {
            feed,
            started,
            site,
            saved,
            state: Mutex::default(),
        };
        screens.set_up(setup);
        screens
    }

    /// The configuration says something else to screens.
    pub(crate) fn set_up(&self, mut setup: Setup) {
        let address = self.site.sip_address;
        setup.sip_address = address.map(|address| address.to_string());
        setup.time_zone.clone_from(&self.site.time_zone);
        self.feed.change(self.now(), vec![Change::Setup(setup)]);
    }

    /// The certificate of the web runs out then, or not soon. The same again is not told.
    pub(crate) fn certificate_ends(&self, ends: Option<UnixSeconds>) {
        if std::mem::replace(&mut self.state().certificate_ends, ends) == ends {
            return;
        }
        let ends = ends.map(|ends| Millis::try_from(ends.0).unwrap_or(0).saturating_mul(1_000));
        self.feed
            .change(self.now(), vec![Change::CertificateEnds(ends)]);
    }

    /// The machine's clock is not believed, and why.
    pub(crate) fn clock_doubted(&self, why: String) {
        self.feed
            .change(self.now(), vec![Change::ClockDoubted(why)]);
    }

    /// The moment of the exchange, in milliseconds.
    pub(crate) fn now(&self) -> Millis {
        millis(self.moment())
    }

    /// The moment of the exchange.
    pub(crate) fn moment(&self) -> Moment {
        self.started.1 + clock::now().saturating_duration_since(self.started.0)
    }

    /// Takes in what changed.
    pub(crate) fn take(&self, changed: Changed) -> Told {
        let told = {
            let mut state = self.state();
            for happening in changed.happenings {
                state.stories.add(happening);
            }
            let in_order = changed.number == state.number + 1;
            state.number = changed.number;
            if in_order {
                Told::InOrder
            } else {
                Told::WithGap
            }
        };
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(changed.contacts.iter().map(contact).map(Change::Contact));
        let gone = changed.contacts_gone.iter();
        changes.extend(gone.map(|id| Change::ContactGone(id.0.0.to_string())));
        changes.extend(changed.operators.iter().map(operator).map(Change::Operator));
        let gone = changed.operators_gone.iter();
        changes.extend(gone.map(|id| Change::OperatorGone(id.to_string())));
        changes.push(Change::Trunks(changed.trunks.iter().map(trunk).collect()));
        changes.push(self.said(changed.mode, changed.unsaved));
        changes.push(Change::Today(today(changed.today, changed.today_since)));
        self.feed.change(millis(changed.at), changes);
        told
    }

    /// Takes in everything as it is: changes were lost.
    pub(crate) fn replace(&self, board: Board) {
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(board.contacts.iter().map(contact).map(Change::Contact));
        changes.extend(board.operators.iter().map(operator).map(Change::Operator));
        changes.push(Change::Trunks(board.trunks.iter().map(trunk).collect()));
        changes.push(self.said(board.mode, board.unsaved));
        changes.push(Change::Today(today(board.counts, board.counts_since)));
        self.feed.replace(millis(board.at), changes);
    }

    /// Tells whether what happens is on disk, as it is now.
    pub(crate) fn tell_health(&self) {
        // Held until it is told, so that what the exchange says meanwhile is told after it.
        let state = self.state();
        // Before the exchange has said anything of itself, nobody is shown anything.
        if let Some(Health { mode, unsaved }) = state.health.clone() {
            let health = health(mode, self.saved.unsaved(unsaved));
            self.feed.change(self.now(), vec![Change::Health(health)]);
        }
    }

    /// Keeps what the exchange says of itself, and tells it with what is found beside it.
    fn said(&self, mode: Mode, unsaved: Option<String>) -> Change {
        let said = unsaved.clone();
        self.state().health = Some(Health {
            mode,
            unsaved: said,
        });
        Change::Health(health(mode, self.saved.unsaved(unsaved)))
    }

    /// Tells an operator what her caller pressed.
    pub(crate) fn tap(&self, contact: ContactId, operator: OperatorId, digit: Digit) {
        let tap = Tap {
            contact: contact.0.0.to_string(),
            key: digit.as_char(),
        };
        self.feed.tap(operator, &tap);
    }

    /// Lets time pass: old stories are forgotten, and screens hear that they are up to date.
    pub(crate) fn tick(&self) {
        let moment = self.moment();
        self.state().stories.forget(moment);
        self.feed.tick(millis(moment));
    }

    /// What happened to a contact, with what holds it back now.
    pub(crate) fn story(&self, contact: ContactId, why: Vec<Reason>) -> Option<Story> {
        let steps = self.state().stories.steps(contact)?;
        Some(Story {
            contact: contact.0.0.to_string(),
            steps,
            why,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
