use dispatch::{ContactId, OperatorId};

use crate::content::Content;
use crate::{ClosedKey, Date, QuarterHour};

/// Something that happened and that counts and records depend on, beside what was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It is this day of the site's calendar from now on.
    DayBegan {
        /// Which day.
        date: Date,
    },
    /// What a call was about was entered by the operator who talked with the caller.
    Entered {
        /// Which contact.
        contact: ContactId,
        /// Who entered it.
        operator: OperatorId,
        /// What she entered.
        content: Box<Content>,
    },
    /// A closed period is in the records database, and need not be kept any longer.
    PeriodStored {
        /// Which one.
        key: ClosedKey,
    },
    /// *Arrived* of quarter-hours is in the records database, and need not be kept any longer.
    ArrivedStored {
        /// Of this one and all before it.
        through: QuarterHour,
    },
    /// The acts on contacts of days that are over are in the audit, and need not be kept any longer.
    ActsStored {
        /// Of this day and all before it.
        through: Date,
    },
}
