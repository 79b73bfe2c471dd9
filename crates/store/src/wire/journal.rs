use journal::{Act, Entry, Fact, Saved, Snapshot};

use super::macros::{choice, record};
use super::{Malformed, Reader, Wire, from_format_6};

/// An entry that is read was saved.
impl Wire for Entry {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            seq,
            at,
            fact,
            saved: _,
        } = self;
        seq.put(out);
        at.put(out);
        fact.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            seq: Wire::take(from)?,
            at: Wire::take(from)?,
            fact: Wire::take(from)?,
            saved: Saved::Saved,
        })
    }
}

record!(Snapshot {
    seq,
    at,
    start,
    dispatcher,
    counts
});

choice!(Fact {
    1 Configured(config),
    2 Arrived { leg, line, class, needs, standing },
    3 Stands { contact, standing },
    4 Classed { contact, class, cause },
    5 Needed { contact, needs },
    6 Intends { operator, intent, cause as from_format_6 },
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
    18 Timeout,
    19 Restarted { start },
    20 LegFound { leg },
    21 LegLost { leg },
    22 DayBegan { date },
    23 PeriodStored { key },
    24 Moved { contact, queue },
    25 Given { contact, operator },
    26 Entered { contact, operator, content },
    27 PickedUp { contact, operator },
    28 ArrivedStored { through },
    29 Acted { contact, by, act },
    30 ActsStored { through },
});

choice!(Act {
    1 Class(class),
    2 Move(queue),
    3 Give(operator),
});
