use journal::{Entry, Fact, Saved, Snapshot};

use super::dispatch::fact_before_format_8;
use super::{Malformed, Numbered, Reader, Wire, until};

/// An entry that is read was saved.
impl Wire for Entry {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            seq,
            at,
            fact,
            saved: _,
        } = self;
        seq.put(out);
        at.put(out);
        fact.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            seq: Wire::take(from)?,
            at: Wire::take(from)?,
            fact: Wire::take(from)?,
            saved: Saved::Saved,
        })
    }
}

/// Before format 8 it also said how often the node had been started.
impl Wire for Snapshot {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            seq,
            at,
            dispatcher,
            counts,
        } = self;
        seq.put(out);
        at.put(out);
        dispatcher.put(out);
        counts.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (seq, at) = (Wire::take(from)?, Wire::take(from)?);
        until::<u32>(8, from)?;
        Ok(Self {
            seq,
            at,
            dispatcher: Wire::take(from)?,
            counts: Wire::take(from)?,
        })
    }
}

/// The number of [`Fact::Timeout`].
const TIMEOUT: u8 = 18;

/// The facts share their numbers out among each other.
impl Wire for Fact {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Dispatch(fact) => fact.put(out),
            Self::Records(fact) => fact.put(out),
            Self::Timeout => out.push(TIMEOUT),
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let number = from.byte()?;
        if number == TIMEOUT {
            return Ok(Self::Timeout);
        }
        if let Some(fact) = Numbered::take_numbered(number, from)? {
            return Ok(Self::Dispatch(fact));
        }
        if let Some(fact) = Numbered::take_numbered(number, from)? {
            return Ok(Self::Records(fact));
        }
        if from.format < 8 {
            return fact_before_format_8(number, from).map(Self::Dispatch);
        }
        Err(Malformed)
    }
}
