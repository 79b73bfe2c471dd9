use crate::{CaseId, LegId, LineId};

/// Where a contact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A caller.
    Caller {
        /// Her leg.
        leg: LegId,
        /// The line it came in on.
        line: LineId,
    },
    /// A device: nobody is on a line, and who takes it takes the work of answering.
    Device {
        /// The case that asks for somebody.
        case: CaseId,
    },
}

impl Origin {
    /// The caller's leg.
    #[must_use]
    pub const fn leg(self) -> Option<LegId> {
        match self {
            Self::Caller { leg, .. } => Some(leg),
            Self::Device { .. } => None,
        }
    }

    /// The caller's line.
    #[must_use]
    pub const fn line(self) -> Option<LineId> {
        match self {
            Self::Caller { line, .. } => Some(line),
            Self::Device { .. } => None,
        }
    }
}
