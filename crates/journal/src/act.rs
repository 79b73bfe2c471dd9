use dispatch::{Cause, Class, ContactId, Input, OperatorId, QueueId};
use records::{ActingRole, ContactAct, Deed};

/// What a supervisor or an administrator does with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It gets another class.
    Class(Class),
    /// While it waits, it waits in another queue.
    Move(QueueId),
    /// While it waits, it is offered to an operator before anybody else.
    Give(OperatorId),
}

impl Act {
    /// The act as the dispatcher takes it.
    #[must_use]
    pub const fn into_input(self, contact: ContactId) -> Input {
        match self {
            Self::Class(class) => Input::Classed {
                contact,
                class,
                cause: Cause::Supervisor,
            },
            Self::Move(queue) => Input::Moved { contact, queue },
            Self::Give(operator) => Input::Given { contact, operator },
        }
    }

    /// The act as the audit is told of it.
    pub(crate) const fn audited(self, by: ActingRole) -> ContactAct {
        let deed = match self {
            Self::Class(class) => Deed::Classed { class },
            Self::Move(queue) => Deed::Moved { queue },
            Self::Give(_) => Deed::Given,
        };
        ContactAct { by, deed }
    }
}
