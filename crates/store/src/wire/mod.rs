//! How entries and snapshots are written as bytes.
//!
//! The domain's types know nothing of it. Each is declared here once, with every field in its order
//! and every variant with its number, so that a field or a variant that is added breaks the build
//! until it is declared. A field that a format added says *since* which. Numbers of variants are
//! never reused. Integers are LEB128, texts and lists are preceded by their length.

mod dispatch;
mod journal;
mod macros;
mod primitive;
mod records;
mod records_before;
#[cfg(test)]
mod tests;

pub(crate) use macros::{choice, field};

use std::time::Duration;

use ::dispatch::OperatorId;

/// Something that can be written as bytes and read again.
pub(crate) trait Wire: Sized {
    /// Writes it at the end.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it.
    fn take(from: &mut Reader<'_>) -> Result<Self, Malformed>;
}

/// An enum whose variants have numbers. Several may share them out among each other.
pub(crate) trait Numbered: Wire {
    /// Reads the variant of this number; nothing when it has none.
    fn take_numbered(number: u8, from: &mut Reader<'_>) -> Result<Option<Self>, Malformed>;
}

/// Bytes that are none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not what this release writes")]
pub(crate) struct Malformed;

/// Bytes that are being read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// The format in which the bytes were written.
    format: u32,
    /// Those at home in the configuration that was read last, sorted: before format 4 a step on
    /// call named nobody and meant all of them.
    at_home: Vec<OperatorId>,
    /// How long a telephone at home rang by the queues that were read: before format 4 no person had times of her own.
    ring_at_home: Option<Duration>,
}

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// How much a list of this length may take at once: what is left bounds it, whatever the bytes claim.
    fn capacity(&self, count: usize) -> usize {
        count.min(self.rest.len())
    }
}

/// Reads what older formats than this one do not have.
fn since<T: Wire + Default>(format: u32, from: &mut Reader<'_>) -> Result<T, Malformed> {
    if from.format < format {
        return Ok(T::default());
    }
    T::take(from)
}

/// Passes what only older formats than this one have.
fn until<T: Wire>(format: u32, from: &mut Reader<'_>) -> Result<(), Malformed> {
    if from.format < format {
        T::take(from)?;
    }
    Ok(())
}

/// Writes a value as bytes.
#[cfg(test)]
fn encode(value: &impl Wire) -> Vec<u8> {
    let mut out = Vec::new();
    value.put(&mut out);
    out
}

/// Reads a value that takes all of the bytes, as this format wrote it.
pub(crate) fn decode<T: Wire>(format: u32, bytes: &[u8]) -> Result<T, Malformed> {
    let mut reader = Reader {
        rest: bytes,
        format,
        at_home: Vec::new(),
        ring_at_home: None,
    };
    let value = T::take(&mut reader)?;
    if !reader.rest.is_empty() {
        return Err(Malformed);
    }
    Ok(value)
}
