//! Distribution: which contact is offered to which operator, and when.
//!
//! [`Dispatcher`](crate) is a pure engine: facts go in as [`Input`], what is to be done comes out as [`Decision`], and the only time it knows
//! is the [`Moment`] it is given. Replaying the same inputs gives the same decisions.

mod config;
mod decision;
mod ids;
mod input;
mod moment;

pub use config::{
    Action, Config, Line, Need, Needs, Operator, Partner, Place, Queue, Relaxation, Reserve, Rules,
    Step, Strategy, Timeline,
};
pub use decision::{Closed, Decision, Notice, Outcome, PauseCause, StepCause, Withdrawal};
pub use ids::{
    ContactId, InvalidKey, KEY_BYTES_MAX, Key, LegId, LineId, OperatorId, PartnerId, QueueId, Seq,
    SkillId,
};
pub use input::{
    Cause, Class, EndCause, HandBack, Input, Intent, Miss, Reachability, Standing, WrapUpChange,
};
pub use moment::Moment;
