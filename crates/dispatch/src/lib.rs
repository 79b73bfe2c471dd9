//! Distribution: which contact is offered to which operator, and when.
//!
//! [`Dispatcher`] is a pure engine: facts go in as [`Input`], what is to be done comes out as
//! [`Decision`], and the only time it knows is the [`Moment`] it is given. Replaying the same
//! inputs gives the same decisions.

mod arrival;
mod bits;
mod class;
mod config;
mod configure;
mod contact;
mod decision;
mod demand;
mod engine;
mod error;
mod fact;
mod fault;
mod following;
mod group;
mod ids;
mod index;
mod input;
#[doc(hidden)]
pub mod invariants;
mod keeping;
mod limits;
mod matching;
mod misses;
mod moment;
mod offers;
mod operator;
mod origin;
mod persist;
mod presence;
mod restart;
mod slots;
mod snapshot;
mod status;
mod timeline;
mod validate;
mod view;
mod views;

pub use class::{Class, Speech, Standing};
pub use config::{
    Action, Config, Desk, HomeTimes, Line, Need, Needs, Operator, OwnWrapUp, Partner, Place, Queue,
    Relaxation, Reserve, Rules, Step, Strategy, Timeline,
};
pub use decision::{Closed, Decision, Notice, Outcome, PauseCause, StepCause, Withdrawal};
pub use engine::{Dispatcher, Touched};
pub use error::{ConfigError, InputError, NeedsError};
pub use fact::{
    Act, ActingRole, Cause, EndCause, Fact, HandBack, Intent, IntentCause, Miss, Reachability,
    WrapUpChange,
};
#[doc(hidden)]
pub use fault::Fault;
pub use group::operators_of_no_line;
pub use ids::{
    CaseId, ContactId, InvalidKey, KEY_BYTES_MAX, Key, LegId, LineId, NodeId, OperatorId,
    PartnerId, QueueId, Seq, SkillId,
};
pub use input::Input;
pub use limits::{
    CHOICES_MAX, CONTACTS_MAX, LEGS_OF_OPERATOR_MAX, LEVEL_MAX, LINES_MAX, MISSES_BEFORE_PAUSE_MAX,
    NEEDS_MAX, OPERATORS_MAX, PARTNERS_MAX, PEOPLE_OF_STEP_MAX, QUEUES_MAX, RELAXATIONS_MAX,
    RESERVES_MAX, REST_OF_LAST_MAX, SKILLS_MAX, STEPS_MAX, TIME_MAX, TIME_MIN, WRAP_UP_MAX,
};
pub use moment::Moment;
pub use origin::Origin;
pub use snapshot::{ContactSnapshot, Given, OperatorSnapshot, Snapshot, Told, Widened};
pub use status::{Presence, Status};
pub use view::{
    ContactState, ContactView, Joined, Membership, Missed, Misses, Occupancy, Offer, OperatorView,
    Overflow, OverflowPhase, PairRest, ShiftPart, Sought, Why,
};
