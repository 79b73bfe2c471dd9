use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Makes a bounded queue between two threads whose reader sleeps at once when it is empty.
///
/// A channel that spins and yields first is right where the next order is nanoseconds away. Here it
/// is most of a millisecond away: the spinning was 3 % of what a call costs.
pub(super) fn mailbox<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        inside: Mutex::new(Inside {
            waiting: VecDeque::new(),
            reader: Reader::Awake,
            sender: End::Open,
        }),
        filled: Condvar::new(),
        capacity,
    });
    let sender = Sender(Arc::clone(&shared));
    (sender, Receiver(shared))
}

/// The end that gives; dropping it lets the reader take what waits and then hear of the end.
#[derive(Debug)]
pub(super) struct Sender<T>(Arc<Shared<T>>);

/// The end that takes.
#[derive(Debug)]
pub(super) struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    inside: Mutex<Inside<T>>,
    filled: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct Inside<T> {
    waiting: VecDeque<T>,
    reader: Reader,
    sender: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Awake,
    Asleep,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Closed,
}

/// What there was to take.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    /// The oldest.
    One(T),
    /// Nothing in all this time.
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

impl<T> Shared<T> {
    /// No code that runs under this lock can panic.
    fn lock(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    /// Gives one, without waiting.
    ///
    /// # Errors
    /// It comes back when the mailbox is full or its reader gone.
    pub(super) fn give(&self, one: T) -> Result<(), T> {
        let mut inside = self.0.lock();
        if inside.reader == Reader::Gone || inside.waiting.len() >= self.0.capacity {
            return Err(one);
        }
        inside.waiting.push_back(one);
        let asleep = inside.reader == Reader::Asleep;
        drop(inside);
        if asleep {
            self.0.filled.notify_one();
        }
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().sender = End::Closed;
        self.0.filled.notify_one();
    }
}

impl<T> Receiver<T> {
    /// Takes the oldest; waits for one at most so long.
    pub(super) fn take(&self, patience: Duration) -> Taken<T> {
        let deadline = Instant::now() + patience;
        let mut inside = self.0.lock();
        loop {
            if let Some(one) = inside.waiting.pop_front() {
                return Taken::One(one);
            }
            if inside.sender == End::Closed {
                return Taken::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Nothing;
            }
            inside.reader = Reader::Asleep;
            let woken = self.0.filled.wait_timeout(inside, left);
            inside = woken.unwrap_or_else(PoisonError::into_inner).0;
            inside.reader = Reader::Awake;
        }
    }

    /// Takes what waits, in its order, without waiting.
    pub(super) fn take_waiting(&self) -> impl Iterator<Item = T> {
        std::iter::from_fn(|| self.0.lock().waiting.pop_front())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.lock().reader = Reader::Gone;
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn what_was_given_comes_out_in_its_order() {
        let (sender, receiver) = mailbox(3);

        for n in 1..=3 {
            sender.give(n).unwrap();
        }

        assert_eq!(receiver.take(PATIENCE), Taken::One(1));
        assert_eq!(receiver.take_waiting().collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn full_mailbox_gives_back() {
        let (sender, receiver) = mailbox(1);
        sender.give(1).unwrap();

        assert_eq!(sender.give(2), Err(2));

        assert_eq!(receiver.take(PATIENCE), Taken::One(1));
        assert_eq!(sender.give(3), Ok(()));
    }

    #[test]
    fn sleeping_reader_is_woken() {
        let (sender, receiver) = mailbox(1);
        let reader = thread::spawn(move || receiver.take(PATIENCE));

        while sender.0.lock().reader != Reader::Asleep {
            thread::yield_now();
        }
        sender.give(7).unwrap();

        assert_eq!(reader.join().unwrap(), Taken::One(7));
    }

    #[test]
    fn nothing_comes_of_an_empty_mailbox_but_the_end() {
        let (sender, receiver) = mailbox::<u8>(1);
        assert_eq!(receiver.take(Duration::ZERO), Taken::Nothing);
        sender.give(1).unwrap();

        drop(sender);

        assert_eq!(receiver.take(PATIENCE), Taken::One(1));
        assert_eq!(receiver.take(PATIENCE), Taken::Closed);
    }

    #[test]
    fn nothing_is_taken_for_a_reader_that_is_gone() {
        let (sender, receiver) = mailbox(1);

        drop(receiver);

        assert_eq!(sender.give(1), Err(1));
    }
}
