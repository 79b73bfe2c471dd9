//! One contact of an account.

use std::fmt;
use std::time::Instant;

use crate::Uri;
use crate::digest::Issue;
use crate::endpoint::RestoredBinding;
use crate::flow::Flow;
use crate::header::NameAddr;
use crate::timers::TimerHandle;

/// A contact that a phone registered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binding {
    /// The Contact URI: the Request-URI of calls to it.
    pub contact: Uri,
    /// The flow it registered from: the target of calls to it (RFC 5626 §5.3).
    pub flow: Flow,
    /// When it runs out.
    pub expires_at: Instant,
    /// Whether the phone registered since we started.
    pub state: BindingState,
    /// Which phone it is, where it says so.
    pub instance: Option<Instance>,
}

/// Whether a binding is known to hold.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum BindingState {
    /// The phone registered since we started.
    Proven,
    /// It was restored from an earlier start: a probe or the next REGISTER proves it.
    Unproven,
}

/// From where a phone speaks.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Speaks {
    /// Where it hears: where it speaks from anew is where it hears now.
    WhereItHears,
    /// From another port, or it is not known since a start: nothing is told by where it speaks from.
    Elsewhere,
}

/// A binding with what the registrar needs to order changes (RFC 3261 §10.3).
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) binding: Binding,
    pub(super) speaks: Speaks,
    pub(super) order: Order,
    pub(super) timer: Option<TimerHandle>,
}

/// What orders the REGISTERs of one phone.
#[derive(Clone, Default)]
pub(super) struct Order {
    pub(super) call_id: Vec<u8>,
    pub(super) cseq: u32,
    /// When the challenge was made that it answers.
    pub(super) challenged: Option<Issue>,
}

/// A phone that names itself (RFC 5626 §4.1), and which of its flows this is: `+sip.instance` and
/// `reg-id` of a Contact.
#[derive(Clone, Eq, PartialEq)]
pub struct Instance {
    /// The value of `+sip.instance`, its quotes included.
    pub id: Vec<u8>,
    /// The value of `reg-id`.
    pub flow: Option<Vec<u8>>,
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Instance").finish_non_exhaustive()
    }
}

impl Instance {
    pub(super) fn of(contact: &NameAddr<'_>) -> Option<Self> {
        let value = |name: &[u8]| contact.params.value(name).map(<[u8]>::to_vec);
        Some(Self {
            id: value(b"+sip.instance")?,
            flow: value(b"reg-id"),
        })
    }
}

impl Entry {
    pub(super) const fn new(binding: Binding, speaks: Speaks, order: Order) -> Self {
        Self {
            number: 0,
            binding,
            speaks,
            order,
            timer: None,
        }
    }

    /// A restored binding is older than any REGISTER: its Call-ID is not known.
    pub(super) fn restored(restored: RestoredBinding, now: Instant) -> Self {
        let binding = Binding {
            contact: restored.contact,
            flow: restored.flow,
            expires_at: now + restored.remaining,
            state: BindingState::Unproven,
            instance: restored.instance,
        };
        Self::new(binding, Speaks::Elsewhere, Order::default())
    }
}

impl Order {
    /// Whether another REGISTER was sent before this one and came after it: the same Call-ID with a number that is not
    /// higher. What answers a later challenge was sent later, by a phone that has started again and counts anew.
    pub(super) fn overtook(&self, other: &Self) -> bool {
        let counts_on = self.call_id == other.call_id && other.challenged <= self.challenged;
        counts_on && other.cseq <= self.cseq
    }
}
