//! Who was there a moment before the records database stopped answering: she goes on, so that no shift ends with a database.

use std::collections::BTreeMap;

use store::sql::{TokenHash, UnixSeconds};

use super::SignedIn;

/// How many sessions are remembered; beyond it those seen the longest ago are forgotten.
pub const REMEMBERED_MAX: usize = 2_000;
/// A session that was seen so many seconds before the database stopped answering goes on. Every open page is looked at more often than that, so one
/// that was ended meanwhile is not among them.
pub const SEEN_BEFORE_SECONDS: i64 = 60;
/// Seconds for which sessions go on without the database.
pub const WITHOUT_DATABASE_SECONDS_MAX: i64 = 12 * 60 * 60;

/// Sessions that hold, as far as was last seen.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    seen: BTreeMap<TokenHash, (SignedIn, UnixSeconds)>,
    /// Since when the database does not answer.
    down: Option<UnixSeconds>,
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

    /// The database said that a session does not hold.
    pub(super) fn forget(&mut self, token: &TokenHash) {
        self.down = None;
        self.seen.remove(token);
    }

    /// The database does not answer: who has the session, if that was seen shortly before.
    pub(super) fn without_database(
        &mut self,
        token: &TokenHash,
        now: UnixSeconds,
    ) -> Option<SignedIn> {
        let down = *self.down.get_or_insert(now);
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

        let other = remembered.without_database(&TokenHash([2; 32]), UnixSeconds(1_061));
        let long_ago = remembered.without_database(&JANAS, UnixSeconds(1_062));
        remembered.confirm(JANAS, &jana(), UnixSeconds(1_070));
        remembered.forget(&JANAS);
        let ended = remembered.without_database(&JANAS, UnixSeconds(1_071));

        assert_eq!((other, long_ago, ended), (None, None, None));
    }

    #[test]
    fn memory_is_bounded() {
        let mut remembered = Remembered::default();

        for n in 0..3_000_u16 {
            let mut token = [0; 32];
            token[..2].copy_from_slice(&n.to_be_bytes());
            remembered.confirm(TokenHash(token), &jana(), UnixSeconds(n.into()));
        }

        assert_eq!(remembered.seen.len(), REMEMBERED_MAX);
    }
}
