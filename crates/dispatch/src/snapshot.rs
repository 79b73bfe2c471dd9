use std::sync::Arc;
use std::time::Duration;

use crate::{
    Class, Config, ContactId, ContactState, Intent, IntentCause, LegId, Membership, Misses, Moment,
    Needs, OperatorId, Origin, Outcome, Overflow, PairRest, PauseCause, Place, QueueId,
    Reachability, ShiftPart, SkillId, Speech, Standing,
};

/// All that a dispatcher knows, between two inputs and with every decision taken from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The moment of the latest input.
    pub now: Moment,
    /// The newest contact there ever was.
    pub newest: Option<ContactId>,
    /// The configuration.
    pub config: Arc<Config>,
    /// The live contacts, by id.
    pub contacts: Vec<ContactSnapshot>,
    /// The operators in the configured order, those who are leaving last.
    pub operators: Vec<OperatorSnapshot>,
    /// Per queue the operator at a desk who was offered one of its contacts last.
    pub offered_last: Vec<(QueueId, OperatorId)>,
}

/// A live contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactSnapshot {
    /// Its id.
    pub id: ContactId,
    /// Where it comes from.
    pub origin: Origin,
    /// The queue it waits in.
    pub queue: QueueId,
    /// Its class.
    pub class: Class,
    /// Whether its caller speaks.
    pub speech: Speech,
    /// Where in its class it waits.
    pub standing: Standing,
    /// What it asked for.
    pub needs: Needs,
    /// What of it was chosen later than it arrived, and when; sorted. It relaxes by its wait since then.
    pub chosen: Vec<(SkillId, Moment)>,
    /// When it arrived.
    pub arrived: Moment,
    /// When it was first answered.
    pub answered: Option<Moment>,
    /// The outcome it would have for who talked with the caller so far.
    pub outcome: Option<Outcome>,
    /// Where it is.
    pub state: ContactState,
    /// The wait up to which its needs were relaxed.
    pub relaxed: Duration,
    /// Steps of its timeline that were taken.
    pub steps_taken: usize,
    /// Whether its needs hold.
    pub widened: Widened,
    /// The people at home who may be offered it, in the order in which steps called them.
    pub called: Vec<OperatorId>,
    /// Operators that ring beyond the strategy's number.
    pub more_operators: u32,
    /// Operators that were added by ringing progressively.
    pub progress: u32,
    /// When ringing progressively adds the next operator.
    pub progress_at: Option<Moment>,
    /// The partners to whom it overflowed.
    pub overflows: Vec<Overflow>,
    /// Operators who rest from it.
    pub rests: Vec<PairRest>,
    /// To whom a person gave it, while that offer rings.
    pub given: Given,
    /// Who at home was the last not to take it.
    pub passed_at_home: Option<OperatorId>,
    /// Whether the supervisor was told that nobody is there.
    pub told: Told,
}

/// Whether a person gave a contact to an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nobody did.
    #[default]
    ToNobody,
    /// To her, whatever the contact needs.
    To(OperatorId),
}

/// Whether a contact's needs still hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Widened {
    /// They hold.
    No,
    /// They no longer hold.
    Yes,
}

/// Whether the supervisor was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Not yet.
    No,
    /// Told, and not again until it changes.
    Yes,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSnapshot {
    /// Who.
    pub id: OperatorId,
    /// Where she answers, which a configuration without her does not say.
    pub place: Place,
    /// Whether she is still in the configuration.
    pub membership: Membership,
    /// What she wants.
    pub intent: Intent,
    /// By what way that came.
    pub intent_cause: IntentCause,
    /// Why the machine paused her.
    pub paused: Option<PauseCause>,
    /// What is known of her phone.
    pub reachability: Reachability,
    /// The contact that she talks with or is adrift with.
    pub talking: Option<ContactId>,
    /// The contact that her phone rings for.
    pub claim: Option<ContactId>,
    /// Legs of her own calls, each with the moment until which it is looked for after a restart.
    pub legs: Vec<(LegId, Option<Moment>)>,
    /// When her wrap-up ends.
    pub wrap_up: Option<Moment>,
    /// What she added to her next wrap-up during a call.
    pub longer: Duration,
    /// When the rest of her whole person ends.
    pub rest: Option<Moment>,
    /// When her shift ends.
    pub shift_ends: Option<Moment>,
    /// Where in her shift she is.
    pub shift: ShiftPart,
    /// Missed offers by cause.
    pub misses: Misses,
    /// Missed offers in a row.
    pub misses_in_row: u32,
    /// Since when she could be offered a contact.
    pub idle_since: Moment,
    /// Contacts taken since she became ready.
    pub calls: u32,
    /// Time talked since she became ready.
    pub talked: Duration,
    /// Since when she has her status; unknown in a snapshot of an older release.
    pub status_since: Option<Moment>,
}
