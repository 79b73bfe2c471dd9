use dispatch::Seq;

use crate::{Crash, Fate, Journal, JournalError, Loaded, State, TailEntry};

/// How often an entry may crash replay before it is skipped.
pub const REPLAY_CRASHES_MAX: u32 = 2;

/// What a replay made.
#[derive(Debug)]
pub struct Replayed {
    /// The state after the last entry. None of its decisions is to be executed.
    pub state: State,
    /// The last entry that the snapshot covered.
    pub snapshot: Seq,
    /// Entries that were passed because they crashed replay twice; the administrator is told.
    pub skipped: Vec<Seq>,
    /// Entries whose fact was refused, as it was when it happened.
    pub rejected: usize,
    /// Entries after which at least one is missing; the administrator is told.
    pub gaps: Vec<Seq>,
}

/// Loads the snapshot and applies the entries after it.
///
/// Before each entry a mark is written that outlives the process. When a start finds the mark of a
/// replay that did not end at the same entry for the [`REPLAY_CRASHES_MAX`]-th time, that entry is
/// skipped for ever. A crash is the death of the process, whatever killed it.
///
/// # Errors
/// [`JournalError`] when the journal cannot be read, or a mark cannot be written.
pub fn replay(journal: &mut impl Journal) -> Result<Replayed, JournalError> {
    let Loaded {
        snapshot,
        tail,
        crash,
    } = journal.load()?;
    let state = snapshot.map(State::restore).unwrap_or_default();
    let mut replayed = Replayed {
        snapshot: state.seq(),
        state,
        skipped: Vec::new(),
        rejected: 0,
        gaps: Vec::new(),
    };
    for entry in tail {
        replayed.take(journal, entry, crash)?;
    }
    journal.end_replay()?;
    Ok(replayed)
}

impl Replayed {
    fn take(
        &mut self,
        journal: &mut impl Journal,
        TailEntry { entry, fate }: TailEntry,
        crash: Option<Crash>,
    ) -> Result<(), JournalError> {
        let seq = entry.seq;
        if seq.0 != self.state.seq().0 + 1 {
            self.gaps.push(self.state.seq());
        }
        let times = crash
            .filter(|crash| crash.seq == seq)
            .map_or(0, |crash| crash.times);
        if fate == Fate::Applied && times >= REPLAY_CRASHES_MAX {
            journal.skip(seq)?;
        }
        if fate == Fate::Skipped || times >= REPLAY_CRASHES_MAX {
            self.skipped.push(seq);
            self.state.pass(&entry);
            return Ok(());
        }
        journal.mark_replay(seq, times + 1)?;
        self.rejected += usize::from(self.state.apply(&entry).is_err());
        // What was decided then was executed then, or is found adrift.
        while self.state.poll_decision().is_some() {}
        Ok(())
    }
}
