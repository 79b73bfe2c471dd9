//! Who is live and was answered: on screens she counts from then on, not only once her call is over.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch::{ContactId, Outcome};
use records::Tally;

/// The live contacts that were answered, and their sums.
#[derive(Debug, Default)]
pub(crate) struct Answering {
    of: BTreeMap<ContactId, Tally>,
    sum: Tally,
}

impl Answering {
    /// Takes in how a contact stands now; nothing when it is over or nobody has answered it.
    pub(crate) fn follow(&mut self, contact: ContactId, answer: Option<(Outcome, Duration)>) {
        if let Some(before) = self.of.remove(&contact) {
            self.sum = self.sum.less(&before);
        }
        let Some((outcome, wait)) = answer else {
            return;
        };
        let mut tally = Tally::default();
        tally.answer(outcome, wait);
        self.sum.add(&tally);
        self.of.insert(contact, tally);
    }

    /// The sums of today with those who are live and were answered.
    pub(crate) fn with(&self, mut ended: Tally) -> Tally {
        ended.add(&self.sum);
        ended
    }
}

#[cfg(test)]
mod tests {
    use dispatch::Seq;

    use super::*;

    const FIRST: ContactId = ContactId(Seq(1));

    #[test]
    fn who_talks_counts_as_answered_once_and_no_longer_when_she_is_over() {
        let mut answering = Answering::default();
        let wait = Duration::from_secs(30);

        answering.follow(FIRST, Some((Outcome::Answered, wait)));
        answering.follow(FIRST, Some((Outcome::Answered, wait)));
        let during = answering.with(Tally::default());
        answering.follow(FIRST, None);

        assert_eq!((during.answered, during.answered_in_time), (1, 0));
        assert_eq!(answering.with(Tally::default()), Tally::default());
    }

    #[test]
    fn who_waits_counts_nothing() {
        let mut answering = Answering::default();

        answering.follow(FIRST, None);

        assert_eq!(answering.with(Tally::default()), Tally::default());
    }
}
