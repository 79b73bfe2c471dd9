use std::time::Duration;

/// Live contacts.
pub const CONTACTS_MAX: usize = 200_000;
/// Operators.
pub const OPERATORS_MAX: usize = 10_000;
/// Queues.
pub const QUEUES_MAX: usize = 256;
/// Lines.
pub const LINES_MAX: usize = 4_096;
/// Partners.
pub const PARTNERS_MAX: usize = 256;
/// Skills of one operator.
pub const SKILLS_MAX: usize = 64;
/// Needs of one contact.
pub const NEEDS_MAX: usize = 16;
/// Choices of one line: one for each key.
pub const CHOICES_MAX: usize = 16;
/// Relaxations of one queue.
pub const RELAXATIONS_MAX: usize = 256;
/// Reserves of one queue.
pub const RESERVES_MAX: usize = 16;
/// Steps of one timeline.
pub const STEPS_MAX: usize = 64;
/// People whom one step calls.
pub const PEOPLE_OF_STEP_MAX: usize = 64;
/// Calls of an operator's own at one time.
pub const LEGS_OF_OPERATOR_MAX: usize = 16;
/// The highest level of a skill.
pub const LEVEL_MAX: u8 = 10;
/// The most misses in a row that may be configured before the machine pauses an operator.
pub const MISSES_BEFORE_PAUSE_MAX: u32 = 10;
/// The shortest ring time, interval or rest: anything shorter could make a phone that refuses at
/// once ring in a hot loop.
pub const TIME_MIN: Duration = Duration::from_secs(1);
/// The longest ring time or rest.
pub const TIME_MAX: Duration = Duration::from_secs(3_600);
/// The longest wrap-up.
pub const WRAP_UP_MAX: Duration = Duration::from_secs(12 * 3_600);
/// The longest rest of an operator who is not paused although she misses offers.
pub const REST_OF_LAST_MAX: Duration = Duration::from_secs(10);
/// Misses in a row after which an operator rests longer each time, where the machine pauses nobody.
pub(crate) const MISSES_BEFORE_REST: u32 = 3;
/// Signatures of contacts that may be kept before those that are empty are forgotten.
pub(crate) const SIGNATURES_KEPT: usize = 4_096;
