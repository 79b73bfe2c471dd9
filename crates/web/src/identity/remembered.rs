//! Who was there a moment before. When the records database stops answering she goes on, so that no
//! shift ends with a database; and she is spared where strangers are held back.

use std::collections::BTreeMap;
use std::time::Duration;

use store::sql::{TokenHash, UnixSeconds};

use super::SignedIn;

/// How many sessions are remembered; beyond it those seen the longest ago are forgotten.
pub const REMEMBERED_MAX: usize = 2_000;
/// A session that was seen so many seconds before the database stopped answering goes on. Every
/// open page is looked at more often than that, so one that was ended meanwhile is not among them.
pub const SEEN_BEFORE_SECONDS: i64 = 60;
/// How long after a question that the database did not answer it is asked again.
pub const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Seconds for which sessions go on without the database.
pub const WITHOUT_DATABASE_SECONDS_MAX: i64 = 12 * 60 * 60;

/// How many keys of programs are remembered; beyond it those seen the longest ago are forgotten.
pub const KEYS_REMEMBERED_MAX: usize = 500;
/// A session or key is familiar for so many seconds after it was seen. Whoever comes later is
/// looked up, as a stranger is.
pub const FAMILIAR_SECONDS: i64 = 12 * 60 * 60;

/// Sessions and keys that hold, as far as was last seen.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    seen: BTreeMap<TokenHash, (SignedIn, UnixSeconds)>,
    keys: BTreeMap<TokenHash, UnixSeconds>,
    /// Since when the database does not answer.
    down: Option<UnixSeconds>,
    question: Question,
}

/// Whether somebody asks the database if it answers again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Question {
    #[default]
    NotAsked,
    UnderWay,
}

/// Who has to ask the database if it answers again: one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    You,
    Another,
}

/// Whether the database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Answers,
    Silent,
}

impl Remembered {
    /// The database said that a session holds.
    pub(super) fn confirm(&mut self, token: TokenHash, who: &SignedIn, now: UnixSeconds) {
        self.down = None;
        self.seen.insert(token, (who.clone(), now));
        if self.seen.len() > REMEMBERED_MAX {
            let oldest = self.seen.iter().min_by_key(|(_, (_, at))| *at);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                self.seen.remove(&oldest);
            }
        }
    }

    /// The database said that a program's key holds.
    pub(super) fn confirm_key(&mut self, token: TokenHash, now: UnixSeconds) {
        self.down = None;
        self.keys.insert(token, now);
        if self.keys.len() > KEYS_REMEMBERED_MAX {
            let oldest = self.keys.iter().min_by_key(|(_, at)| **at);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                self.keys.remove(&oldest);
            }
        }
    }

    /// The database said that a session or key does not hold.
    pub(super) fn forget(&mut self, token: &TokenHash) {
        self.down = None;
        self.seen.remove(token);
        self.keys.remove(token);
    }

    /// Whether a session or key held when it was last seen, not too long ago.
    pub(super) fn is_familiar(&self, token: &TokenHash, now: UnixSeconds) -> bool {
        let session = self.seen.get(token).map(|(_, at)| at);
        let seen = session.or_else(|| self.keys.get(token));
        seen.is_some_and(|seen| now.0 - seen.0 <= FAMILIAR_SECONDS)
    }

    /// The database did not answer. Until it does nobody waits for it.
    pub(super) fn fell_silent(&mut self, now: UnixSeconds) -> Asking {
        self.down.get_or_insert(now);
        match std::mem::replace(&mut self.question, Question::UnderWay) {
            Question::NotAsked => Asking::You,
            Question::UnderWay => Asking::Another,
        }
    }

    /// The database answers.
    pub(super) const fn answers(&mut self) {
        self.down = None;
    }

    /// Whether the database is still to be asked if it answers; who is told that it is not asks no more.
    pub(super) const fn is_to_be_asked(&mut self) -> Standing {
        if self.down.is_some() {
            return Standing::Silent;
        }
        self.question = Question::NotAsked;
        Standing::Answers
    }

    /// Whether the database answered last.
    pub(super) const fn standing(&self) -> Standing {
        if self.down.is_some() {
            return Standing::Silent;
        }
        Standing::Answers
    }

    /// While the database does not answer: who has the session, if that was seen shortly before.
    pub(super) fn without_database(&self, token: &TokenHash, now: UnixSeconds) -> Option<SignedIn> {
        let down = self.down?;
        let (who, seen) = self.seen.get(token)?;
        let goes_on = down.0 - seen.0 <= SEEN_BEFORE_SECONDS
            && now.0 - down.0 <= WITHOUT_DATABASE_SECONDS_MAX;
        goes_on.then(|| who.clone())
    }
}

#[cfg(test)]
mod tests {
    use store::sql::{AccountId, Role};

    use super::*;
    use crate::identity::Due;

    const JANAS: TokenHash = TokenHash([1; 32]);

    fn jana() -> SignedIn {
        SignedIn {
            account: AccountId(1),
            login: "jana".to_owned(),
            display_name: "Jana".to_owned(),
            role: Role::Operator,
            due: Due::Nothing,
        }
    }

    #[test]
    fn who_was_there_goes_on_for_a_shift() {
        let mut remembered = Remembered::default();
        remembered.confirm(JANAS, &jana(), UnixSeconds(1_000));

        remembered.fell_silent(UnixSeconds(1_060));
        let at = |remembered: &mut Remembered, now| {
            remembered
                .without_database(&JANAS, UnixSeconds(now))
                .is_some()
        };
        let soon = at(&mut remembered, 1_060);
        let late = at(&mut remembered, 1_060 + WITHOUT_DATABASE_SECONDS_MAX);
        let too_late = at(&mut remembered, 1_061 + WITHOUT_DATABASE_SECONDS_MAX);

        assert_eq!((soon, late, too_late), (true, true, false));
    }

    #[test]
    fn who_left_or_was_not_seen_shortly_before_does_not() {
        let mut remembered = Remembered::default();
        remembered.confirm(JANAS, &jana(), UnixSeconds(1_000));

        remembered.fell_silent(UnixSeconds(1_061));
        let other = remembered.without_database(&TokenHash([2; 32]), UnixSeconds(1_061));
        let long_ago = remembered.without_database(&JANAS, UnixSeconds(1_062));
        remembered.confirm(JANAS, &jana(), UnixSeconds(1_070));
        remembered.forget(&JANAS);
        remembered.fell_silent(UnixSeconds(1_071));
        let ended = remembered.without_database(&JANAS, UnixSeconds(1_071));

        assert_eq!((other, long_ago, ended), (None, None, None));
    }

    #[test]
    fn a_silent_database_is_asked_by_one_until_it_answers() {
        let mut remembered = Remembered::default();
        let now = UnixSeconds(1_000);

        let first = remembered.fell_silent(now);
        let second = remembered.fell_silent(now);
        remembered.answers();
        let while_asked = remembered.fell_silent(now);
        assert_eq!(remembered.is_to_be_asked(), Standing::Silent);
        remembered.answers();
        assert_eq!(remembered.is_to_be_asked(), Standing::Answers);
        let afterwards = remembered.fell_silent(now);

        let asking = [first, second, while_asked, afterwards];
        assert_eq!(
            asking,
            [Asking::You, Asking::Another, Asking::Another, Asking::You]
        );
    }

    #[test]
    fn familiar_is_who_was_seen_and_did_not_end_since() {
        let mut remembered = Remembered::default();
        let key = TokenHash([2; 32]);
        remembered.confirm(JANAS, &jana(), UnixSeconds(1_000));
        remembered.confirm_key(key, UnixSeconds(1_000));

        for token in [JANAS, key] {
            let at = |now| remembered.is_familiar(&token, UnixSeconds(now));
            assert!(at(1_000 + FAMILIAR_SECONDS));
            assert!(!at(1_001 + FAMILIAR_SECONDS));
        }
        remembered.forget(&key);
        assert!(!remembered.is_familiar(&key, UnixSeconds(1_001)));
        assert!(!remembered.is_familiar(&TokenHash([3; 32]), UnixSeconds(1_001)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut remembered = Remembered::default();

        for n in 0..3_000_u16 {
            let mut token = [0; 32];
            token[..2].copy_from_slice(&n.to_be_bytes());
            remembered.confirm(TokenHash(token), &jana(), UnixSeconds(n.into()));
            remembered.confirm_key(TokenHash(token), UnixSeconds(n.into()));
        }

        assert_eq!(remembered.seen.len(), REMEMBERED_MAX);
        assert_eq!(remembered.keys.len(), KEYS_REMEMBERED_MAX);
    }
}
