//! How other threads wake the signalling thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::{Poll, Waker};

use super::udp;

/// Wakes the signalling thread: one call to the kernel for everything that is sent between two of its turns.
pub(crate) struct Wake {
    waker: Waker,
    /// It was woken and has not yet begun the turn that follows.
    asked: AtomicBool,
}

impl Wake {
    /// Prepares a poll to be woken.
    pub(crate) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self {
            waker: Waker::new(poll.registry(), udp::WAKER)?,
            asked: AtomicBool::new(false),
        })
    }

    /// To be called after a message was sent.
    pub(crate) fn wake(&self) {
        if !self.asked.swap(true, Ordering::AcqRel) {
            // It fails only with its poll, which ends with the signalling thread.
            let _ending = self.waker.wake();
        }
    }

    /// A turn begins; to be called before messages are looked for.
    pub(super) fn heard(&self) {
        // A swap, not a store: whoever found it still set has sent its message before, and that message is seen now.
        self.asked.swap(false, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::Events;

    use super::*;

    fn wakes(poll: &mut Poll) -> usize {
        let mut events = Events::with_capacity(8);
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        events.iter().count()
    }

    #[test]
    fn thread_is_woken_once_a_turn() {
        let mut poll = Poll::new().unwrap();
        let wake = Wake::new(&poll).unwrap();

        wake.wake();
        let first = wakes(&mut poll);
        wake.wake();
        let not_yet_heard = wakes(&mut poll);
        wake.heard();
        wake.wake();
        let next = wakes(&mut poll);

        assert_eq!((first, not_yet_heard, next), (1, 0, 1));
    }
}
