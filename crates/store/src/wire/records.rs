use records::{Counts, Misses, Period, QuarterHour, Tally};

use super::macros::{record, wrapper};

wrapper! { QuarterHour }

record!(Counts {
    arrived,
    open,
    since_start
});
record!(Period { tallies, misses });
record!(Misses {
    no_answer,
    declined,
    unreachable
});
record!(Tally {
    arrived,
    answered,
    answered_in_time,
    abandoned,
    abandoned_early,
    overflowed,
    lost,
    answered_wait,
    unanswered_wait,
    talk,
});
